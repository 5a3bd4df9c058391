/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_claim.c - what a claim on a disk says of it, of what is on it, and of who suffers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/disk_answer.h"
#include "rules/disk_errors.h"
#include "rules/disk_home.h"
#include "rules/disk_stack.h"
#include "rules/text.h"

/* Sectors named in a line of evidence. */
#define SECTORS_SHOWN 3
/* As many characters of a line of evidence are shown. */
#define LINE_SHOWN 69

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
	if (!info->serial[0] && info->wwn[0])
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%.28s, ", info->wwn);
	/* "ata3", "nvme0" and "virtio2" tell the transport too. */
	if (info->transport[0] &&
	    strncmp(info->port, info->transport, strlen(info->transport)) != 0)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%.15s%s", info->transport,
				       info->port[0] ? " " : ", ");
	if (info->port[0])
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%.15s, ", info->port);
	if (at < 2)
		return;
	text[at - 2] = '\0';
	claim_text(claim, ROLE_DISK, "%.69s", text);
}

/* "sda > sda1 > ext4 > /data", and the file under a loop device. */
static void chain(struct claim *claim, const struct model *model, const struct disk_failures *f)
{
	const struct event_disk *info = &f->disk->info;
	char text[96];

	bool known = disk_chain_text(model, f->disk, text, LINE_SHOWN);

	if (info->backing[0] == '/' || (info->backing[0] && !known))
		claim_text(claim, ROLE_CHAIN, "%s, backed by %s", info->name,
			   text_name(info->backing, 44).s);
	if (known)
		claim_text(claim, ROLE_CHAIN, "%s", text);
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
	struct subject s;

	disk_stack_affects(claim, model, f->disk);
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

		claim_text(claim, ROLE_VICTIM, "%s: %s %s", text_process(v->comm, v->pid).s,
			   text_plural(v->failed, block_op_text(v->op)).s,
			   f->array.spared ? "hit it, none failed" : "failed");
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

/* How many of the failures that are kept carry the same answer as `e`. */
static unsigned int times_said(const struct disk_failures *f, const struct disk_error *e)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < f->n_said; i++)
		n += disk_answer_same(f->said[i], e);
	return n;
}

/* Each answer once, with how many of the failures carry it. */
static void answers(struct claim *claim, const struct disk_failures *f)
{
	const char *lead = "the device said";

	for (unsigned int i = 0; i < f->n_said; i++) {
		struct answer_text answer = disk_answer_text(f->said[i]);
		unsigned int k = 0, times = times_said(f, f->said[i]);

		while (!disk_answer_same(f->said[k], f->said[i]))
			k++;
		if (k < i || !answer.s[0])
			continue;
		if (times == f->n_said)
			claim_text(claim, ROLE_FOR, "%s: %s", lead, answer.s);
		else
			claim_text(claim, ROLE_FOR, "%s: %s (%u of %u)", lead, answer.s, times,
				   f->n_said);
		lead = "also";
	}
}

static void waited(struct claim *claim, const struct disk_error *e)
{
	if (e->status == BLOCK_TIMEOUT && e->lat_ns && e->timeout_ms)
		claim_evidence(claim, ROLE_FOR, true, "disk.request.duration",
			       (double)e->lat_ns / 1e9, "s", "one took %s; the timeout is %s",
			       text_latency((double)e->lat_ns).s,
			       text_latency((double)e->timeout_ms * 1e6).s);
}

/* "3 of 1,204 reads failed: sense 3/11/00, unrecovered read error"; the block layer's word where the device
 * gave none, or where both do not fit. Returns whether the answer was told. */
