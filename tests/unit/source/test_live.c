/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_live.c - when the live source looks at what, and how it performs asks.
 *
 * The kernel side is played by the probes_*() functions below; /proc and /sys are this host's.
 */
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
#include "source/proc_text.h"
#include "source/small_file.h"
#include "source/source.h"

/* ---- the kernel side ---- */

struct probes {
	unsigned int drains, snapshots, baselines, scans, accounts;
	int urgent;	   /* what the next drain says */
	int snapshot_code; /* what the next snapshot says */
	int arm_code;
	unsigned int armed, disarmed;
	struct probes_options options;
};

static struct probes kernel;
static int attach_code;

int probes_new(const struct probes_options *options, struct probes **ret_probes, struct err *err)
{
	(void)err;
	memset(&kernel, 0, sizeof(kernel));
	kernel.options = *options;
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

unsigned long long probes_map_bytes(const struct probes *probes)
{
	(void)probes;
	return 4096;
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
	return code < 0 ? code : probes->snapshot_code;
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
	struct event_table asks;
	int fail_at; /* with this event; 0 = never */
	/* what is asked in the tick with number ask_at */
	struct source *source;
	const struct ask *ask;
	unsigned int n_ask;
	__u32 ask_at;
};

static void keep(struct seen *seen, const struct event *event)
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
		if (strcmp(((const struct event_table *)event)->name, "asks") == 0)
			seen->asks = *(const struct event_table *)event;
		break;
	case EVENT_END:
		seen->end = *(const struct event_end *)event;
		break;
	default:
		break;
	}
}

static int take(void *ctx, const struct event *event)
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

static unsigned int first(const struct seen *seen, __u32 type)
{
	unsigned int i = 0;

	while (i < seen->n && seen->type[i] != type)
		i++;
	return i;
}

static struct source *open_live(const struct live_options *options)
{
	struct source *source;
	struct err err = {0};

	assert_int_equal(live_new(options, &source, &err), 0);
	return source;
}

/* Runs to the end, as the loop would: only when the descriptor is readable. */
static int run(struct source *source, struct seen *seen, struct err *err)
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

/* ---- tests ---- */

static void test_from_start_to_end(void **state)
{
	static const __u32 order[] = {EVENT_CLOCK, EVENT_HOST, EVENT_CONFIG,
				      EVENT_PROBE, EVENT_NIC,  EVENT_PROC_FDS,
				      EVENT_RING,  EVENT_SELF, EVENT_TICK};
	struct setting settings[] = {{"label.site", "here"}, {"probes.disable", "a,b"}};
	struct live_options options = {
		.mode = RUN_DAEMON,
		.settings = settings,
		.n_settings = 2,
		.duration_ns = 500 * MS,
		.tick_ms = 100,
	};
	struct source *source = open_live(&options);
	static struct seen seen;
	__u64 began = monotonic_ns();
	struct err err;

	(void)state;
	assert_string_equal(kernel.options.disable, "a,b");
	assert_int_equal(kernel.options.own_pid, getpid());
	memset(settings, 0, sizeof(settings)); /* it has its own copy */
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(run(source, &seen, &err), 0);
	for (size_t i = 1; i < sizeof(order) / sizeof(order[0]); i++)
		assert_true(first(&seen, order[i - 1]) < first(&seen, order[i]));
	assert_int_equal(first(&seen, EVENT_CLOCK), 0);
	assert_true(first(&seen, EVENT_TICK) < seen.n);
	assert_int_equal(seen.type[seen.n - 1], EVENT_END);
	assert_int_equal(seen.type[seen.n - 2], EVENT_TICK);
	assert_int_equal(seen.end.reason, END_DURATION);
	assert_true(monotonic_ns() - began >= 500 * MS);
	assert_true(seen.ticks >= 3 && seen.ticks <= 6);
	assert_int_equal(kernel.baselines, 1);
	assert_int_equal(kernel.snapshots, seen.ticks);
	assert_int_equal(kernel.accounts, 2); /* the baseline and the end */
	assert_true(kernel.drains > seen.ticks);
	assert_int_equal(seen.host.mode, RUN_DAEMON);
	assert_true(seen.host.cpus > 0 && seen.host.netns > 0);
	assert_int_equal(strlen(seen.host.run), 36);
	assert_string_equal(seen.host.version, CULPRIT_VERSION);
	assert_string_equal(seen.config.key, "probes.disable");
	assert_true(seen.self.cpu_ns > 0 && seen.self.wall_ns > 0 && seen.self.rss_bytes > 0);
	assert_int_equal(seen.self.map_bytes, 4096);
	assert_int_equal(source->ops->dispatch(source, take, &seen, &err), 0); /* and no more */
	source->ops->free(source);
}

