/* SPDX-License-Identifier: BSD-2-Clause */
/* test_model.c - the frame: time, settings, thresholds, names; and what is not an event of ours. */
#include "rules/world.h"

static void test_time(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_true(model_start(w.model) == 0);
	tick(&w);
	assert_true(model_start(w.model) == START_NS);
	wait_s(&w, 2.5);
	tick(&w);
	assert_true(model_now(w.model) == START_NS + 5 * SEC / 2);
	assert_int_equal(model_tick_count(w.model), 2);
	assert_true(model_wall_ns(w.model, START_NS + 7) == 1700000000 * SEC + 7);
	assert_true(model_wall_ns(w.model, START_NS - SEC) == 1699999999 * SEC);
	/* Booted, suspended for 5 s, then looked at. */
	struct event_clock clock = EVENT(&w, event_clock, EVENT_CLOCK);
	clock.boottime_ns = w.now + 5 * SEC;
	put(&w, &clock);
	assert_true(model_resumed_ns(w.model) == w.now);
	/* What was born before it is as old as it was, what was born after it is no older. */
	assert_true(model_mono_of_boot(w.model, w.now - SEC) == w.now - SEC);
	assert_true(model_mono_of_boot(w.model, w.now + 6 * SEC) == w.now + SEC);
	assert_true(model_mono_of_boot(w.model, w.now + 3 * SEC) == w.now);
	assert_true(model_settles(w.model));
	/* Five seconds of the wall's went by between. */
	clock.realtime_ns = 1700000100 * SEC;
	put(&w, &clock);
	assert_true(model_wall_ns(w.model, w.now) == 1700000100 * SEC);
	assert_true(model_wall_ns(w.model, w.now - SEC) == 1700000094 * SEC);
	wait_s(&w, 130);
	tick(&w);
	assert_false(model_settles(w.model));
	world_done(&w);
}

/* What is told first of all is no resume, however long the host slept before; nor is a step of the wall clock. */
static void test_suspends(void **state)
{
	struct event_clock clock;
	struct world w;
	__u64 first;

	(void)state;
	world_init(&w);
	model_free(w.model);
	w.model = model_new();
	assert_non_null(w.model);
	clock = (struct event_clock)EVENT(&w, event_clock, EVENT_CLOCK);
	clock.boottime_ns = w.now + 3600 * SEC;
	clock.realtime_ns = 1700000000 * SEC;
	put(&w, &clock);
	assert_true(model_resumed_ns(w.model) == 0);
	assert_false(model_settles(w.model));
	assert_true(model_mono_of_boot(w.model, 3605 * SEC) == 5 * SEC);
	assert_true(model_mono_of_boot(w.model, 3599 * SEC) == 0);
	clock.realtime_ns += 100 * SEC;
	clock.boottime_ns += SEC / 2;
	put(&w, &clock);
	assert_true(model_resumed_ns(w.model) == 0);
	/* More of them than are kept: the latest count, and what was before all of them. */
	first = w.now;
	for (int i = 1; i <= 40; i++) {
		wait_s(&w, 100);
		clock.h.ts_ns = w.now;
		clock.boottime_ns = w.now + 3600 * SEC + (__u64)i * 10 * SEC;
		put(&w, &clock);
		assert_true(model_resumed_ns(w.model) == w.now);
	}
	assert_true(model_mono_of_boot(w.model, w.now + 3600 * SEC + 401 * SEC) == w.now + SEC);
	assert_true(model_mono_of_boot(w.model, w.now - 50 * SEC + 3600 * SEC + 390 * SEC) ==
		    w.now - 50 * SEC);
	assert_true(model_mono_of_boot(w.model, first - SEC + 3600 * SEC) == first - SEC);
	world_done(&w);
}

static void test_late_and_unknown(void **state)
{
	struct world w;
	struct event odd = {.ts_ns = START_NS, .type = 999, .size = sizeof(odd)};
	struct event_tick shorter = {.h = {START_NS, EVENT_TICK, sizeof(struct event)}};

	(void)state;
	world_init(&w);
	tick(&w);
	put(&w, &odd);
	put(&w, &shorter);
	assert_int_equal(model_unknown(w.model), 2);
	assert_int_equal(model_tick_count(w.model), 1);
	wait_s(&w, 5);
	tick(&w);
	assert_int_equal(model_late(w.model), 0);
	w.now -= 2 * SEC;
	put_disk(&w, SDA, "sda", 0);
	assert_int_equal(model_late(w.model), 1);
	assert_true(model_now(w.model) == START_NS + 5 * SEC);
	world_done(&w);
}

