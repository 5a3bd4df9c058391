/* SPDX-License-Identifier: BSD-2-Clause */
/* test_asks.c - how asks are performed, and bounded. */
#include "source/fake_kernel.h"

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
	assert_string_equal(seen.proc.comm, "test_asks");
	assert_non_null(strstr(seen.proc.exe, "/test_asks"));
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

static void test_refusals_are_watched_for_a_time(void **state)
{
	struct ask ask[] = {
		{.what = ASK_FD_REFUSED, .pid = 7, .start_ns = 9},
		{.what = ASK_FD_REFUSED},	    /* the host */
		{.what = ASK_FD_REFUSED, .pid = 7}, /* nobody in particular */
		{.what = ASK_FD_REFUSED, .start_ns = 7},
	};
	static struct seen seen;

	(void)state;
	ask[0].until_ns = monotonic_ns() + 150 * MS;
	ask[1].until_ns = ~0ULL;
	run_with_asks(&seen, ask, 4, 500 * MS);
	assert_int_equal(kernel.watched, 2);
	assert_int_equal(kernel.unwatched, 1);
	assert_true(kernel.refusals > seen.ticks);
	assert_int_equal(seen.asks.dropped, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_a_process),
		cmocka_unit_test(test_breakdowns_each_tick_until),
		cmocka_unit_test(test_asks_are_bounded),
		cmocka_unit_test(test_the_issue_hook_is_armed_and_disarmed),
		cmocka_unit_test(test_refusals_are_watched_for_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
