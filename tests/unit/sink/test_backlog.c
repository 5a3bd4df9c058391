/* SPDX-License-Identifier: BSD-2-Clause */
/* test_backlog.c - lines that wait: the oldest go, and their numbers are one range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sink/backlog.h"

static void next_is(struct backlog *b, __u64 seq)
{
	struct waiting *w = backlog_take(b);

	assert_non_null(w);
	assert_int_equal(w->seq, seq);
	free(w);
}

static void test_the_oldest_go(void **state)
{
	struct backlog b = {.room = 10};

	(void)state;
	assert_null(backlog_take(&b));
	assert_false(backlog_add(&b, 1, "12345", 5));
	assert_false(backlog_add(&b, 2, "12345", 5));
	assert_int_equal(b.bytes, 10);
	/* The first that makes one go is told, and no other. */
	assert_true(backlog_add(&b, 3, "1", 1));
	assert_false(backlog_add(&b, 4, "1234567", 7));
	assert_int_equal(b.lost, 2);
	assert_true(b.lost_from == 1 && b.lost_to == 2);
	next_is(&b, 3);
	next_is(&b, 4);
	assert_true(b.bytes == 0 && !b.first && !b.last);
	/* The gap was told: another one begins. */
	b.lost_from = 0;
	assert_false(backlog_add(&b, 5, "12345678", 8));
	assert_true(backlog_add(&b, 6, "123", 3));
	assert_true(b.lost_from == 5 && b.lost_to == 5 && b.lost == 3);
	backlog_done(&b);
	assert_int_equal(b.lost, 3);
}

static void test_what_cannot_be_kept_leaves_no_hole(void **state)
{
	struct backlog b = {.room = 10};

	(void)state;
	backlog_add(&b, 1, "12", 2);
	backlog_add(&b, 2, "12", 2);
	assert_true(backlog_add(&b, 3, NULL, 0));
	assert_true(b.lost_from == 1 && b.lost_to == 3 && b.lost == 3);
	assert_null(backlog_take(&b));
	backlog_add(&b, 4, "12", 2);
	backlog_lose_all(&b);
	assert_true(b.lost_from == 1 && b.lost_to == 4 && b.bytes == 0);
	/* One that is longer than the room takes all of it. */
	assert_false(backlog_add(&b, 5, "12345678901234", 14));
	next_is(&b, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_oldest_go),
		cmocka_unit_test(test_what_cannot_be_kept_leaves_no_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
