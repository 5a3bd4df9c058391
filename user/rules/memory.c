/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - memory-exhausted: the kernel killed for lack of memory. memory-pressure: tasks wait for it.
 *
 * memory-exhausted. Basis: reported. One finding for each victim's name and cgroup; kills of the last
 * window. Confidence:
 *	c = 0.98
 * times, for what speaks against:
 *	0.85	nothing but the number of the victim is known
 *	0.75	no cgroup was full, and yet more than `plenty_share` of the host's memory was free before: it may be
 *		that of one NUMA node, which a policy or a cpuset keeps a program to
 * Severity: critical when the host's memory was exhausted: whoever needs some next is next; warning when a
 * cgroup's limit was, or a node's it seems. With less than `none_share` of its memory free the host was, whatever limit was reached too.
 *
 * memory-pressure. Basis: reported (PSI: the kernel's own times). `some` is the share of the last
 * `span_s` seconds in which at least one task waited for memory. Confidence:
 *	c = 0.70 + 0.25 * min(1, some / 0.4)
 * times 0.85 when `plenty_share` of the host's memory was free all the time: a cgroup's limit then, not the
 * host.
 * Severity: info; warning from `full_share` on, in which nothing ran.
 */
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold plenty_share = {
	"memory-exhausted.plenty_share", 0.2, "1",
	"with a fifth of its memory free a host is not what is short of it"};
static const struct threshold none_share = {
	"memory-exhausted.none_share", 0.02, "1",
	"with less free a host is short itself, whatever limit a cgroup, full of cached files, is at"};
static const struct threshold pressure_some = {
	"memory-pressure.some_share", 0.15, "1",
	"a host that reads files again and again, or starts up, waits for memory a few percent"};
static const struct threshold pressure_full = {
	"memory-pressure.full_share", 0.1, "1",
	"a tenth of the time in which nothing runs is felt by everyone"};
static const struct threshold pressure_span = {
	"memory-pressure.span_s", 10, "s", "a burst of reclaim at a program's start is shorter"};

/* ---- out of memory ---- */

/* All kills of the window that are of one victim's name and cgroup. */
struct exhausted {
	const struct event_oom_kill *last;
	const char *comm; /* of the victim; empty = unknown */
	unsigned int kills;
	__u64 first_ns;
	double free_share; /* of the host's memory at the look before; negative = unknown */
};

static const char *victim_comm(const struct model *model, const struct event_oom_kill *kill)
{
	const struct process *process;

	if (kill->comm[0])
		return kill->comm;
	process = processes_find(model_processes(model), kill->pid, kill->start_ns);
	return process ? process->comm : "";
}

static bool same_victim(const struct model *model, const struct event_oom_kill *a,
			const struct event_oom_kill *b)
{
	return strcmp(victim_comm(model, a), victim_comm(model, b)) == 0 &&
	       strcmp(a->unit, b->unit) == 0;
}

/* What was free before the kill, not after: a look of the same tick may be either. */
static double free_before(const struct model *model, __u64 when_ns)
{
	const struct event_host_load *look;

	for (unsigned int i = 0; (look = machine_look(model_machine(model), i)); i++)
		if (look->h.ts_ns < when_ns)
			return (double)look->mem_available / (double)look->mem_total;
	return -1.0;
}

/* No cgroup was full, nor the host: a NUMA node was, it seems. */
static bool is_node(const struct model *model, const struct exhausted *x)
{
	return !x->last->limit_bytes && x->free_share > model_threshold(model, &plenty_share);
}

/* A cgroup's limit, and not the host's own lack. */
static bool is_limit(const struct model *model, const struct exhausted *x)
{
	return x->last->limit_bytes &&
	       !(x->free_share >= 0.0 && x->free_share < model_threshold(model, &none_share));
}

static void say_demand(struct claim *claim, const struct exhausted *x)
{
	const struct event_oom_kill *kill = x->last;

	if (kill->rss_bytes)
		claim_evidence(claim, ROLE_FOR, true, "oom.kills", x->kills, "{kill}",
			       "killed: %s, which held %s", text_process(x->comm, kill->pid).s,
			       text_size(kill->rss_bytes).s);
	else
		claim_evidence(claim, ROLE_FOR, true, "oom.kills", x->kills, "{kill}", "killed: %s",
			       text_process(x->comm[0] ? x->comm : "process", kill->pid).s);
	if (x->kills > 1)
		claim_text(claim, ROLE_FOR, "%u kills in %s", x->kills,
			   text_duration((double)(kill->h.ts_ns - x->first_ns) / 1e9).s);
	if (kill->limit_bytes)
		claim_evidence(claim, ROLE_FOR, true, "cgroup.memory", (double)kill->used_bytes,
			       "By", "cgroup %s was full: %s of %s", text_name(kill->limit, 24).s,
			       text_size(kill->used_bytes).s, text_size(kill->limit_bytes).s);
	if (kill->by_pid && kill->by_pid != kill->pid)
		claim_text(claim, ROLE_FOR, "%s asked for memory, and reclaim found none",
			   text_process(kill->by_comm, kill->by_pid).s);
}

/* What the host had left, and whether there was swap to go to. */
static double say_host(struct claim *claim, const struct model *model, const struct exhausted *x)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);
	bool limit = is_limit(model, x);
	double factor = 1.0;

	if (look && x->free_share >= 0.0) {
		bool node = is_node(model, x);

		if (node)
			factor = 0.75;
		claim_evidence(claim,
			       limit  ? ROLE_CONTROL
			       : node ? ROLE_AGAINST
				      : ROLE_FOR,
			       factor == 1.0, "memory.available", 100.0 * x->free_share, "%",
			       "the host had %s of its %s free", text_percent(x->free_share).s,
			       text_size(look->mem_total).s);
	}
	if (look && look->swap_total)
		claim_text(claim, ROLE_FOR, "tried before: swap, %s of %s are left",
			   text_size(look->swap_free).s, text_size(look->swap_total).s);
	else if (look)
		claim_text(claim, ROLE_FOR, "there is no swap to go to");
	return factor;
}

