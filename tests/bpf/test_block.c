/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_block.c - requests, bytes, latencies and errors of a loop device are counted exactly, for each way
 * that this kernel allows.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <culprit/config.h>
#include <culprit/hist.h>

#define BLOCK	   4096
#define DISK_BYTES (4U << 20)

static const char *const ways[] = {"tp_btf", "raw_tp", "tp"};

static void *buffer(void)
{
	static void *data;

	if (!data && posix_memalign(&data, BLOCK, 16 * BLOCK))
		fail_msg("no memory");
	return data;
}

static void require(bool there)
{
	if (!there) {
		print_message("this kernel has no loop devices\n");
		skip();
	}
}

/* After the loop device: until it is ours, its number may be somebody else's. */
static struct bag *open_way(const char *way, struct loop *loop)
{
	const struct event_probe *probe;
	struct bag *bag;
	char force[64];

	snprintf(force, sizeof(force), "block.complete=%s", way);
	bag = bag_open(NULL, force);
	probe = bag_probe(bag, "block.complete");
	assert_non_null(probe);
	if (probe->state != PROBE_UNAVAILABLE)
		return bag;
	print_message("way %s is refused here: %s\n", way, probe->reason);
	assert_string_equal(way, "tp");
	bag_close(bag);
	loop_close(loop);
	return NULL;
}

static __u64 hist_sum(const struct event_block_stat *stat)
{
	__u64 sum = 0;
	unsigned int i;

	for (i = 0; i < EVENT_HIST_SLOTS; i++)
		sum += stat->hist[i];
	return sum;
}

static void test_reads_and_writes(void **state)
{
	const struct event_block_stat *reads, *writes;
	struct loop loop;
	unsigned int way, i;
	struct bag *bag;
	bool classic;

	(void)state;
	for (way = 0; way < 3; way++) {
		require(loop_open(&loop, DISK_BYTES));
		bag = open_way(ways[way], &loop);
		if (!bag)
			continue;
		classic = strcmp(ways[way], "tp") == 0;
		for (i = 0; i < 50; i++)
			assert_int_equal(pwrite(loop.fd, buffer(), 2 * BLOCK, i * 2 * BLOCK),
					 2 * BLOCK);
		for (i = 0; i < 70; i++)
			assert_int_equal(pread(loop.fd, buffer(), BLOCK, i * BLOCK), BLOCK);
		bag_fill(bag);
		writes = bag_stat(bag, loop.dev, BLOCK_WRITE);
		reads = bag_stat(bag, loop.dev, BLOCK_READ);
		assert_non_null(writes);
		assert_non_null(reads);
		assert_int_equal(writes->requests, 50);
		assert_int_equal(writes->bytes, 50 * 2 * BLOCK);
		assert_int_equal(reads->requests, 70);
		assert_int_equal(reads->bytes, 70 * BLOCK);
		assert_int_equal(reads->errors + writes->errors, 0);
		assert_int_equal(reads->unknown_start, classic ? 70 : 0);
		assert_int_equal(hist_sum(reads), classic ? 0 : 70);
		assert_int_equal(hist_sum(writes), classic ? 0 : 50);
		assert_int_equal(bag_probe(bag, "block.complete")->state,
				 classic ? PROBE_DEGRADED : PROBE_ACTIVE);
		bag_close(bag);
		loop_close(&loop);
	}
}

