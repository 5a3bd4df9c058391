/* SPDX-License-Identifier: BSD-2-Clause */
/* block_stats.c - the counters of every disk as events; see block_stats.h. */
#include "probe/block_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <culprit/map_block.h>

#include "probe/kernel_read.h"
#include "small_file.h"

/* One for each kind of request that a disk sees; and for disks that come later, or see more kinds. Each is held once for
 * each possible processor. */
#define ENTRIES_PER_DISK 5
#define ENTRIES_SPARE	 64
#define ENTRIES_MAX	 8192
#define SEEN_MAX	 (ENTRIES_MAX + BLOCK_ERRORS_MAX + BLOCK_SPLITS_MAX)
/* In place of a status, of the keys of the other maps. */
#define STATUS_STAT  0xffffU
#define STATUS_SPLIT 0xfff0U

/* The key of any of the maps. */
struct block_seen {
	struct {
		__u32 dev;
		__u16 op;
		__u16 status;
	} key;
	unsigned long long hash;
	unsigned long long queue; /* struct request_queue *, by the latest completion */
	unsigned long long last_ns;
};

struct walk {
	struct block_stats *stats;
	unsigned long long now_ns;
	event_fn fn;
	void *ctx;
};

void block_stats_init(struct block_stats *stats, int stats_fd, int errors_fd, int splits_fd,
		      unsigned int cpus)
{
	memset(stats, 0, sizeof(*stats));
	id_table_init(&stats->seen, sizeof(((struct block_seen *)0)->key),
		      sizeof(struct block_seen), SEEN_MAX);
	stats->stats_fd = stats_fd;
	stats->errors_fd = errors_fd;
	stats->splits_fd = splits_fd;
	stats->cpus = cpus;
}

void block_stats_done(struct block_stats *stats)
{
	id_table_done(&stats->seen);
}

/* Has it requests of its own? One that is made of others has none, and a loop device without a file is nothing yet. */
static bool is_counted(int block_dir, const char *name)
{
	char path[288];

	snprintf(path, sizeof(path), "%s/mq", name);
	if (faccessat(block_dir, path, F_OK, 0) < 0)
		return false;
	snprintf(path, sizeof(path), "%s/size", name);
	return small_file_u64(block_dir, path) > 0;
}

unsigned int block_stats_entries(void)
{
	DIR *dir = opendir("/sys/block");
	const struct dirent *entry;
	unsigned int disks = 0, entries;

	if (dir) {
		while ((entry = readdir(dir)))
			disks += entry->d_name[0] != '.' && is_counted(dirfd(dir), entry->d_name);
		closedir(dir);
	}
	entries = ENTRIES_SPARE + disks * ENTRIES_PER_DISK;
	return entries > ENTRIES_MAX ? ENTRIES_MAX : entries;
}

/* Sends it when it differs from what was sent before. */
static int send_changed(const struct walk *walk, __u32 dev, __u32 op, __u32 status,
			struct event *event)
{
	struct block_seen key = {.key = {dev, (__u16)op, (__u16)status}}, *seen;
	unsigned long long hash = id_hash(event + 1, event->size - sizeof(*event));
	bool is_new;

	seen = id_table_add(&walk->stats->seen, &key.key, &is_new);
	if (seen && !is_new && seen->hash == hash)
		return 0;
	if (seen)
		seen->hash = hash;
	event->ts_ns = walk->now_ns;
	return walk->fn(walk->ctx, event);
}

/* The disk may be another one under the same number: the latest completion knows the present queue. */
static void learn_queue(struct block_stats *stats, const struct block_key *key,
			const struct block_value *value)
{
	struct block_seen *seen, want = {.key = {key->dev, (__u16)key->op, STATUS_STAT}};
	unsigned int cpu;

	seen = id_table_find(&stats->seen, &want.key);
	for (cpu = 0; seen && cpu < stats->cpus; cpu++, value++) {
		if (value->last_ns <= seen->last_ns)
			continue;
		seen->last_ns = value->last_ns;
		seen->queue = value->queue;
	}
}

