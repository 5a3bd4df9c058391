/* SPDX-License-Identifier: BSD-2-Clause */
/* test_disks.c - disks that come, change and go, in a made-up /sys/block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_root.h"
#include "source/live_disks.h"

static struct live_disks *disks;

/* ---- the made-up host ---- */

#define PCI "pci0/ata1"

static void put_sda(void)
{
	put_disk(PCI, "sda", "8:0\n", "2000\n");
	put("sys/block/sda/queue/rotational", "1\n");
	put("sys/block/sda/device/vendor", "ATA     \n");
	put("sys/block/sda/device/model", "ST4000NM0035    \n");
	put("sys/block/sda/device/wwid", "naa.5000c500a1b2c3d4\n");
	put("sys/block/sda/device/serial", "ZC1A9XYZ\n");
	put("sys/block/sda/diskseq", "5\n");
	put("sys/block/sda/sda1/partition", "1\n");
	put("sys/block/sda/sda1/dev", "8:1\n");
	put("sys/block/sda/sda1/size", "1000\n");
}

static int setup(void **state)
{
	(void)state;
	root_make();
	put("sys/block/.keep", "");
	put("proc/partitions", "");
	disks = live_disks_new(root);
	assert_non_null(disks);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	live_disks_free(disks);
	remove_tree("");
	return 0;
}

/* ---- what was told ---- */

struct told {
	struct event_disk disk[8];
	unsigned int n;
	char order[256]; /* "+sda -8:0 ..." */
	struct event_table table;
};

static int take(void *ctx, const struct event *event)
{
	const struct event_disk *disk = (const struct event_disk *)event;
	struct told *told = ctx;
	size_t n = strlen(told->order);
	char *at = told->order + n;

	assert_int_equal(event->ts_ns, 77);
	if (event->type == EVENT_DISK) {
		if (told->n < 8)
			told->disk[told->n++] = *disk;
		snprintf(at, sizeof(told->order) - n, "+%s ", disk->name);
	} else if (event->type == EVENT_DISK_GONE) {
		snprintf(at, sizeof(told->order) - n, "-%u:%u ", disk->dev >> 20,
			 disk->dev & 0xfffff);
	} else {
		assert_int_equal(event->type, EVENT_TABLE);
		told->table = *(const struct event_table *)event;
	}
	return 0;
}

static const char *poll_disks(struct told *told)
{
	struct emit emit = {.fn = take, .ctx = told, .now_ns = 77};

	memset(told, 0, sizeof(*told));
	assert_int_equal(live_disks_poll(disks, &emit), 0);
	return told->order;
}

/* ---- tests ---- */

static void test_what_is_told_of_a_disk(void **state)
{
	struct told told;
	const struct event_disk *d = &told.disk[0];

	(void)state;
	put_sda();
	assert_string_equal(poll_disks(&told), "+sda +sda1 ");
	assert_int_equal(d->dev, 8 << 20);
	assert_int_equal(d->parent, 0);
	assert_int_equal(d->diskseq, 5);
	assert_int_equal(d->size_bytes, 2000 * 512);
	assert_int_equal(d->flags, DISK_ROTATIONAL);
	assert_string_equal(d->model, "ST4000NM0035");
	assert_string_equal(d->serial, "ZC1A9XYZ");
	assert_string_equal(d->wwn, "naa.5000c500a1b2c3d4");
	assert_string_equal(d->transport, "ata");
	d++;
	assert_int_equal(d->dev, 8 << 20 | 1);
	assert_int_equal(d->parent, 8 << 20);
	assert_int_equal(d->size_bytes, 1000 * 512);
	assert_int_equal(d->flags, DISK_ROTATIONAL | DISK_PARTITION);
	assert_string_equal(poll_disks(&told), "");
}

static const char *transport_told(const char *name)
{
	static struct told told;

	change();
	poll_disks(&told);
	for (unsigned int i = 0; i < sizeof(told.disk) / sizeof(told.disk[0]); i++)
		if (strcmp(told.disk[i].name, name) == 0)
			return told.disk[i].transport;
	return "?";
}

