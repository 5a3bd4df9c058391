/* SPDX-License-Identifier: BSD-2-Clause */
/* black_hole.c - are only large packets lost? See black_hole.h. */
#include "rules/black_hole.h"

#include <stdio.h>
#include <string.h>

#include "model/addr.h"
#include "rules/path.h"
#include "rules/stats.h"
#include "rules/text.h"

/* TCP's header with timestamps, less ICMP's: a ping with so much more data than the segment is as large. Without them the
 * segment has 12 bytes less. */
#define PING_MORE 24
#define PING_SURE 12
/* Of IP and ICMP. */
#define PING_HEADERS4 28
#define PING_HEADERS6 48

/* Handshakes: the SYN, its answer and the ACK are all small; what is resent of them was lost. */
static void count_meanwhile(const struct model *model, const struct path *path,
			    struct black_hole *hole, __u64 *ret_large_passed)
{
	const struct frame *frame = model_frame(model);

	for (unsigned int i = 0; i < path->n_peers; i++) {
		const struct peer *peer = path->peers[i];

		hole->handshakes += peer_since(peer, frame, PEER_ESTABLISHED, hole->since_ns) +
				    peer_since(peer, frame, PEER_ACCEPTED, hole->since_ns);
		hole->small_lost += peer_since(peer, frame, PEER_RETRANS_SYN, hole->since_ns) +
				    peer_since(peer, frame, PEER_RETRANS_SYNACK, hole->since_ns);
		*ret_large_passed += peer_since(peer, frame, PEER_LARGE_PASSED, hole->since_ns);
	}
}

bool black_hole_sought(const struct model *model, const struct path *path, struct black_hole *ret)
{
	struct black_hole hole = {.p = 1.0};
	__u64 large_passed = 0;

	for (unsigned int i = 0; i < path->n_peers; i++) {
		const struct peer *peer = path->peers[i];

		hole.small_lost += peer->small_lost;
		large_passed += peer->large_passing;
		if (!peer->large_since_ns || !peer->large_stuck)
			continue;
		hole.sockets += peer->large_stuck;
		hole.lost += peer->large_resends;
		hole.sacked += peer->large_sacked;
		if (!hole.large_size || peer->large_size < hole.large_size)
			hole.large_size = peer->large_size;
		if (peer->small_size > hole.small_size)
			hole.small_size = peer->small_size;
		if (!hole.since_ns || peer->large_since_ns < hole.since_ns)
			hole.since_ns = peer->large_since_ns;
	}
	if (!hole.sockets)
		return false;
	count_meanwhile(model, path, &hole, &large_passed);
	hole.passed = hole.sacked + hole.handshakes;
	if (!large_passed)
		hole.p = fisher_test((double)hole.lost, (double)hole.lost, (double)hole.small_lost,
				     (double)(hole.small_lost + hole.passed));
	*ret = hole;
	return true;
}

bool black_hole_proven(const struct model *model, const struct path *path)
{
	struct black_hole hole;

	return path && black_hole_sought(model, path, &hole) && hole.p <= BLACK_HOLE_P;
}

void black_hole_evidence(struct claim *claim, const struct black_hole *hole)
{
	char size[48] = "";

	claim_evidence(claim, ROLE_FOR, true, "tcp.large.lost", (double)hole->lost, "{segment}",
		       "%s: segments of %s bytes sent %s in vain",
		       text_plural(hole->sockets, "socket").s, text_count(hole->large_size).s,
		       text_plural(hole->lost, "time").s);
	if (hole->small_size)
		snprintf(size, sizeof(size), " (up to %.12s bytes)",
			 text_count(hole->small_size).s);
	if (hole->sacked)
		claim_evidence(claim, ROLE_FOR, true, "tcp.small.passed", hole->sacked, "{segment}",
			       "%s behind them came through%s",
			       text_plural(hole->sacked, "smaller segment").s, size);
	if (hole->handshakes)
		claim_evidence(claim, ROLE_FOR, true, "tcp.handshakes.passed",
			       (double)hole->handshakes, "{connection}",
			       "%s made meanwhile: small packets pass both ways",
			       text_plural(hole->handshakes, "connection").s);
}

/* What is larger than the interface's MTU fails on this host already and tells nothing of the path. Where that is not
 * known, as large as the segment was at least: that left. */
static __u32 ping_size(const struct model *model, const struct path *path, __u32 large_size)
{
	const struct nic *nic = nics_find(model_nics(model), path->netns, path->ifindex);
	__u32 headers = addr_is_ipv4(path->addr) ? PING_HEADERS4 : PING_HEADERS6;

	if (!nic || nic->mtu <= headers)
		return large_size + PING_SURE;
	if (large_size + PING_MORE + headers > nic->mtu)
		return nic->mtu - headers;
	return large_size + PING_MORE;
}

void black_hole_ping(struct claim *claim, const struct model *model, const struct path *path,
		     __u32 large_size)
{
	char addr[46];

	addr_text(path->addr, addr, sizeof(addr));
	claim_advice(claim, false, "See whether packets of that size pass, then smaller ones",
		     "%sping -M do -c 3 -s %u %s", path_nsenter(model, path).s,
		     ping_size(model, path, large_size), addr);
}

void black_hole_advice(struct claim *claim, const struct model *model, const struct path *path,
		       __u32 large_size)
{
	struct text enter = path_nsenter(model, path);
	char addr[46];

	addr_text(path->addr, addr, sizeof(addr));
	black_hole_ping(claim, model, path, large_size);
	claim_advice(claim, false, "See the path's MTU, and from which hop on it is smaller",
		     "%stracepath -n %s", enter.s, addr);
	claim_advice(claim, false, "See the MTU that this host believes in", "%sip route get %s",
		     enter.s, addr);
	claim_advice(claim, true, "Let TCP find the size out by itself (RFC 4821)",
		     "%ssysctl -w net.ipv4.tcp_mtu_probing=1", enter.s);
}
