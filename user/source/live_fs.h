/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_fs.h - EVENT_FS_SPACE and EVENT_FS_HEALTH of the local file systems: how full they are, and what they
 * count of themselves. The looks are made by a child (looker.h); only file systems that are on a block device
 * and whose kind is known never to ask a server are looked at.
 */
#ifndef CULPRIT_SOURCE_LIVE_FS_H
#define CULPRIT_SOURCE_LIVE_FS_H

#include "source/emit.h"
#include "source/live_mounts.h"

#define LIVE_FS_MAX LIVE_MOUNTS_MAX

struct live_fs;

/* NULL when out of memory. root: "" but in tests, which look at nothing by statvfs then. */
struct live_fs *live_fs_new(const char *root);
/* Takes what was answered since the last time, and asks again when it is time. */
int live_fs_poll(struct live_fs *fs, struct live_mounts *mounts, struct emit *emit);
/* An error was seen: all are looked at with the next poll. */
void live_fs_hurry(struct live_fs *fs);
/* EVENT_TABLE. */
int live_fs_account(const struct live_fs *fs, struct emit *emit);
void live_fs_free(struct live_fs *fs);

/* Is a look at this kind of file system one at a local disk, and does "full" mean anything there? */
bool live_fs_is_local(const char *fstype);

#endif
