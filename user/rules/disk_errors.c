/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_errors.c - disk-media-error, disk-io-error, disk-transport-error, disk-timeout and
 * disk-integrity-error: a request failed, and the device or its driver said so.
 *
 * Basis: reported. Confidence, by
 *	disk-media-error	c = 0.99 - 0.07 / s	s: different sectors that failed
 *	disk-io-error		c = b * (1 - 0.1 / n)	n: failures; b = 0.95, and 0.70 when most of them
 *		carry a status that no kernel we know gives: the disk is right, the kind may not be
 *	the other three		c = 0.95 * (1 - 0.1 / n)
 * times, for what speaks against:
 *	1 - 0.15 * h	h: share of the known sectors that a later request was seen to read or write
 *	0.97 / 0.92	(medium / io) when one request failed and RETRIED or more completed after it
 *	0.90		a transport error or timeout of a disk that also reports a bad medium
 *	0.90		a medium error from a virtual disk (loop, zram, dm): it has no medium of its own
 *
 * Severity: disk_severity.c. Requests that only succeeded when they were sent again are info: nobody was refused, but
 * the link or the medium is on its way down; their basis is measured, c = 0.90 * (1 - 1 / n).
 */
#include "rules/disk_errors.h"

#include <stdio.h>
#include <string.h>

#include "rules/disk_answer.h"
#include "rules/disk_home.h"
#include "rules/disk_smart.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

/* So many requests after a single failure, and it may have been an accident of the moment. */
#define RETRIED 20
/* The issue hook stays armed so long after a failure: a retry loop comes back within seconds. */
#define ARM_NS (30 * 1000000000ULL)

static const struct threshold window = {
	"disk.window_s", 600, "s",
	"disk errors are rare and do not heal by themselves: what failed ten minutes ago still counts"};
static const struct threshold media_min = {
	"disk-media-error.min_errors", 1, "{error}",
	"a device reports a bad medium after its own retries: one report is enough"};
static const struct threshold io_min = {
	"disk-io-error.min_errors", 1, "{error}",
	"the block layer fails a request only after the driver's retries: one is a fact"};
static const struct threshold transport_min = {
	"disk-transport-error.min_errors", 1, "{error}",
	"drivers send again what the link lost: a request that failed for it exhausted its retries"};
static const struct threshold timeout_min = {
	"disk-timeout.min_errors", 1, "{error}",
	"the driver waits 30 s by default before it gives a request up: one is long enough"};
static const struct threshold integrity_min = {
	"disk-integrity-error.min_errors", 1, "{error}",
	"a checksum does not match by chance in one of 65,536 damaged blocks: a mismatch is real"};
/* ---- judging ---- */

static double against(struct claim *claim, const struct disk_failures *f, bool medium)
{
	const char *op = block_op_text(disk_failures_op(f));
	double factor = 1.0;

	if (f->healed) {
		factor *= 1.0 - 0.15 * (double)f->healed / (double)f->n_sectors;
		claim_evidence(claim, ROLE_AGAINST, false, "disk.sectors.healed", f->healed,
			       "{sector}", "a later %s of %u of %u failed sectors succeeded", op,
			       f->healed, f->n_sectors);
	}
	if (f->total == 1 && f->after >= RETRIED) {
		factor *= medium ? 0.97 : 0.92;
		claim_evidence(claim, ROLE_AGAINST, false, "disk.requests.after", (double)f->after,
			       "{request}", "only 1 %s failed; %s later ones succeeded", op,
			       text_count(f->after).s);
	}
	if (f->medium && f->link && f->n_said &&
	    disk_failure_of(f->said[0]->op, f->said[0]->status) != FAILURE_MEDIUM) {
		factor *= 0.90;
		claim_evidence(claim, ROLE_AGAINST, false, "disk.errors.medium", (double)f->medium,
			       "{error}", "%s too: the disk itself, not the way to it?",
			       text_plural(f->medium, "medium error").s);
	}
	if (medium && f->disk->info.flags & DISK_VIRTUAL) {
		factor *= 0.90;
		claim_text(claim, ROLE_AGAINST,
			   "%s is virtual and has no medium: the disk under it is meant",
			   f->disk->info.name);
		claim->evidence[claim->n_evidence - 1].supports = false;
	}
	return factor;
}

