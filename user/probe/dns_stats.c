/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_stats.c - the name servers that are asked, as events; see dns_stats.h. */
#include "probe/dns_stats.h"

#include <string.h>

#include <culprit/counters.h>

#include "probe/kernel_read.h"

struct dns_seen {
	struct dns_key key;
	unsigned long long queries;
	unsigned long long answers;
};

struct walk {
	struct dns_stats *stats;
	unsigned long long now_ns;
	event_fn fn;
	void *ctx;
};

void dns_stats_init(struct dns_stats *stats, int fd)
{
	memset(stats, 0, sizeof(*stats));
	id_table_init(&stats->seen, sizeof(struct dns_key), sizeof(struct dns_seen),
		      DNS_SERVERS_MAX);
	stats->fd = fd;
}

void dns_stats_done(struct dns_stats *stats)
{
	id_table_done(&stats->seen);
}

static int show(void *ctx, const void *data, const void *values)
{
	struct event_dns_server event = {.h = {.type = EVENT_DNS_SERVER, .size = sizeof(event)}};
	const struct dns_value *value = values;
	const struct dns_key *key = data;
	const struct walk *walk = ctx;
	struct dns_seen *seen;
	bool is_new;

	walk->stats->used++;
	/* Full of servers that are no more in the map: what is new is told each time. */
	seen = id_table_add(&walk->stats->seen, key, &is_new);
	if (seen && !is_new && seen->queries == value->queries && seen->answers == value->answers)
		return 0;
	if (seen) {
		seen->queries = value->queries;
		seen->answers = value->answers;
	}
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

int dns_stats_snapshot(struct dns_stats *stats, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct walk walk = {.stats = stats, .now_ns = now_ns, .fn = fn, .ctx = ctx};

	if (stats->fd < 0)
		return 0;
	stats->used = 0;
	return map_walk(stats->fd, sizeof(struct dns_key), sizeof(struct dns_value), 1, show,
			&walk);
}
