/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd_exhaustion.c - fd-exhaustion: no descriptor is left, or soon none will be: for one process, or in the
 * kernel's own table of open files.
 *
 * A process is claimed when it held `min_share` of its soft limit all through the latest two buckets (a burst
 * that is closed again within them is its own business), or when it holds `forecast_share` and the floor of
 * its count, rising as a leak's must, meets the limit within the hour. How the descriptors came to be so many
 * is not judged here: a leak is another finding, and this one's cause. Refused calls (EMFILE, ENFILE) are
 * not seen: that would take a hook on every system call.
 *
 * Not claimed: a limit below `min_limit`, or below what is held (it was lowered on purpose: sandboxes do).
 *
 * Basis and confidence
 *	reported   at min_share: the kernel's count and the kernel's limit	c = 0.98
 *	measured   by the forecast: c = 0.95 * (1 - sqrt(p)), p as of a leak (trend_chance() over all that grew)
 * Severity: critical at the limit or when it is met within the hour, else warning.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/process.h"
#include "rules/breakdown.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/trend.h"

#define HOUR_S	      3600.0
#define LIMIT_NONE    (1ULL << 40) /* RLIM_INFINITY, and limits that nobody ever meets */
#define LOOKED_AT_MAX 4	   /* processes whose descriptors are looked at, in one evaluation */
#define RECOVERED     0.95 /* of min_share: closed or raised, and not by a descriptor or two */

static const struct threshold min_share = {
	"fd-exhaustion.min_share", 0.9, "1",
	"a tenth of the limit is what a service needs as headroom for a busy minute"};
static const struct threshold forecast_share = {
	"fd-exhaustion.forecast_share", 0.5, "1",
	"from less than half of the way a forecast says more of the growth than of the limit"};
static const struct threshold min_limit = {
	"fd-exhaustion.min_limit", 64, "{descriptor}",
	"who sets a smaller limit does not want descriptors: a sandbox"};

/* As a leak's does. */
static const struct trend_need rising = {6, 6 + TREND_WIDE_MORE, 8.0};

struct nearly {
	__u64 held;
	__u64 limit;
	double left_s; /* negative: it does not grow */
	double chance;
	struct trend trend;
	bool near; /* at min_share */
};

static bool has_limit(const struct model *model, const struct process *p)
{
	return p->counted && p->limit < LIMIT_NONE &&
	       (double)p->limit >= model_threshold(model, &min_limit) && p->fds <= p->limit;
}

/* The least count of the latest two buckets; 0 when it is not known that long. */
static __u32 held_throughout(const struct model *model, const struct process *p)
{
	const struct frame *frame = model_frame(model);
	__u32 a, b;

	if (process_buckets(p, frame) < 2)
		return 0;
	a = process_floor(p, frame, 0);
	b = process_floor(p, frame, 1);
	return a < b ? a : b;
}

static unsigned int growing(const struct model *model, __u64 since_ns)
{
	const struct process *p = NULL;
	unsigned int n = 0;

	while ((p = processes_next(model_processes(model), p)))
		n += p->counted && p->grown_ns > since_ns;
	return n ? n : 1;
}

static bool examine(const struct model *model, const struct process *p, struct nearly *n)
{
	__u32 floor = held_throughout(model, p);

	*n = (struct nearly){.held = p->fds, .limit = p->limit, .left_s = -1.0};
	if (!floor || !has_limit(model, p))
		return false;
	n->near = floor >= model_threshold(model, &min_share) * (double)p->limit;
	if (p->grown_ns)
		n->trend = trend_of(p, model_frame(model), &rising);
	if (trend_suffices(&n->trend, &rising) && !n->trend.flats) {
		n->left_s = (double)(p->limit - p->fds) / n->trend.per_s;
		n->chance = trend_chance(&n->trend, growing(model, n->trend.since_ns));
	}
	return n->near || (floor >= model_threshold(model, &forecast_share) * (double)p->limit &&
			   n->left_s >= 0.0 && n->left_s <= HOUR_S);
}

/* ---- the claim ---- */

