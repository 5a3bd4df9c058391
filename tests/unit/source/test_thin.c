/* SPDX-License-Identifier: BSD-2-Clause */
/* test_thin.c - thin pools: who is asked, what is told, and when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include <cmocka.h>

#include "fake_root.h"
#include "source/live_thin.h"
#include "source/looker.h"

#define S_NS	      1000000000ULL
#define DEV(ma, mi)   ((__u32)(ma) << 20 | (mi))
#define POOL	      DEV(254, 0)
#define VOLUME	      DEV(254, 1)
#define ROUNDS_PASSED 3

/* What the child, another process, answers, and how often it was asked. */
struct said {
	__u64 free_bytes;
	__s32 err;
	unsigned int asked_pool, asked_volume, asked_other;
};

static struct said *said;
static struct live_disks *disks;
static struct live_thin *thin;
static __u64 now_ns;

static void look(const struct look_request *request, struct look_reply *reply)
{
	if (request->dev == POOL) {
		said->asked_pool++;
		reply->err = said->err;
		reply->size_bytes = 1000;
		reply->free_bytes = said->free_bytes;
		reply->meta_bytes = 100;
		reply->meta_used = 10;
		return;
	}
	said->asked_volume += request->dev == VOLUME;
	said->asked_other += request->dev != VOLUME;
	reply->err = -ENOTSUP;
}

struct told {
	struct event_thin_pool pool;
	unsigned int pools;
	unsigned int tables;
};

static int take(void *ctx, const struct event *event)
{
	struct told *told = ctx;

	if (event->type == EVENT_THIN_POOL) {
		told->pool = *(const struct event_thin_pool *)event;
		told->pools++;
	}
	told->tables += event->type == EVENT_TABLE;
	return 0;
}

/* Some rounds of the poll's own clock; after each step the child has time to answer. */
static void rounds(unsigned int n, struct told *told)
{
	struct timespec ms = {.tv_nsec = 20 * 1000000};
	struct emit emit = {.fn = take, .ctx = told};

	memset(told, 0, sizeof(*told));
	for (unsigned int i = 0; i < 3 * n; i++) {
		emit.now_ns = now_ns += S_NS;
		assert_int_equal(live_disks_poll(disks, &emit), 0);
		assert_int_equal(live_thin_poll(thin, disks, &emit), 0);
		nanosleep(&ms, NULL);
	}
	assert_int_equal(live_thin_poll(thin, disks, &emit), 0);
	assert_int_equal(live_thin_account(thin, &emit), 0);
}

static int setup(void **state)
{
	(void)state;
	said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(said != MAP_FAILED);
	said->free_bytes = 400;
	root_make();
	put("sys/block/.keep", "");
	put("proc/partitions", "");
	put_disk("pci0/ata1", "sda", "8:0\n", "2000\n");
	put_disk("virtual", "dm-0", "254:0\n", "2000\n");
	put_disk("virtual", "dm-1", "254:1\n", "2000\n");
	disks = live_disks_new(root);
	thin = live_thin_new();
	assert_non_null(disks);
	assert_non_null(thin);
	live_thin_look_with(thin, look);
	now_ns = S_NS;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	live_thin_free(thin);
	live_disks_free(disks);
	remove_tree("");
	munmap(said, sizeof(*said));
	return 0;
}

static void test_told_when_it_moves(void **state)
{
	struct told told;

	(void)state;
	rounds(ROUNDS_PASSED, &told);
	assert_int_equal(told.pools, 1);
	assert_int_equal(told.pool.dev, POOL);
	assert_int_equal(told.pool.data_used, 600);
	assert_int_equal(told.pool.data_bytes, 1000);
	assert_int_equal(told.pool.meta_used, 10);
	assert_int_equal(told.tables, 1);
	said->free_bytes = 100;
	rounds(ROUNDS_PASSED, &told);
	assert_int_equal(told.pools, 1);
	assert_int_equal(told.pool.data_used, 900);
}

static void test_only_pools_are_asked_again(void **state)
{
	struct told told;

	(void)state;
	rounds(ROUNDS_PASSED + 2, &told);
	assert_true(said->asked_pool >= ROUNDS_PASSED);
	assert_int_equal(said->asked_volume, 1);
	assert_int_equal(said->asked_other, 0); /* sda is no mapping */
	/* A new disk: each mapping may be another one now. */
	put_disk("pci0/ata2", "sdb", "8:16\n", "2000\n");
	change();
	rounds(ROUNDS_PASSED, &told);
	assert_int_equal(said->asked_volume, 2);
}

static void test_no_pool_any_more(void **state)
{
	struct told told;

	(void)state;
	rounds(ROUNDS_PASSED, &told);
	said->err = -ENOTSUP;
	rounds(ROUNDS_PASSED, &told);
	assert_int_equal(told.pools, 0);
	assert_int_equal(told.tables, 0);
}

static void test_a_host_without_mappings_has_no_child(void **state)
{
	struct told told;

	(void)state;
	remove_tree("sys/block/dm-0");
	remove_tree("sys/block/dm-1");
	change();
	rounds(ROUNDS_PASSED, &told);
	assert_int_equal(said->asked_pool + said->asked_volume + said->asked_other, 0);
	assert_int_equal(told.pools + told.tables, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_told_when_it_moves),
		TEST(test_only_pools_are_asked_again),
		TEST(test_no_pool_any_more),
		TEST(test_a_host_without_mappings_has_no_child),
	};

	return cmocka_run_group_tests_name("thin", tests, NULL, NULL);
}
