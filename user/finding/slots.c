/* SPDX-License-Identifier: BSD-2-Clause */
/* slots.c - which findings there is room for; see life_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "finding/life_impl.h"

struct slot *slot_find(const struct life *life, __u64 id)
{
	for (unsigned int i = 0; i < life->n; i++)
		if (life->slot[i]->finding.id == id)
			return life->slot[i];
	return NULL;
}

void slot_close(struct life *life, struct slot *s, enum finding_state state, enum resolution why)
{
	s->finding.state = state;
	s->finding.resolution = why;
	s->open = s->restored = false;
	s->former_severity = 0;
	s->due = true;
	s->present = 0;
	s->last_change_ns = model_now(life->model);
	life->changes++;
}

/* ---- room ---- */

/* Is it claimed now, or was it a moment ago and may yet be? */
static bool is_busy(const struct slot *s)
{
	return s->claimed || s->present;
}

/* Which of two makes room first: one that is no more claimed, one that is closed, the lesser, one of the class that
 * has more, the older. */
static bool goes_first(const struct slot *a, const struct slot *b, const unsigned int *of_class)
{
	const struct claim *x = &a->finding.claim, *y = &b->finding.claim;

	if (is_busy(a) != is_busy(b))
		return is_busy(b);
	if (a->open != b->open)
		return b->open;
	if (x->severity != y->severity)
		return x->severity < y->severity;
	if (of_class[x->rule->class] != of_class[y->rule->class])
		return of_class[x->rule->class] > of_class[y->rule->class];
	return a->last_change_ns < b->last_change_ns;
}

/* Its reader must hear that nothing more will be said of it. */
static void give_up(struct life *life, struct slot *s)
{
	int code;

	life->dropped++;
	if (!s->open)
		return;
	slot_close(life, s, FINDING_RESOLVED, RESOLVED_UNTRACKED);
	code = life->fn(life->fn_ctx, &s->finding);
	if (code < 0 && !life->code)
		life->code = code;
}

/*
 * A closed finding is kept for its episode count, until its room is needed. When none is closed, an open one goes,
 * counted: no number of remarks, or of findings of one class, keeps a worse one or the first of another out. Among
 * equals the class that has fewer wins: so no two take each other's room again and again.
 */
static struct slot *slot_reuse(struct life *life, const struct claim *claim)
{
	unsigned int of_class[CLASSES] = {0};
	struct slot *least = NULL;
	const struct claim *old;

	for (unsigned int i = 0; i < life->n; i++)
		of_class[life->slot[i]->finding.claim.rule->class]++;
	for (unsigned int i = 0; i < life->n; i++)
		if (!least || goes_first(life->slot[i], least, of_class))
			least = life->slot[i];
	if (!least)
		return NULL;
	old = &least->finding.claim;
	if (least->open || is_busy(least)) {
		if (claim->severity < old->severity ||
		    (is_busy(least) && claim->severity == old->severity &&
		     of_class[old->rule->class] <= of_class[claim->rule->class] + 1))
			return NULL;
		give_up(life, least);
	}
	memset(least, 0, sizeof(*least));
	return least;
}

struct slot *slot_add(struct life *life, const struct claim *claim, __u64 id)
{
	struct slot *s;

	if (life->n < LIFE_SLOTS) {
		s = calloc(1, sizeof(*s));
		if (s)
			life->slot[life->n++] = s;
	} else {
		s = slot_reuse(life, claim);
	}
	if (!s) {
		life->dropped++;
		return NULL;
	}
	s->finding.id = id;
	return s;
}
