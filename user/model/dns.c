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
	(void)ctx;
	window_done(&((struct dns_server *)value)->window);
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

static int take_counters(struct dns_server *server, const struct frame *frame,
			 const struct event_dns_server *e)
{
	const __u64 next[DNS_COUNTERS] = {
		[DNS_QUERIES] = e->queries, [DNS_ANSWERS] = e->answers,	  [DNS_FAILED] = e->failed,
		[DNS_REFUSED] = e->refused, [DNS_NXDOMAIN] = e->nxdomain, [DNS_OTHER] = e->other,
	};
	bool less = false;

	for (unsigned int i = 0; i < DNS_COUNTERS; i++)
		less |= next[i] < server->now[i];
	if (less) { /* the kernel's table forgot it, and it was asked again: it counts from 0 */
		window_done(&server->window);
		memset(&server->window, 0, sizeof(server->window));
		memset(server->now, 0, sizeof(server->now));
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
	server->failing_names = e->failing_names;
	memcpy(server->now, next, sizeof(server->now));
	server->look[server->n_looks++ % DNS_LOOKS] =
		(struct dns_look){e->h.ts_ns, next[DNS_QUERIES]};
	return 0;
}

int dns_servers_apply(struct dns_servers *servers, const struct frame *frame,
		      const struct event_dns_server *e)
{
	struct dns_name name;
	struct dns_server *server;

	memset(&name, 0, sizeof(name));
	memcpy(name.addr, e->addr, sizeof(name.addr));
	name.netns = e->netns;
	server = table_find(&servers->table, &name);
	if (!server) {
		server = table_add(&servers->table, &name);
		if (!server)
			return -ENOMEM;
		memcpy(server->addr, e->addr, sizeof(server->addr));
		server->netns = e->netns;
		server->first_ns = e->h.ts_ns;
	}
	table_touch(&servers->table, server);
	if (e->last_answer_ns > server->answered_ns)
		server->answered_ns = e->last_answer_ns;
	if (e->pid) {
		server->pid = e->pid;
		server->start_ns = e->start_ns;
		copy_text(server->comm, sizeof(server->comm), e->comm, sizeof(e->comm));
	}
	return take_counters(server, frame, e);
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

/* The i-th look that is kept, from the oldest. */
static const struct dns_look *look_at(const struct dns_server *server, unsigned int i)
{
	unsigned int oldest = server->n_looks < DNS_LOOKS ? 0 : server->n_looks - DNS_LOOKS;

	return oldest + i < server->n_looks ? &server->look[(oldest + i) % DNS_LOOKS] : NULL;
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
