/* SPDX-License-Identifier: BSD-2-Clause */
/* live_clock.c - how wall time and time since boot relate to CLOCK_MONOTONIC; see live_clock.h. */
#include "source/live_clock.h"

#include <time.h>

#define MS 1000000ULL

#define TELL_EVERY_NS (60000 * MS)
/* NTP slews by at most 500 ppm: 30 ms in the minute between two events. More is a step. */
#define STEP_NS (50 * MS)
/* Only a suspend moves these two apart; less than this is the time between reading them. */
#define RESUME_NS (10 * MS)
/* Reading three clocks takes less than 1 us; when it took longer we were interrupted. */
#define TOGETHER_NS 20000
#define TRIES	    5

static __u64 read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (__u64)ts.tv_sec * 1000000000ULL + (__u64)ts.tv_nsec;
}

__u64 monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clocks_read(struct clocks *ret_clocks)
{
	__u64 least = ~0ULL;

	for (int i = 0; i < TRIES && least > TOGETHER_NS; i++) {
		struct clocks now = {.monotonic_ns = monotonic_ns()};
		__u64 took;

		now.boottime_ns = read_clock(CLOCK_BOOTTIME);
		now.realtime_ns = read_clock(CLOCK_REALTIME);
		took = monotonic_ns() - now.monotonic_ns;
		if (took < least) {
			least = took;
			*ret_clocks = now;
		}
	}
}

static bool moved(__u64 before, __u64 now, __u64 passed, __u64 most)
{
	__s64 by = (__s64)(now - before - passed);

	return by > (__s64)most || by < -(__s64)most;
}

bool clocks_due(const struct clocks *told, const struct clocks *now)
{
	__u64 passed = now->monotonic_ns - told->monotonic_ns;

	return told->monotonic_ns == 0 || passed >= TELL_EVERY_NS ||
	       moved(told->realtime_ns, now->realtime_ns, passed, STEP_NS) ||
	       moved(told->boottime_ns, now->boottime_ns, passed, RESUME_NS);
}

int live_clock_poll(struct live_clock *clock, struct emit *emit)
{
	struct event_clock event = {0};
	struct clocks now;
	__u64 ago;

	clocks_read(&now);
	if (!clocks_due(&clock->told, &now))
		return 0;
	clock->told = now;
	/* The event carries the snapshot's time: the other two are what they were then. */
	ago = now.monotonic_ns - emit->now_ns;
	event.boottime_ns = now.boottime_ns - ago;
	event.realtime_ns = now.realtime_ns - ago;
	return EMIT(emit, EVENT_CLOCK, &event);
}
