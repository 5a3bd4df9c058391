/* SPDX-License-Identifier: BSD-2-Clause */
/* test_file_table.c - how full the kernel's table of files is: parsed, and told when it matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/live_file_table.h"

struct got {
	unsigned int n;
	struct event_file_table last;
};

static int keep(void *ctx, const struct event *event)
{
	struct got *got = ctx;

	got->n++;
	got->last = *(const struct event_file_table *)event;
	return 0;
}

static void write_file(const char *root, const char *text)
{
	static const char *const parts[] = {"/proc", "/proc/sys", "/proc/sys/fs"};
	char path[96];
	FILE *file;

	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", root, parts[i]);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof(path), "%s/proc/sys/fs/file-nr", root);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void clean_up(const char *root)
{
	static const char *const parts[] = {"/proc/sys/fs/file-nr", "/proc/sys/fs", "/proc/sys",
					    "/proc", ""};
	char path[96];

	for (unsigned int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "%s%s", root, parts[i]);
		assert_int_equal(remove(path), 0);
	}
}

static void test_told_when_it_moved(void **state)
{
	struct live_file_table table;
	struct got got = {0};
	struct emit emit = {.fn = keep, .ctx = &got, .now_ns = 5};
	char root[] = "/tmp/culprit-test-XXXXXX";

	(void)state;
	memset(&table, 0, sizeof(table));
	assert_non_null(mkdtemp(root));
	write_file(root, "1000\t0\t64000\n");
	assert_int_equal(live_file_table_poll(&table, root, &emit), 0);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.last.open, 1000);
	assert_int_equal(got.last.limit, 64000);
	write_file(root, "1999\t0\t64000\n");
	live_file_table_poll(&table, root, &emit);
	assert_int_equal(got.n, 1);
	write_file(root, "2000\t0\t64000\n");
	live_file_table_poll(&table, root, &emit);
	assert_int_equal(got.n, 2);
	write_file(root, "2000 what");
	live_file_table_poll(&table, root, &emit);
	assert_int_equal(got.n, 2);
	clean_up(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_told_when_it_moved)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
