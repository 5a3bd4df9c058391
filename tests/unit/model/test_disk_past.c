/* SPDX-License-Identifier: BSD-2-Clause */
/* test_disk_past.c - what a disk's past is learned from, and what not; queue and device apart */
#include "rules/world.h"

#include <math.h>

#define S_NS  1000000000ULL
#define MS_NS 1000000ULL

struct line {
	struct disk_past past;
	struct disk_split split;
	struct event_block_queue now;
};

/* So many reads of so many ms in `ns`; next: the look before was of the tick before. */
static void look_of(struct line *l, __u64 ns, bool next, unsigned int reads, double ms)
{
	const struct look_time time = {.interval_ns = S_NS, .next = next};
	struct event_block_queue before = l->now;

	l->now.h.ts_ns += ns;
	l->now.reads_done += reads;
	l->now.read_ms += (__u64)(__s64)(reads * ms);
	l->now.read_bytes += reads * 4096ULL;
	l->now.queue_ms += (__u64)(__s64)(reads * ms);
	/* As wide as the kernel's. */
	l->now.read_ms &= 0xffffffffULL;
	l->now.queue_ms &= 0xffffffffULL;
	disk_past_apply(&l->past, &time, &before, &l->now, &l->split);
}

/* A second of them. */
static void look(struct line *l, unsigned int reads, double ms)
{
	look_of(l, S_NS, true, reads, ms);
}

static double expected(const struct line *l)
{
	struct disk_expect expect = {0};

	assert_true(disk_past_expect(&l->past, PAST_READ, 1.0, 4.0, 0.0, 5, &expect));
	return expect.lat_ms;
}

static void test_a_fault_is_not_learned(void **state)
{
	struct line l = {.now.h.ts_ns = S_NS};
	double before;

	(void)state;
	for (int i = 0; i < 30; i++)
		look(&l, 100, 4);
	before = expected(&l);
	assert_true(fabs(before - 4.0) < 0.1);
	/* Slow, and on its way there and back: not far enough above to be refused by itself. */
	for (int i = 0; i < 200; i++)
		look(&l, 20, i % 4 == 3 ? 7 : 40);
	assert_true(fabs(expected(&l) - before) < 0.001);
	/* Well again for a while: learned again. */
	for (int i = 0; i < 200; i++)
		look(&l, 100, 5);
	assert_true(expected(&l) > before + 0.5);
}

static void test_an_old_past_fades(void **state)
{
	struct line l = {.now.h.ts_ns = S_NS};

	(void)state;
	for (int i = 0; i < 5000; i++)
		look(&l, 100, 4);
	assert_int_equal(l.past.norm[PAST_READ][0].looks, 3600);
	for (int i = 0; i < 10000; i++)
		look(&l, 100, 6);
	assert_true(fabs(expected(&l) - 6.0) < 0.3);
}

static void test_what_is_kept_comes_back(void **state)
{
	struct line l = {.now.h.ts_ns = S_NS};
	struct disk_past other = {0};
	struct event_disk_norm norm = {0};
	struct disk_expect expect;

	(void)state;
	for (int i = 0; i < 10; i++)
		look(&l, 100, 4);
	assert_false(disk_past_norm(&l.past, PAST_READ, 0, &norm)); /* too few to keep */
	for (int i = 0; i < 90; i++)
		look(&l, 100, i % 2 ? 3 : 5);
	assert_true(disk_past_norm(&l.past, PAST_READ, 0, &norm));
	assert_false(disk_past_norm(&l.past, PAST_WRITE, 0, &norm));
	disk_past_restore(&other, &norm);
	assert_true(other.stored);
	assert_true(disk_past_expect(&other, PAST_READ, 1.0, 4.0, 0.0, 5, &expect));
	assert_true(fabs(expect.lat_ms - expected(&l)) < 0.001);
	/* This run knows more: it stays. */
	norm.looks = 3;
	norm.lat_ns = 900 * MS_NS;
	disk_past_restore(&other, &norm);
	assert_true(disk_past_expect(&other, PAST_READ, 1.0, 4.0, 0.0, 5, &expect));
	assert_true(expect.lat_ms < 10.0);
}

