/* SPDX-License-Identifier: BSD-2-Clause */
/* test_chain.c - links, arrays and members out of a made-up /sys/block, and the texts they are made of. */
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
#include "source/disk_text.h"
#include "source/live_chain.h"
#include "source/raid_text.h"

static struct live_disks *disks;
static struct live_chain *chain;

/* ---- the made-up host ---- */

static void put_at(const char *disk, const char *what, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/block/%s/%s", disk, what);
	put(path, text);
}

static void put_slave(const char *upper, const char *lower, const char *dev)
{
	char what[64];

	snprintf(what, sizeof(what), "slaves/%s/dev", lower);
	put_at(upper, what, dev);
}

static void put_member(const char *name, const char *dev, const char *state, const char *slot)
{
	char what[64];

	snprintf(what, sizeof(what), "md/dev-%s/state", name);
	put_at("md0", what, state);
	snprintf(what, sizeof(what), "md/dev-%s/slot", name);
	put_at("md0", what, slot);
	snprintf(what, sizeof(what), "md/dev-%s/errors", name);
	put_at("md0", what, "0\n");
	snprintf(what, sizeof(what), "md/dev-%s/block/dev", name);
	put_at("md0", what, dev);
}

/* sda and sdb under md0 (RAID1) under dm-0 (LVM). */
static void put_stack(void)
{
	put_disk("pci0/ata1", "sda", "8:0\n", "2000\n");
	put_disk("pci0/ata2", "sdb", "8:16\n", "2000\n");
	put_disk("virtual", "md0", "9:0\n", "2000\n");
	put_disk("virtual", "dm-0", "254:0\n", "2000\n");
	put_at("dm-0", "dm/name", "vg-data\n");
	put_at("dm-0", "dm/uuid", "LVM-abcdef\n");
	put_slave("md0", "sda", "8:0\n");
	put_slave("md0", "sdb", "8:16\n");
	put_slave("dm-0", "md0", "9:0\n");
	put_at("md0", "md/level", "raid1\n");
	put_at("md0", "md/raid_disks", "2\n");
	put_at("md0", "md/degraded", "0\n");
	put_at("md0", "md/array_state", "clean\n");
	put_at("md0", "md/sync_action", "idle\n");
	put_at("md0", "md/sync_completed", "none\n");
	put_member("sda", "8:0\n", "in_sync\n", "0\n");
	put_member("sdb", "8:16\n", "in_sync\n", "1\n");
}

static int setup(void **state)
{
	(void)state;
	root_make();
	put("sys/block/.keep", "");
	put("proc/partitions", "");
	put("proc/self/mountinfo", "");
	disks = live_disks_new(root);
	chain = live_chain_new(root);
	assert_non_null(disks);
	assert_non_null(chain);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	live_disks_free(disks);
	live_chain_free(chain);
	remove_tree("");
	return 0;
}

/* ---- what was told ---- */

struct told {
	char order[512]; /* "9:0>8:0 -9:0>8:16 raid ..." */
	struct event_raid raid;
	struct event_table table[2];
	unsigned int n_tables;
	unsigned int links;
};

static int take(void *ctx, const struct event *event)
{
	struct told *told = ctx;
	size_t n = strlen(told->order), room = sizeof(told->order) - n;
	const struct event_disk_link *l = (const struct event_disk_link *)event;
	const struct event_raid_member *m = (const struct event_raid_member *)event;

	switch (event->type) {
	case EVENT_DISK_LINK:
		told->links++;
		snprintf(told->order + n, room, "%s%u:%u>%u:%u%s ",
			 l->flags & DISK_LINK_GONE ? "-" : "", l->upper >> 20, l->upper & 0xfffff,
			 l->lower >> 20, l->lower & 0xfffff, l->flags & DISK_LINK_FILE ? "f" : "");
		break;
	case EVENT_RAID:
		told->raid = *(const struct event_raid *)event;
		snprintf(told->order + n, room, "raid ");
		break;
	case EVENT_RAID_MEMBER:
		snprintf(told->order + n, room, "%s=%u ", m->name, m->flags);
		break;
	case EVENT_TABLE:
		told->table[told->n_tables++ & 1] = *(const struct event_table *)event;
		break;
	default:
		break;
	}
	return 0;
}

static const char *poll_all(struct told *told)
{
	struct emit emit = {.fn = take, .ctx = told, .now_ns = 77};

	memset(told, 0, sizeof(*told));
	assert_int_equal(live_disks_poll(disks, &emit), 0);
	assert_int_equal(live_chain_poll(chain, disks, &emit), 0);
	return told->order;
}

/* ---- tests ---- */

