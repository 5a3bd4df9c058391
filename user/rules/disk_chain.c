/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_chain.c - the way from a disk up to where it is used, in one line; see disk_stack.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/disk_stack.h"

#define CHAIN_MAX 12
#define TEXT_MAX  96

/* From the lowest device up to the highest. */
struct chain {
	__u32 dev[CHAIN_MAX];
	unsigned int n;
	const struct disk_mount *mount; /* on the highest; NULL: none */
	unsigned int more;		/* mounts */
};

/* How much is said of each device. */
enum detail { NAMES_ONLY, LEVELS, MEMBERS };

static unsigned int depth(const struct stack_walk *w, unsigned int at)
{
	unsigned int n = 0;

	for (; w->from[at] >= 0; at = (unsigned int)w->from[at])
		n++;
	return n;
}

/* The way from the start of the walk to a place in it, less what finds no room. */
static void follow(struct chain *c, const struct stack_walk *w, unsigned int at)
{
	unsigned int n = depth(w, at);

	for (; n > CHAIN_MAX - c->n; n--)
		at = (unsigned int)w->from[at];
	for (unsigned int i = n; i-- > 0; at = (unsigned int)w->from[at])
		c->dev[c->n + i] = w->dev[at];
	c->n += n;
}

/* Down to the last device, as long as each is made of one other only. */
static void find_below(struct chain *c, const struct disks *disks, __u32 dev)
{
	struct stack_walk down;

	stack_down(disks, dev, &down);
	for (unsigned int i = 1; i < down.n; i++)
		if (down.from[i] != (int)i - 1)
			return;
	if (down.n > CHAIN_MAX / 2)
		return;
	for (unsigned int i = down.n; i-- > 1;)
		c->dev[c->n++] = down.dev[i];
}

static void find_above(struct chain *c, const struct disks *disks, __u32 dev)
{
	const struct disk_mount *mount = disks_mount_on(disks, dev, 0);
	struct stack_walk up;
	unsigned int at;

	stack_up(disks, dev, &up);
	at = up.n - 1;
	for (unsigned int i = 0; mount && i < up.n; i++)
		if (up.dev[i] == mount->dev)
			at = i;
	c->dev[c->n++] = dev;
	follow(c, &up, at);
	c->mount = mount;
	while (mount && c->more < 32 && disks_mount_on(disks, dev, c->more + 1))
		c->more++;
}

/* ---- words ---- */

struct line {
	char s[2 * TEXT_MAX];
	size_t n;
};

static void put(struct line *line, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(line->s) - 1 - line->n)
		n = sizeof(line->s) - 1 - line->n;
	memcpy(line->s + line->n, text, n);
	line->n += n;
	line->s[line->n] = '\0';
}

static int by_slot(const void *a, const void *b)
{
	const struct event_raid_member *x = *(const struct event_raid_member *const *)a;
	const struct event_raid_member *y = *(const struct event_raid_member *const *)b;

	return x->slot != y->slot ? (x->slot < y->slot ? -1 : 1) : strcmp(x->name, y->name);
}

static void put_members(struct line *line, const struct disks *disks, __u32 dev)
{
	const struct event_raid_member *m[8];
	unsigned int n = 0, all = 0;

	while ((m[n] = stack_member(&disks->stack, dev, all))) {
		all++;
		n += n < 7;
	}
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted */
	qsort(m, n, sizeof(m[0]), by_slot);
	put(line, n ? ":" : "");
	for (unsigned int i = 0; i < n && i < 4; i++) {
		put(line, " ");
		put(line, text_name(m[i]->name, 15).s);
		put(line, m[i]->flags & RAID_MEMBER_FAULTY ? "!" : "");
	}
	put(line, all > 4 ? " .." : "");
}

static void put_lowers(struct line *line, const struct disks *disks, __u32 dev)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < disks->stack.n_links && n < 4; i++) {
		const struct disk *lower = disks_find(disks, disks->stack.link[i].lower);

		if (disks->stack.link[i].upper != dev || !lower)
			continue;
		put(line, n++ ? " " : ": ");
		put(line, text_name(lower->info.name, 15).s);
	}
}

/* What else a device is, in brackets: "(raid1: sda1 sdb1)", "(multipath: sda sdb)", "(crypt)". */
static void put_kind(struct line *line, const struct disks *disks, const struct disk *disk,
		     enum detail detail)
{
	const struct stack_raid *raid = stack_raid(&disks->stack, disk->info.dev);

	if (raid) {
		put(line, " (");
		put(line, text_name(raid->now.level, 12).s);
		if (detail == MEMBERS)
			put_members(line, disks, disk->info.dev);
		put(line, ")");
	} else if (strcmp(disk->info.layer, "mpath") == 0) {
		put(line, " (multipath");
		if (detail == MEMBERS)
			put_lowers(line, disks, disk->info.dev);
		put(line, ")");
	} else if (strcmp(disk->info.layer, "CRYPT") == 0) {
		put(line, " (crypt)");
	}
}

static void put_device(struct line *line, const struct disks *disks, __u32 dev, enum detail detail)
{
	const struct disk *disk = disks_find(disks, dev);
	bool mapping = disk && strncmp(disk->info.name, "dm-", 3) == 0 && disk->info.backing[0];
	char number[16];

	if (!disk) {
		snprintf(number, sizeof(number), "%u:%u", dev >> 20, dev & 0xfffff);
		put(line, number);
		return;
	}
	put(line, text_name(mapping ? disk->info.backing : disk->info.name, 24).s);
	if (detail > NAMES_ONLY)
		put_kind(line, disks, disk, detail);
}

static void compose(struct line *line, const struct disks *disks, const struct chain *c,
		    enum detail detail, unsigned int mount_most)
{
	char more[24];

	line->n = 0;
	for (unsigned int i = 0; i < c->n; i++) {
		put(line, i ? " > " : "");
		put_device(line, disks, c->dev[i], detail);
	}
	if (!c->mount)
		return;
	put(line, " > ");
	put(line, text_name(c->mount->fstype, 10).s);
	put(line, " > ");
	put(line, text_name(c->mount->mount, mount_most).s);
	snprintf(more, sizeof(more), " (and %u more)", c->more);
	put(line, c->more ? more : "");
}

bool disk_chain_text(const struct model *model, const struct disk *disk, char *to, size_t columns)
{
	const struct disks *disks = model_disks(model);
	static const struct {
		enum detail detail;
		unsigned int mount;
	} tries[] = {{MEMBERS, 32}, {MEMBERS, 16}, {LEVELS, 32}, {LEVELS, 16}, {NAMES_ONLY, 16}};
	struct chain chain = {0};
	struct line line = {.n = 0};

	find_below(&chain, disks, disk->info.dev);
	find_above(&chain, disks, disk->info.dev);
	if (chain.n < 2 && !chain.mount)
		return false;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		compose(&line, disks, &chain, tries[i].detail, tries[i].mount);
		if (line.n <= columns)
			break;
	}
	if (line.n > columns)
		line.s[columns] = '\0';
	memcpy(to, line.s, strlen(line.s) + 1);
	return true;
}
