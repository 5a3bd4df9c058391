/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_clock.h - how wall time and time since boot relate to CLOCK_MONOTONIC.
 *
 * An EVENT_CLOCK at the start, each minute, when the wall clock stepped, and after a suspend.
 */
#ifndef CULPRIT_SOURCE_LIVE_CLOCK_H
#define CULPRIT_SOURCE_LIVE_CLOCK_H

#include "source/emit.h"

/* The three clocks, read together. */
struct clocks {
	__u64 monotonic_ns;
	__u64 boottime_ns;
	__u64 realtime_ns;
};

/* What was told last; all zero before the first. */
struct live_clock {
	struct clocks told;
};

__u64 monotonic_ns(void);
void clocks_read(struct clocks *ret_clocks);

/* Whether `now` must be told after `told`. */
bool clocks_due(const struct clocks *told, const struct clocks *now);

/* Reads the clocks, and hands out EVENT_CLOCK when it is due. */
int live_clock_poll(struct live_clock *clock, struct emit *emit);

#endif
