/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leak.c - fd-leak, socket-leak, close-wait-leak: a process gains descriptors and keeps them.
 *
 * Judged is the floor of the descriptor count: its least value in each bucket (leak.bucket_s). A leak is
 * a floor that rose in min_rises buckets in a row by min_growth or more, and still does: one bucket
 * without a rise speaks against, two end the claim, unless buckets taken together still rise (a leak that
 * pauses). Buckets in which nobody looked, as the host stood still or is starved, are left out. A burst that is
 * closed again has no rising floor, a pool that warms up stops before. What a breakdown shows to have grown (60 %
 * of it) gives the kind: sockets in CLOSE_WAIT over sockets over descriptors; each process is claimed once. Sockets
 * that we accepted from a client on this host, which holds them too and gains as we do, are that client's.
 * Connections that are in use (leak_serving.c) are no leak: they follow load.
 *
 * Slow leaks show in wide buckets (trend.h), for which min_rises + 2 are asked for: a leak of one a minute in
 * a daemon after 8 of 80 s. A daemon asks for min_rises + 3 of its single buckets of 10 s.
 *
 * Confidence
 *	measured   a breakdown names what grew, and a control stayed steady: the process's other
 *		   descriptors, or other processes:
 *		   c = 0.95 * (1 - sqrt(p)) * (0.7 + 0.3 * share)
 *	inferred   no breakdown (not attached, or not yet):	c = 0.70 * (1 - sqrt(p))
 *	p: trend_chance(), over all processes whose count rose meanwhile; share: of the growth, of that kind.
 *	The model: without a leak the floors come in any order. Then 6 rises in a row are 1 of 7! = 5,040, 8 are 1 of
 *	9! = 362,880, 9 are 1 of 10! = 3,628,800, at each new bucket of each process whose floor moves by min_growth.
 *	For one such process that is less than 0.2 % in a trace of 30 s (10 times 1 in 5,040), and in a day of a daemon
 *	about 1 % (8,640 buckets at each of two scales, 1,080 + 540 + 360 wide ones), before breakdown and use are
 *	looked at. A ramp that lasts longer than these rises is not told from a leak before it ends, unless it is in use.
 * and, when the process was armed and at least three descriptors were opened at the site over 3 s ago, of which
 * the share s still lives:
 *	c = c + (0.95 - c) * 0.5 * s
 * times, for what speaks against:
 *	1 - 0.10 * (1 - a / 30)	the process was a < 30 s old when the growth began: starting up
 *	0.83			in its place, while it has risen fewer than min_rises + 2 times: a pool is filled
 *				as one starts, and nothing but the end of it tells one from a leak
 *	0.83			open connections that others made, in the first five minutes of it: clients that come
 *				back after an outage look the same until all of them are
 *	0.80			no rise in the latest bucket
 *	0.90			the kind that grows fell at more than a quarter of the breakdowns
 *
 * Severity: critical when the limit is reached within the hour at this rate, else warning.
 */
#include "rules/leak.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/families.h"
#include "rules/leak_sites.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define RISES_PATIENCE	  3 /* so many more rises are waited for a breakdown that does not come */
#define RISES_DAEMON	  3 /* so many more are asked for by a daemon */
#define RISES_EARLY	  2 /* so many more make a young process's growth sure */
#define HOUR_S		  3600.0
#define BUCKETS_STEADY	  5 /* of a process that is a control */
#define BUCKETS_RECOVERED 6

static const struct threshold min_rises = {
	"leak.min_rises", 6, "{bucket}",
	"a floor that rose six times in a row does so by chance in one of 5,040 orders"};
static const struct threshold min_growth = {
	"leak.min_growth", 8, "{descriptor}",
	"a service opens a few files and connections for good while it works; not eight in seconds"};
static const struct threshold bucket_s = {
	"leak.bucket_s", 2, "s",
	"long enough for a request to open and close what it needs (at least two ticks)"};
static const struct threshold min_buckets = {
	"leak.min_buckets", 7, "{bucket}",
	"a claim takes min_rises and one more: before that no process can be cleared"};

/* ---- which processes ---- */

