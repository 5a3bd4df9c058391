/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_io.h - the I/O events of one disk; used by disk.c only. */
#ifndef CULPRIT_DISK_IO_H
#define CULPRIT_DISK_IO_H

#include "model/disk.h"

/* 0 or -ENOMEM. A status that finds no room is counted in *dropped. */
int disk_apply_io(struct disk *disk, const struct frame *frame, const struct event_block_io *event,
		  __u64 *dropped);
int disk_apply_stat(struct disk *disk, const struct frame *frame,
		    const struct event_block_stat *event);
int disk_apply_status(struct disk *disk, const struct frame *frame,
		      const struct event_block_status *event, __u64 *dropped);

#endif
