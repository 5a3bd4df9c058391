/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_mounts.h - EVENT_MOUNT for what is mounted from a block device, when it is new or changed,
 * and when it was unmounted. A mount point is never touched: stat() on a dead NFS server's would never
 * return.
 */
#ifndef CULPRIT_SOURCE_LIVE_MOUNTS_H
#define CULPRIT_SOURCE_LIVE_MOUNTS_H

#include <stdbool.h>

#include "source/emit.h"

#define LIVE_MOUNTS_MAX 512

struct live_mounts;

/* Reads root/proc/self/mountinfo: root is "" but in tests. NULL when out of memory. */
struct live_mounts *live_mounts_new(const char *root);
/* Reads the mount table when the kernel says that it changed, and the first time. */
int live_mounts_poll(struct live_mounts *mounts, struct emit *emit);
/* Reads it at the next poll in any case: the kernel does not say when a file system goes read-only by itself.
 */
void live_mounts_again(struct live_mounts *mounts);
/* The i-th mount as last read; false past the end. The texts are borrowed until the next poll. */
struct live_mount {
	__u32 dev;
	__u32 id;
	const char *mount;
	const char *fstype;
};
bool live_mounts_at(const struct live_mounts *mounts, unsigned int i, struct live_mount *ret_mount);
/* EVENT_TABLE. */
int live_mounts_account(const struct live_mounts *mounts, struct emit *emit);
void live_mounts_free(struct live_mounts *mounts);

#endif
