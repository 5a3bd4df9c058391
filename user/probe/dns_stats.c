/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_stats.c - the name servers that are asked, as events; see dns_stats.h. */
#include "probe/dns_stats.h"

#include <string.h>

#include <culprit/map_dns.h>

#include "probe/kernel_read.h"

struct dns_seen {
	struct dns_key key;
	unsigned long long asked;
	unsigned long long answered;
};

struct walk {
	struct dns_stats *stats;
	unsigned long long now_ns;
	event_fn fn;
	void *ctx;
};

void dns_stats_init(struct dns_stats *stats, int fd, int tcp_fd)
{
	memset(stats, 0, sizeof(*stats));
	id_table_init(&stats->seen, sizeof(struct dns_key), sizeof(struct dns_seen),
		      DNS_SERVERS_MAX);
	id_table_init(&stats->tcp_seen, sizeof(struct dns_key), sizeof(struct dns_seen),
		      DNS_SERVERS_MAX);
	stats->fd = fd;
	stats->tcp_fd = tcp_fd;
}

void dns_stats_done(struct dns_stats *stats)
{
	id_table_done(&stats->seen);
	id_table_done(&stats->tcp_seen);
}

/* Full of servers that are no more in the map: what is new is told each time. */
static bool changed(struct id_table *table, const struct dns_key *key, unsigned long long asked,
		    unsigned long long answered)
{
	bool is_new;
	struct dns_seen *seen = id_table_add(table, key, &is_new);

	if (!seen)
		return true;
	if (!is_new && seen->asked == asked && seen->answered == answered)
		return false;
	seen->asked = asked;
	seen->answered = answered;
	return true;
}

static int show(void *ctx, const void *data, const void *values)
{
	struct event_dns_server event = {.h = {.type = EVENT_DNS_SERVER, .size = sizeof(event)}};
	const struct dns_value *value = values;
	const struct dns_key *key = data;
	const struct walk *walk = ctx;

	if (!changed(&walk->stats->seen, key, value->queries, value->answers))
		return 0;
	memcpy(event.addr, key->addr, sizeof(event.addr));
	event.netns = key->netns;
	event.pid = value->pid;
	event.queries = value->queries;
	event.answers = value->answers;
	event.failed = value->failed;
	event.refused = value->refused;
	event.nxdomain = value->nxdomain;
	event.other = value->other;
	event.last_answer_ns = value->last_answer_ns;
	event.start_ns = value->start_ns;
	memcpy(event.comm, value->comm, sizeof(event.comm));
	event.failing_names = value->failing[0] | value->failing[1];
	event.h.ts_ns = walk->now_ns;
	return walk->fn(walk->ctx, &event.h);
}

static int show_tcp(void *ctx, const void *data, const void *values)
{
	struct event_dns_tcp event = {.h = {.type = EVENT_DNS_TCP, .size = sizeof(event)}};
	const struct dns_tcp_value *value = values;
	const struct dns_key *key = data;
	const struct walk *walk = ctx;

	if (!changed(&walk->stats->tcp_seen, key, value->refused + value->unreached + value->mute,
		     value->answered))
		return 0;
	memcpy(event.addr, key->addr, sizeof(event.addr));
	event.netns = key->netns;
	event.pid = value->pid;
	event.answered = value->answered;
	event.empty = value->empty;
	event.refused = value->refused;
	event.unreached = value->unreached;
	event.mute = value->mute;
	event.last_answer_ns = value->last_answer_ns;
	event.start_ns = value->start_ns;
	memcpy(event.comm, value->comm, sizeof(event.comm));
	event.h.ts_ns = walk->now_ns;
	return walk->fn(walk->ctx, &event.h);
}

int dns_stats_snapshot(struct dns_stats *stats, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct walk walk = {.stats = stats, .now_ns = now_ns, .fn = fn, .ctx = ctx};
	int ret = 0;

	if (stats->fd >= 0)
		ret = map_walk(stats->fd, sizeof(struct dns_key), sizeof(struct dns_value), 1, show,
			       &walk);
	if (ret == 0 && stats->tcp_fd >= 0)
		ret = map_walk(stats->tcp_fd, sizeof(struct dns_key), sizeof(struct dns_tcp_value),
			       1, show_tcp, &walk);
	return ret;
}
