/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_lost.c - disk-lost: a disk went away while it was in use, or the kernel has given it up.
 *
 * In use is: a file system of it is still mounted when it is gone, or requests failed in the `failed_s` before
 * it went. A disk that was unmounted first and failed nothing was removed by someone: no fault; nor are
 * loop devices and mappings, which only go when they are taken down, and members that md had taken out before. A
 * disk that is still listed is lost when its requests end with "device offline": the driver's error handling gave
 * it up.
 *
 * Basis: measured when it is gone (it is no more where it was listed), reported when it is offline. Confidence:
 *	gone:		c = 0.95
 *	offline:	c = 0.95 * (1 - 0.1 / n)	n: failures
 * times, for what speaks against:
 *	0.95	gone, and no request of it was seen to fail
 *	0.80	gone, and nothing of it was mounted: only requests that failed tell that it was in use, and a
 *		failing disk may have been taken out for that
 *	0.80	offline, and later requests succeeded
 *
 * Severity: critical when a file system is on it or writes failed, else warning; warning too when an md array has
 * all its data on other members.
 */
#include <stdio.h>

#include "rules/disk_errors.h"
#include "rules/disk_home.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

#define S_NS 1000000000ULL

static const struct threshold failed_s = {
	"disk-lost.failed_s", 30, "s",
	"drivers give a link back some 10 to 30 s to return: what failed before that had another cause"};

struct lost {
	const struct disk *disk;
	struct disk_failures failures;
	unsigned int mounts; /* still there, or unmounted after the disk went */
};

/* md had taken it out of its array before it went: someone replaces it. */
static bool taken_out_before(const struct disk *disk, const struct disk_array *array)
{
	return array->member && array->member->flags & RAID_MEMBER_FAULTY &&
	       array->member->h.ts_ns < disk->gone_ns;
}

static bool find_lost(const struct model *model, const struct disk *disk, struct lost *l)
{
	const struct frame *frame = model_frame(model);
	__u64 slack_ns = (__u64)(model_threshold(model, &failed_s) * (double)S_NS);

	if (disk->info.flags & DISK_PARTITION || (!disk->gone && !disk->n_faults))
		return false;
	if (disk->gone && disk->info.flags & DISK_VIRTUAL)
		return false;
	l->disk = disk;
	disk_failures_sum(&l->failures, model, disk, FAILURE_LOST);
	l->mounts = l->failures.mounts + disk->mounts_lost;
	if (!disk->gone)
		return l->failures.total > 0;
	/* What is mounted, or a member of an array, still is lost, however long ago it went. */
	if (frame->now_ns - disk->gone_ns > frame->disk_window_ns && !l->failures.mounts &&
	    !l->failures.array.raid)
		return false;
	if (l->failures.last_ns + slack_ns < disk->gone_ns)
		l->failures.total = 0;
	if (!l->failures.total && taken_out_before(disk, &l->failures.array))
		return false;
	return l->mounts || l->failures.total || l->failures.array.raid;
}

static double against_gone(struct claim *claim, const struct lost *l)
{
	double factor = 1.0;

	if (!l->failures.total) {
		factor *= 0.95;
		claim_evidence(claim, ROLE_AGAINST, false, "disk.errors", 0, "{error}",
			       "no request was seen to fail");
	}
	if (!l->mounts) {
		factor *= 0.80;
		claim_evidence(claim, ROLE_AGAINST, false, "disk.mounts", 0, "{mount}",
			       "no file system of it was mounted");
	}
	return factor;
}

static double against_offline(struct claim *claim, const struct lost *l)
{
	if (!l->failures.after)
		return 1.0;
	claim_evidence(claim, ROLE_AGAINST, false, "disk.requests.after", (double)l->failures.after,
		       "{request}", "%s later ones succeeded", text_count(l->failures.after).s);
	return 0.80;
}

static void say_gone(struct claim *claim, const struct model *model, const struct lost *l)
{
	double ago_s = (double)(model_now(model) - l->disk->gone_ns) / 1e9;

	claim->basis = BASIS_MEASURED;
	claim_evidence(claim, ROLE_FOR, true, "disk.gone", ago_s, "s", "it was listed until %s ago",
		       text_duration(ago_s).s);
	if (l->mounts)
		claim_evidence(claim, ROLE_FOR, true, "disk.mounts", l->mounts, "{mount}",
			       "%s of it was mounted when it went",
			       text_plural(l->mounts, "file system").s);
	claim->confidence = confidence_round(0.95 * against_gone(claim, l));
	if (l->failures.array.raid || l->failures.array.paths)
		claim_message(claim, "DISK: %.20s is gone, and it was in use: %s.",
			      l->disk->info.name, disk_array_text(&l->failures.array, false).s);
	else
		claim_message(claim, "DISK: %.20s is gone, and it was in use%s.",
			      l->disk->info.name,
			      l->mounts ? ": a file system of it was mounted" : "");
}

