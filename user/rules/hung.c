/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hung.c - task-hung: a task sleeps so that only the end of what it waits for wakes it, and that does not come.
 *
 * Two witnesses: the kernel's own watchdog (khungtaskd, after kernel.hung_task_timeout_secs), and looks at
 * all tasks every four seconds: the same wait, not run once, for `hung_s`. Killable waits (NFS, vfork) are
 * none. One finding: the process that waits longest; the others are named with it.
 *
 * Basis: reported when the watchdog said so:	c = 0.97
 * else measured, by the looks:		c = 0.82 + 0.10 * min(1, (waited - hung_s) / hung_s)
 * times 0.9 when only kernel threads wait: some drivers sleep so by habit.
 *
 * Severity: warning.
 */
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold hung_s = {
	"task-hung.hung_s", 30, "s",
	"longer than any healthy request, retry or snapshot; the kernel's own limit is 120 s"};

/* Looks come every four ticks. */
#define FRESH_NS (10 * 1000000000ULL)
/* The watchdog speaks again after each of its timeouts, 120 s by default. */
#define HANG_NS (30 * 1000000000ULL)

struct hung {
	const struct event_task_hang *hang;	  /* the watchdog's; NULL: none */
	const struct event_task_waiting *waiting; /* the same task in the latest look; NULL: none */
	double waited_s;			  /* by the looks; 0 = unknown */
};

static bool look_is_fresh(const struct model *model)
{
	const struct machine *m = model_machine(model);

	return m->n_waiting && m->waiting[0].h.ts_ns + FRESH_NS >= model_now(model);
}

static const struct event_task_waiting *waiting_of(const struct model *model, __u32 tid,
						   __u64 start_ns)
{
	const struct machine *m = model_machine(model);

	for (unsigned int i = 0; look_is_fresh(model) && i < m->n_waiting; i++)
		if (m->waiting[i].tid == tid && m->waiting[i].start_ns == start_ns)
			return &m->waiting[i];
	return NULL;
}

static double waited_s(const struct event_task_waiting *w)
{
	return (double)(w->h.ts_ns - w->since_ns) / 1e9;
}

/* The watchdog's word first, a process's before a kernel thread's; then the longest wait. */
static bool find_hung(const struct model *model, struct hung *ret)
{
	const struct machine *m = model_machine(model);
	const struct event_task_hang *hang;

	*ret = (struct hung){0};
	for (unsigned int i = 0; (hang = machine_hang(m, i)); i++) {
		const struct event_task_waiting *w = waiting_of(model, hang->tid, hang->start_ns);

		if (!w && hang->h.ts_ns + HANG_NS < model_now(model))
			continue;
		if (ret->hang && !(ret->hang->kthread && !hang->kthread))
			continue;
		ret->hang = hang;
		ret->waiting = w;
	}
	for (unsigned int i = 0; !ret->hang && look_is_fresh(model) && i < m->n_waiting; i++) {
		const struct event_task_waiting *w = &m->waiting[i];

		if (waited_s(w) >= model_threshold(model, &hung_s) &&
		    (!ret->waiting || w->since_ns < ret->waiting->since_ns))
			ret->waiting = w;
	}
	if (ret->waiting)
		ret->waited_s = waited_s(ret->waiting);
	return ret->hang || ret->waiting;
}

static struct subject subject_of(const struct model *model, const struct hung *h)
{
	__u32 pid = h->hang ? h->hang->pid : h->waiting->pid;
	__u64 start_ns = h->hang ? h->hang->start_ns : h->waiting->start_ns;
	const char *comm = h->hang ? h->hang->comm : h->waiting->comm;
	const struct process *p = processes_find(model_processes(model), pid, start_ns);
	struct subject s = {.type = SUBJECT_PROCESS, .pid = pid, .start_ns = start_ns};

	if (p)
		return subject_process(p);
	memcpy(s.comm, comm, sizeof(s.comm));
	return s;
}