static void test_a_stack_is_told_once(void **state)
{
	struct told told;
	const char *order;

	(void)state;
	put_stack();
	order = poll_all(&told);
	assert_non_null(strstr(order, "9:0>8:0 9:0>8:16 254:0>9:0 raid "));
	assert_non_null(strstr(order, "sda=2 "));
	assert_non_null(strstr(order, "sdb=2 "));
	assert_string_equal(told.raid.level, "raid1");
	assert_int_equal(told.raid.disks, 2);
	assert_int_equal(told.raid.degraded, 0);
	assert_string_equal(poll_all(&told), "");
	change();
	assert_string_equal(poll_all(&told), "");
}

static void test_writes_are_no_change_of_state(void **state)
{
	struct told told;

	(void)state;
	put_stack();
	poll_all(&told);
	assert_string_equal(told.raid.state, "clean");
	put_at("md0", "md/array_state", "active\n");
	assert_string_equal(poll_all(&told), "");
}

static void test_a_member_fails(void **state)
{
	struct told told;

	(void)state;
	put_stack();
	poll_all(&told);
	put_at("md0", "md/degraded", "1\n");
	put_at("md0", "md/dev-sdb/state", "faulty\n");
	assert_string_equal(poll_all(&told), "raid sdb=4 ");
	assert_int_equal(told.raid.degraded, 1);
	/* The other one fails writes: nothing else of the array changes. */
	put_at("md0", "md/dev-sda/state", "in_sync,write_error,want_replacement\n");
	assert_string_equal(poll_all(&told), "sda=34 ");
	assert_string_equal(poll_all(&told), "");
	/* It is removed: nothing that is polled each time tells, but an error makes us look. */
	remove_tree("sys/block/md0/md/dev-sdb");
	remove_tree("sys/block/md0/slaves/sdb");
	assert_string_equal(poll_all(&told), "");
	live_chain_suspect(chain);
	assert_string_equal(poll_all(&told), "-9:0>8:16 sdb=1 ");
}

static void test_a_disk_that_is_pulled_stays_linked(void **state)
{
	struct told told;

	(void)state;
	put_stack();
	poll_all(&told);
	remove_tree("sys/block/sdb");
	remove_tree("sys/block/md0/slaves/sdb");
	remove_tree("sys/block/md0/md/dev-sdb/block");
	put_at("md0", "md/dev-sdb/state", "faulty\n");
	change();
	assert_string_equal(poll_all(&told), "sdb=4 ");
	/* What it was in is gone too: then the links are. */
	remove_tree("sys/block/md0");
	change();
	assert_non_null(strstr(poll_all(&told), "-9:0>8:16 "));
}

static void test_a_rebuild_makes_progress(void **state)
{
	struct told told;
	unsigned int told_times = 0;

	(void)state;
	put_stack();
	put_at("md0", "md/degraded", "1\n");
	put_at("md0", "md/sync_action", "recover\n");
	put_at("md0", "md/sync_completed", "100 / 2000\n");
	poll_all(&told);
	assert_int_equal(told.raid.sync_done, 100);
	assert_int_equal(told.raid.sync_total, 2000);
	for (int i = 0; i < 10; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%d / 2000\n", 200 + i);
		put_at("md0", "md/sync_completed", text);
		told_times += strstr(poll_all(&told), "raid") != NULL;
	}
	assert_int_equal(told_times, 2);
}

static void test_the_disk_under_a_loop_device(void **state)
{
	struct told told;

	(void)state;
	put_disk("pci0/ata1", "sda", "8:0\n", "2000\n");
	put_disk("virtual", "loop0", "7:0\n", "2000\n");
	put_at("loop0", "loop/backing_file", "/data/images/a.img\n");
	put_disk("virtual", "loop1", "7:1\n", "2000\n");
	put_at("loop1", "loop/backing_file", "/net/b.img\n");
	put_disk("virtual", "loop2", "7:2\n", "2000\n");
	put_at("loop2", "loop/backing_file", "/database/c.img\n");
	put("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
				   "2 1 8:2 / /data rw - ext4 /dev/sda2 rw\n"
				   "3 1 0:40 / /net rw - nfs srv:/x rw\n");
	assert_string_equal(poll_all(&told), "7:0>8:2f 7:2>8:1f ");
}

#define MANY 1000

