/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ways.h - the ways in which a process comes by a descriptor, for programs that keep what they get: each in a
 * function of its own, so that the place which leaks has a name. Of the probes' tests and of the workload of the
 * emulated kernels.
 */
#ifndef CULPRIT_TESTS_BPF_WAYS_H
#define CULPRIT_TESTS_BPF_WAYS_H

struct way {
	const char *name; /* "pipe" */
	/* Gets one descriptor (of pipe and pair two) and keeps it; ends the program when it cannot. */
	void (*keep)(void);
};

/* NULL: there is none of that name. */
const struct way *way_find(const char *name);
/* Opens what the ways need once. Whoever is to accept needs a listener with somebody in its queue. */
void ways_prepare(int listener);
/* Closes what was kept last; by close_range(), past the calls that are watched. */
void ways_close_last(void);
void ways_close_range_last(void);

#endif
