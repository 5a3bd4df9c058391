/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_stack.c - what arrays above a disk make of its errors; see disk_stack.h. The words for the whole stack are in
 * disk_chain.c. */
#include "rules/disk_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/disk_benign.h"
#include "rules/disk_status.h"

#define AFFECTED_MAX 32

/* ---- levels ---- */

/* How many members may be lost by level (Documentation/admin-guide/md.rst): of raid10 at least one, whatever its
 * layout. */
static unsigned int may_lose(const struct event_raid *raid)
{
	if (strcmp(raid->level, "raid1") == 0)
		return raid->disks ? raid->disks - 1 : 0;
	if (strcmp(raid->level, "raid6") == 0)
		return 2;
	if (strcmp(raid->level, "raid4") == 0 || strcmp(raid->level, "raid5") == 0 ||
	    strcmp(raid->level, "raid10") == 0)
		return 1;
	return 0;
}

bool raid_is_redundant(const struct event_raid *raid)
{
	return may_lose(raid) > 0;
}

unsigned int raid_spare_members(const struct event_raid *raid)
{
	unsigned int n = may_lose(raid);

	return n > raid->degraded ? n - raid->degraded : 0;
}

bool raid_member_is_gone(const struct disks *disks, const struct event_raid_member *member)
{
	const struct disk *disk = disks_find(disks, member->member);

	if (disk && disk->info.parent)
		disk = disks_find(disks, disk->info.parent);
	return disk && disk->gone;
}

unsigned int raid_lost_members(const struct disks *disks, const struct event_raid *raid)
{
	const struct event_raid_member *m;
	unsigned int lost = raid->degraded;

	/* md learns that a disk is gone by the next request to it. */
	for (unsigned int i = 0; (m = stack_member(&disks->stack, raid->dev, i)); i++)
		lost += m->flags & RAID_MEMBER_IN_SYNC && !(m->flags & RAID_MEMBER_FAULTY) &&
			raid_member_is_gone(disks, m);
	return lost < raid->disks ? lost : raid->disks;
}

bool raid_has_failed(const struct disks *disks, const struct event_raid *raid)
{
	unsigned int lost = raid_lost_members(disks, raid);

	if (strcmp(raid->state, "broken") == 0)
		return true;
	/* A raid10 of four may well live without two. */
	if (strcmp(raid->level, "raid10") == 0)
		return lost > raid->disks / 2;
	return raid_is_redundant(raid) && lost > may_lose(raid);
}

const struct event_raid_member *raid_last_fails(const struct disks *disks,
						const struct event_raid *raid)
{
	const struct event_raid_member *m, *fails = NULL;
	bool mirror = strcmp(raid->level, "raid1") == 0;

	/* Which two of a raid10's hold the same is not told. */
	if (!raid->degraded || raid_spare_members(raid) || strcmp(raid->level, "raid10") == 0)
		return NULL;
	for (unsigned int i = 0; (m = stack_member(&disks->stack, raid->dev, i)); i++) {
		if (!(m->flags & RAID_MEMBER_IN_SYNC) || m->flags & RAID_MEMBER_FAULTY)
			continue;
		if (m->flags & RAID_MEMBER_WRITES_FAIL)
			fails = m;
		else if (mirror)
			return NULL;
	}
	return fails;
}

/* ---- the array above a disk ---- */

/* Which member of the array the walk came through; one whose device is gone is known by its name only. */
static const struct event_raid_member *member_of(const struct disks *disks, __u32 raid,
						 const struct stack_walk *up)
{
	const struct event_raid_member *m;

	for (unsigned int i = 0; (m = stack_member(&disks->stack, raid, i)); i++) {
		for (unsigned int at = 0; at < up->n; at++) {
			const struct disk *on = disks_find(disks, up->dev[at]);

			if (m->member ? m->member == up->dev[at]
				      : on && strcmp(on->info.name, m->name) == 0)
				return m;
		}
	}
	return NULL;
}

static bool is_mounted(const struct disks *disks, __u32 dev)
{
	for (unsigned int i = 0; i < disks->n_mounts; i++)
		if (disks->mount[i].dev == dev)
			return true;
	return false;
}

/* Is there something on the disk beside what the array holds, that has no other copy? Where on the disk a request failed is
 * not compared with where its partitions are. */
static bool more_on_disk(const struct disks *disks, const struct stack_walk *up, __u32 array)
{
	for (unsigned int i = 0; i < up->n; i++) {
		const struct stack_raid *other = stack_raid(&disks->stack, up->dev[i]);

		if (up->dev[i] == array || stack_is_below(disks, up->dev[i], array) ||
		    stack_is_below(disks, array, up->dev[i]))
			continue;
		if (other ? !raid_spare_members(&other->now) : is_mounted(disks, up->dev[i]))
			return true;
	}
	return false;
}

