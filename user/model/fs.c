/* SPDX-License-Identifier: BSD-2-Clause */
/* fs.c - the file systems; see fs.h. */
#include "model/fs.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"

void filesystems_init(struct filesystems *fss)
{
	table_init(&fss->table, sizeof(__u32), sizeof(struct fs), FILESYSTEMS_MAX);
}

void filesystems_done(struct filesystems *fss)
{
	table_done(&fss->table);
}

const struct fs *filesystems_find(const struct filesystems *fss, __u32 dev)
{
	return table_find(&fss->table, &dev);
}

const struct fs *filesystems_next(const struct filesystems *fss, const struct fs *fs)
{
	return table_next(&fss->table, fs);
}

/* The first mount with this super block, or of this device. */
static const struct disk_mount *mount_of(const struct disks *disks, __u32 dev, bool by_super)
{
	for (unsigned int i = 0; i < disks->n_mounts; i++) {
		const struct disk_mount *m = &disks->mount[i];

		if ((by_super && m->fs_dev ? m->fs_dev : m->dev) == dev)
			return m;
	}
	return NULL;
}

/* ---- another one under the number ---- */

static unsigned int count_others(const struct disks *disks, __u32 dev)
{
	const struct disk *disk = disks_find(disks, dev);
	const struct disk *whole =
		disk && disk->info.parent ? disks_find(disks, disk->info.parent) : NULL;

	return (disk ? disk->others : 0) + (whole ? whole->others : 0);
}

/* What the kernel has counted by now is the former's. */
static struct fs_lost lost_anew(const struct fs_lost *lost)
{
	struct event_fs_wb before = lost->before;

	before.ranges += lost->now.ranges;
	before.files += lost->now.files;
	before.heard += lost->now.heard;
	before.told += lost->now.told;
	before.deleted += lost->now.deleted;
	return (struct fs_lost){.before = before};
}

/* Another device has the number: nothing that is known of the former file system is true of what is on it. */
static void anew_if_another(struct fs *fs, const struct disks *disks)
{
	unsigned int others = count_others(disks, fs->dev);

	if (others == fs->others)
		return;
	*fs = (struct fs){
		.dev = fs->dev,
		.others = others,
		.files = lost_anew(&fs->files),
		.bdev = lost_anew(&fs->bdev),
	};
}

static struct fs *fs_get(struct filesystems *fss, const struct disks *disks, __u32 dev,
			 bool by_super)
{
	const struct disk_mount *m = mount_of(disks, dev, by_super);
	struct fs *fs;

	if (m)
		dev = m->dev;
	fs = table_find(&fss->table, &dev);
	if (fs) {
		table_touch(&fss->table, fs);
		anew_if_another(fs, disks);
	} else {
		fs = table_add(&fss->table, &dev);
		if (!fs)
			return NULL;
		fs->dev = dev;
		fs->others = count_others(disks, dev);
	}
	fs->mounted = m != NULL;
	if (m)
		fs->mount = *m;
	return fs;
}

/* ---- space ---- */

static void apply_space(struct fs *fs, const struct event_fs_space *event)
{
	if (event->flags & FS_READ_ONLY && !(fs->space.flags & FS_READ_ONLY) && fs->space.h.ts_ns)
		fs->read_only_ns = event->h.ts_ns;
	else if (!(event->flags & FS_READ_ONLY))
		fs->read_only_ns = 0;
	/* It was made larger or smaller, or anew: what was before is another story. */
	if (fs->space.size_bytes != event->size_bytes)
		growth_forget(&fs->grown);
	fs->space = *event;
	if (event->flags & FS_UNANSWERED || event->avail_bytes > event->size_bytes)
		return;
	growth_add(&fs->grown, event->h.ts_ns, event->size_bytes - event->avail_bytes);
}

/* ---- health ---- */

static void apply_health(struct fs *fs, const struct event_fs_health *event)
{
	bool first = !fs->health.h.ts_ns;

	if (event->flags & FS_READ_ONLY && !fs->read_only_ns)
		fs->read_only_ns = event->h.ts_ns;
	if (first || event->errors < fs->health.errors ||
	    event->corruptions < fs->health.corruptions) {
		/* Or somebody set them back: fsck, btrfs device stats -z. */
		fs->health_first = *event;
	} else if (event->errors > fs->health.errors) {
		if (!fs->grew_ns)
			fs->grew_first_ns = event->h.ts_ns;
		fs->grew_ns = event->h.ts_ns;
	}
	fs->health = *event;
	copy_text(fs->health.where, sizeof(fs->health.where), event->where, sizeof(event->where));
}

static void apply_error(struct fs *fs, const struct event_fs_error *event)
{
	struct event_fs_error *e = event->shutdown ? &fs->shutdown : &fs->error;

	*e = *event;
	copy_text(e->where, sizeof(e->where), event->where, sizeof(event->where));
	copy_text(e->comm, sizeof(e->comm), event->comm, sizeof(event->comm));
	copy_text(e->fstype, sizeof(e->fstype), event->fstype, sizeof(event->fstype));
	copy_text(fs->id, sizeof(fs->id), event->id, sizeof(event->id));
	if (!fs->n_errors++)
		fs->error_first_ns = event->h.ts_ns;
}

/* ---- write-back ---- */

__u64 fs_untold(const struct fs_lost *lost)
{
	return lost->now.files > lost->now.heard ? lost->now.files - lost->now.heard : 0;
}

__u64 fs_disk_writes(const struct disks *disks, __u32 dev)
{
	const struct disk *disk = disks_find(disks, dev);

	if (disk && disk->info.parent)
		disk = disks_find(disks, disk->info.parent);
	return disk ? disk_requests(disk, BLOCK_WRITE) : 0;
}

