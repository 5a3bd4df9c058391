/* SPDX-License-Identifier: BSD-2-Clause */
/* world.h - a small host made of literal events, and what rules say of it; for tests. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/disk.h"
#include "model/model.h"
#include "model/nic.h"
#include "model/peer.h"
#include "model/process.h"
#include "rules/rule.h"

#define SEC	     1000000000ULL
#define NETNS	     4026531840U
#define SDA	     0x800000U /* 8:0 */
#define START_NS     (1000 * SEC)
#define WORLD_CLAIMS 64

struct world {
	struct model *model;
	__u64 now;
	__u32 ticks;
	struct claim claim[WORLD_CLAIMS];
	unsigned int n_claims;
	struct ask ask[WORLD_CLAIMS];
	unsigned int n_asks;
};

#define EVENT(w, T, kind)                                                                          \
	{                                                                                          \
		.h = {.ts_ns = (w)->now, .type = (kind), .size = sizeof(struct T) }                \
	}

static inline void put(struct world *w, const void *event)
{
	assert_int_equal(model_apply(w->model, event), 0);
}

static inline void put_setting(struct world *w, const char *key, const char *value)
{
	struct event_config e = EVENT(w, event_config, EVENT_CONFIG);

	snprintf(e.key, sizeof(e.key), "%s", key);
	snprintf(e.value, sizeof(e.value), "%s", value);
	put(w, &e);
}

static inline void put_probe(struct world *w, const char *name, enum probe_state state)
{
	struct event_probe e = EVENT(w, event_probe, EVENT_PROBE);

	snprintf(e.name, sizeof(e.name), "%s", name);
	e.state = state;
	put(w, &e);
}

static inline void tick(struct world *w)
{
	struct event_tick e = EVENT(w, event_tick, EVENT_TICK);

	e.seq = w->ticks++;
	e.interval_ms = 1000;
	put(w, &e);
}

/* Moves on by seconds without an event; the tick is the caller's. */
static inline void wait_s(struct world *w, double seconds)
{
	w->now += (__u64)(seconds * (double)SEC);
}

static inline void world_init(struct world *w)
{
	struct event_clock clock;
	struct event_host host;
	static const char *const probes[] = {"block.complete", "tcp.retransmit", "tcp.state",
					     "tcp.sample",     "files.census",	 "files.scan"};

	memset(w, 0, sizeof(*w));
	w->model = model_new();
	assert_non_null(w->model);
	w->now = START_NS;
	clock = (struct event_clock)EVENT(w, event_clock, EVENT_CLOCK);
	clock.boottime_ns = START_NS;
	clock.realtime_ns = 1700000000 * SEC;
	put(w, &clock);
	host = (struct event_host)EVENT(w, event_host, EVENT_HOST);
	strcpy(host.hostname, "test");
	host.netns = NETNS;
	host.mode = RUN_TRACE;
	put(w, &host);
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		put_probe(w, probes[i], PROBE_ACTIVE);
}

static inline void world_done(struct world *w)
{
	model_free(w->model);
}

/* ---- events ---- */

static inline void put_disk(struct world *w, __u32 dev, const char *name, __u32 flags)
{
	struct event_disk e = EVENT(w, event_disk, EVENT_DISK);

	e.dev = dev;
	e.flags = flags;
	snprintf(e.name, sizeof(e.name), "%s", name);
	put(w, &e);
}

static inline void put_mount(struct world *w, __u32 dev, const char *mount)
{
	struct event_mount e = EVENT(w, event_mount, EVENT_MOUNT);

	e.dev = dev;
	strcpy(e.fstype, "ext4");
	snprintf(e.mount, sizeof(e.mount), "%s", mount);
	put(w, &e);
}

static inline void put_stat(struct world *w, __u32 dev, enum block_op op, __u64 requests)
{
	struct event_block_stat e = EVENT(w, event_block_stat, EVENT_BLOCK_STAT);

	e.dev = dev;
	e.op = op;
	e.requests = requests;
	e.hist[20] = requests; /* 1.02 ms */
	put(w, &e);
}

static inline void put_status(struct world *w, __u32 dev, enum block_op op,
			      enum block_status status, __u64 count, __u64 harmless)
{
	struct event_block_status e = EVENT(w, event_block_status, EVENT_BLOCK_STATUS);

	e.dev = dev;
	e.op = op;
	e.status = status;
	e.count = count;
	e.harmless = harmless;
	put(w, &e);
}

static inline void put_io(struct world *w, __u32 dev, enum block_op op, enum block_status status,
			  __u64 sector, __u32 pid)
{
	struct event_block_io e = EVENT(w, event_block_io, EVENT_BLOCK_IO);

	e.dev = dev;
	e.op = op;
	e.status = status;
	e.reason = status == BLOCK_OK ? BLOCK_IO_SLOW : BLOCK_IO_ERROR;
	e.sector = sector;
	e.bytes = 4096;
	e.pid = pid;
	if (pid) {
		e.start_ns = pid * SEC;
		snprintf(e.comm, sizeof(e.comm), "io-%u", pid);
	}
	put(w, &e);
}

