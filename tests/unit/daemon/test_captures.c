/* SPDX-License-Identifier: BSD-2-Clause */
/* test_captures.c - the directory of captures: whose it may be, and which of them go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "captures.h"

#define SEC 1000000000ULL
/* 2026-11-28T10:00:00Z */
#define NOW (1795860000ULL * SEC)

static char folder[] = "/tmp/culprit-captures-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static char *name_of(const char *stamp, char *buf, size_t size)
{
	snprintf(buf, size, "%s/culprit-%s-asked.capture", folder, stamp);
	return buf;
}

static void leave(const char *stamp)
{
	char name[128];
	int fd = open(name_of(stamp, name, sizeof(name)), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "12345678", 8), 8);
	close(fd);
}

/* Is it there? It is not, afterwards. */
static bool take(const char *stamp)
{
	char name[128];

	return unlink(name_of(stamp, name, sizeof(name))) == 0;
}

static void test_the_oldest_go(void **state)
{
	(void)state;
	leave("20261127T100000Z");
	leave("20261128T095959Z");
	leave("20261128T100000Z");
	captures_prune(folder, NOW, 2, 1000);
	assert_false(take("20261127T100000Z"));
	captures_prune(folder, NOW, 2, 15);
	assert_false(take("20261128T095959Z"));
	captures_prune(folder, NOW, 2, 1);
	assert_true(take("20261128T100000Z"));
}

/* Captures of a time that is still to come keep no room from those of now. */
static void test_a_clock_that_went_back(void **state)
{
	(void)state;
	leave("20990101T000000Z");
	leave("20990102T000000Z");
	leave("20261128T095959Z");
	leave("20261128T100000Z");
	captures_prune(folder, NOW, 3, 1000);
	assert_false(take("20990101T000000Z"));
	captures_prune(folder, NOW, 1, 1000);
	assert_false(take("20990102T000000Z"));
	assert_false(take("20261128T095959Z"));
	assert_true(take("20261128T100000Z"));
}

static void test_no_link_is_followed(void **state)
{
	char link[128], other[128];
	struct err err = {0};

	(void)state;
	snprintf(link, sizeof(link), "%s/link", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(captures_check(other, &err), 0);
	assert_int_equal(symlink(other, link), 0);
	assert_int_equal(captures_check(link, &err), -ELOOP);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_true(captures_write(link, NOW, "asked", NULL, 0, &err) < 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(other), 0);
}

/* Two of one second: neither takes the other's place, nor its half-written file. */
static void test_in_one_second(void **state)
{
	struct flight_options options = {.keep_ns = SEC, .bytes = 65536};
	char half[128], name[128];
	struct err err = {0};
	int fd;

	(void)state;
	snprintf(half, sizeof(half), "%s/.culprit-20261128T100000Z-asked.capture", folder);
	fd = open(half, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	for (int i = 0; i < 2; i++) {
		struct flight *flight = flight_new(&options);

		assert_non_null(flight);
		assert_int_equal(captures_write(folder, NOW, "asked", flight, SEC, &err), 0);
		flight_free(flight);
	}
	assert_int_equal(unlink(half), 0);
	assert_false(take("20261128T100000Z"));
	for (int i = 2; i <= 3; i++) {
		snprintf(name, sizeof(name), "%s/culprit-20261128T100000Z-asked-%d.capture", folder,
			 i);
		assert_int_equal(unlink(name), 0);
	}
}

/* What is being written stays; what nobody writes any more goes, and needs no age for it. */
static void test_halves(void **state)
{
	char half[128];
	int fd;

	(void)state;
	snprintf(half, sizeof(half), "%s/.culprit-20261128T100000Z-asked.capture", folder);
	fd = open(half, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	captures_prune(folder, NOW, 2, 1000);
	assert_int_equal(access(half, F_OK), 0);
	close(fd);
	captures_prune(folder, NOW, 2, 1000);
	assert_int_equal(access(half, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_oldest_go),
		cmocka_unit_test(test_a_clock_that_went_back),
		cmocka_unit_test(test_no_link_is_followed),
		cmocka_unit_test(test_in_one_second),
		cmocka_unit_test(test_halves),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
