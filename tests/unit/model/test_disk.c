/* SPDX-License-Identifier: BSD-2-Clause */
/* test_disk.c - disks: counts told twice, harmless ones, another device under the number, bounds */
#include "rules/world.h"

static const struct disk *sda(const struct world *w)
{
	return disks_find(model_disks(w->model), SDA);
}

static __u64 harmful(const struct world *w)
{
	return disk_fault_window(&sda(w)->fault[0], model_frame(w->model), FAULT_HARMFUL);
}

static void test_counters_and_events_tell_of_the_same(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	tick(&w);
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 100, 0);
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 200, 0);
	assert_int_equal(harmful(&w), 2);
	wait_s(&w, 1);
	put_status(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 2, 0);
	assert_int_equal(harmful(&w), 2);
	/* The ring lost some: the counter knows. */
	put_status(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 9, 0);
	assert_int_equal(harmful(&w), 9);
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 300, 0);
	assert_int_equal(harmful(&w), 9);
	assert_int_equal(sda(&w)->n_faults, 1);
	/* A window later they are forgotten. */
	wait_s(&w, 700);
	tick(&w);
	assert_int_equal(harmful(&w), 0);
	world_done(&w);
}

static void test_read_ahead_is_harmless(void **state)
{
	struct world w;
	struct event_block_io e;

	(void)state;
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	e = (struct event_block_io)EVENT(&w, event_block_io, EVENT_BLOCK_IO);
	e.dev = SDA;
	e.status = BLOCK_IOERR;
	e.readahead = 1;
	put(&w, &e);
	assert_int_equal(harmful(&w), 0);
	put_status(&w, SDA, BLOCK_READ, BLOCK_IOERR, 5, 5);
	assert_int_equal(harmful(&w), 0);
	assert_int_equal(
		disk_fault_window(&sda(&w)->fault[0], model_frame(w.model), FAULT_HARMLESS), 5);
	assert_null(disk_error_at(sda(&w), 0));
	/* More harmless than there are at all: a damaged capture. */
	put_status(&w, SDA, BLOCK_READ, BLOCK_IOERR, 5, 50);
	assert_int_equal(harmful(&w), 0);
	world_done(&w);
}

static void test_requests_after_the_last_failure(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	put_stat(&w, SDA, BLOCK_READ, 50);
	tick(&w);
	wait_s(&w, 0.5);
	put_io(&w, SDA, BLOCK_READ, BLOCK_IOERR, 8, 0);
	wait_s(&w, 0.5);
	/* This tick's 30 may have been before the failure. */
	put_stat(&w, SDA, BLOCK_READ, 80);
	put_status(&w, SDA, BLOCK_READ, BLOCK_IOERR, 1, 0);
	tick(&w);
	assert_int_equal(disk_requests_after(sda(&w), &sda(&w)->fault[0]), 0);
	wait_s(&w, 1);
	put_stat(&w, SDA, BLOCK_READ, 95);
	assert_int_equal(disk_requests_after(sda(&w), &sda(&w)->fault[0]), 15);
	assert_int_equal(disk_requests(sda(&w), BLOCK_READ), 95);
	assert_int_equal(disk_requests_window(sda(&w), model_frame(w.model), BLOCK_READ), 95);
	world_done(&w);
}

static void test_errors_kept_and_healed(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	for (__u32 i = 0; i < 40; i++)
		put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 1000 + 8 * i, 7);
	assert_int_equal(disk_error_at(sda(&w), 0)->sector, 1000 + 8 * 39);
	assert_int_equal(disk_error_at(sda(&w), DISK_ERRORS_KEPT - 1)->sector, 1000 + 8 * 24);
	assert_null(disk_error_at(sda(&w), DISK_ERRORS_KEPT));
	assert_string_equal(disk_error_at(sda(&w), 0)->comm, "io-7");
	put_io(&w, SDA, BLOCK_WRITE, BLOCK_OK, 1000 + 8 * 39, 0);
	assert_false(disk_error_at(sda(&w), 0)->healed);
	put_io(&w, SDA, BLOCK_READ, BLOCK_OK, 1000 + 8 * 39, 0);
	assert_true(disk_error_at(sda(&w), 0)->healed);
	assert_false(disk_error_at(sda(&w), 1)->healed);
	world_done(&w);
}

