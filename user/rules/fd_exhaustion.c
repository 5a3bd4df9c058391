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
 * Calls that the kernel refused (EMFILE, ENFILE) are no matter of shares: a service that comes to its limit for a
 * moment in each second is refused all the same. Who holds min_share now is watched for WATCH_NS, longer while it
 * is refused, and then left alone for a while: nothing is attached otherwise. min_refused of them, over two looks
 * or more, are a claim; one is a program that looks for where its limit is.
 *
 * Not claimed: a limit below `min_limit`, or below what is held (it was lowered on purpose: sandboxes do).
 *
 * Basis and confidence
 *	reported   at min_share: the kernel's count and the kernel's limit; or the kernel's refusals	c = 0.98
 *	measured   by the forecast: c = 0.95 * (1 - sqrt(p)), p as of a leak (trend_chance() over all that grew)
 * Severity: critical when refused, at the limit or when it is met within the hour, else warning.
 */
#include "rules/fd_exhaustion.h"

#include <stdio.h>

#include "rules/families.h"
#include "rules/subjects.h"

#define LIMIT_NONE    (1ULL << 40) /* RLIM_INFINITY, and limits that nobody ever meets */
#define LOOKED_AT_MAX 4	   /* processes whose descriptors are looked at, in one evaluation */
#define RECOVERED     0.95 /* of min_share: closed or raised, and not by a descriptor or two */
#define LOOKS_LEAST   2

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
static const struct trend_need rising = {6, 6 + TREND_WIDE_MORE, 8.0, 0};

bool fd_has_limit(const struct model *model, const struct process *p)
{
	return p->counted && p->limit < LIMIT_NONE &&
	       (double)p->limit >= model_threshold(model, &min_limit) && p->fds <= p->limit;
}

/* At min_share of it. */
static bool is_near(const struct model *model, __u64 held, __u64 limit)
{
	return (double)held >= model_threshold(model, &min_share) * (double)limit;
}

bool fd_process_is_near(const struct model *model, const struct process *p)
{
	return fd_has_limit(model, p) && is_near(model, p->fds, p->limit);
}

bool fd_host_is_near(const struct model *model)
{
	const struct event_file_table *t = &model_processes(model)->file_table;

	return t->limit && t->limit < LIMIT_NONE && is_near(model, t->open, t->limit);
}

bool fd_is_refused(const struct model *model, const struct refusals *r)
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

static bool examine(const struct model *model, const struct process *p, struct fd_nearly *n)
{
	__u32 floor = held_throughout(model, p);

	*n = (struct fd_nearly){.held = p->fds, .limit = p->limit, .left_s = -1.0};
	if (fd_is_refused(model, p->refused))
		n->refused = p->refused;
	if (!floor || !fd_has_limit(model, p))
		return n->refused != NULL;
	n->near = is_near(model, floor, p->limit);
	if (p->grown_ns)
		n->trend = trend_of(p, model_frame(model), &rising);
	if (trend_suffices(&n->trend, &rising)) {
		n->left_s = (double)(p->limit - p->fds) / n->trend.per_s;
		n->chance = trend_chance(&n->trend, growing(model, n->trend.since_ns));
	}
	return n->near || n->refused ||
	       (floor >= model_threshold(model, &forecast_share) * (double)p->limit &&
		n->left_s >= 0.0 && n->left_s <= FD_HOUR_S);
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
	struct fd_nearly n;

	while ((p = processes_next(model_processes(model), p))) {
		if ((pid && p->pid != pid) || !examine(model, p, &n))
			continue;
		if (judgement->ask && (!p->scans || !p->who) && looked_at++ < LOOKED_AT_MAX)
			ask_who(model, p, judgement);
		fd_claim_process(model, p, &n, judgement);
	}
	if (!pid)
		fd_claim_host(model, judgement);
	if (judgement->ask)
		fd_ask_refused(model, judgement);
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
		return !fd_is_refused(model, &model_processes(model)->refused) &&
		       (double)t->open < most * (double)t->limit;
	p = processes_find(model_processes(model), subject->pid, subject->start_ns);
	return p && !fd_is_refused(model, p->refused) &&
	       (!fd_has_limit(model, p) || (double)p->fds < most * (double)p->limit);
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
