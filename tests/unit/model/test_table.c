/* SPDX-License-Identifier: BSD-2-Clause */
/* test_table.c - the bounded table: find, evict the least recently touched, iterate, release. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/table.h"

struct value {
	int n;
};

static int released;

static void on_release(void *ctx, void *value)
{
	(void)ctx;
	(void)value;
	released++;
}

static struct value *add(struct table *t, __u32 key)
{
	struct value *v = table_add(t, &key);

	assert_non_null(v);
	v->n = (int)key;
	return v;
}

static struct value *find(const struct table *t, __u32 key)
{
	return table_find(t, &key);
}

static void test_finds_what_was_added(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, sizeof(__u32), sizeof(struct value), 100000);
	assert_null(find(&t, 1));
	assert_null(table_oldest(&t));
	for (__u32 i = 0; i < 50000; i++)
		add(&t, i * 7919);
	for (__u32 i = 0; i < 50000; i++)
		assert_int_equal(find(&t, i * 7919)->n, i * 7919);
	assert_null(find(&t, 3));
	assert_int_equal(t.used, 50000);
	assert_int_equal(t.evicted, 0);
	table_done(&t);
}

static void test_evicts_least_recently_touched(void **state)
{
	struct table t;
	__u32 key = 2;

	(void)state;
	released = 0;
	table_init(&t, sizeof(__u32), sizeof(struct value), 3);
	t.release = on_release;
	add(&t, 1);
	add(&t, 2);
	add(&t, 3);
	table_touch(&t, find(&t, 1));
	add(&t, 4);
	assert_null(find(&t, 2));
	assert_non_null(find(&t, 1));
	assert_int_equal(t.evicted, 1);
	assert_int_equal(released, 1);
	table_remove(&t, &key);
	assert_int_equal(released, 1);
	key = 3;
	table_remove(&t, &key);
	assert_int_equal(released, 2);
	assert_int_equal(t.used, 2);
	table_done(&t);
	assert_int_equal(released, 4);
}

static void test_iterates_newest_first(void **state)
{
	struct value *v = NULL;
	struct table t;
	int want[] = {1, 3, 2};

	(void)state;
	table_init(&t, sizeof(__u32), sizeof(struct value), 10);
	add(&t, 1);
	add(&t, 2);
	add(&t, 3);
	table_touch(&t, find(&t, 1));
	for (int i = 0; i < 3; i++) {
		v = table_next(&t, v);
		assert_int_equal(v->n, want[i]);
	}
	assert_null(table_next(&t, v));
	assert_int_equal(((struct value *)table_oldest(&t))->n, 2);
	table_done(&t);
	assert_null(table_next(&t, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_what_was_added),
		cmocka_unit_test(test_evicts_least_recently_touched),
		cmocka_unit_test(test_iterates_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
