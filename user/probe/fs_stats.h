/* SPDX-License-Identifier: BSD-2-Clause */
/* fs_stats.h - what write-back lost, by file system, as events: what changed is sent. */
#ifndef CULPRIT_FS_STATS_H
#define CULPRIT_FS_STATS_H

#include "probe/id_table.h"
#include "source/source.h"

struct fs_stats {
	struct id_table seen; /* what was last sent */
	int fd;		      /* map fs_wb; -1: it is not loaded */
	unsigned int used;    /* entries at the last snapshot */
};

void fs_stats_init(struct fs_stats *stats, int fd);
int fs_stats_snapshot(struct fs_stats *stats, unsigned long long now_ns, event_fn fn, void *ctx);
void fs_stats_done(struct fs_stats *stats);

#endif
