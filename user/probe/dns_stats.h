/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_stats.h - the name servers that are asked, over UDP and over TCP, as events: what changed is sent. */
#ifndef CULPRIT_DNS_STATS_H
#define CULPRIT_DNS_STATS_H

#include "probe/id_table.h"
#include "source/source.h"

struct dns_stats {
	struct id_table seen;	  /* what was last sent */
	struct id_table tcp_seen; /* the same, over TCP */
	int fd;			  /* map dns_servers; -1: it is not loaded */
	int tcp_fd;		  /* map dns_tcp; likewise */
};

void dns_stats_init(struct dns_stats *stats, int fd, int tcp_fd);
int dns_stats_snapshot(struct dns_stats *stats, unsigned long long now_ns, event_fn fn, void *ctx);
void dns_stats_done(struct dns_stats *stats);

#endif
