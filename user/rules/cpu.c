/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu.c - cpu-saturated: more tasks want to run than there are processors, for long.
 *
 * Over the last `span_s` seconds: on average `queue_per_cpu` tasks more than processors wanted to run, at
 * each look at least one more did, and (where the kernel has PSI) in `some_share` of the time a task
 * waited for a processor. A queue that is there at every look is no burst; tasks that a cgroup's quota
 * holds back wait in no queue.
 *
 * Severity: warning from `warn_per_cpu` tasks queued a processor on, info below (and where they make way).
 *
 * Basis: reported with PSI, else inferred: looks once a second. With q tasks queued a processor:
 *	c = 0.80 + 0.10 * min(1, q / 3)		without PSI: 0.65
 * times, for what speaks against:
 *	0.6	more than `nice_share` of the busy time went to tasks of low priority: others pass them
 *	0.8	the hypervisor took more than `steal_share`: the host has less than its processors
 *
 * Severity: warning; info when it is low priority that waits.
 */
#include <stdio.h>

#include "rules/families.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold queue_per_cpu = {
	"cpu-saturated.queue_per_cpu", 1.5, "{task}",
	"with so many waiting for each processor everyone gets less than half of what it wants"};
static const struct threshold warn_per_cpu = {
	"cpu-saturated.warn_per_cpu", 4, "{task}",
	"below that a busy host still gets its work done, only later: worth knowing, no more"};
static const struct threshold some_share = {"cpu-saturated.some_share", 0.8, "1",
					    "a queue that is there nearly all the time"};
static const struct threshold span_s = {"cpu-saturated.span_s", 10, "s",
					"starting a service or a shell's pipeline takes less"};
static const struct threshold nice_share = {
	"cpu-saturated.nice_share", 0.5, "1",
	"tasks with a positive nice value make way for all others"};
static const struct threshold steal_share = {
	"cpu-saturated.steal_share", 0.1, "1",
	"a virtual machine that gets a tenth less than it was given notices it"};

struct saturated {
	struct load_span load;
	double queue; /* tasks a processor, on average */
	bool psi;
};

static bool find_saturated(const struct model *model, struct saturated *s)
{
	double seconds = model_threshold(model, &span_s);

	machine_span(model_machine(model), (__u64)(seconds * 1e9), &s->load);
	if (s->load.seconds < MACHINE_SPAN_SHARE * seconds || !s->load.cpus ||
	    s->load.least_running <= s->load.cpus)
		return false;
	s->queue = s->load.running / s->load.cpus - 1.0;
	s->psi = s->load.cpu_some >= 0.0;
	if (s->psi && s->load.cpu_some < model_threshold(model, &some_share))
		return false;
	return s->queue >= model_threshold(model, &queue_per_cpu);
}

/* What the processors did, and whether it speaks against. */
static double weigh(struct claim *claim, const struct model *model, const struct saturated *s)
{
	struct cpu_span cpu;
	double busy, nice, factor = 1.0;

	if (!machine_cpu_span(model_machine(model), (__u64)(s->load.seconds * 1e9), &cpu))
		return 1.0;
	busy = cpu.user + cpu.nice + cpu.system;
	nice = busy > 0.0 ? cpu.nice / busy : 0.0;
	claim_evidence(claim, ROLE_FOR, true, "cpu.idle", 100.0 * cpu.idle, "%",
		       "processors: %.0f %% user, %.0f %% system, %.0f %% idle", 100.0 * cpu.user,
		       100.0 * cpu.system, 100.0 * cpu.idle);
	if (nice > model_threshold(model, &nice_share)) {
		factor *= 0.6;
		claim->severity = SEVERITY_INFO;
		claim_evidence(claim, ROLE_AGAINST, false, "cpu.nice", 100.0 * nice, "%",
			       "%s of that is of low priority and makes way", text_percent(nice).s);
	}
	if (cpu.steal > model_threshold(model, &steal_share)) {
		factor *= 0.8;
		claim_evidence(claim, ROLE_AGAINST, false, "cpu.steal", 100.0 * cpu.steal, "%",
			       "the hypervisor took %s of the time", text_percent(cpu.steal).s);
	} else {
		claim_evidence(claim, ROLE_CONTROL, true, "cpu.steal", 100.0 * cpu.steal, "%",
			       "the hypervisor took %s of the time", text_percent(cpu.steal).s);
	}
	return factor;
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);
	struct subject subject = subject_this_host(model);
	struct saturated s;
	struct claim claim;
	double confidence;

	if (!look || !find_saturated(model, &s))
		return;
	confidence = s.psi ? 0.80 + 0.10 * (s.queue < 3.0 ? s.queue / 3.0 : 1.0) : 0.65;
	claim_init(&claim, &cpu_saturated_rule, &subject);
	claim.basis = s.psi ? BASIS_REPORTED : BASIS_INFERRED;
	claim.severity =
		s.queue >= model_threshold(model, &warn_per_cpu) ? SEVERITY_WARNING : SEVERITY_INFO;
	claim.count = (__u64)s.load.running;
	claim.window_ns = (__u64)(s.load.seconds * 1e9);
	claim.last_ns = look->h.ts_ns;
	claim.first_ns = claim.last_ns - claim.window_ns;
	claim_evidence(&claim, ROLE_FOR, true, "cpu.running", s.load.running, "{task}",
		       "%.1f tasks wanted to run on %u processors, never less than %u",
		       s.load.running, s.load.cpus, s.load.least_running);
	if (s.psi)
		claim_evidence(&claim, ROLE_FOR, true, "pressure.cpu.some", 100.0 * s.load.cpu_some,
			       "%", "in %s of the time a task waited for a processor",
			       text_percent(s.load.cpu_some < 1.0 ? s.load.cpu_some : 1.0).s);
	claim.confidence = confidence_round(confidence * weigh(&claim, model, &s));
	claim_message(
		&claim,
		"CPU: %.0f tasks want to run on %u processors; what is slow may wait for these.",
		s.load.running, s.load.cpus);
	claim_advice(&claim, false, "See who runs", "ps -eo pid,ni,pcpu,comm --sort=-pcpu");
	claim_advice(&claim, false, "See which cgroup waits",
		     "grep -r some /sys/fs/cgroup --include=cpu.pressure");
	snprintf(claim.call, sizeof(claim.call),
		 "who runs the load; disk and network are not to blame for it");
	judgement->claim(judgement->ctx, &claim);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	return machine_exposed_for(model, model_threshold(model, &span_s), buf, size);
}

static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);
	struct saturated s;

	(void)subject;
	return look && look->h.ts_ns > since_ns && !find_saturated(model, &s);
}

const struct rule cpu_saturated_rule = {
	.kind = "cpu-saturated",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.core = true,
	.meaning = "More tasks want to run than there are processors, for long.",
	.against = "Low priority: such tasks make way; a hypervisor that takes the time.",
	.todo = "See which tasks run; give them fewer or the host more processors.",
	.needs = {PROBE_LOAD},
	.thresholds = (const struct threshold *const[]){&queue_per_cpu, &warn_per_cpu, &some_share,
							&span_s, &nice_share, &steal_share, NULL},
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 2,
	.close_evals = 3,
};
