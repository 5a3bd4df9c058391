/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_stack.h - what is stacked on a disk, in words and as consequence: does an array make its errors good? */
#ifndef CULPRIT_DISK_STACK_H
#define CULPRIT_DISK_STACK_H

#include "rules/rule.h"
#include "rules/subjects.h"
#include "rules/text.h"

/* An array that is made to lose members, or a multipath device that is made to lose paths. */
struct disk_array {
	const struct stack_raid *raid; /* NULL: none is above the disk */
	const struct disk *disk;       /* the array's, or the multipath device's */
	const struct event_raid_member
		*member; /* of it, in or under which the disk is; NULL: not told */
	bool out;	 /* the member has been taken out, or is not in sync */
	bool gone;	 /* the disk is */
	bool failed;	 /* the array serves no data any more */
	const struct event_raid_member *fails_too; /* as raid_last_fails() */
	bool spared; /* all data is on the other members, and they are there; or other paths lead to it */
	bool outside; /* that is so of the array's part only: there is more on the disk */
	unsigned int
		paths; /* other ones of the multipath device, that are there; raid is NULL then */
};

/* The nearest array above the disk; where there is none, the multipath device. */
void disk_array_above(struct disk_array *a, const struct model *model, const struct disk *disk);
/* Other paths of the multipath device above the disk, that are there and of use; 0 too where that device fails requests
 * itself. -1: there is no such device. */
int disk_other_paths(const struct model *model, const struct disk *disk);
/* Of a level that can lose a member. */
bool raid_is_redundant(const struct event_raid *raid);
/* So many members more may be lost at least. */
unsigned int raid_spare_members(const struct event_raid *raid);
/* The disk of a member is not there any more. */
bool raid_member_is_gone(const struct disks *disks, const struct event_raid_member *member);
/* So many are not there: md counts them missing, or their disk is gone and md does not know yet. */
unsigned int raid_lost_members(const struct disks *disks, const struct event_raid *raid);
/* It serves no data any more. */
bool raid_has_failed(const struct disks *disks, const struct event_raid *raid);
/* No member more may be lost, and one that all would be needed of has failed writes: md keeps the last one whatever
 * becomes of it. NULL: none, or there are others with its data. */
const struct event_raid_member *raid_last_fails(const struct disks *disks,
						const struct event_raid *raid);

/* It serves no data any more, or what is left of it fails as well: members are to be brought back, none taken out. */
bool disk_array_is_lost(const struct disk_array *a);

/* "md0 healed them, no data lost": what the array made of failed requests; empty without one. `reads`: only
 * reads failed. */
struct text disk_array_text(const struct disk_array *a, bool reads);

/* One line, "sdb > sdb1 > md0 (raid1: sda1 sdb1) > vg-data > ext4 > /data", in at most `columns` (96)
 * characters; false when nothing is known above or below the disk. */
bool disk_chain_text(const struct model *model, const struct disk *disk, char *to, size_t columns);

/* Adds what lies above the disk to what the claim affects: arrays and file systems. */
void disk_stack_affects(struct claim *claim, const struct model *model, const struct disk *disk);
/* "not md0: sda1 1,198 reads, 0 errors": the other members. */
void disk_stack_siblings(struct claim *claim, const struct model *model,
			 const struct disk_array *a);
/* The mdadm command for a member whose disk is to be replaced; of an array that is lost, raid_lost_advice(). */
void disk_stack_advice(struct claim *claim, const struct disk_array *a);
/* What is left to do for an array that has failed, or else whose last member fails; and whom to call. */
void raid_lost_advice(struct claim *claim, bool failed);

#endif
