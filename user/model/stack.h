/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.h - which block devices are made of which, and the md arrays among them.
 *
 * A graph of device numbers: partitions lie on their disks, mappings, arrays and loop devices on what they are made of.
 * Walks are breadth first, visit nothing twice (a loop in the links ends them) and end after STACK_WALK_MAX devices.
 */
#ifndef CULPRIT_STACK_H
#define CULPRIT_STACK_H

#include <stdbool.h>

#include <culprit/event.h>

#define STACK_LINKS_MAX	  4096
#define STACK_RAIDS_MAX	  64
#define STACK_MEMBERS_MAX 512
#define STACK_WALK_MAX	  64

struct disks;

struct stack_link {
	__u32 upper, lower, flags;
};

struct stack_raid {
	struct event_raid now;
	bool degraded;	   /* as of its first telling or later: a member less than it is made for */
	__u64 degraded_ns; /* when that was first told; 0: it is not */
	bool degraded_first; /* it was so when first told of */
	__u64 whole_ns;	     /* when it was last told to be whole; 0: never */
};

struct stack {
	struct stack_link *link;
	unsigned int n_links, links_room;
	struct stack_raid *raid;
	unsigned int n_raids, raids_room;
	struct event_raid_member *member;
	unsigned int n_members, members_room;
	__u64 dropped; /* found no room */
};

void stack_done(struct stack *stack);
/* Takes EVENT_DISK_LINK, EVENT_RAID, EVENT_RAID_MEMBER, EVENT_DISK_GONE. 0 or -ENOMEM. */
int stack_apply(struct stack *stack, const struct event *event);

/* The array of that number; NULL when there is none. The i-th one; NULL past the end. */
const struct stack_raid *stack_raid(const struct stack *stack, __u32 dev);
const struct stack_raid *stack_raid_at(const struct stack *stack, unsigned int i);
/* The i-th member of an array; NULL past the end. */
const struct event_raid_member *stack_member(const struct stack *stack, __u32 dev, unsigned int i);

struct stack_walk {
	__u32 dev[STACK_WALK_MAX]; /* in the order of the walk, from the device itself on */
	int from[STACK_WALK_MAX];  /* the one that it was reached from; -1 for the first */
	unsigned int n;
	bool cut; /* there are more */
};

/* All that `dev` is part of, its partitions included, or all that it is made of. */
void stack_up(const struct disks *disks, __u32 dev, struct stack_walk *ret_walk);
void stack_down(const struct disks *disks, __u32 dev, struct stack_walk *ret_walk);
/* Is `lower` a part of what `upper` is made of? False of a device and itself. */
bool stack_is_below(const struct disks *disks, __u32 lower, __u32 upper);

#endif
