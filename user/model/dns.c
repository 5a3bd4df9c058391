/* SPDX-License-Identifier: BSD-2-Clause */
/* dns.c - the name servers that programs of this host ask; see dns.h. */
#include "model/dns.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"

struct dns_name {
	__u8 addr[16];
	__u32 netns;
};

static void release(void *ctx, void *value)
{
	struct dns_server *server = value;

	(void)ctx;
	window_done(&server->window);
	window_done(&server->tcp_window);
}

void dns_servers_init(struct dns_servers *servers)
{
	table_init(&servers->table, sizeof(struct dns_name), sizeof(struct dns_server),
		   DNS_KEPT_MAX);
	servers->table.release = release;
}

void dns_servers_done(struct dns_servers *servers)
{
	table_done(&servers->table);
}

static struct dns_name name_of(const __u8 addr[16], __u32 netns)
{
	struct dns_name name;

	memset(&name, 0, sizeof(name));
	memcpy(name.addr, addr, sizeof(name.addr));
	name.netns = netns;
	return name;
}

/* The kernel's table forgot it, and it was asked again: it counts from 0. */
static bool went_back(const __u64 *next, const __u64 *now, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (next[i] < now[i])
			return true;
	return false;
}

static void forget(struct window *window, __u64 *now, unsigned int n)
{
	window_done(window);
	memset(window, 0, sizeof(*window));
	memset(now, 0, n * sizeof(*now));
}

static int take_queries(struct dns_server *server, const struct frame *frame,
			const struct event_dns_server *e)
{
	const __u64 next[DNS_COUNTERS] = {
		[DNS_QUERIES] = e->queries, [DNS_ANSWERS] = e->answers,	  [DNS_FAILED] = e->failed,
		[DNS_REFUSED] = e->refused, [DNS_NXDOMAIN] = e->nxdomain, [DNS_OTHER] = e->other,
	};

	if (went_back(next, server->now, DNS_COUNTERS)) {
		forget(&server->window, server->now, DNS_COUNTERS);
		server->n_looks = 0;
	}
	if (window_note(&server->window, server->now, DNS_COUNTERS,
			window_epoch(e->h.ts_ns, frame->window_ns)) < 0)
		return -ENOMEM;
	if (next[DNS_QUERIES] > server->now[DNS_QUERIES])
		server->asked_ns = e->h.ts_ns;
	if (next[DNS_FAILED] > server->now[DNS_FAILED] ||
	    next[DNS_REFUSED] > server->now[DNS_REFUSED])
		server->failed_ns = e->h.ts_ns;
	if (next[DNS_ANSWERS] - next[DNS_FAILED] - next[DNS_REFUSED] >
	    server->now[DNS_ANSWERS] - server->now[DNS_FAILED] - server->now[DNS_REFUSED])
		server->good_ns = e->h.ts_ns;
	if (e->last_answer_ns > server->answered_ns)
		server->answered_ns = e->last_answer_ns;
	server->failing_names = e->failing_names;
	memcpy(server->now, next, sizeof(server->now));
	server->look[server->n_looks++ % DNS_LOOKS] =
		(struct dns_look){e->h.ts_ns, next[DNS_QUERIES]};
	return 0;
}

static __u64 not_answered(const __u64 *count)
{
	return count[DNS_TCP_REFUSED] + count[DNS_TCP_UNREACHED] + count[DNS_TCP_MUTE];
}

static int take_connections(struct dns_server *server, const struct frame *frame,
			    const struct event_dns_tcp *e)
{
	const __u64 next[DNS_TCP_COUNTERS] = {
		[DNS_TCP_ANSWERED] = e->answered, [DNS_TCP_EMPTY] = e->empty,
		[DNS_TCP_REFUSED] = e->refused,	  [DNS_TCP_UNREACHED] = e->unreached,
		[DNS_TCP_MUTE] = e->mute,
	};
	__u64 failed;

	if (went_back(next, server->tcp_now, DNS_TCP_COUNTERS))
		forget(&server->tcp_window, server->tcp_now, DNS_TCP_COUNTERS);
	if (window_note(&server->tcp_window, server->tcp_now, DNS_TCP_COUNTERS,
			window_epoch(e->h.ts_ns, frame->window_ns)) < 0)
		return -ENOMEM;
	failed = not_answered(next) - not_answered(server->tcp_now);
	if (failed)
		server->tcp_failed_ns = e->h.ts_ns;
	if (next[DNS_TCP_ANSWERED] > server->tcp_now[DNS_TCP_ANSWERED])
		server->tcp_in_a_row = 0;
	else
		server->tcp_in_a_row += failed;
	if (e->last_answer_ns > server->tcp_answered_ns)
		server->tcp_answered_ns = e->last_answer_ns;
	memcpy(server->tcp_now, next, sizeof(server->tcp_now));
	return 0;
}

/* The one of an address in a namespace, made when there is none; NULL: no memory. */
static struct dns_server *server_of(struct dns_servers *servers, const __u8 addr[16], __u32 netns,
				    __u64 now_ns)
{
	struct dns_name name = name_of(addr, netns);
	struct dns_server *server = table_find(&servers->table, &name);

	if (!server) {
		server = table_add(&servers->table, &name);
		if (!server)
			return NULL;
		memcpy(server->addr, addr, sizeof(server->addr));
		server->netns = netns;
		server->first_ns = now_ns;
	}
	table_touch(&servers->table, server);
	return server;
}

