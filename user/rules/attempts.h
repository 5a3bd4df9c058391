/* SPDX-License-Identifier: BSD-2-Clause */
/* attempts.h - connections to a service that are not made, while something there still answers; for reach.c. */
#ifndef CULPRIT_ATTEMPTS_H
#define CULPRIT_ATTEMPTS_H

#include "rules/paths.h"

extern const struct threshold attempts_min_failed, attempts_min_share, attempts_min_given_up,
	attempts_lasting_s;

struct attempts {
	const struct peer *peer;
	const struct path *path;
	__u64 since_ns;
	__u64 last_ns;
	__u64 failed; /* over the run: timed out, unreachable, given up after a SYN was sent again, and those that wait */
	__u64 made;	/* meanwhile */
	__u64 answered; /* these, and what was refused */
	bool hasty;	/* given up before the first SYN was sent again, one after the other */
};

/* Do attempts at that service fail, in such numbers and for so long that it is no accident? */
bool attempts_fail(const struct model *model, const struct path *path, const struct peer *peer,
		   struct attempts *ret);
void attempts_claim(const struct model *model, const struct attempts *attempts,
		    const struct judgement *judgement);

#endif