/* A flush of a device with a write cache: one flush, and no write without data. */
static void test_flush_and_discard(void **state)
{
	const struct event_block_stat *flushes, *writes, *discards;
	__u64 range[2] = {0, 16 * BLOCK};
	struct loop loop;
	struct bag *bag;
	int i;

	(void)state;
	require(loop_open(&loop, DISK_BYTES));
	bag = bag_open(NULL, NULL);
	for (i = 0; i < 5; i++) {
		assert_int_equal(pwrite(loop.fd, buffer(), BLOCK, i * BLOCK), BLOCK);
		assert_int_equal(fsync(loop.fd), 0);
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(ioctl(loop.fd, BLKDISCARD, range), 0);
	bag_fill(bag);
	flushes = bag_stat(bag, loop.dev, BLOCK_FLUSH);
	writes = bag_stat(bag, loop.dev, BLOCK_WRITE);
	discards = bag_stat(bag, loop.dev, BLOCK_DISCARD);
	assert_non_null(flushes);
	assert_non_null(writes);
	assert_non_null(discards);
	assert_int_equal(flushes->requests, 5);
	assert_int_equal(flushes->bytes, 0);
	assert_int_equal(writes->requests, 5);
	assert_int_equal(writes->bytes, 5 * BLOCK);
	assert_int_equal(discards->requests, 3);
	assert_int_equal(discards->bytes, 3 * 16 * BLOCK);
	bag_close(bag);
	loop_close(&loop);
}

static void expect_io_events(const struct bag *bag, const struct loop *loop,
			     enum block_io_reason reason, enum block_status status, unsigned int n)
{
	const struct event_block_io *io;
	const struct event *event = NULL;
	unsigned int seen = 0;

	while ((event = bag_next(bag, event, EVENT_BLOCK_IO))) {
		io = (const void *)event;
		if (io->dev != loop->dev)
			continue;
		assert_int_equal(io->reason, reason);
		assert_int_equal(io->status, status);
		assert_int_equal(io->op, BLOCK_READ);
		assert_int_equal(io->sector, (DISK_BYTES / 2 + seen * BLOCK) / 512);
		assert_int_equal(io->bytes, BLOCK);
		assert_int_equal(io->readahead + io->nowait, 0);
		seen++;
	}
	assert_int_equal(seen, n);
}

/* Before 5.17 or so a loop device reads zeroes where its file has ended. */
static bool reads_fail_past_the_end(void)
{
	struct loop loop;
	ssize_t got;

	require(loop_open(&loop, DISK_BYTES));
	assert_int_equal(truncate(loop.backing, 0), 0);
	got = pread(loop.fd, buffer(), BLOCK, 0);
	loop_close(&loop);
	return got < 0;
}

/* The backing file is cut under the device: real I/O errors. */
static void test_errors(void **state)
{
	const struct event_block_status *status;
	const struct event_block_stat *reads;
	struct loop loop;
	unsigned int way, i;
	struct bag *bag;

	(void)state;
	if (!reads_fail_past_the_end())
		skip();
	for (way = 0; way < 3; way++) {
		require(loop_open(&loop, DISK_BYTES));
		bag = open_way(ways[way], &loop);
		if (!bag)
			continue;
		assert_int_equal(truncate(loop.backing, DISK_BYTES / 2), 0);
		for (i = 0; i < 9; i++) {
			errno = 0;
			assert_int_equal(pread(loop.fd, buffer(), BLOCK,
					       (off_t)(DISK_BYTES / 2 + i * BLOCK)),
					 -1);
			assert_int_equal(errno, EIO);
		}
		assert_int_equal(pread(loop.fd, buffer(), BLOCK, 0), BLOCK);
		bag_fill(bag);
		reads = bag_stat(bag, loop.dev, BLOCK_READ);
		status = bag_status(bag, loop.dev, BLOCK_READ, BLOCK_IOERR);
		assert_non_null(reads);
		assert_non_null(status);
		assert_int_equal(reads->requests, 10);
		assert_int_equal(reads->errors, 9);
		assert_int_equal(status->count, 9);
		assert_int_equal(status->harmless, 0);
		expect_io_events(bag, &loop, BLOCK_IO_ERROR, BLOCK_IOERR, 9);
		bag_close(bag);
		loop_close(&loop);
	}
}

/* A full file system under the device: no space, told apart where the kernel does (5.10 says EIO). */
static void test_no_space(void **state)
{
	const struct event_block_status *status;
	unsigned int i, failed = 0;
	struct loop loop;
	struct bag *bag;
	int error = 0;

	(void)state;
	assert_true(run(
		"mkdir -p /tmp/culprit-full && mount -t tmpfs -o size=1m tmpfs /tmp/culprit-full"));
	require(loop_open_in(&loop, "/tmp/culprit-full", DISK_BYTES));
	bag = bag_open(NULL, NULL);
	for (i = 0; i < DISK_BYTES / BLOCK / 16; i++) {
		if (pwrite(loop.fd, buffer(), 16 * BLOCK, (off_t)i * 16 * BLOCK) == 16 * BLOCK)
			continue;
		error = errno;
		failed++;
	}
	assert_true(failed > 0);
	bag_fill(bag);
	status =
		bag_status(bag, loop.dev, BLOCK_WRITE, error == ENOSPC ? BLOCK_NOSPC : BLOCK_IOERR);
	assert_non_null(status);
	assert_int_equal(status->count, failed);
	assert_int_equal(bag_stat(bag, loop.dev, BLOCK_WRITE)->requests, DISK_BYTES / BLOCK / 16);
	bag_close(bag);
	loop_close(&loop);
	run("umount /tmp/culprit-full && rmdir /tmp/culprit-full");
}

/* With the limit in force: 64 errors in one interval, the rest is suppressed, all are counted. */
static void test_error_limit(void **state)
{
	struct probes_options options = {.event_interval_ns = 3600ULL * 1000000000ULL};
	const struct event_ring *ring;
	struct loop loop;
	struct bag *bag;
	unsigned int i;

	(void)state;
	if (!reads_fail_past_the_end())
		skip();
	require(loop_open(&loop, DISK_BYTES));
	bag = bag_open_with(&options);
	assert_int_equal(truncate(loop.backing, 0), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(pread(loop.fd, buffer(), BLOCK, (off_t)i * BLOCK), -1);
	bag_fill(bag);
	assert_int_equal(bag_status(bag, loop.dev, BLOCK_READ, BLOCK_IOERR)->count, 100);
	ring = bag_ring(bag, "block");
	/* Errors of disks that are not ours would add to these. */
	assert_true(ring->produced >= CONFIG_ERROR_BURST);
	assert_true(ring->suppressed >= 100 - CONFIG_ERROR_BURST);
	assert_int_equal(ring->produced, ring->delivered + ring->lost);
	bag_close(bag);
	loop_close(&loop);
}

/* Slower than 1 ns is everything; the issuer is known on an armed disk, and on no other. */
static void test_slow_and_issuer(void **state)
{
	struct probes_options options = {.event_interval_ns = 1, .slow_io_ns = 1};
	const struct event_block_io *io;
	const struct event *event = NULL;
	unsigned int i, seen = 0;
	struct loop loop;
	struct bag *bag;

	(void)state;
	require(loop_open(&loop, DISK_BYTES));
	bag = bag_open_with(&options);
	for (i = 0; i < 30; i++) {
		if (i == 10)
			assert_int_equal(probes_arm_issue(bag->probes, loop.dev), 0);
		if (i == 20)
			assert_int_equal(probes_disarm_issue(bag->probes, loop.dev), 0);
		assert_int_equal(pread(loop.fd, buffer(), BLOCK, (off_t)i * BLOCK), BLOCK);
	}
	bag_drain(bag);
	while ((event = bag_next(bag, event, EVENT_BLOCK_IO))) {
		io = (const void *)event;
		if (io->dev != loop.dev)
			continue;
		assert_int_equal(io->reason, BLOCK_IO_SLOW);
		assert_int_equal(io->sector, seen * BLOCK / 512);
		assert_true(io->lat_ns > 0 && io->lat_ns < 10ULL * 1000000000ULL);
		if (seen >= 10 && seen < 20) {
			assert_int_equal(io->pid, getpid());
			assert_true(io->start_ns > 0);
			assert_string_equal(io->comm, "test_block");
		} else {
			assert_int_equal(io->pid, 0);
		}
		seen++;
	}
	assert_int_equal(seen, 30);
	assert_int_equal(probes_disarm_issue(bag->probes, loop.dev), -ENOENT);
	bag_close(bag);
	loop_close(&loop);
}

static bool use_scheduler(const struct loop *loop, const char *name)
{
	char path[96];
	FILE *file;
	int ret;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/queue/scheduler", loop->dev >> 20,
		 loop->dev & 0xfffff);
	file = fopen(path, "we");
	if (!file)
		return false;
	ret = fprintf(file, "%s\n", name);
	return fclose(file) == 0 && ret > 0;
}

/* Reads its part of the disk, in a child. */
static pid_t read_part(const struct loop *loop, unsigned int part, unsigned int blocks)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (unsigned int i = 0; i < blocks; i++)
		if (pread(loop->fd, buffer(), BLOCK, (off_t)(part * blocks + i) * BLOCK) != BLOCK)
			_exit(1);
	_exit(0);
}