/* In single buckets. Who looks all day long has time, and as many chances to be wrong. */
static unsigned int rises_needed(const struct model *model)
{
	unsigned int more = model_frame(model)->mode == RUN_DAEMON ? RISES_DAEMON : 0;

	return (unsigned int)model_threshold(model, &min_rises) + more;
}

static struct trend_need need_of_leak(const struct model *model)
{
	unsigned int least = (unsigned int)model_threshold(model, &min_rises);

	return (struct trend_need){rises_needed(model), least + TREND_WIDE_MORE,
				   model_threshold(model, &min_growth), LEAK_FLATS_MAX};
}

/* When processes last gained a descriptor, sorted, and how many never did: read once for all suspects. */
struct crowd {
	__u64 *grown_ns;
	unsigned int n;
	unsigned int steady;
};

static int by_time(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static void crowd_init(struct crowd *crowd, const struct model *model)
{
	const struct process *p = NULL;
	unsigned int n = 0;

	memset(crowd, 0, sizeof(*crowd));
	while ((p = processes_next(model_processes(model), p)))
		n += p->counted && p->grown_ns;
	crowd->grown_ns = n ? calloc(n, sizeof(*crowd->grown_ns)) : NULL;
	while ((p = processes_next(model_processes(model), p))) {
		if (!p->counted)
			continue;
		if (!p->grown_ns)
			crowd->steady += process_buckets(p, model_frame(model)) >= BUCKETS_STEADY;
		else if (crowd->grown_ns)
			crowd->grown_ns[crowd->n++] = p->grown_ns;
	}
	if (crowd->n)
		qsort(crowd->grown_ns, crowd->n, sizeof(*crowd->grown_ns), by_time);
}

/* Processes that gained a descriptor since then: so many tests are made. */
static unsigned int crowd_grown(const struct crowd *crowd, __u64 since_ns)
{
	unsigned int from = 0, to = crowd->n;

	while (from < to) {
		unsigned int middle = from + (to - from) / 2;

		if (crowd->grown_ns[middle] > since_ns)
			to = middle;
		else
			from = middle + 1;
	}
	return crowd->n - from;
}

static bool scans_work(const struct model *model)
{
	const struct event_probe *probe = model_probe(model, PROBE_SCAN);

	return probe && probe->state != PROBE_UNAVAILABLE;
}

static double forecast_s(const struct leak *leak)
{
	const struct process *p = leak->process;

	/* RLIM_INFINITY, and "unknown" */
	if (!p->limit || p->limit > (1ULL << 40) || leak->trend.per_s <= 0.0)
		return -1.0;
	return p->limit > p->fds ? (double)(p->limit - p->fds) / leak->trend.per_s : 0.0;
}

static void examine(struct leak *leak, const struct model *model, const struct process *process,
		    const struct crowd *crowd)
{
	__u64 born_ns = model_mono_of_boot(model, process->start_ns);
	unsigned int grown;
	unsigned int patience = rises_needed(model) + RISES_PATIENCE;

	leak->process = process;
	breakdown_of(process, leak->trend.since_ns, &leak->parts);
	leak->kind = leak->parts.kind;
	/* A chain of wide buckets has no room for so many. */
	if (patience > trend_room(&leak->trend))
		patience = trend_room(&leak->trend);
	/* The breakdown is on its way: what is claimed now would be taken back then. */
	if (leak->kind == LEAK_UNKNOWN && (!scans_work(model) || leak->trend.rises >= patience))
		leak->kind = LEAK_FDS;
	grown = crowd_grown(crowd, leak->trend.since_ns);
	leak->steady = crowd->steady;
	leak->chance = trend_chance(&leak->trend, grown ? grown : 1);
	leak->early = leak->trend.rises < rises_needed(model) + RISES_EARLY;
	leak->age_s = -1.0;
	if (born_ns)
		leak->age_s = leak->trend.since_ns > born_ns
				      ? (double)(leak->trend.since_ns - born_ns) / 1e9
				      : 0.0;
	leak->left_s = forecast_s(leak);
}

/* ---- the claim ---- */

static double confidence_of(const struct leak *leak, enum basis *ret_basis)
{
	const struct breakdown *b = &leak->parts;
	double share = b->total > 0 ? (double)b->grown / (double)b->total : 0.0;
	double sure = 1.0 - sqrt(leak->chance);

	*ret_basis = BASIS_INFERRED;
	/* The control: other kinds of descriptors, or other processes, gained (next to) nothing. */
	if (b->kind == LEAK_UNKNOWN || (5 * llabs(b->others) > b->grown && !leak->steady))
		return 0.70 * sure;
	*ret_basis = BASIS_MEASURED;
	return 0.95 * sure * (0.7 + 0.3 * (share < 1.0 ? share : 1.0));
}

static void claim_leak(const struct model *model, const struct rule *rule, const struct leak *leak,
		       const struct judgement *judgement)
{
	struct subject subject = subject_process(leak->process);
	struct leak_site site = {0};
	struct claim claim;
	double confidence;

	claim_init(&claim, rule, &subject);
	confidence = confidence_of(leak, &claim.basis);
	claim.severity = leak->left_s >= 0.0 && leak->left_s <= HOUR_S ? SEVERITY_CRITICAL
								       : SEVERITY_WARNING;
	claim.count = leak->trend.growth;
	claim.first_ns = leak->trend.since_ns;
	claim.last_ns = leak->process->grown_ns;
	claim.window_ns = model_now(model) - leak->trend.since_ns;
	if (leak_site_find(leak, &site))
		confidence = leak_site_say(&claim, leak, &site, confidence);
	confidence *= leak_claim_fill(&claim, model, leak, &site);
	claim.confidence = confidence_round(confidence);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement,
		  const struct rule *rule, enum leak_kind kind)
{
	const struct trend_need need = need_of_leak(model);
	const struct process *p = NULL;
	struct crowd crowd = {0};
	struct leak leak;
	bool any = false;

	while ((p = processes_next(model_processes(model), p))) {
		if (!leak_is_asked(model, p) || !p->grown_ns)
			continue;
		leak.trend = trend_of(p, model_frame(model), &need);
		if (!trend_suffices(&leak.trend, &need))
			continue;
		if (!any)
			crowd_init(&crowd, model);
		any = true;
		examine(&leak, model, p, &crowd);
		if (leak.kind == kind && !leak_is_mirror(model, &leak) &&
		    !leak_is_in_use(model, &leak))
			claim_leak(model, rule, &leak, judgement);
	}
	free(crowd.grown_ns);
}

/* ---- the rows ---- */

static void judge_fds(const struct model *model, const struct judgement *judgement)
{
	leak_ask(model, judgement);
	judge(model, judgement, &fd_leak_rule, LEAK_FDS);
}

static void judge_sockets(const struct model *model, const struct judgement *judgement)
{
	judge(model, judgement, &socket_leak_rule, LEAK_SOCKETS);
}

static void judge_close_wait(const struct model *model, const struct judgement *judgement)
{
	judge(model, judgement, &close_wait_leak_rule, LEAK_CLOSE_WAIT);
}

/* Still gaining descriptors when the time was up: not a leak yet, and not cleared either. One rise less than a leak's, or
 * some of a busy host's workers would look so by chance in each trace. */
static const struct process *undecided(const struct model *model, __u32 *ret_growth)
{
	unsigned int rises = (unsigned int)model_threshold(model, &min_rises) - 1;
	const struct trend_need need = {rises, rises, model_threshold(model, &min_growth), 0};
	const struct process *p = NULL;

	while ((p = processes_next(model_processes(model), p))) {
		struct trend t;

		if (!leak_is_asked(model, p) || !p->grown_ns)
			continue;
		t = trend_of(p, model_frame(model), &need);
		if (trend_suffices(&t, &need)) {
			*ret_growth = t.growth;
			return p;
		}
	}
	return NULL;
}

/* How long the census of the process that is known longest has run, in whole buckets that were looked at. */
static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct frame *frame = model_frame(model);
	double least = model_threshold(model, &min_buckets);
	const struct process *p = NULL;
	unsigned int processes = 0, most = 0;
	__u32 growth = 0;

	while ((p = processes_next(model_processes(model), p))) {
		unsigned int n = process_looks(p, frame);

		if (!leak_is_asked(model, p))
			continue;
		processes++;
		if (n > most)
			most = n;
	}
	if (most <= least) {
		double one_s = (double)frame->bucket_ns / 1e9, for_s = most * one_s;
		__u64 start_ns = frame->start_ns ? frame->start_ns : frame->now_ns;

		if (for_s > (double)(frame->now_ns - start_ns) / 1e9)
			for_s = (double)(frame->now_ns - start_ns) / 1e9;
		snprintf(buf, size, "%u process%s, %.0f s; leaks need %.0f", processes,
			 processes == 1 ? "" : "es", for_s, least * one_s);
		return false;
	}
	p = frame->mode == RUN_TRACE ? undecided(model, &growth) : NULL;
	if (!p)
		return true;
	snprintf(buf, size, "%s still gains: +%u; trace longer", text_process(p->comm, p->pid).s,
		 growth);
	return false;
}

