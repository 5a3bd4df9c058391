/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_unread.h - EVENT_SOCKET_UNREAD: connections whose receive buffer is full of what nobody reads.
 *
 * Whose window closes, the kernel counts (TcpExt TCPToZeroWindowAdv); only while that grows, or a connection is
 * known to be full, all connections of the namespace are listed.
 */
#ifndef CULPRIT_SOURCE_LIVE_UNREAD_H
#define CULPRIT_SOURCE_LIVE_UNREAD_H

#include "probe/id_table.h"
#include "source/emit.h"
#include "source/socket_owner.h"

#define LIVE_UNREAD_MAX 128

struct live_unread {
	struct id_table told; /* by inode: those that are full */
};

/* What is kept of one namespace; all zero at the start. */
struct unread_watch {
	__u64 closed;	    /* windows that were closed, as counted */
	unsigned int looks; /* that are left */
	unsigned int skip;  /* ticks until the next one */
	bool known;
};

void live_unread_init(struct live_unread *unread);
void live_unread_done(struct live_unread *unread);

/* Takes the namespace's counters: windows that closed, and that opened again. */
void unread_watch_count(struct unread_watch *watch, __u64 closed, __u64 opened);
/* Is a look wanted in this tick? With many connections (tcp_inuse) only now and then. Asked once a tick. */
bool unread_watch_due(struct unread_watch *watch, __u32 tcp_inuse);
/* Lists the connections of the namespace by the sock_diag socket fd, tells of those that are full, and of those
 * that were. 0, or what `emit` failed with. What cannot be read is not told. */
int live_unread_look(struct live_unread *unread, struct unread_watch *watch, int fd, __u32 netns,
		     struct socket_owners *owners, struct emit *emit);

#endif
