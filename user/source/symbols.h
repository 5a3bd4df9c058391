/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbols.h - EVENT_FD_STACK: which functions and lines a call site is; found out in a child process.
 *
 * The files of other processes are parsed, which may be large, damaged or made to do harm, on file systems that
 * may hang: the child has limits of time and memory, and nobody waits for it. One works at a time.
 */
#ifndef CULPRIT_SOURCE_SYMBOLS_H
#define CULPRIT_SOURCE_SYMBOLS_H

#include <stdbool.h>

#include <culprit/map_leak.h>

#include "source/emit.h"

#define SYMBOLS_WAITING_MAX 32

struct symbols_ask {
	__u32 pid;
	__u32 site;
	__u64 start_ns;
	bool done; /* answered: not asked again while the list is kept */
};

struct symbols {
	struct symbols_ask ask[SYMBOLS_WAITING_MAX];
	unsigned int n;
	struct symbols_ask now; /* at work on this one */
	int child;		/* its pid; 0 = none */
	int zombies[4];		/* killed, and not ended yet: they hang in a file system */
	int pipe_fd;
	__u64 since_ns;
	struct event_fd_stack answer; /* the best so far */
	bool answered;
	__u64 dropped;
};

/* Where the stack of a call site is got from: 0, -EAGAIN (there is none yet), or another negative errno. */
typedef int (*symbols_sample_fn)(void *ctx, __u32 pid, __u32 site, __u64 now_ns,
				 struct stack_sample *ret);

/* Notes an ask; the same one only once. */
void symbols_take(struct symbols *symbols, __u32 pid, __u64 start_ns, __u32 site);
/* Begins what waits, hands out what is done. Never blocks. 0, or what `emit` failed with. */
int symbols_poll(struct symbols *symbols, symbols_sample_fn sample, void *ctx, struct emit *emit);
/* What waits for a process that is not armed any more is forgotten. */
void symbols_forget(struct symbols *symbols, __u32 pid);
/* Ends the child. */
void symbols_done(struct symbols *symbols);

#endif