/* What most of them are, if a breakdown was taken: "871 of them are sockets to 10.0.3.7:5432". */
static void what(struct claim *claim, const struct process *p)
{
	const struct fd_scans *scans = p->scans;
	const struct fd_group *most = NULL;
	unsigned int last;
	struct text peer = {.s = ""};

	if (!scans || !scans->n)
		return;
	last = scans->n - 1;
	for (unsigned int i = 0; i < scans->n_groups; i++)
		if (!most || scans->group[i].count[last] > most->count[last])
			most = &scans->group[i];
	if (!most || !most->count[last])
		return;
	if (most->peer.dir == PEER_OUT)
		peer = text_addr(most->peer.addr, most->peer.port);
	claim_evidence(claim, ROLE_HOLDS, true, "process.fds.most", most->count[last],
		       "{descriptor}", "%s of them are %.14s%s%.44s",
		       text_count(most->count[last]).s, breakdown_kind_text(most->kind),
		       peer.s[0] ? " to " : "", peer.s);
}

static void say_growth(struct claim *claim, const struct nearly *n)
{
	if (n->left_s >= 0.0)
		claim_evidence(claim, ROLE_FOR, true, "process.fds.growth", n->trend.growth,
			       "{descriptor}", "+%s in %s: the limit is met in %s",
			       text_count(n->trend.growth).s, text_duration(n->trend.span_s).s,
			       text_duration(n->left_s).s);
	else
		claim_text(claim, ROLE_AGAINST,
			   "it does not grow: it may be stable there, by design");
}

static enum severity severity_of(const struct nearly *n)
{
	if (n->held >= n->limit || (n->left_s >= 0.0 && n->left_s <= HOUR_S))
		return SEVERITY_CRITICAL;
	return SEVERITY_WARNING;
}

static void say_message(struct claim *claim, const char *who, const struct nearly *n)
{
	if (n->held >= n->limit)
		claim_message(claim, "LIMIT: %.28s has no descriptor left: %.14s are open.", who,
			      text_count(n->held).s);
	else if (n->left_s >= 0.0 && n->left_s <= HOUR_S)
		claim_message(claim,
			      "LIMIT: %.28s runs out of descriptors in %.10s: %.14s of %.14s.", who,
			      text_duration(n->left_s).s, text_count(n->held).s,
			      text_count(n->limit).s);
	else
		claim_message(claim, "LIMIT: %.28s holds %.14s of %.14s descriptors.", who,
			      text_count(n->held).s, text_count(n->limit).s);
}

static void claim_process(const struct model *model, const struct process *p,
			  const struct nearly *n, const struct judgement *judgement)
{
	struct subject subject = subject_process(p);
	struct claim claim;

	claim_init(&claim, &fd_exhaustion_rule, &subject);
	claim.basis = n->near ? BASIS_REPORTED : BASIS_MEASURED;
	claim.confidence = confidence_round(n->near ? 0.98 : 0.95 * (1.0 - sqrt(n->chance)));
	claim.severity = severity_of(n);
	claim.count = n->held;
	claim.first_ns = n->left_s >= 0.0 ? n->trend.since_ns : p->first_ns;
	claim.last_ns = model_now(model);
	claim.window_ns = claim.last_ns - claim.first_ns;
	say_message(&claim, text_process(p->comm, p->pid).s, n);
	if (p->who)
		claim_text(&claim, ROLE_WHO, "%s, %s", text_name(p->who->exe, 32).s,
			   text_name(p->who->cgroup, 32).s);
	claim_evidence(&claim, ROLE_FOR, true, "process.fds", (double)n->held, "{descriptor}",
		       "%s of %s descriptors: %s", text_count(n->held).s, text_count(n->limit).s,
		       text_percent((double)n->held / (double)n->limit).s);
	what(&claim, p);
	say_growth(&claim, n);
	claim_text(&claim, ROLE_UNKNOWN, "whether a call was refused (EMFILE): no hook looks");
	claim_advice(&claim, false, "See what the descriptors are", "ls -l /proc/%u/fd", p->pid);
	claim_advice(&claim, true, "Raise the limit for now", "prlimit --pid %u --nofile=%llu",
		     p->pid, (unsigned long long)(4 * n->limit));
	snprintf(claim.call, sizeof(claim.call), "the owner of %.30s",
		 text_process(p->comm, p->pid).s);
	judgement->claim(judgement->ctx, &claim);
}