static void say_others(struct claim *claim, const struct model *model, const struct hung *h)
{
	const struct machine *m = model_machine(model);
	unsigned int told = 0;

	for (unsigned int i = 0; look_is_fresh(model) && i < m->n_waiting && told < 3; i++) {
		const struct event_task_waiting *w = &m->waiting[i];

		if (w->pid == claim->subject.pid)
			continue;
		told++;
		claim_text(claim, ROLE_VICTIM, "%s waits too, for %s in %s",
			   text_process(w->comm, w->pid).s, text_duration(waited_s(w)).s,
			   w->wchan[0] ? text_name(w->wchan, 24).s : "?");
	}
	if (h->waiting && h->waiting->total > told + 1)
		claim_text(claim, ROLE_VICTIM, "%u tasks wait so in all", h->waiting->total);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	double limit_s = model_threshold(model, &hung_s), over, confidence;
	struct subject subject;
	char waited[40] = "";
	struct claim claim;
	struct hung h;

	if (!find_hung(model, &h))
		return;
	subject = subject_of(model, &h);
	over = limit_s > 0.0 ? (h.waited_s - limit_s) / limit_s : 1.0;
	confidence = h.hang ? 0.97 : 0.82 + 0.10 * (over < 1.0 ? over : 1.0);
	claim_init(&claim, &task_hung_rule, &subject);
	claim.basis = h.hang ? BASIS_REPORTED : BASIS_MEASURED;
	claim.severity = SEVERITY_WARNING;
	claim.count = h.waiting ? h.waiting->total : 1;
	/* One of the two is there: find_hung() says so. */
	if (h.waiting) {
		claim.first_ns = h.waiting->since_ns;
		claim.last_ns = h.waiting->h.ts_ns;
	} else if (h.hang) {
		claim.first_ns = h.hang->h.ts_ns;
		claim.last_ns = h.hang->h.ts_ns;
	}
	claim.window_ns = claim.last_ns - claim.first_ns;
	if (h.hang)
		claim_evidence(&claim, ROLE_FOR, true, "hung.reports", 1, "{report}",
			       "the kernel's watchdog reports %s",
			       text_process(h.hang->comm, h.hang->tid).s);
	if (h.waiting) {
		snprintf(waited, sizeof(waited), " for %.30s", text_duration(h.waited_s).s);
		claim_evidence(&claim, ROLE_FOR, true, "hung.waited", h.waited_s, "s",
			       "it was not run once in %s: it waits in %s",
			       text_duration(h.waited_s).s,
			       h.waiting->wchan[0] ? text_name(h.waiting->wchan, 30).s : "?");
	}
	say_others(&claim, model, &h);
	claim_text(&claim, ROLE_UNKNOWN, "who holds what it waits for");
	if (h.hang && h.hang->kthread) {
		confidence *= 0.9;
		claim_evidence(&claim, ROLE_AGAINST, false, "hung.kthread", 1, "1",
			       "it is a thread of the kernel: some sleep so by habit");
	}
	claim.confidence = confidence_round(confidence);
	claim_message(&claim, "HUNG: %.40s waits uninterruptibly%s and is not woken.",
		      text_process(subject.comm, subject.pid).s, waited);
	claim_advice(&claim, false, "See what it waits in", "cat /proc/%u/stack", subject.pid);
	claim_advice(&claim, false, "Read the kernel's report",
		     "journalctl -k -g 'blocked for more'");
	judgement->claim(judgement->ctx, &claim);
}

/* The looks go on and it is not among those that wait. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);
	struct hung h;

	(void)subject;
	return look && look->h.ts_ns > since_ns && !find_hung(model, &h);
}

const struct rule task_hung_rule = {
	.kind = "task-hung",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning =
		"A task waits uninterruptibly and is not woken: for half a minute, or by the kernel's "
		"watchdog.",
	.against = "A thread of the kernel: some drivers sleep so by habit.",
	.todo = "Its stack (/proc/PID/stack) shows what it waits for: a disk, a frozen file system, a lock.",
	.needs = {PROBE_WAITING},
	.tables = {"source.waiting"},
	.thresholds = (const struct threshold *const[]){&hung_s, NULL},
	.exposed = machine_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