static void test_queue_and_device_are_told_apart(void **state)
{
	struct line l = {.now.h.ts_ns = S_NS};
	struct event_block_split split = {
		.requests = 50, .queue_ns = 50 * 9 * MS_NS, .device_ns = 50 * MS_NS};
	const struct disk_look *seen;

	(void)state;
	disk_split_apply(&l.split, &split);
	look(&l, 100, 10);
	seen = disk_past_look(&l.past, 0);
	assert_int_equal(seen->split[PAST_READ], 50);
	assert_true(fabs(seen->queue_ms[PAST_READ] - 9.0) < 0.001);
	assert_true(fabs(seen->device_ms[PAST_READ] - 1.0) < 0.001);
	assert_true(fabs(seen->device_depth - 0.1) < 0.001);
	/* Disarmed, then armed again: a smaller count is a new beginning. */
	split = (struct event_block_split){.requests = 10, .device_ns = 10 * MS_NS};
	disk_split_apply(&l.split, &split);
	look(&l, 10, 1);
	seen = disk_past_look(&l.past, 0);
	assert_int_equal(seen->split[PAST_READ], 10);
	assert_true(seen->queue_ms[PAST_READ] < 0.001);
}

/* One that was late says what waited; how long is not learned, and is nothing to compare with. One that began in idle
 * time, or in which this host stood still, says neither. */
static void test_late_looks(void **state)
{
	struct line l = {.now.h.ts_ns = S_NS};

	(void)state;
	for (int i = 0; i < 10; i++)
		look(&l, 100, 5.0);
	look_of(&l, 2 * S_NS, true, 100, 400.0);
	assert_true(disk_past_any_look(&l.past, 0)->late);
	assert_int_equal(disk_past_any_look(&l.past, 0)->done[PAST_READ], 100);
	assert_true(disk_past_any_look(&l.past, 0)->depth > 19.9);
	assert_false(disk_past_look(&l.past, 0)->late);
	assert_ptr_equal(disk_past_look(&l.past, 0), disk_past_any_look(&l.past, 1));
	assert_null(disk_past_look(&l.past, 10));
	assert_true(expected(&l) > 4.9 && expected(&l) < 5.1);
	look_of(&l, 2 * S_NS, false, 100, 400.0);
	look_of(&l, 5 * S_NS, true, 100, 400.0);
	look_of(&l, S_NS / 4, true, 100, 400.0);
	assert_int_equal(l.past.n_looks, 11);
}

static void test_counters_start_over(void **state)
{
	struct line l = {.now = {.h.ts_ns = S_NS, .read_ms = 0xffffff00ULL}};

	(void)state;
	assert_int_equal(disk_ms_gain(7, 5), 2);
	assert_int_equal(disk_ms_gain(5, 0xfffffffbULL), 10);
	assert_int_equal(disk_ms_gain(5, 1ULL << 32), 0);
	l.now.queue_ms = l.now.read_ms;
	for (int i = 0; i < 8; i++)
		look(&l, 100, 4.0);
	assert_true(fabs(expected(&l) - 4.0) < 0.1);
	assert_int_equal(l.past.n_looks, 8);
	/* Set back, which is no start over: 49 days of waiting in a second. */
	look(&l, 100, -4.0);
	assert_int_equal(l.past.n_looks, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fault_is_not_learned),
		cmocka_unit_test(test_an_old_past_fades),
		cmocka_unit_test(test_what_is_kept_comes_back),
		cmocka_unit_test(test_queue_and_device_are_told_apart),
		cmocka_unit_test(test_late_looks),
		cmocka_unit_test(test_counters_start_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
