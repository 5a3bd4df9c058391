/* SPDX-License-Identifier: BSD-2-Clause */
/* test_nic_queue.c - looks at a queue: what moved between them, and when it is another queue. */
#include "rules/world.h"

#include "model/nic_queue.h"

static struct event_nic_queue first(const struct world *w)
{
	struct event_nic_queue e = EVENT(w, event_nic_queue, EVENT_NIC_QUEUE);

	e.netns = NETNS;
	e.ifindex = 2;
	strcpy(e.kind, "fq_codel");
	e.packets = 1000;
	e.bytes = 1000000;
	e.drops = 10;
	return e;
}

static const struct nic_queue *find(const struct world *w)
{
	return nic_queues_find(model_nic_queues(w->model), NETNS, 2);
}

static void test_what_was_before_is_no_look(void **state)
{
	struct event_nic_queue e;
	struct world w;

	(void)state;
	world_init(&w);
	e = first(&w);
	put(&w, &e);
	assert_null(nic_queue_look(find(&w), 0));
	wait_s(&w, 2);
	e.h.ts_ns = w.now;
	e.packets += 50;
	e.bytes += 70000;
	e.drops += 3;
	e.backlog = 1400;
	e.queued = 1;
	put(&w, &e);
	assert_int_equal(nic_queue_look(find(&w), 0)->packets, 50);
	assert_int_equal(nic_queue_look(find(&w), 0)->bytes, 70000);
	assert_int_equal(nic_queue_look(find(&w), 0)->drops, 3);
	assert_int_equal(nic_queue_look(find(&w), 0)->backlog, 1400);
	assert_true(nic_queue_look(find(&w), 0)->span_ns == 2 * SEC);
	assert_null(nic_queue_look(find(&w), 1));
	world_done(&w);
}

static void test_another_queue_begins_anew(void **state)
{
	struct event_nic_queue e;
	struct world w;

	(void)state;
	world_init(&w);
	e = first(&w);
	put(&w, &e);
	e.packets += 50;
	put(&w, &e);
	assert_non_null(nic_queue_look(find(&w), 0));
	e.drops = 0; /* replaced by one of its kind */
	put(&w, &e);
	assert_null(nic_queue_look(find(&w), 0));
	e.packets += 50;
	put(&w, &e);
	assert_non_null(nic_queue_look(find(&w), 0));
	strcpy(e.kind, "tbf");
	e.packets += 50;
	put(&w, &e);
	assert_null(nic_queue_look(find(&w), 0));
	assert_string_equal(find(&w)->kind, "tbf");
	world_done(&w);
}

static void test_the_latest_looks_are_kept(void **state)
{
	struct event_nic_queue e;
	struct world w;

	(void)state;
	world_init(&w);
	e = first(&w);
	put(&w, &e);
	for (unsigned int i = 1; i <= 40; i++) {
		e.packets += i;
		put(&w, &e);
	}
	for (unsigned int i = 0; i < QUEUE_LOOKS_MAX; i++)
		assert_int_equal(nic_queue_look(find(&w), i)->packets, 40 - i);
	assert_null(nic_queue_look(find(&w), QUEUE_LOOKS_MAX));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_before_is_no_look),
		cmocka_unit_test(test_another_queue_begins_anew),
		cmocka_unit_test(test_the_latest_looks_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
