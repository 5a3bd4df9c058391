/* SPDX-License-Identifier: BSD-2-Clause */
/* stack.c - which block devices are made of which; see stack.h. */
#include "model/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/copy.h"
#include "model/disk.h"

void stack_done(struct stack *stack)
{
	free(stack->link);
	free(stack->raid);
	free(stack->member);
	memset(stack, 0, sizeof(*stack));
}

/* Room for one more of `n`, at most `limit`: the array, or NULL with *ret_err set. */
static void *grow(void *items, unsigned int n, unsigned int *room, size_t size, unsigned int limit,
		  struct stack *stack, int *ret_err)
{
	unsigned int more = *room ? 2 * *room : 4;
	void *grown;

	*ret_err = 0;
	if (n < *room)
		return items;
	if (n >= limit) {
		stack->dropped++;
		return NULL;
	}
	grown = realloc(items, more * size);
	if (!grown) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	*room = more;
	return grown;
}

/* ---- links ---- */

static int apply_link(struct stack *s, const struct event_disk_link *e)
{
	unsigned int i = 0;
	void *grown;
	int err;

	while (i < s->n_links && (s->link[i].upper != e->upper || s->link[i].lower != e->lower))
		i++;
	if (e->flags & DISK_LINK_GONE) {
		if (i < s->n_links) {
			s->n_links--;
			memmove(&s->link[i], &s->link[i + 1], (s->n_links - i) * sizeof(*s->link));
		}
		return 0;
	}
	if (i == s->n_links) {
		grown = grow(s->link, i, &s->links_room, sizeof(*s->link), STACK_LINKS_MAX, s,
			     &err);
		if (!grown)
			return err;
		s->link = grown;
		s->n_links++;
	}
	s->link[i] = (struct stack_link){e->upper, e->lower, e->flags};
	return 0;
}

/* ---- arrays ---- */

static void apply_state(struct stack_raid *raid, const struct event_raid *e, bool first)
{
	raid->now = *e;
	copy_text(raid->now.level, sizeof(raid->now.level), e->level, sizeof(e->level));
	copy_text(raid->now.state, sizeof(raid->now.state), e->state, sizeof(e->state));
	copy_text(raid->now.sync_action, sizeof(raid->now.sync_action), e->sync_action,
		  sizeof(e->sync_action));
	raid->degraded = e->degraded > 0;
	if (!raid->degraded) {
		raid->whole_ns = e->h.ts_ns;
		raid->degraded_ns = 0;
		raid->degraded_first = false;
	} else if (!raid->degraded_ns) {
		raid->degraded_ns = e->h.ts_ns;
		raid->degraded_first = first;
	}
}

static int apply_raid(struct stack *s, const struct event_raid *e)
{
	unsigned int i = 0;
	void *grown;
	int err;

	while (i < s->n_raids && s->raid[i].now.dev != e->dev)
		i++;
	if (i < s->n_raids) {
		apply_state(&s->raid[i], e, false);
		return 0;
	}
	grown = grow(s->raid, i, &s->raids_room, sizeof(*s->raid), STACK_RAIDS_MAX, s, &err);
	if (!grown)
		return err;
	s->raid = grown;
	memset(&s->raid[i], 0, sizeof(s->raid[i]));
	s->n_raids++;
	apply_state(&s->raid[i], e, true);
	return 0;
}

static void drop_member(struct stack *s, unsigned int i)
{
	s->n_members--;
	memmove(&s->member[i], &s->member[i + 1], (s->n_members - i) * sizeof(*s->member));
}

static int apply_member(struct stack *s, const struct event_raid_member *e)
{
	unsigned int i = 0;
	void *grown;
	int err;

	while (i < s->n_members && (s->member[i].dev != e->dev ||
				    strncmp(s->member[i].name, e->name, sizeof(e->name) - 1) != 0))
		i++;
	if (e->flags & RAID_MEMBER_GONE) {
		if (i < s->n_members)
			drop_member(s, i);
		return 0;
	}
	if (i == s->n_members) {
		grown = grow(s->member, i, &s->members_room, sizeof(*s->member), STACK_MEMBERS_MAX,
			     s, &err);
		if (!grown)
			return err;
		s->member = grown;
		s->n_members++;
	}
	s->member[i] = *e;
	copy_text(s->member[i].name, sizeof(s->member[i].name), e->name, sizeof(e->name));
	return 0;
}