static void test_nvme_by_a_network(void **state)
{
	(void)state;
	put_disk("pci0/nvme/nvme0", "nvme0n1", "259:0\n", "8\n");
	assert_string_equal(transport_told("nvme0n1"), "nvme");
	put_disk("pci0/nvme/nvme1", "nvme1n1", "259:1\n", "8\n");
	put("sys/block/nvme1n1/device/transport", "pcie\n");
	assert_string_equal(transport_told("nvme1n1"), "nvme");
	put_disk("virtual/nvme-fabrics/ctl/nvme2", "nvme2n1", "259:2\n", "8\n");
	put("sys/block/nvme2n1/device/transport", "tcp\n");
	assert_string_equal(transport_told("nvme2n1"), "nvme-tcp");
	/* Shared by two controllers: the device is their subsystem. */
	put_disk("virtual/nvme-subsystem/nvme-subsys3", "nvme3n1", "259:3\n", "8\n");
	put("sys/block/nvme3n1/device/model", "Array\n");
	put("sys/block/nvme3n1/device/nvme4/transport", "rdma\n");
	put("sys/block/nvme3n1/device/nvme5/transport", "rdma\n");
	assert_string_equal(transport_told("nvme3n1"), "nvme-rdma");
	/* A target of this host itself. */
	put_disk("virtual/nvme-fabrics/ctl/nvme6", "nvme6n1", "259:4\n", "8\n");
	put("sys/block/nvme6n1/device/transport", "loop\n");
	assert_string_equal(transport_told("nvme6n1"), "nvme");
}

static void test_an_unused_loop_device_is_no_disk(void **state)
{
	struct told told;

	(void)state;
	put_disk("virtual", "loop0", "7:0\n", "0\n");
	assert_string_equal(poll_disks(&told), "");
	change();
	put("sys/block/loop0/size", "8\n");
	put("sys/block/loop0/diskseq", "9\n");
	put("sys/block/loop0/loop/backing_file", "/var/a b\n");
	assert_string_equal(poll_disks(&told), "+loop0 ");
	assert_int_equal(told.disk[0].flags, DISK_VIRTUAL);
	assert_string_equal(told.disk[0].backing, "/var/a b");
	assert_string_equal(told.disk[0].transport, "loop");
	/* Another file under it, of the same size. */
	put("sys/block/loop0/diskseq", "10\n");
	put("sys/block/loop0/loop/backing_file", "/var/b\n");
	assert_string_equal(poll_disks(&told), "+loop0 ");
	assert_string_equal(told.disk[0].backing, "/var/b");
	put("sys/block/loop0/size", "0\n");
	change();
	assert_string_equal(poll_disks(&told), "-7:0 ");
	assert_string_equal(poll_disks(&told), "");
}

/* A disk whose capacity cannot be read is one all the same. */
static void test_a_real_disk_without_size(void **state)
{
	struct told told;

	(void)state;
	put_sda();
	poll_disks(&told);
	put("sys/block/sda/size", "0\n");
	change();
	assert_string_equal(poll_disks(&told), ""); /* it may be going */
	assert_string_equal(poll_disks(&told), "+sda ");
	assert_int_equal(told.disk[0].size_bytes, 0);
	assert_string_equal(poll_disks(&told), "");
}

/* Read in the middle of its going, it is not told as another disk; and that it is gone is seen at the next poll,
 * though /proc/partitions, where it is no more, does not change again. */
static void test_a_disk_that_is_going(void **state)
{
	struct told told;

	(void)state;
	put_sda();
	poll_disks(&told);
	put("sys/block/sda/size", "0\n");
	change();
	assert_string_equal(poll_disks(&told), "");
	remove_tree("sys/block/sda");
	assert_string_equal(poll_disks(&told), "-8:0 -8:1 ");
	assert_string_equal(poll_disks(&told), "");
}

static void test_disks_go_with_their_partitions(void **state)
{
	struct told told;

	(void)state;
	put_sda();
	put_disk(PCI, "sdb", "8:16\n", "10\n");
	poll_disks(&told);
	remove_tree("sys/block/sda");
	change();
	assert_string_equal(poll_disks(&told), "-8:0 -8:1 ");
	assert_string_equal(poll_disks(&told), "");
}

