/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - the live host as a source: when what is looked at; see source.h.
 *
 * One timer drives it, set to what is due next: a tick (a snapshot is taken), or the rings' turn. A ring
 * that gets something is left alone for 50 ms, so that a storm of events costs twenty wake-ups a second
 * and an idle host none. The first dispatch and a stop come at once: they set the timer off.
 */
#include "source/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "probe/probe_table.h"

#define S_NS  1000000000ULL
#define MS_NS 1000000ULL
/* Errors are on stdout within 100 ms; no ring is full in this time at 100,000 events a second. */
#define DRAIN_NS (50 * MS_NS)
/* No healthy device takes that long for one request. */
#define SLOW_IO_NS (500 * MS_NS)

/* ---- life ---- */

static const char *setting(const struct live *live, const char *key)
{
	return live_settings_get(&live->settings, key);
}

/* Is the probe in the list of those that are forced off? */
static bool is_off(const struct live *live, const char *name)
{
	return probe_listed(setting(live, "probes.disable"), name, NULL);
}

static void live_free(struct source *source)
{
	struct live *live = (struct live *)source;

	if (!live)
		return;
	if (live->epoll_fd >= 0)
		close(live->epoll_fd);
	if (live->timer_fd >= 0)
		close(live->timer_fd);
	live_asks_done(&live->asks);
	probes_free(live->probes);
	live_disks_free(live->disks);
	live_chain_free(live->chain);
	live_mounts_free(live->mounts);
	live_nics_free(live->nics);
	live_qdiscs_free(live->qdiscs);
	live_queues_free(live->queues);
	live_fs_free(live->fs);
	live_thin_free(live->thin);
	live_load_done(&live->load);
	live_net_done(&live->net);
	live_ntp_done(&live->ntp);
	live_smart_free(live->smart);
	live_settings_done(&live->settings);
	free(live);
}

static int copy_options(struct live *live, const struct live_options *options)
{
	live->options = *options;
	live->options.settings = NULL;
	live->options.n_settings = 0;
	if (live->options.tick_ms == 0)
		live->options.tick_ms = 1000;
	return live_settings_init(&live->settings, options->settings, options->n_settings);
}

