/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_exhaustion.h - limits of descriptors: fd_exhaustion.c judges, fd_exhaustion_claim.c words, fd_refused.c asks. */
#ifndef CULPRIT_FD_EXHAUSTION_H
#define CULPRIT_FD_EXHAUSTION_H

#include "model/process.h"
#include "rules/rule.h"
#include "rules/trend.h"

#define FD_HOUR_S 3600.0

/* A process, or the host, and its limit. */
struct fd_nearly {
	__u64 held;
	__u64 limit;
	double left_s; /* negative: it does not grow */
	double chance;
	struct trend trend;
	bool near;			/* at min_share */
	bool host;			/* the kernel's own table */
	const struct refusals *refused; /* that are a claim; or NULL */
};

/* Has it one that somebody may meet? */
bool fd_has_limit(const struct model *model, const struct process *p);
/* At min_share of its limit, or of the kernel's own table, now. */
bool fd_process_is_near(const struct model *model, const struct process *p);
bool fd_host_is_near(const struct model *model);
/* Refused often enough, and lately. `r` may be NULL: never. */
bool fd_is_refused(const struct model *model, const struct refusals *r);

/* `times` the limit, and no more than the kernel takes without another setting (fs.nr_open, 1,048,576 where nobody set
 * it): 0 when that is no more than the limit, or than what is held. */
__u64 fd_limit_raised(__u64 limit, __u64 held, unsigned int times);
/* Advises to raise the process's soft limit to `more`, and the hard one only where that is known to be lower: who says the
 * hard one too may lower it for good. */
void fd_advise_limit(struct claim *claim, const struct process *p, __u64 more, const char *text);

void fd_claim_process(const struct model *model, const struct process *p, const struct fd_nearly *n,
		      const struct judgement *judgement);
/* Only when it is near, or refused. */
void fd_claim_host(const struct model *model, const struct judgement *judgement);
/* Asks to watch those nearest to their limits. */
void fd_ask_refused(const struct model *model, const struct judgement *judgement);

#endif
