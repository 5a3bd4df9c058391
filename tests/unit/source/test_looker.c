/* SPDX-License-Identifier: BSD-2-Clause */
/* test_looker.c - looks at file systems from a child, and a child that hangs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/live_fs.h"
#include "source/looker.h"

#define S_NS 1000000000ULL

static struct look_request request(__u32 dev, const char *mount)
{
	struct look_request r = {.dev = dev, .fstype = "ext4"};

	snprintf(r.mount, sizeof(r.mount), "%s", mount);
	return r;
}

/* Waits for an answer, two seconds of a real clock at most; the looker's own stands still. */
static int await(struct looker *looker, struct look_reply *reply)
{
	struct timespec ms = {.tv_nsec = 1000000};
	int got = 0;

	for (int i = 0; i < 2000 && got == 0; i++) {
		got = looker_answer(looker, reply, S_NS);
		if (got == 0)
			nanosleep(&ms, NULL);
	}
	return got;
}

static void test_looks(void **state)
{
	struct look_request r = request(1, "/"), none = request(2, "/nowhere/at/all");
	struct look_reply reply;
	struct looker looker;

	(void)state;
	looker_init(&looker);
	assert_int_equal(looker_answer(&looker, &reply, S_NS), 0);
	assert_true(looker_ask(&looker, &r, S_NS));
	assert_true(looker_ask(&looker, &none, S_NS));
	assert_int_equal(await(&looker, &reply), 1);
	assert_int_equal(reply.dev, 1);
	assert_int_equal(reply.err, 0);
	assert_true(reply.size_bytes > reply.avail_bytes);
	assert_int_equal(await(&looker, &reply), 1);
	assert_int_equal(reply.dev, 2);
	assert_int_equal(reply.err, -ENOENT);
	assert_true(looker_idle(&looker));
	/* Another mount than the one that is meant is not looked at. */
	r.mount_id = 0x7fffffff;
	assert_true(looker_ask(&looker, &r, S_NS));
	assert_int_equal(await(&looker, &reply), 1);
	assert_int_equal(reply.err, -ESTALE);
	assert_int_equal(looker.children, 1);
	looker_done(&looker);
}

static void hang(const struct look_request *r, struct look_reply *reply)
{
	(void)reply;
	while (r->dev == 3)
		pause();
}

static void test_hangs(void **state)
{
	struct look_request dead = request(3, "/"), well = request(4, "/");
	struct look_reply reply;
	struct looker looker;
	pid_t first;

	(void)state;
	looker_init(&looker);
	looker.look = hang;
	assert_true(looker_ask(&looker, &dead, S_NS));
	assert_true(looker_ask(&looker, &well, S_NS));
	first = looker.pid;
	assert_int_equal(looker_answer(&looker, &reply, S_NS), 0);
	assert_int_equal(looker_answer(&looker, &reply, S_NS + LOOKER_PATIENCE_NS - 1), 0);
	assert_int_equal(looker_answer(&looker, &reply, S_NS + LOOKER_PATIENCE_NS), -ETIMEDOUT);
	assert_int_equal(reply.dev, 3);
	assert_true(looker_idle(&looker));
	/* The next one is another child's. */
	assert_true(looker_ask(&looker, &well, S_NS));
	assert_int_not_equal(looker.pid, first);
	assert_int_equal(await(&looker, &reply), 1);
	assert_int_equal(reply.dev, 4);
	looker_done(&looker);
}

/* Not one child after the other, for ever. */
static void test_gives_up(void **state)
{
	struct look_request dead = request(3, "/");
	struct look_reply reply;
	struct looker looker;

	(void)state;
	looker_init(&looker);
	looker.look = hang;
	for (int i = 0; i < LOOKER_CHILDREN_MAX; i++) {
		assert_true(looker_ask(&looker, &dead, S_NS));
		assert_int_equal(looker_answer(&looker, &reply, S_NS + LOOKER_PATIENCE_NS),
				 -ETIMEDOUT);
	}
	assert_false(looker_ask(&looker, &dead, S_NS));
	looker_done(&looker);
}

static void test_local(void **state)
{
	(void)state;
	assert_true(live_fs_is_local("ext4"));
	assert_true(live_fs_is_local("xfs"));
	assert_false(live_fs_is_local("nfs4"));
	assert_false(live_fs_is_local("fuseblk"));
	assert_false(live_fs_is_local("squashfs"));
	assert_false(live_fs_is_local("iso9660"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_gives_up),
		cmocka_unit_test(test_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
