/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_fs.h - the maps of the fs object: what write-back lost, by file system; see counters.h. */
#ifndef CULPRIT_MAP_FS_H
#define CULPRIT_MAP_FS_H

#include "event_type.h"

/* Map `fs_wb`: what write-back lost, by file system. Rare: one copy, atomic additions. */
#define FS_WB_MAX 256
struct fs_wb_key {
	__u32 dev;  /* the super block's; of a block device's own pages: the device */
	__u32 bdev; /* 1: the block device's own pages */
};

struct fs_wb_value {
	__u64 ranges;
	__u64 files;
	__u64 heard;
	__u64 told;
	__u64 deleted;
	__u64 ino;
	__u64 event_ns; /* when tokens were last given */
	__u32 tokens;	/* ring events that may still follow at once */
	__u32 err;
	__u32 magic;
	__u32 pad;
	char fstype[16];
	char id[32];
};

/* Map `fs_untold`, the files whose error nobody was told: when the first came. */
#define FS_UNTOLD_MAX 1024
struct fs_file_key {
	__u64 ino;
	__u32 dev;
	__u32 bdev;
};

EVENT_SIZE_IS(fs_wb_key, 8);
EVENT_SIZE_IS(fs_wb_value, 120);
EVENT_SIZE_IS(fs_file_key, 16);

#endif
