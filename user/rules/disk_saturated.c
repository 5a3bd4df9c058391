/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_saturated.c - disk-saturated: requests wait because the load exceeds the device, which is healthy.
 *
 * Claimed when at the latest `min_looks` looks the disk was busy all the time, and its requests waited in the
 * queue `min_ratio` times as long as the device took for them, and `min_queue_ms` at least. The issue hook tells
 * the two apart; it is asked for when a busy disk's requests begin to take long. A device that takes longer than
 * it should at that depth is disk-slow's.
 *
 * Basis: measured, against the device's own time. Confidence:
 *	c = 0.95 - 0.10 * m / n - 0.15 * r / x	n: such looks, m: min_looks; x: queue / device, r: min_ratio
 * times, for what speaks against:
 *	0.85	the disk has no past: that it takes as long as it should is not known
 *
 * Cannot be seen: a queue without a scheduler lets tasks wait for a free tag, before there is a request.
 *
 * Severity: info; warning when requests wait `felt_ms` on average. What the host itself has to do with its disks, the
 * check of an array or a trim, is named, and stays info.
 */
#include <stdio.h>
#include <string.h>

#include "rules/disk_pace.h"
#include "rules/disk_stack.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

#define ARM_NS (20 * 1000000000ULL)
/* From here on it is worth while to tell queue and device apart. */
#define SUSPECT_BUSY 0.9
/* The kernel counts busy time in its ticks, and too little where requests are shorter: then depth tells. */
#define SUSPECT_DEPTH 16.0

static const struct threshold min_looks = {
	"disk-saturated.min_looks", 4, "{look}",
	"in a row; a burst that the queue absorbs is what a queue is for"};
static const struct threshold min_busy = {"disk-saturated.min_busy", 0.95, "1",
					  "a disk that rests now and then has something left"};
static const struct threshold min_ratio = {
	"disk-saturated.min_ratio", 2, "1",
	"a request that waits twice as long as it is worked on waits for others"};
static const struct threshold min_queue_ms = {"disk-saturated.min_queue_ms", 10, "ms",
					      "below that nobody feels the queue"};
static const struct threshold felt_ms = {"disk-saturated.felt_ms", 100, "ms",
					 "a tenth of a second for each request is felt"};

struct full {
	const struct disk *disk;
	unsigned int looks;
	unsigned int discarding; /* of these */
	__u64 from_ns, to_ns;
	double requests;
	double queue_ms, device_ms, depth, device_depth, bytes;
};

static void add(struct full *f, const struct disk_look *look)
{
	for (unsigned int op = 0; op < PAST_OPS; op++) {
		double n = look->split[op];

		f->requests += n;
		f->queue_ms += n * look->queue_ms[op];
		f->device_ms += n * look->device_ms[op];
		f->bytes += n * look->kb[op] * 1024.0;
	}
	f->depth += look->depth;
	f->device_depth += look->device_depth;
	f->discarding += look->discards >= DISCARDS_MANY;
	f->from_ns = look->ts_ns - look->length_ns;
	f->looks++;
}

/* Of one look: busy all the time, and the queue takes most of it. */
static bool look_full(const struct model *model, const struct disk_look *look)
{
	struct full one = {0};

	add(&one, look);
	return one.requests > 0.0 &&
	       (look->busy >= model_threshold(model, &min_busy) || look->depth >= SUSPECT_DEPTH) &&
	       one.queue_ms >= model_threshold(model, &min_ratio) * one.device_ms &&
	       one.queue_ms >= model_threshold(model, &min_queue_ms) * one.requests;
}

static bool find_full(const struct model *model, const struct disk *disk, struct full *f)
{
	const struct disk_look *look;

	*f = (struct full){.disk = disk};
	if (!disk_load_known(disk) || !disk_load_fresh(model, disk) || disk->queue->held_looks)
		return false;
	for (unsigned int i = 0; (look = disk_past_any_look(disk->queue->past, i)); i++) {
		if (!look_full(model, look))
			break;
		if (!f->looks)
			f->to_ns = look->ts_ns;
		add(f, look);
	}
	if (!f->looks || f->looks < model_threshold(model, &min_looks))
		return false;
	f->queue_ms /= f->requests;
	f->device_ms /= f->requests;
	f->bytes /= f->requests;
	f->depth /= f->looks;
	f->device_depth /= f->looks;
	return true;
}

/* Does the device take as long as it should? False with *ret_known: it does not. */
static bool device_usual(const struct model *model, const struct disk *disk, bool *ret_known)
{
	/* As disk-slow has them, a ratio of 2: in between neither is said. */
	struct pace_limits limits = {.ratio = 2.0, .excess_ms = 2.0, .seek_ms = 25.0, .past = 5.0};
	struct disk_pace p;

	*ret_known = disk_pace_known(model, disk, &limits);
	return !disk_pace_slow(model, disk, PAST_READ, &limits, &p) &&
	       !disk_pace_slow(model, disk, PAST_WRITE, &limits, &p);
}

/* Is it what the host itself has to do with its disks: "the check of md0", "discards"? The command that shows it;
 * NULL: nothing of the kind. */
static const char *housekeeping(const struct disk_array *array, const struct full *f,
				struct text *ret)
{
	static const char *const actions[] = {"check", "repair", "resync", "recover", "reshape"};

	for (size_t i = 0; array->raid && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(array->raid->now.sync_action, actions[i]) != 0)
			continue;
		snprintf(ret->s, sizeof(ret->s), "the %s of %.15s", actions[i],
			 array->disk->info.name);
		return "cat /proc/mdstat";
	}
	if (2 * f->discarding < f->looks)
		return NULL;
	snprintf(ret->s, sizeof(ret->s), "discards");
	return "systemctl list-timers fstrim.timer";
}

