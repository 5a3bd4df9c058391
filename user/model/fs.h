/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fs.h - the file systems: how full they are, what they say of themselves, what write-back lost on them.
 *
 * Keyed by the block device that is mounted, as in struct event_mount. What the kernel tells by its super
 * block's number (btrfs has one that is no device) is put there by the mount's fs_dev; what has no mount that
 * we know of keeps the kernel's number.
 *
 * When another device takes the number, all of this begins anew. While it is the same one it is kept, mounted or
 * not: a volume that is mounted again has the errors that it had.
 */
#ifndef CULPRIT_FS_H
#define CULPRIT_FS_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/disk.h"
#include "model/frame.h"
#include "model/growth.h"
#include "model/table.h"

#define FILESYSTEMS_MAX 512
#define FS_TOLD_KEPT	4

/* What write-back lost: of files, or of the block device's own pages. */
struct fs_lost {
	struct event_fs_wb now; /* all zero: nothing was ever lost */
	__u64 first_ns;
	__u64 last_ns;	   /* of a loss */
	__u64 silent_ns;   /* since when something is lost that nobody was told; 0 = nothing is */
	__u64 told_ns;	   /* when a caller was told last; 0 = never */
	__u64 writes_then; /* writes that the disk had done when the last loss was counted */
	struct event_fs_wb
		before; /* lost by others that had the number: the kernel counts on; not in now */
	struct event_fs_wb_file told[FS_TOLD_KEPT]; /* the callers, a ring; comm is terminated */
	unsigned int n_told;			    /* ever */
};

struct fs {
	__u32 dev;
	unsigned int others;	 /* devices that had its number, or its disk's, before it */
	bool mounted;		 /* mount is what it says now, else what it last was */
	struct disk_mount mount; /* its mount point is empty: none was ever known */
	char id[32];		 /* how the kernel calls it; may be empty */
	struct fs_lost files;
	struct fs_lost bdev;
	struct event_fs_space space;	     /* ts_ns 0: it was never looked at */
	struct growth grown;		     /* bytes that others cannot have: size - available */
	struct event_fs_health health_first; /* ts_ns 0: never told */
	struct event_fs_health health;
	__u64 grew_ns; /* when its count of errors grew last; 0 = it did not since the start */
	__u64 grew_first_ns;
	struct event_fs_error error; /* the latest one that it said; ts_ns 0: none */
	struct event_fs_error shutdown;
	__u64 n_errors;
	__u64 error_first_ns;
	__u64 read_only_ns; /* since when it is read-only, seen to change; 0 = it is not, or was so from the start */
};

struct filesystems {
	struct table table; /* struct fs by dev */
};

void filesystems_init(struct filesystems *fss);
void filesystems_done(struct filesystems *fss);
/* Takes any file system event, and EVENT_MOUNT (after disks took it). 0 or -ENOMEM. */
int filesystems_apply(struct filesystems *fss, const struct disks *disks,
		      const struct event *event);

const struct fs *filesystems_find(const struct filesystems *fss, __u32 dev);
/* The next one, the first when fs is NULL; NULL past the end. */
const struct fs *filesystems_next(const struct filesystems *fss, const struct fs *fs);

/* The i-th caller that was told, the latest first; NULL past the end. */
const struct event_fs_wb_file *fs_told_at(const struct fs_lost *lost, unsigned int i);
/* Files whose error nobody was told. */
__u64 fs_untold(const struct fs_lost *lost);
/* Writes that the whole disk of this device did ever. */
__u64 fs_disk_writes(const struct disks *disks, __u32 dev);

#endif
