/* SPDX-License-Identifier: BSD-2-Clause */
/* sites.h - where in its code an armed process opens what it keeps. */
#ifndef CULPRIT_SITES_H
#define CULPRIT_SITES_H

#include <stdbool.h>

#include <culprit/event.h>

#define SITES_KEPT 16

struct fd_site {
	struct event_fd_site now;    /* as last told; not among the largest since: an older ts_ns */
	struct event_fd_stack stack; /* all zero: not found out yet */
};

/* What was found while it was armed stays known when it is armed anew, until a descriptor of the new time has outlived its
 * first seconds. */
struct fd_sites {
	struct event_fd_armed armed; /* the latest look at what the sites are of */
	struct event_fd_armed
		latest; /* the latest look of all: of the same time, or of a new one */
	struct fd_site site[SITES_KEPT];
	unsigned int n;
};

/* Takes EVENT_FD_SITE, _ARMED, _STACK of one process. */
void sites_apply(struct fd_sites *sites, const struct event *event);
/* Was the site told of at the latest look? */
bool site_is_fresh(const struct fd_sites *sites, const struct fd_site *site);

#endif
