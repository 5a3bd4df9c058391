/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_full.h - what the judges of the kind disk-full share: disk_full.c (file systems), thin_full.c (pools),
 * no_space.c (disks). */
#ifndef CULPRIT_DISK_FULL_H
#define CULPRIT_DISK_FULL_H

#include "model/disk.h"
#include "rules/rule.h"

/* A forecast that nothing speaks for any more is over after so long, also where nothing moves. */
#define FULL_STANDS_NS (60 * 1000000000ULL)

extern const struct threshold disk_full_share;
extern const struct threshold disk_full_critical_share;

/* Claims each thin pool that is full, will be, or has stopped. */
void thin_full_judge(const struct model *model, const struct judgement *judgement);
/* Is the disk a volume of a pool that is out of space, and lets writes wait for it, or did until a moment ago? Or the
 * pool? */
bool thin_full_holds(const struct model *model, const struct disk *disk);
/* Of a pool: it was told of since, or it is gone. */
bool thin_full_recovered(const struct model *model, const struct subject *subject, __u64 since_ns);

/* Writes that the disk, a whole one, refused in the last minute for want of space. */
__u64 no_space_writes(const struct model *model, const struct disk *disk);
/* Claims each disk that refuses writes so, but where disk_full_tells_of() it. */
void no_space_judge(const struct model *model, const struct judgement *judgement);
/* Of a disk: a write came through since, or it is gone. */
bool no_space_recovered(const struct model *model, const struct subject *subject);
/* Is one file system that is judged right on this whole disk, or on a partition of it, and nothing else, as LVM? Of
 * several it is the disk that is told of. */
bool disk_full_tells_of(const struct model *model, const struct disk *disk);

#endif
