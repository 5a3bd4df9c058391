/* SPDX-License-Identifier: BSD-2-Clause */
/* test_hook_cost.c - what programs cost, by their runs and what the kernel says of some of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/hook_cost.h"

/* The kernel's counts, which stand still while bpf_stats are off. */
static void add(struct hook_cost *cost, __u64 runs, __u32 stat_runs, __u64 stat_ns)
{
	struct bpf_prog_info info = {.run_cnt = stat_runs, .run_time_ns = stat_ns};

	hook_cost_add(cost, runs, &info);
}

static void test_not_measured(void **state)
{
	struct hook_cost cost = {0};

	(void)state;
	add(&cost, HOOK_COST_RUNS - 1, 0, 0);
	assert_false(hook_cost_wanted(&cost));
	/* Seldom, however long: the clock is not kept on for that. */
	for (__u64 runs = HOOK_COST_RUNS; runs < 100 * HOOK_COST_RUNS; runs += HOOK_COST_RUNS - 1) {
		add(&cost, runs, 0, 0);
		assert_false(hook_cost_wanted(&cost));
	}
	add(&cost, 200 * HOOK_COST_RUNS, 0, 0);
	assert_true(hook_cost_wanted(&cost));
	/* Too few were timed. */
	add(&cost, 300 * HOOK_COST_RUNS, HOOK_COST_RUNS - 1, 100000);
	assert_true(cost.total_ns == 0);
	assert_true(hook_cost_wanted(&cost));
}

static void test_measured(void **state)
{
	struct hook_cost cost = {0};

	(void)state;
	add(&cost, 1000, 0, 0);
	add(&cost, 2000, 1000, 200000);
	/* The runs before it was known are held too. */
	assert_true(cost.run_ns == 200 && cost.total_ns == 2000 * 200);
	assert_false(hook_cost_wanted(&cost));
	/* Off: counted on by what is known, twice the runs are twice the time. */
	add(&cost, 4000, 1000, 200000);
	assert_true(cost.total_ns == 4000 * 200);
	/* Slower now, which holds for what comes. */
	add(&cost, 5000, 2000, 200000 + 1000 * 400);
	assert_true(cost.run_ns == 300 && cost.total_ns == 4000 * 200 + 1000 * 300);
}

static void test_loaded_anew(void **state)
{
	struct hook_cost cost = {0};

	(void)state;
	add(&cost, 2000, 1000, 200000);
	add(&cost, 50, 40, 40 * 200);
	assert_true(cost.run_ns == 200 && cost.total_ns == 2050 * 200);
	/* Its own count began anew without the kernel's having been on. */
	add(&cost, 10, 0, 0);
	assert_true(cost.total_ns == 2060 * 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_measured),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_loaded_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