/* Lately it held so many more that they were closed. */
static bool fell(const struct model *model, const struct process *p)
{
	const struct frame *frame = model_frame(model);
	double least = process_floor(p, frame, 0) + model_threshold(model, &min_growth);

	for (unsigned int i = 1; i <= 2 * BUCKETS_RECOVERED && i < process_buckets(p, frame); i++)
		if (process_floor(p, frame, i) >= least)
			return true;
	return false;
}

/* A floor that stands still because nobody looked is no sign of anything. */
static bool seen_throughout(const struct process *p, const struct frame *frame,
			    unsigned int buckets)
{
	for (unsigned int i = 0; i <= buckets; i++)
		if (!process_looked(p, frame, i))
			return false;
	return true;
}

/* Seen healthy: for six buckets the floor did not rise any more, nor, of one that is watched for long, for six wide ones, as
 * a leak of one a minute often pauses that long; or descriptors were closed. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct frame *frame = model_frame(model);
	const struct process *p =
		processes_find(model_processes(model), subject->pid, subject->start_ns);

	if (!p || process_buckets(p, frame) <= BUCKETS_RECOVERED ||
	    frame->now_ns < since_ns + BUCKETS_RECOVERED * frame->bucket_ns)
		return false;
	if (!seen_throughout(p, frame, BUCKETS_RECOVERED))
		return false;
	if (process_floor(p, frame, 0) > process_floor(p, frame, BUCKETS_RECOVERED))
		return false;
	return fell(model, p) || process_wides(p, frame) <= BUCKETS_RECOVERED ||
	       process_wide_floor(p, frame, 0) <= process_wide_floor(p, frame, BUCKETS_RECOVERED);
}

static const struct threshold *const thresholds[] = {&min_rises, &min_growth, &bucket_s,
						     &min_buckets, NULL};

#define LEAK_ROW(name, judge_fn, ...)                                                              \
	.kind = (name), .class = CLASS_LEAK, .fault_at = AT_PROCESS, .core = true,                 \
	.tables = {"files.processes", "model.processes"}, .thresholds = thresholds,                \
	.exposed = exposed, .judge = (judge_fn), .recovered = recovered, .open_evals = 1,          \
	.close_evals = 3, .needs = {__VA_ARGS__}

const struct rule fd_leak_rule = {
	LEAK_ROW("fd-leak", judge_fds, PROBE_CENSUS),
	.meaning = "A process gains file descriptors that it never closes.",
	.against =
		"A plateau; a floor that falls again; a process that is starting up; no breakdown that "
		"says what grows.",
	.todo = "See what the descriptors are; find the close() that is missing; raise the limit for now.",
};

const struct rule socket_leak_rule = {
	LEAK_ROW("socket-leak", judge_sockets, PROBE_CENSUS, PROBE_SCAN),
	.meaning =
		"A process gains sockets that it never closes, mostly to one peer when one is named.",
	.against =
		"A plateau, as a connection pool has; sockets that are closed again; other descriptors of "
		"the process that grow too.",
	.todo = "Find the connection that is not closed on some way out; raise the limit for now.",
};

const struct rule close_wait_leak_rule = {
	LEAK_ROW("close-wait-leak", judge_close_wait, PROBE_CENSUS, PROBE_SCAN),
	.meaning = "The peers closed their connections; the process never does, and they pile up.",
	.against =
		"A number of them that stays the same: HTTP pools keep a few until they are used again.",
	.todo = "The process must close() when read() returns 0; a restart frees them.",
};
