/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_throttled.c - io-throttled: a cgroup limit (io.max, blk-throttle) holds the I/O back before the disk.
 *
 * The kernel's own count of bios that blk-throttle holds back for the disk, at `min_looks` of the last eight
 * looks. While they are held they are no requests: the disk's own latencies stay good and its clients wait.
 *
 * Basis: reported. Confidence:
 *	c = 0.98 - 0.2 / n		n: of the last eight looks, those with something held back
 * times, for what speaks against:
 *	0.85	no cgroup with a limit for this disk was found (another hierarchy, or another mount)
 *	0.75	the disk was busy for more than `busy_share` of the time: without a limit it would be full
 *
 * Severity: info; warning when tasks of the named cgroup waited for I/O for `wait_share` of the time.
 */
#include <stdio.h>

#include "rules/disk_load.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold min_looks = {
	"io-throttled.min_looks", 4, "{look}",
	"of eight looks: a limit that cuts off a short peak holds back at one or two, as it is meant to"};
static const struct threshold busy_share = {
	"io-throttled.busy_share", 0.8, "1",
	"a disk that is busy for more than that has little left to give, limit or not"};
static const struct threshold wait_share = {
	"io-throttled.wait_share", 0.2, "1",
	"a service whose tasks wait for I/O a fifth of the time feels it"};

struct throttled {
	const struct disk *disk;
	const struct disk_limit *limit; /* the most likely cgroup's; NULL: none is known */
	unsigned int candidates;
	unsigned int looks;
	double seconds;
	double busy; /* share of the time */
	double wait; /* share of the time in which a task of the cgroup waited; negative = unknown */
};

static unsigned int count_bits(__u32 bits)
{
	unsigned int n = 0;

	for (; bits; bits &= bits - 1)
		n++;
	return n;
}

/* Time that tasks of the cgroup waited since the limit was first told, as a share; negative: unknown. */
static double waited(const struct disk_limit *limit)
{
	double seconds = (double)(limit->now.h.ts_ns - limit->first_ns) / 1e9;

	if (limit->now.pressure_us == ~0ULL || limit->first_pressure_us == ~0ULL || seconds <= 0.0)
		return -1.0;
	return (double)(limit->now.pressure_us - limit->first_pressure_us) / 1e6 / seconds;
}

/* Of the cgroups limited on this disk when last looked, the one whose tasks wait most. */
static void find_cgroup(const struct model *model, struct throttled *t)
{
	const struct disk_limit *limit;

	for (unsigned int i = 0;
	     (limit = disk_waits_limited(&model_disks(model)->waits, t->disk->info.dev, i)); i++) {
		if (limit->now.h.ts_ns + LOOK_FRESH_NS < model_now(model))
			continue;
		t->candidates++;
		if (t->limit && waited(limit) <= t->wait)
			continue;
		t->limit = limit;
		t->wait = waited(limit);
	}
}

static bool find_throttled(const struct model *model, const struct disk *disk, struct throttled *t)
{
	const struct disk_queue *q = disk->queue;

	*t = (struct throttled){.disk = disk, .wait = -1.0};
	if (!disk_load_known(disk) || !disk_load_fresh(model, disk))
		return false;
	t->looks = count_bits(q->held_looks);
	if (!t->looks || t->looks < model_threshold(model, &min_looks))
		return false;
	t->seconds = (double)(q->now.h.ts_ns - q->held_from.h.ts_ns) / 1e9;
	if (t->seconds <= 0.0)
		return false;
	t->busy = (double)disk_ms_gain(q->now.busy_ms, q->held_from.busy_ms) / 1e3 / t->seconds;
	find_cgroup(model, t);
	return true;
}

/* "read 1.0 MB/s, write 120 IOPS" */
static void limit_text(const struct event_io_limit *l, char *buf, size_t size)
{
	const struct {
		const char *what;
		__u64 value;
		bool bytes;
	} part[] = {
		{"read", l->read_bps, true},
		{"write", l->write_bps, true},
		{"read", l->read_iops, false},
		{"write", l->write_iops, false},
	};
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < 4; i++) {
		if (!part[i].value || at >= size)
			continue;
		at += (size_t)snprintf(
			buf + at, size - at, "%s%s %s%s", at ? ", " : "", part[i].what,
			part[i].bytes ? text_size(part[i].value).s : text_count(part[i].value).s,
			part[i].bytes ? "/s" : " IOPS");
	}
}

