/* SPDX-License-Identifier: BSD-2-Clause */
/* sites.c - where in its code an armed process opens what it keeps; see sites.h. */
#include "model/sites.h"

#include <string.h>

#include "model/copy.h"

static struct fd_site *find(struct fd_sites *sites, __u32 site)
{
	for (unsigned int i = 0; i < sites->n; i++)
		if (sites->site[i].now.site == site)
			return &sites->site[i];
	return NULL;
}

/* A free place, or that of the site with the fewest living descriptors. */
static struct fd_site *place(struct fd_sites *sites)
{
	struct fd_site *least = &sites->site[0];

	if (sites->n < SITES_KEPT)
		return &sites->site[sites->n++];
	for (unsigned int i = 1; i < SITES_KEPT; i++)
		if (sites->site[i].now.alive < least->now.alive)
			least = &sites->site[i];
	return least;
}

static void take_site(struct fd_sites *sites, const struct event_fd_site *e)
{
	struct fd_site *s = find(sites, e->site);

	/* Armed anew its counts begin anew, and say nothing yet. */
	if (s && e->opened < s->now.opened && !e->ripe_alive)
		return;
	if (!s) {
		s = place(sites);
		memset(s, 0, sizeof(*s));
	}
	s->now = *e;
}

static void take_stack(struct fd_sites *sites, const struct event_fd_stack *e)
{
	struct fd_site *s = find(sites, e->site);

	if (!s)
		return;
	s->stack = *e;
	copy_text(s->stack.text, sizeof(s->stack.text), e->text, sizeof(e->text));
	copy_text(s->stack.build_id, sizeof(s->stack.build_id), e->build_id, sizeof(e->build_id));
}

static bool any_ripe(const struct fd_sites *sites, __u64 since_ns)
{
	for (unsigned int i = 0; i < sites->n; i++)
		if (sites->site[i].now.h.ts_ns >= since_ns && sites->site[i].now.ripe_alive)
			return true;
	return false;
}

/* The end of a look: its sites came before it. */
static void take_armed(struct fd_sites *sites, const struct event_fd_armed *armed)
{
	sites->latest = *armed;
	if (armed->since_ns != sites->armed.since_ns && sites->armed.h.ts_ns) {
		if (!any_ripe(sites, armed->h.ts_ns))
			return;
		for (unsigned int i = 0; i < sites->n;) {
			if (sites->site[i].now.h.ts_ns < armed->h.ts_ns)
				sites->site[i] = sites->site[--sites->n];
			else
				i++;
		}
	}
	sites->armed = *armed;
}

void sites_apply(struct fd_sites *sites, const struct event *event)
{
	switch (event->type) {
	case EVENT_FD_SITE:
		take_site(sites, (const struct event_fd_site *)event);
		break;
	case EVENT_FD_STACK:
		take_stack(sites, (const struct event_fd_stack *)event);
		break;
	case EVENT_FD_ARMED:
		take_armed(sites, (const struct event_fd_armed *)event);
		break;
	default:
		break;
	}
}

bool site_is_fresh(const struct fd_sites *sites, const struct fd_site *site)
{
	return site->now.h.ts_ns >= sites->armed.h.ts_ns;
}
