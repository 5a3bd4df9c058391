/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_sum.c - what failed on one disk, summed up; see disk_errors.h. */
#include <string.h>

#include "rules/disk_benign.h"
#include "rules/disk_errors.h"

enum block_op disk_failures_op(const struct disk_failures *f)
{
	enum block_op most = BLOCK_READ;

	for (unsigned int op = 0; op < BLOCK_OPS; op++)
		if (f->failed[op] > f->failed[most])
			most = op;
	return most;
}

enum block_status disk_failures_status(const struct disk_failures *f)
{
	enum block_status most = BLOCK_OK;

	for (unsigned int status = 0; status < BLOCK_STATUSES; status++)
		if (f->status[status] > f->status[most])
			most = status;
	return most;
}

static bool wanted(const struct disk *disk, enum block_op op, enum block_status status,
		   enum disk_failure which)
{
	enum disk_failure failure = disk_failure_of(op, status);

	/* Requests of a disk that goes away fail in whatever way the driver likes. */
	if (which == FAILURE_LOST && disk->gone)
		return failure != FAILURE_NONE && failure != FAILURE_MEDIUM &&
		       failure != FAILURE_INTEGRITY;
	return failure == which || (which == FAILURE_IO && failure == FAILURE_OTHER);
}

static void add_retried(struct disk_failures *f, const struct disk_fault *fault, __u64 retried)
{
	if (!retried)
		return;
	f->retried += retried;
	if (!f->retried_first_ns || fault->retried_first_ns < f->retried_first_ns)
		f->retried_first_ns = fault->retried_first_ns;
	if (fault->retried_last_ns > f->retried_last_ns)
		f->retried_last_ns = fault->retried_last_ns;
}

static void sum_counts(struct disk_failures *f, const struct model *model, enum disk_failure which)
{
	const struct frame *frame = model_frame(model);

	for (unsigned int i = 0; i < f->disk->n_faults; i++) {
		const struct disk_fault *fault = &f->disk->fault[i];
		__u64 harmful;

		if (fault->status == BLOCK_TRANSPORT || fault->status == BLOCK_TIMEOUT)
			f->link += fault->now[FAULT_HARMFUL];
		if (fault->status == BLOCK_MEDIUM)
			f->medium += fault->now[FAULT_HARMFUL];
		if (!wanted(f->disk, fault->op, fault->status, which) ||
		    disk_failures_are_benign(model, f->disk, fault->op, fault->status))
			continue;
		add_retried(f, fault, disk_fault_window(fault, frame, FAULT_RETRIED));
		f->harmless += disk_fault_window(fault, frame, FAULT_HARMLESS);
		harmful = disk_fault_window(fault, frame, FAULT_HARMFUL);
		if (!harmful)
			continue;
		f->failed[fault->op] += harmful;
		f->status[fault->status] += harmful;
		f->total += harmful;
		if (disk_failure_of(fault->op, fault->status) == FAILURE_OTHER)
			f->other += harmful;
		if (!f->first_ns || fault->first_ns < f->first_ns)
			f->first_ns = fault->first_ns;
		if (fault->last_ns >= f->last_ns) {
			f->last_ns = fault->last_ns;
			f->after = disk_requests_after(f->disk, fault);
		}
	}
}

static void add_sector(struct disk_failures *f, const struct disk_error *e)
{
	if (e->sector == ~0ULL)
		return;
	for (unsigned int i = 0; i < f->n_sectors; i++)
		if (f->sector[i] == e->sector)
			return;
	f->sector[f->n_sectors++] = e->sector;
	f->healed += e->healed;
}

static void add_victim(struct disk_failures *f, const struct disk_error *e)
{
	struct disk_victim *v = f->victim;

	if (!e->pid)
		return;
	while (v < f->victim + f->n_victims && (v->pid != e->pid || v->start_ns != e->start_ns))
		v++;
	if (v == f->victim + VICTIMS_KEPT)
		return;
	if (v == f->victim + f->n_victims) {
		f->n_victims++;
		v->pid = e->pid;
		v->start_ns = e->start_ns;
		v->op = e->op;
		memcpy(v->comm, e->comm, sizeof(v->comm));
	}
	v->failed++;
}

static void sum_errors(struct disk_failures *f, const struct model *model, const struct disk *disk,
		       enum disk_failure which)
{
	const struct frame *frame = model_frame(model);
	__u64 from = window_from_ns(frame->now_ns, frame->disk_window_ns);
	__u32 pid = asked_pid(model);
	const struct disk_error *e;

	for (unsigned int i = 0; (e = disk_error_at(disk, i)); i++) {
		if (e->ts_ns < from || !wanted(disk, e->op, e->status, which) ||
		    disk_failures_are_benign(model, disk, e->op, e->status))
			continue;
		add_sector(f, e);
		f->healed_writes += e->op == BLOCK_WRITE && e->healed;
		f->said[f->n_said++] = e;
		if (!pid || pid == e->pid)
			add_victim(f, e);
	}
}

void disk_failures_sum(struct disk_failures *f, const struct model *model, const struct disk *disk,
		       enum disk_failure which)
{
	memset(f, 0, sizeof(*f));
	f->disk = disk;
	f->which = which;
	sum_counts(f, model, which);
	sum_errors(f, model, disk, which);
	while (disks_mount_on(model_disks(model), disk->info.dev, f->mounts))
		f->mounts++;
	disk_array_above(&f->array, model, disk);
	/* All paths lead to the same medium. */
	if (f->array.paths && (which == FAILURE_MEDIUM || which == FAILURE_INTEGRITY))
		memset(&f->array, 0, sizeof(f->array));
}
