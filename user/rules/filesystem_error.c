/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filesystem_error.c - filesystem-error: a file system says that it is damaged, or has stopped.
 *
 * Four words of the kernel's: ext4's error report (the tracepoint ext4_error), or its count of errors
 * (errors_count) that grew while we looked; XFS that was shut down (xfs_force_shutdown, or stat() that gives EIO
 * for its root); btrfs' count of blocks whose checksum or generation is wrong, that grew. Read-only alone is no
 * fault, an administrator may want it so; it is one together with such an error. Errors of before we looked are
 * not claimed. btrfs' read and write errors are the disk's, and claimed there.
 *
 * Basis: reported. Confidence:
 *	c = 0.98
 * times, for what speaks against:
 *	0.85	XFS was shut down by request (flag FORCE_UMOUNT): an administrator's, or a test's
 *
 * Severity: critical when it takes no more writes, or nothing at all; else warning.
 */
#include <stdio.h>
#include <string.h>

#include "rules/disk_errors.h"
#include "rules/disk_home.h"
#include "rules/families.h"
#include "rules/fs_text.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

#define XFS_SHUTDOWN_SEEN  0x80000000U
#define XFS_SHUTDOWN_ASKED 0x4U /* SHUTDOWN_FORCE_UMOUNT, fs/xfs/xfs_mount.h */
#define XFS_SHUTDOWN_LOG   0x2U /* SHUTDOWN_LOG_IO_ERROR: set with it where the log is not flushed */

static const struct threshold min_errors = {
	"filesystem-error.min_errors", 1, "{error}",
	"a file system that finds one thing wrong in itself does not know what else is"};

struct damage {
	const struct fs *fs;
	__u64 errors;	   /* that ext4 counted while we looked, or said at once: the larger */
	__u64 corruptions; /* that btrfs counted while we looked */
	bool shut_down;
	bool asked; /* the shutdown was a request */
	bool read_only;
	__u64 first_ns;
	__u64 last_ns;
};

static void seen_at(struct damage *d, __u64 first_ns, __u64 last_ns)
{
	if (!d->first_ns || first_ns < d->first_ns)
		d->first_ns = first_ns;
	if (last_ns > d->last_ns)
		d->last_ns = last_ns;
}

static bool find_damage(const struct model *model, const struct fs *fs, struct damage *d)
{
	const struct event_fs_health *h = &fs->health, *first = &fs->health_first;

	*d = (struct damage){.fs = fs, .shut_down = (h->flags & FS_SHUT_DOWN) != 0};
	d->corruptions =
		h->corruptions > first->corruptions ? h->corruptions - first->corruptions : 0;
	if (strncmp(fs->mount.fstype, "btrfs", sizeof("btrfs")) != 0)
		d->errors = h->errors > first->errors ? h->errors - first->errors : 0;
	if (d->corruptions || d->errors)
		seen_at(d, fs->grew_first_ns, fs->grew_ns);
	if (fs->error.h.ts_ns) {
		seen_at(d, fs->error_first_ns, fs->error.h.ts_ns);
		if (fs->n_errors > d->errors)
			d->errors = fs->n_errors;
	}
	if (fs->shutdown.h.ts_ns) {
		seen_at(d, fs->error_first_ns, fs->shutdown.h.ts_ns);
		d->shut_down = true;
		d->asked = (fs->shutdown.shutdown & ~XFS_SHUTDOWN_LOG) ==
			   (XFS_SHUTDOWN_SEEN | XFS_SHUTDOWN_ASKED);
	} else if (d->shut_down) {
		seen_at(d, h->h.ts_ns, h->h.ts_ns);
	}
	if (!d->last_ns || model_now(model) - d->last_ns > model_frame(model)->disk_window_ns)
		return false;
	if (d->errors + d->corruptions + d->shut_down < model_threshold(model, &min_errors))
		return false;
	d->read_only = fs->read_only_ns || (fs->mounted && fs->mount.read_only) ||
		       (d->errors && h->flags & (FS_READ_ONLY | FS_ERRORS_RO));
	return true;
}

