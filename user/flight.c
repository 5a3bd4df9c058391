/* SPDX-License-Identifier: BSD-2-Clause */
/* flight.c - the flight recorder; see flight.h. */
#include "flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "flight_base.h"
#include "source/event_fields.h"

#define BLOCK_BYTES 65536U

struct block {
	__u64 last_ns;
	__u64 events;
	size_t raw;
	size_t packed;
	unsigned char *data;
	struct block *next;
};

struct flight {
	struct flight_options options;
	struct flight_base base;
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

struct flight *flight_new(const struct flight_options *options)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight)
		return NULL;
	flight->options = *options;
	flight_base_init(&flight->base);
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
	flight_base_done(&flight->base);
	free(flight);
}

/* ---- blocks ---- */

/* Calls fn for each event of `length` bytes; stops at the first negative code, and returns it. */
static int walk(const unsigned char *raw, size_t length, event_fn fn, void *ctx)
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

static int walk_block(const struct block *block, event_fn fn, void *ctx)
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
	flight_base_fold(ctx, event);
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

	if (walk_block(block, fold_event, &flight->base) < 0)
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
		walk(flight->open, flight->used, fold_event, &flight->base);
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
		.bytes = flight->packed + sizeof(*flight) + flight->base.bytes,
		.events = flight->events + flight->open_events,
		.from_ns = flight->from_ns,
		.squeezed = flight->squeezed,
		.forgotten =
			flight->forgotten + flight->base.forgotten + flight->base.table.evicted,
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

static int write_base(void *ctx, const struct event *event)
{
	struct writing *w = ctx;
	struct event_tcp_peer peer;

	if (event->type != EVENT_TCP_PEER)
		return recorder_write(w->recorder, event, w->err);
	/* What it counts is of the time before: so the model takes it at a daemon's first look. */
	memcpy(&peer, event, sizeof(peer));
	peer.flags |= TCP_PEER_BASE;
	return recorder_write(w->recorder, &peer.h, w->err);
}

static int begin(struct writing *w, __u64 ts_ns)
{
	struct event_tick tick = {.h = {ts_ns, EVENT_TICK, sizeof(tick)}};
	bool fresh = w->flight->base.table.used == 0;
	int code;

	w->began = true;
	code = flight_base_each(&w->flight->base, write_base, w);
	/* With nothing in the base the events begin where the daemon did, with its own first tick. */
	return code < 0 || fresh ? code : recorder_write(w->recorder, &tick.h, w->err);
}

static int write_event(void *ctx, const struct event *event)
{
	struct writing *w = ctx;
	int code;

	if (!w->began && event->ts_ns < w->from_ns) {
		flight_base_fold(&w->flight->base, event);
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

	for (const struct block *b = flight->oldest; b && code == 0; b = b->next) {
		code = walk_block(b, write_event, &w);
		/* Before from_ns nothing is written, and a large one has much of that. */
		recorder_progress(recorder);
	}
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