static void say_cgroup(struct claim *claim, const struct throttled *t)
{
	char text[96];

	limit_text(&t->limit->now, text, sizeof(text));
	claim_text(claim, ROLE_WHO, "cgroup %s", text_name(t->limit->now.cgroup, 58).s);
	claim_text(claim, ROLE_FOR, "its io.max: %.56s", text);
	if (t->candidates > 1)
		claim_text(claim, ROLE_UNKNOWN,
			   "%u cgroups have a limit for it: this one waits most", t->candidates);
	if (t->wait >= 0.0)
		claim_evidence(claim, ROLE_FOR, true, "cgroup.io.pressure", 100.0 * t->wait, "%",
			       "its tasks waited for I/O %s of the time",
			       text_percent(t->wait > 1.0 ? 1.0 : t->wait).s);
}

static double against(struct claim *claim, const struct model *model, const struct throttled *t)
{
	double factor = 1.0;

	if (!t->limit) {
		factor *= 0.85;
		claim_evidence(claim, ROLE_AGAINST, false, "cgroup.limits", 0, "{cgroup}",
			       "no cgroup with a limit for it was found");
	}
	if (t->busy > model_threshold(model, &busy_share)) {
		factor *= 0.75;
		claim_evidence(claim, ROLE_AGAINST, false, "disk.busy", 100.0 * t->busy, "%",
			       "the disk was busy %s of the time anyway",
			       text_percent(t->busy > 1.0 ? 1.0 : t->busy).s);
	} else {
		claim_evidence(claim, ROLE_CONTROL, true, "disk.busy", 100.0 * t->busy, "%",
			       "the disk itself was busy %s of the time", text_percent(t->busy).s);
	}
	return factor;
}

static void claim_throttled(const struct model *model, const struct throttled *t,
			    const struct judgement *judgement)
{
	const struct disk_queue *q = t->disk->queue;
	struct subject subject = subject_disk(t->disk);
	bool felt = t->wait >= model_threshold(model, &wait_share);
	struct claim claim;

	claim_init(&claim, &io_throttled_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = felt ? SEVERITY_WARNING : SEVERITY_INFO;
	claim.count = q->held_most;
	claim.first_ns = q->held_from.h.ts_ns;
	claim.last_ns = q->now.h.ts_ns;
	claim.window_ns = claim.last_ns - claim.first_ns;
	disk_load_context(&claim, model, t->disk);
	claim_evidence(&claim, ROLE_FOR, true, "disk.held", q->held_most, "{bio}",
		       "up to %u bios held back, at %u of the last 8 looks", q->held_most,
		       t->looks);
	if (t->limit)
		say_cgroup(&claim, t);
	claim.confidence = confidence_round((0.98 - 0.2 / t->looks) * against(&claim, model, t));
	claim_message(&claim, "THROTTLED: a cgroup limit holds I/O to %.20s back; the disk is %s.",
		      subject.name,
		      t->busy > model_threshold(model, &busy_share) ? "busy too" : "not the limit");
	claim_advice(&claim, false, "See which limits there are",
		     "grep -r . /sys/fs/cgroup --include=io.max");
	snprintf(claim.call, sizeof(claim.call), "the owner of that cgroup; leave the disk alone");
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct disk *disk = NULL;
	struct throttled t;

	while ((disk = disks_next(model_disks(model), disk)))
		if (find_throttled(model, disk, &t))
			claim_throttled(model, &t, judgement);
}

/* Nothing was held back at the latest looks. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct disk *disk = disks_find(model_disks(model), subject->dev);
	const struct disk_queue *q = disk ? disk->queue : NULL;

	return q && q->now.h.ts_ns > since_ns && !(q->held_looks & 3);
}

static const struct threshold *const thresholds[] = {&min_looks, &busy_share, &wait_share, NULL};

const struct rule io_throttled_rule = {
	.kind = "io-throttled",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning = "A cgroup limit (io.max) holds I/O back before it reaches the disk.",
	.against = "A disk that is busy most of the time anyway; no cgroup with a limit for it.",
	.todo = "Read io.max of the cgroup; raise it, or leave it: the disk is not to blame.",
	.needs = {PROBE_QUEUE},
	.tables = {"source.queues", "model.disks"},
	.thresholds = thresholds,
	.exposed = disk_load_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
