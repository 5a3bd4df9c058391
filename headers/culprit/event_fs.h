/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_fs.h - the ABI of events: file systems; see event.h. */
#ifndef CULPRIT_EVENT_FS_H
#define CULPRIT_EVENT_FS_H

#include "event_type.h"

enum fs_flag {
	FS_READ_ONLY = 1,  /* nothing is written any more */
	FS_SHUT_DOWN = 2,  /* everything fails: EIO */
	FS_ERRORS_RO = 4,  /* ext4: it is set to take no more writes after an error */
	FS_UNANSWERED = 8, /* the look did not come back: what is told is older */
};

/* How full a file system is (statvfs): sent when it moved, at a look each few seconds. */
struct event_fs_space {
	struct event h;
	__u64 size_bytes;
	__u64 free_bytes;  /* with what is reserved for root */
	__u64 avail_bytes; /* for everybody */
	__u64 inodes;	   /* 0 = it has no fixed number */
	__u64 inodes_free;
	__u32 dev;   /* as in struct event_mount */
	__u32 flags; /* enum fs_flag: READ_ONLY, UNANSWERED */
};

/* What write-back lost on one file system: sent when it moves. The error of a file is told to whoever has it
 * open and calls fsync (each once); nobody else ever hears of it. */
struct event_fs_wb {
	struct event h;
	__u64 ranges;  /* page ranges that could not be written */
	__u64 files;   /* files whose error was new: none was untold before it */
	__u64 heard;   /* of these: told to an fsync caller */
	__u64 told;    /* fsync callers that were told */
	__u64 deleted; /* ranges of files that had no name any more: not in files */
	__u64 ino;     /* of the latest one */
	__u32 dev;     /* fs_dev of its mount; of a block device's own pages: that device */
	__u32 err;     /* errno of the latest one */
	__u32 magic;   /* of the file system */
	__u32 bdev;    /* 1: the pages of the block device itself, as metadata is, or dd to it */
	char fstype[16];
	char id[32]; /* how the kernel's messages call it: "sda1", "dm-3" */
};

/* One file's error: found by write-back, or told to an fsync caller. */
struct event_fs_wb_file {
	struct event h;
	__u64 ino;
	__u64 start_ns; /* told: the caller's start_boottime */
	__u32 dev;	/* as in struct event_fs_wb */
	__u32 err;	/* errno */
	__u32 pid;	/* told: the caller */
	__u8 told;
	__u8 bdev;
	__u8 pad[2];
	char comm[EVENT_COMM_LEN];
};

/* What a file system counts of itself, since it was made: sent when it moves. */
struct event_fs_health {
	struct event h;
	__u64 errors;	   /* ext4: errors_count; btrfs: of all devices, what follows together */
	__u64 write_errs;  /* btrfs */
	__u64 read_errs;   /* btrfs */
	__u64 corruptions; /* btrfs: checksum or generation did not match */
	__u64 ino;	   /* ext4: of the last error; 0 = none is known */
	__u32 dev;	   /* as in struct event_mount */
	__u32 flags;	   /* enum fs_flag */
	__u32 err;	   /* ext4: errno of the last error, in its own numbers; 0 = unknown */
	__u32 pad;
	char where[32]; /* ext4: the function that found the last one */
};

/* A file system says that it found an error, at once. */
struct event_fs_error {
	struct event h;
	__u32 dev;	/* fs_dev of its mount */
	__u32 line;	/* of its source */
	__u32 pid;	/* in whose context; 0 = a kernel thread's */
	__u32 shutdown; /* XFS: flags of the shutdown (SHUTDOWN_*), with 0x80000000; 0 = an error */
	char fstype[16];
	char id[32];
	char where[32]; /* function */
	char comm[EVENT_COMM_LEN];
};

EVENT_SIZE_IS(event_fs_space, 64);
EVENT_SIZE_IS(event_fs_wb, 128);
EVENT_SIZE_IS(event_fs_wb_file, 64);
EVENT_SIZE_IS(event_fs_health, 104);
EVENT_SIZE_IS(event_fs_error, 128);

#endif
