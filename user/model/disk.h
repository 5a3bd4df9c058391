/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk.h - the block devices: what they are, what is mounted on them, what they did, what failed.
 *
 * Errors are known twice: from the kernel's counters (exact, each tick) and from ring events (at
 * once, with sector and issuer, but a full ring loses some). What is judged is the larger of the
 * two.
 */
#ifndef CULPRIT_DISK_H
#define CULPRIT_DISK_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/disk_queue.h"
#include "model/frame.h"
#include "model/stack.h"
#include "model/table.h"
#include "model/window.h"

#define DISKS_MAX	 2048 /* whole disks and partitions */
#define MOUNTS_MAX	 512
#define DISK_ERRORS_KEPT 16
#define DISK_FAULTS_MAX	 32 /* pairs of operation and status on one disk */

/* What one disk did in one operation. */
struct disk_op {
	__u64 now[2]; /* enum disk_count */
	struct window window;
	__u64 bytes;
	__u64 hist[EVENT_HIST_SLOTS];
	__u64 hist_old[2][EVENT_HIST_SLOTS]; /* at the start of this window-long period and of the
						last */
	__u64 hist_period;
	__u64 last_ns; /* of the latest count */
};
enum disk_count { DISK_REQUESTS, DISK_FAILED };

enum fault_count {
	FAULT_HARMFUL,
	FAULT_HARMLESS, /* read-ahead and NOWAIT requests: nobody waits for these */
	FAULT_RETRIED,	/* answers after which the driver sent the request again: nobody was told */
	FAULT_COUNTS,
};

/* How often one operation ended with one status. */
struct disk_fault {
	__u8 op;
	__u8 status;
	__u64 now[FAULT_COUNTS];
	struct window window;
	__u64 counted[FAULT_COUNTS]; /* by the kernel's counters */
	__u64 seen[FAULT_COUNTS];    /* by ring events */
	__u64 first_ns;
	__u64 last_ns; /* of a harmful one */
	__u64 retried_first_ns;
	__u64 retried_last_ns;
	__u64 requests_then; /* the operation's requests when the last one was counted */
};
/* One failed request. */
struct disk_error {
	__u64 ts_ns;
	__u64 sector; /* ~0 where the operation has none */
	__u64 bytes;
	__u64 start_ns; /* the issuer's, 0 = unknown */
	__u32 pid;	/* the issuer, 0 = unknown */
	__u8 op;
	__u8 status;
	bool healed; /* a later request for this sector was seen to succeed */
	/* The device's answer, as in struct event_block_io. */
	__u8 sense_key, asc, ascq;
	__u8 retries;
	bool quiet;
	__u16 nvme_status;
	__u32 scsi_result;
	__u32 timeout_ms;
	__u64 lat_ns;
	char comm[EVENT_COMM_LEN];
};

struct disk {
	struct event_disk info; /* name is "major:minor" until EVENT_DISK came */
	bool gone;
	__u64 gone_ns;		  /* when that was seen; 0 = it is here */
	unsigned int mounts_lost; /* unmounted at a later look than the one that missed the disk */
	unsigned int others;	  /* how often another device took this number */
	struct disk_op *op[BLOCK_OPS]; /* NULL: nothing yet */
	struct disk_fault *fault;
	unsigned int n_faults;
	struct disk_error *error;   /* the last ones, a ring of DISK_ERRORS_KEPT; NULL: none */
	struct disk_queue *queue;   /* NULL: never told of */
	struct disk_split *split;   /* NULL: never armed */
	struct event_smart *smart;  /* NULL: not asked, or not answered yet */
	struct disk_before *before; /* what others did under this number; NULL: none did */
	__u64 n_errors; /* ever: the latest is error[(n_errors - 1) % DISK_ERRORS_KEPT] */
};

struct disk_mount {
	__u32 dev;
	__u32 fs_dev; /* the super block's number; 0 = not told */
	bool read_only;
	char fstype[16];
	char mount[128];
	char source[128];
};

struct disks {
	struct table table; /* struct disk by dev */
	struct disk_mount *mount;
	unsigned int n_mounts;
	unsigned int mounts_room;
	struct disk_waits waits;
	struct stack stack;
	__u64 dropped; /* mounts, and statuses, that found no room */
};

void disks_init(struct disks *disks);
void disks_done(struct disks *disks);
/* Takes any block event. 0 or -ENOMEM. */
int disks_apply(struct disks *disks, const struct frame *frame, const struct event *event);

const struct disk *disks_find(const struct disks *disks, __u32 dev);
/* The next one (partitions and gone ones too), the first when disk is NULL; NULL past the end. */
const struct disk *disks_next(const struct disks *disks, const struct disk *disk);
/* The i-th mount of this disk, of a partition of it, or of what is stacked on it; NULL past the end. */
const struct disk_mount *disks_mount_on(const struct disks *disks, __u32 dev, unsigned int i);

/* Requests since the start, and over the disk window. */
__u64 disk_requests(const struct disk *disk, enum block_op op);
__u64 disk_requests_window(const struct disk *disk, const struct frame *frame, enum block_op op);
/* Failures, or answers that were retried, over the disk window. */
__u64 disk_fault_window(const struct disk_fault *fault, const struct frame *frame,
			enum fault_count count);
/* Requests of the fault's operation that completed after its last failure (not the same tick's). */
__u64 disk_requests_after(const struct disk *disk, const struct disk_fault *fault);
/* Reads and writes together: since the start in a trace, over the last one to two windows in a
 * daemon. */
void disk_latency(const struct disk *disk, const struct frame *frame,
		  __u64 ret_hist[EVENT_HIST_SLOTS]);
/* The i-th latest failed request that is kept; NULL past the end. */
const struct disk_error *disk_error_at(const struct disk *disk, unsigned int i);

#endif
