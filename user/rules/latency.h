/* SPDX-License-Identifier: BSD-2-Clause */
/* latency.h - what latency.c judged, for latency_claim.c to put into words. */
#ifndef CULPRIT_LATENCY_H
#define CULPRIT_LATENCY_H

#include "rules/trail.h"

/* What a slow path is judged against, or, where most of an interface's are slow, the interface. */
struct latency_company {
	const struct trail
		*worst;	     /* of the slow ones, that which is judged included: most sockets */
	unsigned int judged; /* paths by this interface */
	unsigned int slow;   /* of these */
	unsigned int begins; /* of these: far above their least, not yet long enough to be slow */
	unsigned int fine;
	const struct trail *best[2];   /* of the fine ones, those with most segments */
	const struct trail *elsewhere; /* fine, by another interface or on loopback */
};

extern const struct threshold latency_settled_s;

void latency_claim_path(const struct model *model, const struct trail *trail,
			const struct latency_company *company, enum basis basis, double confidence,
			const struct judgement *judgement);
void latency_claim_nic(const struct model *model, const struct latency_company *company,
		       enum basis basis, double confidence, const struct judgement *judgement);

#endif
