/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * no_space.c - disk-full, of a disk that refuses writes for want of space: a LUN of a storage pool that is full, a loop
 * device over a full file system.
 *
 * Where one file system that is judged lies right on the disk, and nothing else, disk_full.c tells it of that one. What
 * remains are disks with several of them, those under LVM or md (/boot is beside that mostly), and those that a database or
 * a virtual machine writes to itself.
 *
 * Basis and confidence: 0.98 reported, the device said so. Severity: critical, writes are refused.
 */
#include <stdio.h>
#include <string.h>

#include "rules/disk_errors.h"
#include "rules/disk_full.h"
#include "rules/families.h"
#include "rules/subjects.h"
#include "rules/text.h"

/* A minute after the last there may be room again: a new one would tell. */
#define NOSPC_NS (60 * 1000000000ULL)

static bool is_refusal(const struct disk_fault *fault)
{
	return fault->status == BLOCK_NOSPC && fault->op == BLOCK_WRITE;
}

__u64 no_space_writes(const struct model *model, const struct disk *disk)
{
	const struct frame *frame = model_frame(model);
	__u64 n = 0;

	for (unsigned int i = 0; i < disk->n_faults; i++)
		if (is_refusal(&disk->fault[i]) &&
		    frame->now_ns - disk->fault[i].last_ns < NOSPC_NS)
			n += disk_fault_window(&disk->fault[i], frame, FAULT_HARMFUL);
	return n;
}

static void times(struct claim *claim, const struct disk *disk)
{
	for (unsigned int i = 0; i < disk->n_faults; i++) {
		const struct disk_fault *fault = &disk->fault[i];

		if (!is_refusal(fault))
			continue;
		claim->first_ns = fault->first_ns;
		claim->last_ns = fault->last_ns;
	}
}

static void advise(struct claim *claim, const struct event_disk *info)
{
	if (strcmp(info->transport, "loop") == 0) {
		claim_advice(claim, false, "See which file it is", "losetup -l /dev/%.20s",
			     info->name);
		claim_advice(claim, false, "See how full that file's file system is", "df -h");
		claim_advice(claim, true, "Make room there, or extend it", "%s", "");
	} else {
		claim_advice(claim, false, "See which storage it comes from", "lsblk -S /dev/%.20s",
			     info->name);
		claim_advice(claim, true, "Extend the pool that it comes from", "%s", "");
	}
	snprintf(claim->call, sizeof(claim->call), "whoever manages the storage under %.20s",
		 info->name);
}

static void claim_disk(const struct model *model, const struct disk *disk, __u64 refused,
		       const struct judgement *judgement)
{
	struct disk_failures what = {.disk = disk};
	struct subject subject = subject_disk(disk);
	__u64 writes = disk_requests_window(disk, model_frame(model), BLOCK_WRITE);
	struct claim claim;

	claim_init(&claim, &disk_full_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.confidence = 0.98;
	claim.severity = SEVERITY_CRITICAL;
	claim.count = refused;
	times(&claim, disk);
	claim.window_ns = model_frame(model)->disk_window_ns;
	claim_message(&claim, "FULL: %.20s refuses writes; the storage under it has no space left.",
		      disk->info.name);
	disk_claim_context(&claim, model, &what);
	claim_evidence(&claim, ROLE_FOR, true, "disk.nospc", (double)refused, "{request}",
		       "%s of %s refused: no space", text_count(refused).s,
		       text_plural(writes > refused ? writes : refused, "write").s);
	advise(&claim, &disk->info);
	judgement->claim(judgement->ctx, &claim);
}

void no_space_judge(const struct model *model, const struct judgement *judgement)
{
	const struct disk *disk = NULL;

	while ((disk = disks_next(model_disks(model), disk))) {
		__u64 refused = disk->info.parent || disk->gone ? 0 : no_space_writes(model, disk);

		if (refused && !disk_full_tells_of(model, disk))
			claim_disk(model, disk, refused, judgement);
	}
}

bool no_space_recovered(const struct model *model, const struct subject *subject)
{
	const struct disk *disk = disks_find(model_disks(model), subject->dev);

	if (!disk || disk->gone)
		return true;
	for (unsigned int i = 0; i < disk->n_faults; i++)
		if (is_refusal(&disk->fault[i]) && !disk_requests_after(disk, &disk->fault[i]))
			return false;
	return true;
}