static void test_a_thousand_devices(void **state)
{
	struct emit emit = {.fn = take, .now_ns = 77};
	struct told told;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		char name[16], dev[16], below[16], below_dev[16];

		snprintf(name, sizeof(name), "dm-%u", i);
		snprintf(dev, sizeof(dev), "254:%u\n", i);
		snprintf(below, sizeof(below), "dm-%u", i - 1);
		snprintf(below_dev, sizeof(below_dev), "254:%u\n", i - 1);
		put_disk("virtual", name, dev, "2000\n");
		if (i)
			put_slave(name, below, below_dev);
	}
	poll_all(&told);
	assert_int_equal(told.links, MANY - 1);
	change();
	poll_all(&told);
	assert_int_equal(told.links, 0);
	emit.ctx = &told;
	memset(&told, 0, sizeof(told));
	assert_int_equal(live_chain_account(chain, &emit), 0);
	assert_string_equal(told.table[0].name, "source.links");
	assert_int_equal(told.table[0].used, MANY - 1);
	assert_int_equal(told.table[0].dropped, 0);
	/* One with more below it than links are kept. */
	for (unsigned int i = 0; i < LIVE_LINKS_MAX; i++) {
		char below[16], dev[16];

		snprintf(below, sizeof(below), "sd%u", i);
		snprintf(dev, sizeof(dev), "8:%u\n", i);
		put_slave("dm-0", below, dev);
	}
	change();
	poll_all(&told);
	memset(&told, 0, sizeof(told));
	assert_int_equal(live_chain_account(chain, &emit), 0);
	assert_int_equal(told.table[0].used, LIVE_LINKS_MAX);
	assert_int_equal(told.table[0].dropped, MANY - 1);
}

static void test_texts_of_arrays(void **state)
{
	__u64 done = 1, total = 1;

	(void)state;
	assert_int_equal(raid_member_flags("in_sync\n"), RAID_MEMBER_IN_SYNC);
	assert_int_equal(raid_member_flags("faulty,write_error"),
			 RAID_MEMBER_FAULTY | RAID_MEMBER_WRITES_FAIL);
	assert_int_equal(raid_member_flags("spare,replacement\n"),
			 RAID_MEMBER_SPARE | RAID_MEMBER_REPLACING);
	assert_int_equal(raid_member_flags("want_replacement,in_sync"), RAID_MEMBER_IN_SYNC);
	assert_int_equal(raid_member_flags(""), 0);
	assert_int_equal(raid_member_flags(",,\n,"), 0);
	assert_int_equal(raid_member_slot("3"), 3);
	assert_int_equal(raid_member_slot("none"), -1);
	assert_int_equal(raid_member_slot("journal"), -1);
	assert_int_equal(raid_member_slot("99999999999999999999"), -1);
	raid_sync_completed("none\n", &done, &total);
	assert_int_equal(total, 0);
	raid_sync_completed("1234 / 5678\n", &done, &total);
	assert_int_equal(done, 1234);
	assert_int_equal(total, 5678);
	raid_sync_completed("9 / 5\n", &done, &total);
	assert_int_equal(done, 5);
	raid_sync_completed("12", &done, &total);
	assert_int_equal(total, 0);
}

static void test_ports_and_layers(void **state)
{
	static const struct {
		const char *link, *port;
	} ports[] = {
		{"../devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sdb",
		 "ata3"},
		{"../devices/pseudo_0/adapter0/host7/target7:0:0/7:0:0:0/block/sda", "host7"},
		{"../devices/pci0/0000:01:00.0/nvme/nvme0/nvme0n1", "nvme0"},
		{"../devices/pci0/virtio2/block/vda", "virtio2"},
		{"../devices/pci0/0000:00:14.0/usb1/1-2/1-2.3/1-2.3:1.0/host6/target6:0:0/6:0:0:0/block/sdc",
		 "1-2.3"},
		{"../devices/virtual/block/dm-0", ""},
		{"", ""},
		{"ata9", ""},
	};
	char text[24];

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		disk_port(ports[i].link, text, sizeof(text));
		assert_string_equal(text, ports[i].port);
	}
	disk_port("/ata1234567890123456789012345678901234567890/", text, sizeof(text));
	assert_int_equal(strlen(text), sizeof(text) - 1);
	disk_layer("LVM-OPtq", text, sizeof(text));
	assert_string_equal(text, "LVM");
	disk_layer("CRYPT-LUKS2-0123-name", text, sizeof(text));
	assert_string_equal(text, "CRYPT");
	disk_layer("part1-mpath-3600", text, sizeof(text));
	assert_string_equal(text, "mpath");
	disk_layer("part", text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_stack_is_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_writes_are_no_change_of_state, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_member_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_disk_that_is_pulled_stays_linked, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_rebuild_makes_progress, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_disk_under_a_loop_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_thousand_devices, setup, teardown),
		cmocka_unit_test(test_texts_of_arrays),
		cmocka_unit_test(test_ports_and_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
