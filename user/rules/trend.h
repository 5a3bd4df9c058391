/* SPDX-License-Identifier: BSD-2-Clause */
/* trend.h - does the floor of a process's descriptor count keep rising? */
#ifndef CULPRIT_TREND_H
#define CULPRIT_TREND_H

#include "model/model.h"
#include "model/process.h"

struct trend {
	unsigned int scale; /* buckets taken together: 1, 2 or 4 */
	unsigned int rises; /* in a row, each floor above the one before, before the flat end */
	unsigned int flats; /* buckets at the end without a rise */
	__u32 growth;	    /* of the floor over these rises */
	double span_s;	    /* how long these rises took */
	double per_s;
	__u64 since_ns; /* when they began */
};

/* The finest scale at which the floor rose at least `rises` times in a row (slow leaks need a
 * coarser one); the finest of all when none did. */
struct trend trend_of(const struct process *process, const struct frame *frame, unsigned int rises);

/*
 * The chance that a count without a trend looks like this: if the order of its floors is arbitrary,
 * one in (rises + 1)! orders rises all the way (the extreme of Mann's test, Econometrica 13, 1945),
 * for each of `processes` that were looked at. At most 1.
 */
double trend_chance(const struct trend *trend, unsigned int processes);

#endif