/* With a scheduler, one program's call issues what others have put in: each request still has its own's name. */
static void test_issuer_by_scheduler(void **state)
{
	enum { PARTS = 4, BLOCKS = 40 };
	struct probes_options options = {.event_interval_ns = 1, .slow_io_ns = 1};
	const struct event *event = NULL;
	unsigned int part, seen = 0;
	struct loop loop;
	struct bag *bag;
	pid_t pid[PARTS];
	int status;

	(void)state;
	require(loop_open(&loop, DISK_BYTES));
	if (!use_scheduler(&loop, "mq-deadline")) {
		loop_close(&loop);
		skip();
	}
	bag = bag_open_with(&options);
	assert_int_equal(probes_arm_issue(bag->probes, loop.dev), 0);
	for (part = 0; part < PARTS; part++)
		pid[part] = read_part(&loop, part, BLOCKS);
	for (part = 0; part < PARTS; part++) {
		assert_int_equal(waitpid(pid[part], &status, 0), pid[part]);
		assert_int_equal(status, 0);
	}
	bag_drain(bag);
	while ((event = bag_next(bag, event, EVENT_BLOCK_IO))) {
		const struct event_block_io *io = (const void *)event;

		if (io->dev != loop.dev)
			continue;
		part = (unsigned int)(io->sector / (BLOCK / 512) / BLOCKS);
		assert_in_range(part, 0, PARTS - 1);
		assert_int_equal(io->pid, pid[part]);
		seen++;
	}
	assert_int_equal(seen, PARTS * BLOCKS);
	assert_int_equal(probes_disarm_issue(bag->probes, loop.dev), 0);
	bag_close(bag);
	loop_close(&loop);
}

