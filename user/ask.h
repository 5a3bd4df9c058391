/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask.h - what rules and findings want to know more about.
 *
 * Rules never act. They state an ask; the engine bounds and forwards it, the live source performs
 * it, and the answer comes back as an event. Replay ignores asks: the answers are in the capture.
 */
#ifndef CULPRIT_ASK_H
#define CULPRIT_ASK_H

#include <linux/types.h>

#include <culprit/event.h>

enum ask_what {
	ASK_PROC = 1, /* who is process (pid, start_ns): answered by EVENT_PROC, once */
	ASK_FDS =
		2, /* break its descriptors down each tick until `until_ns`: EVENT_FD_GROUP/SCAN */
	ASK_BLOCK_ISSUE = 3, /* arm the issue hook for disk `dev` until `until_ns`: fills the pid in
				EVENT_BLOCK_IO */
	/* 17 to 20: descriptors */
	ASK_FD_OPENS =
		17, /* arm the hooks for (pid, start_ns) until `until_ns`: with each breakdown
			      EVENT_FD_SITE and _ARMED */
	ASK_FD_STACK = 18, /* what call site `dev` of an armed process is: EVENT_FD_STACK, once */
	ASK_FD_REFUSED =
		19, /* watch (pid, start_ns) for descriptors that it is refused until `until_ns`, or with pid 0 the
				host's table: EVENT_FD_REFUSED each tick */
	ASK_TLS =
		21, /* how the TLS handshakes of all processes named `comm`, as (pid, start_ns) is, end, until
			 `until_ns`: EVENT_TLS_ARMED, then EVENT_TLS_OUTCOME with each tick */
	ASK_SMART = 15, /* what disk `dev` says of itself, once a run: answered by EVENT_SMART */
};

struct ask {
	__u32 what; /* enum ask_what */
	__u32 pid;
	__u32 dev;
	__u32 pad;
	__u64 start_ns;
	__u64 until_ns;		   /* CLOCK_MONOTONIC, event time */
	char comm[EVENT_COMM_LEN]; /* ASK_TLS only */
};

typedef void (*ask_fn)(void *ctx, const struct ask *ask);

#endif
