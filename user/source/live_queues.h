/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_queues.h - EVENT_BLOCK_QUEUE: what each disk's queue holds, and whether it moves.
 *
 * One file (/proc/diskstats) is read a look. A disk's requests themselves are looked at only when some are
 * in flight and nothing completes, or have been in flight at several looks; what blk-throttle holds back,
 * while the disk does something. While a disk does not move, EVENT_TASK_BLOCKED tells who waits in state D.
 */
#ifndef CULPRIT_SOURCE_LIVE_QUEUES_H
#define CULPRIT_SOURCE_LIVE_QUEUES_H

#include "probe/probes.h"
#include "source/emit.h"
#include "source/live_disks.h"

#define LIVE_QUEUES_MAX 2048

struct live_queues;

/* Reads root/proc/diskstats: root is "" but in tests. NULL when out of memory. */
struct live_queues *live_queues_new(const char *root);
/* One look. `probes` may be NULL (tests). 0, or what `emit` failed with. */
int live_queues_poll(struct live_queues *queues, struct probes *probes,
		     const struct live_disks *disks, struct emit *emit);
/* EVENT_TABLE. */
int live_queues_account(const struct live_queues *queues, struct emit *emit);
void live_queues_free(struct live_queues *queues);

#endif
