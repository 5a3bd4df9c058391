/* SPDX-License-Identifier: BSD-2-Clause */
/* life.c - the life of findings: open, update, superseded, resolved; see life.h. */
#include "finding/life.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "finding/life_impl.h"
#include "finding/subject.h"
#include "finding/verdict.h"
#include "rules/watched.h"

/* Below this nothing opens (the contract). */
#define CONFIDENCE_LEAST 0.5
/* A change of confidence smaller than this is not worth a line. */
#define CONFIDENCE_STEP 0.05
/* At most one update a finding and interval: a trace is watched by a person, a daemon by a
 * pipeline. */
#define UPDATE_INTERVAL_TRACE_NS  10000000000ULL
#define UPDATE_INTERVAL_DAEMON_NS 60000000000ULL
#define EXPIRE_NS		  (24 * 3600 * 1000000000ULL)

struct life *life_new(void)
{
	return calloc(1, sizeof(struct life));
}

void life_free(struct life *life)
{
	if (!life)
		return;
	for (unsigned int i = 0; i < life->n; i++)
		free(life->slot[i]);
	free(life);
}

struct life_room life_room(const struct life *life)
{
	return (struct life_room){LIFE_SLOTS, life->n, life->dropped};
}

__u64 life_changes(const struct life *life)
{
	return life->changes;
}

static int restore(struct life *life, const struct finding *finding, struct slot **ret_slot)
{
	struct slot *s;

	if (!finding->claim.rule || !finding->episode)
		return -EINVAL;
	if (slot_find(life, finding->id))
		return -EEXIST;
	if (life->n == LIFE_SLOTS)
		return -ENOSPC;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->finding = *finding;
	s->finding.state = FINDING_UPDATE;
	s->finding.worst_told = finding->claim.severity;
	s->former_severity = finding->claim.severity;
	s->open = s->restored = true;
	life->slot[life->n++] = s;
	*ret_slot = s;
	return 0;
}

int life_restore(struct life *life, const struct finding *finding)
{
	struct slot *s;

	return restore(life, finding, &s);
}

int life_end_former(struct life *life, const struct finding *finding)
{
	struct slot *s;
	int code = restore(life, finding, &s);

	if (code < 0)
		return code;
	s->former = true;
	s->finding.first_seen_ns = s->finding.last_seen_ns = 0;
	s->finding.claim.first_ns = s->finding.claim.last_ns = 0;
	return 0;
}

const struct finding *life_open_at(const struct life *life, unsigned int i)
{
	return i < life->n_open ? life->open[i] : NULL;
}

const struct finding *life_past_at(const struct life *life, unsigned int i)
{
	for (unsigned int n = 0; n < life->n; n++) {
		const struct slot *s = life->slot[n];

		if (!s->open && !s->former && s->finding.episode &&
		    s->finding.state == FINDING_RESOLVED && i-- == 0)
			return &s->finding;
	}
	return NULL;
}

/* ---- claims to slots ---- */

static enum severity severity_of(const struct slot *s, const struct claim *claim)
{
	return claim->rule->keeps_severity && claim->severity >= SEVERITY_WARNING &&
			       s->former_severity > claim->severity
		       ? s->former_severity
		       : claim->severity;
}

static void on_claim(void *ctx, const struct claim *claim)
{
	struct life *life = ctx;
	const struct event_host *host = model_host(life->model);
	__u64 id = subject_id(host->boot_id, claim->rule->kind, &claim->subject);
	struct slot *s = slot_find(life, id);
	double ceiling = basis_ceiling(claim->basis);

	if (claim->confidence < CONFIDENCE_LEAST || !subject_watched(life->model, &claim->subject))
		return;
	if (!s)
		s = slot_add(life, claim, id);
	if (!s || s->claimed)
		return;
	s->finding.claim = *claim;
	s->finding.claim.severity = severity_of(s, claim);
	if (s->finding.claim.confidence > ceiling)
		s->finding.claim.confidence = ceiling;
	s->finding.count = claim->count;
	s->finding.last_seen_ns = claim->last_ns;
	s->claimed = true;
	s->last_change_ns = model_now(life->model);
	if (!s->open) {
		s->finding.first_seen_ns = claim->first_ns;
		s->finding.first_by_ns = claim->first_by_ns;
	}
}

