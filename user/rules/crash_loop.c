/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash_loop.c - process-crash-loop: a service dies and is restarted, again and again.
 *
 * Same name, same unit (a pod's containers are each started in a new cgroup: the pod counts). Ends that somebody
 * asked for (TERM, INT, HUP, PIPE, KILL, and exit codes that say so) are none. A command that fails on purpose in a
 * script or a poll looks the same but for where it lives: its shell is beside it, in its cgroup. So an exit code
 * counts for the main process of a unit only: what started it is in another cgroup, and nobody was left in its own.
 * A signal of the program's own making counts for everybody.
 *
 * Of `count` ends in the window (code: of 60 s, signal: of ten minutes; a pod's: of ten minutes, as the kubelet waits
 * longer and longer): not faster than `rate` a second (a fuzzer, a test suite), more of them bad than good, the latest
 * one not long ago. Confidence, n ends:
 *	c = 0.97 - 0.3 / n		of a service's main process (reported)
 *	c = 0.95 - 0.6 / n		by signal, of any other process (reported)
 * times 0.8 when a fourth or more of the ends were good ones.
 *
 * Severity: warning; info for an exit code of what is no service's main process: never claimed.
 */
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"
#include "rules/text.h"
#include "rules/unit.h"

static const struct threshold service_ends = {
	"process-crash-loop.count", 4, "{exit}",
	"three may be a bad deployment that is being mended; service managers stop at five in ten seconds"};
static const struct threshold other_ends = {
	"process-crash-loop.other_count", 6, "{exit}",
	"a worker that crashes is replaced: some are an accident"};
static const struct threshold rate_most = {
	"process-crash-loop.rate", 10, "1/s",
	"nobody restarts a service that fast: a fuzzer or a test does"};

#define SECOND_NS    1000000000ULL
#define CODE_NS	     (60 * SECOND_NS)
#define SIGNAL_NS    (600 * SECOND_NS)
#define LATEST_LEAST 20.0 /* seconds that the latest end may be ago, or three intervals */

struct loop {
	const struct event_proc_exits *now;
	double ends;	/* bad ones of the window */
	double crashes; /* of these by signal */
	double apart;	/* of these a service's */
	double oom;
	double well;
	double seconds; /* that they took */
	double lived_s; /* on average */
};

static void count_ends(const struct exiter *exiter, __u64 now_ns, __u64 span_ns, struct loop *l)
{
	static const struct event_proc_exits nothing;
	const struct event_proc_exits *before = exiter_before(exiter, now_ns, span_ns);
	const struct event_proc_exits *now = &exiter->now, *from = NULL;

	for (unsigned int i = 0; i < exiter->n && !from; i++)
		if (&exiter->end[i] != before &&
		    (!before || exiter->end[i].h.ts_ns > before->h.ts_ns))
			from = &exiter->end[i];
	if (!before)
		before = &nothing;
	*l = (struct loop){.now = now};
	l->ends = (double)(now->failed - before->failed);
	l->crashes = (double)(now->crashed - before->crashed);
	l->apart = (double)(now->apart - before->apart);
	l->oom = (double)(now->oom - before->oom);
	l->well = (double)(now->well - before->well);
	if (from && now->last_ns > from->last_ns)
		l->seconds = (double)(now->last_ns - from->last_ns) / 1e9;
	if (l->ends > 0.0)
		l->lived_s = (double)(now->lived_ms - before->lived_ms) / 1e3 / l->ends;
}

static bool is_latest(const struct model *model, const struct loop *l)
{
	double ago = (double)(model_now(model) - l->now->last_ns) / 1e9;
	double interval = l->seconds / l->ends;

	return l->now->last_ns >= model_now(model) || ago < LATEST_LEAST || ago < 3.0 * interval;
}

/* Spaced, and mostly bad, and still going on. */
static bool is_rhythm(const struct model *model, const struct loop *l)
{
	return l->seconds > 0.0 && l->ends / l->seconds <= model_threshold(model, &rate_most) &&
	       l->well < l->ends && is_latest(model, l);
}

static bool find_loop(const struct model *model, const struct exiter *exiter, struct loop *l)
{
	__u64 now_ns = model_now(model);

	/* A service's: most of its ends are. */
	count_ends(exiter, now_ns, unit_is_pod(exiter->now.unit) ? SIGNAL_NS : CODE_NS, l);
	if (l->apart >= model_threshold(model, &service_ends) && 2.0 * l->apart >= l->ends &&
	    is_rhythm(model, l))
		return true;
	count_ends(exiter, now_ns, SIGNAL_NS, l);
	if (2.0 * l->crashes < l->ends || !is_rhythm(model, l))
		return false;
	return l->crashes >=
	       model_threshold(model, 2.0 * l->apart >= l->ends ? &service_ends : &other_ends);
}

/* "SIGSEGV", "exit code 3" */
static struct text how(__s32 exit_code)
{
	static const char *const names[32] = {
		[4] = "SIGILL",	  [5] = "SIGTRAP",  [6] = "SIGABRT",  [7] = "SIGBUS",
		[8] = "SIGFPE",	  [9] = "SIGKILL",  [11] = "SIGSEGV", [16] = "SIGSTKFLT",
		[24] = "SIGXCPU", [25] = "SIGXFSZ", [31] = "SIGSYS",
	};
	__u32 signal = (__u32)exit_code & 0x7f, code = (__u32)exit_code >> 8 & 0xff;
	struct text text;

	if (!signal)
		snprintf(text.s, sizeof(text.s), "exit code %u", code);
	else if (signal < 32 && names[signal])
		snprintf(text.s, sizeof(text.s), "%s", names[signal]);
	else
		snprintf(text.s, sizeof(text.s), "signal %u", signal);
	return text;
}

static void say_loop(struct claim *claim, const struct loop *l, bool service)
{
	const struct event_proc_exits *now = l->now;

	if (now->unit[0])
		claim_text(claim, ROLE_WHO, "%s in %s, started by %s", text_name(now->comm, 16).s,
			   text_name(now->unit, 30).s, text_name(now->parent, 16).s);
	else
		claim_text(claim, ROLE_WHO, "%s, started by %s", text_name(now->comm, 16).s,
			   text_name(now->parent, 16).s);
	claim_evidence(claim, ROLE_FOR, true, "exits.failed", l->ends, "{exit}",
		       "%.0f ends in %s, the latest by %s (pid %u)", l->ends,
		       text_duration(l->seconds).s, how(now->exit_code).s, now->pid);
	claim_evidence(claim, ROLE_FOR, true, "exits.lived", l->lived_s, "s",
		       "each lived %s on average", text_latency(l->lived_s * 1e9).s);
	if (l->crashes > 0.0)
		claim_evidence(claim, ROLE_FOR, true, "exits.crashed", l->crashes, "{exit}",
			       "%.0f of them by a signal of its own making", l->crashes);
	if (l->oom > 0.0)
		claim_evidence(claim, ROLE_FOR, true, "exits.oom", l->oom, "{exit}",
			       "%.0f of them killed for lack of memory", l->oom);
	if (service)
		claim_text(claim, ROLE_FOR,
			   "it is a service's main process: nobody else was in its cgroup");
	if (l->well > 0.0)
		claim_evidence(claim, ROLE_AGAINST, 4.0 * l->well < l->ends, "exits.well", l->well,
			       "{exit}", "%.0f others of that name ended well", l->well);
}

static void claim_loop(const struct model *model, const struct loop *l,
		       const struct judgement *judgement)
{
	const struct event_proc_exits *now = l->now;
	struct subject subject = subject_service(now->comm, now->unit);
	bool service = 2.0 * l->apart >= l->ends;
	double confidence = service ? 0.97 - 0.3 / l->ends : 0.95 - 0.6 / l->ends;
	struct claim claim;

	claim_init(&claim, &process_crash_loop_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = SEVERITY_WARNING;
	claim.count = (__u64)l->ends;
	claim.last_ns = now->last_ns < model_now(model) ? now->last_ns : model_now(model);
	claim.window_ns = (__u64)(l->seconds * 1e9);
	claim.first_ns = claim.last_ns - claim.window_ns;
	say_loop(&claim, l, service);
	claim.confidence = confidence_round(confidence * (4.0 * l->well >= l->ends ? 0.8 : 1.0));
	claim_message(&claim, "CRASH LOOP: %.16s died %.0f times in %s, the latest by %s.",
		      text_name(now->comm, 16).s, l->ends, text_duration(l->seconds).s,
		      how(now->exit_code).s);
	if (unit_is_pod(now->unit))
		claim_advice(&claim, false, "See which pod it is, then: crictl logs",
			     "crictl pods --label io.kubernetes.pod.uid=%s",
			     unit_pod_uid(now->unit).s);
	else if (unit_is_systemds(now->unit))
		claim_advice(&claim, false, "Read its log", "journalctl -n 50 -u %s", now->unit);
	else
		claim_advice(&claim, false, "Read its log", "journalctl -n 50 _PID=%u", now->pid);
	if (l->crashes > 0.0)
		claim_advice(&claim, false, "See where it crashed", "coredumpctl info %u",
			     now->pid);
	snprintf(claim.call, sizeof(claim.call), "the owner of %.30s", text_name(now->comm, 16).s);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct exiter *exiter = NULL;
	struct loop l;

	while ((exiter = machine_exiter(model_machine(model), exiter)))
		if (find_loop(model, exiter, &l))
			claim_loop(model, &l, judgement);
}

/* The latest one has lived for long, or stays away: either way nothing dies. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);

	(void)subject;
	return look && look->h.ts_ns > since_ns;
}

const struct rule process_crash_loop_rule = {
	.kind = "process-crash-loop",
	.class = CLASS_SYSTEM,
	.fault_at = AT_PROCESS,
	.meaning = "A service dies and is restarted, again and again.",
	.against =
		"As many good ends of that name; a rate that no service manager has (a fuzzer, a test).",
	.todo = "Read its log; stop the restarts until it is fixed.",
	.needs = {PROBE_EXIT},
	.tables = {"system.exits"},
	.thresholds =
		(const struct threshold *const[]){&service_ends, &other_ends, &rate_most, NULL},
	.exposed = machine_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
