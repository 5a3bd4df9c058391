/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake_kernel.h - the live source on a kernel side that is played, and all that it hands out.
 *
 * The probes_*() functions below stand in for user/probe; /proc and /sys are this host's.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/probes.h"
#include "source/event_fields.h"
#include "source/live_clock.h"
#include "proc_text.h"
#include "small_file.h"
#include "source/source.h"

/* ---- the kernel side ---- */

struct probes {
	unsigned int drains, snapshots, baselines, scans, accounts;
	int urgent;		     /* what the next drain says */
	int snapshot_code;	     /* what snapshots say */
	unsigned int snapshot_fails; /* how many of them; 0 = all */
	int arm_code;
	unsigned int armed, disarmed;
	int watch_code;
	unsigned int watched, unwatched, refusals;
	struct probes_options options;
	char disable[128]; /* the options' text does not outlive probes_new() */
};

static struct probes kernel;
static int attach_code;

int probes_new(const struct probes_options *options, struct probes **ret_probes, struct err *err)
{
	(void)err;
	memset(&kernel, 0, sizeof(kernel));
	kernel.options = *options;
	snprintf(kernel.disable, sizeof(kernel.disable), "%s",
		 options->disable ? options->disable : "");
	kernel.options.disable = kernel.disable;
	*ret_probes = &kernel;
	return 0;
}

int probes_attach(struct probes *probes, struct err *err)
{
	(void)probes;
	return attach_code ? err_set(err, attach_code, "no") : 0;
}

int probes_report(struct probes *probes, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct event_probe event = {.h = {now_ns, EVENT_PROBE, sizeof(event)}, .state = 1};

	(void)probes;
	return fn(ctx, &event.h);
}

int probes_account(struct probes *probes, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct event_ring event = {.h = {now_ns, EVENT_RING, sizeof(event)}};

	probes->accounts++;
	return fn(ctx, &event.h);
}

void probes_limit(struct probes *probes, const struct probes_limits *limits)
{
	(void)probes;
	(void)limits;
}

unsigned long long probes_hooks_ns(const struct probes *probes)
{
	(void)probes;
	return 77;
}

unsigned long long probes_map_bytes(struct probes *probes)
{
	(void)probes;
	return 4096;
}

bool probes_netns(const struct probes *probes, unsigned int i, unsigned int *ret_inum,
		  unsigned int *ret_pid)
{
	(void)probes;
	(void)i;
	(void)ret_inum;
	(void)ret_pid;
	return false;
}

int probes_netns_netlink(const struct probes *probes, unsigned int inum, int protocol)
{
	(void)probes;
	(void)inum;
	(void)protocol;
	return -ENOENT;
}

unsigned long long probes_oom_kills(const struct probes *probes)
{
	(void)probes;
	return 0;
}

int probes_waiting(struct probes *probes, waiting_fn fn, void *ctx)
{
	(void)probes;
	(void)fn;
	(void)ctx;
	return -ENOTSUP;
}

int probes_fd(const struct probes *probes)
{
	(void)probes;
	return -1;
}

int probes_drain(struct probes *probes, event_fn fn, void *ctx)
{
	struct event_block_io event = {.h = {monotonic_ns(), EVENT_BLOCK_IO, sizeof(event)}};
	int urgent = probes->urgent;

	probes->drains++;
	probes->urgent = 0;
	for (int i = 0; i < urgent; i++) {
		int code = fn(ctx, &event.h);

		if (code < 0)
			return code;
	}
	return urgent;
}

int probes_snapshot(struct probes *probes, unsigned long long now_ns, bool baseline, event_fn fn,
		    void *ctx)
{
	struct event_proc_fds event = {.h = {now_ns, EVENT_PROC_FDS, sizeof(event)}, .pid = 1};
	int code = fn(ctx, &event.h);

	probes->snapshots++;
	probes->baselines += baseline;
	event.pid = 2;
	if (code == 0)
		code = fn(ctx, &event.h);
	if (code == 0)
		code = probes->snapshot_code;
	if (code < 0 && probes->snapshot_fails && --probes->snapshot_fails == 0)
		probes->snapshot_code = 0;
	return code;
}

int probes_scan_fds(struct probes *probes, unsigned int pid, unsigned long long start_ns,
		    unsigned int scan, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct event_fd_scan event = {
		.h = {now_ns, EVENT_FD_SCAN, sizeof(event)},
		.pid = pid,
		.start_ns = start_ns,
		.scan = scan,
	};

	assert_int_equal(scan, ++probes->scans);
	return fn(ctx, &event.h);
}

/* Nothing is armed here: that is tests/bpf's. */
int probes_arm_fds(struct probes *probes, unsigned int pid, unsigned long long start_ns,
		   unsigned long long now_ns)
{
	(void)probes;
	(void)pid;
	(void)start_ns;
	(void)now_ns;
	return -ENOTSUP;
}

void probes_disarm_fds(struct probes *probes, unsigned int pid)
{
	(void)probes;
	(void)pid;
}

int probes_fd_sample(const struct probes *probes, unsigned int pid, unsigned int site,
		     unsigned long long now_ns, struct stack_sample *ret_sample)
{
	(void)probes;
	(void)pid;
	(void)site;
	(void)now_ns;
	(void)ret_sample;
	return -ENOENT;
}

int probes_watch_refused(struct probes *probes, unsigned int pid, unsigned long long start_ns,
			 unsigned long long now_ns)
{
	(void)pid;
	(void)start_ns;
	(void)now_ns;
	probes->watched += probes->watch_code == 0;
	return probes->watch_code;
}