static void say_shutdown(struct claim *claim, const struct damage *d)
{
	static const struct {
		__u32 flag;
		const char *text;
	} why[] = {
		{0x1, "metadata could not be read or written"}, /* SHUTDOWN_META_IO_ERROR */
		{XFS_SHUTDOWN_ASKED, "asked for"},
		{XFS_SHUTDOWN_LOG, "its log could not be written"},
		{0x8, "corruption in memory"},	  /* SHUTDOWN_CORRUPT_INCORE */
		{0x10, "corruption on disk"},	  /* SHUTDOWN_CORRUPT_ONDISK */
		{0x20, "its device was removed"}, /* SHUTDOWN_DEVICE_REMOVED */
	};
	const struct event_fs_error *e = &d->fs->shutdown;
	const char *text = "";

	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]) && !text[0]; i++)
		if (e->h.ts_ns && e->shutdown & why[i].flag)
			text = why[i].text;
	claim_evidence(claim, ROLE_FOR, true, "fs.shutdown", 1, "{event}", "it was shut down%s%s",
		       text[0] ? ": " : ": everything fails with EIO", text);
}

static void say_errors(struct claim *claim, const struct damage *d)
{
	const struct fs *fs = d->fs;
	const char *where = fs->error.where[0] ? fs->error.where : fs->health.where;

	if (d->shut_down)
		say_shutdown(claim, d);
	if (d->errors) {
		claim_evidence(claim, ROLE_FOR, true, "fs.errors", (double)d->errors, "{error}",
			       "%s reported%s%.31s", text_plural(d->errors, "error").s,
			       where[0] ? ", in " : "", where);
		if (fs->health.ino)
			claim_text(claim, ROLE_FOR, "the last one: inode %llu",
				   (unsigned long long)fs->health.ino);
	}
	if (fs->error.pid)
		claim_text(claim, ROLE_VICTIM, "%s ran into it",
			   text_process(fs->error.comm, fs->error.pid).s);
	if (d->corruptions)
		claim_evidence(claim, ROLE_FOR, true, "fs.corruptions", (double)d->corruptions,
			       "{block}", "%s with a wrong checksum or generation",
			       text_plural(d->corruptions, "block").s);
	if (d->read_only && !d->shut_down)
		claim_evidence(claim, ROLE_FOR, true, "fs.read_only", 1, "1",
			       "it is read-only now: writes fail with EROFS");
	if (fs->health_first.errors && fs->health_first.errors < fs->health.errors)
		claim_text(claim, ROLE_AGAINST, "%s before we looked",
			   text_plural(fs->health_first.errors, "error").s);
}

/* Of a disk that fails under it, and whose data is nowhere else: what has to be done before any check. */
static const struct {
	enum disk_failure failure;
	const char *before, *after; /* the disk's name */
} disk_first[] = {
	{FAILURE_MEDIUM, "First copy all off ", ", which has bad sectors, and replace it"},
	{FAILURE_LOST, "First bring back ", ", which is gone or given up"},
	{FAILURE_INTEGRITY, "First find out why data of ", " does not match"},
	{FAILURE_TRANSPORT, "First mend the way to ", ", on which requests fail"},
	{FAILURE_TIMEOUT, "First mend ", ", which does not answer in time"},
	{FAILURE_IO, "First mend ", ", which fails requests"},
};

static bool advise_disk(struct claim *claim, const struct model *model, const struct disk *disk)
{
	struct disk_failures f;
	char text[80];

	for (size_t i = 0; i < sizeof(disk_first) / sizeof(disk_first[0]); i++) {
		disk_failures_sum(&f, model, disk, disk_first[i].failure);
		if (f.array.spared || (!f.total && !(disk->gone && f.which == FAILURE_LOST)))
			continue;
		snprintf(text, sizeof(text), "%s%.15s%s", disk_first[i].before, disk->info.name,
			 disk_first[i].after);
		if (disk->gone)
			claim_advice(claim, false, "See in the kernel log how it went",
				     "dmesg -T | tail -n 100");
		else
			disk_home_look(claim, &disk->info);
		if (disk_array_is_lost(&f.array))
			raid_lost_advice(claim, f.array.failed);
		else
			claim_advice(claim, true, text, "%s", "");
		return true;
	}
	return false;
}

