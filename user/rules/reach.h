/* SPDX-License-Identifier: BSD-2-Clause */
/* reach.h - a peer's silence; found by reach.c, worded by reach_claim.c. */
#ifndef CULPRIT_REACH_H
#define CULPRIT_REACH_H

#include "rules/paths.h"

extern const struct threshold reach_critical_s;

/* What is claimed: one service, or all silent ones of an address. */
struct silence {
	const struct path *path;
	const struct peer *service; /* the one port that is meant; NULL: the whole address */
	const struct peer *any;
	__u64 since_ns;
	__u64 last_ns;
	__u32 sockets; /* stuck */
	__u32 backoff;
	__u64 syns;   /* resent over the window */
	__u64 tries;  /* attempts over the window that nobody answered */
	__u64 failed; /* attempts that timed out or were unreachable, connections that broke */
	__u32 zero_win;
	unsigned int answering; /* other paths by the same interface that answered meanwhile */
	const struct path *control;
	unsigned int silent_too;
	bool never; /* seen to answer while watched */
};

/* Services that are told of in one evaluation; of clients, which come and go, a number of their own: however many of
 * them are silent, what this host needs has its place. */
#define SILENT_SERVICES 64
#define SILENT_CLIENTS	64
#define SILENT_MAX	(SILENT_SERVICES + SILENT_CLIENTS)
struct silent {
	const struct peer *peer;
	const struct path *path;
	__u64 since_ns;
	bool stuck;
};
/* The services that are silent now, then the clients; their number. */
unsigned int silent_find(const struct model *model, const struct paths *paths,
			 struct silent list[SILENT_MAX]);

/* For rules on peers that cannot be reached, their exposed() and recovered(): has this host a peer at all; did it
 * answer again, on a service of the subject? */
bool reach_exposed(const struct model *model, char *buf, size_t size);
bool reach_recovered(const struct model *model, const struct subject *subject, __u64 since_ns);

void silence_claim(const struct model *model, const struct silence *silence,
		   const struct judgement *judgement);

#endif
