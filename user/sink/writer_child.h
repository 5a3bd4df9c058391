/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer_child.h - the writer of a queue, from its parent's side: started, started anew, left.
 */
#ifndef CULPRIT_WRITER_CHILD_H
#define CULPRIT_WRITER_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "sink/outlet.h"

struct writer_child {
	struct outlet outlet; /* as the child gets it: never open here */
	pid_t pid;	      /* 0: no child */
	int fd;		      /* to it; -1: none */
	int timer_fd;	      /* until the next start */
	int epoll_fd;	      /* of both: one descriptor for the loop, whatever child lives */
};

/* None yet, for an outlet that is copied. 0, or a negative errno; writer_child_done() either way. */
int writer_child_init(struct writer_child *child, const struct outlet *like);
/* One that lives must have been left. */
void writer_child_done(struct writer_child *child);

/* Forks it; its first word will be about the opening of its outlet. 0, or a negative errno: there is none. */
int writer_child_start(struct writer_child *child);
/* Another one is due in a second: one that dies again and again is no reason to do nothing else. */
void writer_child_start_later(const struct writer_child *child);
/* Is it due? Asked once. */
bool writer_child_is_due(const struct writer_child *child);

/* Takes its end, or kills it; one that hangs is left to itself after 300 ms, or 50 where it is killed. Returns its
 * exit status, 0 where there is none. */
int writer_child_leave(struct writer_child *child, bool kill_it);

#endif
