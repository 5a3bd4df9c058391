/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_before.c - what other devices did under a disk's number; see disk_before.h. */
#include "model/disk_before.h"

#include <errno.h>
#include <stdlib.h>

struct disk_before {
	struct event_block_stat stat[BLOCK_OPS];
	struct event_block_status status[DISK_FAULTS_MAX];
	unsigned int n;
};

static struct event_block_status *find(struct disk_before *before, unsigned int op,
				       unsigned int status)
{
	for (unsigned int i = 0; i < before->n; i++)
		if (before->status[i].op == op && before->status[i].status == status)
			return &before->status[i];
	return NULL;
}

static void keep_stat(struct event_block_stat *to, const struct disk_op *op)
{
	to->requests += op->now[DISK_REQUESTS];
	to->errors += op->now[DISK_FAILED];
	to->bytes += op->bytes;
	for (unsigned int i = 0; i < EVENT_HIST_SLOTS; i++)
		to->hist[i] += op->hist[i];
}

static void keep_status(struct disk_before *before, const struct disk_fault *fault)
{
	struct event_block_status *to = find(before, fault->op, fault->status);

	if (!to) {
		if (before->n == DISK_FAULTS_MAX)
			return;
		to = &before->status[before->n++];
		to->op = fault->op;
		to->status = fault->status;
	}
	to->count += fault->counted[FAULT_HARMFUL] + fault->counted[FAULT_HARMLESS];
	to->harmless += fault->counted[FAULT_HARMLESS];
	to->retried += fault->counted[FAULT_RETRIED];
}

int disk_before_keep(struct disk *disk)
{
	if (!disk->before)
		disk->before = calloc(1, sizeof(*disk->before));
	if (!disk->before)
		return -ENOMEM;
	for (unsigned int op = 0; op < BLOCK_OPS; op++)
		if (disk->op[op])
			keep_stat(&disk->before->stat[op], disk->op[op]);
	for (unsigned int i = 0; i < disk->n_faults; i++)
		keep_status(disk->before, &disk->fault[i]);
	return 0;
}

/* Counters that are less than they were began anew: all of it is the present device's. */
static __u64 off(__u64 all, __u64 before)
{
	return all < before ? all : all - before;
}

void disk_before_off_stat(const struct disk *disk, struct event_block_stat *event)
{
	const struct event_block_stat *before;

	if (!disk->before || event->op >= BLOCK_OPS)
		return;
	before = &disk->before->stat[event->op];
	if (event->requests < before->requests)
		return;
	event->requests -= before->requests;
	event->errors = off(event->errors, before->errors);
	event->bytes = off(event->bytes, before->bytes);
	for (unsigned int i = 0; i < EVENT_HIST_SLOTS; i++)
		event->hist[i] = off(event->hist[i], before->hist[i]);
}

void disk_before_off_status(const struct disk *disk, struct event_block_status *event)
{
	const struct event_block_status *before =
		disk->before ? find(disk->before, event->op, event->status) : NULL;

	if (!before || event->count < before->count)
		return;
	event->count -= before->count;
	event->harmless = off(event->harmless, before->harmless);
	event->retried = off(event->retried, before->retried);
}