static void test_a_stop_before_the_start(void **state)
{
	struct live_options options = {.mode = RUN_TRACE};
	struct source *source = open_live(&options);
	struct seen seen = {0};
	struct err err;

	(void)state;
	source->ops->stop(source, END_INTERRUPTED);
	assert_int_equal(run(source, &seen, &err), 0);
	assert_int_equal(seen.ticks, 2);
	assert_int_equal(seen.end.reason, END_INTERRUPTED);
	source->ops->free(source);
}

static void test_a_stop_comes_at_once(void **state)
{
	struct live_options options = {.mode = RUN_DAEMON, .tick_ms = 60000};
	struct source *source = open_live(&options);
	struct seen seen = {0};
	__u64 began = monotonic_ns();
	struct err err = {0};

	(void)state;
	assert_int_equal(source->ops->dispatch(source, take, &seen, &err), 1);
	source->ops->stop(source, END_INTERRUPTED);
	assert_int_equal(run(source, &seen, &err), 0);
	assert_int_equal(seen.end.reason, END_INTERRUPTED);
	assert_true(monotonic_ns() - began < 5000 * MS);
	source->ops->free(source);
}

static void test_urgent_events_make_a_pulse(void **state)
{
	struct live_options options = {
		.mode = RUN_TRACE, .duration_ns = 300 * MS, .tick_ms = 60000};
	struct source *source = open_live(&options);
	struct seen seen = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(source->ops->dispatch(source, take, &seen, &err), 1);
	kernel.urgent = 3;
	assert_int_equal(run(source, &seen, &err), 0);
	assert_int_equal(seen.pulses, 1);
	assert_int_equal(seen.type[first(&seen, EVENT_PULSE) - 1], EVENT_BLOCK_IO);
	source->ops->free(source);
}

static void test_pid_narrows_the_census(void **state)
{
	struct live_options options = {.mode = RUN_TRACE, .duration_ns = 1, .pid = 1};
	struct source *source = open_live(&options);
	struct seen seen = {0};
	struct err err;

	(void)state;
	assert_int_equal(run(source, &seen, &err), 0);
	assert_int_equal(seen.pid, 1);
	source->ops->free(source);
}

static void test_errors_are_passed_on(void **state)
{
	struct live_options options = {.mode = RUN_TRACE, .tick_ms = 10};
	struct source *source = open_live(&options);
	struct seen seen = {.fail_at = EVENT_HOST};
	struct err err;

	(void)state;
	assert_int_equal(run(source, &seen, &err), -EPIPE); /* the callback's own: no message */
	assert_int_equal(err.code, 0);
	source->ops->free(source);
	source = open_live(&options);
	memset(&seen, 0, sizeof(seen));
	kernel.snapshot_code = -ENOMEM;
	assert_int_equal(run(source, &seen, &err), -ENOMEM);
	assert_non_null(strstr(err.text, "kernel"));
	source->ops->free(source);
	attach_code = -EPERM;
	assert_int_equal(live_new(&options, &source, &err), -EPERM);
	assert_string_equal(err.text, "no");
	attach_code = 0;
}

/* ---- asks ---- */

static __u64 own_start_ns(void)
{
	struct proc_stat stat;
	char text[1024];

	assert_true(small_file_read(-1, "/proc/self/stat", text, sizeof(text)) > 0);
	assert_true(proc_stat_parse(text, &stat));
	return stat.start_ticks * (1000000000ULL / (__u64)sysconf(_SC_CLK_TCK));
}

static void run_with_asks(struct seen *seen, const struct ask *ask, unsigned int n_ask,
			  __u64 duration_ns)
{
	struct live_options options = {
		.mode = RUN_TRACE,
		.duration_ns = duration_ns,
		.tick_ms = 50,
	};
	struct source *source = open_live(&options);
	struct err err;

	memset(seen, 0, sizeof(*seen));
	seen->source = source;
	seen->ask = ask;
	seen->n_ask = n_ask;
	assert_int_equal(run(source, seen, &err), 0);
	source->ops->free(source);
}

