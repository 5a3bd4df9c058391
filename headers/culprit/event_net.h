/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_net.h - the ABI of events: this host's own side of the network, its name servers, sockets' queues and tables, and
 * its clock; see event.h. */
#ifndef CULPRIT_EVENT_NET_H
#define CULPRIT_EVENT_NET_H

#include "event_type.h"

/*
 * One name server that programs of this host ask over UDP, in one network namespace: sent when it changed.
 * Counted are queries that ask for recursion (RD): what a resolver asks the servers of a zone is not of it.
 */
struct event_dns_server {
	struct event h;
	__u8 addr[16]; /* v4-mapped where it is IPv4 */
	__u32 netns;
	__u32 pid;     /* who asked last, 0 = unknown */
	__u64 queries; /* each sending: asked again is another one */
	__u64 answers; /* that a program took, of any outcome; those that come too late are never taken */
	__u64 failed;	      /* of these: SERVFAIL */
	__u64 refused;	      /* of these: REFUSED */
	__u64 nxdomain;	      /* of these: there is no such name, which is no failure */
	__u64 other;	      /* of these: FORMERR, NOTIMP, and what could not be read */
	__u64 last_answer_ns; /* CLOCK_MONOTONIC */
	__u64 start_ns;	      /* of who asked last: start_boottime */
	char comm[EVENT_COMM_LEN];
	/* A bit (of 64, by a hash) for each name whose answer was SERVFAIL or REFUSED in the last DNS_NAMES_NS, or up to
	 * twice that: how many different ones there were, at least. */
	__u64 failing_names;
};

/*
 * How connections to one name server (TCP, port 53) ended, in one network namespace: sent when it changed. Of those
 * that still stand nothing is known yet. What was not asked anything, and who gave up within a second, is not
 * counted.
 */
struct event_dns_tcp {
	struct event h;
	__u8 addr[16]; /* v4-mapped where it is IPv4 */
	__u32 netns;
	__u32 pid;	/* who connects, 0 = unknown */
	__u64 answered; /* asked, and got at least one answer */
	__u64 empty; /* of these: not a byte more came back than was asked, so that no record was among it */
	__u64 refused;	 /* connections that it refused */
	__u64 unreached; /* connections that were not made: nobody answered, or a router said no */
	__u64 mute;	 /* it took the connection, was asked, and answered nothing */
	__u64 last_answer_ns; /* CLOCK_MONOTONIC: the latest end of one that was answered */
	__u64 start_ns;	      /* of who connects: start_boottime */
	char comm[EVENT_COMM_LEN];
};

/*
 * What the kernel counts in one network namespace (/proc/net/netstat, snmp, snmp6, sockstat): sent when it
 * changed. Counters are since the namespace was made.
 */
struct event_net_stack {
	struct event h;
	__u64 accepted;		/* Tcp PassiveOpens: connections that were opened from outside */
	__u64 listen_overflows; /* TcpExt ListenOverflows: turned away, the accept queue was full */
	__u64 listen_drops; /* TcpExt ListenDrops: the same and all else that a listener drops */
	__u64 syn_drops;    /* TcpExt TCPReqQFullDrop: SYNs dropped, the SYN queue was full */
	__u64 syn_cookies;  /* TcpExt TCPReqQFullDoCookies: answered with a cookie instead */
	__u64 udp_in;	    /* datagrams delivered, IPv4 and IPv6 */
	__u64 udp_drops;    /* Udp RcvbufErrors: the socket's buffer was full */
	__u64 send_fails; /* TcpExt TCPRetransFail: segments sent again that did not leave this host */
	__u64 no_routes; /* Ip OutNoRoutes, IPv4 and IPv6: packets for which there was no route */
	__u32 netns;
	__u32 time_wait; /* gauge: TCP sockets in TIME_WAIT */
	__u32 tcp_inuse; /* gauge: TCP sockets that are in use */
	__u16 port_low;	 /* the range of local ports that connect() takes from; 0 = unknown */
	__u16 port_high;
};

enum socket_flag {
	SOCKET_SOUGHT = 1, /* its owner was looked for: pid 0 = nobody was found */
	SOCKET_OVER = 2,   /* it is read again, or closed */
};