/* The multipath device above the disk; NULL: none. */
static const struct disk *multipath_above(const struct disks *disks, const struct stack_walk *up)
{
	for (unsigned int i = 1; i < up->n; i++) {
		const struct disk *upper = disks_find(disks, up->dev[i]);

		if (upper && strcmp(upper->info.layer, "mpath") == 0)
			return upper;
	}
	return NULL;
}

/* It ran out of paths, whatever there seem to be. */
static bool fails_itself(const struct model *model, const struct disk *disk)
{
	for (unsigned int i = 0; i < disk->n_faults; i++)
		if (disk_failure_of(disk->fault[i].op, disk->fault[i].status) != FAILURE_NONE &&
		    disk_fault_window(&disk->fault[i], model_frame(model), FAULT_HARMFUL))
			return true;
	return false;
}

/* Paths of a multipath device that are not the disk's, and could be used. */
static unsigned int other_paths(const struct model *model, const struct disk *mpath,
				const struct stack_walk *up)
{
	const struct disks *disks = model_disks(model);
	const struct stack_link *link = disks->stack.link;
	unsigned int n = 0;

	if (fails_itself(model, mpath))
		return 0;
	for (unsigned int i = 0; i < disks->stack.n_links; i++) {
		const struct disk *path = disks_find(disks, link[i].lower);
		bool own = false;

		for (unsigned int at = 0; at < up->n; at++)
			own |= up->dev[at] == link[i].lower;
		n += link[i].upper == mpath->info.dev && !own && path && !path->gone &&
		     !disk_path_is_away(path);
	}
	return n;
}

int disk_other_paths(const struct model *model, const struct disk *disk)
{
	const struct disk *mpath;
	struct stack_walk up;

	stack_up(model_disks(model), disk->info.dev, &up);
	mpath = multipath_above(model_disks(model), &up);
	return mpath ? (int)other_paths(model, mpath, &up) : -1;
}

static void find_paths(struct disk_array *a, const struct model *model, const struct stack_walk *up)
{
	const struct disk *mpath = multipath_above(model_disks(model), up);

	a->paths = mpath ? other_paths(model, mpath, up) : 0;
	if (!a->paths)
		return;
	a->disk = mpath;
	a->spared = true;
}

void disk_array_above(struct disk_array *a, const struct model *model, const struct disk *disk)
{
	const struct disks *disks = model_disks(model);
	const struct event_raid *now;
	struct stack_walk up;

	memset(a, 0, sizeof(*a));
	stack_up(disks, disk->info.dev, &up);
	for (unsigned int i = 1; i < up.n && !a->raid; i++) {
		const struct stack_raid *raid = stack_raid(&disks->stack, up.dev[i]);

		if (raid && raid_is_redundant(&raid->now)) {
			a->raid = raid;
			a->disk = disks_find(disks, up.dev[i]);
		}
	}
	if (!a->raid || !a->disk) {
		a->raid = NULL;
		find_paths(a, model, &up);
		return;
	}
	now = &a->raid->now;
	a->member = member_of(disks, now->dev, &up);
	a->gone = disk->gone;
	a->out = a->member && !(a->member->flags & RAID_MEMBER_IN_SYNC);
	a->failed = raid_has_failed(disks, now);
	a->fails_too = raid_last_fails(disks, now);
	/* What is lost with this member is spared if one more could be lost, or it is lost already and the rest
	 * is enough. */
	a->spared = !a->failed && !a->fails_too &&
		    (raid_spare_members(now) > 0 || (a->out && now->degraded <= may_lose(now)));
	a->outside = a->spared && more_on_disk(disks, &up, now->dev);
	a->spared = a->spared && !a->outside;
}

bool disk_array_is_lost(const struct disk_array *a)
{
	return a->failed || a->fails_too;
}

struct text disk_array_text(const struct disk_array *a, bool reads)
{
	struct text text = {""};
	const char *name;

