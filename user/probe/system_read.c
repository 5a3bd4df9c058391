/* SPDX-License-Identifier: BSD-2-Clause */
/* system_read.c - who ended badly, who waits; see system_read.h. */
#include "probe/system_read.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "probe/kernel_read.h"

/* So many bad ends of one name, and its good ones count too: somebody will judge it. */
#define WATCH_FROM 3

struct exit_seen {
	struct exit_key key;
	unsigned long long failed;
};

struct walk {
	struct exits *exits;
	unsigned long long now_ns;
	event_fn fn;
	void *ctx;
	unsigned int used;
	bool watch;
};

void exits_init(struct exits *exits, int exits_fd, int control_fd)
{
	memset(exits, 0, sizeof(*exits));
	exits->exits_fd = exits_fd;
	exits->control_fd = control_fd;
	id_table_init(&exits->seen, sizeof(struct exit_key), sizeof(struct exit_seen), EXITS_MAX);
}

void exits_done(struct exits *exits)
{
	id_table_done(&exits->seen);
}

unsigned long long exits_evicted(const struct exits *exits)
{
	return exits->made > exits->used ? exits->made - exits->used : 0;
}

static int show(void *ctx, const void *key_data, const void *value_data)
{
	const struct exit_value *value = value_data;
	const struct exit_key *key = key_data;
	struct walk *walk = ctx;
	struct event_proc_exits event = {
		.h = {.ts_ns = walk->now_ns, .type = EVENT_PROC_EXITS, .size = sizeof(event)},
		.failed = value->failed,
		.crashed = value->crashed,
		.oom = value->oom,
		.apart = value->apart,
		.well = value->well,
		.lived_ms = value->lived_ms,
		.last_ns = value->last_ns,
		.start_ns = value->start_ns,
		.pid = value->pid,
		.exit_code = value->exit_code,
	};
	struct exit_seen *seen;
	bool is_new;

	walk->used++;
	walk->watch |= value->failed >= WATCH_FROM;
	/* Full of names that are no more in the map: what is new is told each time. */
	seen = id_table_add(&walk->exits->seen, key, &is_new);
	if (!value->failed || (seen && !is_new && seen->failed == value->failed))
		return 0;
	if (seen)
		seen->failed = value->failed;
	memcpy(event.comm, key->comm, sizeof(event.comm));
	memcpy(event.unit, key->unit, sizeof(event.unit));
	memcpy(event.parent, value->parent, sizeof(event.parent));
	return walk->fn(walk->ctx, &event.h);
}

/* A race with a program that adds to the other two fields may lose one of their counts, no more: they say
 * when to look, not what is seen. */
static void set_watching(struct exits *exits, struct system_control *control, bool watch)
{
	__u32 key = 0;

	if (watch == exits->watching)
		return;
	exits->watching = watch;
	control->watching = watch;
	bpf_map_update_elem(exits->control_fd, &key, control, BPF_ANY);
}

int exits_snapshot(struct exits *exits, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct walk walk = {.exits = exits, .now_ns = now_ns, .fn = fn, .ctx = ctx};
	struct system_control control;
	__u32 key = 0;
	int ret;

	if (bpf_map_lookup_elem(exits->control_fd, &key, &control))
		return -errno;
	if (control.failures == exits->failures)
		return 0;
	/* When as many names as there is room for were told of, begin anew. */
	if (exits->seen.used == exits->seen.max)
		id_table_clear(&exits->seen);
	ret = map_walk(exits->exits_fd, sizeof(struct exit_key), sizeof(struct exit_value), 1, show,
		       &walk);
	if (ret)
		return ret;
	exits->failures = control.failures;
	exits->made = control.made;
	exits->used = walk.used;
	set_watching(exits, &control, walk.watch);
	return 0;
}

/* ---- who waits ---- */

struct reading {
	waiting_fn fn;
	void *ctx;
};

static int on_waiting(void *ctx, const void *record)
{
	const struct reading *reading = ctx;

	reading->fn(reading->ctx, record);
	return 0;
}

int waiting_read(int link_fd, waiting_fn fn, void *ctx)
{
	struct reading reading = {.fn = fn, .ctx = ctx};
	int fd = bpf_iter_create(link_fd);

	return fd < 0 ? -errno : iter_read(fd, sizeof(struct waiting_record), on_waiting, &reading);
}