struct ask_tee {
	struct judgement judgement;
	struct life *life;
	ask_fn ask;
	void *ask_ctx;
};

static void tee_claim(void *ctx, const struct claim *claim)
{
	struct ask_tee *tee = ctx;

	on_claim(tee->life, claim);
}

static void tee_ask(void *ctx, const struct ask *ask)
{
	struct ask_tee *tee = ctx;

	if (tee->ask && ask_watched(tee->life->model, ask))
		tee->ask(tee->ask_ctx, ask);
}

static void judge_all(struct life *life, ask_fn ask, void *ctx)
{
	struct ask_tee tee = {.life = life, .ask = ask, .ask_ctx = ctx};

	tee.judgement.claim = tee_claim;
	tee.judgement.ask = tee_ask;
	tee.judgement.ctx = &tee;
	for (unsigned int i = 0; i < life->n; i++) {
		life->slot[i]->claimed = false;
		life->slot[i]->held = false;
		life->slot[i]->due = false;
	}
	for (unsigned int i = 0; i < rule_count; i++) {
		const struct rule *rule = rule_table[i];

		if (class_asked(life->model, rule->class))
			rule->judge(life->model, &tee.judgement);
	}
	for (unsigned int i = 0; i < life->n; i++) {
		struct slot *s = life->slot[i];

		s->present = s->claimed ? s->present + 1 : 0;
		s->absent = s->claimed ? 0 : s->absent + 1;
	}
}

/* ---- moving on ---- */

static void open_finding(struct life *life, struct slot *s)
{
	const struct event_host *host = model_host(life->model);
	struct finding *f = &s->finding;

	f->fingerprint =
		subject_fingerprint(host->machine_id, f->claim.rule->kind, &f->claim.subject);
	memcpy(f->opened, f->claim.message, sizeof(f->opened));
	f->episode++;
	f->state = FINDING_OPEN;
	f->resolution = RESOLVED_NOT;
	f->worst_told = 0;
	f->by = 0;
	s->open = true;
	s->due = true;
	life->changes++;
}

bool is_too_soon(const struct life *life, const struct slot *s)
{
	return s->restored && model_now(life->model) - model_start(life->model) <
				      model_frame(life->model)->window_ns;
}

/* What ends because the host was suspended is no fault of the network's; what stays is one, a while later. */
static bool is_settling(const struct life *life, const struct rule *rule)
{
	return rule->class == CLASS_NETWORK && model_settles(life->model);
}

static bool is_recovered(const struct life *life, const struct slot *s)
{
	const struct finding *f = &s->finding;
	const struct rule *rule = f->claim.rule;

	if (rule->keeps_critical && s->former_severity >= SEVERITY_CRITICAL)
		return false;
	return s->absent >= rule->close_evals && rule->recovered &&
	       rule->recovered(life->model, &f->claim.subject, f->last_seen_ns);
}

static void move_unclaimed(struct life *life, struct slot *s)
{
	const struct rule *rule = s->finding.claim.rule;
	__u64 now = model_now(life->model);

	if (!s->open)
		return;
	if (s->former || !class_asked(life->model, rule->class) ||
	    !subject_watched(life->model, &s->finding.claim.subject))
		slot_close(life, s, FINDING_RESOLVED, RESOLVED_UNTRACKED);
	else if (is_too_soon(life, s))
		return;
	else if (!subject_present(life->model, &s->finding.claim.subject) ||
		 (rule->present && !rule->present(life->model, &s->finding.claim.subject)))
		slot_close(life, s, FINDING_RESOLVED, RESOLVED_GONE);
	else if (is_recovered(life, s))
		slot_close(life, s, FINDING_RESOLVED, RESOLVED_RECOVERED);
	else if (now > s->finding.last_seen_ns && now - s->finding.last_seen_ns > EXPIRE_NS)
		slot_close(life, s, FINDING_RESOLVED, RESOLVED_EXPIRED);
}

static bool update_due(const struct life *life, const struct slot *s, bool last)
{
	const struct claim *c = &s->finding.claim;
	__u64 interval = model_host(life->model)->mode == RUN_DAEMON ? UPDATE_INTERVAL_DAEMON_NS
								     : UPDATE_INTERVAL_TRACE_NS;
	bool changed = s->restored || s->finding.count != s->told_count ||
		       c->severity != s->told_severity || s->finding.n_caused_by > s->told_causes ||
		       fabs(c->confidence - s->told_confidence) >= CONFIDENCE_STEP;

	if (!changed)
		return false;
	return last || c->severity > s->told_severity ||
	       model_now(life->model) - s->last_line_ns >= interval;
}

