/* SPDX-License-Identifier: BSD-2-Clause */
/* test_stack.c - the graph of what is stacked on what: walks, circles, bounds. */
#include "rules/world.h"

#define DM(n) (254U << 20 | (n))
#define MD0   (9U << 20)

static void put_link(struct world *w, __u32 upper, __u32 lower, __u32 flags)
{
	struct event_disk_link e = EVENT(w, event_disk_link, EVENT_DISK_LINK);

	e.upper = upper;
	e.lower = lower;
	e.flags = flags;
	put(w, &e);
}

static void disk_gone(struct world *w, __u32 dev)
{
	struct event_disk_gone e = EVENT(w, event_disk_gone, EVENT_DISK_GONE);

	e.dev = dev;
	put(w, &e);
}

static void put_raid(struct world *w, __u32 degraded)
{
	struct event_raid e = EVENT(w, event_raid, EVENT_RAID);

	e.dev = MD0;
	e.disks = 2;
	e.degraded = degraded;
	snprintf(e.level, sizeof(e.level), "raid1");
	put(w, &e);
}

static void put_member(struct world *w, const char *name, __u32 member, __u32 flags)
{
	struct event_raid_member e = EVENT(w, event_raid_member, EVENT_RAID_MEMBER);

	e.dev = MD0;
	e.member = member;
	e.flags = flags;
	snprintf(e.name, sizeof(e.name), "%s", name);
	put(w, &e);
}

static void test_walks(void **state)
{
	const struct disks *disks;
	struct stack_walk walk;
	struct world w;

	(void)state;
	world_init(&w);
	disks = model_disks(w.model);
	put_link(&w, MD0, SDA, 0);
	put_link(&w, MD0, SDA + 16, 0);
	put_link(&w, DM(0), MD0, 0);
	put_link(&w, DM(0), MD0, 0); /* told twice is one */
	stack_up(disks, SDA, &walk);
	assert_int_equal(walk.n, 3);
	assert_int_equal(walk.dev[2], DM(0));
	assert_int_equal(walk.from[2], 1);
	stack_down(disks, DM(0), &walk);
	assert_int_equal(walk.n, 4);
	assert_true(stack_is_below(disks, SDA, DM(0)));
	assert_false(stack_is_below(disks, DM(0), SDA));
	assert_false(stack_is_below(disks, SDA, SDA));
	put_link(&w, DM(0), MD0, DISK_LINK_GONE);
	assert_false(stack_is_below(disks, SDA, DM(0)));
	put_link(&w, DM(0), MD0, DISK_LINK_GONE);
	/* What was made of a disk that is gone has still lost it; what is gone is made of nothing. */
	disk_gone(&w, SDA);
	assert_true(stack_is_below(disks, SDA, MD0));
	disk_gone(&w, MD0);
	assert_false(stack_is_below(disks, SDA, MD0));
	world_done(&w);
}

static void test_a_circle_ends(void **state)
{
	const struct disks *disks;
	struct stack_walk walk;
	struct world w;

	(void)state;
	world_init(&w);
	disks = model_disks(w.model);
	put_link(&w, DM(0), DM(1), 0);
	put_link(&w, DM(1), DM(2), 0);
	put_link(&w, DM(2), DM(0), 0);
	put_link(&w, DM(3), DM(3), 0);
	stack_up(disks, DM(0), &walk);
	assert_int_equal(walk.n, 3);
	stack_down(disks, DM(0), &walk);
	assert_int_equal(walk.n, 3);
	stack_up(disks, DM(3), &walk);
	assert_int_equal(walk.n, 1);
	world_done(&w);
}

static void test_bounds(void **state)
{
	const struct disks *disks;
	struct stack_walk walk;
	struct world w;

	(void)state;
	world_init(&w);
	disks = model_disks(w.model);
	for (unsigned int i = 0; i < STACK_LINKS_MAX + 10; i++)
		put_link(&w, DM(i + 1), SDA, 0);
	assert_int_equal(disks->stack.n_links, STACK_LINKS_MAX);
	assert_int_equal(disks->stack.dropped, 10);
	stack_up(disks, SDA, &walk);
	assert_int_equal(walk.n, STACK_WALK_MAX);
	assert_true(walk.cut);
	for (unsigned int i = 0; i < STACK_MEMBERS_MAX + 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "sd%u", i);
		put_member(&w, name, i, RAID_MEMBER_IN_SYNC);
	}
	assert_int_equal(disks->stack.n_members, STACK_MEMBERS_MAX);
	assert_int_equal(disks->stack.dropped, 20);
	world_done(&w);
}

static void test_arrays(void **state)
{
	const struct stack_raid *raid;
	const struct disks *disks;
	struct world w;

	(void)state;
	world_init(&w);
	disks = model_disks(w.model);
	put_raid(&w, 0);
	put_member(&w, "sda", SDA, RAID_MEMBER_IN_SYNC);
	put_member(&w, "sdb", SDA + 16, RAID_MEMBER_IN_SYNC);
	raid = stack_raid(&disks->stack, MD0);
	assert_false(raid->degraded);
	wait_s(&w, 1);
	put_raid(&w, 1);
	put_member(&w, "sdb", SDA + 16, RAID_MEMBER_FAULTY);
	assert_true(raid->degraded);
	assert_false(raid->degraded_first);
	assert_int_equal(raid->degraded_ns, w.now);
	assert_int_equal(stack_member(&disks->stack, MD0, 1)->flags, RAID_MEMBER_FAULTY);
	put_member(&w, "sdb", SDA + 16, RAID_MEMBER_GONE);
	assert_null(stack_member(&disks->stack, MD0, 1));
	disk_gone(&w, MD0);
	assert_null(stack_raid(&disks->stack, MD0));
	assert_null(stack_member(&disks->stack, MD0, 0));
	wait_s(&w, 1);
	put_raid(&w, 1);
	assert_true(stack_raid(&disks->stack, MD0)->degraded_first);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_a_circle_ends),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_arrays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
