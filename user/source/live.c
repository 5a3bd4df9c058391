/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - the live host as a source: when what is looked at; see source.h.
 *
 * Three descriptors drive it, behind one epoll descriptor: the rings are drained each 50 ms, a snapshot
 * is taken each tick, and a wake-up makes the first dispatch and a stop come at once. A snapshot's time
 * is taken after the rings were drained, so it is the largest of all that it judges.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "probe/probes.h"
#include "source/emit.h"
#include "source/live_asks.h"
#include "source/live_clock.h"
#include "source/live_disks.h"
#include "source/live_host.h"
#include "source/live_mounts.h"
#include "source/live_nics.h"
#include "source/live_proc.h"
#include "source/source.h"

#define MS_NS 1000000ULL
/* Errors are on stdout within 100 ms; a ring is never full in this time at 100,000 events a second. */
#define DRAIN_NS (50 * MS_NS)
#define TICKS_PER_ACCOUNT 10
/* No healthy device takes that long for one request. */
#define SLOW_IO_NS (500 * MS_NS)

struct live {
	struct source source;
	struct live_options options; /* settings: our own copy */
	struct setting *settings;
	struct probes *probes;
	int epoll_fd, drain_fd, tick_fd, wake_fd;
	bool started;
	bool ended;
	enum end_reason stop; /* asked for; 0 = not */
	__u32 seq;	      /* of the next tick */
	__u64 born_ns;
	__u64 start_ns; /* the baseline's time */
	struct live_clock clock;
	struct live_disks *disks;
	struct live_mounts *mounts;
	struct live_nics *nics;
	struct live_asks asks;
};

/* ---- life ---- */

static const char *setting(const struct live *live, const char *key)
{
	for (unsigned int i = 0; i < live->options.n_settings; i++)
		if (strcmp(live->settings[i].key, key) == 0)
			return live->settings[i].value;
	return NULL;
}