static void advise_disks(struct claim *claim, const struct model *model, const struct damage *d)
{
	const struct disks *disks = model_disks(model);
	struct stack_walk down;

	stack_down(disks, d->fs->dev, &down);
	for (unsigned int i = 0; i < down.n; i++) {
		const struct disk *disk = disks_find(disks, down.dev[i]);

		if (disk && !(disk->info.flags & (DISK_PARTITION | DISK_VIRTUAL)) &&
		    advise_disk(claim, model, disk))
			return;
	}
}

/* A check of what is mounted finds damage that is none, and a repair makes some. */
static void advise(struct claim *claim, const struct model *model, const struct damage *d)
{
	const char *device = fs_device(model, d->fs), *type = d->fs->mount.fstype;
	bool root = strcmp(d->fs->mount.mount, "/") == 0, xfs = strcmp(type, "xfs") == 0;

	snprintf(claim->call, sizeof(claim->call), "whoever keeps the data on %.30s",
		 text_name(claim->subject.name, 30).s);
	advise_disks(claim, model, d);
	if (strcmp(type, "btrfs") == 0 && device[0]) {
		claim_advice(claim, false, "See which device, and which files",
			     "btrfs device stats /dev/%s", device);
		claim_advice(claim, true, "Check all of it; a second copy heals",
			     "btrfs scrub start /dev/%s", device);
	} else if (device[0]) {
		claim_advice(claim, false,
			     root ? "only from a rescue system" : "only once it is unmounted",
			     "%s -n /dev/%s", xfs ? "xfs_repair" : "fsck", device);
		claim_advice(claim, true,
			     xfs    ? "unmounted, if it mounts no more"
			     : root ? "from a rescue system, after a backup"
				    : "unmounted, and after a backup",
			     "%s /dev/%s", xfs ? "xfs_repair" : "fsck -f", device);
	} else if (!claim->n_advice) {
		claim_advice(claim, false, "Read what the kernel said of it", "dmesg -T");
	}
}

static void claim_damage(const struct model *model, const struct damage *d,
			 const struct judgement *judgement)
{
	struct subject subject = subject_fs(d->fs);
	const char *type = subject.fstype[0]	    ? subject.fstype
			   : d->fs->error.fstype[0] ? d->fs->error.fstype
						    : "a file system";
	struct claim claim;
	double factor = 1.0;

	claim_init(&claim, &filesystem_error_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.severity = d->shut_down || d->read_only ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	claim.count = d->errors + d->corruptions + d->shut_down;
	claim.first_ns = d->first_ns;
	claim.last_ns = d->last_ns;
	claim.window_ns = model_frame(model)->disk_window_ns;
	fs_claim_chain(&claim, model, d->fs);
	say_errors(&claim, d);
	if (d->asked) {
		factor = 0.85;
		claim_evidence(&claim, ROLE_AGAINST, false, "fs.shutdown.asked", 1, "{event}",
			       "the shutdown was asked for, not found necessary");
	}
	claim.confidence = confidence_round(0.98 * factor);
	claim_message(&claim, "DISK: %.15s on %s %s.", type, text_name(subject.name, 30).s,
		      d->shut_down   ? "was shut down: all access fails"
		      : d->read_only ? "found an error and is read-only now"
				     : "found damage in itself");
	advise(&claim, model, d);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct fs *fs = NULL;
	struct damage d;

	while ((fs = filesystems_next(model_filesystems(model), fs)))
		if (find_damage(model, fs, &d))
			claim_damage(model, &d, judgement);
}

/* It was checked (its count is gone), or mounted anew, and can be written. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct fs *fs = fs_of_subject(model, subject);

	if (!fs || !fs->mounted || fs->health.h.ts_ns <= since_ns || fs->read_only_ns)
		return false;
	return !fs->health.flags && !fs->health.errors;
}

static const struct threshold *const thresholds[] = {&min_errors, NULL};

const struct rule filesystem_error_rule = {
	.kind = "filesystem-error",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "ext4, XFS or btrfs found itself damaged, or was shut down.",
	.against = "A disk error under it, which is then the cause; a shutdown that was asked for.",
	.todo = "Check the disk first; then unmount it and run its checker, which only reads with -n.",
	.tables = {"source.filesystems"},
	.thresholds = thresholds,
	.exposed = fs_exposed,
	.judge = judge,
	.recovered = recovered,
	.present = fs_present,
	.open_evals = 1,
	.close_evals = 3,
};
