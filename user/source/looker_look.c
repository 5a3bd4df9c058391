/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * looker_look.c - one look at a file system: how full it is, what btrfs counts, whether XFS was shut down; see
 * looker.h. Runs in the child.
 *
 * The mount point is opened by path only (O_PATH), which does not ask the file system that is found there, and
 * then held against the mount's id: what is mounted over it (a dead server, say) is not touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/btrfs.h>

#include <culprit/event.h>

#include "source/looker.h"
#include "small_file.h"

#define BTRFS_DEVICES_MAX 64

/* proc(5): fdinfo has it for each open file. */
static __u32 mount_id_of(int fd)
{
	char path[48], text[512];
	const char *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (small_file_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return 0;
	at = strstr(text, "mnt_id:");
	return at ? (__u32)strtoul(at + 7, NULL, 10) : 0;
}

static void look_btrfs(int at, struct look_reply *reply)
{
	struct btrfs_ioctl_fs_info_args info = {0};
	__u64 seen = 0;
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(at, ".", flags | O_NOATIME);

	/* Where the directory is another user's that needs CAP_FOWNER; opening alone moves no time. */
	if (fd < 0 && errno == EPERM)
		fd = openat(at, ".", flags);
	if (fd < 0)
		return;
	if (ioctl(fd, BTRFS_IOC_FS_INFO, &info) == 0)
		reply->has_counts = 1;
	for (__u64 id = 1; id <= info.max_id && id <= BTRFS_DEVICES_MAX && seen < info.num_devices;
	     id++) {
		struct btrfs_ioctl_get_dev_stats stats = {.devid = id,
							  .nr_items = BTRFS_DEV_STAT_VALUES_MAX};

		if (ioctl(fd, BTRFS_IOC_GET_DEV_STATS, &stats) < 0)
			continue;
		seen++;
		reply->write_errs += stats.values[BTRFS_DEV_STAT_WRITE_ERRS] +
				     stats.values[BTRFS_DEV_STAT_FLUSH_ERRS];
		reply->read_errs += stats.values[BTRFS_DEV_STAT_READ_ERRS];
		reply->corruptions += stats.values[BTRFS_DEV_STAT_CORRUPTION_ERRS] +
				      stats.values[BTRFS_DEV_STAT_GENERATION_ERRS];
	}
	close(fd);
}

void looker_look(const struct look_request *request, struct look_reply *reply)
{
	struct statvfs vfs;
	struct stat st;
	int fd = open(request->mount, O_PATH | O_CLOEXEC);

	if (fd < 0) {
		reply->err = -errno;
		return;
	}
	if (request->mount_id && mount_id_of(fd) != request->mount_id)
		reply->err = -ESTALE;
	else if (fstatvfs(fd, &vfs) < 0)
		reply->err = -errno;
	if (!reply->err) {
		reply->size_bytes = (__u64)vfs.f_blocks * vfs.f_frsize;
		reply->free_bytes = (__u64)vfs.f_bfree * vfs.f_frsize;
		reply->avail_bytes = (__u64)vfs.f_bavail * vfs.f_frsize;
		reply->inodes = vfs.f_files;
		reply->inodes_free = vfs.f_ffree;
		if (vfs.f_flag & ST_RDONLY)
			reply->flags |= FS_READ_ONLY;
		/* XFS answers so once it was shut down (xfs_vn_getattr), and never else. */
		if (strcmp(request->fstype, "xfs") == 0 && fstat(fd, &st) < 0 && errno == EIO)
			reply->flags |= FS_SHUT_DOWN;
		if (strcmp(request->fstype, "btrfs") == 0)
			look_btrfs(fd, reply);
	}
	close(fd);
}
