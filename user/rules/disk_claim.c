/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_claim.c - what a claim on a disk says of it, of what is on it, and of who suffers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/disk_errors.h"
#include "rules/text.h"

/* Sectors named in a line of evidence. */
#define SECTORS_SHOWN 3

static void describe(struct claim *claim, const struct event_disk *info)
{
	char text[160] = "";
	size_t at = 0;

	if (info->model[0])
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%.24s, ", info->model);
	if (info->serial[0])
		at += (size_t)snprintf(text + at, sizeof(text) - at, "serial %.20s, ",
				       info->serial);
	if (info->size_bytes)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s, ",
				       text_size(info->size_bytes).s);
	if (info->transport[0])
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%.15s, ", info->transport);
	if (at < 2)
		return;
	text[at - 2] = '\0';
	claim_text(claim, ROLE_DISK, "%.69s", text);
}

/* "sda > sda1 > ext4 > /data", or the file under a loop device. */
static void chain(struct claim *claim, const struct model *model, const struct disk_failures *f)
{
	const struct event_disk *info = &f->disk->info;
	const struct disk_mount *m = disks_mount_on(model_disks(model), info->dev, 0);
	const struct disk *on = m ? disks_find(model_disks(model), m->dev) : NULL;
	char more[24] = "";

	if (info->backing[0])
		claim_text(claim, ROLE_CHAIN, "%s, backed by %s", info->name,
			   text_name(info->backing, 44).s);
	if (!m)
		return;
	if (f->mounts > 1)
		snprintf(more, sizeof(more), " (and %u more)", f->mounts - 1);
	if (on && m->dev != info->dev)
		claim_text(claim, ROLE_CHAIN, "%.15s > %.15s > %.10s > %.30s%s", info->name,
			   on->info.name, m->fstype, text_name(m->mount, 24).s, more);
	else
		claim_text(claim, ROLE_CHAIN, "%.15s > %.10s > %.40s%s", info->name, m->fstype,
			   text_name(m->mount, 32).s, more);
}

static struct subject victim_subject(const struct model *model, const struct disk_victim *v)
{
	const struct process *p = processes_find(model_processes(model), v->pid, v->start_ns);
	struct subject s = {.type = SUBJECT_PROCESS, .pid = v->pid, .start_ns = v->start_ns};

	if (p)
		return subject_process(p);
	memcpy(s.comm, v->comm, sizeof(s.comm));
	return s;
}

static void affects(struct claim *claim, const struct model *model, const struct disk_failures *f)
{
	const struct disk_mount *m;
	struct subject s;

	for (unsigned int i = 0; (m = disks_mount_on(model_disks(model), f->disk->info.dev, i));
	     i++) {
		s = subject_mount(m);
		claim_affects(claim, &s);
	}
	for (unsigned int i = 0; i < f->n_victims; i++) {
		s = victim_subject(model, &f->victim[i]);
		claim_affects(claim, &s);
	}
}

void disk_claim_context(struct claim *claim, const struct model *model,
			const struct disk_failures *f)
{
	describe(claim, &f->disk->info);
	chain(claim, model, f);
	for (unsigned int i = 0; i < f->n_victims && i < 2; i++) {
		const struct disk_victim *v = &f->victim[i];

		claim_text(claim, ROLE_VICTIM, "%s: %s failed", text_process(v->comm, v->pid).s,
			   text_plural(v->failed, block_op_text(v->op)).s);
	}
	affects(claim, model, f);
}