static void lost_more(struct fs_lost *lost, __u64 ts_ns, __u64 writes)
{
	if (!lost->first_ns)
		lost->first_ns = ts_ns;
	lost->last_ns = ts_ns;
	lost->writes_then = writes;
}

static __u64 off(__u64 all, __u64 before)
{
	return all > before ? all - before : 0;
}

static void take_off_before(struct fs_lost *lost, struct event_fs_wb *counts)
{
	/* They began anew: all of it is the present one's. */
	if (counts->ranges < lost->before.ranges)
		memset(&lost->before, 0, sizeof(lost->before));
	counts->ranges = off(counts->ranges, lost->before.ranges);
	counts->files = off(counts->files, lost->before.files);
	counts->heard = off(counts->heard, lost->before.heard);
	counts->told = off(counts->told, lost->before.told);
	counts->deleted = off(counts->deleted, lost->before.deleted);
}

/* Counters are exact; a file that the ring told of before is in them. */
static void apply_wb(struct fs *fs, const struct disks *disks, const struct event_fs_wb *told)
{
	struct fs_lost *lost = told->bdev ? &fs->bdev : &fs->files;
	const struct event_fs_wb before = lost->now;
	struct event_fs_wb counts = *told, *event = &counts;

	take_off_before(lost, event);
	lost->now = *event;
	copy_text(lost->now.fstype, sizeof(lost->now.fstype), event->fstype, sizeof(event->fstype));
	copy_text(lost->now.id, sizeof(lost->now.id), event->id, sizeof(event->id));
	if (!event->bdev)
		copy_text(fs->id, sizeof(fs->id), event->id, sizeof(event->id));
	if (event->ranges - event->deleted > before.ranges - before.deleted)
		lost_more(lost, event->h.ts_ns, fs_disk_writes(disks, fs->dev));
	if (event->told > before.told && !lost->told_ns)
		lost->told_ns = event->h.ts_ns;
	if (!fs_untold(lost))
		lost->silent_ns = 0;
	else if (!lost->silent_ns)
		lost->silent_ns = event->h.ts_ns;
}

static void apply_wb_file(struct fs *fs, const struct event_fs_wb_file *event)
{
	struct fs_lost *lost = event->bdev ? &fs->bdev : &fs->files;
	struct event_fs_wb_file *told;

	if (!event->told)
		return;
	lost->told_ns = event->h.ts_ns;
	told = &lost->told[lost->n_told++ % FS_TOLD_KEPT];
	*told = *event;
	copy_text(told->comm, sizeof(told->comm), event->comm, sizeof(event->comm));
}

const struct event_fs_wb_file *fs_told_at(const struct fs_lost *lost, unsigned int i)
{
	if (i >= FS_TOLD_KEPT || i >= lost->n_told)
		return NULL;
	return &lost->told[(lost->n_told - 1 - i) % FS_TOLD_KEPT];
}

/* ---- events ---- */

static int apply_mount(struct filesystems *fss, const struct disks *disks,
		       const struct event_mount *event)
{
	struct fs *fs = table_find(&fss->table, &event->dev);
	const struct disk_mount *m = mount_of(disks, event->dev, false);
	bool was;

	if (!fs)
		return 0;
	anew_if_another(fs, disks);
	was = fs->mounted && fs->mount.read_only;
	/* Mounted anew after it was unmounted: a shutdown is over. */
	if (m && !fs->mounted && fs->mount.mount[0]) {
		memset(&fs->shutdown, 0, sizeof(fs->shutdown));
		fs->health.flags &= ~(__u32)FS_SHUT_DOWN;
	}
	fs->mounted = m != NULL;
	if (!m)
		return 0;
	fs->mount = *m;
	if (m->read_only && !was && !fs->read_only_ns)
		fs->read_only_ns = event->h.ts_ns;
	else if (!m->read_only)
		fs->read_only_ns = 0;
	return 0;
}

int filesystems_apply(struct filesystems *fss, const struct disks *disks, const struct event *event)
{
	const struct event_fs_wb_file *file = (const struct event_fs_wb_file *)event;
	const struct event_fs_error *error = (const struct event_fs_error *)event;
	const struct event_fs_wb *wb = (const struct event_fs_wb *)event;
	struct fs *fs;

	switch (event->type) {
	case EVENT_MOUNT:
		return apply_mount(fss, disks, (const struct event_mount *)event);
	case EVENT_FS_WB:
		fs = fs_get(fss, disks, wb->dev, !wb->bdev);
		break;
	case EVENT_FS_WB_FILE:
		fs = fs_get(fss, disks, file->dev, !file->bdev);
		break;
	case EVENT_FS_ERROR:
		fs = fs_get(fss, disks, error->dev, true);
		break;
	case EVENT_FS_SPACE:
		fs = fs_get(fss, disks, ((const struct event_fs_space *)event)->dev, false);
		break;
	default:
		fs = fs_get(fss, disks, ((const struct event_fs_health *)event)->dev, false);
	}
	if (!fs)
		return -ENOMEM;
	if (event->type == EVENT_FS_WB)
		apply_wb(fs, disks, wb);
	else if (event->type == EVENT_FS_WB_FILE)
		apply_wb_file(fs, file);
	else if (event->type == EVENT_FS_ERROR)
		apply_error(fs, error);
	else if (event->type == EVENT_FS_SPACE)
		apply_space(fs, (const struct event_fs_space *)event);
	else
		apply_health(fs, (const struct event_fs_health *)event);
	return 0;
}
