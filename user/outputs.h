/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outputs.h - the sinks of a run, as one: each line goes to all of them, and the trouble of one is not the others'.
 */
#ifndef CULPRIT_OUTPUTS_H
#define CULPRIT_OUTPUTS_H

#include "loop.h"
#include "sink/sink.h"

#define OUTPUTS_MAX 8

struct outputs {
	struct sink *sink[OUTPUTS_MAX];
	unsigned int n;
	struct err trouble[OUTPUTS_MAX]; /* of its latest line, told of; code 0: none */
	bool gone[OUTPUTS_MAX];		 /* its reader is, for good */
	/* No more outputs, but with lines still to get rid of; until then, and no longer than that. */
	struct {
		struct sink *sink;
		long long end_ms;
	} leaving[OUTPUTS_MAX];
	unsigned int n_leaving;
	struct loop *loop; /* NULL: nobody watches them yet */
	/* The first trouble that is not over: one that says by a gap line what it lost, and takes lines again, is well;
	 * code 0: none. Whole after outputs_close(). */
	struct err first;
};

/* Takes the sinks over. */
void outputs_init(struct outputs *o, struct sink *const *sinks, unsigned int n);

/* To each of them. -EPIPE: the reader of the last one went away; any other trouble is logged, once in a row. */
int outputs_write(struct outputs *o, const struct line *line);

/* From now on the loop calls them when they have something to say; it is stopped when the last reader went away. */
int outputs_watch(struct outputs *o, struct loop *loop, struct err *err);

/* SIGHUP: files may have been renamed. */
void outputs_reopen(struct outputs *o);

/* Is it one of them? */
bool outputs_have(const struct outputs *o, const struct sink *sink);

/* Others take their place. Those that stay keep their state; those that are not among the new ones are closed when
 * what waits is out, after a second at most (outputs_tidy()), and what they lose is logged. 0, or an error with err
 * set where one of the new cannot be watched: then nothing is changed, and the new ones are still the caller's. */
int outputs_replace(struct outputs *o, struct sink *const *sinks, unsigned int n, struct err *err);

/* After each evaluation: closes those that had to leave and have no more to do, or no more time. */
void outputs_tidy(struct outputs *o);

/* Closes those of `sinks` that are not among the outputs: they were opened for a change that is not to be. */
void outputs_close_others(const struct outputs *o, struct sink *const *sinks, unsigned int n);

/* At the end: gives what waits its time, `ms` for all of them together. */
void outputs_settle(const struct outputs *o, unsigned int ms);
/* Closes them all, those that leave too; what one could not get rid of, or that it failed to the last, becomes `first`, where that is free. */
void outputs_close(struct outputs *o);

#endif
