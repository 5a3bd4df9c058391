/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_read.c - what rules ask of a peer; see peer.h. */
#include "model/addr.h"
#include "model/peer.h"

/* Longer than the round trip on any path that is well, shorter than two ticks of a trace. */
#define SETTLE_NS 1500000000ULL

__u64 peer_window(const struct peer *peer, const struct frame *frame, enum peer_counter counter)
{
	return window_gain(&peer->window, peer->now, counter, PEER_COUNTERS,
			   window_epoch(frame->now_ns, frame->window_ns));
}

__u64 peer_since(const struct peer *peer, const struct frame *frame, enum peer_counter counter,
		 __u64 since_ns)
{
	return window_gain_since(&peer->window, peer->now, counter, PEER_COUNTERS, frame->now_ns,
				 frame->window_ns, since_ns);
}

__u64 peer_total(const struct peer *peer, enum peer_counter counter)
{
	return peer->now[counter] - peer->base[counter];
}

__u64 peer_settled(const struct peer *peer, const struct frame *frame, enum peer_counter counter)
{
	__u64 gain = peer_window(peer, frame, counter), unsettled;
	const struct peer_past *best = NULL;

	if (counter >= PEER_SETTLING || peer->changed_ns + SETTLE_NS <= frame->now_ns)
		return gain;
	for (unsigned int i = 0; i < PEER_PASTS && i < peer->n_past; i++) {
		const struct peer_past *past = &peer->past[i];

		if (past->ns + SETTLE_NS <= frame->now_ns && (!best || past->ns > best->ns))
			best = past;
	}
	unsettled = (__u32)peer->now[counter] -
		    (best ? best->count[counter] : (__u32)peer->base[counter]);
	return gain > unsettled ? gain - unsettled : 0;
}

__u64 peer_resets(const struct peer *peer, const struct frame *frame)
{
	__u64 all = peer_window(peer, frame, PEER_RESETS);
	__u64 not = peer_window(peer, frame, PEER_RESETS_IDLE);

	if (peer->key.dir == PEER_IN)
		not += peer_window(peer, frame, PEER_RESETS_EARLY);
	return all > not ? all - not : 0;
}

bool peer_is_loopback(const struct peer *peer, const struct nics *nics)
{
	const struct nic *nic = nics_find(nics, peer->key.netns, peer->ifindex);

	if (nic)
		return nic->flags & NIC_LOOPBACK;
	return addr_is_loopback(peer->key.addr);
}