static void live_free(struct source *source)
{
	struct live *live = (struct live *)source;
	int fds[4];

	if (!live)
		return;
	fds[0] = live->epoll_fd;
	fds[1] = live->drain_fd;
	fds[2] = live->tick_fd;
	fds[3] = live->wake_fd;
	for (unsigned int i = 0; i < 4; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	probes_free(live->probes);
	live_disks_free(live->disks);
	live_mounts_free(live->mounts);
	live_nics_free(live->nics);
	free(live->settings);
	free(live);
}

static int copy_options(struct live *live, const struct live_options *options)
{
	size_t size = options->n_settings * sizeof(*live->settings);

	live->options = *options;
	if (live->options.tick_ms == 0)
		live->options.tick_ms = 1000;
	if (size == 0)
		return 0;
	live->settings = malloc(size);
	if (!live->settings)
		return -ENOMEM;
	memcpy(live->settings, options->settings, size);
	live->options.settings = live->settings;
	return 0;
}

static void wake(struct live *live)
{
	__u64 one = 1;

	/* It cannot fail but for a counter that is full: then it is readable already. */
	if (write(live->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static int open_fds(struct live *live)
{
	int fds[3];

	live->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	live->drain_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	live->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	live->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	fds[0] = live->drain_fd;
	fds[1] = live->tick_fd;
	fds[2] = live->wake_fd;
	for (unsigned int i = 0; i < 3; i++) {
		struct epoll_event event = {.events = EPOLLIN};

		if (live->epoll_fd < 0 || fds[i] < 0 ||
		    epoll_ctl(live->epoll_fd, EPOLL_CTL_ADD, fds[i], &event) < 0)
			return -errno;
	}
	wake(live);
	return 0;
}

static int open_parts(struct live *live, const struct live_options *options, struct err *err)
{
	int code = copy_options(live, options);

	live->disks = live_disks_new();
	live->mounts = live_mounts_new();
	live->nics = live_nics_new();
	if (code < 0 || !live->disks || !live->mounts || !live->nics)
		return err_set(err, -ENOMEM, "out of memory");
	code = open_fds(live);
	if (code < 0)
		return err_set(err, code, "cannot set up the timers: %s", strerror(-code));
	return 0;
}

static int open_probes(struct live *live, struct err *err)
{
	struct probes_options options = {
		.disable = setting(live, "probes.disable"),
		.force_way = setting(live, "probes.force_way"),
		.slow_io_ns = SLOW_IO_NS,
		.own_pid = (unsigned int)getpid(),
	};
	int code = probes_new(&options, &live->probes, err);

	return code < 0 ? code : probes_attach(live->probes, err);
}

static const struct source_ops live_ops;

int live_new(const struct live_options *options, struct source **ret_source, struct err *err)
{
	struct live *live = calloc(1, sizeof(*live));
	int code;

	if (!live)
		return err_set(err, -ENOMEM, "out of memory");
	live->source.ops = &live_ops;
	live->epoll_fd = live->drain_fd = live->tick_fd = live->wake_fd = -1;
	live->born_ns = monotonic_ns();
	code = open_parts(live, options, err);
	if (code == 0)
		code = open_probes(live, err);
	if (code < 0) {
		live_free(&live->source);
		return code;
	}
	*ret_source = &live->source;
	return 0;
}

/* ---- what is handed out ---- */

static int tell_host(struct live *live, struct emit *emit)
{
	struct event_host event;

	live_host_read(&event, live->options.mode);
	return EMIT(emit, EVENT_HOST, &event);
}

static int tell_settings(struct live *live, struct emit *emit)
{
	for (unsigned int i = 0; i < live->options.n_settings; i++) {
		struct event_config event = {0};

		snprintf(event.key, sizeof(event.key), "%s", live->settings[i].key);
		snprintf(event.value, sizeof(event.value), "%s", live->settings[i].value);
		EMIT(emit, EVENT_CONFIG, &event);
	}
	return emit->failed;
}

static int tell_self(struct live *live, struct emit *emit)
{
	struct event_self event = {
		.wall_ns = emit->now_ns - live->born_ns,
		.map_bytes = probes_map_bytes(live->probes),
	};

	live_self_read(&event);
	return EMIT(emit, EVENT_SELF, &event);
}

static int tell_tick(struct live *live, struct emit *emit)
{
	struct event_tick event = {.seq = live->seq++, .interval_ms = live->options.tick_ms};

	return EMIT(emit, EVENT_TICK, &event);
}

static int account(struct live *live, struct emit *emit)
{
	int code = probes_account(live->probes, emit->now_ns, emit_event, emit);

	if (code < 0)
		return code;
	live_disks_account(live->disks, emit);
	live_mounts_account(live->mounts, emit);
	live_nics_account(live->nics, emit);
	return live_asks_account(&live->asks, emit);
}

static int poll_host(struct live *live, struct emit *emit)
{
	int code = live_clock_poll(&live->clock, emit);

	if (code == 0)
		code = live_disks_poll(live->disks, emit);
	if (code == 0)
		code = live_mounts_poll(live->mounts, emit);
	if (code == 0)
		code = live_nics_poll(live->nics, emit);
	return code;
}

/* One snapshot, the rings drained before it. Ends with EVENT_TICK. */
static int snapshot(struct live *live, bool last, struct emit *emit)
{
	bool baseline = live->seq == 0;
	int code = probes_drain(live->probes, emit_event, emit);

	if (code < 0)
		return code;
	emit->now_ns = monotonic_ns();
	if (baseline)
		live->start_ns = emit->now_ns;
	code = baseline ? 0 : poll_host(live, emit);
	if (code == 0)
		code = probes_snapshot(live->probes, emit->now_ns, baseline, emit_event, emit);
	if (code >= 0)
		code = live_asks_tick(&live->asks, live->probes, emit);
	if (code == 0 && (last || live->seq % TICKS_PER_ACCOUNT == 0))
		code = account(live, emit);
	if (code >= 0)
		code = tell_self(live, emit);
	return code == 0 ? tell_tick(live, emit) : code;
}

/* ---- the source ---- */

static int set_timer(int fd, int flags, __u64 first_ns, __u64 interval_ns)
{
	struct itimerspec spec = {
		.it_value = {(time_t)(first_ns / 1000000000ULL), (long)(first_ns % 1000000000ULL)},
		.it_interval = {(time_t)(interval_ns / 1000000000ULL),
				(long)(interval_ns % 1000000000ULL)},
	};

	return timerfd_settime(fd, flags, &spec, NULL) < 0 ? -errno : 0;
}

/* Ticks count from the baseline, so that the last of a trace falls on its end. */
static int start_timers(const struct live *live)
{
	__u64 tick_ns = live->options.tick_ms * MS_NS;
	int code = set_timer(live->drain_fd, 0, DRAIN_NS, DRAIN_NS);

	if (code < 0)
		return code;
	return set_timer(live->tick_fd, TFD_TIMER_ABSTIME, live->start_ns + tick_ns, tick_ns);
}

static int start(struct live *live, struct emit *emit)
{
	int code;

	live->started = true;
	emit->now_ns = monotonic_ns();
	code = live_clock_poll(&live->clock, emit);
	if (code == 0)
		code = tell_host(live, emit);
	if (code == 0)
		code = tell_settings(live, emit);
	if (code == 0)
		code = probes_report(live->probes, emit->now_ns, emit_event, emit);
	if (code >= 0)
		code = poll_host(live, emit);
	if (code == 0)
		code = snapshot(live, false, emit);
	return code == 0 ? start_timers(live) : code;
}

static int drain(struct live *live, struct emit *emit)
{
	struct event_pulse event = {0};
	int urgent = probes_drain(live->probes, emit_event, emit);

	if (urgent <= 0)
		return urgent;
	emit->now_ns = monotonic_ns();
	return EMIT(emit, EVENT_PULSE, &event);
}

static int finish(struct live *live, enum end_reason reason, struct emit *emit)
{
	struct event_end event = {.reason = reason};
	int code = snapshot(live, true, emit);

	if (code == 0)
		code = live_asks_answer(&live->asks, live->probes, emit);
	if (code == 0)
		code = EMIT(emit, EVENT_END, &event);
	live->ended = true;
	return code;
}

/* Whether a descriptor has fired; it has not, from now on. */
static bool fired(int fd)
{
	__u64 count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

static enum end_reason end_reason(const struct live *live)
{
	if (live->stop)
		return live->stop;
	if (live->options.duration_ns &&
	    monotonic_ns() - live->start_ns >= live->options.duration_ns)
		return END_DURATION;
	return 0;
}

/* 1, 0 (ended), or negative errno. */
static int dispatch(struct live *live, struct emit *emit)
{
	bool tick, ring;
	int code = 0;

	if (live->ended)
		return 0;
	fired(live->wake_fd);
	if (!live->started)
		code = start(live, emit);
	if (code == 0 && end_reason(live)) {
		code = finish(live, end_reason(live), emit);
		return code;
	}
	tick = fired(live->tick_fd);
	ring = fired(live->drain_fd);
	if (code == 0 && tick)
		code = snapshot(live, false, emit);
	else if (code == 0 && ring)
		code = drain(live, emit);
	if (code == 0)
		code = live_asks_answer(&live->asks, live->probes, emit);
	return code < 0 ? code : 1;
}

static int live_dispatch(struct source *source, event_fn fn, void *ctx, struct err *err)
{
	struct live *live = (struct live *)source;
	struct emit emit = {
		.fn = fn,
		.ctx = ctx,
		.now_ns = monotonic_ns(),
		.pid = live->options.pid,
	};
	int code = dispatch(live, &emit);

	/* What fn returned is its own: it knows what was wrong. */
	if (code < 0 && !emit.failed)
		return err_set(err, code, "cannot read from the kernel: %s", strerror(-code));
	return code;
}

static int live_fd(const struct source *source)
{
	return ((const struct live *)source)->epoll_fd;
}

static void live_stop(struct source *source, enum end_reason reason)
{
	struct live *live = (struct live *)source;

	live->stop = reason;
	wake(live);
}

static void live_ask(struct source *source, const struct ask *ask)
{
	live_asks_take(&((struct live *)source)->asks, ask);
}

static const struct source_ops live_ops = {
	.fd = live_fd,
	.dispatch = live_dispatch,
	.stop = live_stop,
	.ask = live_ask,
	.free = live_free,
};