/* A listener or a UDP socket that dropped something, or whose queue is full: sent while its namespace's
 * counters grow (sock_diag(7)). */
struct event_socket_queue {
	struct event h;
	__u64 inode;	/* of the socket: its identity */
	__u64 drops;	/* since it was made (sk_drops) */
	__u64 start_ns; /* owner: start_boottime, to 10 ms */
	__u8 addr[16];	/* local address; all zero = any */
	__u32 netns;
	__u32 queued; /* gauge: connections that wait for accept(); UDP: bytes of memory */
	__u32 limit;  /* of queued: the backlog; UDP: the buffer's size */
	__u32 uid;
	__u32 pid;   /* owner's tgid; 0 = unknown */
	__u32 flags; /* enum socket_flag */
	__u16 port;
	__u8 proto; /* enum fd_proto: FD_TCP (a listener), FD_UDP */
	__u8 pad[5];
	char comm[EVENT_COMM_LEN];
};

/* A TCP connection whose receive buffer is full of what nobody reads: its window is closed, or about to be. Sent at
 * each look at its namespace (sock_diag(7)), and once when that is over. */
struct event_socket_unread {
	struct event h;
	__u64 inode;	/* of the socket: its identity */
	__u64 start_ns; /* owner: start_boottime, to 10 ms */
	__u8 addr[16];	/* local address */
	__u8 peer[16];	/* who sends */
	__u32 netns;
	__u32 unread;  /* bytes in order that wait for recv() */
	__u32 memory;  /* what they take, with all that comes with a packet */
	__u32 limit;   /* of memory: the buffer's size */
	__u32 wait_ms; /* since data was last accepted */
	__u32 uid;
	__u32 pid;   /* owner's tgid; 0 = unknown */
	__u32 flags; /* enum socket_flag */
	__u16 port;
	__u16 peer_port;
	__u8 pad[4];
	char comm[EVENT_COMM_LEN];
};

enum conntrack_flag {
	CONNTRACK_COUNTED = 1, /* drops and early_drops are known */
};

/* The connection-tracking table of our own namespace: /proc/sys/net/netfilter, /proc/net/stat/nf_conntrack. Sent when
 * it moved by a 64th of the limit, or dropped something. */
struct event_conntrack {
	struct event h;
	__u64 entries;	   /* gauge */
	__u64 limit;	   /* nf_conntrack_max; 0 = none */
	__u64 drops;	   /* packets dropped, as there was no room for their connection */
	__u64 early_drops; /* connections that were thrown out to make room */
	__u32 flags;	   /* enum conntrack_flag */
	__u32 pad;
};

/* What the kernel thinks of its clock (adjtimex(2)): sent each minute, and when `status` changed. */
struct event_clock_state {
	struct event h;
	__u64 boottime_ns;
	__u64 max_error_us; /* grows by 500 us a second while nobody corrects the clock */
	__u64 est_error_us;
	__u32 status; /* STA_*: STA_UNSYNC is 0x40 */
	__u32 state;  /* what adjtimex() returned: TIME_OK .. TIME_ERROR */
};

/* Somebody set the wall clock (timerfd, TFD_TIMER_CANCEL_ON_SET). A clock that NTP makes run faster or slower is not
 * set, nor is one that slept: both times are held against the time since boot. */
struct event_clock_step {
	struct event h;
	__u64 boottime_ns;
	__u64 realtime_ns; /* what it shows */
	__u64 expected_ns; /* what it would show, had nobody set it */
	__u32 status;	   /* STA_*, as in struct event_clock_state */
	__u32 leap;	   /* 1: a leap second */
};

EVENT_SIZE_IS(event_dns_server, 128);
EVENT_SIZE_IS(event_dns_tcp, 112);
EVENT_SIZE_IS(event_net_stack, 104);
EVENT_SIZE_IS(event_socket_queue, 104);
EVENT_SIZE_IS(event_socket_unread, 120);
EVENT_SIZE_IS(event_conntrack, 56);
EVENT_SIZE_IS(event_clock_state, 48);
EVENT_SIZE_IS(event_clock_step, 48);

#endif