static void test_another_device_under_the_number(void **state)
{
	struct world w;
	struct event_disk e;
	struct event_disk_gone gone;

	(void)state;
	world_init(&w);
	e = (struct event_disk)EVENT(&w, event_disk, EVENT_DISK);
	e.dev = SDA;
	e.diskseq = 4;
	memset(e.name, 'n', sizeof(e.name)); /* not terminated */
	put(&w, &e);
	assert_int_equal(strlen(sda(&w)->info.name), sizeof(e.name) - 1);
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 100, 0);
	put_stat(&w, SDA, BLOCK_READ, 50);
	put(&w, &e);
	assert_int_equal(sda(&w)->n_faults, 1);
	gone = (struct event_disk_gone)EVENT(&w, event_disk_gone, EVENT_DISK_GONE);
	gone.dev = SDA;
	put(&w, &gone);
	assert_true(sda(&w)->gone);
	e.diskseq = 5;
	put(&w, &e);
	assert_false(sda(&w)->gone);
	assert_int_equal(sda(&w)->n_faults, 0);
	assert_int_equal(disk_requests(sda(&w), BLOCK_READ), 0);
	world_done(&w);
}

static void test_mounts_of_partitions(void **state)
{
	struct world w;
	struct event_disk part;
	const struct disks *disks;

	(void)state;
	world_init(&w);
	disks = model_disks(w.model);
	put_disk(&w, SDA, "sda", 0);
	part = (struct event_disk)EVENT(&w, event_disk, EVENT_DISK);
	part.dev = SDA + 1;
	part.parent = SDA;
	part.flags = DISK_PARTITION;
	strcpy(part.name, "sda1");
	put(&w, &part);
	put_mount(&w, SDA + 1, "/data");
	put_mount(&w, SDA + 1, "/data");
	put_mount(&w, SDA + 16, "/elsewhere");
	assert_string_equal(disks_mount_on(disks, SDA, 0)->mount, "/data");
	assert_null(disks_mount_on(disks, SDA, 1));
	assert_non_null(disks_mount_on(disks, SDA + 1, 0));
	for (int i = 0; i < 2 * MOUNTS_MAX; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/m/%d", i);
		put_mount(&w, SDA, path);
	}
	tick(&w);
	assert_int_equal(disks->n_mounts, MOUNTS_MAX);
	assert_true(model_table(w.model, "model.disks")->dropped > 0);
	world_done(&w);
}

static void test_impossible_numbers(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_stat(&w, SDA, 200, 5);
	put_status(&w, SDA, 200, BLOCK_IOERR, 1, 0);
	put_status(&w, SDA, BLOCK_READ, 200, 1, 0);
	put_status(&w, SDA, BLOCK_READ, BLOCK_OK, 1, 0);
	put_io(&w, SDA, 200, BLOCK_IOERR, 1, 0);
	assert_string_equal(sda(&w)->info.name, "8:0");
	assert_int_equal(sda(&w)->n_faults, 0);
	/* Counters that go back: the larger stands. */
	put_stat(&w, SDA, BLOCK_READ, 50);
	put_stat(&w, SDA, BLOCK_READ, 40);
	assert_int_equal(disk_requests(sda(&w), BLOCK_READ), 50);
	for (__u32 dev = 0; dev < 3 * DISKS_MAX; dev++)
		put_disk(&w, dev, "d", 0);
	tick(&w);
	assert_int_equal(model_table(w.model, "model.disks")->used, DISKS_MAX);
	assert_true(model_table(w.model, "model.disks")->dropped >= 2 * DISKS_MAX);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters_and_events_tell_of_the_same),
		cmocka_unit_test(test_read_ahead_is_harmless),
		cmocka_unit_test(test_requests_after_the_last_failure),
		cmocka_unit_test(test_errors_kept_and_healed),
		cmocka_unit_test(test_another_device_under_the_number),
		cmocka_unit_test(test_mounts_of_partitions),
		cmocka_unit_test(test_impossible_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
