/* SPDX-License-Identifier: BSD-2-Clause */
/* leak_serving.c - sockets that pile up in a process and are no leak of its own; see leak.h. */
#include <string.h>

#include "model/nic.h"
#include "model/peer.h"
#include "rules/leak.h"

#define HOUR_S	     3600.0
#define YOUNGEST_S   12.0  /* FD_IDLE_MS, and a look */
#define TIMED_LEAST  0.9   /* of the sockets that were gained are connections whose rest is known */
#define IDLE_LEAST   0.5   /* of those that leak and are not young */
#define KEPT_ALIVE_S 240.0 /* longer than servers keep a connection open that nobody uses */
#define RESTED_LEAST 0.5

/* Loopback never leaves its namespace, and within one nothing else comes back to us. */
static bool may_be_ours(const struct model *model, const struct breakdown *b,
			const struct peer *peer)
{
	return peer->key.dir == PEER_OUT && peer->key.port == b->peer->port && peer->live &&
	       (peer->key.netns == b->peer->netns) == peer_is_loopback(peer, model_nics(model));
}

/* Does anybody else in that namespace gain as fast (half as fast to twice)? The client's side of the same leak does. */
static bool grows_too(const struct model *model, const struct leak *leak, __u32 netns)
{
	static const struct trend_need need = {LEAK_RISES_SUSPECT, LEAK_RISES_SUSPECT, 3.0,
					       LEAK_FLATS_MAX};
	const struct process *p = NULL;

	while ((p = processes_next(model_processes(model), p))) {
		struct trend t;

		if (p == leak->process || p->netns != netns || !p->counted || !p->grown_ns)
			continue;
		t = trend_of(p, model_frame(model), &need);
		if (trend_suffices(&t, &need) && 2.0 * t.per_s >= leak->trend.per_s &&
		    t.per_s <= 2.0 * leak->trend.per_s)
			return true;
	}
	return false;
}

/*
 * Sockets that clients on this host hold at us: they opened them and keep them, we only do not hang up. One
 * fault: the client's. Told by the peers: as many connections as we hold (half as many to twice) live at one
 * address's same port, from another namespace or over loopback, and somebody there gains as we do.
 */
bool leak_is_mirror(const struct model *model, const struct leak *leak)
{
	const struct breakdown *b = &leak->parts;
	const struct peer *peer = NULL;

	if (b->kind != LEAK_SOCKETS || !b->peer || b->peer->dir != PEER_IN)
		return false;
	while ((peer = peers_next(model_peers(model), peer))) {
		const struct peer *other = NULL;
		__u64 live = 0;

		if (!may_be_ours(model, b, peer))
			continue;
		while ((other = peers_next(model_peers(model), other)))
			if (may_be_ours(model, b, other) &&
			    memcmp(other->key.addr, peer->key.addr, sizeof(peer->key.addr)) == 0)
				live += other->live;
		if (2 * live >= b->held && live <= 2ULL * b->held &&
		    grows_too(model, leak, peer->key.netns))
			return true;
	}
	return false;
}

/* Of a leak's sockets so many have become older than YOUNGEST_S between the breakdowns. By the rate of the floor: how many
 * requests are served in the moment of a breakdown is no growth. */
static double old_gained(const struct leak *leak)
{
	double before_s = leak->trend.span_s - leak->parts.span_s;
	double lacking_s = before_s < YOUNGEST_S ? YOUNGEST_S - before_s : 0.0;

	return leak->trend.per_s * (leak->parts.span_s - lacking_s);
}

/*
 * Connections that serve: a floor that follows load rises as the load does, and each of them is in use. Of a
 * leak's, those older than FD_IDLE_MS rest, and the oldest has rested nearly since it began; a server's that a
 * client keeps open between requests rest no longer than it lets them. While most are younger only that no more
 * rest than at first says so: a leak's first ones are old enough when it has risen min_rises times. What rested all along,
 * and sockets of other kinds that the process has had for long, say nothing.
 */
bool leak_is_in_use(const struct model *model, const struct leak *leak)
{
	const struct breakdown *b = &leak->parts;
	double span_s = leak->trend.span_s;
	bool is_accepted = b->peer && b->peer->dir == PEER_IN;

	if (b->kind != LEAK_SOCKETS)
		return false;
	/* There is time to see how long they rest. */
	if (is_accepted && span_s < KEPT_ALIVE_S && model_frame(model)->mode == RUN_DAEMON &&
	    (leak->left_s < 0.0 || leak->left_s > HOUR_S))
		return true;
	if (!b->idle_max_ms || (double)b->timed_gained < TIMED_LEAST * (double)b->open_gained)
		return false;
	if (span_s < 2 * YOUNGEST_S)
		return b->idle_gained <= 0;
	if ((double)b->idle_gained < IDLE_LEAST * old_gained(leak))
		return true;
	return span_s >= KEPT_ALIVE_S && is_accepted &&
	       (double)b->idle_max_ms / 1e3 < RESTED_LEAST * span_s;
}
