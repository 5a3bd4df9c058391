/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h - what the parts of the model need to know of time: set by model.c, read by all.
 */
#ifndef CULPRIT_FRAME_H
#define CULPRIT_FRAME_H

#include <linux/types.h>

struct frame {
	__u64 now_ns;	      /* the largest event time seen */
	__u64 start_ns;	      /* tick 0; 0 before */
	__u64 ticked_ns;      /* the latest tick; 0 before */
	__u64 tick_ns;	      /* from one snapshot to the next, as the source means it */
	__u64 window_ns;      /* what rates are judged over: "window_s", 60 s; 4 ticks or more */
	__u64 disk_window_ns; /* disk errors are rare: "disk.window_s", default 600 s */
	__u64 bucket_ns;      /* one floor of the descriptor census: "leak.bucket_s" */
	__u64 looked;	      /* the bucket of the latest tick, counted from start_ns on */
	__u64 looks;	      /* bit i: in the bucket i before that one there was a tick */
	__u32 mode;	      /* enum run_mode; 0 before EVENT_HOST */
};

/* Buckets count from the start of the run, so that a short trace is not cut at an odd place. */
static inline __u64 frame_bucket(const struct frame *frame, __u64 ns)
{
	if (!frame->start_ns || ns <= frame->start_ns)
		return 0;
	return (ns - frame->start_ns) / frame->bucket_ns;
}

#endif
