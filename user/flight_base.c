/* SPDX-License-Identifier: BSD-2-Clause */
/* flight_base.c - what outlives its block in the flight recorder; see flight_base.h. */
#include "flight_base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/event_fields.h"
#include "source/hash.h"

/* Processes, peers and disks with their operations, on a large host. */
#define BASE_MAX 32768U
#define KEYS_MAX 8

enum fate {
	FATE_MOMENT = 1, /* of its moment only */
	FATE_LATEST,	 /* the latest of each key holds */
	FATE_END,	 /* takes the latest of the same key of the types `ends` with it */
};

static const struct fate_row {
	__u32 type;
	enum fate fate;
	const char *key[KEYS_MAX]; /* names of fields; none: there is one of its kind */
	__u32 ends[2];
	__u32 gone; /* FATE_LATEST: with this bit in its `flags` it ends its own key */
} fates[] = {
	{EVENT_CLOCK, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_HOST, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_CONFIG, FATE_LATEST, {"key"}, {0}, 0},
	{EVENT_TICK, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_PULSE, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_END, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_PROBE, FATE_LATEST, {"name"}, {0}, 0},
	{EVENT_RING, FATE_LATEST, {"name"}, {0}, 0},
	{EVENT_TABLE, FATE_LATEST, {"name"}, {0}, 0},
	{EVENT_SELF, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_HOOK, FATE_LATEST, {"name"}, {0}, 0},
	{EVENT_DISK, FATE_LATEST, {"dev"}, {EVENT_DISK_GONE}, 0},
	{EVENT_DISK_GONE, FATE_LATEST, {"dev"}, {0}, 0},
	{EVENT_MOUNT, FATE_LATEST, {"dev", "mount"}, {0}, MOUNT_GONE},
	{EVENT_BLOCK_IO, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_BLOCK_STAT, FATE_LATEST, {"dev", "op"}, {0}, 0},
	{EVENT_BLOCK_STATUS, FATE_LATEST, {"dev", "op", "status"}, {0}, 0},
	{EVENT_BLOCK_QUEUE, FATE_LATEST, {"dev"}, {0}, 0},
	{EVENT_BLOCK_SPLIT, FATE_LATEST, {"dev", "op", "large"}, {0}, 0},
	{EVENT_DISK_NORM, FATE_LATEST, {"dev", "op", "slot"}, {0}, 0},
	{EVENT_IO_LIMIT, FATE_LATEST, {"dev", "cgroup_id"}, {0}, 0},
	{EVENT_TASK_BLOCKED, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_FS_SPACE, FATE_LATEST, {"dev"}, {0}, 0},
	{EVENT_FS_WB, FATE_LATEST, {"dev", "bdev"}, {0}, 0},
	{EVENT_FS_WB_FILE, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_FS_HEALTH, FATE_LATEST, {"dev"}, {0}, 0},
	{EVENT_FS_ERROR, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_THIN_POOL, FATE_LATEST, {"dev"}, {0}, 0},
	{EVENT_SMART, FATE_LATEST, {"dev"}, {0}, 0},
	{EVENT_DISK_LINK, FATE_LATEST, {"upper", "lower"}, {0}, DISK_LINK_GONE},
	{EVENT_RAID, FATE_LATEST, {"dev"}, {0}, 0},
	{EVENT_RAID_MEMBER, FATE_LATEST, {"dev", "name"}, {0}, RAID_MEMBER_GONE},
	{EVENT_NIC, FATE_LATEST, {"netns", "ifindex"}, {0}, 0},
	{EVENT_NIC_TIMEOUT, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_NIC_QUEUE, FATE_LATEST, {"netns", "ifindex"}, {0}, 0},
	{EVENT_DNS_SERVER, FATE_LATEST, {"addr", "netns"}, {0}, 0},
	{EVENT_DNS_TCP, FATE_LATEST, {"addr", "netns"}, {0}, 0},
	{EVENT_TCP_RETRANS, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_TCP_CONN, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_TCP_PEER,
	 FATE_LATEST,
	 {"peer.addr", "peer.netns", "peer.port", "peer.dir"},
	 {0},
	 TCP_PEER_GONE},
	{EVENT_TLS_ARMED, FATE_LATEST, {"comm"}, {0}, 0},
	{EVENT_TLS_OUTCOME,
	 FATE_LATEST,
	 {"peer.addr", "peer.netns", "peer.port", "peer.dir", "reason", "detail", "library",
	  "outcome"},
	 {0},
	 0},
	{EVENT_PROC, FATE_LATEST, {"pid", "start_ns"}, {0}, 0},
	{EVENT_PROC_FDS, FATE_LATEST, {"pid", "start_ns"}, {0}, 0},
	{EVENT_PROC_GONE, FATE_END, {"pid", "start_ns"}, {EVENT_PROC, EVENT_PROC_FDS}, 0},
	{EVENT_FD_GROUP, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_FD_SCAN, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_FILE_TABLE, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_FD_SITE, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_FD_ARMED, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_FD_STACK, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_FD_REFUSED, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_HOST_LOAD, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_HOST_CPU, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_OOM_KILL, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_PROC_EXITS, FATE_LATEST, {"comm", "unit"}, {0}, 0},
	{EVENT_TASK_WAITING, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_TASK_HANG, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_HARDWARE_REPORT, FATE_MOMENT, {NULL}, {0}, 0},
	{EVENT_NET_STACK, FATE_LATEST, {"netns"}, {0}, 0},
	{EVENT_SOCKET_QUEUE, FATE_LATEST, {"inode"}, {0}, 0},
	{EVENT_SOCKET_UNREAD, FATE_LATEST, {"inode"}, {0}, SOCKET_OVER},
	{EVENT_CONNTRACK, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_CLOCK_STATE, FATE_LATEST, {NULL}, {0}, 0},
	{EVENT_CLOCK_STEP, FATE_MOMENT, {NULL}, {0}, 0},
};

