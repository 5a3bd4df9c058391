/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd_exhaustion.c - fd-exhaustion: no descriptor is left, or soon none will be: for one process, or in the
 * kernel's own table of open files.
 *
 * A process is claimed when it held `min_share` of its soft limit all through the latest two buckets (a burst
 * that is closed again within them is its own business), or when it holds `forecast_share` and the floor of
 * its count, rising as a leak's must, meets the limit within the hour. How the descriptors came to be so many
 * is not judged here: a leak is another finding, and this one's cause.
 *
 * Calls that the kernel refused (EMFILE, ENFILE) are no matter of shares: a service that comes to its limit for a moment
 * in each second is refused all the same. Who holds min_share now is watched for WATCH_NS, longer while it is refused, and
 * then left alone for a while: nothing is attached otherwise. min_refused of them, over two looks or more, are a claim;
 * one is a program that looks for where its limit is.
 *
 * Not claimed: a limit below `min_limit`, or below what is held (it was lowered on purpose: sandboxes do).
 *
 * Basis and confidence
 *	reported   at min_share: the kernel's count and the kernel's limit; or the kernel's refusals	c = 0.98
 *	measured   by the forecast: c = 0.95 * (1 - sqrt(p)), p as of a leak (trend_chance() over all that grew)
 * Severity: critical when refused, at the limit or when it is met within the hour, else warning.
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

#define S_NS	       1000000000ULL
#define ASK_NS	       (12 * S_NS) /* two ticks of a daemon, and some */
#define WATCH_NS       (30 * S_NS)
#define WATCH_MOST_NS  (300 * S_NS) /* while it is refused */
#define REST_NS	       (600 * S_NS)
#define REST_LITTLE_NS (60 * S_NS) /* of one that was refused, or is at its limit */
#define LOOKS_LEAST    2
#define WATCHED_PIDS   8 /* at once */

static const struct threshold min_share = {
	"fd-exhaustion.min_share", 0.9, "1",
	"a tenth of the limit is what a service needs as headroom for a busy minute"};
static const struct threshold forecast_share = {
	"fd-exhaustion.forecast_share", 0.5, "1",
	"from less than half of the way a forecast says more of the growth than of the limit"};
static const struct threshold min_limit = {
	"fd-exhaustion.min_limit", 64, "{descriptor}",
	"who sets a smaller limit does not want descriptors: a sandbox"};

static const struct threshold min_refused = {
	"fd-exhaustion.min_refused", 3, "{call}",
	"a program that looks for its limit is refused once; a service asks again and again"};

/* As a leak's does. */
static const struct trend_need rising = {6, 6 + TREND_WIDE_MORE, 8.0};

struct nearly {
	__u64 held;
	__u64 limit;
	double left_s; /* negative: it does not grow */
	double chance;
	struct trend trend;
	bool near;			/* at min_share */
	bool host;			/* the kernel's own table */
	const struct refusals *refused; /* that are a claim; or NULL */
};

static bool has_limit(const struct model *model, const struct process *p)
{
	return p->counted && p->limit < LIMIT_NONE &&
	       (double)p->limit >= model_threshold(model, &min_limit) && p->fds <= p->limit;
}

