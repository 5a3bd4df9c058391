/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paths.h - the peers summed up by address: one path each, whatever the ports.
 *
 * A path loses packets or a host dies, not a port; so paths are what loss and reachability are
 * judged by, and what serves as control.
 */
#ifndef CULPRIT_PATHS_H
#define CULPRIT_PATHS_H

#include "model/peer.h"
#include "rules/rule.h"

struct path {
	const struct peer *const *peers; /* what it is the sum of; n_peers of them */
	unsigned int n_peers;
	__u8 addr[16];
	__u32 netns;
	__u32 ifindex;
	bool loopback;
	bool mine; /* a peer of it belongs to the process asked for (--pid), if one was */
	unsigned int n_services; /* different ports and directions */
	__u16 port;		 /* the only one's; 0 when there are several */
	__u8 dir;
	bool inbound;		 /* it only connects to us: a client */
	const struct peer *main; /* the peer with most segments that has an owner; may be NULL */
	/* over the window; segments and resends as far as they are settled */
	__u64 gain[PEER_COUNTERS];
	double spurious;   /* resends that the peer got twice (DSACK) */
	double excused;	   /* handshakes, path-MTU resends, local send errors, a peer that is silent
			    now */
	double lost;	   /* resends less these two */
	double ratio;	   /* lost / segments */
	__u64 bytes_acked; /* as the sockets have it, over their lives */
	__u64 bytes_received;
	/* now */
	__u32 live;
	__u32 live_syn; /* of these, attempts that wait for an answer */
	__u32 live_stuck;
	__u32 live_reord;
	__u32 live_zero_win;
	__u32 max_backoff;
	__u32 srtt_us;
	__u64 lost_ns;	   /* the latest resend */
	__u64 progress_ns; /* the latest answer */
	__u64 from_ns;	   /* first seen, but not before the window */
	__u64 moved_ns;	   /* since then it goes by this interface alone; 0 = no other is known */
};

struct paths {
	struct path *path; /* sorted by namespace, interface, address */
	unsigned int n;
	const struct peer **peers; /* in the same order */
};

/* Sums up all peers that were ever active: none when out of memory. Free with paths_done(). */
void paths_init(struct paths *paths, const struct model *model);
void paths_done(struct paths *paths);

/* What its peers' counters gained since that time: as peer_since(). */
double path_since(const struct path *path, const struct frame *frame, enum peer_counter counter,
		  __u64 since_ns);
/* Was any of it, or that peer, ever seen to answer, or did its connections bring that with them from before? */
bool path_ever_answered(const struct path *path);
bool peer_ever_answered(const struct peer *peer);
/* Same namespace and interface. */
bool paths_share_nic(const struct path *a, const struct path *b);
/* The peer subject of a path. */
struct subject path_subject(const struct model *model, const struct path *path);
/*
 * The same connections seen from their other end on this host (a namespace beyond a veth,
 * loopback): the one service of each has the same port in the opposite direction, and what one got the other
 * sent. Ambiguous cases are not twins.
 */
bool paths_are_twins(const struct path *a, const struct path *b);
/* The same of two peers. */
bool peers_are_twins(const struct model *model, const struct peer *a, const struct peer *b);

#endif
