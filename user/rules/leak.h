/* SPDX-License-Identifier: BSD-2-Clause */
/* leak.h - one process that keeps gaining descriptors; leak.c and leak_claim.c. */
#ifndef CULPRIT_LEAK_H
#define CULPRIT_LEAK_H

#include "rules/breakdown.h"
#include "rules/rule.h"
#include "rules/trend.h"

struct leak {
	const struct process *process;
	struct trend trend;
	struct breakdown parts;
	enum leak_kind kind; /* what may be claimed; LEAK_UNKNOWN: wait for the breakdown */
	double chance;	     /* that a process without a trend looks so */
	unsigned int steady; /* other processes whose floor did not rise */
	double age_s;	     /* of the process when the growth began; negative: unknown */
	bool early;	     /* it has risen as often as it must, and hardly oftener */
	double left_s;	     /* until the limit at this rate; negative: no limit, or no rate */
};

/* Evidence, advice and message for a claim; returns the factor by which what speaks against lowers
 * the confidence. */
struct leak_site;
double leak_claim_fill(struct claim *claim, const struct model *model, const struct leak *leak,
		       const struct leak_site *site);

#endif
