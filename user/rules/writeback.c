/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writeback.c - writeback-lost: pages that a program had written could not be written to the disk. The program
 * went on long before; who learns of it is whoever has the file open and calls fsync.
 *
 * The kernel's own word, by file: the error is set (filemap_set_wb_err), and told to an fsync caller
 * (file_check_and_advance_wb_err). A file whose error is told to nobody `told_s` after it came is lost silently.
 * Files without a name are not counted (nobody can read them again).
 *
 * A server's or a FUSE daemon's file system has no device here, and these refuse what they are sent for reasons of
 * their own: a quota, a stale handle. That is no disk of this host. Nor is it the device when a file system here has
 * no space, or its quota none.
 *
 * Basis: reported. Confidence:
 *	c = 0.98
 * times, for what speaks against:
 *	0.85	the fsync hook is not attached: whether somebody was told is not known
 *	0.80	all callers were told, nothing was lost for `settle_s` and the disk takes writes: they may have
 *		written it again
 *
 * Severity: critical when a file was lost silently (warning when it is a server's or a daemon's: whoever closes it may
 * be told too, which is not seen); info when all were told, nothing was lost for `settle_s` and the disk takes writes
 * again: what to do about it was in the callers' hands; else warning.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/fs_text.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define S_NS 1000000000ULL

static const struct threshold told_s = {
	"writeback-lost.told_s", 3, "s",
	"a program that cares calls fsync within seconds of its write; one that did not by then seldom does"};
static const struct threshold settle_s = {
	"writeback-lost.settle_s", 3, "s",
	"write-back goes on as long as there are dirty pages: a pause of seconds says that it is through"};

struct loss {
	const struct fs *fs;
	const struct fs_lost *lost;
	bool bdev;
	bool away;  /* what holds the data is no disk of this host */
	bool full;  /* it has no room, or the quota none */
	bool knows; /* who was told is known */
	bool settled;
	__u64 untold;
	bool silent; /* and long enough */
	__u64 after; /* writes that the disk did after the last loss */
};

static bool fsync_seen(const struct model *model)
{
	const struct event_probe *probe = model_probe(model, PROBE_FSYNC);

	return probe && probe->state != PROBE_UNAVAILABLE;
}

/* On disks all the same: these have a number of their own, and their mount may be a container's only. */
static bool has_disks(const char *fstype)
{
	static const char *const types[] = {"btrfs", "bcachefs", "ubifs", "zfs"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(fstype, types[i]) == 0)
			return true;
	return false;
}

static bool find_loss(const struct model *model, const struct fs *fs, bool bdev, struct loss *l)
{
	__u64 now = model_now(model), writes = fs_disk_writes(model_disks(model), fs->dev);
	__u64 grace_ns = (__u64)(model_threshold(model, &told_s) * (double)S_NS);
	__u64 settle_ns = (__u64)(model_threshold(model, &settle_s) * (double)S_NS);
	const struct fs_lost *lost = bdev ? &fs->bdev : &fs->files;

	if (!lost->first_ns || now - lost->last_ns > model_frame(model)->disk_window_ns)
		return false;
	/* A mounted file system looks after its own blocks: what it could not write it says itself. */
	if (bdev && fs->mounted)
		return false;
	*l = (struct loss){.fs = fs, .lost = lost, .bdev = bdev, .knows = fsync_seen(model)};
	l->away = !(fs->dev >> 20) && lost->now.fstype[0] && !has_disks(lost->now.fstype);
	l->full = lost->now.err == ENOSPC || lost->now.err == EDQUOT;
	l->untold = fs_untold(lost);
	l->silent = l->knows && l->untold && now - lost->silent_ns >= grace_ns;
	l->after = writes > lost->writes_then ? writes - lost->writes_then : 0;
	/* A device without requests of its own (dm) counts no writes. */
	l->settled = now - lost->last_ns >= settle_ns && (l->after || !writes);
	return true;
}

static const char *noun(const struct loss *l)
{
	return l->bdev ? "device" : "file";
}