static const struct fate_row *fate_of(__u32 type)
{
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
		if (fates[i].type == type)
			return &fates[i];
	return NULL;
}

bool flight_knows(__u32 type)
{
	return fate_of(type) != NULL;
}

static const struct event_field *field_named(const struct event_desc *desc, const char *name)
{
	for (unsigned int i = 0; i < desc->n_fields; i++)
		if (strcmp(desc->fields[i].name, name) == 0)
			return &desc->fields[i];
	return NULL;
}

struct base_key {
	__u64 type;
	__u64 hash[2]; /* of the key's fields, from two starts: no two keys have met yet */
};

struct base_value {
	struct event *event;
	__u64 order;
};

static void release(void *ctx, void *value)
{
	struct flight_base *base = ctx;
	struct base_value *v = value;

	if (v->event)
		base->bytes -= v->event->size;
	free(v->event);
}

void flight_base_init(struct flight_base *base)
{
	memset(base, 0, sizeof(*base));
	table_init(&base->table, sizeof(struct base_key), sizeof(struct base_value), BASE_MAX);
	base->table.release = release;
	base->table.ctx = base;
}

void flight_base_done(struct flight_base *base)
{
	table_done(&base->table);
}

static struct base_key key_of(const struct fate_row *row, __u32 type, const struct event *event)
{
	const struct event_desc *desc = event_desc(event->type);
	struct base_key key = {.type = type, .hash = {HASH_START, ~HASH_START}};

	for (unsigned int i = 0; i < KEYS_MAX && row->key[i]; i++) {
		const struct event_field *f = field_named(desc, row->key[i]);

		for (unsigned int h = 0; f && h < 2; h++)
			key.hash[h] =
				hash_bytes(key.hash[h], (const char *)event + f->offset, f->length);
	}
	return key;
}

static bool is_gone(const struct fate_row *row, const struct event *event)
{
	const struct event_field *flags;

	if (!row->gone)
		return false;
	flags = field_named(event_desc(event->type), "flags");
	return flags && event_field_u64(event, flags) & row->gone;
}

static void put(struct flight_base *base, const struct base_key *key, const struct event *event)
{
	struct base_value *v = table_find(&base->table, key);
	struct event *copy = malloc(event->size);

	if (!copy || (!v && !(v = table_add(&base->table, key)))) {
		free(copy);
		base->forgotten++;
		return;
	}
	memcpy(copy, event, event->size);
	release(base, v);
	v->event = copy;
	v->order = ++base->order;
	base->bytes += copy->size;
	table_touch(&base->table, v);
}

void flight_base_fold(struct flight_base *base, const struct event *event)
{
	const struct fate_row *row = fate_of(event->type);
	struct base_key key;

	if (!row || row->fate == FATE_MOMENT || event_fault(event))
		return;
	for (unsigned int i = 0; i < 2 && row->ends[i]; i++) {
		key = key_of(row, row->ends[i], event);
		table_remove(&base->table, &key);
	}
	if (row->fate == FATE_END)
		return;
	key = key_of(row, event->type, event);
	if (is_gone(row, event))
		table_remove(&base->table, &key);
	else
		put(base, &key, event);
}

static int compare(const void *a, const void *b)
{
	const struct base_value *const *x = a, *const *y = b;
	__u64 xt = (*x)->event->ts_ns, yt = (*y)->event->ts_ns;

	if (xt != yt)
		return xt < yt ? -1 : 1;
	return (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

int flight_base_each(struct flight_base *base, event_fn fn, void *ctx)
{
	struct base_value **list, *v = NULL;
	unsigned int n = 0;
	int code = 0;

	if (!base->table.used)
		return 0;
	list = malloc(base->table.used * sizeof(struct base_value *));
	if (!list)
		return -ENOMEM;
	while ((v = table_next(&base->table, v)))
		list[n++] = v;
	qsort(list, n, sizeof(struct base_value *), compare);
	for (unsigned int i = 0; i < n && code >= 0; i++)
		code = fn(ctx, list[i]->event);
	free(list);
	return code < 0 ? code : 0;
}