static void test_partitions_come_and_go(void **state)
{
	struct told told;

	(void)state;
	put_sda();
	poll_disks(&told);
	put("sys/block/sda/sda2/partition", "2\n");
	put("sys/block/sda/sda2/dev", "8:2\n");
	put("sys/block/sda/sda2/size", "1000\n");
	change();
	assert_string_equal(poll_disks(&told), "+sda2 ");
	remove_tree("sys/block/sda/sda1");
	change();
	assert_string_equal(poll_disks(&told), "-8:1 ");
	put("sys/block/sda/sda2/size", "1001\n");
	change();
	assert_string_equal(poll_disks(&told), "+sda2 ");
	/* Same number, other name: gone before it comes. */
	remove_tree("sys/block/sda/sda2");
	put("sys/block/sda/sda3/partition", "3\n");
	put("sys/block/sda/sda3/dev", "8:2\n");
	put("sys/block/sda/sda3/size", "5\n");
	change();
	assert_string_equal(poll_disks(&told), "-8:2 +sda3 ");
}

static void test_a_number_that_gets_another_name(void **state)
{
	struct told told;

	(void)state;
	put_disk(PCI, "sda", "8:0\n", "10\n");
	poll_disks(&told);
	remove_tree("sys/block/sda");
	put_disk(PCI, "sdz", "8:0\n", "10\n");
	change();
	assert_string_equal(poll_disks(&told), "-8:0 +sdz ");
	/* The same name with another number, and another disk under both. */
	put("sys/block/sdz/dev", "8:64\n");
	change();
	assert_string_equal(poll_disks(&told), "-8:0 +sdz ");
	put("sys/block/sdz/diskseq", "11\n");
	change();
	assert_string_equal(poll_disks(&told), "+sdz ");
	assert_int_equal(told.disk[0].diskseq, 11);
}

static void test_disks_that_vanish_while_looked_at(void **state)
{
	struct told told;

	(void)state;
	put_sda();
	poll_disks(&told);
	remove_tree("sys/block/sda/dev"); /* half gone */
	change();
	assert_string_equal(poll_disks(&told), "-8:0 -8:1 ");
	remove_tree("sys");
	assert_string_equal(poll_disks(&told), "");
}

/* What no text shows is seen within 60 polls. */
static void test_a_change_that_is_not_told(void **state)
{
	struct told told;
	unsigned int polls = 0;

	(void)state;
	put_sda();
	poll_disks(&told);
	put("sys/block/sda/device/serial", "NEW\n");
	while (!poll_disks(&told)[0])
		assert_true(++polls < 60);
	assert_string_equal(told.disk[0].serial, "NEW");
}

static void test_the_table_is_bounded(void **state)
{
	struct told told;
	struct emit emit = {.fn = take, .ctx = &told, .now_ns = 77};

	(void)state;
	for (unsigned int i = 0; i < LIVE_DISKS_MAX + 3; i++) {
		char name[32], dev[32];

		snprintf(name, sizeof(name), "sd%u", i);
		snprintf(dev, sizeof(dev), "8:%u\n", i);
		put_disk(PCI, name, dev, "10\n");
	}
	poll_disks(&told);
	assert_int_equal(live_disks_account(disks, &emit), 0);
	assert_string_equal(told.table.name, "source.disks");
	assert_int_equal(told.table.limit, LIVE_DISKS_MAX);
	assert_int_equal(told.table.used, LIVE_DISKS_MAX);
	assert_int_equal(told.table.dropped, 3);
}

static int refuse(void *ctx, const struct event *event)
{
	(void)ctx;
	(void)event;
	return -EPIPE;
}

static void test_what_the_callback_says_is_passed_on(void **state)
{
	struct emit emit = {.fn = refuse};

	(void)state;
	put_sda();
	assert_int_equal(live_disks_poll(disks, &emit), -EPIPE);
	assert_int_equal(emit.failed, -EPIPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_told_of_a_disk),
		TEST(test_nvme_by_a_network),
		TEST(test_an_unused_loop_device_is_no_disk),
		TEST(test_a_real_disk_without_size),
		TEST(test_a_disk_that_is_going),
		TEST(test_disks_go_with_their_partitions),
		TEST(test_partitions_come_and_go),
		TEST(test_a_number_that_gets_another_name),
		TEST(test_disks_that_vanish_while_looked_at),
		TEST(test_a_change_that_is_not_told),
		TEST(test_the_table_is_bounded),
		TEST(test_what_the_callback_says_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