static void test_settings_and_thresholds(void **state)
{
	static const struct threshold threshold = {"kind.limit", 7, "s", "a reason"};
	const char *key, *value;
	struct world w;

	(void)state;
	world_init(&w);
	assert_null(model_setting(w.model, "kind.limit"));
	assert_true(model_threshold(w.model, &threshold) == 7);
	put_setting(&w, "kind.limit", "2.5");
	assert_true(model_threshold(w.model, &threshold) == 2.5);
	put_setting(&w, "kind.limit", "many");
	assert_true(model_threshold(w.model, &threshold) == 7);
	put_setting(&w, "kind.limit", "inf");
	assert_true(model_threshold(w.model, &threshold) == 7);
	assert_true(model_setting_at(w.model, 0, &key, &value));
	assert_string_equal(key, "kind.limit");
	assert_string_equal(value, "inf");
	/* In the order in which they were last told; an empty value is the default again. */
	put_setting(&w, "label.a", "1");
	put_setting(&w, "label.b", "2");
	put_setting(&w, "kind.limit", "3");
	assert_true(model_setting_at(w.model, 0, &key, &value));
	assert_string_equal(key, "label.a");
	assert_true(model_setting_at(w.model, 2, &key, &value));
	assert_string_equal(value, "3");
	put_setting(&w, "label.a", "");
	put_setting(&w, "kind.limit", "");
	put_setting(&w, "never.there", "");
	assert_null(model_setting(w.model, "label.a"));
	assert_true(model_threshold(w.model, &threshold) == 7);
	assert_true(model_setting_at(w.model, 0, &key, &value));
	assert_string_equal(key, "label.b");
	assert_false(model_setting_at(w.model, 1, &key, &value));
	assert_false(model_setting_at(w.model, 1, &key, &value));
	assert_true(model_frame(w.model)->window_ns == 60 * SEC);
	put_setting(&w, "window_s", "24");
	assert_true(model_frame(w.model)->window_ns == 24 * SEC);
	put_setting(&w, "window_s", "0");
	assert_true(model_frame(w.model)->window_ns == 60 * SEC);
	world_done(&w);
}

static void test_settings_are_bounded(void **state)
{
	struct world w;
	char key[32];

	(void)state;
	world_init(&w);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key.%d", i);
		put_setting(&w, key, "1");
	}
	assert_int_equal(model_dropped(w.model), 1000 - 128);
	assert_non_null(model_setting(w.model, "key.127"));
	assert_null(model_setting(w.model, "key.128"));
	world_done(&w);
}

static void test_self_probes_rings_tables(void **state)
{
	struct world w;
	struct event_self self;
	struct event_ring ring;
	struct event_table table;

	(void)state;
	world_init(&w);
	assert_int_equal(model_self(w.model)->cpu_ns, 0);
	self = (struct event_self)EVENT(&w, event_self, EVENT_SELF);
	self.cpu_ns = 5;
	put(&w, &self);
	self.cpu_ns = 9;
	put(&w, &self);
	assert_int_equal(model_self_first(w.model)->cpu_ns, 5);
	assert_int_equal(model_self(w.model)->cpu_ns, 9);

	assert_int_equal(model_probe(w.model, "tcp.state")->state, PROBE_ACTIVE);
	put_probe(&w, "tcp.state", PROBE_UNAVAILABLE);
	assert_int_equal(model_probe(w.model, "tcp.state")->state, PROBE_UNAVAILABLE);
	assert_null(model_probe(w.model, "none.such"));
	assert_non_null(model_probe_at(w.model, 5));
	assert_null(model_probe_at(w.model, 6));

	ring = (struct event_ring)EVENT(&w, event_ring, EVENT_RING);
	memset(ring.name, 'r', sizeof(ring.name)); /* not terminated */
	ring.lost = 3;
	put(&w, &ring);
	assert_int_equal(strlen(model_ring_at(w.model, 0)->name), sizeof(ring.name) - 1);
	assert_null(model_ring_at(w.model, 1));

	table = (struct event_table)EVENT(&w, event_table, EVENT_TABLE);
	strcpy(table.name, "tcp.peers");
	table.dropped = 1;
	put(&w, &table);
	assert_int_equal(model_table(w.model, "tcp.peers")->dropped, 1);
	assert_int_equal(model_table_lost_ns(w.model, "tcp.peers"), table.h.ts_ns);
	tick(&w);
	put(&w,
	    &(struct event_table){
		    .h = {.ts_ns = table.h.ts_ns + 5, .type = EVENT_TABLE, .size = sizeof(table)},
		    .name = "tcp.peers",
		    .dropped = 1});
	assert_int_equal(model_table_lost_ns(w.model, "tcp.peers"), table.h.ts_ns);
	assert_int_equal(model_table_lost_ns(w.model, "model.peers"), 0);
	assert_int_equal(model_table_lost_ns(w.model, "none.such"), 0);
	put_disk(&w, SDA, "sda", 0);
	tick(&w);
	assert_int_equal(model_table(w.model, "model.disks")->used, 1);
	assert_int_equal(model_table(w.model, "model.disks")->limit, DISKS_MAX);

	/* Findings are told of once some found no room, and nothing else is told of less. */
	assert_string_equal(model_table_at(w.model, 3)->name, "tcp.peers");
	assert_null(model_table_at(w.model, 4));
	model_note_findings(w.model, 128, 128, 0);
	assert_null(model_table_at(w.model, 4));
	model_note_findings(w.model, 128, 128, 7);
	assert_string_equal(model_table_at(w.model, 3)->name, "findings");
	assert_int_equal(model_table_at(w.model, 3)->dropped, 7);
	assert_string_equal(model_table_at(w.model, 4)->name, "tcp.peers");
	assert_null(model_table_at(w.model, 5));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_suspends),
		cmocka_unit_test(test_late_and_unknown),
		cmocka_unit_test(test_settings_and_thresholds),
		cmocka_unit_test(test_settings_are_bounded),
		cmocka_unit_test(test_self_probes_rings_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
