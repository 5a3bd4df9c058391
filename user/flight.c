/* SPDX-License-Identifier: BSD-2-Clause */
/* flight.c - the flight recorder; see flight.h. */
#include "flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "model/table.h"
#include "source/event_fields.h"
#include "source/hash.h"

#define BLOCK_BYTES 65536U
/* Processes, peers and disks with their operations, on a large host. */
#define BASE_MAX 32768U
#define KEYS_MAX 8

/* ---- what outlives its block ---- */

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

/* ---- the recorder ---- */

struct block {
	__u64 last_ns;
	__u64 events;
	size_t raw;
	size_t packed;
	unsigned char *data;
	struct block *next;
};

struct base_key {
	__u64 type;
	__u64 hash[2]; /* of the key's fields, from two starts: no two keys have met yet */
};

struct base_value {
	struct event *event;
	__u64 order;
};

struct flight {
	struct flight_options options;
	struct table base;
	size_t base_bytes;
	__u64 order;
	struct block *oldest;
	struct block *newest;
	size_t packed; /* bytes of all blocks */
	__u64 events;
	__u64 from_ns;
	__u64 squeezed;
	__u64 forgotten;
	size_t used; /* of `open` */
	__u64 open_events;
	unsigned char open[BLOCK_BYTES];
};

static void base_release(void *ctx, void *value)
{
	struct flight *flight = ctx;
	struct base_value *v = value;

	if (v->event)
		flight->base_bytes -= v->event->size;
	free(v->event);
}

struct flight *flight_new(const struct flight_options *options)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight)
		return NULL;
	flight->options = *options;
	table_init(&flight->base, sizeof(struct base_key), sizeof(struct base_value), BASE_MAX);
	flight->base.release = base_release;
	flight->base.ctx = flight;
	return flight;
}

static void block_free(struct block *block)
{
	if (block)
		free(block->data);
	free(block);
}

void flight_free(struct flight *flight)
{
	if (!flight)
		return;
	while (flight->oldest) {
		struct block *block = flight->oldest;

		flight->oldest = block->next;
		block_free(block);
	}
	table_done(&flight->base);
	free(flight);
}

/* ---- the base ---- */

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

static void base_put(struct flight *flight, const struct base_key *key, const struct event *event)
{
	struct base_value *v = table_find(&flight->base, key);
	struct event *copy = malloc(event->size);

	if (!copy || (!v && !(v = table_add(&flight->base, key)))) {
		free(copy);
		flight->forgotten++;
		return;
	}
	memcpy(copy, event, event->size);
	base_release(flight, v);
	v->event = copy;
	v->order = ++flight->order;
	flight->base_bytes += copy->size;
	table_touch(&flight->base, v);
}

/* The event's block goes: what holds of it moves into the base. */
static void fold(struct flight *flight, const struct event *event)
{
	const struct fate_row *row = fate_of(event->type);
	struct base_key key;

	if (!row || row->fate == FATE_MOMENT || event_fault(event))
		return;
	for (unsigned int i = 0; i < 2 && row->ends[i]; i++) {
		key = key_of(row, row->ends[i], event);
		table_remove(&flight->base, &key);
	}
	if (row->fate == FATE_END)
		return;
	key = key_of(row, event->type, event);
	if (is_gone(row, event))
		table_remove(&flight->base, &key);
	else
		base_put(flight, &key, event);
}

/* ---- blocks ---- */

typedef int (*block_fn)(void *ctx, const struct event *event);

/* Calls fn for each event of `length` bytes; stops at the first negative code, and returns it. */
static int walk(const unsigned char *raw, size_t length, block_fn fn, void *ctx)
{
	for (size_t at = 0; at + sizeof(struct event) <= length;) {
		union event_buf event;
		int code;

		memcpy(&event.h, raw + at, sizeof(event.h));
		if (event.h.size < sizeof(event.h) || event.h.size > sizeof(event) ||
		    event.h.size > length - at)
			return -EBADMSG;
		memcpy(&event, raw + at, event.h.size);
		code = fn(ctx, &event.h);
		if (code < 0)
			return code;
		at += event.h.size;
	}
	return 0;
}

static int walk_block(const struct block *block, block_fn fn, void *ctx)
{
	uLongf length = block->raw;
	unsigned char *raw = malloc(block->raw);
	int code = -ENOMEM;

	if (raw)
		code = uncompress(raw, &length, block->data, block->packed) == Z_OK ? 0 : -EBADMSG;
	if (code == 0)
		code = walk(raw, length, fn, ctx);
	free(raw);
	return code;
}

static int fold_event(void *ctx, const struct event *event)
{
	fold(ctx, event);
	return 0;
}

static int first_time(void *ctx, const struct event *event)
{
	*(__u64 *)ctx = event->ts_ns;
	return -ECANCELED; /* one is enough */
}

static void drop_oldest(struct flight *flight)
{
	struct block *block = flight->oldest;

	if (walk_block(block, fold_event, flight) < 0)
		flight->forgotten += block->events;
	flight->packed -= block->packed;
	flight->events -= block->events;
	flight->oldest = block->next;
	if (!flight->oldest)
		flight->newest = NULL;
	flight->from_ns = 0;
	if (flight->oldest)
		walk_block(flight->oldest, first_time, &flight->from_ns);
	block_free(block);
}