void probes_unwatch_refused(struct probes *probes, unsigned int pid)
{
	(void)pid;
	probes->unwatched++;
}

int probes_report_refused(const struct probes *probes, unsigned long long now_ns, event_fn fn,
			  void *ctx)
{
	struct event_fd_refused event = {.h = {now_ns, EVENT_FD_REFUSED, sizeof(event)}};
	int ret = 0;

	for (unsigned int i = probes->unwatched; i < probes->watched && ret == 0; i++)
		ret = fn(ctx, &event.h);
	kernel.refusals += probes->watched - probes->unwatched;
	return ret;
}

int probes_arm_tls(struct probes *probes, const char comm[EVENT_COMM_LEN])
{
	(void)probes;
	(void)comm;
	return -ENOTSUP;
}

int probes_attach_tls(struct probes *probes, int fd)
{
	(void)probes;
	(void)fd;
	return -ENOTSUP;
}

void probes_disarm_tls(struct probes *probes, const char comm[EVENT_COMM_LEN])
{
	(void)probes;
	(void)comm;
}

int probes_arm_issue(struct probes *probes, unsigned int dev)
{
	(void)dev;
	probes->armed += probes->arm_code == 0;
	return probes->arm_code;
}

int probes_disarm_issue(struct probes *probes, unsigned int dev)
{
	(void)dev;
	probes->disarmed++;
	return 0;
}

int probes_look_queue(struct probes *probes, unsigned int dev, bool full,
		      struct queue_look *ret_look)
{
	(void)probes;
	(void)dev;
	(void)full;
	(void)ret_look;
	return -ENOENT;
}

void probes_free(struct probes *probes)
{
	(void)probes;
}

/* ---- what the source hands out ---- */

#define SEEN_MAX 4096

struct seen {
	__u32 type[SEEN_MAX];
	unsigned int n;
	unsigned int ticks, pulses, procs, scans;
	__u32 pid;     /* of the latest census */
	__u64 tick_ns; /* of the latest tick or pulse */
	struct event_proc proc;
	struct event_end end;
	struct event_host host;
	struct event_config config;
	struct event_self self;
	struct event_table asks, snapshots;
	int fail_at; /* with this event; 0 = never */
	/* what is asked in the tick with number ask_at */
	struct source *source;
	const struct ask *ask;
	unsigned int n_ask;
	__u32 ask_at;
};

static inline void keep(struct seen *seen, const struct event *event)
{
	switch (event->type) {
	case EVENT_PROC:
		seen->procs++;
		seen->proc = *(const struct event_proc *)event;
		break;
	case EVENT_PROC_FDS:
		seen->pid = ((const struct event_proc_fds *)event)->pid;
		break;
	case EVENT_FD_SCAN:
		seen->scans++;
		break;
	case EVENT_HOST:
		seen->host = *(const struct event_host *)event;
		break;
	case EVENT_CONFIG:
		seen->config = *(const struct event_config *)event;
		break;
	case EVENT_SELF:
		seen->self = *(const struct event_self *)event;
		break;
	case EVENT_TABLE:
		if (strcmp(((const struct event_table *)event)->name, "source.asks") == 0)
			seen->asks = *(const struct event_table *)event;
		if (strcmp(((const struct event_table *)event)->name, "source.snapshots") == 0)
			seen->snapshots = *(const struct event_table *)event;
		break;
	case EVENT_END:
		seen->end = *(const struct event_end *)event;
		break;
	default:
		break;
	}
}

static inline int take(void *ctx, const struct event *event)
{
	struct seen *seen = ctx;

	assert_null(event_fault(event));
	assert_true(event->ts_ns >= seen->tick_ns && event->ts_ns <= monotonic_ns());
	assert_true(seen->n < SEEN_MAX);
	seen->type[seen->n++] = event->type;
	keep(seen, event);
	if (event->type == EVENT_PULSE)
		seen->pulses++;
	if (event->type == EVENT_TICK || event->type == EVENT_PULSE)
		seen->tick_ns = event->ts_ns;
	if (event->type == EVENT_TICK) {
		const struct event_tick *tick = (const struct event_tick *)event;

		assert_int_equal(tick->seq, seen->ticks++);
		if (seen->ask && tick->seq == seen->ask_at)
			for (unsigned int i = 0; i < seen->n_ask; i++)
				seen->source->ops->ask(seen->source, &seen->ask[i]);
	}
	return seen->fail_at && event->type == (__u32)seen->fail_at ? -EPIPE : 0;
}

static inline unsigned int first(const struct seen *seen, __u32 type)
{
	unsigned int i = 0;

	while (i < seen->n && seen->type[i] != type)
		i++;
	return i;
}

static inline struct source *open_live(const struct live_options *options)
{
	struct source *source;
	struct err err = {0};

	assert_int_equal(live_new(options, &source, &err), 0);
	return source;
}

/* Runs to the end, as the loop would: only when the descriptor is readable. */
static inline int run(struct source *source, struct seen *seen, struct err *err)
{
	struct pollfd poll_fd = {.fd = source->ops->fd(source), .events = POLLIN};
	int code;

	memset(err, 0, sizeof(*err));
	do {
		assert_int_equal(poll(&poll_fd, 1, 10000), 1);
		code = source->ops->dispatch(source, take, seen, err);
	} while (code == 1);
	return code;
}

#define MS 1000000ULL

#endif