static const char unknown[EVENT_COMM_LEN] = "unknown";

static void claim_exhausted(const struct model *model, const struct exhausted *x,
			    const struct judgement *judgement)
{
	const struct event_oom_kill *kill = x->last;
	const char *name = x->comm[0] ? x->comm : "a process";
	struct subject subject = subject_service(x->comm[0] ? x->comm : unknown, kill->unit);
	bool limit = is_limit(model, x), node = is_node(model, x);
	double confidence = 0.98;
	struct claim claim;

	claim_init(&claim, &memory_exhausted_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = limit || node ? SEVERITY_WARNING : SEVERITY_CRITICAL;
	claim.count = x->kills;
	claim.first_ns = x->first_ns;
	claim.last_ns = kill->h.ts_ns;
	claim.window_ns = model_frame(model)->window_ns;
	if (kill->unit[0])
		claim_text(&claim, ROLE_WHO, "%s in %s", text_name(name, 16).s,
			   text_name(kill->unit, 40).s);
	say_demand(&claim, x);
	confidence *= say_host(&claim, model, x);
	if (!x->comm[0]) {
		confidence *= 0.85;
		claim_text(&claim, ROLE_UNKNOWN, "who it was: it is gone");
	}
	claim.confidence = confidence_round(confidence);
	if (limit)
		claim_message(&claim,
			      "MEMORY: %.16s was killed: cgroup %.30s is at its limit of %s.",
			      text_name(name, 16).s, text_name(kill->limit, 30).s,
			      text_size(kill->limit_bytes).s);
	else if (node)
		claim_message(&claim,
			      "MEMORY: %.16s was killed, yet %s was free: a NUMA node's lack?",
			      text_name(name, 16).s, text_percent(x->free_share).s);
	else
		claim_message(&claim, "MEMORY: the host ran out of it; the kernel killed %.16s.",
			      text_name(name, 16).s);
	claim_advice(&claim, false, "Read the kernel's report on it", "journalctl -k -g oom");
	if (limit)
		claim_advice(&claim, false, "See which limits are hit",
			     "grep -rE 'oom_kill [1-9]' /sys/fs/cgroup --include=memory.events");
	else if (node)
		claim_advice(&claim, false, "See what each node has, and who is bound to one",
			     "numastat -m; grep -r . /sys/fs/cgroup --include=cpuset.mems");
	else
		claim_advice(&claim, false, "See who holds the memory",
			     "ps aux --sort=-rss | head -20");
	if (limit)
		snprintf(claim.call, sizeof(claim.call),
			 "the owner of %.16s: raise the limit, or find what grew",
			 text_name(name, 16).s);
	else if (node)
		snprintf(claim.call, sizeof(claim.call),
			 "the owner of %.16s: what binds it to one node's memory",
			 text_name(name, 16).s);
	else
		snprintf(claim.call, sizeof(claim.call),
			 "the owner of what holds most: %.16s was but the victim",
			 text_name(name, 16).s);
	judgement->claim(judgement->ctx, &claim);
}

static void judge_exhausted(const struct model *model, const struct judgement *judgement)
{
	const struct machine *machine = model_machine(model);
	__u64 window_ns = model_frame(model)->window_ns, now_ns = model_now(model);
	const struct event_oom_kill *kill, *other;

	for (unsigned int i = 0; (kill = machine_kill(machine, i)); i++) {
		struct exhausted x = {.last = kill, .free_share = -1.0};
		bool told = false;

		if (kill->h.ts_ns + window_ns < now_ns)
			continue;
		for (unsigned int k = 0; k < i; k++)
			told |= same_victim(model, machine_kill(machine, k), kill);
		if (told)
			continue;
		for (unsigned int k = i; (other = machine_kill(machine, k)); k++) {
			if (other->h.ts_ns + window_ns < now_ns || !same_victim(model, other, kill))
				continue;
			x.kills++;
			x.first_ns = other->h.ts_ns;
		}
		x.comm = victim_comm(model, kill);
		x.free_share = free_before(model, x.first_ns);
		claim_exhausted(model, &x, judgement);
	}
}

/* A whole window went by without one. */
static bool exhausted_recovered(const struct model *model, const struct subject *subject,
				__u64 since_ns)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);

	(void)subject;
	return look && look->h.ts_ns > since_ns;
}

