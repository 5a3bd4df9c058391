/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ras.c - memory-error: a memory controller (EDAC) reports errors of a module. machine-check: a processor's
 * bank or a PCIe device does.
 *
 * One finding for each module, bank or device. A processor's memory-controller bank is memory-error too,
 * unless an EDAC driver tells of the same errors better: at the same time, and as grave. Basis: reported; c = 0.98,
 * times 0.9 where only the address is known and not the module.
 *
 * Severity: critical when it was not corrected and is used (uncorrected, fatal); warning when it is deferred,
 * or when more were corrected in ten minutes than `corrected` allows; else info. A PCIe device's non-fatal ones
 * cost one transaction each, and its driver goes on: warning from `pcie_nonfatal` on, else info.
 */
#include <stdio.h>
#include <string.h>

#include "model/copy.h"
#include "rules/families.h"
#include "rules/machine_claim.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold memory_corrected = {
	"memory-error.corrected", 10, "{error}",
	"of ten minutes: one a day is a cosmic ray, ten in minutes are a bad cell or row"};
static const struct threshold check_corrected = {
	"machine-check.corrected", 10, "{error}",
	"of ten minutes: a processor that corrects its caches that often wears out"};
static const struct threshold pcie_corrected = {
	"machine-check.pcie_corrected", 100, "{error}",
	"of ten minutes: many links correct a few when they change their power state"};
static const struct threshold pcie_nonfatal = {
	"machine-check.pcie_nonfatal", 2, "{error}",
	"of ten minutes: a single request that a device does not support is no sign of a bad one"};

/* An EDAC driver decodes what the processor reports at once, or not at all. */
#define SAME_ERROR_NS (2 * 1000000000ULL)

/* MCA error code of a memory controller: 0000 0000 1MMM CCCC (Intel SDM 3B, 15.9.2) */
#define MCACOD_MEMORY_MASK 0xef80U
#define MCACOD_MEMORY	   0x0080U

static bool is_memory(const struct part *part)
{
	return part->last.source == REPORT_MEMORY ||
	       (part->last.source == REPORT_MACHINE_CHECK &&
		(part->last.flags & REPORT_OF_MEMORY ||
		 (part->last.status & MCACOD_MEMORY_MASK) == MCACOD_MEMORY));
}

/* Of the latest error of this bank. */
static bool edac_speaks(const struct model *model, const struct part *bank)
{
	const struct event_hardware_report *b = &bank->last;
	const struct part *part = NULL;

	while ((part = machine_part(model_machine(model), part))) {
		const struct event_hardware_report *m = &part->last;
		__u64 apart_ns =
			m->h.ts_ns > b->h.ts_ns ? m->h.ts_ns - b->h.ts_ns : b->h.ts_ns - m->h.ts_ns;

		/* EDAC has no word for what has corrupted the processor's state. */
		if (m->source == REPORT_MEMORY && apart_ns <= SAME_ERROR_NS &&
		    (m->severity >= b->severity || m->severity == REPORT_UNCORRECTED))
			return true;
	}
	return false;
}

static struct subject subject_part(const struct part *part)
{
	const struct event_hardware_report *r = &part->last;
	struct subject s = {.type = SUBJECT_DEVICE};

	if (r->source == REPORT_MACHINE_CHECK)
		snprintf(s.name, sizeof(s.name), "CPU %u bank %u", r->cpu, r->bank);
	else if (r->where[0])
		copy_text(s.name, sizeof(s.name), r->where, sizeof(r->where));
	else
		snprintf(s.name, sizeof(s.name), "memory controller %u", r->bank);
	return s;
}

struct errors {
	__u64 corrected, deferred, uncorrected; /* of the window; fatal ones are uncorrected */
	__u64 fatal;
};

static double corrected_limit(const struct model *model, const struct part *part)
{
	if (is_memory(part))
		return model_threshold(model, &memory_corrected);
	return model_threshold(model, part->last.source == REPORT_PCIE ? &pcie_corrected
								       : &check_corrected);
}

