/* SPDX-License-Identifier: BSD-2-Clause */
/* test_mounts.c - what is mounted, changes and is unmounted, in a made-up mount table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/live_mounts.h"

#define ROOT_FS	 "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
#define DATA	 "2 1 8:17 / /data rw - xfs /dev/sdb1 rw\n"
#define DATA_RO	 "2 1 8:17 / /data ro - xfs /dev/disk/by-id/x rw\n"
#define DATA_OFF "2 1 8:17 / /data rw - xfs /dev/sdb1 ro,attr2\n"
#define COPY	 "3 1 8:17 / /srv/data rw - xfs /dev/sdb1 rw\n"
#define PROC	 "4 1 0:21 / /proc rw - proc proc rw\n"

static char root[64];
static struct live_mounts *mounts;
static struct event_mount told[8];
static unsigned int n_told;

static int take(void *ctx, const struct event *event)
{
	(void)ctx;
	if (event->type != EVENT_MOUNT)
		return 0;
	assert_true(n_told < 8);
	memcpy(&told[n_told++], event, sizeof(told[0]));
	return 0;
}

static void poll_table(const char *text)
{
	struct emit emit = {.fn = take, .now_ns = 1};
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", root);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	n_told = 0;
	assert_int_equal(live_mounts_poll(mounts, &emit), 0);
}

static int setup(void **state)
{
	char path[128];

	(void)state;
	snprintf(root, sizeof(root), "/tmp/culprit-mounts-XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/proc", root);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/proc/self", root);
	assert_int_equal(mkdir(path, 0700), 0);
	mounts = live_mounts_new(root);
	assert_non_null(mounts);
	return 0;
}

static int teardown(void **state)
{
	char line[128];

	(void)state;
	live_mounts_free(mounts);
	snprintf(line, sizeof(line), "rm -rf '%s'", root);
	assert_int_equal(system(line), 0);
	return 0;
}

static void test_new_and_gone(void **state)
{
	(void)state;
	poll_table(ROOT_FS PROC DATA);
	assert_int_equal(n_told, 2);
	assert_int_equal(told[1].dev, 8 << 20 | 17);
	assert_int_equal(told[1].flags, 0);
	poll_table(ROOT_FS PROC DATA);
	assert_int_equal(n_told, 0);
	poll_table(ROOT_FS PROC);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].flags, MOUNT_GONE);
	assert_int_equal(told[0].dev, 8 << 20 | 17);
	assert_string_equal(told[0].mount, "/data");
	poll_table(ROOT_FS PROC);
	assert_int_equal(n_told, 0);
	poll_table(ROOT_FS DATA);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].flags, 0);
}

static void test_one_of_two_mounts_goes(void **state)
{
	(void)state;
	poll_table(DATA COPY);
	assert_int_equal(n_told, 2);
	poll_table(COPY);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].flags, MOUNT_GONE);
	assert_string_equal(told[0].mount, "/data");
}

/* A changed mount is told anew, and did not go. */
static void test_change_is_no_unmount(void **state)
{
	(void)state;
	poll_table(DATA);
	poll_table(DATA_RO);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].flags, 0);
	assert_string_equal(told[0].source, "/dev/disk/by-id/x");
}

/* Read-only is what the file system is, not what a mount of it is. */
static void test_read_only(void **state)
{
	struct live_mount mount;

	(void)state;
	poll_table(DATA);
	poll_table(DATA_OFF);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].flags, MOUNT_READ_ONLY);
	assert_int_equal(told[0].fs_dev, 8 << 20 | 17);
	assert_true(live_mounts_at(mounts, 0, &mount));
	assert_int_equal(mount.id, 2);
	assert_string_equal(mount.fstype, "xfs");
	assert_false(live_mounts_at(mounts, 1, &mount));
	poll_table(DATA);
	assert_int_equal(told[0].flags, 0);
}

/* The mount table could not be read: nothing was unmounted for that. */
static void test_unreadable(void **state)
{
	struct emit emit = {.fn = take, .now_ns = 1};
	char path[128];

	(void)state;
	poll_table(DATA);
	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", root);
	assert_int_equal(unlink(path), 0);
	n_told = 0;
	assert_int_equal(live_mounts_poll(mounts, &emit), 0);
	assert_int_equal(n_told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_and_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_of_two_mounts_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_change_is_no_unmount, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
