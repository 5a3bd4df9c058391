/* SPDX-License-Identifier: BSD-2-Clause */
/* fs_text.h - what the rules on file systems share: filesystem_error.c, writeback.c, disk_full.c. */
#ifndef CULPRIT_FS_TEXT_H
#define CULPRIT_FS_TEXT_H

#include "model/fs.h"
#include "rules/rule.h"

/* By its mount point, or as the kernel calls it where none is known. */
struct subject subject_fs(const struct fs *fs);
/* "sda1 > ext4 > /data" */
void fs_claim_chain(struct claim *claim, const struct model *model, const struct fs *fs);
/* The kernel's name of its block device where that may stand in a command; else "". */
const char *fs_device(const struct model *model, const struct fs *fs);
/* The file system of a subject; NULL: not known any more. */
const struct fs *fs_of_subject(const struct model *model, const struct subject *subject);
/* False when it is known by another name now: another one is there, or it is mounted elsewhere. For present(). */
bool fs_present(const struct model *model, const struct subject *subject);
/* "I/O error", "no space left"; never NULL. */
const char *fs_errno_text(__u32 err);
/* Is anything mounted that was looked at? For exposed(). */
bool fs_exposed(const struct model *model, char *buf, size_t size);

#endif