static void test_who_is_a_process(void **state)
{
	struct ask ask = {
		.what = ASK_PROC,
		.pid = (__u32)getpid(),
		.start_ns = own_start_ns() + 5 * MS,
	};
	struct ask both[] = {ask, ask};
	static struct seen seen;

	(void)state;
	run_with_asks(&seen, both, 2, 10 * MS); /* asked twice, answered once */
	assert_int_equal(seen.procs, 1);
	assert_int_equal(seen.proc.pid, getpid());
	assert_int_equal(seen.proc.ppid, getppid());
	assert_int_equal(seen.proc.uid, getuid());
	assert_true(seen.proc.start_ns == ask.start_ns);
	assert_string_equal(seen.proc.comm, "test_live");
	assert_non_null(strstr(seen.proc.exe, "/test_live"));
	assert_int_equal(seen.proc.netns, seen.host.netns);
	assert_int_equal(seen.asks.dropped, 0);
	ask.start_ns += 40 * MS; /* another one had this number */
	run_with_asks(&seen, &ask, 1, 10 * MS);
	assert_int_equal(seen.procs, 0);
	ask.start_ns = 0; /* unknown start: cannot be told apart */
	run_with_asks(&seen, &ask, 1, 10 * MS);
	assert_int_equal(seen.procs, 0);
	assert_int_equal(seen.asks.dropped, 1);
	ask.pid = 0x7fffffff;
	ask.start_ns = 1;
	run_with_asks(&seen, &ask, 1, 10 * MS);
	assert_int_equal(seen.procs, 0);
}

static void test_breakdowns_each_tick_until(void **state)
{
	struct ask ask = {.what = ASK_FDS, .pid = (__u32)getpid(), .start_ns = own_start_ns()};
	static struct seen seen;
	struct ask both[2];

	(void)state;
	ask.until_ns = ~0ULL;
	run_with_asks(&seen, &ask, 1, 400 * MS);
	assert_int_equal(seen.procs, 1);
	assert_int_equal(seen.scans, seen.ticks); /* each but the first, and at once */
	assert_int_equal(seen.asks.used, 1);
	ask.until_ns = 1; /* over when it is asked: once, for the asking */
	run_with_asks(&seen, &ask, 1, 400 * MS);
	assert_int_equal(seen.scans, 1);
	both[0] = both[1] = ask;
	both[1].until_ns = ~0ULL; /* extends */
	run_with_asks(&seen, both, 2, 400 * MS);
	assert_int_equal(seen.procs, 1);
	assert_int_equal(seen.scans, seen.ticks);
	ask.start_ns += 1000 * MS; /* not this one */
	ask.until_ns = ~0ULL;
	run_with_asks(&seen, &ask, 1, 200 * MS);
	assert_int_equal(seen.scans, 0);
	assert_int_equal(seen.asks.used, 0);
}

static void test_asks_are_bounded(void **state)
{
	struct ask asks[12];
	static struct seen seen;

	(void)state;
	for (unsigned int i = 0; i < 12; i++)
		asks[i] = (struct ask){
			.what = ASK_FDS, .pid = 1000000 + i, .start_ns = 1, .until_ns = ~0ULL};
	asks[11].what = 99;
	run_with_asks(&seen, asks, 12, 10 * MS);
	assert_int_equal(seen.asks.dropped, 4); /* eleven for eight places, one unheard of */
}

static void test_the_issue_hook_is_armed_and_disarmed(void **state)
{
	struct ask ask = {.what = ASK_BLOCK_ISSUE, .dev = 8 << 20};
	static struct seen seen;

	(void)state;
	ask.until_ns = monotonic_ns() + 150 * MS;
	run_with_asks(&seen, &ask, 1, 500 * MS);
	assert_int_equal(kernel.armed, 1);
	assert_int_equal(kernel.disarmed, 1);
	assert_int_equal(seen.asks.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_start_to_end),
		cmocka_unit_test(test_a_stop_before_the_start),
		cmocka_unit_test(test_a_stop_comes_at_once),
		cmocka_unit_test(test_urgent_events_make_a_pulse),
		cmocka_unit_test(test_pid_narrows_the_census),
		cmocka_unit_test(test_errors_are_passed_on),
		cmocka_unit_test(test_who_is_a_process),
		cmocka_unit_test(test_breakdowns_each_tick_until),
		cmocka_unit_test(test_asks_are_bounded),
		cmocka_unit_test(test_the_issue_hook_is_armed_and_disarmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
