/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_block.h - the maps of the block object: what block devices do; see counters.h. */
#ifndef CULPRIT_MAP_BLOCK_H
#define CULPRIT_MAP_BLOCK_H

#include "event_block.h"

/* Map `block_stats`, per CPU. */
struct block_key {
	__u32 dev;
	__u32 op; /* enum block_op */
};

struct block_value {
	__u64 requests;
	__u64 bytes;
	__u64 errors;
	__u64 unknown_start;
	__u64 queue;   /* struct request_queue *: where to look when completions stop */
	__u64 last_ns; /* of the latest completion on this CPU: which queue is the present one */
	__u64 hist[EVENT_HIST_SLOTS];
};

/* Map `block_errors`, per CPU. */
#define BLOCK_ERRORS_MAX 1024
struct block_error_key {
	__u32 dev;
	__u16 op;
	__u16 status; /* enum block_status */
};

struct block_error_value {
	__u64 count;
	__u64 harmless;
	__u64 retried;
};

/* Map `block_limits`: dev -> the rate limit of its ring events. */
struct block_limit {
	__u64 error_ns; /* when errors were last given */
	__u64 slow_ns;
	__u32 errors; /* error events that may still follow in this interval */
	__u32 slow;
};

/* Map `rq_issue`: struct request * -> when it was issued and for whom, while the disk is armed. */
struct issue_value {
	__u64 made_ns; /* before the request began: left over from one at the same address (merged, or not looked at) */
	__u64 issue_ns; /* 0: it waits in the scheduler */
	__u64 start_ns; /* of the issuer; it and pid are 0 for kernel threads */
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
};
#define ARMED_MAX 16

/* Map `block_splits`, per CPU: what armed disks' requests took; see struct event_block_split. */
#define BLOCK_SPLITS_MAX (ARMED_MAX * 4)
struct split_key {
	__u32 dev;
	__u16 op;
	__u16 large;
};

struct split_value {
	__u64 requests;
	__u64 bytes;
	__u64 queue_ns;
	__u64 device_ns;
	__u64 hist[EVENT_HIST_SLOTS];
};

/* Written by user space while the programs run (section .data.control). */
struct block_control {
	__u32 armed; /* number of armed disks: the completion looks for issuers only when there are any */
	__u32 pad;
};

/*
 * Map `walk`, one entry: what to look at, and what was seen. Written by user space before a run of the
 * program queue_walk, which looks at QUEUE_WALK_TAGS tags of one hardware queue and adds to the counts.
 */
#define QUEUE_WALK_TAGS 256
struct queue_walk {
	__u64 queue;	 /* in: struct request_queue * */
	__u64 tags;	 /* out: identity of the tag table: hardware queues may share one */
	__u64 oldest_ns; /* out: start of the oldest request in flight, CLOCK_MONOTONIC; 0 = none */
	__u32 dev;	 /* in: whose queue it is */
	__u32 hw;	 /* in: which hardware queue */
	__u32 first;	 /* in: first tag */
	__u32 n_hw;	 /* out: hardware queues; 0: this is not the queue of dev */
	__u32 n_tags;	 /* out: tags of this hardware queue */
	__u32 held[2];	 /* out: bios that blk-throttle holds back, reads and writes */
	__u32 in_flight[3];  /* out, added to: reads, writes, others */
	__u32 unknown_start; /* out, added to: of these without a start time */
	__u32 lengthy;	     /* out, added to: of the others, those that may take long */
};

EVENT_SIZE_IS(block_value, 560);
EVENT_SIZE_IS(queue_walk, 72);
EVENT_SIZE_IS(block_error_key, 8);
EVENT_SIZE_IS(block_limit, 24);
EVENT_SIZE_IS(issue_value, 48);
EVENT_SIZE_IS(split_key, 8);
EVENT_SIZE_IS(split_value, 544);

#endif
