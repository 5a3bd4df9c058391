/* SPDX-License-Identifier: BSD-2-Clause */
/* trend.h - does the floor of a process's descriptor count keep rising? */
#ifndef CULPRIT_TREND_H
#define CULPRIT_TREND_H

#include "model/model.h"
#include "model/process.h"

struct trend {
	unsigned int scale; /* buckets taken together: 1, 2, 4; 8, 16, 24: wide ones */
	unsigned int rises; /* in a row, each floor above the one before, before the flat end */
	unsigned int flats; /* buckets at the end without a rise */
	__u32 growth;	    /* of the floor over these rises */
	double span_s;	    /* how long these rises took */
	double per_s;
	__u64 since_ns; /* when they began */
};

/* So many rises more are asked for of wide buckets: in minutes a load can grow that serves. */
#define TREND_WIDE_MORE 2

/* What a trend must be to be told of. */
struct trend_need {
	unsigned int rises;
	unsigned int wide_rises; /* where the buckets are wide */
	double growth;
	unsigned int flats; /* at most */
};

/* At the finest scale at which it is as much as is needed (slow leaks, and those that pause, need a coarser one); at the
 * finest of all when it is at none: trend_suffices() tells. */
struct trend trend_of(const struct process *process, const struct frame *frame,
		      const struct trend_need *need);
bool trend_suffices(const struct trend *trend, const struct trend_need *need);
/* The rises of the longest run that is kept at this scale: there is no room for more. */
unsigned int trend_room(const struct trend *trend);

/*
 * The chance that a count without a trend looks like this: if the order of its floors is arbitrary,
 * one in (rises + 1)! orders rises all the way (the extreme of Mann's test, Econometrica 13, 1945),
 * for each of `processes` that were looked at, at one scale: six are, and what shows at one often shows at
 * the next. At most 1.
 */
double trend_chance(const struct trend *trend, unsigned int processes);

#endif