unsigned long long block_stats_queue(const struct block_stats *stats, unsigned int dev)
{
	unsigned long long queue = 0, last_ns = 0;
	unsigned int op;

	for (op = 0; op < BLOCK_OPS; op++) {
		struct block_seen want = {.key = {dev, (__u16)op, STATUS_STAT}};
		const struct block_seen *seen = id_table_find(&stats->seen, &want.key);

		if (!seen || seen->last_ns <= last_ns)
			continue;
		last_ns = seen->last_ns;
		queue = seen->queue;
	}
	return queue;
}

/* dev 0 are disks without a number of their own (the paths of a multipath NVMe): nobody knows them. */
static int show_stat(void *ctx, const void *data, const void *values)
{
	const struct block_key *key = data;
	const struct block_value *value = values;
	struct event_block_stat event = {.h = {.type = EVENT_BLOCK_STAT, .size = sizeof(event)}};
	const struct walk *walk = ctx;
	unsigned int cpu, i;
	int ret;

	walk->stats->used++;
	if (!key->dev)
		return 0;
	event.dev = key->dev;
	event.op = key->op;
	for (cpu = 0; cpu < walk->stats->cpus; cpu++, value++) {
		event.requests += value->requests;
		event.bytes += value->bytes;
		event.errors += value->errors;
		event.unknown_start += value->unknown_start;
		for (i = 0; i < EVENT_HIST_SLOTS; i++)
			event.hist[i] += value->hist[i];
	}
	ret = send_changed(walk, key->dev, key->op, STATUS_STAT, &event.h);
	learn_queue(walk->stats, key, values);
	return ret;
}

static int show_status(void *ctx, const void *data, const void *values)
{
	const struct block_error_key *key = data;
	const struct block_error_value *value = values;
	struct event_block_status event = {
		.h = {.type = EVENT_BLOCK_STATUS, .size = sizeof(event)}};
	const struct walk *walk = ctx;
	unsigned int cpu;

	if (!key->dev)
		return 0;
	event.dev = key->dev;
	event.op = key->op;
	event.status = key->status;
	for (cpu = 0; cpu < walk->stats->cpus; cpu++, value++) {
		event.count += value->count;
		event.harmless += value->harmless;
		event.retried += value->retried;
	}
	return send_changed(walk, key->dev, key->op, key->status, &event.h);
}

static int show_split(void *ctx, const void *data, const void *values)
{
	const struct split_key *key = data;
	const struct split_value *value = values;
	struct event_block_split event = {.h = {.type = EVENT_BLOCK_SPLIT, .size = sizeof(event)}};
	const struct walk *walk = ctx;
	unsigned int cpu, i;

	event.dev = key->dev;
	event.op = key->op;
	event.large = key->large;
	for (cpu = 0; cpu < walk->stats->cpus; cpu++, value++) {
		event.requests += value->requests;
		event.bytes += value->bytes;
		event.queue_ns += value->queue_ns;
		event.device_ns += value->device_ns;
		for (i = 0; i < EVENT_HIST_SLOTS; i++)
			event.hist[i] += value->hist[i];
	}
	return send_changed(walk, key->dev, key->op, STATUS_SPLIT + (key->large != 0), &event.h);
}

void block_stats_unsplit(struct block_stats *stats, unsigned int dev)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct split_key key = {.dev = dev, .op = i / 2, .large = i % 2};

		bpf_map_delete_elem(stats->splits_fd, &key);
	}
}

int block_stats_snapshot(struct block_stats *stats, unsigned long long now_ns, event_fn fn,
			 void *ctx)
{
	struct walk walk = {.stats = stats, .now_ns = now_ns, .fn = fn, .ctx = ctx};
	int ret;

	stats->used = 0;
	ret = map_walk(stats->stats_fd, sizeof(struct block_key), sizeof(struct block_value),
		       stats->cpus, show_stat, &walk);
	if (ret == 0)
		ret = map_walk(stats->errors_fd, sizeof(struct block_error_key),
			       sizeof(struct block_error_value), stats->cpus, show_status, &walk);
	if (ret == 0 && stats->splits_fd >= 0)
		ret = map_walk(stats->splits_fd, sizeof(struct split_key),
			       sizeof(struct split_value), stats->cpus, show_split, &walk);
	return ret;
}
