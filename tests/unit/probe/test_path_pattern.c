/* SPDX-License-Identifier: BSD-2-Clause */
/* test_path_pattern.c - what the paths of some files have in common. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/path_pattern.h"

static struct path_pattern found;

/* Of a list of paths that ends with NULL. */
static const char *pattern_of(const char *const list[])
{
	char paths[PATHS_MAX][PATH_ROOM];
	unsigned int n = 0;

	for (; list[n]; n++)
		snprintf(paths[n], sizeof(paths[n]), "%s", list[n]);
	path_pattern(paths, n, &found);
	assert_true(found.alike >= 1 && found.alike <= n && found.deleted <= found.alike);
	return found.text;
}

#define PATTERN(...) pattern_of((const char *const[]){__VA_ARGS__, NULL})

static void test_one_directory(void **state)
{
	(void)state;
	assert_string_equal(PATTERN("/var/spool/in/a.tmp", "/var/spool/in/bc.tmp"),
			    "/var/spool/in/*.tmp");
	assert_int_equal(found.alike, 2);
	assert_int_equal(found.deleted, 0);
	assert_string_equal(PATTERN("/d/req-17.json", "/d/req-18.json", "/d/req-x"), "/d/req-*");
	assert_string_equal(PATTERN("/d/ab", "/d/cd"), "/d/*");
	assert_string_equal(PATTERN("/log", "/lag"), "/l*g");
}

static void test_the_same_file_again(void **state)
{
	(void)state;
	assert_string_equal(PATTERN("/etc/passwd"), "/etc/passwd");
	assert_int_equal(found.alike, 1);
	assert_string_equal(PATTERN("/etc/passwd", "/etc/passwd", "/etc/passwd"), "/etc/passwd");
	assert_int_equal(found.alike, 3);
	/* One begins and ends another. */
	assert_string_equal(PATTERN("/d/aa", "/d/a"), "/d/a*");
	assert_string_equal(PATTERN("/d/abab", "/d/ab"), "/d/ab*");
}

static void test_counters_are_no_pattern(void **state)
{
	(void)state;
	assert_string_equal(PATTERN("/d/00120.part", "/d/00121.part"), "/d/*.part");
	assert_string_equal(PATTERN("/d/a-1001", "/d/a-2001"), "/d/a-*");
	assert_string_equal(PATTERN("/d/a1x", "/d/a12x"), "/d/a*x");
}

static void test_most_of_one_directory(void **state)
{
	(void)state;
	assert_string_equal(PATTERN("/var/log/x", "/d/a.db", "/d/b.db", "/d/c.db"), "/d/*.db");
	assert_int_equal(found.alike, 3);
	/* Half is not most: what is above them, if anything is. */
	assert_string_equal(PATTERN("/srv/o/1/a", "/srv/o/1/b", "/srv/o/2/a", "/srv/o/3/a"),
			    "/srv/o/**");
	assert_int_equal(found.alike, 4);
	assert_string_equal(PATTERN("/srv/a/x", "/etc/y"), "/srv/a/x");
	assert_int_equal(found.alike, 1);
	assert_string_equal(PATTERN("/srv/ab/x", "/srv/ac/y"), "/srv/**");
}

static void test_deleted(void **state)
{
	(void)state;
	assert_string_equal(PATTERN("/tmp/x1 (deleted)", "/tmp/x2 (deleted)", "/tmp/x3"),
			    "/tmp/x*");
	assert_int_equal(found.alike, 3);
	assert_int_equal(found.deleted, 2);
	assert_string_equal(PATTERN("/tmp/a (deleted)"), "/tmp/a");
	assert_int_equal(found.deleted, 1);
	assert_string_equal(PATTERN("/srv/a/x", "/etc/y (deleted)"), "/srv/a/x");
	assert_int_equal(found.deleted, 0);
}

static void test_odd_ones(void **state)
{
	char longer[2][PATH_ROOM];

	(void)state;
	/* memfd_create() and the like: no directory of their own. */
	assert_string_equal(PATTERN("/memfd:a (deleted)", "/memfd:b (deleted)"), "/memfd:*");
	assert_string_equal(PATTERN("a", "b"), "*");
	assert_string_equal(PATTERN("/"), "/");
	assert_string_equal(PATTERN("/d/\xc3\xa4", "/d/\xc3\xb6"), "/d/*");
	assert_string_equal(PATTERN("/d/\xc3\xa4", "/d/\xc4\xa4"), "/d/*");
	/* The end tells more than the begin. */
	memset(longer, 'd', sizeof(longer));
	for (int i = 0; i < 2; i++)
		snprintf(longer[i] + 180, 20, "/in/%c.tmp", 'a' + i);
	longer[0][0] = longer[1][0] = '/';
	path_pattern(longer, 2, &found);
	assert_int_equal(strlen(found.text), PATTERN_BYTES - 1);
	assert_int_equal(strncmp(found.text, "...dd", 5), 0);
	assert_string_equal(found.text + PATTERN_BYTES - 1 - 9, "/in/*.tmp");
	for (int i = 0; i < 2; i++) {
		memset(longer[i], 'n', sizeof(longer[i]));
		snprintf(longer[i] + 240, 10, "%c", 'a' + i);
		longer[i][0] = '/';
	}
	path_pattern(longer, 2, &found);
	assert_int_equal(strlen(found.text), PATTERN_BYTES - 1);
	assert_string_equal(found.text + PATTERN_BYTES - 1 - 2, "n*");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_directory),
		cmocka_unit_test(test_the_same_file_again),
		cmocka_unit_test(test_counters_are_no_pattern),
		cmocka_unit_test(test_most_of_one_directory),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_odd_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
