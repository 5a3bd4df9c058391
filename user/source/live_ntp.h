/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_ntp.h - whether the wall clock is kept right (EVENT_CLOCK_STATE, each minute and when that changes), and whether
 * somebody set it (EVENT_CLOCK_STEP, at the next tick).
 */
#ifndef CULPRIT_SOURCE_LIVE_NTP_H
#define CULPRIT_SOURCE_LIVE_NTP_H

#include <stdbool.h>

#include "source/emit.h"
#include "source/live_clock.h"

struct live_ntp {
	int fd;	  /* a timer that is cancelled when the clock is set; negative: there is none */
	bool off; /* forced off by the setting probes.disable */
	struct clocks seen; /* at the last look; all zero before the first */
	bool pending;	    /* it was set at the last look, maybe after the clocks were read */
	__u32 status;	    /* as told */
	__u64 told_ns;	    /* 0 = never */
};

/* `ntp` is the caller's memory. */
void live_ntp_init(struct live_ntp *ntp, bool off);
void live_ntp_done(struct live_ntp *ntp);
/* EVENT_PROBE "host.clock". */
int live_ntp_report(const struct live_ntp *ntp, struct emit *emit);
/* 0, or what `emit` failed with. */
int live_ntp_poll(struct live_ntp *ntp, struct emit *emit);

/* By how much the wall clock was set between two looks, in ns, ahead positive: time that passed, asleep too, is
 * no step. */
__s64 clock_step_ns(const struct clocks *before, const struct clocks *now);

#endif
