/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_full.c - disk-full: a local file system has no space (or inodes) left, or soon will have none.
 *
 * As df counts: used / (used + available), so that what is reserved for root counts as neither. Read-only file
 * systems, those below `min_size` and kinds that are always full (squashfs, iso9660) are not judged. ENOSPC of the
 * block device under it (a thin pool that is full, a loop device over a full file system) is the same fault, one
 * storey down.
 *
 * The forecast: forecast.h. Thin pools: thin_full.c. Disks that say ENOSPC with no file system right on them:
 * no_space.c.
 *
 * Basis and confidence:
 *	reported	c = 0.98	it is that full now, or the device said ENOSPC
 *	inferred	c = 0.60 + 0.10 * min(1, seconds observed / 300)	the forecast alone
 *
 * Severity: critical when nothing is available, above `critical_share` with less than 1 GB left, when ENOSPC was
 * seen, or when it is above `full_share` and will be full within the hour; info when it is above `full_share` with
 * more than `roomy` left and does not grow, and for /boot; else warning.
 */
#include <stdio.h>
#include <string.h>

#include "model/thin.h"
#include "rules/disk_full.h"
#include "rules/families.h"
#include "rules/forecast.h"
#include "rules/fs_text.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define CRITICAL_LEFT (1ULL << 30)

const struct threshold disk_full_share = {
	"disk-full.full_share", 0.90, "1",
	"file systems get slow and scatter files when nine tenths are used, and the rest goes fast"};
const struct threshold disk_full_critical_share = {"disk-full.critical_share", 0.98, "1",
						   "the next log rotation or package fills it"};
static const struct threshold roomy_bytes = {
	"disk-full.roomy_bytes", 20e9, "By",
	"a tenth of a large volume is days of growth: with so much left only growth matters"};
static const struct threshold min_size = {
	"disk-full.min_size", 64e6, "By",
	"what is smaller (EFI, keys, device configuration) is made to its contents' size"};

struct fill {
	const struct fs *fs;
	double share;	    /* of the bytes */
	double inode_share; /* negative: it has no fixed number */
	bool full;	    /* either is above full_share */
	bool by_inodes;	    /* it is the inodes that are short */
	__u64 left;	    /* bytes, or inodes */
	__u64 nospc;	    /* requests that the device refused for lack of space */
	struct forecast forecast;
};

/* ---- finding ---- */

static const struct disk *whole_disk(const struct model *model, __u32 dev)
{
	const struct disk *disk = disks_find(model_disks(model), dev);

	return disk && disk->info.parent ? disks_find(model_disks(model), disk->info.parent) : disk;
}

static bool is_judged(const struct model *model, const struct fs *fs)
{
	const struct event_fs_space *s = &fs->space;
	__u64 used = s->size_bytes > s->free_bytes ? s->size_bytes - s->free_bytes : 0;

	return s->h.ts_ns && fs->mounted && !(s->flags & FS_READ_ONLY) && !fs->mount.read_only &&
	       used + s->avail_bytes && (double)s->size_bytes >= model_threshold(model, &min_size);
}

/* A mapping or an array on the disk, or on a partition of it. A loop device is a file of a file system's. */
static bool carries_more(const struct model *model, const struct disk *disk)
{
	struct stack_walk up;

	stack_up(model_disks(model), disk->info.dev, &up);
	for (unsigned int i = 1; i < up.n; i++) {
		const struct disk *upper = disks_find(model_disks(model), up.dev[i]);

		if (upper && !upper->gone && whole_disk(model, up.dev[i]) != disk &&
		    strcmp(upper->info.transport, "loop") != 0)
			return true;
	}
	return false;
}

bool disk_full_tells_of(const struct model *model, const struct disk *disk)
{
	const struct fs *fs = NULL;
	unsigned int n = 0;

	while ((fs = filesystems_next(model_filesystems(model), fs)))
		n += is_judged(model, fs) && whole_disk(model, fs->dev) == disk;
	return n == 1 && !carries_more(model, disk);
}