static void say_told(struct claim *claim, const struct loss *l)
{
	const struct event_fs_wb *now = &l->lost->now;
	const struct event_fs_wb_file *told;

	for (unsigned int i = 0; i < 2 && (told = fs_told_at(l->lost, i)); i++) {
		struct subject s = {
			.type = SUBJECT_PROCESS, .pid = told->pid, .start_ns = told->start_ns};

		if (!told->pid)
			continue;
		claim_text(claim, ROLE_VICTIM, "%s: fsync told it, %s",
			   text_process(told->comm, told->pid).s, fs_errno_text(told->err));
		snprintf(s.comm, sizeof(s.comm), "%s", told->comm);
		claim_affects(claim, &s);
	}
	if (!l->knows)
		claim_text(claim, ROLE_UNKNOWN, "whether an fsync caller was told");
	else if (l->untold)
		claim_evidence(claim, ROLE_FOR, true, "fs.writeback.untold", (double)l->untold,
			       "{file}", "%s of %s: no fsync caller was told",
			       text_count(l->untold).s, text_plural(now->files, noun(l)).s);
	else
		claim_evidence(claim, ROLE_AGAINST, false, "fs.writeback.told", (double)now->told,
			       "{call}", "told: %s of %s to %s", text_count(now->heard).s,
			       text_plural(now->files, noun(l)).s,
			       text_plural(now->told, "fsync call").s);
}

static double against(struct claim *claim, const struct loss *l)
{
	double factor = l->knows ? 1.0 : 0.85;

	if (l->lost->now.deleted)
		claim_text(claim, ROLE_AGAINST, "%s of deleted files: not counted",
			   text_plural(l->lost->now.deleted, "range").s);
	if (l->untold || !l->settled || !l->knows)
		return factor;
	claim_evidence(claim, ROLE_AGAINST, false, "fs.writeback.after", (double)l->after,
		       "{write}", "nothing was lost since%s%s", l->after ? "; later writes: " : "",
		       l->after ? text_count(l->after).s : "");
	return factor * 0.80;
}

static void advise_away(struct claim *claim, const struct loss *l)
{
	claim_advice(claim, false, "See what is mounted there, and from where",
		     "grep ' %u:%u ' /proc/self/mountinfo", l->fs->dev >> 20, l->fs->dev & 0xfffff);
	claim_advice(claim, true,
		     l->full ? "Make room or raise the quota there; have these files written again"
			     : "Have these files written again once it takes writes",
		     "%s", "");
	snprintf(claim->call, sizeof(claim->call), "whoever serves the %.15s mount %.20s",
		 l->lost->now.fstype, text_name(claim->subject.name, 20).s);
}

static void advise(struct claim *claim, const struct model *model, const struct loss *l)
{
	const char *device = fs_device(model, l->fs);
	bool ext = !l->bdev && l->fs->mount.fstype[0] == 'e' && l->fs->mount.fstype[1] == 'x';

	if (l->away) {
		advise_away(claim, l);
		return;
	}
	if (ext && device[0] && l->lost->now.ino)
		claim_advice(claim, false, "Name the file that was lost last",
			     "debugfs -R \"ncheck %llu\" /dev/%s",
			     (unsigned long long)l->lost->now.ino, device);
	else
		claim_advice(claim, false, "Read what the kernel said of it",
			     "dmesg -T | tail -n 100");
	claim_advice(claim, true, "Have these files written again, or restore them", "%s", "");
	snprintf(claim->call, sizeof(claim->call), "the owners of what writes to %.30s",
		 text_name(claim->subject.name, 30).s);
}

static struct subject loss_subject(const struct model *model, const struct loss *l)
{
	const struct disk *disk = disks_find(model_disks(model), l->fs->dev);

	return l->bdev && disk ? subject_disk(disk) : subject_fs(l->fs);
}

static enum fault_at at(const struct loss *l)
{
	if (l->away)
		return strcmp(l->lost->now.fstype, "fuse") == 0 ? AT_PROCESS : AT_PEER;
	return l->full ? AT_THIS_HOST : AT_DEVICE;
}