/* Of all processes the one with most. */
static void who_most(struct claim *claim, const struct model *model)
{
	const struct process *p = NULL, *most = NULL;

	while ((p = processes_next(model_processes(model), p)))
		if (p->counted && (!most || p->fds > most->fds))
			most = p;
	if (most)
		claim_evidence(claim, ROLE_HOLDS, true, "process.fds.largest", most->fds,
			       "{descriptor}", "%s holds the most: %s descriptors",
			       text_process(most->comm, most->pid).s, text_count(most->fds).s);
}

static void claim_host(const struct model *model, const struct judgement *judgement)
{
	const struct event_file_table *t = &model_processes(model)->file_table;
	struct subject subject = {.type = SUBJECT_HOST};
	struct nearly n = {.held = t->open, .limit = t->limit, .left_s = -1.0};
	struct claim claim;

	if (!t->limit || t->limit >= LIMIT_NONE ||
	    (double)t->open < model_threshold(model, &min_share) * (double)t->limit)
		return;
	snprintf(subject.name, sizeof(subject.name), "%s", model_host(model)->hostname);
	claim_init(&claim, &fd_exhaustion_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.confidence = 0.98;
	claim.severity = severity_of(&n);
	claim.count = t->open;
	claim.first_ns = claim.last_ns = t->h.ts_ns;
	claim.window_ns = model_now(model) - model_start(model);
	say_message(&claim, "the host", &n);
	claim_evidence(&claim, ROLE_FOR, true, "host.files", (double)t->open, "{descriptor}",
		       "%s of %s open files, all processes: %s", text_count(t->open).s,
		       text_count(t->limit).s, text_percent((double)t->open / (double)t->limit).s);
	who_most(&claim, model);
	claim_text(&claim, ROLE_UNKNOWN, "whether a call was refused (ENFILE): no hook looks");
	claim_advice(&claim, false, "See how full the table is", "cat /proc/sys/fs/file-nr");
	claim_advice(&claim, true, "Raise its limit for now", "sysctl fs.file-max=%llu",
		     (unsigned long long)(4 * t->limit));
	judgement->claim(judgement->ctx, &claim);
}

static void ask_who(const struct model *model, const struct process *p,
		    const struct judgement *judgement)
{
	struct ask ask = {.what = ASK_FDS, .pid = p->pid, .start_ns = p->start_ns};

	ask.until_ns = model_now(model); /* once */
	if (!p->scans)
		judgement->ask(judgement->ctx, &ask);
	ask.what = ASK_PROC;
	if (!p->who)
		judgement->ask(judgement->ctx, &ask);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct process *p = NULL;
	__u32 pid = asked_pid(model);
	unsigned int looked_at = 0;
	struct nearly n;

	while ((p = processes_next(model_processes(model), p))) {
		if ((pid && p->pid != pid) || !examine(model, p, &n))
			continue;
		if (judgement->ask && (!p->scans || !p->who) && looked_at++ < LOOKED_AT_MAX)
			ask_who(model, p, judgement);
		claim_process(model, p, &n, judgement);
	}
	if (!pid)
		claim_host(model, judgement);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct process *p = NULL;

	while ((p = processes_next(model_processes(model), p)))
		if (process_buckets(p, model_frame(model)) >= 2)
			return true;
	snprintf(buf, size, "no process was counted for two buckets");
	return false;
}

/* Enough is free again, and still is. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	double most = RECOVERED * model_threshold(model, &min_share);
	const struct event_file_table *t = &model_processes(model)->file_table;
	const struct process *p;

	(void)since_ns;
	if (subject->type == SUBJECT_HOST)
		return (double)t->open < most * (double)t->limit;
	p = processes_find(model_processes(model), subject->pid, subject->start_ns);
	return p && (!has_limit(model, p) || (double)p->fds < most * (double)p->limit);
}

static const struct threshold *const thresholds[] = {&min_share, &forecast_share, &min_limit, NULL};

const struct rule fd_exhaustion_rule = {
	.kind = "fd-exhaustion",
	.class = CLASS_SYSTEM,
	.fault_at = AT_PROCESS,
	.meaning =
		"A process is at, or minutes from, its descriptor limit; or the host at its own.",
	.against = "A process that is stable near its limit by design; a limit that was lowered on "
		   "purpose.",
	.todo = "Raise the limit (prlimit), then find what holds them: a leak is the cause if one is "
		"named.",
	.needs = {PROBE_CENSUS},
	.tables = {"files.processes", "model.processes"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
