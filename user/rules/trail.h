/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trail.h - the round trips of a path, look by look: how far above its own least it has been, and since
 * when; latency.c, latency_claim.c.
 */
#ifndef CULPRIT_TRAIL_H
#define CULPRIT_TRAIL_H

#include "rules/paths.h"

/* path-latency's thresholds. */
extern const struct threshold latency_grown_ms;
extern const struct threshold latency_times;
extern const struct threshold latency_looks;

/* A look is a tick at which a socket of the path had just sent; its round trip the least of all of these. */
struct trail {
	const struct path *path;
	bool judged;	   /* looked at just now and often enough, on a path that is one */
	__u32 low_us;	   /* the least look of the run */
	unsigned int kept; /* looks that are kept, PEER_TRIPS at most */
	unsigned int slow; /* of these, the latest so many in a row were far above the least; */
	unsigned int ever; /* and so many in all */
	/* of those in a row */
	__u32 least_us;
	__u32 most_us;
	__u32 latest_us;
	__u32 sockets;	     /* that sent at the latest */
	unsigned int queued; /* looks at which data waited for the congestion window */
	__u64 first_ns;
	__u64 last_ns;
	/* of the whole run, of its busiest peer: looks up to twice the least, above, and of those the
	 * latest in a row */
	__u32 near;
	__u32 far;
	__u32 run;
};

struct trails {
	struct trail *trail; /* one a path, in their order */
	unsigned int n;
	struct paths paths;
};

/* None when out of memory. Free with trails_done(). */
void trails_init(struct trails *trails, const struct model *model);
void trails_done(struct trails *trails);

/* Far above its least for long enough. */
bool trail_is_slow(const struct model *model, const struct trail *trail);
/* Judged, and not once far above its least: what can serve as a control. */
bool trail_is_fine(const struct trail *trail);

/*
 * The chance that the latest `run` looks are all among the far ones, if the order of the looks meant
 * nothing (a permutation test: C(far, run) / C(near + far, run)). 1 without a near look.
 */
double trail_chance(const struct trail *trail);

#endif
