/* SPDX-License-Identifier: BSD-2-Clause */
/* leak_sites.h - the call site that opens what a leaking process keeps; leak_sites.c. */
#ifndef CULPRIT_LEAK_SITES_H
#define CULPRIT_LEAK_SITES_H

#include "rules/leak.h"

/* Call sites that are the same in words, together. */
struct leak_site {
	const struct event_fd_stack *stack; /* NULL: not found out (yet) */
	__u64 opened;
	__u64 ripe; /* of these over 3 s ago */
	__u64 ripe_alive;
	double survival; /* ripe_alive / ripe; negative: too few to say */
};

/* The site at which what leaks is opened: of that kind most survive there. False: none was seen. */
bool leak_site_find(const struct leak *leak, struct leak_site *ret);
/* Says it in the claim; returns the confidence, raised by what survives. */
double leak_site_say(struct claim *claim, const struct leak *leak, const struct leak_site *site,
		     double confidence);
/* There is none: says why, if it is known. */
void leak_site_say_none(struct claim *claim, const struct leak *leak);
/* "pool.c:118" or "db_connect" of the innermost frame; empty when it has no name. */
void leak_site_after(const struct leak_site *site, char *buf, size_t size);
/* Arms the suspect for a bounded time, and asks which functions its sites are: `parts` tells which are meant. */
void leak_site_ask(const struct model *model, const struct process *process,
		   const struct breakdown *parts, const struct judgement *judgement);

#endif
