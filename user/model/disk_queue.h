/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_queue.h - what a disk's queue holds and whether it moves; who waits; which cgroups are limited.
 *
 * Looks come each tick while something moves or waits. What a look says of requests is trusted when the
 * next one says the same.
 */
#ifndef CULPRIT_DISK_QUEUE_H
#define CULPRIT_DISK_QUEUE_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/disk_past.h"
#include "model/frame.h"

#define DISK_BLOCKED_KEPT 8
#define DISK_LIMITS_MAX	  32

struct disk_queue {
	struct event_block_queue now;
	struct event_block_queue first; /* of the run, or of this disk */
	__u64 still_ns; /* since when nothing was done while requests were in flight; 0 = it moves */
	unsigned int stills; /* looks in a row that say so */
	__u64 done_ns; /* the latest look that saw something done since the one before; 0 = none */
	__u64 idle_before_ns; /* how long before still_ns nothing had been done */
	__u64 oldest_ns;      /* when the oldest request in flight began; 0 = unknown */
	unsigned int same;    /* looks in a row with the same one */
	__u32 held_looks;     /* a bit a look, the latest lowest: were bios held back */
	__u32 held_most;      /* in these looks */
	struct disk_past
		*past; /* NULL: nothing was done since the first look, nor before this run */
	struct event_block_queue held_from; /* the first of these looks that saw some */
};

/* A cgroup's limit for a disk. */
struct disk_limit {
	struct event_io_limit now;
	__u64 first_pressure_us; /* when it was first told */
	__u64 first_ns;
};

struct disk_waits {
	struct event_task_blocked task[DISK_BLOCKED_KEPT]; /* of the latest look */
	unsigned int n;
	struct disk_limit limit[DISK_LIMITS_MAX];
	unsigned int n_limits;
};

/* split: what is known of queue and device apart; NULL:
 * nothing. */
void disk_queue_apply(struct disk_queue *queue, const struct event_block_queue *event,
		      const struct look_time *time, struct disk_split *split);
void disk_waits_blocked(struct disk_waits *waits, const struct event_task_blocked *event);
/* A limit that finds no room takes the place of the oldest. */
void disk_waits_limit(struct disk_waits *waits, const struct event_io_limit *event);

/* Reads, writes, discards and flushes since boot. */
__u64 disk_queue_done(const struct event_block_queue *event);
/* How long the oldest request has waited at `now_ns`: its own age where it is known, else as long as
 * nothing was done. 0: nothing waits. */
__u64 disk_queue_age_ns(const struct disk_queue *queue, __u64 now_ns);
/* The i-th task that was blocked at a look in the last `within_ns`; NULL past the end. */
const struct event_task_blocked *disk_waits_task(const struct disk_waits *waits, __u64 now_ns,
						 __u64 within_ns, unsigned int i);
/* Of the cgroups that were limited on `dev` when last told, the i-th; NULL past the end. */
const struct disk_limit *disk_waits_limited(const struct disk_waits *waits, __u32 dev,
					    unsigned int i);

#endif
