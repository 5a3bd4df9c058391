/* SPDX-License-Identifier: BSD-2-Clause */
/* test_budget.c - when a daemon that costs too much leaves out what, and takes it up again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "source/live_asks.h"
#include "source/live_budget.h"

#define S  1000000000ULL
#define MB 1000000ULL

struct run {
	struct live_budget budget;
	struct budget_use use;
	unsigned int changes;
};

/* So many ticks of a second at this load. */
static void pass(struct run *r, unsigned int ticks, double percent, double budget, __u64 bytes)
{
	for (unsigned int i = 0; i < ticks; i++) {
		r->use.wall_ns += S;
		r->use.cpu_ns += (__u64)(percent / 100 * (double)S);
		r->changes += live_budget_judge(&r->budget, &r->use, budget, bytes);
	}
}

static void test_down_and_up(void **state)
{
	struct run r = {.use = {.bytes = 8 * MB}};

	(void)state;
	pass(&r, 1 + 11, 2, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_ALL);
	pass(&r, 1, 2, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_UNARMED);
	assert_string_equal(r.budget.reason, "2 % of a core, budget 1 %");
	pass(&r, 12, 2, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_QUIET);
	pass(&r, 12, 2, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_SELDOM);
	/* There is no fourth step. */
	pass(&r, 24, 2, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_SELDOM);
	assert_int_equal(r.changes, 3);
	/* Just below: it stays, and so it does when calm is interrupted. */
	pass(&r, 120, 0.9, 1, 32 * MB);
	pass(&r, 24, 0.1, 1, 32 * MB);
	pass(&r, 12, 0.8, 1, 32 * MB);
	pass(&r, 24, 0.1, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_SELDOM);
	pass(&r, 12, 0.1, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_QUIET);
	pass(&r, 36, 0.1, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_UNARMED);
	pass(&r, 36, 0.1, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_ALL);
	assert_string_equal(live_budget_left_out(&r.budget, BUDGET_UNARMED) ? "some" : "none",
			    "none");
}

/* The number that a step was made for stays its reason while it lasts, also on the way back. */
static void test_reason_of_a_calm_daemon(void **state)
{
	struct run r = {.use = {.bytes = 8 * MB}};

	(void)state;
	pass(&r, 1 + 24, 2, 1, 32 * MB);
	pass(&r, 36, 0.1, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_UNARMED);
	assert_string_equal(r.budget.reason, "2 % of a core, budget 1 %");
}

/* Where nothing is set: many processors make large maps, and that is no reason to do less. */
static void test_large_host(void **state)
{
	struct live_budget small = {0}, large = {0};
	struct budget_use use = {.bytes = 15 * MB};

	(void)state;
	assert_int_equal(live_budget_bytes(&small, &use), 32 * MB);
	use.bytes = 30 * MB;
	assert_int_equal(live_budget_bytes(&small, &use), 32 * MB);
	use.bytes = 60 * MB;
	assert_int_equal(live_budget_bytes(&large, &use), 90 * MB);
	use.bytes = 100 * MB;
	assert_int_equal(live_budget_bytes(&large, &use), 90 * MB);
}

static void test_memory(void **state)
{
	struct run r = {.use = {.bytes = 40 * MB}};

	(void)state;
	pass(&r, 13, 0, 1, 32 * MB);
	assert_int_equal(r.budget.step, BUDGET_UNARMED);
	assert_string_equal(r.budget.reason, "40 MB, budget 32 MB");
	/* A burst that is over before it is judged does not count. */
	assert_string_equal(live_budget_left_out(&r.budget, BUDGET_UNARMED), "not armed");
	assert_null(live_budget_left_out(&r.budget, BUDGET_QUIET));
	assert_null(live_budget_left_out(&r.budget, BUDGET_SELDOM));
	pass(&r, 1, 0, 0, 0);
	assert_int_equal(r.budget.step, BUDGET_ALL);
	assert_string_equal(r.budget.reason, "");
}

static void test_no_budget(void **state)
{
	struct run r = {.use = {.bytes = 4000 * MB}};

	(void)state;
	pass(&r, 100, 90, 0, 0);
	assert_int_equal(r.changes, 0);
	pass(&r, 13, 90, 0, 8000 * MB);
	assert_int_equal(r.changes, 0);
}

/* What is armed ends with the next tick, and nothing new is taken but who a process is. */
static void test_asks_are_refused(void **state)
{
	static struct live_asks asks;
	struct ask fds = {.what = ASK_FDS, .pid = 7, .start_ns = 9, .until_ns = 100 * S};
	struct ask issue = {.what = ASK_BLOCK_ISSUE, .dev = 8, .until_ns = 100 * S};
	struct ask who = {.what = ASK_PROC, .pid = 7, .start_ns = 9};

	(void)state;
	live_asks_take(&asks, &fds);
	live_asks_take(&asks, &issue);
	assert_int_equal(asks.n_fds + asks.n_issue, 2);
	live_asks_limit(&asks, true);
	assert_true(asks.fds[0].ask.until_ns == 0 && asks.issue[0].ask.until_ns == 0);
	fds.pid = 8;
	live_asks_take(&asks, &fds);
	live_asks_take(&asks, &issue);
	assert_int_equal(asks.n_fds + asks.n_issue, 2);
	assert_true(asks.issue[0].ask.until_ns == 0);
	assert_int_equal(asks.dropped, 2);
	live_asks_take(&asks, &who);
	assert_int_equal(asks.n_proc, 1);
	live_asks_limit(&asks, false);
	live_asks_take(&asks, &fds);
	assert_int_equal(asks.n_fds, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_down_and_up), cmocka_unit_test(test_reason_of_a_calm_daemon),
		cmocka_unit_test(test_large_host),  cmocka_unit_test(test_memory),
		cmocka_unit_test(test_no_budget),   cmocka_unit_test(test_asks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