static bool find_fill(const struct model *model, const struct fs *fs, struct fill *f)
{
	const struct event_fs_space *s = &fs->space;
	__u64 used = s->size_bytes > s->free_bytes ? s->size_bytes - s->free_bytes : 0;
	double full = model_threshold(model, &disk_full_share);
	const struct disk *disk = whole_disk(model, fs->dev);

	*f = (struct fill){.fs = fs, .inode_share = -1.0};
	if (!is_judged(model, fs))
		return false;
	f->share = (double)used / (double)(used + s->avail_bytes);
	if (s->inodes)
		f->inode_share = s->inodes > s->inodes_free
					 ? (double)(s->inodes - s->inodes_free) / (double)s->inodes
					 : 0.0;
	f->nospc = disk ? no_space_writes(model, disk) : 0;
	if (f->nospc && !disk_full_tells_of(model, disk))
		f->nospc = 0;
	f->by_inodes = f->inode_share >= full && f->inode_share > f->share;
	f->full = f->share >= full || f->by_inodes;
	f->left = f->by_inodes ? s->inodes_free : s->avail_bytes;
	f->forecast = forecast(model, &fs->grown, s->avail_bytes);
	return f->full || f->nospc || f->forecast.seconds_left >= 0.0;
}

static enum severity severity(const struct model *model, const struct fill *f)
{
	double most = f->by_inodes ? f->inode_share : f->share;
	bool grows = f->forecast.seconds_left >= 0.0;

	if (f->nospc || (f->full && grows) || !f->left)
		return SEVERITY_CRITICAL;
	if (most >= model_threshold(model, &disk_full_critical_share) &&
	    (f->by_inodes || f->left < CRITICAL_LEFT))
		return SEVERITY_CRITICAL;
	if (!f->full)
		return SEVERITY_WARNING;
	if (strncmp(f->fs->mount.mount, "/boot", 5) == 0)
		return SEVERITY_INFO;
	if (!f->by_inodes && (double)f->left > model_threshold(model, &roomy_bytes))
		return SEVERITY_INFO;
	return SEVERITY_WARNING;
}

/* ---- words ---- */

static void say(struct claim *claim, const struct fill *f)
{
	const struct event_fs_space *s = &f->fs->space;

	claim_evidence(claim, ROLE_FOR, f->share >= 0.5, "fs.used", 100.0 * f->share, "%",
		       "%s of %s used, %s available", text_percent(f->share).s,
		       text_size(s->size_bytes).s, text_size(s->avail_bytes).s);
	if (f->by_inodes)
		claim_evidence(claim, ROLE_FOR, true, "fs.inodes.used", 100.0 * f->inode_share, "%",
			       "%s of %s inodes used, %s left", text_percent(f->inode_share).s,
			       text_count(s->inodes).s, text_count(s->inodes_free).s);
	if (f->nospc)
		claim_evidence(claim, ROLE_FOR, true, "disk.nospc", (double)f->nospc, "{request}",
			       "the device under it refused %s: no space",
			       text_plural(f->nospc, "write").s);
	if (f->forecast.seconds_left >= 0.0 || !f->nospc)
		forecast_say(claim, &f->forecast, "fs.full_in");
	if (s->free_bytes > s->avail_bytes && !f->by_inodes && !f->nospc)
		claim_text(claim, ROLE_AGAINST, "root has %s more, in reserve",
			   text_size(s->free_bytes - s->avail_bytes).s);
	if (s->flags & FS_UNANSWERED)
		claim_text(claim, ROLE_UNKNOWN, "how full it is now: the last look hangs");
}

static void message(struct claim *claim, const struct model *model, const struct fill *f)
{
	const char *device = fs_device(model, f->fs);
	struct text name = text_name(claim->subject.name, 30);

	/* What is left of a long one may not tell which it is. */
	if (strlen(claim->subject.name) > 30 && device[0])
		snprintf(name.s, sizeof(name.s), "%.30s on %.20s",
			 text_name(claim->subject.name, 30).s, device);
	if (f->nospc)
		claim_message(claim, "FULL: the device under %s has no space left; writes fail.",
			      name.s);
	else if (f->forecast.seconds_left >= 0.0)
		claim_message(claim, "FULL: %s is %s used and will be full in %s.", name.s,
			      text_percent(f->share).s, text_duration(f->forecast.seconds_left).s);
	else if (f->by_inodes)
		claim_message(claim, "FULL: %s has %s of its inodes used; %s left.", name.s,
			      text_percent(f->inode_share).s, text_count(f->left).s);
	else
		claim_message(claim, "FULL: %s is %s used; %s left.", name.s,
			      text_percent(f->share).s, text_size(f->left).s);
}