/* Refused often enough, and lately. */
static bool is_refused(const struct model *model, const struct refusals *r)
{
	return r && r->last_ns && r->looks >= LOOKS_LEAST &&
	       (double)r->count >= model_threshold(model, &min_refused) &&
	       model_now(model) < r->last_ns + REFUSED_PAUSE_NS;
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
	if (is_refused(model, p->refused))
		n->refused = p->refused;
	if (!floor || !has_limit(model, p))
		return n->refused != NULL;
	n->near = floor >= model_threshold(model, &min_share) * (double)p->limit;
	if (p->grown_ns)
		n->trend = trend_of(p, model_frame(model), &rising);
	if (trend_suffices(&n->trend, &rising) && !n->trend.flats) {
		n->left_s = (double)(p->limit - p->fds) / n->trend.per_s;
		n->chance = trend_chance(&n->trend, growing(model, n->trend.since_ns));
	}
	return n->near || n->refused ||
	       (floor >= model_threshold(model, &forecast_share) * (double)p->limit &&
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
	else if (!n->refused)
		claim_text(claim, ROLE_AGAINST,
			   "it does not grow: it may be stable there, by design");
}

/* Whether a call was refused, as far as anyone looked. */
static void say_refused(struct claim *claim, const struct model *model, const struct refusals *r,
			const struct nearly *n)
{
	const char *error = n->host ? "ENFILE" : "EMFILE";

	if (n->refused) {
		claim_evidence(claim, ROLE_FOR, true,
			       n->host ? "host.files.refused" : "process.fds.refused",
			       (double)r->count, "{call}",
			       "%s calls were refused (%s); the latest %s ago",
			       text_count(r->count).s, error,
			       text_duration((double)(model_now(model) - r->last_ns) / 1e9).s);
		if (n->host)
			claim_text(claim, ROLE_VICTIM, "%s was refused last",
				   text_process(r->last_comm, r->last_pid).s);
	} else if (r && r->told_ns > r->since_ns && !r->seen) {
		claim_text(claim, ROLE_AGAINST, "no call was refused (%s) while watched, for %s",
			   error, text_duration((double)(r->told_ns - r->since_ns) / 1e9).s);
	} else if (!r || !r->seen) {
		claim_text(claim, ROLE_UNKNOWN, "whether a call was refused (%s): not watched",
			   error);
	}
}

static enum severity severity_of(const struct nearly *n)
{
	if (n->refused || n->held >= n->limit || (n->left_s >= 0.0 && n->left_s <= HOUR_S))
		return SEVERITY_CRITICAL;
	return SEVERITY_WARNING;
}

static void say_message(struct claim *claim, const char *who, const struct nearly *n)
{
	if (n->refused)
		claim_message(claim,
			      "LIMIT: %.28s is refused descriptors: %.14s calls failed (%s).", who,
			      text_count(n->refused->count).s, n->host ? "ENFILE" : "EMFILE");
	else if (n->held >= n->limit)
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
	claim.basis = n->near || n->refused ? BASIS_REPORTED : BASIS_MEASURED;
	claim.confidence =
		confidence_round(n->near || n->refused ? 0.98 : 0.95 * (1.0 - sqrt(n->chance)));
	claim.severity = severity_of(n);
	claim.count = n->held;
	claim.first_ns = n->left_s >= 0.0 ? n->trend.since_ns
			 : n->near	  ? p->first_ns
					  : n->refused->first_ns;
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
	say_refused(&claim, model, p->refused, n);
	say_growth(&claim, n);
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

static bool host_is_near(const struct model *model)
{
	const struct event_file_table *t = &model_processes(model)->file_table;

	return t->limit && t->limit < LIMIT_NONE &&
	       (double)t->open >= model_threshold(model, &min_share) * (double)t->limit;
}

static void claim_host(const struct model *model, const struct judgement *judgement)
{
	const struct event_file_table *t = &model_processes(model)->file_table;
	struct subject subject = {.type = SUBJECT_HOST};
	const struct refusals *r = &model_processes(model)->refused;
	struct nearly n = {.held = t->open, .limit = t->limit, .left_s = -1.0, .host = true};
	struct claim claim;

	n.near = host_is_near(model);
	if (is_refused(model, r))
		n.refused = r;
	if (!n.near && !n.refused)
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
	say_refused(&claim, model, r, &n);
	who_most(&claim, model);
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

/* ---- whom to watch ---- */

static bool wants_watch(const struct refusals *r, bool at_limit, __u64 now_ns)
{
	bool refused = r && r->last_ns && now_ns < r->last_ns + WATCH_NS;

	if (!r || !r->since_ns || now_ns < r->since_ns + (refused ? WATCH_MOST_NS : WATCH_NS))
		return true;
	return now_ns > r->told_ns + (r->seen || at_limit ? REST_LITTLE_NS : REST_NS);
}

/* Where it cannot be done it is not asked for at each tick. */
static bool can_watch(const struct model *model, const char *name)
{
	const struct event_probe *probe = model_probe(model, name);

	return probe && probe->state != PROBE_UNAVAILABLE;
}

struct watch {
	const struct process *process;
	double share;
};

/* Those nearest to their limits. */
static void ask_refused(const struct model *model, const struct judgement *judgement)
{
	struct ask ask = {.what = ASK_FD_REFUSED, .until_ns = model_now(model) + ASK_NS};
	struct watch list[WATCHED_PIDS];
	const struct event_file_table *t = &model_processes(model)->file_table;
	const struct process *p = NULL;
	__u32 pid = asked_pid(model);
	bool can = can_watch(model, "files.refused");
	unsigned int n = 0, at;

	while (can && (p = processes_next(model_processes(model), p))) {
		double share;

		if ((pid && p->pid != pid) || !has_limit(model, p))
			continue;
		share = (double)p->fds / (double)p->limit;
		/* Who was refused, and holds less by now, is watched to the end. */
		if ((share < model_threshold(model, &min_share) &&
		     !is_refused(model, p->refused)) ||
		    !wants_watch(p->refused, p->fds == p->limit, model_now(model)))
			continue;
		for (at = n; at > 0 && list[at - 1].share < share; at--)
			if (at < WATCHED_PIDS)
				list[at] = list[at - 1];
		if (at == WATCHED_PIDS)
			continue;
		list[at] = (struct watch){p, share};
		if (n < WATCHED_PIDS)
			n++;
	}
	if (!pid && can_watch(model, "files.table_full") && host_is_near(model) &&
	    wants_watch(&model_processes(model)->refused, t->open >= t->limit, model_now(model)))
		judgement->ask(judgement->ctx, &ask);
	for (unsigned int i = 0; i < n; i++) {
		ask.pid = list[i].process->pid;
		ask.start_ns = list[i].process->start_ns;
		judgement->ask(judgement->ctx, &ask);
	}
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
	if (judgement->ask)
		ask_refused(model, judgement);
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
		return !is_refused(model, &model_processes(model)->refused) &&
		       (double)t->open < most * (double)t->limit;
	p = processes_find(model_processes(model), subject->pid, subject->start_ns);
	return p && !is_refused(model, p->refused) &&
	       (!has_limit(model, p) || (double)p->fds < most * (double)p->limit);
}

static const struct threshold *const thresholds[] = {&min_share, &forecast_share, &min_limit,
						     &min_refused, NULL};

const struct rule fd_exhaustion_rule = {
	.kind = "fd-exhaustion",
	.class = CLASS_SYSTEM,
	.fault_at = AT_PROCESS,
	.meaning =
		"A process is at, or minutes from, its descriptor limit, or is refused more; or the host at its own.",
	.against = "A process that is stable near its limit by design; a limit that was lowered on "
		   "purpose; a program that looks for its limit once.",
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