const struct rule memory_exhausted_rule = {
	.kind = "memory-exhausted",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.core = true,
	.meaning =
		"The kernel killed a process for lack of memory: the host's, or its cgroup's limit.",
	.against = "No cgroup was full and yet much of the host's memory was free.",
	.todo = "See what grew; raise the limit of the cgroup, or fix what grows.",
	.needs = {PROBE_OOM, PROBE_LOAD},
	.thresholds = (const struct threshold *const[]){&plenty_share, &none_share, NULL},
	.exposed = machine_exposed,
	.judge = judge_exhausted,
	.recovered = exhausted_recovered,
	.open_evals = 1,
	.close_evals = 2,
};

/* ---- pressure ---- */

static bool under_pressure(const struct model *model, struct load_span *span)
{
	double span_s = model_threshold(model, &pressure_span);

	machine_span(model_machine(model), (__u64)(span_s * 1e9), span);
	return span->seconds >= MACHINE_SPAN_SHARE * span_s &&
	       span->mem_some >= model_threshold(model, &pressure_some);
}

static void judge_pressure(const struct model *model, const struct judgement *judgement)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);
	struct subject subject = subject_this_host(model);
	struct load_span span;
	double free_share, confidence;
	struct claim claim;
	bool plenty;

	if (!look || !under_pressure(model, &span))
		return;
	free_share = (double)span.least_available / (double)look->mem_total;
	plenty = free_share > model_threshold(model, &plenty_share);
	confidence = 0.70 + 0.25 * (span.mem_some < 0.4 ? span.mem_some / 0.4 : 1.0);
	claim_init(&claim, &memory_pressure_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = span.mem_full >= model_threshold(model, &pressure_full) ? SEVERITY_WARNING
										 : SEVERITY_INFO;
	claim.count = (__u64)(span.mem_some * span.seconds);
	claim.window_ns = (__u64)(span.seconds * 1e9);
	claim.last_ns = look->h.ts_ns;
	claim.first_ns = claim.last_ns - claim.window_ns;
	claim_evidence(&claim, ROLE_FOR, true, "pressure.memory.some", 100.0 * span.mem_some, "%",
		       "in %s of the time a task waited for memory", text_percent(span.mem_some).s);
	claim_evidence(&claim, ROLE_FOR, true, "pressure.memory.full", 100.0 * span.mem_full, "%",
		       "in %s of it nothing ran", text_percent(span.mem_full).s);
	claim_evidence(&claim, plenty ? ROLE_AGAINST : ROLE_FOR, !plenty, "memory.available",
		       100.0 * free_share, "%", "the host had %s of its %s free%s",
		       text_percent(free_share).s, text_size(look->mem_total).s,
		       plenty ? ": a cgroup's limit, then" : "");
	if (look->swap_total)
		claim_text(&claim, ROLE_FOR, "swap: %s of %s are left",
			   text_size(look->swap_free).s, text_size(look->swap_total).s);
	claim.confidence = confidence_round(confidence * (plenty ? 0.85 : 1.0));
	claim_message(&claim, "MEMORY: tasks wait for memory in %s of the time; %s.",
		      text_percent(span.mem_some).s,
		      plenty ? "a cgroup is at its limit, the host is not"
			     : "the host is short of it");
	claim_advice(&claim, false, "See which cgroup waits",
		     "grep -r some /sys/fs/cgroup --include=memory.pressure");
	claim_advice(&claim, false, "See who holds the memory", "ps aux --sort=-rss");
	judgement->claim(judgement->ctx, &claim);
}

static bool pressure_exposed(const struct model *model, char *buf, size_t size)
{
	return machine_exposed_for(model, model_threshold(model, &pressure_span), buf, size);
}

static bool pressure_recovered(const struct model *model, const struct subject *subject,
			       __u64 since_ns)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);
	struct load_span span;

	(void)subject;
	return look && look->h.ts_ns > since_ns && !under_pressure(model, &span);
}

const struct rule memory_pressure_rule = {
	.kind = "memory-pressure",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.core = true,
	.meaning = "Tasks wait for memory for a large share of the time (PSI).",
	.against = "Much of the host's memory is free: then a cgroup's limit holds its tasks back.",
	.todo = "See /proc/pressure/memory and which cgroup suffers.",
	.needs = {PROBE_LOAD, PROBE_PRESSURE},
	.thresholds = (const struct threshold *const[]){&pressure_some, &pressure_full,
							&pressure_span, NULL},
	.exposed = pressure_exposed,
	.judge = judge_pressure,
	.recovered = pressure_recovered,
	.open_evals = 2,
	.close_evals = 3,
};