static void say_offline(struct claim *claim, const struct lost *l)
{
	claim->basis = BASIS_REPORTED;
	claim->confidence = confidence_round(0.95 * (1.0 - 0.1 / (double)l->failures.total) *
					     against_offline(claim, l));
	claim_message(claim, "DISK: %.20s is offline: the kernel gave it up; %s failed.",
		      l->disk->info.name, text_plural(l->failures.total, "request").s);
}

static void advise(struct claim *claim, const struct lost *l)
{
	const struct disk_array *array = &l->failures.array;

	claim_advice(claim, false, "See in the kernel log how it went", "dmesg -T | tail -n 100");
	switch (disk_home(&l->disk->info)) {
	case HOME_HOST:
		claim_advice(claim, true,
			     "Check power, cable, slot and adapter; then reseat the disk", "%s",
			     "");
		break;
	case HOME_STORAGE:
		claim_advice(claim, true, "Check the way to the storage, and that it maps the LUN",
			     "%s", "");
		break;
	case HOME_HYPERVISOR:
		claim_advice(claim, true, "Have it attached again", "%s", "");
		break;
	}
	if (!disk_home_call(claim, &l->disk->info))
		snprintf(claim->call, sizeof(claim->call),
			 "whoever has hands on this host's disks");
	disk_stack_advice(claim, array);
	if (l->mounts && !array->spared && !disk_array_is_lost(array))
		claim_advice(claim, true, "When it is back: unmount, fsck, mount again", "%s", "");
}

static void claim_lost(const struct model *model, const struct lost *l,
		       const struct judgement *judgement)
{
	struct subject subject = subject_disk(l->disk);
	bool unsaved = l->failures.failed[BLOCK_WRITE] || l->failures.failed[BLOCK_FLUSH];
	struct claim claim;

	claim_init(&claim, &disk_lost_rule, &subject);
	claim.severity = (l->mounts || unsaved) && !l->failures.array.spared ? SEVERITY_CRITICAL
									     : SEVERITY_WARNING;
	claim.count = l->failures.total;
	claim.first_ns = l->failures.total ? l->failures.first_ns : l->disk->gone_ns;
	claim.last_ns = l->disk->gone ? l->disk->gone_ns : l->failures.last_ns;
	claim.window_ns = model_now(model) - claim.first_ns;
	disk_claim_context(&claim, model, &l->failures);
	if (l->failures.total)
		disk_claim_counts(&claim, model, &l->failures);
	if (l->disk->gone)
		say_gone(&claim, model, l);
	else
		say_offline(&claim, l);
	advise(&claim, l);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct disk *disk = NULL;
	struct lost l;

	while ((disk = disks_next(model_disks(model), disk)))
		if (find_lost(model, disk, &l))
			claim_lost(model, &l, judgement);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct disk *disk = NULL;

	while ((disk = disks_next(model_disks(model), disk)))
		if (!(disk->info.flags & DISK_PARTITION))
			return true;
	snprintf(buf, size, "no disk was seen");
	return false;
}

/* It is listed (again), and works. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct disk *disk = disks_find(model_disks(model), subject->dev);

	if (!disk || disk->gone)
		return false;
	for (unsigned int op = BLOCK_READ; op <= BLOCK_WRITE; op++)
		if (disk->op[op] && disk->op[op]->last_ns > since_ns)
			return true;
	return false;
}

static const struct threshold *const thresholds[] = {&failed_s, NULL};

const struct rule disk_lost_rule = {
	.kind = "disk-lost",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "The device went away while it was in use, or the kernel has given it up.",
	.against = "No request that failed; nothing of it mounted. A disk that is unmounted first "
		   "and then removed is no fault.",
	.todo = "Check power, cable, slot and adapter; the kernel log says how it went.",
	.needs = {PROBE_BLOCK},
	.tables = {"source.disks", "source.mounts", "model.disks"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
