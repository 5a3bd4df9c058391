/* SPDX-License-Identifier: BSD-2-Clause */
/* leak_serving.c - sockets that pile up in a process and are no leak of its own; see leak.h. */
#include <string.h>

#include "model/nic.h"
#include "model/peer.h"
#include "rules/leak.h"

#define HOUR_S	     3600.0
#define YOUNGEST_S   12.0  /* FD_IDLE_MS, and a look */
#define TIMED_LEAST  0.9   /* of the sockets are connections whose rest is known */
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

/*
 * Sockets that clients on this host hold at us: they opened them and keep them, we only do not hang up. One
 * fault: the client's. Told by the peers: as many connections as we hold (half as many to twice) live at one
 * address's same port, from another namespace or over loopback.
 */
bool leak_is_mirror(const struct model *model, const struct breakdown *b)
{
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
		if (2 * live >= b->held && live <= 2ULL * b->held)
			return true;
	}
	return false;
}

/*
 * Connections that serve: a floor that follows load rises as the load does, and each of them is in use. Of a
 * leak's, those older than FD_IDLE_MS rest, and the oldest has rested nearly since it began; a server's that a
 * client keeps open between requests rest no longer than it lets them. While most are younger only that none
 * rests says so: a leak's first ones are old enough when it has risen min_rises times.
 */
bool leak_is_in_use(const struct model *model, const struct leak *leak)
{
	const struct breakdown *b = &leak->parts;
	double span_s = leak->trend.span_s, old;
	bool is_accepted = b->peer && b->peer->dir == PEER_IN;

	if (b->kind != LEAK_SOCKETS)
		return false;
	/* There is time to see how long they rest. */
	if (is_accepted && span_s < KEPT_ALIVE_S && model_frame(model)->mode == RUN_DAEMON &&
	    (leak->left_s < 0.0 || leak->left_s > HOUR_S))
		return true;
	if (!b->idle_max_ms || b->timed < b->open * TIMED_LEAST)
		return false;
	if (span_s < 2 * YOUNGEST_S)
		return !b->idle;
	old = (double)b->grown * (1.0 - YOUNGEST_S / span_s);
	if (b->idle < IDLE_LEAST * old)
		return true;
	return span_s >= KEPT_ALIVE_S && is_accepted &&
	       (double)b->idle_max_ms / 1e3 < RESTED_LEAST * span_s;
}
