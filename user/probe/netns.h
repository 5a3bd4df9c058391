/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netns.h - the network namespaces that processes live in, and iterators made inside them.
 *
 * iter/tcp shows the sockets of the namespace in which it was created. Others are entered for that
 * moment, by way of a process that lives there. No descriptor of a namespace is kept: it would keep the
 * namespace of a stopped container alive.
 */
#ifndef CULPRIT_NETNS_H
#define CULPRIT_NETNS_H

#include <stdbool.h>

#include <linux/types.h>

#define NETNS_MAX 64

struct netns {
	__u32 inum;
	__u32 pid;	/* a process in it; 0 for our own */
	__u64 session;	/* of the last sample; 0: it had no sockets */
	bool present;	/* seen by the latest census */
	bool sampled;	/* in this snapshot */
	bool known;	/* sampled at least once before this snapshot */
	__u64 segments; /* sent, resent and received when it was last sampled, */
	__u64 resent;	/* of these; */
	__u32 sockets;	/* and how many there were */
	bool rested;	/* the latest snapshot took the sample before it for its own */
};

struct netns_list {
	struct netns all[NETNS_MAX]; /* the first is our own */
	unsigned int used;
	unsigned int next;	    /* where the next round begins among the others */
	unsigned long long dropped; /* namespaces that found no room, each time */
	int refused; /* errno of the last one that could not be entered; 0 = all could */
};

int netns_init(struct netns_list *list);
/* A census begins: nobody was seen yet. */
void netns_begin(struct netns_list *list);
void netns_seen(struct netns_list *list, __u32 inum, __u32 pid);
/* A census ended: forgets those in which nobody lives. */
void netns_end(struct netns_list *list);
struct netns *netns_find(struct netns_list *list, __u32 inum);

/* How many TCP sockets the namespace has, listeners included: its own counters say so, at no cost. */
__u32 netns_sockets(const struct netns *netns);
/* TCP segments sent, resent and received in the namespace, ever (RFC 4022 by /proc/PID/net/snmp), and those resent
 * alone; 0 when that cannot be read. While these and the number of sockets stay the same, so does what they count. */
__u64 netns_segments(const struct netns *netns, __u64 *ret_resent);
/*
 * bpf_iter_create() within the namespace: a descriptor, or a negative errno. -ENOTRECOVERABLE: the way
 * back to our own namespace failed, and this process must end.
 */
int netns_iter(const struct netns *netns, int link_fd);
/* A netlink socket that was made within the namespace and stays its; the same errors. */
int netns_netlink(const struct netns *netns, int protocol);

#endif
