/* SPDX-License-Identifier: BSD-2-Clause */
/* synthetic.c - see synthetic.h. */
#include "synthetic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ULL
#define START_NS  (1000 * SECOND_NS)

enum {
	RETRANSMITS = 4000,
	ATTEMPTS = 200,
	IOS = 100,
	RING_EVENTS = RETRANSMITS + ATTEMPTS + IOS,
	LOSSY_PEERS = 64,
	PEERS = 200,
	DISKS = 4,
	DISK_OPS = 3,
	PROCESSES = 100,
};

/* Room for the next event, zeroed, its header filled. */
static void *push(struct synthetic *s, __u32 type, size_t size, __u64 ts_ns)
{
	struct event *event;

	if (s->size + size > s->capacity) {
		size_t capacity = s->capacity ? s->capacity * 2 : 1 << 20;
		char *events = realloc(s->events, capacity);

		if (!events)
			return NULL;
		s->events = events;
		s->capacity = capacity;
	}
	event = (struct event *)(s->events + s->size);
	memset(event, 0, size);
	*event = (struct event){.ts_ns = ts_ns, .type = type, .size = (__u32)size};
	s->size += size;
	s->count++;
	return event;
}

#define PUSH(s, kind, type, ts) ((struct kind *)push(s, type, sizeof(struct kind), ts))

static struct peer_key peer_key(unsigned int i)
{
	struct peer_key key = {.netns = 4026531840U, .port = 9092, .dir = PEER_OUT};

	key.addr[10] = key.addr[11] = 0xff;
	key.addr[12] = 10;
	key.addr[14] = (__u8)(i >> 8);
	key.addr[15] = (__u8)i;
	return key;
}

static int push_frame(struct synthetic *s)
{
	struct event_clock *clock = PUSH(s, event_clock, EVENT_CLOCK, START_NS);
	struct event_host *host;

	if (!clock)
		return -ENOMEM;
	clock->boottime_ns = START_NS;
	clock->realtime_ns = 1790000000 * SECOND_NS;
	host = PUSH(s, event_host, EVENT_HOST, START_NS);
	if (!host)
		return -ENOMEM;
	snprintf(host->hostname, sizeof(host->hostname), "bench");
	host->mode = RUN_DAEMON;
	host->cpus = 2;
	for (unsigned int i = 0; i < DISKS; i++) {
		struct event_disk *disk = PUSH(s, event_disk, EVENT_DISK, START_NS);

		if (!disk)
			return -ENOMEM;
		disk->dev = 8 << 20 | i << 4;
		snprintf(disk->name, sizeof(disk->name), "sd%c", 'a' + (int)i);
	}
	return 0;
}

static int push_retransmit(struct synthetic *s, unsigned int i, __u64 ts)
{
	struct event_tcp_retrans *e = PUSH(s, event_tcp_retrans, EVENT_TCP_RETRANS, ts);

	if (!e)
		return -ENOMEM;
	e->peer = peer_key(i % LOSSY_PEERS);
	e->ifindex = 2;
	e->cause = i % 7 ? RETRANS_FAST : RETRANS_RTO;
	e->state = 1;
	e->segs_out = 1000 + i;
	e->total_retrans = i;
	e->srtt_us = 3000;
	e->min_rtt_us = 900;
	e->rto_us = 204000;
	e->pid = 700;
	memcpy(e->comm, "vector", 7);
	return 0;
}

static int push_attempt(struct synthetic *s, unsigned int i, __u64 ts)
{
	struct event_tcp_conn *e = PUSH(s, event_tcp_conn, EVENT_TCP_CONN, ts);

	if (!e)
		return -ENOMEM;
	e->peer = peer_key(i % LOSSY_PEERS);
	e->outcome = i % 2 ? CONN_REFUSED : CONN_TIMED_OUT;
	e->err = i % 2 ? ECONNREFUSED : ETIMEDOUT;
	e->pid = 700;
	return 0;
}

static int push_io(struct synthetic *s, unsigned int i, __u64 ts)
{
	struct event_block_io *e = PUSH(s, event_block_io, EVENT_BLOCK_IO, ts);

	if (!e)
		return -ENOMEM;
	e->dev = 8 << 20 | (i % DISKS) << 4;
	e->sector = 4660 + i * 8ULL;
	e->bytes = 4096;
	e->lat_ns = 500000000;
	e->status = i % 4 ? BLOCK_OK : BLOCK_MEDIUM;
	e->reason = i % 4 ? BLOCK_IO_SLOW : BLOCK_IO_ERROR;
	return 0;
}

