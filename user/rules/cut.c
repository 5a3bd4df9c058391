/* SPDX-License-Identifier: BSD-2-Clause */
/* cut.c - addresses that are silent together; see cut.h. */
#include "rules/cut.h"

#include <math.h>
#include <string.h>

#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

const struct threshold cut_min_peers = {
	"network-partition.min_peers", 2, "{peer}",
	"one silent address is a dead peer; two at once have the way to them in common"};
const struct threshold cut_together_s = {
	"network-partition.together_s", 10, "s",
	"TCP notices a silence when it next sends: a quiet connection seconds after a busy one; whose silence began "
	"longer before others' last answers is no part of it"};
const struct threshold cut_client_weight = {
	"network-partition.client_weight", 3, "{client}",
	"laptops and phones of one network leave together at the end of a meeting; six at once seldom"};

void silences_find(struct silences *s, const struct model *model, const struct paths *paths)
{
	s->model = model;
	s->paths = paths;
	s->n = silent_find(model, paths, s->list);
}

/* Is the path silent, with all its services, and since when? */
static bool is_silent(const struct silences *s, const struct path *path, __u64 *ret_since_ns)
{
	for (unsigned int i = 0; i < s->n; i++) {
		if (s->list[i].path != path || path->progress_ns > s->list[i].since_ns)
			continue;
		*ret_since_ns = s->list[i].since_ns;
		return true;
	}
	return false;
}

static void take(struct cut *cut, const struct path *path, __u64 since_ns)
{
	if (cut->n < 2)
		cut->silent[cut->n] = path;
	cut->n++;
	cut->light += path->inbound;
	cut->strangers += !path->inbound && !path_ever_answered(path);
	cut->mine |= path->mine;
	cut->sockets += path->live;
	cut->tried += path->live_syn;
	if (!cut->since_ns || since_ns < cut->since_ns)
		cut->since_ns = since_ns;
	if (since_ns > cut->until_ns)
		cut->until_ns = since_ns;
	if (path->lost_ns > cut->last_ns)
		cut->last_ns = path->lost_ns;
}

static bool is_meant(const struct cut *cut, const struct path *path,
		     bool (*like)(const struct path *a, const struct path *b))
{
	return path->netns == cut->first->netns && !path->loopback && like(path, cut->first);
}

/* Is it silent, and has been no longer than the last of them answers? Else it is dead by itself: others answered long
 * after, and what they fall silent of now is not that. */
static bool is_of_it(const struct cut *cut, const struct silences *s, const struct path *path,
		     __u64 *ret_since_ns)
{
	double together_s = model_threshold(s->model, &cut_together_s);

	return is_silent(s, path, ret_since_ns) &&
	       *ret_since_ns + (__u64)(1e9 * together_s) >= cut->answered_ns;
}

/* An address that is reached by two interfaces is one peer. Paths are sorted by interface first: the other one may
 * be anywhere before. */
static bool is_taken(const struct cut *cut, const struct silences *s, unsigned int from,
		     unsigned int at)
{
	const struct path *path = &s->paths->path[at];
	__u64 since_ns;

	for (unsigned int i = from; i < at; i++) {
		const struct path *other = &s->paths->path[i];

		if (other->netns == path->netns &&
		    memcmp(other->addr, path->addr, sizeof(path->addr)) == 0 &&
		    is_of_it(cut, s, other, &since_ns))
			return true;
	}
	return false;
}

bool cut_sum_up(struct cut *cut, const struct silences *s, unsigned int at,
		bool (*like)(const struct path *a, const struct path *b))
{
	__u64 since_ns;

	memset(cut, 0, sizeof(*cut));
	cut->first = &s->paths->path[at];
	if (!is_silent(s, cut->first, &since_ns))
		return false;
	for (unsigned int i = 0; i < s->paths->n; i++)
		if (is_meant(cut, &s->paths->path[i], like) &&
		    s->paths->path[i].progress_ns > cut->answered_ns)
			cut->answered_ns = s->paths->path[i].progress_ns;
	if (!is_of_it(cut, s, cut->first, &since_ns))
		return false;
	for (unsigned int i = 0; i < s->paths->n; i++) {
		const struct path *path = &s->paths->path[i];

		if (!is_meant(cut, path, like) || !is_of_it(cut, s, path, &since_ns))
			continue;
		if (i < at)
			return false;
		if (!is_taken(cut, s, at, i))
			take(cut, path, since_ns);
	}
	return true;
}

