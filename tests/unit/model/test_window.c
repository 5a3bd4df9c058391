/* SPDX-License-Identifier: BSD-2-Clause */
/* test_window.c - gains of cumulative counters over a window, and percentiles of the histogram. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/hist.h"
#include "model/window.h"

#define SEC    1000000000ULL
#define WINDOW (60 * SEC) /* slots of 5 s */

static __u64 gain(const struct window *w, const __u64 *now, __u64 ns)
{
	return window_gain(w, now, 0, 1, window_epoch(ns, WINDOW));
}

/* Adds n at a time. */
static void count(struct window *w, __u64 *now, __u64 ns, __u64 n)
{
	assert_int_equal(window_note(w, now, 1, window_epoch(ns, WINDOW)), 0);
	*now += n;
}

static void test_gain_is_exact_within_the_window(void **state)
{
	struct window w = {0};
	__u64 now = 1000;

	(void)state;
	assert_int_equal(gain(&w, &now, 0), 0);
	for (__u64 s = 1000; s < 1100; s++)
		count(&w, &now, s * SEC, 1);
	/* Judged in slot 1095..1099: from 1040 on. */
	assert_int_equal(gain(&w, &now, 1099 * SEC), 60);
	assert_int_equal(gain(&w, &now, 1100 * SEC), 55);
	assert_int_equal(gain(&w, &now, 1154 * SEC), 5);
	assert_int_equal(gain(&w, &now, 1155 * SEC), 0);
	window_done(&w);
}

static void test_a_young_counter_gains_from_its_base(void **state)
{
	struct window w = {0};
	__u64 now = 500;

	(void)state;
	count(&w, &now, 1001 * SEC, 7);
	assert_int_equal(gain(&w, &now, 1001 * SEC), 7);
	count(&w, &now, 1004 * SEC, 3);
	assert_int_equal(gain(&w, &now, 1004 * SEC), 10);
	assert_int_equal(gain(&w, &now, 1059 * SEC), 10);
	assert_int_equal(gain(&w, &now, 1060 * SEC), 0);
	window_done(&w);
}

static void test_long_silence_and_wrap(void **state)
{
	struct window w = {0};
	__u64 now = 0xfffffff0ULL; /* the kept 32 bits wrap */

	(void)state;
	count(&w, &now, 1000 * SEC, 5);
	count(&w, &now, 90000 * SEC, 0x20);
	assert_int_equal(gain(&w, &now, 90000 * SEC), 0x20);
	count(&w, &now, 90001 * SEC, 1);
	assert_int_equal(gain(&w, &now, 90059 * SEC), 0x21);
	assert_int_equal(gain(&w, &now, 90060 * SEC), 0);
	window_done(&w);
}

/* Slots of 20 s instead of 5: numbers that are smaller. */
static void test_a_length_that_grows_begins_anew(void **state)
{
	const __u64 longer = 4 * WINDOW;
	struct window w = {0};
	__u64 now = 0;

	(void)state;
	for (__u64 s = 1000; s < 1060; s++)
		count(&w, &now, s * SEC, 1);
	assert_int_equal(window_gain(&w, &now, 0, 1, window_epoch(1060 * SEC, longer)), 0);
	for (__u64 s = 1060; s < 1500; s++, now++)
		assert_int_equal(window_note(&w, &now, 1, window_epoch(s * SEC, longer)), 0);
	assert_int_equal(window_gain(&w, &now, 0, 1, window_epoch(1499 * SEC, longer)), 240);
	window_done(&w);
}

static void test_gain_since(void **state)
{
	struct window w = {0};
	__u64 now = 0;

	(void)state;
	for (__u64 s = 1000; s <= 1020; s++)
		count(&w, &now, s * SEC, 1);
	/* Whole slots only: since 1011 counts from 1015. */
	assert_int_equal(window_gain_since(&w, &now, 0, 1, 1020 * SEC, WINDOW, 1011 * SEC), 6);
	assert_int_equal(window_gain_since(&w, &now, 0, 1, 1020 * SEC, WINDOW, 1014 * SEC), 6);
	assert_int_equal(window_gain_since(&w, &now, 0, 1, 1020 * SEC, WINDOW, 1015 * SEC), 1);
	assert_int_equal(window_gain_since(&w, &now, 0, 1, 1020 * SEC, WINDOW, 1021 * SEC), 0);
	assert_int_equal(window_gain_since(&w, &now, 0, 1, 1020 * SEC, WINDOW, 0), 21);
	window_done(&w);
}

static void test_percentiles(void **state)
{
	__u64 hist[EVENT_HIST_SLOTS] = {0};
	double p;

	(void)state;
	assert_true(hist_percentile_ns(hist, 0.99) <= 0.0);
	hist[20] = 99; /* 1.024 ms to 1.448 ms */
	hist[40] = 1;  /* 1.05 s on */
	assert_int_equal(hist_total(hist), 100);
	p = hist_percentile_ns(hist, 0.99);
	assert_true(p > 1.44e6 && p < 1.45e6);
	p = hist_percentile_ns(hist, 0.5);
	assert_true(p > 1.02e6 && p < 1.3e6);
	p = hist_percentile_ns(hist, 0.995);
	assert_true(p > 1.04e9 && p < 1.49e9);
	assert_true(hist_lower_ns(20) > 1023999.0 && hist_lower_ns(20) < 1024001.0);
	assert_true(hist_lower_ns(0) <= 0.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gain_is_exact_within_the_window),
		cmocka_unit_test(test_a_young_counter_gains_from_its_base),
		cmocka_unit_test(test_long_silence_and_wrap),
		cmocka_unit_test(test_gain_since),
		cmocka_unit_test(test_a_length_that_grows_begins_anew),
		cmocka_unit_test(test_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
