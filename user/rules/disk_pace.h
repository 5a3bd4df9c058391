/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_pace.h - how much longer a disk takes for its requests than is to be expected at its load.
 *
 * In the way of Perseus (Lu et al., FAST '23): latency is held against what this disk took at that load before,
 * or a sibling takes, by an upper bound; the slowdown must reach a ratio, and last. No latency is slow in itself.
 */
#ifndef CULPRIT_DISK_PACE_H
#define CULPRIT_DISK_PACE_H

#include "rules/disk_load.h"

/* How far above the bound counts. */
struct pace_limits {
	double ratio;	  /* of what is expected */
	double excess_ms; /* above what is expected */
	double seek_ms;	  /* what a rotating disk may take for each request in it */
	double past;	  /* looks that are a past */
};

struct disk_pace {
	const struct disk *disk;
	unsigned int op;    /* PAST_READ, PAST_WRITE */
	unsigned int looks; /* the latest ones in a row in which it was too slow */
	double requests;    /* in these looks, and the means over them: */
	double took_ms;	    /* in the device where that is known, else queue and device */
	double queue_ms;    /* where known */
	double expect_ms;
	double depth; /* in the device where that is known */
	double kb;
	bool split;		    /* queue and device were told apart in the latest look */
	__u64 from_ns, to_ns;	    /* these looks */
	double jitter_ms;	    /* by how much their lengths differ: this host's own delays */
	const struct disk *sibling; /* whose past it was held against; NULL: its own */
	unsigned int past_looks;    /* that this past has */
};

/* Is the latest look too slow? Fills in what the looks say; false: it is not, or nothing is known. */
bool disk_pace_slow(const struct model *model, const struct disk *disk, unsigned int op,
		    const struct pace_limits *limits, struct disk_pace *ret);
/* Has it, or a sibling of it, a past to be held against? */
bool disk_pace_known(const struct model *model, const struct disk *disk,
		     const struct pace_limits *limits);
/* The same, and not by what this run alone learned in its first minutes: a disk that was slow all along would be its own
 * witness. */
bool disk_pace_proven(const struct model *model, const struct disk *disk,
		      const struct pace_limits *limits);

#endif
