/* SPDX-License-Identifier: BSD-2-Clause */
/* scans.c - the breakdowns of one process's descriptors; see scans.h. */
#include "model/scans.h"

#include <string.h>

#include "model/copy.h"
#include "peer_rest.h"

static struct fd_group *find(struct fd_scans *scans, const struct fd_group *like)
{
	for (unsigned int i = 0; i < scans->n_groups; i++) {
		struct fd_group *g = &scans->group[i];

		if (g != like && g->kind == like->kind && g->proto == like->proto &&
		    g->state == like->state && memcmp(&g->peer, &like->peer, sizeof(g->peer)) == 0)
			return g;
	}
	return NULL;
}

/* A slow leak shows in what is minutes old: the looks that are kept are spread over so long. */
#define SPREAD_NS (1200 * 1000000000ULL)
/* After such a pause a suspicion is a new one. */
#define PAUSE_NS (120 * 1000000000ULL)

static void drop(struct fd_scans *scans, unsigned int at)
{
	size_t n = SCANS_KEPT - 1 - at;

	memmove(scans->ts_ns + at, scans->ts_ns + at + 1, n * sizeof(scans->ts_ns[0]));
	memmove(scans->fds + at, scans->fds + at + 1, n * sizeof(scans->fds[0]));
	for (unsigned int i = 0; i < scans->n_groups; i++) {
		__u32 *count = scans->group[i].count, *idle = scans->group[i].idle;

		memmove(count + at, count + at + 1, n * sizeof(count[0]));
		memmove(idle + at, idle + at + 1, n * sizeof(idle[0]));
		count[SCANS_KEPT - 1] = idle[SCANS_KEPT - 1] = 0;
	}
	scans->n--;
}

/* The one that is missed least: its neighbours are nearest to each other. When they are spread wide: the oldest. */
static unsigned int least_missed(const struct fd_scans *scans)
{
	const __u64 *ts = scans->ts_ns;
	unsigned int least = 1;

	if (ts[scans->n - 1] - ts[0] >= SPREAD_NS)
		return 0;
	for (unsigned int i = 2; i + 1 < scans->n; i++)
		if (ts[i + 1] - ts[i - 1] < ts[least + 1] - ts[least - 1])
			least = i;
	return least;
}

/* A breakdown begins; one that never ended is overwritten. */
static void begin(struct fd_scans *scans, __u32 scan, __u64 now_ns)
{
	if (scans->open && scans->open_scan == scan)
		return;
	if (scans->n && now_ns > scans->ts_ns[scans->n - 1] + PAUSE_NS)
		scans->n = scans->n_groups = 0;
	if (scans->n == SCANS_KEPT)
		drop(scans, least_missed(scans));
	for (unsigned int i = 0; i < scans->n_groups; i++) {
		struct fd_group *g = &scans->group[i];

		g->count[scans->n] = g->idle[scans->n] = g->idle_max_ms = g->heirs = 0;
		g->more_peers = 0;
	}
	scans->open = true;
	scans->open_scan = scan;
}

static __u32 latest(const struct fd_scans *scans, const struct fd_group *g)
{
	return g->count[scans->n] + (scans->n ? g->count[scans->n - 1] : 0);
}

static bool is_rest(const struct fd_group *g)
{
	struct peer_key rest = peer_rest(&g->peer);

	return memcmp(&g->peer, &rest, sizeof(rest)) == 0;
}

/* The one of a single peer that was smallest at the last; where there is none, the smallest of all. */
static struct fd_group *smallest(struct fd_scans *scans)
{
	struct fd_group *single = NULL, *any = NULL;

	for (unsigned int i = 0; i < scans->n_groups; i++) {
		struct fd_group *g = &scans->group[i];

		if (!any || latest(scans, g) < latest(scans, any))
			any = g;
		if (!is_rest(g) && (!single || latest(scans, g) < latest(scans, single)))
			single = g;
	}
	return single ? single : any;
}

/*
 * What it held in the kept scans stays known, as that of all peers which are not kept one by one: without it the sum of
 * its kind would be too low then, and seem to grow. True when its place is free.
 */
static bool put_to_rest(struct fd_scans *scans, struct fd_group *g)
{
	struct fd_group *rest;

	if (is_rest(g))
		return true;
	g->peer = peer_rest(&g->peer);
	rest = find(scans, g);
	if (!rest)
		return false;
	for (unsigned int i = 0; i <= scans->n; i++) {
		rest->count[i] += g->count[i];
		rest->idle[i] += g->idle[i];
	}
	if (g->idle_max_ms > rest->idle_max_ms)
		rest->idle_max_ms = g->idle_max_ms;
	return true;
}

static struct fd_group *group_place(struct fd_scans *scans)
{
	struct fd_group *g;

	if (scans->n_groups < GROUPS_KEPT)
		return &scans->group[scans->n_groups++];
	do
		g = smallest(scans);
	while (!put_to_rest(scans, g));
	scans->groups_dropped++;
	return g;
}

void scans_group(struct fd_scans *scans, const struct event_fd_group *event)
{
	struct fd_group like = {.kind = event->kind,
				.proto = event->proto,
				.state = event->state,
				.peer = event->peer};
	struct fd_group *g;

	begin(scans, event->scan, event->h.ts_ns);
	g = find(scans, &like);
	if (!g) {
		g = group_place(scans);
		*g = like;
	}
	copy_text(g->name, sizeof(g->name), event->name, sizeof(event->name));
	/* Files of one kind come as one group; should two be sent, they are one here. */
	g->count[scans->n] += event->count;
	g->idle[scans->n] += event->idle;
	g->heirs += event->heirs;
	g->looked_at = event->looked_at;
	g->alike = event->alike;
	g->deleted = event->deleted;
	g->more_peers += event->more_peers;
	if (event->heirs) {
		g->heir_pid = event->heir_pid;
		copy_text(g->heir_comm, sizeof(g->heir_comm), event->heir_comm,
			  sizeof(event->heir_comm));
	}
	if (event->idle_max_ms > g->idle_max_ms)
		g->idle_max_ms = event->idle_max_ms;
}

void scans_end(struct fd_scans *scans, const struct event_fd_scan *event)
{
	begin(scans, event->scan, event->h.ts_ns);
	scans->ts_ns[scans->n] = event->h.ts_ns;
	scans->fds[scans->n] = event->fds;
	scans->n++;
	scans->open = false;
}

__u64 scans_last_ns(const struct fd_scans *scans)
{
	return scans->n ? scans->ts_ns[scans->n - 1] : 0;
}
