/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fs.c - what write-back loses on a loop device over a file system that is full, and whom fsync tells, is
 * counted exactly, for each way that this kernel allows.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE "/tmp/culprit-fs.store"
#define MOUNT "/tmp/culprit-fs.mount"
#define EXT2  0xef53

static const char *const ways[] = {"tp_btf", "raw_tp"};

static __u32 mount_dev(void)
{
	struct stat st;

	assert_int_equal(stat(MOUNT, &st), 0);
	return (__u32)(st.st_dev >> 8 << 20 | (st.st_dev & 0xff));
}

/* An ext2 of 64 MB over a store that has 4 MB left. */
static bool full_up(void)
{
	return run("mkdir -p " STORE " " MOUNT " && mount -t tmpfs -o size=12M none " STORE
		   " && truncate -s 64M " STORE "/thin && mkfs.ext2 -q -F " STORE
		   "/thin && mount -o loop " STORE "/thin " MOUNT " && sync -f " MOUNT
		   " && fallocate -l $(( $(df --output=avail -k " STORE
		   " | tail -n 1) - 64 ))K " STORE "/ballast");
}

static void full_down(void)
{
	run("umount -l " MOUNT " 2>/dev/null; umount -l " STORE "; rmdir " MOUNT " " STORE);
}

static const struct event_fs_wb *wb_of(const struct bag *bag, __u32 dev, __u32 bdev)
{
	const struct event_fs_wb *last = NULL;
	const struct event *event = NULL;

	while ((event = bag_next(bag, event, EVENT_FS_WB))) {
		const struct event_fs_wb *wb = (const void *)event;

		if (wb->dev == dev && wb->bdev == bdev)
			last = wb;
	}
	return last;
}

/* Writes 2 MB to a file, and has it written back. What fsync says; 0: it was not called. */
static int write_file(const char *name, bool with_fsync)
{
	static const char data[65536] = {1};
	char path[64];
	int fd, ret = 0;

	snprintf(path, sizeof(path), MOUNT "/%s", name);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	assert_true(fd >= 0);
	for (int i = 0; i < 32; i++)
		assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	if (with_fsync)
		ret = fsync(fd) < 0 ? errno : 0;
	else
		/* Not waited for: who waits with it is told, as by fsync. */
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	close(fd);
	return ret;
}

static unsigned int told_events(const struct bag *bag, __u32 dev)
{
	const struct event *event = NULL;
	unsigned int n = 0;

	while ((event = bag_next(bag, event, EVENT_FS_WB_FILE))) {
		const struct event_fs_wb_file *file = (const void *)event;

		if (file->dev != dev || !file->told || file->bdev)
			continue;
		assert_int_equal(file->pid, getpid());
		assert_true(file->start_ns > 0);
		assert_true(file->err == EIO || file->err == ENOSPC);
		n++;
	}
	return n;
}

static void test_lost_and_told(void **state)
{
	const struct event_fs_wb *wb = NULL;
	unsigned int way;
	char force[96];
	struct bag *bag;
	__u32 dev;
	int err;

	(void)state;
	for (way = 0; way < 2; way++) {
		if (!full_up()) {
			full_down();
			skip();
		}
		dev = mount_dev();
		snprintf(force, sizeof(force), "fs.writeback=%s,fs.fsync=%s", ways[way], ways[way]);
		/* Ourselves are the fsync caller here: no pid is left out. */
		bag = bag_open(NULL, force);
		err = write_file("told", true);
		assert_true(err == EIO || err == ENOSPC);
		write_file("silent1", false);
		write_file("silent2", false);
		for (int i = 0; i < 50 && (!(wb = wb_of(bag, dev, 0)) || wb->files < 3); i++) {
			sleep_ms(100);
			bag_fill(bag);
		}
		wb = wb_of(bag, dev, 0);
		assert_non_null(wb);
		assert_int_equal(wb->files, 3);
		assert_int_equal(wb->heard, 1);
		assert_int_equal(wb->told, 1);
		assert_true(wb->ranges >= 3);
		assert_int_equal(wb->magic, EXT2);
		assert_true(wb->ino > 2);
		assert_int_equal(told_events(bag, dev), 1);
		bag_close(bag);
		full_down();
	}
}

/* Thousands of fsync calls without an error: neither hook runs for one. */
static void test_healthy(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	char path[] = "/tmp/culprit-fs-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(pwrite(fd, "x", 1, i), 1);
		assert_int_equal(fsync(fd), 0);
	}
	close(fd);
	unlink(path);
	bag_fill(bag);
	assert_int_equal(bag_count(bag, EVENT_FS_WB), 0);
	assert_int_equal(bag_count(bag, EVENT_FS_WB_FILE), 0);
	bag_close(bag);
}

static void test_ext4_error(void **state)
{
	const struct event_fs_error *error;
	const struct event *event = NULL;
	unsigned int n = 0;
	struct bag *bag;
	struct stat st;
	__u32 dev;

	(void)state;
	if (!run("mkdir -p " STORE " " MOUNT " && mount -t tmpfs -o size=70M none " STORE
		 " && truncate -s 64M " STORE "/d && mkfs.ext4 -q -F " STORE
		 "/d && mount -o loop " STORE "/d " MOUNT " && touch " MOUNT
		 "/file && umount " MOUNT " && debugfs -w -R 'clri /file' " STORE
		 "/d 2>/dev/null && mount -o loop " STORE "/d " MOUNT)) {
		full_down();
		skip();
	}
	dev = mount_dev();
	bag = bag_open(NULL, NULL);
	assert_int_equal(stat(MOUNT "/file", &st), -1);
	bag_fill(bag);
	while ((event = bag_next(bag, event, EVENT_FS_ERROR))) {
		error = (const void *)event;
		if (error->dev != dev)
			continue;
		n++;
		assert_string_equal(error->fstype, "ext4");
		assert_true(error->where[0] != '\0' && error->line > 0);
		assert_int_equal(error->shutdown, 0);
	}
	assert_int_equal(n, 1);
	bag_close(bag);
	full_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_lost_and_told),
		cmocka_unit_test(test_ext4_error),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
