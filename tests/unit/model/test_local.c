/* SPDX-License-Identifier: BSD-2-Clause */
/* test_local.c - when counters of this host's own stack grew, and whether its clock is kept. */
#include "rules/world.h"

#include "model/local.h"

static void put_stack(struct world *w, __u64 overflows, __u64 accepted)
{
	struct event_net_stack e = EVENT(w, event_net_stack, EVENT_NET_STACK);

	e.netns = NETNS;
	e.listen_overflows = overflows;
	e.accepted = accepted;
	put(w, &e);
}

static void overflows(struct world *w, struct gained *ret)
{
	const struct net_stack *stack = local_stack(model_local(w->model), NETNS);

	assert_non_null(stack);
	gains_window(&stack->overflows, model_frame(w->model), ret);
}

static void test_what_was_before_is_no_gain(void **state)
{
	struct gained gained;
	struct world w;

	(void)state;
	world_init(&w);
	put_stack(&w, 5000, 7);
	tick(&w);
	overflows(&w, &gained);
	assert_int_equal(gained.looks + gained.sum + gained.first_ns + gained.last_ns, 0);
	wait_s(&w, 1);
	put_stack(&w, 5010, 8);
	overflows(&w, &gained);
	assert_int_equal(gained.looks, 1);
	assert_int_equal(gained.sum, 10);
	assert_int_equal(gained.first_ns, w.now);
	assert_int_equal(gained.last_ns, w.now);
	/* Another namespace under the same number: its counters are smaller. */
	wait_s(&w, 1);
	put_stack(&w, 3, 0);
	overflows(&w, &gained);
	assert_int_equal(gained.sum, 10);
	world_done(&w);
}

static void test_gains_over_the_window(void **state)
{
	struct gained gained;
	struct world w;
	__u64 total = 0;

	(void)state;
	world_init(&w);
	put_stack(&w, 0, 0);
	/* 10, 20 ... 100 in ten seconds: 400 of 550 in the later half (from the first to the last: 9 s). */
	for (unsigned int i = 1; i <= 10; i++) {
		wait_s(&w, 1);
		total += 10 * i;
		put_stack(&w, total, 0);
	}
	overflows(&w, &gained);
	assert_int_equal(gained.looks, 10);
	assert_int_equal(gained.sum, 550);
	assert_int_equal(gained.late, 400);
	assert_int_equal(gained.last_ns - gained.first_ns, 9 * SEC);
	/* The window is a minute: the first two are out of it at 62 s, all at 71 s. */
	wait_s(&w, 52);
	tick(&w);
	overflows(&w, &gained);
	assert_int_equal(gained.looks, 8);
	assert_int_equal(gained.sum, 520);
	wait_s(&w, 9);
	tick(&w);
	overflows(&w, &gained);
	assert_int_equal(gained.looks + gained.sum + gained.late, 0);
	world_done(&w);
}

static void test_the_latest_looks_are_kept(void **state)
{
	struct gained gained;
	struct world w;

	(void)state;
	world_init(&w);
	put_stack(&w, 0, 0);
	for (unsigned int i = 1; i <= 3 * GAINS_KEPT; i++) {
		wait_s(&w, 0.25);
		put_stack(&w, i, 0);
	}
	overflows(&w, &gained);
	assert_int_equal(gained.looks, GAINS_KEPT);
	assert_int_equal(gained.sum, GAINS_KEPT);
	assert_int_equal(gained.last_ns, w.now);
	world_done(&w);
}

static void test_clock_is_kept(void **state)
{
	struct event_clock_state c = {.status = 0, .max_error_us = 16000000};

	(void)state;
	assert_true(clock_is_kept(&c)); /* the kernel says so */
	c.status = 0x40;
	assert_false(clock_is_kept(&c));
	c.max_error_us = 3000; /* chrony without rtcsync */
	assert_true(clock_is_kept(&c));
}

static void test_steps_are_kept(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_null(local_step(model_local(w.model), 0));
	for (unsigned int i = 0; i < CLOCK_STEPS_KEPT + 3; i++) {
		struct event_clock_step e = EVENT(&w, event_clock_step, EVENT_CLOCK_STEP);

		e.realtime_ns = i;
		put(&w, &e);
	}
	assert_int_equal(local_step(model_local(w.model), 0)->realtime_ns, CLOCK_STEPS_KEPT + 2);
	assert_int_equal(local_step(model_local(w.model), CLOCK_STEPS_KEPT - 1)->realtime_ns, 3);
	assert_null(local_step(model_local(w.model), CLOCK_STEPS_KEPT));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_before_is_no_gain),
		cmocka_unit_test(test_gains_over_the_window),
		cmocka_unit_test(test_the_latest_looks_are_kept),
		cmocka_unit_test(test_clock_is_kept),
		cmocka_unit_test(test_steps_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
