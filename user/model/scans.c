/* SPDX-License-Identifier: BSD-2-Clause */
/* scans.c - the breakdowns of one process's descriptors; see scans.h. */
#include "model/scans.h"

#include <string.h>

#include "model/copy.h"

static bool is_group(const struct fd_group *g, const struct event_fd_group *e)
{
	return g->kind == e->kind && g->proto == e->proto && g->state == e->state &&
	       memcmp(&g->peer, &e->peer, sizeof(g->peer)) == 0;
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
		__u32 *count = scans->group[i].count;

		memmove(count + at, count + at + 1, n * sizeof(count[0]));
		count[SCANS_KEPT - 1] = 0;
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

		g->count[scans->n] = g->idle = g->idle_max_ms = g->heirs = 0;
	}
	scans->open = true;
	scans->open_scan = scan;
}

/* The place for a new group: a free one, or that of a group that is empty in all kept scans, or of
 * the one that was smallest at the last. */
static struct fd_group *group_place(struct fd_scans *scans)
{
	struct fd_group *least = &scans->group[0];

	if (scans->n_groups < GROUPS_KEPT)
		return &scans->group[scans->n_groups++];
	for (unsigned int i = 1; scans->n && i < GROUPS_KEPT; i++)
		if (scans->group[i].count[scans->n - 1] + scans->group[i].count[scans->n] <
		    least->count[scans->n - 1] + least->count[scans->n])
			least = &scans->group[i];
	scans->groups_dropped++;
	return least;
}

void scans_group(struct fd_scans *scans, const struct event_fd_group *event)
{
	struct fd_group *g = NULL;

	begin(scans, event->scan, event->h.ts_ns);
	for (unsigned int i = 0; i < scans->n_groups && !g; i++)
		if (is_group(&scans->group[i], event))
			g = &scans->group[i];
	if (!g) {
		g = group_place(scans);
		memset(g, 0, sizeof(*g));
		g->kind = event->kind;
		g->proto = event->proto;
		g->state = event->state;
		g->peer = event->peer;
	}
	copy_text(g->name, sizeof(g->name), event->name, sizeof(event->name));
	/* Files of one kind come as one group; should two be sent, they are one here. */
	g->count[scans->n] += event->count;
	g->idle += event->idle;
	g->heirs += event->heirs;
	g->looked_at = event->looked_at;
	g->alike = event->alike;
	g->deleted = event->deleted;
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