/* Sets the timer to a time of CLOCK_MONOTONIC; one long past goes off at once. */
static int set_timer(const struct live *live, __u64 at_ns)
{
	struct itimerspec spec = {.it_value = {(time_t)(at_ns / S_NS), (long)(at_ns % S_NS)}};

	return timerfd_settime(live->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0 ? -errno : 0;
}

static int watch(const struct live *live, int op, int fd, __u32 events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(live->epoll_fd, op, fd, &event) < 0 ? -errno : 0;
}

static int open_parts(struct live *live, const struct live_options *options, struct err *err)
{
	int code = copy_options(live, options);

	live_load_init(&live->load, "", is_off(live, "host.load"), is_off(live, "host.pressure"));
	live_net_init(&live->net, "", is_off(live, "host.stack"));
	live_ntp_init(&live->ntp, is_off(live, "host.clock"));
	live->disks = live_disks_new("");
	if (live->disks)
		live_disks_set_norms(live->disks, options->norms);
	live->chain = live_chain_new("");
	live->mounts = live_mounts_new("");
	live->nics = live_nics_new(is_off(live, "host.links"));
	live->qdiscs = live_qdiscs_new(is_off(live, "host.queues"));
	live->queues = live_queues_new("");
	live->fs = live_fs_new("");
	live->thin = live_thin_new();
	live->smart = live_smart_new(setting(live, "smartctl"), SMART_DEADLINE_MS);
	if (code < 0 || !live->disks || !live->chain || !live->mounts || !live->nics ||
	    !live->qdiscs || !live->queues || !live->fs || !live->thin || !live->smart)
		return err_set(err, -ENOMEM, "out of memory");
	live->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	live->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	code = live->timer_fd < 0 || live->epoll_fd < 0 ? -errno : set_timer(live, 1);
	if (code == 0)
		code = watch(live, EPOLL_CTL_ADD, live->timer_fd, EPOLLIN);
	if (code == 0)
		code = watch(live, EPOLL_CTL_ADD, live_smart_fd(live->smart), EPOLLIN);
	if (code < 0)
		return err_set(err, code, "cannot set up the timer: %s", strerror(-code));
	return 0;
}

static int open_probes(struct live *live, struct err *err)
{
	const char *disable = setting(live, "probes.disable");
	const char *arm = setting(live, "probes.arm");
	char off[320];
	struct probes_options options = {
		.disable = disable,
		.force_way = setting(live, "probes.force_way"),
		.slow_io_ns = SLOW_IO_NS,
		.own_pid = (unsigned int)getpid(),
		.rests = live->options.mode == RUN_DAEMON,
	};
	int fd, code;

	/* Where descriptors are opened, which are refused, and how TLS handshakes end, is found out of suspects only, for a
	 * while; who wants none of it says so. */
	if (arm && strcmp(arm, "all") != 0) {
		snprintf(off, sizeof(off), "%s%s%stls.handshake,tls.connect,tls.receive",
			 disable ? disable : "", disable ? "," : "",
			 strcmp(arm, "none") == 0
				 ? "leak.open,leak.close,files.refused,files.table_full,"
				 : "");
		options.disable = off;
	}
	code = probes_new(&options, &live->probes, err);
	if (code == 0)
		code = probes_attach(live->probes, err);
	fd = code == 0 ? probes_fd(live->probes) : -1;
	if (fd >= 0 && watch(live, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT) < 0)
		return err_set(err, -errno, "cannot watch the rings: %s", strerror(errno));
	fd = live_nics_fd(live->nics);
	if (code == 0 && fd >= 0)
		code = watch(live, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT);
	return code;
}

static const struct source_ops live_ops;

int live_new(const struct live_options *options, struct source **ret_source, struct err *err)
{
	struct live *live = calloc(1, sizeof(*live));
	int code;

	if (!live)
		return err_set(err, -ENOMEM, "out of memory");
	live->source.ops = &live_ops;
	live->timer_fd = -1;
	live->ntp.fd = live->net.diag_fd = -1;
	live->epoll_fd = -1;
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

/* ---- when ---- */

static int start(struct live *live, struct emit *emit)
{
	int code = live_introduce(live, emit);

	live->started = true;
	if (code == 0)
		code = live_snapshot(live, false, emit);
	live->tick_ns = live->start_ns + live->options.tick_ms * MS_NS;
	return code;
}

/* The rings have something, or an ask was taken: in 50 ms, if nothing is due before. */
static void look_soon(struct live *live)
{
	__u64 soon_ns = monotonic_ns() + DRAIN_NS;

	if (!live->drain_ns || live->drain_ns > soon_ns)
		live->drain_ns = soon_ns;
}

/* Reads the timer empty. A ring or netlink that says something says no more until it was drained. */
static int wake(struct live *live, struct emit *emit)
{
	struct epoll_event events[4];
	__u64 times;
	int n = epoll_wait(live->epoll_fd, events, 4, 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == live_smart_fd(live->smart))
			live_smart_poll(live->smart, emit);
		else if (events[i].data.fd != live->timer_fd)
			look_soon(live);
	}
	if (emit->failed)
		return emit->failed;
	/* Only to make it unreadable: the clock says what is due. */
	if (read(live->timer_fd, &times, sizeof(times)) < 0 && errno != EAGAIN)
		return -errno;
	return n < 0 && errno != EINTR ? -errno : 0;
}

/* After a look at the rings: listens to them again, or, where they cannot be listened to, looks again. */
static int rest(struct live *live)
{
	int fd = live_nics_fd(live->nics), code = 0;

	live->drain_ns = 0;
	if (fd >= 0)
		code = watch(live, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT);
	if (code < 0)
		return code;
	fd = probes_fd(live->probes);
	if (fd >= 0)
		return watch(live, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT);
	look_soon(live);
	return 0;
}

static int set_next(struct live *live)
{
	__u64 next_ns = live->tick_ns;

	if (live->drain_ns && live->drain_ns < next_ns)
		next_ns = live->drain_ns;
	if (live->options.duration_ns && live->start_ns + live->options.duration_ns < next_ns)
		next_ns = live->start_ns + live->options.duration_ns;
	return set_timer(live, live->stop ? 1 : next_ns);
}

/* A tick that is late moves no other; those that were missed meanwhile are left out. */
static int tick(struct live *live, __u64 now_ns, struct emit *emit)
{
	__u64 interval_ns = live->options.tick_ms * MS_NS;

	live->tick_ns += ((now_ns - live->tick_ns) / interval_ns + 1) * interval_ns;
	return live_snapshot(live, false, emit);
}

static int finish(struct live *live, enum end_reason reason, struct emit *emit)
{
	struct event_end event = {.reason = reason};
	int code = live_snapshot(live, true, emit);

	if (code == 0)
		code = live_asks_answer(&live->asks, live->probes, emit);
	if (code == 0)
		code = live_smart_end(live->smart, emit);
	if (code == 0)
		code = EMIT(emit, EVENT_END, &event);
	live->ended = true;
	return code;
}

/* Why the end is due; 0: it is not. */
static enum end_reason end_reason(const struct live *live, __u64 now_ns)
{
	if (live->stop)
		return live->stop;
	if (live->options.duration_ns && now_ns - live->start_ns >= live->options.duration_ns)
		return END_DURATION;
	return 0;
}

/* 1, 0 (ended), or negative errno. */
static int dispatch(struct live *live, struct emit *emit)
{
	bool first = !live->started;
	__u64 now_ns;
	int code;

	if (live->ended)
		return 0;
	code = wake(live, emit);
	if (code == 0 && first)
		code = start(live, emit);
	else if (code == 0)
		code = live_settings_tell_changes(&live->settings, emit);
	now_ns = monotonic_ns();
	if (code == 0 && end_reason(live, now_ns))
		return finish(live, end_reason(live, now_ns), emit);
	if (code == 0 && now_ns >= live->tick_ns)
		code = tick(live, now_ns, emit);
	else if (code == 0 && live->drain_ns && now_ns >= live->drain_ns)
		code = live_drain(live, emit);
	else if (!first)
		return code < 0 ? code : set_next(live) < 0 ? -errno : 1;
	if (code == 0)
		code = rest(live);
	if (code == 0)
		code = live_asks_answer(&live->asks, live->probes, emit);
	if (code == 0)
		code = live_smart_poll(live->smart, emit);
	if (code == 0)
		code = set_next(live);
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
	set_timer(live, 1); /* a time long past; should it fail, the next tick sees the stop */
}

static int live_configure(struct source *source, const struct setting *settings, unsigned int n)
{
	struct live *live = (struct live *)source;
	int code = live_settings_replace(&live->settings, settings, n);

	if (code == 0)
		set_timer(live, 1); /* now; should it fail, with the next tick */
	return code;
}

static void live_ask(struct source *source, const struct ask *ask)
{
	struct live *live = (struct live *)source;
	const struct event_disk *disk;

	if (ask->what != ASK_SMART) {
		live_asks_take(&live->asks, ask);
	} else {
		disk = live_disks_find(live->disks, ask->dev);
		if (!disk || !live_smart_ask(live->smart, disk))
			return;
	}
	look_soon(live);
}

static const struct source_ops live_ops = {
	.fd = live_fd,
	.dispatch = live_dispatch,
	.stop = live_stop,
	.configure = live_configure,
	.ask = live_ask,
	.free = live_free,
};
