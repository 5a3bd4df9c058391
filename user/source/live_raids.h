/* SPDX-License-Identifier: BSD-2-Clause */
/* live_raids.h - the md arrays' part of live_chain.c. */
#ifndef CULPRIT_SOURCE_LIVE_RAIDS_H
#define CULPRIT_SOURCE_LIVE_RAIDS_H

#include <stdbool.h>

#include "source/live_chain.h"

struct live_raid {
	struct event_raid told; /* the header is zero */
	struct event_raid_member *member;
	unsigned int n, room;
	char name[32];
	bool here;
	bool new;
};

struct live_raids {
	struct live_raid item[LIVE_RAIDS_MAX];
	unsigned int n;
	__u64 dropped;	   /* the most at one time: arrays and members */
	__u64 dropped_now; /* in this reading */
	unsigned int turn; /* polls */
};

/* Takes up the arrays that are new in the list of disks, and forgets those that are gone from it. */
void live_raids_list(struct live_raids *raids, const struct live_disks *disks);
/* Whether an array's state moved since it was told: three small files each. */
bool live_raids_moved(struct live_raids *raids, const char *sys_block);
/* Reads all of them with their members, and tells what changed. */
int live_raids_tell(struct live_raids *raids, const char *sys_block, struct emit *emit);
void live_raids_done(struct live_raids *raids);

#endif
