/* SPDX-License-Identifier: BSD-2-Clause */
/* test_disk_lost.c - disk-lost: gone in use or given up, against taken out in order. */
#include "rules/world.h"

#define SDA1 (SDA + 1)

static void put_disk_gone(struct world *w, __u32 dev)
{
	struct event_disk_gone e = EVENT(w, event_disk_gone, EVENT_DISK_GONE);

	e.dev = dev;
	put(w, &e);
}

static void put_unmount(struct world *w, __u32 dev, const char *mount)
{
	struct event_mount e = EVENT(w, event_mount, EVENT_MOUNT);

	e.dev = dev;
	e.flags = MOUNT_GONE;
	snprintf(e.mount, sizeof(e.mount), "%s", mount);
	put(w, &e);
}

static void put_partition(struct world *w)
{
	struct event_disk e = EVENT(w, event_disk, EVENT_DISK);

	e.dev = SDA1;
	e.parent = SDA;
	e.flags = DISK_PARTITION;
	strcpy(e.name, "sda1");
	put(w, &e);
}

/* A disk with a mounted partition that works. */
static void set_up(struct world *w)
{
	world_init(w);
	put_disk(w, SDA, "sda", 0);
	put_partition(w);
	put_mount(w, SDA1, "/data");
	tick(w);
	wait_s(w, 1);
	put_stat(w, SDA, BLOCK_READ, 1200);
	tick(w);
	wait_s(w, 1);
	assert_int_equal(judge(w, "disk-lost"), 0);
}

static void test_gone_while_mounted(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	put_disk_gone(&w, SDA1);
	put_disk_gone(&w, SDA);
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 1);
	assert_string_equal(
		w.claim[0].message,
		"DISK: sda is gone, and it was in use: a file system of it was mounted.");
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	assert_int_equal(w.claim[0].basis, BASIS_MEASURED);
	assert_true(w.claim[0].confidence >= 0.88 && w.claim[0].confidence <= 0.92);
	/* Unmounting what is dead does not make it a removal in order. */
	wait_s(&w, 1);
	put_unmount(&w, SDA1, "/data");
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 1);
	/* It is back. */
	put_disk(&w, SDA, "sda", 0);
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 0);
	world_done(&w);
}

static void test_gone_while_requests_fail(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	put_unmount(&w, SDA1, "/data");
	put_io(&w, SDA, BLOCK_WRITE, BLOCK_IOERR, 4660, 0);
	tick(&w);
	wait_s(&w, 2);
	put_disk_gone(&w, SDA);
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	assert_true(w.claim[0].confidence > 0.70 && w.claim[0].confidence < 0.80);
	world_done(&w);
}

static void test_taken_out_in_order(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	put_disk_gone(&w, SDA);
	put_unmount(&w, SDA1, "/data"); /* seen at the same look: it came before */
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 0);
	world_done(&w);

	/* For bad sectors, or for errors long ago. */
	set_up(&w);
	put_unmount(&w, SDA1, "/data");
	put_io(&w, SDA, BLOCK_READ, BLOCK_IOERR, 4660, 0);
	tick(&w);
	wait_s(&w, 40);
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 4660, 0);
	put_disk_gone(&w, SDA);
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 0);
	world_done(&w);
}

static void test_virtual_disks_are_taken_down(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	put_disk(&w, SDA + 64, "loop0", DISK_VIRTUAL);
	put_io(&w, SDA + 64, BLOCK_READ, BLOCK_IOERR, 4660, 0);
	put_disk_gone(&w, SDA + 64);
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 0);
	world_done(&w);
}

static void test_offline(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	for (unsigned int i = 0; i < 5; i++)
		put_io(&w, SDA, BLOCK_READ, BLOCK_OFFLINE, 4660 + 8 * i, 0);
	assert_int_equal(judge(&w, "disk-lost"), 1);
	assert_string_equal(w.claim[0].message,
			    "DISK: sda is offline: the kernel gave it up; 5 requests failed.");
	assert_int_equal(w.claim[0].basis, BASIS_REPORTED);
	assert_int_equal(judge(&w, "disk-io-error"), 0);
	/* It works again: less sure. */
	tick(&w);
	wait_s(&w, 1);
	put_stat(&w, SDA, BLOCK_READ, 1300);
	tick(&w);
	wait_s(&w, 1);
	put_stat(&w, SDA, BLOCK_READ, 1400);
	tick(&w);
	assert_int_equal(judge(&w, "disk-lost"), 1);
	assert_true(w.claim[0].confidence < 0.80);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone_while_mounted),
		cmocka_unit_test(test_gone_while_requests_fail),
		cmocka_unit_test(test_taken_out_in_order),
		cmocka_unit_test(test_virtual_disks_are_taken_down),
		cmocka_unit_test(test_offline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
