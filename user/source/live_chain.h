/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_chain.h - EVENT_DISK_LINK: which block devices are made of which; EVENT_RAID and EVENT_RAID_MEMBER:
 * the state of md arrays.
 *
 * Links are read again when the list of disks was (a device came, went, changed its size; and once in a while), when an
 * array's state moved, and after errors. In between a poll costs three small files an array.
 */
#ifndef CULPRIT_SOURCE_LIVE_CHAIN_H
#define CULPRIT_SOURCE_LIVE_CHAIN_H

#include "source/emit.h"
#include "source/live_disks.h"

#define LIVE_LINKS_MAX	 4096
#define LIVE_RAIDS_MAX	 64
#define LIVE_MEMBERS_MAX 64 /* of one array */

struct live_chain;

/* Looks at root/sys/block and root/proc/self/mountinfo: root is "" but in tests. NULL when out of memory. */
struct live_chain *live_chain_new(const char *root);
/* Something failed: what md did about it shows within the next polls. */
void live_chain_suspect(struct live_chain *chain);
/* Compares what is there with what was told; `disks` was polled before. 0, -ENOMEM or what `emit` failed with. */
int live_chain_poll(struct live_chain *chain, const struct live_disks *disks, struct emit *emit);
/* The same between two polls: only when the list of disks was read again. */
int live_chain_follow(struct live_chain *chain, const struct live_disks *disks, struct emit *emit);
/* EVENT_TABLE. */
int live_chain_account(const struct live_chain *chain, struct emit *emit);
void live_chain_free(struct live_chain *chain);

#endif