static void claim_full(const struct model *model, const struct full *f, bool known,
		       const struct judgement *judgement)
{
	struct subject subject = subject_disk(f->disk);
	double seconds = (double)(f->to_ns - f->from_ns) / 1e9, per_s = f->requests / seconds;
	double device_ms = f->device_ms > 0.001 ? f->device_ms : 0.001;
	struct disk_array array;
	const char *show;
	struct text own;
	struct claim claim;

	disk_array_above(&array, model, f->disk);
	show = housekeeping(&array, f, &own);
	claim_init(&claim, &disk_saturated_rule, &subject);
	claim.basis = BASIS_MEASURED;
	claim.severity = f->queue_ms >= model_threshold(model, &felt_ms) && !show ? SEVERITY_WARNING
										  : SEVERITY_INFO;
	claim.count = (__u64)f->requests;
	claim.first_ns = f->from_ns;
	claim.last_ns = f->to_ns;
	claim.window_ns = f->to_ns - f->from_ns;
	disk_load_context(&claim, model, f->disk);
	claim_evidence(&claim, ROLE_FOR, true, "disk.queue_time", f->queue_ms, "ms",
		       "%s in the queue, %s in the device, in %s",
		       text_latency(f->queue_ms * 1e6).s, text_latency(f->device_ms * 1e6).s,
		       text_plural((__u64)f->requests, "request").s);
	claim_evidence(&claim, ROLE_FOR, true, "disk.depth", f->depth, "{request}",
		       "%.0f requests wait or are worked on, %.0f of them in the device", f->depth,
		       f->device_depth);
	claim_evidence(&claim, ROLE_FOR, true, "disk.iops", per_s, "1/s",
		       "busy all the time: %.0f requests and %s a second", per_s,
		       text_size((__u64)(per_s * f->bytes)).s);
	if (known)
		claim_text(&claim, ROLE_CONTROL, "the device takes no longer than it should");
	else
		claim_text(&claim, ROLE_UNKNOWN, "whether the device takes as long as it should");
	claim.confidence = confidence_round(
		(0.95 - 0.10 * model_threshold(model, &min_looks) / f->looks -
		 0.15 * model_threshold(model, &min_ratio) * device_ms / f->queue_ms) *
		(known ? 1.0 : 0.85));
	if (show)
		claim_message(
			&claim,
			"LOAD: %.20s is busy with %s: %s in its queue, %s in the device itself.",
			subject.name, own.s, text_latency(f->queue_ms * 1e6).s,
			text_latency(f->device_ms * 1e6).s);
	else
		claim_message(
			&claim,
			"LOAD: %.20s gets more than it can do: %s in its queue, %s in the device itself.",
			subject.name, text_latency(f->queue_ms * 1e6).s,
			text_latency(f->device_ms * 1e6).s);
	if (show)
		claim_advice(&claim, false, "See what is under way, and until when", "%s", show);
	claim_advice(&claim, false, "See who sends the load", "pidstat -d 1 5");
	snprintf(claim.call, sizeof(claim.call),
		 show ? "nobody: wait until that is done; the disk is healthy"
		      : "the owner of that load; leave the disk alone, it is healthy");
	judgement->claim(judgement->ctx, &claim);
}

/* A busy disk whose requests begin to take long. */
static bool suspect(const struct model *model, const struct disk *disk)
{
	const struct disk_look *look;
	double wait_ms = model_threshold(model, &min_queue_ms);

	if (!disk_load_known(disk) || !disk_load_fresh(model, disk))
		return false;
	look = disk_past_any_look(disk->queue->past, 0);
	return look && look->depth >= 2.0 &&
	       (look->busy >= SUSPECT_BUSY || look->depth >= SUSPECT_DEPTH) &&
	       (look->lat_ms[PAST_READ] >= wait_ms || look->lat_ms[PAST_WRITE] >= wait_ms);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct disk *disk = NULL;

	while ((disk = disks_next(model_disks(model), disk))) {
		struct ask ask = {
			.what = ASK_BLOCK_ISSUE,
			.dev = disk->info.dev,
			.until_ns = model_now(model) + ARM_NS,
		};
		struct full f;
		bool known;

		if (!suspect(model, disk))
			continue;
		if (judgement->ask)
			judgement->ask(judgement->ctx, &ask);
		if (find_full(model, disk, &f) && device_usual(model, disk, &known))
			claim_full(model, &f, known, judgement);
	}
}

/* It rests again, or its requests do not wait. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct disk *disk = disks_find(model_disks(model), subject->dev);
	const struct disk_look *look;

	if (!disk || !disk_load_known(disk))
		return false;
	/* Nothing moves and nothing is in flight: the load is gone. */
	if (!disk_load_fresh(model, disk))
		return !disk->queue->now.in_flight;
	look = disk_past_any_look(disk->queue->past, 0);
	return look && look->ts_ns > since_ns && !look_full(model, look);
}

static const struct threshold *const thresholds[] = {&min_looks,    &min_busy, &min_ratio,
						     &min_queue_ms, &felt_ms,  NULL};

const struct rule disk_saturated_rule = {
	.kind = "disk-saturated",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning = "Requests wait in the queue because the load exceeds the device; it is healthy.",
	.against = "A disk without a past: whether it takes as long as it should is not known.",
	.todo = "See who sends the load; spread it or slow it down.",
	.needs = {PROBE_BLOCK, PROBE_ISSUE},
	.tables = {"source.queues", "model.disks"},
	.thresholds = thresholds,
	.exposed = disk_load_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 3,
};
