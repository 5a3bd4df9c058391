/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_io.c - what a disk did and what failed; see disk.h. */
#include "model/disk_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/copy.h"

static __u64 epoch_of(const struct frame *frame, __u64 ns)
{
	return window_epoch(ns, frame->disk_window_ns);
}

/* What a daemon's counters hold at its first tick was there before the time that is judged: a capture from
 * its flight recorder begins so. */
static bool is_base(const struct frame *frame)
{
	return frame->mode == RUN_DAEMON && !frame->start_ns;
}

/* ---- requests ---- */

/* hist_old[1] lags one to two windows behind, hist_old[0] at most one. */
static void turn_periods(struct disk_op *op, __u64 period)
{
	if (period <= op->hist_period)
		return;
	memcpy(op->hist_old[1], period == op->hist_period + 1 ? op->hist_old[0] : op->hist,
	       sizeof(op->hist));
	memcpy(op->hist_old[0], op->hist, sizeof(op->hist));
	op->hist_period = period;
}

/* A failure in the tick that these requests were counted in: only later ones are "after" it. */
static void move_requests_then(struct disk *disk, unsigned int op, __u64 since_ns, __u64 requests)
{
	for (unsigned int i = 0; i < disk->n_faults; i++)
		if (disk->fault[i].op == op && disk->fault[i].last_ns >= since_ns)
			disk->fault[i].requests_then = requests;
}

int disk_apply_stat(struct disk *disk, const struct frame *frame,
		    const struct event_block_stat *event)
{
	struct disk_op *op;

	if (event->op >= BLOCK_OPS)
		return 0;
	op = disk->op[event->op];
	if (!op) {
		op = calloc(1, sizeof(*op));
		if (!op)
			return -ENOMEM;
		disk->op[event->op] = op;
		op->hist_period = event->h.ts_ns / frame->window_ns;
	}
	if (is_base(frame)) {
		memcpy(op->hist, event->hist, sizeof(op->hist));
		memcpy(op->hist_old[0], event->hist, sizeof(op->hist));
		memcpy(op->hist_old[1], event->hist, sizeof(op->hist));
	} else if (window_note(&op->window, op->now, 2, epoch_of(frame, event->h.ts_ns)) < 0) {
		return -ENOMEM;
	}
	turn_periods(op, event->h.ts_ns / frame->window_ns);
	move_requests_then(disk, event->op, op->last_ns, event->requests);
	op->last_ns = event->h.ts_ns;
	if (event->requests > op->now[DISK_REQUESTS])
		op->now[DISK_REQUESTS] = event->requests;
	if (event->errors > op->now[DISK_FAILED])
		op->now[DISK_FAILED] = event->errors;
	op->bytes = event->bytes;
	memcpy(op->hist, event->hist, sizeof(op->hist));
	return 0;
}

/* ---- failures ---- */

static struct disk_fault *fault_get(struct disk *disk, unsigned int op, unsigned int status,
				    __u64 *dropped)
{
	struct disk_fault *more;

	for (unsigned int i = 0; i < disk->n_faults; i++)
		if (disk->fault[i].op == op && disk->fault[i].status == status)
			return &disk->fault[i];
	if (disk->n_faults == DISK_FAULTS_MAX) {
		(*dropped)++;
		return NULL;
	}
	more = realloc(disk->fault, (disk->n_faults + 1) * sizeof(*more));
	if (!more)
		return NULL;
	disk->fault = more;
	more += disk->n_faults++;
	memset(more, 0, sizeof(*more));
	more->op = (__u8)op;
	more->status = (__u8)status;
	return more;
}

/* Counters and ring events tell of the same failures: the larger count holds. */
static int fault_count(struct disk *disk, struct disk_fault *fault, const struct frame *frame,
		       __u64 ts_ns)
{
	const struct disk_op *op = disk->op[fault->op];
	__u64 harmful = fault->now[FAULT_HARMFUL], retried = fault->now[FAULT_RETRIED];

	if (!is_base(frame) &&
	    window_note(&fault->window, fault->now, FAULT_COUNTS, epoch_of(frame, ts_ns)) < 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < FAULT_COUNTS; i++) {
		__u64 most =
			fault->counted[i] > fault->seen[i] ? fault->counted[i] : fault->seen[i];

		if (most > fault->now[i])
			fault->now[i] = most;
	}
	if (is_base(frame)) {
		memcpy(fault->seen, fault->counted, sizeof(fault->seen));
		return 0;
	}
	if (fault->now[FAULT_RETRIED] > retried) {
		if (!fault->retried_first_ns)
			fault->retried_first_ns = ts_ns;
		fault->retried_last_ns = ts_ns;
	}
	if (fault->now[FAULT_HARMFUL] > harmful) {
		if (!fault->first_ns)
			fault->first_ns = ts_ns;
		fault->last_ns = ts_ns;
		fault->requests_then = op ? op->now[DISK_REQUESTS] : 0;
	}
	return 0;
}