static void say(struct claim *claim, const struct loss *l)
{
	const struct event_fs_wb *now = &l->lost->now;
	const char *why = fs_errno_text(now->err), *name = claim->subject.name;

	if (l->away)
		claim_message(claim, "%s: written data of %s on the %.15s mount %s is lost: %s.",
			      l->full ? "FULL" : "FILES", text_plural(now->files, noun(l)).s,
			      now->fstype, text_name(name, 30).s, why);
	else
		claim_message(claim, "%s: written data of %s on %s is lost%s%s; %s.",
			      l->full ? "FULL" : "DISK", text_plural(now->files, noun(l)).s,
			      text_name(name, 30).s, l->full ? ", " : "", l->full ? why : "",
			      !l->knows	  ? "who was told is unknown"
			      : l->silent ? "nobody was told"
			      : l->untold ? "nobody was told yet"
					  : "fsync callers were told");
}

static void claim_loss(const struct model *model, const struct loss *l,
		       const struct judgement *judgement)
{
	const struct event_fs_wb *now = &l->lost->now;
	struct subject subject = loss_subject(model, l);
	bool done = l->knows && !l->untold && l->settled;
	struct claim claim;

	claim_init(&claim, &writeback_lost_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.fault_at = at(l);
	claim.severity = l->silent && !l->away ? SEVERITY_CRITICAL
			 : done		       ? SEVERITY_INFO
					       : SEVERITY_WARNING;
	claim.count = now->files;
	claim.first_ns = l->lost->first_ns;
	claim.last_ns = l->lost->last_ns;
	claim.window_ns = model_frame(model)->disk_window_ns;
	fs_claim_chain(&claim, model, l->fs);
	claim_evidence(&claim, ROLE_FOR, true, "fs.writeback.lost", (double)now->ranges, "{range}",
		       "%s of pages of %s not written: %s", text_plural(now->ranges, "range").s,
		       text_plural(now->files, noun(l)).s, fs_errno_text(now->err));
	say_told(&claim, l);
	if (l->fs->bdev.first_ns && !l->bdev)
		claim_text(&claim, ROLE_FOR, "blocks of the file system itself too");
	claim.confidence = confidence_round(0.98 * against(&claim, l));
	claim_text(&claim, ROLE_UNKNOWN, "callers of %ssyncfs(2): they are told too, unseen",
		   l->away ? "close(2) and " : "");
	say(&claim, l);
	advise(&claim, model, l);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct fs *fs = NULL;
	struct loss l;

	while ((fs = filesystems_next(model_filesystems(model), fs))) {
		if (find_loss(model, fs, false, &l) || find_loss(model, fs, true, &l))
			claim_loss(model, &l, judgement);
	}
}

/* The disk takes writes again, and nothing is lost. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct fs *fs = fs_of_subject(model, subject);
	__u64 writes = fs ? fs_disk_writes(model_disks(model), fs->dev) : 0;

	/* A device without requests of its own (dm) counts no writes. */
	return fs && fs->files.last_ns <= since_ns && fs->bdev.last_ns <= since_ns &&
	       (writes > fs->files.writes_then || !writes);
}

static const struct threshold *const thresholds[] = {&told_s, &settle_s, NULL};

const struct rule writeback_lost_rule = {
	.kind = "writeback-lost",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning =
		"Pages that a program had written could not be written to the disk, or a server refused them: data is "
		"lost.",
	.against = "fsync callers that were told, and may have written it again; deleted files.",
	.todo = "Name the files (debugfs ncheck); have them written again, or restore them.",
	.needs = {PROBE_WRITEBACK, PROBE_FSYNC},
	.tables = {"fs.writeback"},
	.thresholds = thresholds,
	.exposed = fs_exposed,
	.judge = judge,
	.recovered = recovered,
	.present = fs_present,
	.open_evals = 1,
	.close_evals = 3,
};