static int by_number(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static void sectors(struct claim *claim, const struct disk_failures *f)
{
	double span_s = (double)(f->last_ns - f->first_ns) / 1e9;
	char list[80] = "", span[24] = "";
	__u64 sorted[DISK_ERRORS_KEPT];
	size_t at = 0;

	memcpy(sorted, f->sector, sizeof(sorted));
	qsort(sorted, f->n_sectors, sizeof(sorted[0]), by_number);
	for (unsigned int i = 0; i < f->n_sectors && i < SECTORS_SHOWN; i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%llu", i ? ", " : "",
				       (unsigned long long)sorted[i]);
	if (f->n_sectors > SECTORS_SHOWN)
		snprintf(list + at, sizeof(list) - at, " and %s%u more",
			 f->n_sectors == DISK_ERRORS_KEPT ? "at least " : "",
			 f->n_sectors - SECTORS_SHOWN);
	if (f->total > 1 && span_s >= 1.0)
		snprintf(span, sizeof(span), ", over %.12s", text_duration(span_s).s);
	claim_evidence(claim, ROLE_FOR, true, "disk.sectors.failed", f->n_sectors, "{sector}",
		       "%s %s%s", f->n_sectors == 1 ? "sector" : "sectors", list, span);
}

/* In numbers, as the kernel log has them: sense key, additional sense code and qualifier (SPC); NVMe
 * status code type and code. */
static void answer(struct claim *claim, const struct disk_error *e)
{
	if (e->sense_key)
		claim_text(claim, ROLE_FOR, "the device said: sense %x/%02x/%02x", e->sense_key,
			   e->asc, e->ascq);
	else if (e->nvme_status)
		claim_text(claim, ROLE_FOR, "the device said: NVMe status %x/%02x",
			   e->nvme_status >> 8 & 7, e->nvme_status & 0xff);
	if (e->status == BLOCK_TIMEOUT && e->lat_ns && e->timeout_ms)
		claim_evidence(claim, ROLE_FOR, true, "disk.request.duration",
			       (double)e->lat_ns / 1e9, "s", "one took %s; the timeout is %s",
			       text_latency((double)e->lat_ns).s,
			       text_latency((double)e->timeout_ms * 1e6).s);
}

void disk_claim_counts(struct claim *claim, const struct disk_failures *f)
{
	const char *status = block_status_text(disk_failures_status(f));

	for (unsigned int op = 0; op < BLOCK_OPS; op++) {
		__u64 of = disk_requests(f->disk, op);

		if (!f->failed[op])
			continue;
		if (of >= f->failed[op])
			claim_evidence(claim, ROLE_FOR, true, "disk.errors", (double)f->failed[op],
				       "{error}", "%s of %s failed: %s",
				       text_count(f->failed[op]).s,
				       text_plural(of, block_op_text(op)).s, status);
		else
			claim_evidence(claim, ROLE_FOR, true, "disk.errors", (double)f->failed[op],
				       "{error}", "%s failed: %s",
				       text_plural(f->failed[op], block_op_text(op)).s, status);
	}
	if (f->n_sectors)
		sectors(claim, f);
	if (f->said)
		answer(claim, f->said);
	if (f->retried)
		claim_evidence(claim, ROLE_FOR, true, "disk.retries", (double)f->retried,
			       "{request}", "%s sent again by the driver for the same reason",
			       text_plural(f->retried, "request").s);
	if (f->harmless)
		claim_text(claim, ROLE_FOR, "%s failed too; not counted",
			   text_plural(f->harmless, "read-ahead").s);
}

void disk_claim_advice(struct claim *claim, const struct disk_failures *f)
{
	const struct event_disk *info = &f->disk->info;
	bool plain = text_is_plain_word(info->name);

	if (info->flags & DISK_VIRTUAL && strncmp(info->name, "loop", 4) == 0 && plain) {
		claim_advice(claim, false, "See what is under the loop device",
			     "losetup -l /dev/%s", info->name);
		snprintf(claim->call, sizeof(claim->call), "whoever manages the file under %.20s",
			 info->name);
	} else if (info->flags & DISK_VIRTUAL && plain) {
		claim_advice(claim, false, "See what is under the device", "lsblk -s /dev/%s",
			     info->name);
		snprintf(claim->call, sizeof(claim->call), "whoever manages what is under %.20s",
			 info->name);
	} else {
		claim_advice(claim, false, "Read the disk's own error log", "%s%s",
			     plain ? "smartctl -x /dev/" : "", plain ? info->name : "");
		snprintf(claim->call, sizeof(claim->call), "whoever replaces disks in this host");
	}
	if (f->mounts)
		claim_advice(claim, true, "Back up what is on it now", "%s", "");
}