static bool count_of(struct claim *claim, const struct disk_failures *f, unsigned int op,
		     const char *answer)
{
	__u64 of = disk_requests(f->disk, op), failed = f->failed[op];
	const char *why = block_status_text(disk_failures_status(f));
	bool told = false;
	char text[64];

	if (of >= failed)
		snprintf(text, sizeof(text), "%.20s of %.30s failed", text_count(failed).s,
			 text_plural(of, block_op_text(op)).s);
	else
		snprintf(text, sizeof(text), "%.40s failed",
			 text_plural(failed, block_op_text(op)).s);
	if (answer[0] && strlen(text) + 2 + strlen(answer) <= LINE_SHOWN) {
		why = answer;
		told = true;
	}
	claim_evidence(claim, ROLE_FOR, true, "disk.errors", (double)failed, "{error}", "%s: %s",
		       text, why);
	return told;
}

/* NVMe only: SCSI keeps its retries to itself. */
static void tries(struct claim *claim, const struct disk_failures *f)
{
	unsigned int final = 0, most = 0;

	for (unsigned int i = 0; i < f->n_said; i++) {
		final += disk_answer_is_final(f->said[i]);
		if (f->said[i]->retries > most)
			most = f->said[i]->retries;
	}
	if (most)
		claim_evidence(claim, ROLE_FOR, true, "disk.request.tries", most + 1, "{request}",
			       "sent up to %u times by the driver before it failed", most + 1);
	if (final)
		claim_evidence(claim, ROLE_FOR, true, "disk.errors.final", final, "{error}",
			       "the device said not to try again (DNR) in %u of %u", final,
			       f->n_said);
}

/* How old the latest failure is, once that matters. */
static void age(struct claim *claim, const struct model *model, const struct disk_failures *f)
{
	double age_s = (double)(model_now(model) - f->last_ns) / 1e9;

	if (f->total && disk_failures_quiet(model, f))
		claim_evidence(claim, ROLE_FOR, true, "disk.errors.age", age_s, "s",
			       "the last one %s ago; %s succeeded since", text_duration(age_s).s,
			       text_plural(f->after, block_op_text(disk_failures_op(f))).s);
}

void disk_claim_counts(struct claim *claim, const struct model *model,
		       const struct disk_failures *f)
{
	const struct disk_error *first = f->n_said ? f->said[0] : NULL;
	struct answer_text answer = {""};
	bool told = false;

	/* One answer to all stands with the count; that time ran out says more than what came then. */
	if (first && times_said(f, first) == f->n_said && first->status != BLOCK_TIMEOUT)
		answer = disk_answer_text(first);
	for (unsigned int op = 0; op < BLOCK_OPS; op++)
		if (f->failed[op])
			told |= count_of(claim, f, op, first && first->op == op ? answer.s : "");
	if (f->n_sectors)
		sectors(claim, f);
	if (!told)
		answers(claim, f);
	tries(claim, f);
	age(claim, model, f);
	if (first)
		waited(claim, first);
	if (f->retried)
		claim_evidence(claim, ROLE_FOR, true, "disk.retries", (double)f->retried,
			       "{request}", "%s sent again by the driver for the same reason",
			       text_plural(f->retried, "request").s);
	if (f->harmless)
		claim_text(claim, ROLE_FOR, "%s failed too; not counted",
			   text_plural(f->harmless, "read-ahead").s);
}

/* "Logical unit not supported" (SPC-6, 5/25/00): the storage presents no such LUN to this host any more, so that nothing
 * of it can be read. */
static bool is_unmapped(const struct disk_failures *f)
{
	for (unsigned int i = 0; i < f->n_said; i++)
		if (f->said[i]->sense_key == 5 && f->said[i]->asc == 0x25)
			return true;
	return false;
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
		disk_home_look(claim, info);
		if (!disk_home_call(claim, info))
			snprintf(claim->call, sizeof(claim->call),
				 "whoever replaces disks in this host");
	}
	disk_stack_advice(claim, &f->array);
	if (f->n_said && disk_answer_is_path_state(f->said[0]))
		claim_advice(claim, false, "See the state of each path", "multipath -ll");
	else if (is_unmapped(f))
		claim_advice(claim, true, "Have it mapped to this host again, or taken out of use",
			     "%s", "");
	else if (f->mounts && !f->array.spared && !disk_array_is_lost(&f->array))
		claim_advice(claim, true, "Back up what is on it now", "%s", "");
}
