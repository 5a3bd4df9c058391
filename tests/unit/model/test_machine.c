/* SPDX-License-Identifier: BSD-2-Clause */
/* test_machine.c - what the looks at the host as a whole say of a span of time. */
#include "rules/world.h"

#include "model/machine.h"

static void put_look(struct world *w, __u64 cpu_some_us, __u32 running)
{
	struct event_host_load e = EVENT(w, event_host_load, EVENT_HOST_LOAD);

	e.cpus = 2;
	e.running = running;
	e.cpu_some_us = cpu_some_us;
	e.flags = HOST_PRESSURE;
	put(w, &e);
}

static void of_ten(struct world *w, struct load_span *ret)
{
	machine_span(model_machine(w->model), 10 * SEC, ret);
}

static void test_a_look_a_second(void **state)
{
	struct load_span span;
	struct world w;

	(void)state;
	world_init(&w);
	of_ten(&w, &span);
	assert_true(span.seconds <= 0.0);
	for (unsigned int s = 0; s <= 30; s++) {
		put_look(&w, s * 500000, s);
		wait_s(&w, 1);
	}
	of_ten(&w, &span);
	assert_float_equal(span.seconds, 10.0, 1e-9);
	assert_float_equal(span.cpu_some, 0.5, 1e-9);
	assert_int_equal(span.least_running, 20);
	world_done(&w);
}

/* A virtual machine that was not run for six seconds: the counters went on, so the time is known all the same. */
static void test_a_host_that_stood_still(void **state)
{
	struct load_span span;
	struct world w;

	(void)state;
	world_init(&w);
	for (unsigned int s = 0; s <= 8; s++) {
		put_look(&w, 0, 1);
		wait_s(&w, 1);
	}
	wait_s(&w, 6);
	for (unsigned int s = 0; s <= 4; s++) {
		put_look(&w, 6000000, 1);
		wait_s(&w, 1);
	}
	of_ten(&w, &span);
	assert_float_equal(span.seconds, 11.0, 1e-9);
	assert_float_equal(span.cpu_some, 6.0 / 11.0, 1e-9);
	/* Hours ago: that says nothing of the last ten seconds. */
	wait_s(&w, 3600);
	put_look(&w, 6000000, 1);
	of_ten(&w, &span);
	assert_true(span.seconds <= 0.0);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_look_a_second),
		cmocka_unit_test(test_a_host_that_stood_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