/* "3 of 18 reads failed", of the operation that failed most. */
static struct text of_requests(const struct model *model, const struct disk_failures *f)
{
	enum block_op op = disk_failures_op(f);
	__u64 of = disk_requests_window(f->disk, model_frame(model), op);
	struct text text;

	if (of >= f->failed[op])
		snprintf(text.s, sizeof(text.s), "%.20s of %.30s failed",
			 text_count(f->failed[op]).s, text_plural(of, block_op_text(op)).s);
	else
		snprintf(text.s, sizeof(text.s), "%.40s failed",
			 text_plural(f->failed[op], block_op_text(op)).s);
	return text;
}

/* "DISK: sdb ..." with what came of it: a member of an array that has another copy is told apart from data that
 * is refused. */
static void say(struct claim *claim, const struct model *model, const struct disk_failures *f,
		const char *what, const char *why)
{
	bool reads = disk_failures_op(f) == BLOCK_READ && !f->failed[BLOCK_WRITE];
	const char *name = f->disk->info.name;
	bool replace = f->which == FAILURE_MEDIUM && disk_home(&f->disk->info) == HOME_HOST;
	struct text array = disk_array_text(&f->array, reads);

	if (!array.s[0])
		claim_message(claim, "DISK: %.20s %s; %s%s.", name, what, of_requests(model, f).s,
			      why);
	else if (f->array.spared)
		claim_message(claim, "DISK: %.20s %s; %s.%s%.20s%s", name, what, array.s,
			      replace ? " Replace " : "", replace ? name : "", replace ? "." : "");
	else
		claim_message(claim, "DISK: %.20s %s; %.40s, and %s.", name, what,
			      of_requests(model, f).s, array.s);
}

static void fill(struct claim *claim, const struct model *model, const struct disk_failures *f)
{
	claim->basis = BASIS_REPORTED;
	claim->severity = disk_failures_severity(model, f);
	claim->count = f->total;
	claim->first_ns = f->first_ns;
	claim->last_ns = f->last_ns;
	claim->window_ns = model_frame(model)->disk_window_ns;
	if (model_start(model) && model_now(model) - model_start(model) < claim->window_ns)
		claim->window_ns = model_now(model) - model_start(model);
	disk_claim_context(claim, model, f);
	disk_claim_counts(claim, model, f);
	disk_stack_siblings(claim, model, &f->array);
}

static void claim_media(const struct model *model, const struct disk_failures *f,
			const struct judgement *judgement)
{
	struct subject subject = subject_disk(f->disk);
	double sectors = f->n_sectors ? f->n_sectors : 1;
	struct claim claim;

	claim_init(&claim, &disk_media_error_rule, &subject);
	fill(&claim, model, f);
	say(&claim, model, f, f->failed[BLOCK_WRITE] ? "has bad sectors" : "has unreadable sectors",
	    "");
	claim.confidence = confidence_round((0.99 - 0.07 / sectors) * against(&claim, f, true));
	if (!f->link)
		claim_text(&claim, ROLE_AGAINST, "not the link: 0 transport errors, 0 timeouts");
	disk_smart_claim(&claim, f->disk);
	disk_claim_advice(&claim, f);
	judgement->claim(judgement->ctx, &claim);
}

