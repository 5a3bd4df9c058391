/* SPDX-License-Identifier: BSD-2-Clause */
/* relations.c - which finding stands for another, and which caused it; see life_impl.h. */
#include <string.h>

#include "finding/life_impl.h"

/* First faults are seen in the order of ticks and rings: the cause may appear a tick, and a little, after the effect. */
#define CAUSE_SLACK_NS 1000000000ULL

/* ---- one fault, one finding ---- */

static bool is_kind(const struct slot *s, const char *kind)
{
	return s->finding.claim.rule && strcmp(s->finding.claim.rule->kind, kind) == 0;
}

/* Errors come up from the disk under a device within the retries of the layers between. */
#define BELOW_DELAY_NS 60000000000ULL

/*
 * Does the winner still stand for what it stood for? A disk that failed, or what was leaked, stays what it is until it
 * is seen to be well. What a network does is of the moment: a finding that is not claimed any more, and cannot be
 * seen to be well, is open for a day, and what comes in that day is another fault: but for one that a single answer
 * would end. (What a former run found is only claimed again when it was looked at long enough.)
 */
static bool stands(const struct life *life, const struct slot *s)
{
	const struct rule *rule = s->finding.claim.rule;

	if (s->claimed || !s->open)
		return s->claimed;
	if (rule->lasts &&
	    rule->lasts(life->model, &s->finding.claim.subject, s->finding.last_seen_ns))
		return true;
	return rule->class == CLASS_HARDWARE || rule->class == CLASS_LEAK ||
	       s->absent < rule->close_evals || is_too_soon(life, s);
}

static const struct explanation *explanation_of(const struct slot *winner, const struct slot *loser)
{
	for (unsigned int i = 0; i < explanation_count; i++)
		if (is_kind(winner, explanation_table[i].winner) &&
		    is_kind(loser, explanation_table[i].loser))
			return &explanation_table[i];
	return NULL;
}

static bool explains(const struct life *life, const struct explanation *by,
		     const struct slot *winner, const struct slot *loser)
{
	return by && by->explains(life->model, &winner->finding.claim.subject,
				  &loser->finding.claim.subject);
}

/* A remark hides no warning, nor a suspicion a fault of more consequence that it does not explain. */
static bool may_hide(const struct life *life, const struct slot *winner, const struct slot *loser)
{
	const struct claim *w = &winner->finding.claim, *l = &loser->finding.claim;
	const struct explanation *by = explanation_of(winner, loser);

	if (by && by->always && !explains(life, by, winner, loser))
		return false;
	if (w->severity >= l->severity)
		return true;
	return w->severity > SEVERITY_INFO &&
	       (is_fault(&winner->finding) || !is_fault(&loser->finding) ||
		explains(life, by, winner, loser));
}

/* A peer is in a subnet, and both are reached by an interface. */
static bool is_wider(const struct subject *a, const struct subject *b)
{
	return (a->type == SUBJECT_SUBNET && b->type == SUBJECT_PEER) ||
	       (a->type == SUBJECT_NIC && (b->type == SUBJECT_SUBNET || b->type == SUBJECT_PEER));
}

static bool wins(const struct life *life, const struct precedence *row, enum join join,
		 const struct slot *winner, const struct slot *loser)
{
	if (winner == loser || winner->held || !is_kind(winner, row->winner) ||
	    !is_kind(loser, row->loser) || !stands(life, winner) || !may_hide(life, winner, loser))
		return false;
	if (join == JOIN_WITHIN &&
	    !is_wider(&winner->finding.claim.subject, &loser->finding.claim.subject))
		return false;
	if (join == JOIN_BELOW &&
	    loser->finding.claim.last_ns > winner->finding.claim.last_ns + BELOW_DELAY_NS)
		return false;
	return subjects_meet(life->model, &winner->finding.claim.subject,
			     &loser->finding.claim.subject, join);
}

/* A loser is held back as soon as the winner is claimed, and superseded once the winner is open. */
static void apply_row(struct life *life, const struct precedence *row, enum join join)
{
	for (unsigned int w = 0; w < life->n; w++) {
		for (unsigned int l = 0; l < life->n; l++) {
			struct slot *winner = life->slot[w];
			struct slot *loser = life->slot[l];

			if (!wins(life, row, join, winner, loser))
				continue;
			loser->held = true;
			loser->finding.by = winner->finding.id;
		}
	}
}

/* Contradicted: the loser is open, says what is not so any more, and the winner is what came of it. */
static void apply_after(struct life *life, const struct precedence *row)
{
	for (unsigned int w = 0; w < life->n; w++) {
		for (unsigned int l = 0; l < life->n; l++) {
			struct slot *winner = life->slot[w];
			struct slot *loser = life->slot[l];

			if (!winner->claimed || winner->held || !is_kind(winner, row->winner) ||
			    !is_kind(loser, row->loser) || stands(life, loser) ||
			    !subjects_meet(life->model, &winner->finding.claim.subject,
					   &loser->finding.claim.subject, JOIN_SAME_SUBJECT))
				continue;
			loser->held = true;
			loser->finding.by = winner->finding.id;
		}
	}
}

void apply_precedence(struct life *life)
{
	for (unsigned int r = 0; r < precedence_count; r++)
		apply_row(life, &precedence_table[r],
			  precedence_table[r].same_subject ? JOIN_SAME_SUBJECT : JOIN_SAME_NIC);
	for (unsigned int r = 0; r < precedence_within_count; r++)
		apply_row(life, &precedence_within[r], JOIN_WITHIN);
	for (unsigned int r = 0; r < precedence_below_count; r++)
		apply_row(life, &precedence_below[r], JOIN_BELOW);
	for (unsigned int r = 0; r < precedence_after_count; r++)
		apply_after(life, &precedence_after[r]);
}

/* ---- causes ---- */

static bool caused(const struct life *life, const struct correlation *row,
		   const struct slot *effect, const struct slot *cause)
{
	__u64 at = effect->finding.first_seen_ns;
	__u64 by = effect->finding.first_by_ns ? effect->finding.first_by_ns : at;
	__u64 from = cause->finding.first_seen_ns;
	__u64 slack_ns = CAUSE_SLACK_NS + model_frame(life->model)->tick_ns;

	if (effect == cause || !cause->open || !is_kind(effect, row->effect) ||
	    !is_kind(cause, row->cause))
		return false;
	if (from > by + slack_ns || (at > from && at - from > row->max_delay_ns))
		return false;
	return subjects_meet(life->model, &effect->finding.claim.subject,
			     &cause->finding.claim.subject, row->join);
}

void find_causes(const struct life *life, struct slot *effect)
{
	struct finding *f = &effect->finding;

	f->n_caused_by = 0;
	for (unsigned int r = 0; r < correlation_count; r++)
		for (unsigned int i = 0; i < life->n && f->n_caused_by < FINDING_CAUSES_MAX; i++)
			if (caused(life, &correlation_table[r], effect, life->slot[i]))
				f->caused_by[f->n_caused_by++] = life->slot[i]->finding.id;
}
