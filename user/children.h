/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * children.h - work that may wait for a disk or a peer, in copies of this process.
 *
 * A child of the few short-lived ones sees the memory as it was at the fork, does one thing, and ends. It is killed
 * by its own alarm when that takes too long, or stands still.
 */
#ifndef CULPRIT_CHILDREN_H
#define CULPRIT_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

#define CHILDREN_MAX 4

struct children {
	pid_t pid[CHILDREN_MAX]; /* 0 = free */
	/* What became of one, as waitpid() has it; NULL: nobody wants to know. Starts none itself. */
	void (*ended)(void *ctx, pid_t pid, int status);
	void *ctx;
};

/* What a child keeps open of its parent's is this there. */
#define CHILD_FD 3

/* In the parent: the child's pid, or -EAGAIN when all places are taken, or fork()'s errno. In the child: 0; it
 * lives `seconds` at most, takes signals as a new program does, has nothing open but stdin, stdout, stderr and `keep`
 * (-1: none), which is CHILD_FD there, and must end with _exit(). */
pid_t children_start(struct children *children, unsigned int seconds, int keep);

/* In a child: its work goes on, and it has `*seconds` (const unsigned int) from now. Nothing where no time runs. */
void child_lives_on(void *seconds);

/* Frees the places of those that have ended, and tells of each. */
void children_reap(struct children *children);

/* Whether that one has not ended yet, as of the last reaping. */
bool children_lives(const struct children *children, pid_t pid);

/* fork() of a copy that lives on its own: in it (0) nothing is open but stdin, stdout, stderr and `keep` (as
 * above); its name is `name`. In the parent its pid, or a negative errno. The child must end with _exit(). */
pid_t child_fork(const char *name, int keep);

#endif