int disk_apply_status(struct disk *disk, const struct frame *frame,
		      const struct event_block_status *event, __u64 *dropped)
{
	struct disk_fault *fault;
	__u64 harmless = event->harmless < event->count ? event->harmless : event->count;

	if (event->op >= BLOCK_OPS || event->status >= BLOCK_STATUSES || event->status == BLOCK_OK)
		return 0;
	fault = fault_get(disk, event->op, event->status, dropped);
	if (!fault)
		return 0;
	fault->counted[FAULT_HARMFUL] = event->count - harmless;
	fault->counted[FAULT_HARMLESS] = harmless;
	fault->counted[FAULT_RETRIED] = event->retried;
	return fault_count(disk, fault, frame, event->h.ts_ns);
}

/* A request that succeeded over a sector that failed before. */
static void mark_healed(struct disk *disk, const struct event_block_io *event)
{
	__u64 end = event->sector + event->bytes / 512;

	for (unsigned int i = 0; disk->error && i < DISK_ERRORS_KEPT; i++) {
		struct disk_error *e = &disk->error[i];

		if (e->ts_ns && e->op == event->op && e->sector >= event->sector && e->sector < end)
			e->healed = true;
	}
}

static int keep_error(struct disk *disk, const struct event_block_io *event)
{
	struct disk_error *e;

	if (!disk->error) {
		disk->error = calloc(DISK_ERRORS_KEPT, sizeof(*disk->error));
		if (!disk->error)
			return -ENOMEM;
	}
	e = &disk->error[disk->n_errors++ % DISK_ERRORS_KEPT];
	memset(e, 0, sizeof(*e));
	e->ts_ns = event->h.ts_ns;
	e->sector = event->sector;
	e->bytes = event->bytes;
	e->start_ns = event->start_ns;
	e->pid = event->pid;
	e->op = event->op;
	e->status = event->status;
	e->sense_key = event->sense_key;
	e->asc = event->asc;
	e->ascq = event->ascq;
	e->nvme_status = event->nvme_status;
	e->scsi_result = event->scsi_result;
	e->retries = event->retries;
	e->quiet = event->quiet;
	e->timeout_ms = event->timeout_ms;
	e->lat_ns = event->lat_ns;
	copy_text(e->comm, sizeof(e->comm), event->comm, sizeof(event->comm));
	return 0;
}

int disk_apply_io(struct disk *disk, const struct frame *frame, const struct event_block_io *event,
		  __u64 *dropped)
{
	bool harmless = event->readahead || event->nowait;
	struct disk_fault *fault;
	int err;

	if (event->op >= BLOCK_OPS || event->status >= BLOCK_STATUSES)
		return 0;
	if (event->status == BLOCK_OK) {
		mark_healed(disk, event);
		return 0;
	}
	fault = fault_get(disk, event->op, event->status, dropped);
	if (!fault)
		return 0;
	fault->seen[harmless ? FAULT_HARMLESS : FAULT_HARMFUL]++;
	err = fault_count(disk, fault, frame, event->h.ts_ns);
	if (err < 0)
		return err;
	if (!harmless)
		fault->last_ns = event->h.ts_ns;
	return harmless ? 0 : keep_error(disk, event);
}

/* ---- questions ---- */

__u64 disk_requests(const struct disk *disk, enum block_op op)
{
	return disk->op[op] ? disk->op[op]->now[DISK_REQUESTS] : 0;
}

__u64 disk_requests_window(const struct disk *disk, const struct frame *frame, enum block_op op)
{
	if (!disk->op[op])
		return 0;
	return window_gain(&disk->op[op]->window, disk->op[op]->now, DISK_REQUESTS, 2,
			   epoch_of(frame, frame->now_ns));
}

__u64 disk_fault_window(const struct disk_fault *fault, const struct frame *frame,
			enum fault_count count)
{
	return window_gain(&fault->window, fault->now, count, FAULT_COUNTS,
			   epoch_of(frame, frame->now_ns));
}

__u64 disk_requests_after(const struct disk *disk, const struct disk_fault *fault)
{
	__u64 now = disk_requests(disk, fault->op);

	return now > fault->requests_then ? now - fault->requests_then : 0;
}

void disk_latency(const struct disk *disk, const struct frame *frame,
		  __u64 ret_hist[EVENT_HIST_SLOTS])
{
	memset(ret_hist, 0, EVENT_HIST_SLOTS * sizeof(ret_hist[0]));
	for (unsigned int i = BLOCK_READ; i <= BLOCK_WRITE; i++) {
		const struct disk_op *op = disk->op[i];
		bool recent = frame->mode == RUN_DAEMON;

		for (unsigned int s = 0; op && s < EVENT_HIST_SLOTS; s++)
			ret_hist[s] += op->hist[s] - (recent ? op->hist_old[1][s] : 0);
	}
}

const struct disk_error *disk_error_at(const struct disk *disk, unsigned int i)
{
	if (i >= DISK_ERRORS_KEPT || i >= disk->n_errors)
		return NULL;
	return &disk->error[(disk->n_errors - 1 - i) % DISK_ERRORS_KEPT];
}
