/* SPDX-License-Identifier: BSD-2-Clause */
/* census.c - how many descriptors every process holds; see census.h. */
#include "probe/census.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include <culprit/map_files.h>

#include "probe/kernel_read.h"

#define PROCESSES_MAX 32768

struct process_key {
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
};

/* A process: what this census found, and what was last sent of it. */
struct process_seen {
	struct process_key key;
	__u64 cgroup_id;
	__u64 limit;
	__u64 hard;
	__u64 sent_limit;
	__u32 fds;
	__u32 sent_fds;
	__u32 uid;
	__u32 netns;
	__u32 round;
	bool sent;
	bool unknown; /* one of its tables could not be read: this count means nothing */
	char comm[EVENT_COMM_LEN];
};

struct reading {
	struct census *census;
	struct netns_list *netns;
};

void census_init(struct census *census, int link_fd)
{
	memset(census, 0, sizeof(*census));
	id_table_init(&census->processes, sizeof(struct process_key), sizeof(struct process_seen),
		      PROCESSES_MAX);
	id_table_init(&census->tables, sizeof(__u64), sizeof(__u64), PROCESSES_MAX);
	census->link_fd = link_fd;
}

void census_done(struct census *census)
{
	id_table_done(&census->processes);
	id_table_done(&census->tables);
}

/*
 * A process may have several tables (threads that unshared theirs), and several processes one
 * (CLONE_FILES): each table counts once, for the process that is seen first.
 */
static int on_record(void *ctx, const void *data)
{
	const struct census_record *record = data;
	const struct reading *reading = ctx;
	struct census *census = reading->census;
	struct process_key key = {.start_ns = record->start_ns, .pid = record->pid};
	struct process_seen *process;
	bool is_new, table_is_new;

	process = id_table_add(&census->processes, &key, &is_new);
	if (!process)
		return 0;
	if (process->round != census->round || is_new) {
		process->round = census->round;
		process->fds = 0;
		process->unknown = false;
		process->cgroup_id = record->cgroup_id;
		process->limit = record->limit;
		process->hard = record->hard;
		process->uid = record->uid;
		process->netns = record->netns;
		memcpy(process->comm, record->comm, sizeof(process->comm));
	}
	if (record->flags & CENSUS_UNKNOWN)
		process->unknown = true;
	if (!id_table_add(&census->tables, &record->table, &table_is_new) || table_is_new)
		process->fds += record->fds;
	if (reading->netns)
		netns_seen(reading->netns, record->netns, record->pid);
	return 0;
}

static int send_fds(struct process_seen *process, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct event_proc_fds event = {
		.h = {.ts_ns = now_ns, .type = EVENT_PROC_FDS, .size = sizeof(event)},
		.start_ns = process->key.start_ns,
		.cgroup_id = process->cgroup_id,
		.limit = process->limit,
		.hard = process->hard,
		.pid = process->key.pid,
		.fds = process->fds,
		.uid = process->uid,
		.netns = process->netns,
	};

	memcpy(event.comm, process->comm, sizeof(event.comm));
	process->sent = true;
	process->sent_fds = process->fds;
	process->sent_limit = process->limit;
	return fn(ctx, &event.h);
}

static int send_gone(const struct process_key *key, unsigned long long now_ns, event_fn fn,
		     void *ctx)
{
	struct event_proc_gone event = {
		.h = {.ts_ns = now_ns, .type = EVENT_PROC_GONE, .size = sizeof(event)},
		.start_ns = key->start_ns,
		.pid = key->pid,
	};

	return fn(ctx, &event.h);
}

static int send_changes(struct census *census, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct process_seen *process;
	struct process_key key;
	unsigned int i = 0;
	bool sent;
	int ret = 0;

	while (i < census->processes.used && ret >= 0) {
		process = id_table_at(&census->processes, i);
		if (process->round != census->round) {
			key = process->key;
			sent = process->sent;
			id_table_remove_at(&census->processes, i);
			if (sent)
				ret = send_gone(&key, now_ns, fn, ctx);
			continue;
		}
		i++;
		if (process->unknown)
			continue;
		if (!process->sent || process->fds != process->sent_fds ||
		    process->limit != process->sent_limit)
			ret = send_fds(process, now_ns, fn, ctx);
	}
	return ret;
}

int census_snapshot(struct census *census, struct netns_list *netns, unsigned long long now_ns,
		    event_fn fn, void *ctx)
{
	struct reading reading = {.census = census, .netns = netns};
	int fd, ret;

	fd = bpf_iter_create(census->link_fd);
	if (fd < 0)
		return -errno;
	census->round++;
	id_table_clear(&census->tables);
	if (netns)
		netns_begin(netns);
	ret = iter_read(fd, sizeof(struct census_record), on_record, &reading);
	if (ret)
		return ret;
	if (netns)
		netns_end(netns);
	return send_changes(census, now_ns, fn, ctx);
}
