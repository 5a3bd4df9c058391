/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_net.h - what this host's own side of the network turns away: EVENT_NET_STACK of each network namespace,
 * EVENT_SOCKET_QUEUE of the sockets that drop, EVENT_SOCKET_UNREAD (live_unread.h), EVENT_CONNTRACK.
 *
 * The kernel's own counters are read each tick in our own namespace, and in the others in turn, one a tick. Only
 * while they say that something was dropped the sockets are looked at, and who holds them.
 */
#ifndef CULPRIT_SOURCE_LIVE_NET_H
#define CULPRIT_SOURCE_LIVE_NET_H

#include "probe/id_table.h"
#include "probe/probes.h"
#include "source/emit.h"
#include "source/live_unread.h"
#include "source/socket_owner.h"

#define LIVE_STACKS_MAX	 64
#define LIVE_SOCKETS_MAX 256

struct live_net {
	char root[64]; /* "" or, in tests, a directory with a proc of its own */
	bool off;      /* forced off by the setting probes.disable */
	unsigned int looks;
	unsigned int next;	 /* whose turn it is among the other namespaces */
	struct id_table stacks;	 /* by namespace: what was told, and whether it is suspected */
	struct id_table sockets; /* by inode: what was told of those that drop */
	struct live_unread unread;
	struct socket_owners owners;
	struct event_conntrack conntrack; /* as told */
	unsigned int
		refused[2]; /* looks in a row at listeners, at UDP sockets, that gave nothing */
	int diag_fd;	    /* of our own namespace; negative: not open */
};

/* `net` is the caller's memory. off: forced off by the setting probes.disable. */
void live_net_init(struct live_net *net, const char *root, bool off);
void live_net_done(struct live_net *net);
/* EVENT_PROBE of what is read: "host.stack". */
int live_net_report(struct live_net *net, struct emit *emit);
/* probes may be NULL: then only our own namespace is looked at. 0, or what `emit` failed with. */
int live_net_poll(struct live_net *net, struct probes *probes, struct emit *emit);
int live_net_account(const struct live_net *net, struct emit *emit);

#endif