/* The first disk of scsi_debug; false when there is none. */
static bool scsi_debug_disk(char *ret_path, size_t size, __u32 *ret_dev)
{
	unsigned int major, minor;
	char name[64] = "";
	FILE *file;

	file = popen(
		"ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block 2>/dev/null",
		"r");
	if (!file)
		return false;
	if (fscanf(file, "%63s", name) != 1)
		name[0] = '\0';
	pclose(file);
	snprintf(ret_path, size, "/sys/block/%s/dev", name);
	file = name[0] ? fopen(ret_path, "re") : NULL;
	if (!file)
		return false;
	if (fscanf(file, "%u:%u", &major, &minor) != 2)
		major = 0;
	fclose(file);
	*ret_dev = major << 20 | minor;
	snprintf(ret_path, size, "/dev/%s", name);
	return major != 0;
}

/* A disk that says that a sector cannot be read: sense 3/11/00, so the status is MEDIUM. */
static void test_medium_error(void **state)
{
	enum { BAD_SECTOR = 0x1234 };
	off_t offset = (BAD_SECTOR * 512) / BLOCK * BLOCK;
	const struct event_block_status *status;
	const struct event_block_io *io;
	struct bag *bag;
	char path[96];
	__u32 dev;
	int fd, i;

	(void)state;
	if (!run("modprobe scsi_debug dev_size_mb=8 opts=2 delay=0 2>/dev/null")) {
		print_message("no scsi_debug here\n");
		skip();
	}
	for (i = 0; i < 100 && !scsi_debug_disk(path, sizeof(path), &dev); i++)
		sleep_ms(50);
	assert_true(i < 100);
	sleep_ms(500); /* what the disk's arrival starts */
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	assert_true(fd >= 0);
	bag = bag_open(NULL, NULL);
	for (i = 0; i < 4; i++)
		assert_int_equal(pread(fd, buffer(), BLOCK, offset), -1);
	assert_int_equal(pread(fd, buffer(), BLOCK, 0), BLOCK);
	bag_fill(bag);
	status = bag_status(bag, dev, BLOCK_READ, BLOCK_MEDIUM);
	assert_non_null(status);
	assert_int_equal(status->count, 4);
	assert_int_equal(bag_stat(bag, dev, BLOCK_READ)->requests, 5);
	assert_int_equal(bag_stat(bag, dev, BLOCK_READ)->errors, 4);
	io = (const void *)bag_next(bag, NULL, EVENT_BLOCK_IO);
	assert_non_null(io);
	assert_int_equal(io->dev, dev);
	assert_int_equal(io->status, BLOCK_MEDIUM);
	assert_in_range(io->sector, offset / 512, BAD_SECTOR);
	bag_close(bag);
	close(fd);
	run("modprobe -r scsi_debug");
}

static void test_hist_slot(void **state)
{
	double bound = 1000.0;
	unsigned int i;

	(void)state;
	assert_int_equal(hist_slot(0), 0);
	assert_int_equal(hist_slot(999), 0);
	for (i = 0; i < EVENT_HIST_SLOTS; i++, bound *= 1.4142135623730951) {
		/* An eighth of a microsecond is what the slots are exact to. */
		assert_int_equal(hist_slot((__u64)bound + 126), i);
		if (i)
			assert_int_equal(hist_slot((__u64)bound - 126), i - 1);
	}
	assert_int_equal(hist_slot(~0ULL), EVENT_HIST_SLOTS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hist_slot),
		cmocka_unit_test(test_reads_and_writes),
		cmocka_unit_test(test_flush_and_discard),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_error_limit),
		cmocka_unit_test(test_slow_and_issuer),
		cmocka_unit_test(test_issuer_by_scheduler),
		cmocka_unit_test(test_medium_error),
	};

	/* A medium error needs scsi_debug. Where the kernel has none it is no test of this kernel, rather
	 * than one that is passed over: the scenario disk-medium-error proves it on those that have. */
	size_t n = sizeof(tests) / sizeof(tests[0]);

	if (!run("modprobe -n -q scsi_debug 2>/dev/null")) {
		print_message("test_medium_error is not for this kernel: no scsi_debug\n");
		n--;
	}
	return _cmocka_run_group_tests("block", tests, n, world_setup, NULL);
}