	if (a->paths) {
		name = a->disk->info.backing[0] ? a->disk->info.backing : a->disk->info.name;
		snprintf(text.s, sizeof(text.s), "%.20s has %.20s, no data lost",
			 text_name(name, 20).s, text_plural(a->paths, "other path").s);
	}
	if (!a->raid)
		return text;
	name = a->disk->info.name;
	if (a->outside)
		snprintf(text.s, sizeof(text.s), "only %.15s has a copy", name);
	else if (a->fails_too && a->fails_too != a->member)
		snprintf(text.s, sizeof(text.s), "%.15s's %.20s fails writes too", name,
			 a->fails_too->name);
	else if (!a->spared)
		snprintf(text.s, sizeof(text.s), "%.15s %s", name,
			 a->failed ? "failed" : "has no other copy");
	else if (a->out)
		snprintf(text.s, sizeof(text.s), "%.15s runs without it, no data lost", name);
	else if (!reads)
		snprintf(text.s, sizeof(text.s), "%.15s has another copy, no data lost", name);
	else /* md rewrites what it can, and else keeps a list of bad blocks */
		snprintf(text.s, sizeof(text.s), "%.15s %s, no data lost", name,
			 a->member && a->member->corrected ? "healed them" : "read another copy");
	return text;
}

/* ---- what the claim says ---- */

void disk_stack_affects(struct claim *claim, const struct model *model, const struct disk *disk)
{
	const struct disks *disks = model_disks(model);
	const struct disk_mount *mount;
	struct stack_walk up;
	struct subject s;

	stack_up(disks, disk->info.dev, &up);
	for (unsigned int i = 1; i < up.n; i++) {
		const struct disk *array = disks_find(disks, up.dev[i]);

		if (!array || !stack_raid(&disks->stack, up.dev[i]))
			continue;
		s = subject_raid(array);
		claim_affects(claim, &s);
	}
	for (unsigned int i = 0;
	     i < AFFECTED_MAX && (mount = disks_mount_on(disks, disk->info.dev, i)); i++) {
		s = subject_mount(mount);
		claim_affects(claim, &s);
	}
}

static __u64 failures(const struct disk *disk)
{
	__u64 n = 0;

	for (unsigned int i = 0; i < disk->n_faults; i++)
		n += disk->fault[i].now[FAULT_HARMFUL];
	return n;
}

void disk_stack_siblings(struct claim *claim, const struct model *model, const struct disk_array *a)
{
	const struct disks *disks = model_disks(model);
	const struct event_raid_member *m;
	char list[64] = "";
	__u64 ios = 0, failed = 0;
	size_t at = 0;

	if (!a->raid || disk_array_is_lost(a))
		return;
	for (unsigned int i = 0; (m = stack_member(&disks->stack, a->raid->now.dev, i)); i++) {
		const struct disk *disk = disks_find(disks, m->member);

		if (m == a->member || !disk || raid_member_is_gone(disks, m) ||
		    !(m->flags & RAID_MEMBER_IN_SYNC))
			continue;
		if (disk->info.parent)
			disk = disks_find(disks, disk->info.parent);
		if (!disk)
			continue;
		ios += disk_requests(disk, BLOCK_READ) + disk_requests(disk, BLOCK_WRITE);
		failed += failures(disk);
		if (at < 24)
			at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%.10s",
					       at ? " " : "", disk->info.name);
	}
	if (at && ios && !failed)
		claim_text(claim, ROLE_AGAINST, "not %.15s: %.40s did %s, 0 errors",
			   a->disk->info.name, list, text_plural(ios, "I/O").s);
}

void raid_lost_advice(struct claim *claim, bool failed)
{
	claim_advice(claim, true,
		     failed ? "Bring the members back before anything else"
			    : "Copy off what still reads, before any repair",
		     "%s", "");
	snprintf(claim->call, sizeof(claim->call),
		 "whoever has the backup; do not recreate the array");
}

void disk_stack_advice(struct claim *claim, const struct disk_array *a)
{
	const char *array, *member;

	if (a->paths)
		claim_advice(claim, false, "See which paths are left", "multipath -ll");
	if (disk_array_is_lost(a))
		raid_lost_advice(claim, a->failed);
	if (!a->raid || !a->member || disk_array_is_lost(a))
		return;
	array = a->disk->info.name;
	member = a->member->name;
	if (!text_is_plain_word(array) || !text_is_plain_word(member))
		return;
	/* Its node in /dev is gone with it: mdadm has a word for that. */
	if (a->gone)
		claim_advice(claim, true, "then put a new one in and --add it",
			     "mdadm /dev/%.24s --remove detached", array);
	else if (a->out)
		claim_advice(claim, true, "then put a new one in and --add it",
			     "mdadm /dev/%.24s --remove /dev/%.24s", array, member);
	else if (a->spared || a->outside)
		claim_advice(claim, true, "add a spare first",
			     "mdadm /dev/%.24s --replace /dev/%.24s", array, member);
}
