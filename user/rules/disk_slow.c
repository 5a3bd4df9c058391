/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_slow.c - disk-slow: the device itself takes far longer than it did, or than a sibling takes, at the same
 * load; disk_pace.c says at which.
 *
 * Claimed when the latest `min_looks` looks (a second each in a trace, five in a daemon) were all too slow: above
 * the upper bound of what is expected, `min_ratio` times what is expected, and `min_excess_ms` above it. What is
 * expected grows with depth and size, so more load or larger requests are no fault. From the first slow look on
 * the issue hook is asked for, which tells queue and device apart.
 *
 * Basis: measured, against the disk's own past or a sibling. Confidence:
 *	c = 0.95 - 0.15 * r / x - 0.10 * m / n	x: slowdown, r: min_ratio; n: slow looks, m: min_looks
 * times, for what speaks against:
 *	0.90	queue and device were not told apart
 *	0.90	no other disk worked as usual meanwhile: the host, or a way that they share, may be slow
 *	0.90	only a sibling says so: the disk's own past is of this run, and as slow
 *
 * Not slow: where at least half of the other disks that work are slow too; where this host wakes up late itself
 * (processors that are busy or stolen slow everything down) by as much as the disk does, or, while another disk works
 * as usual, by LATE_BESIDE times as much; a mapping over a disk that is slow; a rotating disk that takes no longer
 * than seeks explain; other virtual disks (a loop device's file lies on a disk that is judged).
 *
 * Severity: warning.
 */
#include <stdio.h>
#include <string.h>

#include "rules/disk_home.h"
#include "rules/disk_pace.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

/* The issue hook stays for so long after the last slow look. */
#define ARM_NS (20 * 1000000000ULL)
/* Completions that end in a softirq are held up where others, of a disk with a processor of its own, are not. */
#define LATE_BESIDE 10.0

static const struct threshold min_ratio = {
	"disk-slow.min_ratio", 3, "1",
	"of what is expected; disks of one model differ by up to 2 among themselves"};
static const struct threshold min_excess_ms = {
	"disk-slow.min_excess_ms", 2, "ms",
	"above what is expected; below that a late interrupt explains it"};
static const struct threshold min_looks = {
	"disk-slow.min_looks", 4, "{look}",
	"in a row; flash that cleans up and a write cache that is flushed take one or two"};
static const struct threshold min_past = {"disk-slow.min_past", 5, "{look}",
					  "fewer say nothing of how far looks differ"};
static const struct threshold seek_ms = {
	"disk-slow.seek_ms", 25, "ms",
	"for each request in it: a rotating disk that seeks for each one may take that"};

static struct pace_limits limits_of(const struct model *model)
{
	return (struct pace_limits){
		.ratio = model_threshold(model, &min_ratio),
		.excess_ms = model_threshold(model, &min_excess_ms),
		.seek_ms = model_threshold(model, &seek_ms),
		.past = model_threshold(model, &min_past),
	};
}

static bool is_virtual(const struct disk *disk)
{
	return disk->info.flags & DISK_VIRTUAL;
}

/* Whose mapping's name is told: device-mapper. */
static bool is_mapping(const struct disk *disk)
{
	return strncmp(disk->info.name, "dm-", 3) == 0;
}

/* The slower of reads and writes. */
static bool find_slow(const struct model *model, const struct disk *disk,
		      const struct pace_limits *limits, struct disk_pace *p)
{
	struct disk_pace other;
	bool found;

	if (!disk_load_known(disk) || !disk_load_fresh(model, disk))
		return false;
	found = disk_pace_slow(model, disk, PAST_READ, limits, p);
	if (disk_pace_slow(model, disk, PAST_WRITE, limits, &other) &&
	    (!found || other.looks > p->looks ||
	     (other.looks == p->looks &&
	      other.took_ms * p->expect_ms > p->took_ms * other.expect_ms))) {
		*p = other;
		found = true;
	}
	return found;
}

/* Other disks with hardware of their own that work now and have a past: how many, and how many are slow. */
struct company {
	unsigned int working;
	unsigned int slow;
	const struct disk *healthy;
};

static struct company company_of(const struct model *model, const struct disk_pace *p,
				 const struct pace_limits *limits)
{
	__u64 middle_ns = p->from_ns + (p->to_ns - p->from_ns) / 2;
	/* Half as far: what is in doubt is no control. */
	struct pace_limits half = *limits;
	const struct disk *other = NULL;
	struct company c = {0};
	struct disk_pace q;

	half.ratio = 1.0 + (limits->ratio - 1.0) / 2.0;
	half.excess_ms = limits->excess_ms / 2.0;
	half.seek_ms = 0.0;
	while ((other = disks_next(model_disks(model), other))) {
		if (other == p->disk || is_virtual(other) || !disk_load_known(other) ||
		    !disk_load_fresh(model, other) || !disk_pace_known(model, other, limits) ||
		    other->queue->done_ns < middle_ns)
			continue;
		c.working++;
		if (find_slow(model, other, &half, &q))
			c.slow++;
		else
			c.healthy = other;
	}
	return c;
}

/* A disk under a mapping may be any. */
static bool any_real_slow(const struct model *model, const struct pace_limits *limits)
{
	const struct disk *disk = NULL;
	struct disk_pace p;

	while ((disk = disks_next(model_disks(model), disk)))
		if (!is_virtual(disk) && find_slow(model, disk, limits, &p))
			return true;
	return false;
}

/* Is this host late itself, by so much that nothing can be said of the disk? */
static bool host_is_late(const struct disk_pace *p, const struct company *company)
{
	double excess_ms = p->took_ms - p->expect_ms;

	return p->jitter_ms > excess_ms * (company->healthy ? LATE_BESIDE : 1.0);
}

static const char *op_name(unsigned int op)
{
	return op == PAST_READ ? "read" : "write";
}

static void say_past(struct claim *claim, const struct disk_pace *p)
{
	const char *of = p->sibling			? p->sibling->info.name
			 : p->disk->queue->past->stored ? "former runs"
							: "its own past";

	claim_evidence(claim, ROLE_CONTROL, true, "disk.latency.expected", p->expect_ms, "ms",
		       "%s expected at this load, by %s%.20s (%s)",
		       text_latency(p->expect_ms * 1e6).s, p->sibling ? "sibling " : "", of,
		       text_plural(p->past_looks, "look").s);
}

static void say_load(struct claim *claim, const struct disk_pace *p)
{
	double seconds = (double)(p->to_ns - p->from_ns) / 1e9;

	claim_evidence(claim, ROLE_FOR, true, "disk.latency", p->took_ms, "ms",
		       p->split ? "%s %s in the device, %s in the queue, in %s"
				: "%s %s in queue and device%s, in %s",
		       op_name(p->op), text_latency(p->took_ms * 1e6).s,
		       p->split ? text_latency(p->queue_ms * 1e6).s : "",
		       text_plural((__u64)p->requests, "request").s);
	claim_evidence(claim, ROLE_NOT_US, true, "disk.depth", p->depth, "{request}",
		       "depth %.1f, %.0f kB each, %.0f a second: no more than usual explains",
		       p->depth, p->kb, p->requests / seconds);
}

static double against(struct claim *claim, const struct disk_pace *p, const struct company *c)
{
	double factor = 1.0;

	if (!p->split) {
		factor *= 0.90;
		claim_text(claim, ROLE_UNKNOWN, "queue and device could not be told apart");
	}
	if (c->healthy) {
		claim_evidence(claim, ROLE_CONTROL, true, "disk.others.usual", c->working - c->slow,
			       "{disk}", "%s as usual meanwhile: %.20s%s",
			       text_plural(c->working - c->slow, "other disk").s,
			       c->healthy->info.name, c->working - c->slow > 1 ? "..." : "");
	} else {
		factor *= 0.90;
		claim_evidence(claim, ROLE_AGAINST, false, "disk.others.usual", 0, "{disk}",
			       "no other disk worked meanwhile to compare with");
	}
	if (p->sibling)
		factor *= 0.90;
	return factor;
}

static void advise(struct claim *claim, const struct disk_pace *p)
{
	const char *name = p->disk->info.name;

	if (!text_is_plain_word(name))
		claim_advice(claim, false, "Watch it beside the others", "iostat -x 1 10");
	else if (is_mapping(p->disk))
		claim_advice(claim, false, "See what the mapping does", "dmsetup table /dev/%s",
			     name);
	else
		disk_home_look(claim, &p->disk->info);
	claim_advice(claim, false, "Watch it beside the others", "iostat -x 1 10");
	if (!is_mapping(p->disk) && disk_home_call(claim, &p->disk->info))
		return;
	snprintf(claim->call, sizeof(claim->call), "%s",
		 is_mapping(p->disk) ? "whoever set the mapping up; its disks are not slow"
				     : "whoever runs the disk or its storage");
}

static void claim_slow(const struct model *model, const struct disk_pace *p,
		       const struct company *company, const struct judgement *judgement)
{
	struct subject subject = subject_disk(p->disk);
	double ratio = p->took_ms / p->expect_ms;
	struct claim claim;

	claim_init(&claim, &disk_slow_rule, &subject);
	claim.basis = BASIS_MEASURED;
	claim.severity = SEVERITY_WARNING;
	claim.count = (__u64)p->requests;
	claim.first_ns = p->from_ns;
	claim.last_ns = p->to_ns;
	claim.window_ns = p->to_ns - p->from_ns;
	disk_load_context(&claim, model, p->disk);
	say_load(&claim, p);
	say_past(&claim, p);
	claim.confidence =
		confidence_round((0.95 - 0.15 * model_threshold(model, &min_ratio) / ratio -
				  0.10 * model_threshold(model, &min_looks) / p->looks) *
				 against(&claim, p, company));
	claim_message(&claim, "DISK: %s%.20s is slow: %s for a %s, %.0f times what it should take.",
		      is_mapping(p->disk) ? "mapping " : "", subject.name,
		      text_latency(p->took_ms * 1e6).s, op_name(p->op), ratio);
	advise(&claim, p);
	judgement->claim(judgement->ctx, &claim);
}

static void ask_split(const struct model *model, const struct disk *disk,
		      const struct judgement *judgement)
{
	struct ask ask = {
		.what = ASK_BLOCK_ISSUE,
		.dev = disk->info.dev,
		.until_ns = model_now(model) + ARM_NS,
	};

	if (judgement->ask)
		judgement->ask(judgement->ctx, &ask);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	struct pace_limits limits = limits_of(model);
	bool real_slow = any_real_slow(model, &limits);
	const struct disk *disk = NULL;
	struct disk_pace p;

	while ((disk = disks_next(model_disks(model), disk))) {
		struct company company;

		if (is_virtual(disk) && (real_slow || !is_mapping(disk)))
			continue;
		if (!find_slow(model, disk, &limits, &p))
			continue;
		if (!is_mapping(disk))
			ask_split(model, disk, judgement);
		if (p.looks < model_threshold(model, &min_looks) || disk->queue->held_looks)
			continue;
		company = company_of(model, &p, &limits);
		if (company.slow && company.slow * 2 >= company.working)
			continue;
		if (host_is_late(&p, &company))
			continue;
		claim_slow(model, &p, &company, judgement);
	}
}

/* It worked since, at two looks at least, and the latest was not slow. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct disk *disk = disks_find(model_disks(model), subject->dev);
	struct pace_limits limits = limits_of(model);
	const struct disk_look *look;
	unsigned int worked = 0;
	struct disk_pace p;

	if (!disk || !disk_load_known(disk))
		return false;
	for (unsigned int i = 0; (look = disk_past_look(disk->queue->past, i)); i++)
		worked +=
			look->ts_ns > since_ns && (look->done[PAST_READ] || look->done[PAST_WRITE]);
	return worked >= 2 && !disk_pace_slow(model, disk, PAST_READ, &limits, &p) &&
	       !disk_pace_slow(model, disk, PAST_WRITE, &limits, &p);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	struct pace_limits limits = limits_of(model);
	const struct disk *disk = NULL;

	while ((disk = disks_next(model_disks(model), disk)))
		if (disk_load_known(disk) && disk_pace_proven(model, disk, &limits))
			return true;
	snprintf(buf, size, "no disk has a past yet to be held against");
	return false;
}

static const struct threshold *const thresholds[] = {&min_ratio, &min_excess_ms, &min_looks,
						     &min_past,	 &seek_ms,	 NULL};

const struct rule disk_slow_rule = {
	.kind = "disk-slow",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning =
		"The device itself takes far longer than its past or its siblings, under the same load.",
	.against =
		"No other disk to compare with; a past that is only of this run. More load, larger "
		"requests, and a host that is slow as a whole do not count.",
	.todo = "Compare with its siblings; read its error log; replace it before it fails.",
	.needs = {PROBE_BLOCK},
	.tables = {"source.queues", "model.disks"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
	.unexposed = "no-baseline",
};
