/* SPDX-License-Identifier: BSD-2-Clause */
/* block_stats.h - the counters of every disk as events: what changed is sent. */
#ifndef CULPRIT_BLOCK_STATS_H
#define CULPRIT_BLOCK_STATS_H

#include "probe/id_table.h"
#include "source/source.h"

struct block_stats {
	struct id_table seen; /* what was last sent, of either map */
	int stats_fd;
	int errors_fd;
	int splits_fd; /* negative: none */
	unsigned int cpus;
	unsigned int used; /* entries of block_stats at the last snapshot */
};

void block_stats_init(struct block_stats *stats, int stats_fd, int errors_fd, int splits_fd,
		      unsigned int cpus);
int block_stats_snapshot(struct block_stats *stats, unsigned long long now_ns, event_fn fn,
			 void *ctx);
/* Forgets what was split for a disk that is armed no longer. */
void block_stats_unsplit(struct block_stats *stats, unsigned int dev);
/* The disk's request queue (a kernel address) as its latest completion knew it; 0 = unknown. */
unsigned long long block_stats_queue(const struct block_stats *stats, unsigned int dev);
void block_stats_done(struct block_stats *stats);

/* Entries that the map needs: eight for each disk of /sys/block, at least 64. */
unsigned int block_stats_entries(void);

#endif
