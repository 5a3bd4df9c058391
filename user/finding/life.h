/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * life.h - the life of findings: open, update, superseded, resolved; causes.
 *
 * One state machine for all rules; what differs (hysteresis, recovery, precedence, correlation) is
 * data in the rule table and its two companions.
 */
#ifndef CULPRIT_LIFE_H
#define CULPRIT_LIFE_H

#include "finding/finding.h"
#include "rules/rule.h"

struct life;

/* A finding changed so that a line is due; it is borrowed during the call. */
typedef int (*finding_fn)(void *ctx, const struct finding *finding);

/* NULL when out of memory. */
struct life *life_new(void);
void life_free(struct life *life);

/* One evaluation: judges all rules against the model, moves every finding on, and hands out those
 * that are due a line, causes before effects. `last`: the window ends, open changes are told at
 * once. 0, or what fn returned when it was negative. */
int life_evaluate(struct life *life, const struct model *model, bool last, ask_fn ask,
		  finding_fn fn, void *ctx);

/* The i-th open finding (state open or update), worst first: the sure before the suspected, then by
 * severity, confidence and count; NULL past the end. Valid until the next evaluation. */
const struct finding *life_open_at(const struct life *life, unsigned int i);
/* The i-th finding of this run that was open and is resolved, in the order in which they were first
 * seen; NULL past the end. Those of a former boot and superseded ones are not among them: the fault of these is
 * told by the winner. */
const struct finding *life_past_at(const struct life *life, unsigned int i);
/* How many were opened, and how many ended, in this run. */
__u64 life_changes(const struct life *life);

/*
 * Before the first evaluation: a finding that a former run of this boot left open goes on, with its id and episode.
 * Its next line is an update, as soon as it is claimed again, or that it is resolved: not before a whole window was
 * looked at. -EINVAL, -EEXIST,
 * -ENOSPC, -ENOMEM.
 */
int life_restore(struct life *life, const struct finding *finding);
/*
 * The same for one that a run before the last boot left open: its one line, in the first evaluation, is that it is
 * resolved as untracked. Its id and its times mean nothing in this boot; its fingerprint does.
 */
int life_end_former(struct life *life, const struct finding *finding);

/* For how many findings there is room, and how many there are, closed ones too; claims that found no room, and findings
 * that had to make room (resolved as untracked). */
struct life_room {
	unsigned int limit, used;
	__u64 dropped;
};

struct life_room life_room(const struct life *life);

#endif