static void move(struct life *life, struct slot *s, bool last)
{
	if (!s->finding.claim.rule)
		return;
	if (s->open && s->held) {
		struct slot *winner = slot_find(life, s->finding.by);

		if (winner && winner->open)
			slot_close(life, s, FINDING_SUPERSEDED, RESOLVED_NOT);
		return;
	}
	if (!s->claimed) {
		move_unclaimed(life, s);
		return;
	}
	if (!s->open) {
		if (!s->held && s->present >= s->finding.claim.rule->open_evals &&
		    !is_settling(life, s->finding.claim.rule))
			open_finding(life, s);
		return;
	}
	if (update_due(life, s, last)) {
		s->finding.state = FINDING_UPDATE;
		s->due = true;
	}
}

/* ---- handing out ---- */

static int tell(struct life *life, struct slot *s, finding_fn fn, void *ctx)
{
	int err = fn(ctx, &s->finding);

	s->due = false;
	s->restored = false;
	s->last_line_ns = model_now(life->model);
	s->told_count = s->finding.count;
	s->told_severity = s->finding.claim.severity;
	if (s->told_severity > s->finding.worst_told)
		s->finding.worst_told = s->told_severity;
	s->told_causes = s->finding.n_caused_by;
	s->told_confidence = s->finding.claim.confidence;
	return err < 0 ? err : 0;
}

/* Causes before effects: first what has no cause, then the rest. */
static int tell_due(struct life *life, finding_fn fn, void *ctx)
{
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0; i < life->n; i++) {
			struct slot *s = life->slot[i];
			int err;

			if (!s->due || (pass == 0 && s->finding.n_caused_by))
				continue;
			err = tell(life, s, fn, ctx);
			if (err)
				return err;
		}
	}
	return 0;
}

bool is_fault(const struct finding *f)
{
	return f->claim.severity >= SEVERITY_WARNING && f->claim.confidence >= CONFIDENCE_FAULT;
}

static int worse_first(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a;
	const struct finding *y = *(const struct finding *const *)b;

	/* Nobody should act on a suspicion while a fault stands beside it; what is sure but no fault (info) is none. */
	if (is_fault(x) != is_fault(y))
		return is_fault(x) ? -1 : 1;
	if (x->claim.severity != y->claim.severity)
		return x->claim.severity > y->claim.severity ? -1 : 1;
	/* A cause goes before what it caused. */
	if (!x->n_caused_by != !y->n_caused_by)
		return x->n_caused_by ? 1 : -1;
	/* A busy host is beside the question; which of the three it is is the question. */
	if ((x->claim.rule->class == CLASS_SYSTEM) != (y->claim.rule->class == CLASS_SYSTEM))
		return x->claim.rule->class == CLASS_SYSTEM ? 1 : -1;
	if (x->claim.confidence != y->claim.confidence)
		return x->claim.confidence > y->claim.confidence ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

static void sort_open(struct life *life)
{
	life->n_open = 0;
	for (unsigned int i = 0; i < life->n; i++)
		if (life->slot[i]->open)
			life->open[life->n_open++] = &life->slot[i]->finding;
	if (life->n_open)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted */
		qsort(life->open, life->n_open, sizeof(*life->open), worse_first);
}

int life_evaluate(struct life *life, const struct model *model, bool last, ask_fn ask,
		  finding_fn fn, void *ctx)
{
	life->model = model;
	life->fn = fn;
	life->fn_ctx = ctx;
	life->code = 0;
	judge_all(life, ask, ctx);
	apply_precedence(life);
	/* Winners open first, so that a loser is superseded in the same evaluation. */
	for (int held = 0; held < 2; held++)
		for (unsigned int i = 0; i < life->n; i++)
			if (life->slot[i]->held == held)
				move(life, life->slot[i], last);
	for (unsigned int i = 0; i < life->n; i++)
		if (!life->slot[i]->former && (life->slot[i]->open || life->slot[i]->due))
			find_causes(life, life->slot[i]);
	sort_open(life);
	return life->code < 0 ? life->code : tell_due(life, fn, ctx);
}
