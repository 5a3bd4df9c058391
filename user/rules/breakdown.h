/* SPDX-License-Identifier: BSD-2-Clause */
/* breakdown.h - of which kind the descriptors are that a process gained. */
#ifndef CULPRIT_BREAKDOWN_H
#define CULPRIT_BREAKDOWN_H

#include "model/model.h"
#include "model/process.h"

enum leak_kind { LEAK_UNKNOWN, LEAK_FDS, LEAK_SOCKETS, LEAK_CLOSE_WAIT };

/* What grew between two breakdowns. */
struct breakdown {
	enum leak_kind kind; /* LEAK_UNKNOWN: too few breakdowns, or no growth between them */
	unsigned int scans;
	double span_s;
	__s64 total;  /* all descriptors gained */
	__s64 grown;  /* of these, of the kind that leaks */
	__u32 held;   /* of that kind now; sockets to one peer: of these only */
	__s64 others; /* gained of all other kinds */
	__u32 others_held;
	const char *what; /* "sockets", "files", "pipes": static */
	const struct peer_key
		*peer;	    /* the one peer that most of them go to; NULL: several or none */
	__u8 proto;	    /* enum fd_proto of that peer's */
	__u8 dir;	    /* enum peer_dir of most that grew; 0: not known */
	unsigned int peers; /* sockets: how many different peers now */
	__u32 open;	    /* sockets: to that peer (or all) now, */
	__u32 idle;	    /* and of these nothing was sent or received for FD_IDLE_MS, */
	__u32 idle_max_ms;  /* the longest; 0: not known */
	__s64 idle_gained;  /* so many more of them than at the first breakdown; */
	__s64 open_gained;  /* and of those that are open: */
	__s64 timed_gained; /* of which it is known whether they rest, connections of TCP */
	__u32 heirs;	    /* of that kind, held by programs too that the process started, */
	const struct fd_group *heir;   /* such as this group's; NULL: none */
	const struct fd_group *sample; /* of descriptors: the group that grew most; NULL: none */
	double rising; /* share of the steps between breakdowns at which that kind did not fall */
};

/* What grew from the kept breakdown that was latest at since_ns, or else the first one, to the latest. */
void breakdown_of(const struct process *process, __u64 since_ns, struct breakdown *ret);
/* "sockets", "files" ... of an enum fd_kind; never NULL. */
const char *breakdown_kind_text(enum fd_kind kind);

#endif
