/* SPDX-License-Identifier: BSD-2-Clause */
/* fs_stats.c - what write-back lost, by file system, as events; see fs_stats.h. */
#include "probe/fs_stats.h"

#include <string.h>

#include <culprit/map_fs.h>

#include "probe/kernel_read.h"

struct fs_seen {
	struct fs_wb_key key;
	unsigned long long hash;
};

struct walk {
	struct fs_stats *stats;
	unsigned long long now_ns;
	event_fn fn;
	void *ctx;
};

void fs_stats_init(struct fs_stats *stats, int fd)
{
	memset(stats, 0, sizeof(*stats));
	id_table_init(&stats->seen, sizeof(struct fs_wb_key), sizeof(struct fs_seen), FS_WB_MAX);
	stats->fd = fd;
}

void fs_stats_done(struct fs_stats *stats)
{
	id_table_done(&stats->seen);
}

static int show(void *ctx, const void *data, const void *values)
{
	const struct fs_wb_key *key = data;
	const struct fs_wb_value *value = values;
	struct event_fs_wb event = {.h = {.type = EVENT_FS_WB, .size = sizeof(event)}};
	const struct walk *walk = ctx;
	struct fs_seen *seen;
	unsigned long long hash;
	bool is_new;

	event.ranges = value->ranges;
	event.files = value->files;
	event.heard = value->heard;
	event.told = value->told;
	event.deleted = value->deleted;
	event.ino = value->ino;
	event.dev = key->dev;
	event.err = value->err;
	event.magic = value->magic;
	event.bdev = key->bdev;
	memcpy(event.fstype, value->fstype, sizeof(event.fstype) - 1);
	memcpy(event.id, value->id, sizeof(event.id) - 1);
	walk->stats->used++;
	hash = id_hash(&event.ranges, sizeof(event) - sizeof(event.h));
	seen = id_table_add(&walk->stats->seen, key, &is_new);
	if (seen && !is_new && seen->hash == hash)
		return 0;
	if (seen)
		seen->hash = hash;
	event.h.ts_ns = walk->now_ns;
	return walk->fn(walk->ctx, &event.h);
}

int fs_stats_snapshot(struct fs_stats *stats, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct walk walk = {.stats = stats, .now_ns = now_ns, .fn = fn, .ctx = ctx};

	if (stats->fd < 0)
		return 0;
	stats->used = 0;
	return map_walk(stats->fd, sizeof(struct fs_wb_key), sizeof(struct fs_wb_value), 1, show,
			&walk);
}