double cut_weight(const struct cut *cut, const struct model *model)
{
	return cut->n - cut->light + cut->light / model_threshold(model, &cut_client_weight);
}

bool cut_is_one(const struct cut *cut, const struct model *model)
{
	return cut->n >= 2 && cut_weight(cut, model) >= model_threshold(model, &cut_min_peers) &&
	       cut->answered_ns <= cut->until_ns;
}

/* None of them: then they need not have fallen silent together, nor lately. */
static bool cut_never_answered(const struct cut *cut)
{
	return cut->strangers == cut->n;
}

void cut_claim_begin(struct claim *claim, const struct model *model, const struct rule *rule,
		     const struct subject *subject, const struct cut *cut)
{
	claim_init(claim, rule, subject);
	claim->severity = cut_never_answered(cut) ? SEVERITY_WARNING : SEVERITY_CRITICAL;
	claim->count = cut->n;
	claim->first_ns = cut->since_ns;
	claim->last_ns = cut->last_ns > cut->since_ns ? cut->last_ns : cut->since_ns;
	claim->window_ns = model_now(model) - cut->since_ns;
}

static void victims(struct claim *claim, const struct model *model, const struct cut *cut,
		    const char *place, const struct judgement *judgement)
{
	const struct peer *last = NULL;

	for (unsigned int i = 0; i < 2 && i < cut->n; i++) {
		const struct peer *main = cut->silent[i]->main;

		if (!main || (last && last->pid == main->pid))
			continue;
		last = main;
		if (cut->sockets > cut->tried)
			claim_victim(claim, model, judgement, peer_holder(main), ": %s %s",
				     text_plural(cut->sockets - cut->tried, "connection").s, place);
		else
			claim_victim(claim, model, judgement, peer_holder(main),
				     " cannot connect %s", place);
	}
}

static double apart_s(const struct cut *cut)
{
	return (double)(cut->until_ns - cut->since_ns) / 1e9;
}

void cut_claim_silent(struct claim *claim, const struct model *model, const struct cut *cut,
		      const char *const names[2], const char *place,
		      const struct judgement *judgement)
{
	double silent_s = (double)(model_now(model) - cut->until_ns) / 1e9;

	victims(claim, model, cut, place, judgement);
	claim_evidence(claim, ROLE_FOR, true, names[0], cut->n, "{peer}",
		       "%u peers %s answer nothing for %s: %s, %s%s", cut->n, place,
		       text_duration(silent_s).s, text_addr(cut->silent[0]->addr, 0).s,
		       text_addr(cut->silent[1]->addr, 0).s, cut->n > 2 ? ", .." : "");
	if (cut_never_answered(cut))
		claim_evidence(claim, ROLE_FOR, true, names[1], 0.0, "{peer}",
			       "none %s answered while watched", place);
	else
		claim_evidence(claim, ROLE_FOR, true, names[1], 0.0, "{peer}",
			       "none %s answered since; silent within %s", place,
			       apart_s(cut) < 1.0 ? "a second" : text_duration(apart_s(cut)).s);
	if (cut_never_answered(cut))
		claim_text(claim, ROLE_UNKNOWN, "since when: each of them may be gone for long");
}

double cut_claim_apart(struct claim *claim, const struct model *model, const struct cut *cut,
		       const char *name)
{
	double apart = apart_s(cut);

	if (apart <= model_threshold(model, &cut_together_s))
		return 1.0;
	claim_evidence(claim, ROLE_AGAINST, false, name, floor(apart), "s",
		       "silent one after the other, %s apart: each by itself?",
		       text_duration(apart).s);
	return 0.9;
}
