/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_before.h - what other devices did under a disk's number; used by disk.c only.
 *
 * The kernel's side counts by device number and goes on when one device takes another's place: what the former did is
 * taken off, or the new one would be accused of the old one's errors.
 */
#ifndef CULPRIT_DISK_BEFORE_H
#define CULPRIT_DISK_BEFORE_H

#include "model/disk.h"

/* Another device has the number now. To be called before what the former did is forgotten. 0 or -ENOMEM. */
int disk_before_keep(struct disk *disk);
/* What the present device did, of all that was counted. */
void disk_before_off_stat(const struct disk *disk, struct event_block_stat *event);
void disk_before_off_status(const struct disk *disk, struct event_block_status *event);

#endif