static void claim_io(const struct model *model, const struct disk_failures *f,
		     const struct judgement *judgement)
{
	struct subject subject = subject_disk(f->disk);
	double base = 2 * f->other > f->total ? 0.70 : 0.95;
	enum block_status status = disk_failures_status(f);
	struct claim claim;
	char why[48];

	claim_init(&claim, &disk_io_error_rule, &subject);
	fill(&claim, model, f);
	snprintf(why, sizeof(why), " (%s)", block_status_text(status));
	say(&claim, model, f, "fails requests", why);
	claim.confidence =
		confidence_round(base * (1.0 - 0.1 / (double)f->total) * against(&claim, f, false));
	if (f->other)
		claim_evidence(&claim, ROLE_AGAINST, 2 * f->other <= f->total,
			       "disk.errors.other_kind", (double)f->other, "{error}",
			       "%s of %s: %s, a status that is not known", text_count(f->other).s,
			       text_count(f->total).s, block_status_text(status));
	if (!f->n_said || !disk_answer_text(f->said[0]).s[0])
		claim_text(&claim, ROLE_UNKNOWN, "why: the device named no cause");
	disk_smart_claim(&claim, f->disk);
	disk_claim_advice(&claim, f);
	judgement->claim(judgement->ctx, &claim);
}

/* The kinds that need no words of their own beyond these. */
static const struct named_kind {
	enum disk_failure failure;
	const struct rule *rule;
	const char *what; /* "DISK: sda ..." */
	const char *against;
	const char *advice;
	const char *remote; /* the same, of a disk in a storage; NULL: no other */
} named_kinds[] = {
	{FAILURE_TRANSPORT, &disk_transport_error_rule, "cannot be reached reliably",
	 "not the medium: 0 medium errors", "Check cable, port and adapter before the disk",
	 "Check the way: adapter or network, switch, the storage's port"},
	{FAILURE_TIMEOUT, &disk_timeout_rule, "does not answer in time",
	 "not the medium: 0 medium errors",
	 "Look for resets in the kernel log; check cable and power",
	 "Check the way there, and the load of the storage"},
	{FAILURE_INTEGRITY, &disk_integrity_error_rule, "returns data that does not match", NULL,
	 "Check memory and cables before the disk; scrub the file system", NULL},
};

static void advise_named(struct claim *claim, const struct disk_failures *f,
			 const struct named_kind *kind)
{
	enum disk_home home = disk_home(&f->disk->info);

	if (home == HOME_HOST || !kind->remote)
		claim_advice(claim, true, kind->advice, "%s", "");
	else if (home == HOME_STORAGE)
		claim_advice(claim, true, kind->remote, "%s", "");
}

static void claim_named(const struct model *model, const struct disk_failures *f,
			const struct named_kind *kind, const struct judgement *judgement)
{
	struct subject subject = subject_disk(f->disk);
	struct claim claim;

	claim_init(&claim, kind->rule, &subject);
	fill(&claim, model, f);
	say(&claim, model, f, kind->what, "");
	claim.confidence =
		confidence_round(0.95 * (1.0 - 0.1 / (double)f->total) * against(&claim, f, false));
	if (kind->against && !f->medium)
		claim_text(&claim, ROLE_AGAINST, "%s", kind->against);
	disk_smart_claim(&claim, f->disk);
	disk_claim_advice(&claim, f);
	advise_named(&claim, f, kind);
	judgement->claim(judgement->ctx, &claim);
}

/* Later failures shall name who issued them, and the issuers who they are. */
static void ask_more(const struct model *model, const struct disk_failures *f,
		     const struct judgement *judgement)
{
	struct ask issue = {.what = ASK_BLOCK_ISSUE, .dev = f->disk->info.dev};

	if (!judgement->ask)
		return;
	issue.until_ns = f->last_ns + ARM_NS;
	if (issue.until_ns > model_now(model))
		judgement->ask(judgement->ctx, &issue);
	for (unsigned int i = 0; i < f->n_victims; i++) {
		const struct disk_victim *v = &f->victim[i];
		const struct process *p =
			processes_find(model_processes(model), v->pid, v->start_ns);
		struct ask who = {.what = ASK_PROC, .pid = v->pid, .start_ns = v->start_ns};

		if (!p || !p->who)
			judgement->ask(judgement->ctx, &who);
	}
	disk_smart_ask(model, f->disk, judgement);
}