static enum severity severity_of(const struct model *model, const struct part *part,
				 const struct errors *n)
{
	bool pcie = part->last.source == REPORT_PCIE;

	if (pcie ? n->fatal : n->uncorrected)
		return SEVERITY_CRITICAL;
	if (n->deferred || (double)n->corrected >= corrected_limit(model, part) ||
	    (pcie && (double)n->uncorrected >= model_threshold(model, &pcie_nonfatal)))
		return SEVERITY_WARNING;
	return SEVERITY_INFO;
}

static void say_report(struct claim *claim, const struct part *part, const struct errors *n)
{
	const struct event_hardware_report *r = &part->last;

	claim_evidence(claim, ROLE_FOR, true, "hardware.errors",
		       (double)(n->corrected + n->deferred + n->uncorrected), "{error}",
		       "%s corrected, %s not", text_count(n->corrected).s,
		       text_count(n->deferred + n->uncorrected).s);
	if (r->what[0])
		claim_text(claim, ROLE_FOR, "%s", text_name(r->what, 58).s);
	if (r->source != REPORT_MEMORY)
		claim_text(claim, ROLE_FOR, "status 0x%llx%s", (unsigned long long)r->status,
			   r->source == REPORT_PCIE ? " (AER)" : "");
	if (r->address)
		claim_text(claim, ROLE_FOR, "the latest one at physical address 0x%llx",
			   (unsigned long long)r->address);
}

/* How grave comes first: a long name is cut. */
static void say_message(struct claim *claim, bool memory, const char *name, const struct errors *n)
{
	__u64 bad = n->deferred + n->uncorrected;
	struct text corrected = text_plural(n->corrected, "corrected error");
	const char *what = memory ? "MEMORY" : "HARDWARE";

	if (!bad)
		claim_message(claim, "%s: %s at %.40s.", what, corrected.s, text_name(name, 40).s);
	else
		claim_message(claim, "%s: %s%s%s at %.40s.", what,
			      text_plural(bad, "uncorrected error").s, n->corrected ? ", " : "",
			      n->corrected ? corrected.s : "", text_name(name, 40).s);
}

static void advise(struct claim *claim, const struct part *part, bool memory)
{
	const struct event_hardware_report *r = &part->last;
	const char *text = "Read the kernel's decoding";

	if (r->source == REPORT_PCIE) {
		claim_advice(claim, false, text, "journalctl -k -g 'AER|PCIe Bus Error'");
		if (text_is_plain_word(r->where))
			claim_advice(claim, false, "See the link's state", "lspci -vvs %.32s",
				     r->where);
		return;
	}
	claim_advice(claim, false, text,
		     memory ? "journalctl -k -g 'EDAC|Hardware Error'"
			    : "journalctl -k -g 'Hardware Error'");
	if (r->source == REPORT_MEMORY)
		claim_advice(claim, false, "See the counts of each module",
			     "grep -r . /sys/devices/system/edac/mc --include=*_count");
}

static void say_call(struct claim *claim, const struct part *part, bool memory, const char *name)
{
	const char *who = "who looks after the hardware";

	if (part->last.source == REPORT_PCIE)
		snprintf(claim->call, sizeof(claim->call), "%s: reseat %.16s, else replace", who,
			 text_name(name, 16).s);
	else if (part->last.source == REPORT_MEMORY)
		snprintf(claim->call, sizeof(claim->call), "%s: replace %.30s", who,
			 text_name(name, 30).s);
	else if (memory)
		snprintf(claim->call, sizeof(claim->call), "%s: find and replace the module", who);
	else
		snprintf(claim->call, sizeof(claim->call), "%s: replace the processor of CPU %u",
			 who, part->last.cpu);
}