/* Packs the open block; false: no memory. */
static bool pack(struct flight *flight, __u64 last_ns)
{
	uLongf packed = compressBound(flight->used);
	struct block *block = calloc(1, sizeof(*block));
	unsigned char *data = malloc(packed), *less;

	/* The quickest level: events are mostly zeros. */
	if (!block || !data ||
	    compress2(data, &packed, flight->open, flight->used, Z_BEST_SPEED) != Z_OK) {
		free(block);
		free(data);
		return false;
	}
	less = realloc(data, packed);
	block->data = less ? less : data;
	block->packed = packed;
	block->raw = flight->used;
	block->events = flight->open_events;
	block->last_ns = last_ns;
	if (flight->newest)
		flight->newest->next = block;
	else
		flight->oldest = block;
	flight->newest = block;
	flight->packed += packed;
	flight->events += block->events;
	if (!flight->from_ns)
		walk(flight->open, flight->used, first_time, &flight->from_ns);
	return true;
}

static void close_block(struct flight *flight, __u64 now_ns)
{
	if (!pack(flight, now_ns)) {
		walk(flight->open, flight->used, fold_event, flight);
		flight->squeezed += flight->open_events;
	}
	flight->used = 0;
	flight->open_events = 0;
	while (flight->oldest && flight->oldest->last_ns + flight->options.keep_ns < now_ns)
		drop_oldest(flight);
	while (flight->oldest && flight->packed > flight->options.bytes) {
		flight->squeezed += flight->oldest->events;
		drop_oldest(flight);
	}
}

void flight_add(struct flight *flight, const struct event *event)
{
	if (event->size < sizeof(*event) || event->size > EVENT_SIZE_MAX)
		return;
	if (flight->used + event->size > sizeof(flight->open))
		close_block(flight, event->ts_ns);
	memcpy(flight->open + flight->used, event, event->size);
	flight->used += event->size;
	flight->open_events++;
}

void flight_usage(const struct flight *flight, struct flight_usage *ret)
{
	*ret = (struct flight_usage){
		.bytes = flight->packed + sizeof(*flight) + flight->base_bytes,
		.events = flight->events + flight->open_events,
		.from_ns = flight->from_ns,
		.squeezed = flight->squeezed,
		.forgotten = flight->forgotten + flight->base.evicted,
	};
	if (!ret->from_ns)
		walk(flight->open, flight->used, first_time, &ret->from_ns);
}

/* ---- writing ---- */

struct writing {
	struct flight *flight;
	struct recorder *recorder;
	struct err *err;
	__u64 from_ns;
	bool began; /* the base is written */
};

static int compare(const void *a, const void *b)
{
	const struct base_value *const *x = a, *const *y = b;
	__u64 xt = (*x)->event->ts_ns, yt = (*y)->event->ts_ns;

	if (xt != yt)
		return xt < yt ? -1 : 1;
	return (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

static int write_base_event(struct writing *w, const struct event *event)
{
	struct event_tcp_peer peer;

	if (event->type != EVENT_TCP_PEER)
		return recorder_write(w->recorder, event, w->err);
	/* What it counts is of the time before: so the model takes it at a daemon's first look. */
	memcpy(&peer, event, sizeof(peer));
	peer.flags |= TCP_PEER_BASE;
	return recorder_write(w->recorder, &peer.h, w->err);
}

/* In the order in which it came, so that a disk comes before its counters. */
static int write_base(struct writing *w)
{
	struct table *base = &w->flight->base;
	struct base_value **list = NULL, *v = NULL;
	unsigned int n = 0;
	int code = 0;

	if (base->used) {
		list = malloc(base->used * sizeof(struct base_value *));
		if (!list)
			return err_set(w->err, -ENOMEM, "out of memory");
		while ((v = table_next(base, v)))
			list[n++] = v;
		qsort(list, n, sizeof(struct base_value *), compare);
	}
	for (unsigned int i = 0; i < n && code == 0; i++)
		code = write_base_event(w, list[i]->event);
	free(list);
	return code;
}

static int begin(struct writing *w, __u64 ts_ns)
{
	struct event_tick tick = {.h = {ts_ns, EVENT_TICK, sizeof(tick)}};
	bool fresh = w->flight->base.used == 0;
	int code;

	w->began = true;
	code = write_base(w);
	/* With nothing in the base the events begin where the daemon did, with its own first tick. */
	return code < 0 || fresh ? code : recorder_write(w->recorder, &tick.h, w->err);
}

static int write_event(void *ctx, const struct event *event)
{
	struct writing *w = ctx;
	int code;

	if (!w->began && event->ts_ns < w->from_ns) {
		fold(w->flight, event);
		return 0;
	}
	code = w->began ? 0 : begin(w, event->ts_ns);
	return code < 0 ? code : recorder_write(w->recorder, event, w->err);
}

int flight_write(struct flight *flight, __u64 from_ns, __u64 now_ns, struct recorder *recorder,
		 struct err *err)
{
	struct event_end end = {.h = {now_ns, EVENT_END, sizeof(end)}, .reason = END_DUMP};
	struct writing w = {flight, recorder, err, from_ns, false};
	int code = 0;

	for (const struct block *b = flight->oldest; b && code == 0; b = b->next)
		code = walk_block(b, write_event, &w);
	if (code == 0)
		code = walk(flight->open, flight->used, write_event, &w);
	if (code == 0 && !w.began)
		code = begin(&w, now_ns);
	if (code == 0)
		code = recorder_write(recorder, &end.h, err);
	if (code < 0 && !err->code)
		err_set(err, code, "the flight recorder cannot be read: %s", strerror(-code));
	return code;
}