static void take_asker(struct dns_server *server, __u32 pid, __u64 start_ns,
		       const char comm[EVENT_COMM_LEN])
{
	if (!pid)
		return;
	server->pid = pid;
	server->start_ns = start_ns;
	copy_text(server->comm, sizeof(server->comm), comm, EVENT_COMM_LEN);
}

int dns_servers_apply(struct dns_servers *servers, const struct frame *frame,
		      const struct event *event)
{
	struct dns_server *server;

	if (event->type == EVENT_DNS_TCP) {
		const struct event_dns_tcp *e = (const struct event_dns_tcp *)event;

		server = server_of(servers, e->addr, e->netns, e->h.ts_ns);
		if (!server)
			return -ENOMEM;
		take_asker(server, e->pid, e->start_ns, e->comm);
		return take_connections(server, frame, e);
	} else {
		const struct event_dns_server *e = (const struct event_dns_server *)event;

		server = server_of(servers, e->addr, e->netns, e->h.ts_ns);
		if (!server)
			return -ENOMEM;
		take_asker(server, e->pid, e->start_ns, e->comm);
		return take_queries(server, frame, e);
	}
}

const struct dns_server *dns_server_find(const struct dns_servers *servers, const __u8 addr[16],
					 __u32 netns)
{
	struct dns_name name = name_of(addr, netns);

	return table_find(&servers->table, &name);
}

const struct dns_server *dns_servers_next(const struct dns_servers *servers,
					  const struct dns_server *server)
{
	return table_next(&servers->table, server);
}

__u64 dns_window(const struct dns_server *server, const struct frame *frame,
		 enum dns_counter counter)
{
	return window_gain(&server->window, server->now, counter, DNS_COUNTERS,
			   window_epoch(frame->now_ns, frame->window_ns));
}

__u64 dns_tcp_window(const struct dns_server *server, const struct frame *frame,
		     enum dns_tcp_counter counter)
{
	return window_gain(&server->tcp_window, server->tcp_now, counter, DNS_TCP_COUNTERS,
			   window_epoch(frame->now_ns, frame->window_ns));
}

/* The i-th look that is kept, from the oldest. */
static const struct dns_look *look_at(const struct dns_server *server, unsigned int i)
{
	unsigned int oldest = server->n_looks < DNS_LOOKS ? 0 : server->n_looks - DNS_LOOKS;

	return oldest + i < server->n_looks ? &server->look[(oldest + i) % DNS_LOOKS] : NULL;
}

__u64 dns_asked_since(const struct dns_server *server, __u64 since_ns)
{
	const struct dns_look *look, *next;

	for (unsigned int i = 0; (look = look_at(server, i)); i++) {
		if (look->ns <= since_ns)
			continue;
		next = look_at(server, i + 1);
		return next ? next->ns : 0;
	}
	return 0;
}

/* What was asked between the look before that time and the one at it; 0 when there is no such one. */
static __u64 asked_at(const struct dns_server *server, __u64 ns)
{
	const struct dns_look *look, *before = look_at(server, 0);

	for (unsigned int i = 1; (look = look_at(server, i)); before = look, i++)
		if (look->ns == ns)
			return look->queries - before->queries;
	return 0;
}

/* Of what `a` was asked at the looks that are kept, nine tenths at least at those of `b` too, and not more of `b`. */
static bool at_the_same_looks(const struct dns_server *a, const struct dns_server *b)
{
	const struct dns_look *look, *before = look_at(a, 0);
	__u64 all = 0, both = 0;

	for (unsigned int i = 1; (look = look_at(a, i)); before = look, i++) {
		__u64 own = look->queries - before->queries, other = asked_at(b, look->ns);

		all += own > other ? own : other;
		both += own < other ? own : other;
	}
	return all && 10 * both >= 9 * all;
}

bool dns_together(const struct dns_server *a, const struct dns_server *b, const struct frame *frame)
{
	__u64 one = dns_window(a, frame, DNS_QUERIES), other = dns_window(b, frame, DNS_QUERIES);
	__u64 less = one < other ? one : other, more = one < other ? other : one;

	return a->netns == b->netns && 10 * less >= 9 * more && at_the_same_looks(a, b);
}

__u64 dns_settled(const struct dns_server *server, const struct frame *frame, __u64 wait_ns)
{
	__u64 gain = dns_window(server, frame, DNS_QUERIES), before = 0, young;
	unsigned int kept = server->n_looks < DNS_LOOKS ? server->n_looks : DNS_LOOKS;

	/* What was sent by the latest look that is old enough; none is: all are young. */
	for (unsigned int i = 0; i < kept; i++)
		if (server->look[i].ns + wait_ns <= frame->now_ns &&
		    server->look[i].queries > before)
			before = server->look[i].queries;
	young = server->now[DNS_QUERIES] - before;
	return gain > young ? gain - young : 0;
}