/* Whoever deletes files there makes no room in the storage below. */
static void advise_below(struct claim *claim, const struct model *model, const struct fill *f)
{
	const struct disk *disk = whole_disk(model, f->fs->dev);
	const char *device = fs_device(model, f->fs);

	if (disk && strcmp(disk->info.layer, "LVM") == 0)
		claim_advice(claim, false, "See how full the pools are",
			     "lvs -a -o+data_percent,metadata_percent");
	claim_advice(claim, false, "See what it is made of", "lsblk -s%s%s",
		     device[0] ? " /dev/" : "", device);
	claim_advice(claim, true, "Extend the pool that it comes from", "%s", "");
	snprintf(claim->call, sizeof(claim->call), "whoever manages the storage under %.30s",
		 text_name(claim->subject.name, 30).s);
}

static void advise(struct claim *claim, const struct fill *f)
{
	claim_advice(claim, false, "See how full each one is", f->by_inodes ? "df -i" : "df -h");
	claim_advice(claim, false, "See which deleted files are still held open", "lsof +L1");
	claim_advice(claim, true, "Delete what is not needed, or extend it", "%s", "");
	snprintf(claim->call, sizeof(claim->call), "the owner of %.40s",
		 text_name(claim->subject.name, 40).s);
}

static void claim_fill(const struct model *model, const struct fill *f,
		       const struct judgement *judgement)
{
	struct subject subject = subject_fs(f->fs);
	bool sure = f->full || f->nospc;
	struct claim claim;

	claim_init(&claim, &disk_full_rule, &subject);
	claim.basis = sure ? BASIS_REPORTED : BASIS_INFERRED;
	claim.confidence = confidence_round(sure ? 0.98 : forecast_sureness(&f->forecast));
	claim.severity = severity(model, f);
	claim.count = 1;
	claim.first_ns = claim.last_ns = f->fs->space.h.ts_ns;
	claim.window_ns = (__u64)(f->forecast.observed_s * 1e9);
	fs_claim_chain(&claim, model, f->fs);
	say(&claim, f);
	message(&claim, model, f);
	if (f->nospc)
		advise_below(&claim, model, f);
	else
		advise(&claim, f);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct fs *fs = NULL;
	struct fill f;

	while ((fs = filesystems_next(model_filesystems(model), fs)))
		if (find_fill(model, fs, &f))
			claim_fill(model, &f, judgement);
	thin_full_judge(model, judgement);
	no_space_judge(model, judgement);
}

/* It was unmounted, or looked at since, and there is room. One that does not change is not told of again: its look
 * stands, and what was forecast for a minute did not come. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct fs *fs = fs_of_subject(model, subject);

	if (subject->type == SUBJECT_DISK)
		return thin_full_recovered(model, subject, since_ns) &&
		       no_space_recovered(model, subject);
	if (!fs || !fs->mounted)
		return true;
	return (fs->space.h.ts_ns > since_ns || model_now(model) - since_ns >= FULL_STANDS_NS) &&
	       !(fs->space.flags & FS_UNANSWERED);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	return thin_pools_next(model_thin_pools(model), NULL) || fs_exposed(model, buf, size);
}

static const struct threshold *const thresholds[] = {
	&disk_full_share,    &disk_full_critical_share, &roomy_bytes,	 &min_size,
	&forecast_min_looks, &forecast_min_growth,	&forecast_reach, NULL};

const struct rule disk_full_rule = {
	.kind = "disk-full",
	.class = CLASS_SYSTEM,
	.fault_at = AT_THIS_HOST,
	.meaning =
		"No space or inodes are left on a file system, in a thin pool or under a disk, or soon none will be.",
	.against = "Plenty of bytes left although the share is high; no growth; root's reserve; a "
		   "thin pool whose volumes are no larger than it.",
	.todo = "Find what grew (du), and what is deleted but held open (lsof +L1); delete or extend.",
	.tables = {"source.filesystems", "source.thin_pools"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