/* A device that is gone is made of nothing more; what was made of it has still lost it. */
static void apply_gone(struct stack *s, __u32 dev)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < s->n_links; i++)
		if (s->link[i].upper != dev)
			s->link[kept++] = s->link[i];
	s->n_links = kept;
	for (unsigned int i = s->n_members; i-- > 0;)
		if (s->member[i].dev == dev)
			drop_member(s, i);
	for (unsigned int i = 0; i < s->n_raids; i++) {
		if (s->raid[i].now.dev != dev)
			continue;
		s->n_raids--;
		memmove(&s->raid[i], &s->raid[i + 1], (s->n_raids - i) * sizeof(*s->raid));
		break;
	}
}

int stack_apply(struct stack *stack, const struct event *event)
{
	switch (event->type) {
	case EVENT_DISK_LINK:
		return apply_link(stack, (const struct event_disk_link *)event);
	case EVENT_RAID:
		return apply_raid(stack, (const struct event_raid *)event);
	case EVENT_RAID_MEMBER:
		return apply_member(stack, (const struct event_raid_member *)event);
	default:
		apply_gone(stack, ((const struct event_disk_gone *)event)->dev);
		return 0;
	}
}

const struct stack_raid *stack_raid(const struct stack *stack, __u32 dev)
{
	for (unsigned int i = 0; i < stack->n_raids; i++)
		if (stack->raid[i].now.dev == dev)
			return &stack->raid[i];
	return NULL;
}

const struct stack_raid *stack_raid_at(const struct stack *stack, unsigned int i)
{
	return i < stack->n_raids ? &stack->raid[i] : NULL;
}

const struct event_raid_member *stack_member(const struct stack *stack, __u32 dev, unsigned int i)
{
	for (unsigned int m = 0; m < stack->n_members; m++)
		if (stack->member[m].dev == dev && i-- == 0)
			return &stack->member[m];
	return NULL;
}

/* ---- walks ---- */

static void reach(struct stack_walk *w, __u32 dev, int from)
{
	for (unsigned int i = 0; i < w->n; i++)
		if (w->dev[i] == dev)
			return;
	if (w->n == STACK_WALK_MAX) {
		w->cut = true;
		return;
	}
	w->dev[w->n] = dev;
	w->from[w->n++] = from;
}

static void begin(struct stack_walk *w, __u32 dev)
{
	w->n = 0;
	w->cut = false;
	reach(w, dev, -1);
}

/* Its partition with the least number above `after`; 0: there is none. */
static __u32 next_part(const struct disks *disks, __u32 dev, __u32 after)
{
	const struct disk *disk = NULL;
	__u32 least = 0;

	while ((disk = disks_next(disks, disk)))
		if (disk->info.parent == dev && disk->info.dev > after &&
		    (!least || disk->info.dev < least))
			least = disk->info.dev;
	return least;
}

void stack_up(const struct disks *disks, __u32 dev, struct stack_walk *ret_walk)
{
	const struct stack *s = &disks->stack;
	struct stack_walk *w = ret_walk;

	begin(w, dev);
	for (unsigned int at = 0; at < w->n; at++) {
		__u32 here = w->dev[at], part = 0;

		while ((part = next_part(disks, here, part)))
			reach(w, part, (int)at);
		for (unsigned int i = 0; i < s->n_links; i++)
			if (s->link[i].lower == here)
				reach(w, s->link[i].upper, (int)at);
	}
}

void stack_down(const struct disks *disks, __u32 dev, struct stack_walk *ret_walk)
{
	const struct stack *s = &disks->stack;
	struct stack_walk *w = ret_walk;

	begin(w, dev);
	for (unsigned int at = 0; at < w->n; at++) {
		const struct disk *disk = disks_find(disks, w->dev[at]);

		if (disk && disk->info.parent)
			reach(w, disk->info.parent, (int)at);
		for (unsigned int i = 0; i < s->n_links; i++)
			if (s->link[i].upper == w->dev[at])
				reach(w, s->link[i].lower, (int)at);
	}
}

bool stack_is_below(const struct disks *disks, __u32 lower, __u32 upper)
{
	struct stack_walk walk;

	if (lower == upper)
		return false;
	stack_down(disks, upper, &walk);
	for (unsigned int i = 1; i < walk.n; i++)
		if (walk.dev[i] == lower)
			return true;
	return false;
}