static void claim_part(const struct model *model, const struct rule *rule, const struct part *part,
		       const struct judgement *judgement)
{
	const struct frame *frame = model_frame(model);
	struct subject subject = subject_part(part);
	struct errors n = {
		.corrected = part_window(part, frame, REPORT_CORRECTED),
		.deferred = part_window(part, frame, REPORT_DEFERRED),
		.uncorrected = part_window(part, frame, REPORT_UNCORRECTED) +
			       part_window(part, frame, REPORT_FATAL),
		.fatal = part_window(part, frame, REPORT_FATAL),
	};
	bool memory = is_memory(part), module = part->last.source == REPORT_MEMORY;
	struct claim claim;

	if (!n.corrected && !n.deferred && !n.uncorrected)
		return;
	claim_init(&claim, rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = severity_of(model, part, &n);
	claim.confidence = confidence_round(memory && !module ? 0.98 * 0.9 : 0.98);
	claim.count = n.corrected + n.deferred + n.uncorrected;
	claim.first_ns = part->first.h.ts_ns;
	claim.last_ns = part->last.h.ts_ns;
	claim.window_ns = frame->disk_window_ns;
	say_report(&claim, part, &n);
	if (memory && !module)
		claim_text(&claim, ROLE_UNKNOWN, "which module: no EDAC driver tells");
	say_message(&claim, memory, subject.name, &n);
	advise(&claim, part, memory);
	if (claim.severity != SEVERITY_INFO)
		say_call(&claim, part, memory, subject.name);
	judgement->claim(judgement->ctx, &claim);
}

static void judge_parts(const struct model *model, const struct judgement *judgement, bool memory,
			const struct rule *rule)
{
	const struct part *part = NULL;

	while ((part = machine_part(model_machine(model), part))) {
		if (is_memory(part) != memory)
			continue;
		if (memory && part->last.source != REPORT_MEMORY && edac_speaks(model, part))
			continue;
		claim_part(model, rule, part, judgement);
	}
}

static void judge_memory(const struct model *model, const struct judgement *judgement)
{
	judge_parts(model, judgement, true, &memory_error_rule);
}

static void judge_check(const struct model *model, const struct judgement *judgement)
{
	judge_parts(model, judgement, false, &machine_check_rule);
}

/* What could not be corrected is no better for being silent since: its finding expires, or goes with a restart of the host. */
static bool is_spoilt(const struct model *model, const struct subject *subject)
{
	const struct part *part = NULL;

	while ((part = machine_part(model_machine(model), part)))
		if (part->spoilt && strcmp(subject_part(part).name, subject->name) == 0)
			return true;
	return false;
}

/* Nothing was reported for a whole window. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct event_host_load *look = machine_look(model_machine(model), 0);

	return look && look->h.ts_ns > since_ns && !is_spoilt(model, subject);
}

const struct rule memory_error_rule = {
	.kind = "memory-error",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "The memory controller reports errors of a module, corrected or not (EDAC).",
	.against = "A rare corrected error: that is told, and no fault.",
	.todo = "Replace the module that is named; uncorrected errors lose data.",
	.needs = {PROBE_RAS_MEMORY},
	.thresholds = (const struct threshold *const[]){&memory_corrected, NULL},
	.exposed = machine_exposed,
	.judge = judge_memory,
	.recovered = recovered,
	.keeps_critical = true,
	.open_evals = 1,
	.close_evals = 3,
};

const struct rule machine_check_rule = {
	.kind = "machine-check",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "The processor (machine check) or a PCIe device (AER) reports a hardware error.",
	.against = "A corrected one that does not come back: that is told, and no fault.",
	.todo = "Read the record in the kernel's log; replace the part.",
	.needs = {PROBE_RAS_MACHINE_CHECK},
	.thresholds = (const struct threshold *const[]){&check_corrected, &pcie_corrected,
							&pcie_nonfatal, NULL},
	.exposed = machine_exposed,
	.judge = judge_check,
	.recovered = recovered,
	.keeps_critical = true,
	.open_evals = 1,
	.close_evals = 3,
};
