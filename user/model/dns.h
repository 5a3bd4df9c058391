/* SPDX-License-Identifier: BSD-2-Clause */
/* dns.h - the name servers that programs of this host ask: what they were asked, and what they answered. */
#ifndef CULPRIT_DNS_H
#define CULPRIT_DNS_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"
#include "model/window.h"

#define DNS_KEPT_MAX 256
/* The latest looks, for what may still be answered: longer than a resolver waits before it asks again. */
#define DNS_LOOKS 16

enum dns_counter {
	DNS_QUERIES,
	DNS_ANSWERS,
	DNS_FAILED,
	DNS_REFUSED,
	DNS_NXDOMAIN,
	DNS_OTHER,
	DNS_COUNTERS,
};

/* Over TCP: how connections ended; see struct event_dns_tcp. */
enum dns_tcp_counter {
	DNS_TCP_ANSWERED,
	DNS_TCP_EMPTY,
	DNS_TCP_REFUSED,
	DNS_TCP_UNREACHED,
	DNS_TCP_MUTE,
	DNS_TCP_COUNTERS,
};

struct dns_look {
	__u64 ns;
	__u64 queries; /* all that were sent until then */
};

struct dns_server {
	__u8 addr[16];
	__u32 netns;
	__u32 pid;
	__u64 start_ns;
	char comm[EVENT_COMM_LEN];
	__u64 now[DNS_COUNTERS];
	struct window window;
	struct dns_look look[DNS_LOOKS]; /* a ring */
	unsigned int n_looks;
	__u64 first_ns;
	__u64 asked_ns;	     /* the look that last saw a query */
	__u64 answered_ns;   /* the latest answer, 0 = none was seen */
	__u64 failing_names; /* see struct event_dns_server */
	__u64 failed_ns;     /* the look that last saw SERVFAIL or REFUSED */
	__u64 good_ns;	     /* the look that last saw any other answer */
	__u64 tcp_now[DNS_TCP_COUNTERS];
	struct window tcp_window;
	__u64 tcp_answered_ns; /* the latest end of a connection that was answered, 0 = none was seen */
	__u64 tcp_failed_ns; /* the look that last saw one that was not */
	__u64 tcp_in_a_row;  /* that were not, since the look that last saw one that was */
};

struct dns_servers {
	struct table table; /* struct dns_server by address and namespace */
};

void dns_servers_init(struct dns_servers *servers);
void dns_servers_done(struct dns_servers *servers);
/* 0 or -ENOMEM. */
int dns_servers_apply(struct dns_servers *servers, const struct frame *frame,
		      const struct event *event);

/* The next one, the first when server is NULL; NULL past the end. */
const struct dns_server *dns_servers_next(const struct dns_servers *servers,
					  const struct dns_server *server);
/* What a counter gained over the window. */
__u64 dns_window(const struct dns_server *server, const struct frame *frame,
		 enum dns_counter counter);
__u64 dns_tcp_window(const struct dns_server *server, const struct frame *frame,
		     enum dns_tcp_counter counter);
/* By address and namespace; NULL when nobody asked there. */
const struct dns_server *dns_server_find(const struct dns_servers *servers, const __u8 addr[16],
					 __u32 netns);
/* Were both asked by the same lookups: as often (within a tenth), in the window and at each of the latest looks? So
 * does musl, which takes the first answer; a resolver that asks one after the other was silent asks at another
 * time. */
bool dns_together(const struct dns_server *a, const struct dns_server *b,
		  const struct frame *frame);
/* The first look, of those that are kept, that saw only queries of after since_ns: the next look but one, as one is still
 * of the time before. 0: there is none yet. */
__u64 dns_asked_since(const struct dns_server *server, __u64 since_ns);
/* Of the window's queries, those that were sent `wait_ns` ago or before. */
__u64 dns_settled(const struct dns_server *server, const struct frame *frame, __u64 wait_ns);

#endif
