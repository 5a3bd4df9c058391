/* SPDX-License-Identifier: BSD-2-Clause */
/* live_ntp.c - whether the wall clock is kept right, and whether somebody set it; see live_ntp.h. */
#include "source/live_ntp.h"

#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>

#define TELL_EVERY_NS 60000000000ULL
/* What a step must be to be told of: more than the time between reading two clocks. */
#define STEP_NS 1000000
/* Of the kernel's status, what matters here: in sync or not, a leap second to come, a clock that failed. */
#define STATUS_MASK (STA_UNSYNC | STA_INS | STA_DEL | STA_CLOCKERR)
/* The year 2191: a timer that is there to be cancelled. */
#define NEVER_S 7000000000LL

void live_ntp_init(struct live_ntp *ntp, bool off)
{
	struct itimerspec never = {.it_value = {.tv_sec = NEVER_S}};

	memset(ntp, 0, sizeof(*ntp));
	ntp->off = off;
	ntp->fd = off ? -1 : timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (ntp->fd < 0 || timerfd_settime(ntp->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
					   &never, NULL) == 0)
		return;
	close(ntp->fd);
	ntp->fd = -1;
}

void live_ntp_done(struct live_ntp *ntp)
{
	if (ntp->fd >= 0)
		close(ntp->fd);
	ntp->fd = -1;
}

int live_ntp_report(const struct live_ntp *ntp, struct emit *emit)
{
	struct event_probe event = {.name = "host.clock", .state = PROBE_ACTIVE};

	if (ntp->fd >= 0) {
		snprintf(event.via, sizeof(event.via), "adjtimex, timerfd");
	} else {
		event.state = PROBE_UNAVAILABLE;
		snprintf(event.reason, sizeof(event.reason), "%s",
			 ntp->off ? "forced off" : "no timer of the wall clock");
	}
	return EMIT(emit, EVENT_PROBE, &event);
}

__s64 clock_step_ns(const struct clocks *before, const struct clocks *now)
{
	return (__s64)(now->realtime_ns - before->realtime_ns) -
	       (__s64)(now->boottime_ns - before->boottime_ns);
}

/* The kernel says ECANCELED once after the clock was set, and also after it slept. */
static bool was_set(const struct live_ntp *ntp)
{
	__u64 times;

	return read(ntp->fd, &times, sizeof(times)) < 0 && errno == ECANCELED;
}

static int tell_step(const struct clocks *before, const struct clocks *now,
		     const struct timex *timex, int state, struct emit *emit)
{
	__s64 by = clock_step_ns(before, now);
	__u64 ago = now->monotonic_ns - emit->now_ns;
	struct event_clock_step event = {.status = (__u32)timex->status};

	if (by < STEP_NS && by > -STEP_NS)
		return 0;
	event.boottime_ns = now->boottime_ns - ago;
	event.realtime_ns = now->realtime_ns - ago;
	event.expected_ns = event.realtime_ns - (__u64)by;
	event.leap = state == TIME_OOP || state == TIME_WAIT;
	return EMIT(emit, EVENT_CLOCK_STEP, &event);
}

static int tell_state(struct live_ntp *ntp, const struct clocks *now, const struct timex *timex,
		      int state, struct emit *emit)
{
	struct event_clock_state event = {
		.boottime_ns = now->boottime_ns,
		.max_error_us = timex->maxerror > 0 ? (__u64)timex->maxerror : 0,
		.est_error_us = timex->esterror > 0 ? (__u64)timex->esterror : 0,
		.status = (__u32)timex->status,
		.state = (__u32)state,
	};

	ntp->status = event.status & STATUS_MASK;
	ntp->told_ns = emit->now_ns;
	return EMIT(emit, EVENT_CLOCK_STATE, &event);
}

int live_ntp_poll(struct live_ntp *ntp, struct emit *emit)
{
	struct timex timex = {.modes = 0}; /* reads, and sets nothing */
	struct clocks now, before = ntp->seen;
	int state, code = 0;
	bool set;

	if (ntp->fd < 0)
		return 0;
	clocks_read(&now);
	set = was_set(ntp);
	state = adjtimex(&timex);
	if ((set || ntp->pending) && before.monotonic_ns)
		code = tell_step(&before, &now, &timex, state, emit);
	/* Set after the clocks were read: the next look sees by how much. */
	ntp->pending = set;
	ntp->seen = now;
	if (code == 0 && state >= 0 &&
	    (!ntp->told_ns || emit->now_ns - ntp->told_ns >= TELL_EVERY_NS ||
	     ((__u32)timex.status & STATUS_MASK) != ntp->status))
		code = tell_state(ntp, &now, &timex, state, emit);
	return code;
}
