/* SPDX-License-Identifier: BSD-2-Clause */
/* live_disks.h - EVENT_DISK for each disk and partition that is new or changed, EVENT_DISK_GONE. */
#ifndef CULPRIT_SOURCE_LIVE_DISKS_H
#define CULPRIT_SOURCE_LIVE_DISKS_H

#include "source/emit.h"

#define LIVE_DISKS_MAX 2048 /* whole disks and partitions */

struct live_disks;
struct norms;

/* Looks at root/sys/block and root/proc/partitions: root is "" but in tests. NULL when out of
 * memory. */
struct live_disks *live_disks_new(const char *root);
/* Compares what is there with what was told. Cheap while nothing changes: /proc/partitions and one
 * small file a disk. A host without /sys has no disks; one that vanishes meanwhile is gone. 0,
 * -ENOMEM or what `emit` failed with. */
int live_disks_poll(struct live_disks *disks, struct emit *emit);
/* As it was told last, the header zero; NULL: not known. Valid until the next poll. */
const struct event_disk *live_disks_find(const struct live_disks *disks, __u32 dev);
/* Whether `dev` is known, and no partition. *hint: where looking goes on, for who asks in order. */
bool live_disks_is_whole(const struct live_disks *disks, __u32 dev, unsigned int *hint);
/* What former runs know of disks is told with each: EVENT_DISK_NORM. Borrowed; NULL: nothing. */
void live_disks_set_norms(struct live_disks *disks, const struct norms *norms);
/* The i-th disk or partition as told; NULL past the end. */
const struct event_disk *live_disks_at(const struct live_disks *disks, unsigned int i);
/* Whether `dev` is known. */
bool live_disks_has(const struct live_disks *disks, __u32 dev);
/* Grows with each reading of /sys/block: something may have changed. */
__u64 live_disks_readings(const struct live_disks *disks);
/* EVENT_TABLE. */
int live_disks_account(const struct live_disks *disks, struct emit *emit);
void live_disks_free(struct live_disks *disks);

#endif
