/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_peers.h - the table of peers as events: closed and living sockets summed, what changed sent.
 */
#ifndef CULPRIT_TCP_PEERS_H
#define CULPRIT_TCP_PEERS_H

#include "probe/id_table.h"
#include "probe/netns.h"
#include "source/source.h"

struct tcp_peers {
	unsigned int each, turn; /* of snapshots; each 0: all */
	bool rests;		 /* as tcp_peers_rest() */
	struct id_table seen;	 /* struct peer_seen */
	struct netns_list netns;
	int map_fd;		      /* peers */
	int control_fd;		      /* struct tcp_control */
	int link_fd;		      /* iter/tcp; -1: there is no sample */
	unsigned int used;	      /* entries at the last snapshot */
	unsigned long long sample_ns; /* what the last sample of our own namespace took */
};

/* Sockets are sampled with each snapshot whose number is a multiple of `each`. */
void tcp_peers_sample_each(struct tcp_peers *peers, unsigned int each);
/* From now on, where nothing was resent since the last sample, each second snapshot samples only: what is silent or loses
 * segments shows by what is resent, and the rest has the time of two snapshots. Not where `each` is more than one. */
void tcp_peers_rest(struct tcp_peers *peers);
/* link_fd as above. */
int tcp_peers_init(struct tcp_peers *peers, int map_fd, int control_fd, int link_fd);
/* Samples the live sockets and sends each peer that changed. netns must be up to date with the census. */
int tcp_peers_snapshot(struct tcp_peers *peers, unsigned long long now_ns, event_fn fn, void *ctx);
void tcp_peers_done(struct tcp_peers *peers);

#endif