static inline void put_nic(struct world *w, __u32 ifindex, const char *name, __u32 flags)
{
	struct event_nic e = EVENT(w, event_nic, EVENT_NIC);

	e.ifindex = ifindex;
	e.netns = NETNS;
	e.flags = flags;
	snprintf(e.name, sizeof(e.name), "%s", name);
	put(w, &e);
}

/* The peer 10.0.0.LAST at a port, by eth0 (2) in our own namespace, with nothing counted yet. */
static inline struct event_tcp_peer peer_out(unsigned int last, __u16 port)
{
	struct event_tcp_peer e = {
		.peer = {.addr = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, (__u8)last},
			 .netns = NETNS,
			 .port = port,
			 .dir = PEER_OUT},
		.ifindex = 2};

	return e;
}

static inline void put_peer(struct world *w, struct event_tcp_peer *e)
{
	e->h = (struct event){.ts_ns = w->now, .type = EVENT_TCP_PEER, .size = sizeof(*e)};
	put(w, e);
}

static inline void put_fds(struct world *w, __u32 pid, __u64 start_ns, __u32 fds, __u64 limit)
{
	struct event_proc_fds e = EVENT(w, event_proc_fds, EVENT_PROC_FDS);

	e.pid = pid;
	e.start_ns = start_ns;
	e.fds = fds;
	e.limit = limit;
	snprintf(e.comm, sizeof(e.comm), "proc-%u", pid);
	put(w, &e);
}

static inline void put_gone(struct world *w, __u32 pid, __u64 start_ns)
{
	struct event_proc_gone e = EVENT(w, event_proc_gone, EVENT_PROC_GONE);

	e.pid = pid;
	e.start_ns = start_ns;
	put(w, &e);
}

static inline void put_group(struct world *w, __u32 pid, __u64 start_ns, __u32 scan, __u8 kind,
			     __u8 state, const struct peer_key *peer, __u32 count)
{
	struct event_fd_group e = EVENT(w, event_fd_group, EVENT_FD_GROUP);

	e.pid = pid;
	e.start_ns = start_ns;
	e.scan = scan;
	e.kind = kind;
	e.proto = kind == FD_SOCKET ? FD_TCP : FD_PROTO_NONE;
	e.state = state;
	if (peer)
		e.peer = *peer;
	e.count = count;
	put(w, &e);
}

static inline void put_scan(struct world *w, __u32 pid, __u64 start_ns, __u32 scan, __u32 fds)
{
	struct event_fd_scan e = EVENT(w, event_fd_scan, EVENT_FD_SCAN);

	e.pid = pid;
	e.start_ns = start_ns;
	e.scan = scan;
	e.fds = fds;
	put(w, &e);
}

/* ---- judging ---- */

static inline void keep_claim(void *ctx, const struct claim *claim)
{
	struct world *w = ctx;

	assert_true(w->n_claims < WORLD_CLAIMS);
	/* What holds for every claim of every rule. */
	assert_true(claim->confidence <= basis_ceiling(claim->basis) + 1e-9);
	assert_true(claim->n_evidence > 0 && claim->n_evidence < CLAIM_EVIDENCE_MAX);
	assert_true(strlen(claim->message) > 0 && strlen(claim->message) <= 80);
	for (unsigned int i = 0; i < claim->n_evidence; i++)
		if (strlen(claim->evidence[i].text) > 69)
			fail_msg("more than 69 columns: %s", claim->evidence[i].text);
	for (unsigned int i = 0; i < claim->n_advice; i++)
		assert_true(i > 0 || !claim->advice[i].changes);
	assert_true(claim->first_ns <= claim->last_ns || !claim->last_ns);
	w->claim[w->n_claims++] = *claim;
}

static inline void keep_ask(void *ctx, const struct ask *ask)
{
	struct world *w = ctx;

	assert_true(w->n_asks < WORLD_CLAIMS);
	w->ask[w->n_asks++] = *ask;
}

/* What the rule of that kind claims now; how many claims. */
static inline unsigned int judge(struct world *w, const char *kind)
{
	struct judgement judgement = {.claim = keep_claim, .ask = keep_ask, .ctx = w};
	const struct rule *rule = rule_find(kind);

	assert_non_null(rule);
	assert_non_null(rule->judge);
	w->n_claims = w->n_asks = 0;
	rule->judge(w->model, &judgement);
	return w->n_claims;
}

static inline bool recovered(struct world *w, const char *kind, const struct subject *s,
			     __u64 since)
{
	return rule_find(kind)->recovered(w->model, s, since);
}

static inline const struct evidence *find_evidence(const struct claim *claim, const char *name)
{
	for (unsigned int i = 0; i < claim->n_evidence; i++)
		if (claim->evidence[i].name && strcmp(claim->evidence[i].name, name) == 0)
			return &claim->evidence[i];
	return NULL;
}

#endif