static int push_peers(struct synthetic *s, unsigned int second, __u64 ts)
{
	for (unsigned int i = 0; i < PEERS; i++) {
		struct event_tcp_peer *e = PUSH(s, event_tcp_peer, EVENT_TCP_PEER, ts);

		if (!e)
			return -ENOMEM;
		e->peer = peer_key(i);
		e->ifindex = 2;
		e->segs_out = (second + 1) * 1000ULL;
		e->segs_retrans = i < LOSSY_PEERS ? (second + 1) * 60ULL : 0;
		e->bytes_acked = (second + 1) * 1000000ULL;
		e->retrans[RETRANS_FAST] = e->segs_retrans;
		e->attempts = e->established = second + 1;
		e->live = 4;
		e->srtt_us = 3000;
		e->min_rtt_us = 900;
	}
	return 0;
}

static int push_disks(struct synthetic *s, unsigned int second, __u64 ts)
{
	for (unsigned int i = 0; i < DISKS * DISK_OPS; i++) {
		struct event_block_stat *e = PUSH(s, event_block_stat, EVENT_BLOCK_STAT, ts);

		if (!e)
			return -ENOMEM;
		e->dev = 8 << 20 | (i / DISK_OPS) << 4;
		e->op = i % DISK_OPS;
		e->requests = (second + 1) * 5000ULL;
		e->bytes = e->requests * 4096;
		e->hist[14] = e->requests;
	}
	return 0;
}

static int push_processes(struct synthetic *s, unsigned int second, __u64 ts)
{
	for (unsigned int i = 0; i < PROCESSES; i++) {
		struct event_proc_fds *e = PUSH(s, event_proc_fds, EVENT_PROC_FDS, ts);

		if (!e)
			return -ENOMEM;
		e->pid = 700 + i;
		e->start_ns = START_NS / 2 + i;
		e->limit = 1024;
		e->fds = 100 + (second + i) % 20;
		memcpy(e->comm, "worker", 7);
	}
	return 0;
}

static int push_self(struct synthetic *s, unsigned int second, __u64 ts)
{
	struct event_self *self = PUSH(s, event_self, EVENT_SELF, ts);
	struct event_ring *ring = self ? PUSH(s, event_ring, EVENT_RING, ts) : NULL;
	struct event_tick *tick;

	if (!ring)
		return -ENOMEM;
	memcpy(ring->name, "tcp", 4);
	ring->produced = ring->delivered = (__u64)RING_EVENTS * second;
	tick = PUSH(s, event_tick, EVENT_TICK, ts);
	if (!tick)
		return -ENOMEM;
	tick->seq = second;
	tick->interval_ms = 1000;
	return 0;
}

static int push_second(struct synthetic *s, unsigned int second)
{
	__u64 start = START_NS + second * SECOND_NS, ts = start;
	int err = 0;

	for (unsigned int i = 0; !err && second && i < RING_EVENTS; i++) {
		ts = start + SECOND_NS * i / RING_EVENTS - SECOND_NS;
		if (i % (RING_EVENTS / IOS) == 0)
			err = push_io(s, i, ts);
		else if (i % (RING_EVENTS / ATTEMPTS) == 1)
			err = push_attempt(s, i, ts);
		else
			err = push_retransmit(s, i, ts);
	}
	if (!err)
		err = push_peers(s, second, start);
	if (!err)
		err = push_disks(s, second, start);
	if (!err)
		err = push_processes(s, second, start);
	return err ? err : push_self(s, second, start);
}

int synthetic_init(struct synthetic *s, unsigned int seconds)
{
	int err;

	*s = (struct synthetic){0};
	err = push_frame(s);
	for (unsigned int second = 0; !err && second < seconds; second++)
		err = push_second(s, second);
	if (err)
		free(s->events);
	return err;
}

const struct event *synthetic_next(const struct synthetic *s, const struct event *event)
{
	const char *next = (const char *)event + event->size;

	return next < s->events + s->size ? (const struct event *)next : NULL;
}