static void claim_failures(const struct model *model, const struct disk_failures *f,
			   enum disk_failure which, const struct judgement *judgement)
{
	if (which == FAILURE_MEDIUM)
		claim_media(model, f, judgement);
	else if (which == FAILURE_IO)
		claim_io(model, f, judgement);
	for (size_t i = 0; i < sizeof(named_kinds) / sizeof(named_kinds[0]); i++)
		if (named_kinds[i].failure == which)
			claim_named(model, f, &named_kinds[i], judgement);
}

static const struct rule *rule_of(enum disk_failure which)
{
	for (size_t i = 0; i < sizeof(named_kinds) / sizeof(named_kinds[0]); i++)
		if (named_kinds[i].failure == which)
			return named_kinds[i].rule;
	return which == FAILURE_MEDIUM ? &disk_media_error_rule : &disk_io_error_rule;
}

/* One medium that is reached by several paths is told of once: of the path that met it first. */
static bool told_of_other_path(const struct model *model, const struct disk_failures *f)
{
	const struct disk *other = NULL;
	struct disk_failures theirs;

	if ((f->which != FAILURE_MEDIUM && f->which != FAILURE_INTEGRITY) || !f->disk->info.wwn[0])
		return false;
	while ((other = disks_next(model_disks(model), other))) {
		if (other == f->disk || other->gone || !other->n_faults ||
		    other->info.flags & DISK_PARTITION ||
		    strcmp(other->info.wwn, f->disk->info.wwn) != 0)
			continue;
		disk_failures_sum(&theirs, model, other, f->which);
		if (theirs.total &&
		    (theirs.first_ns < f->first_ns ||
		     (theirs.first_ns == f->first_ns && other->info.dev < f->disk->info.dev)))
			return true;
	}
	return false;
}

static void judge(const struct model *model, const struct judgement *judgement,
		  enum disk_failure which, const struct threshold *least)
{
	const struct disk *disk = NULL;
	struct disk_failures f;

	while ((disk = disks_next(model_disks(model), disk))) {
		if (disk->gone || !disk->n_faults)
			continue;
		disk_failures_sum(&f, model, disk, which);
		if (!f.total && f.retried)
			disk_claim_retries(rule_of(which), model, &f, judgement);
		if (!f.total || (double)f.total < model_threshold(model, least) ||
		    told_of_other_path(model, &f))
			continue;
		claim_failures(model, &f, which, judgement);
		ask_more(model, &f, judgement);
	}
}

static void judge_media(const struct model *model, const struct judgement *judgement)
{
	judge(model, judgement, FAILURE_MEDIUM, &media_min);
}

static void judge_io(const struct model *model, const struct judgement *judgement)
{
	judge(model, judgement, FAILURE_IO, &io_min);
}

static void judge_transport(const struct model *model, const struct judgement *judgement)
{
	judge(model, judgement, FAILURE_TRANSPORT, &transport_min);
}

static void judge_timeout(const struct model *model, const struct judgement *judgement)
{
	judge(model, judgement, FAILURE_TIMEOUT, &timeout_min);
}

static void judge_integrity(const struct model *model, const struct judgement *judgement)
{
	judge(model, judgement, FAILURE_INTEGRITY, &integrity_min);
}

/* ---- the rows ---- */

static const struct threshold *const media_thresholds[] = {
	&media_min,    &disk_min_retries, &disk_critical_errors,
	&disk_min_ios, &disk_recover_ios, &window,
	NULL};
static const struct threshold *const io_thresholds[] = {
	&io_min,       &disk_min_retries, &disk_critical_errors,
	&disk_min_ios, &disk_recover_ios, &window,
	NULL};

static const struct threshold *const transport_thresholds[] = {&transport_min,
							       &disk_min_retries,
							       &disk_critical_errors,
							       &disk_min_ios,
							       &disk_recover_ios,
							       &window,
							       NULL};
