/* SPDX-License-Identifier: BSD-2-Clause */
/* test_live.c - when the live source looks at what. */
#include "source/fake_kernel.h"

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
	/* what leaking processes open is looked at unless it is forbidden */
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
	assert_true(seen.ticks >= 2 && seen.ticks <= 7);
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
		.mode = RUN_TRACE, .duration_ns = 2000 * MS, .tick_ms = 60000};
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

static void assert_disabled(struct setting *settings, unsigned int n, const char *expected)
{
	struct live_options options = {.mode = RUN_TRACE, .settings = settings, .n_settings = n};
	struct source *source = open_live(&options);

	assert_string_equal(kernel.options.disable, expected);
	source->ops->free(source);
}

static void test_arming_is_forbidden(void **state)
{
	struct setting none[] = {{"probes.arm", "none"}, {"probes.disable", "a"}};
	struct setting all[] = {{"probes.arm", "all"}, {"probes.disable", "a"}};
	struct setting leaks[] = {{"probes.arm", "leaks"}, {"probes.disable", "a"}};

	(void)state;
	assert_disabled(
		none, 2,
		"a,leak.open,leak.close,files.refused,files.table_full,tls.handshake,tls.connect,tls.receive");
	assert_disabled(
		none, 1,
		"leak.open,leak.close,files.refused,files.table_full,tls.handshake,tls.connect,tls.receive");
	assert_disabled(leaks, 2, "a,tls.handshake,tls.connect,tls.receive");
	assert_disabled(all, 2, "a");
	assert_disabled(NULL, 0, "");
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
	assert_int_equal(kernel.snapshots, 3);
	source->ops->free(source);
	attach_code = -EPERM;
	assert_int_equal(live_new(&options, &source, &err), -EPERM);
	assert_string_equal(err.text, "no");
	attach_code = 0;
}

/* Counters are cumulative: a snapshot that fails is made up for by the next one, and is told of. */
static void test_a_snapshot_that_fails_is_left_out(void **state)
{
	struct live_options options = {.mode = RUN_TRACE, .duration_ns = 300 * MS, .tick_ms = 50};
	struct source *source = open_live(&options);
	struct seen seen = {0};
	struct err err;

	(void)state;
	kernel.snapshot_code = -EAGAIN;
	kernel.snapshot_fails = 2;
	assert_int_equal(run(source, &seen, &err), 0);
	assert_int_equal(seen.snapshots.dropped, 2);
	source->ops->free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_start_to_end),
		cmocka_unit_test(test_a_stop_before_the_start),
		cmocka_unit_test(test_a_stop_comes_at_once),
		cmocka_unit_test(test_urgent_events_make_a_pulse),
		cmocka_unit_test(test_pid_narrows_the_census),
		cmocka_unit_test(test_arming_is_forbidden),
		cmocka_unit_test(test_errors_are_passed_on),
		cmocka_unit_test(test_a_snapshot_that_fails_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