static const struct threshold *const timeout_thresholds[] = {
	&timeout_min,  &disk_min_retries, &disk_critical_errors,
	&disk_min_ios, &disk_recover_ios, &window,
	NULL};
static const struct threshold *const integrity_thresholds[] = {&integrity_min,
							       &disk_min_retries,
							       &disk_critical_errors,
							       &disk_min_ios,
							       &disk_recover_ios,
							       &window,
							       NULL};

const struct rule disk_media_error_rule = {
	.kind = "disk-media-error",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.core = true,
	.meaning =
		"The device itself reports that its medium is bad: sectors cannot be read or written.",
	.against =
		"Later requests for the same sectors that succeed; a single failure among many "
		"requests; a virtual disk, which has no medium; dropped read-ahead does not count.",
	.todo = "Read the disk's own error log, back up what is on it, replace the disk.",
	.needs = {PROBE_BLOCK},
	.tables = {"block.stats", "model.disks"},
	.thresholds = media_thresholds,
	.exposed = disk_errors_exposed,
	.judge = judge_media,
	.recovered = disk_errors_recovered,
	.open_evals = 1,
	.close_evals = 2,
};

const struct rule disk_io_error_rule = {
	.kind = "disk-io-error",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.core = true,
	.meaning = "The device failed read, write or flush requests and named no cause.",
	.against =
		"A single failure among many requests; a status that names another cause. Unsupported "
		"discards, NOWAIT, dropped read-ahead, rejected passthrough, full devices, empty drives and standby paths do not count.",
	.todo = "Read the disk's own error log; for a loop device look at its backing file.",
	.needs = {PROBE_BLOCK},
	.tables = {"block.stats", "model.disks"},
	.thresholds = io_thresholds,
	.exposed = disk_errors_exposed,
	.judge = judge_io,
	.recovered = disk_errors_recovered,
	.open_evals = 1,
	.close_evals = 2,
};

const struct rule disk_transport_error_rule = {
	.kind = "disk-transport-error",
	.class = CLASS_HARDWARE,
	.fault_at = AT_PATH,
	.meaning = "Requests failed on the way to the device: link, cable, host adapter or path.",
	.against =
		"Medium errors of the same disk; a single failure among many requests; later requests that succeed.",
	.todo = "Check cable, port and adapter; then the disk.",
	.needs = {PROBE_BLOCK},
	.tables = {"block.stats", "model.disks"},
	.thresholds = transport_thresholds,
	.exposed = disk_errors_exposed,
	.judge = judge_transport,
	.recovered = disk_errors_recovered,
	.open_evals = 1,
	.close_evals = 2,
};

const struct rule disk_timeout_rule = {
	.kind = "disk-timeout",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "Requests ran into the driver's timeout: the device did not answer them.",
	.against =
		"Requests that end late but well do not count; medium errors of the same disk; a single failure.",
	.todo = "Read the kernel log for resets; check cable and power; then the disk.",
	.needs = {PROBE_BLOCK},
	.tables = {"block.stats", "model.disks"},
	.thresholds = timeout_thresholds,
	.exposed = disk_errors_exposed,
	.judge = judge_timeout,
	.recovered = disk_errors_recovered,
	.open_evals = 1,
	.close_evals = 2,
};

const struct rule disk_integrity_error_rule = {
	.kind = "disk-integrity-error",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "Protection information (T10 PI, NVMe) did not match the data.",
	.against =
		"A single mismatch among many requests; later reads of the sectors that succeed.",
	.todo = "Check memory and cables before the disk; scrub the file system.",
	.needs = {PROBE_BLOCK},
	.tables = {"block.stats", "model.disks"},
	.thresholds = integrity_thresholds,
	.exposed = disk_errors_exposed,
	.judge = judge_integrity,
	.recovered = disk_errors_recovered,
	.open_evals = 1,
	.close_evals = 2,
};
