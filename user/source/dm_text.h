/* SPDX-License-Identifier: BSD-2-Clause */
/* dm_text.h - what device-mapper says of a thin pool (Documentation/admin-guide/device-mapper/thin-provisioning.rst).
 * No I/O. */
#ifndef CULPRIT_SOURCE_DM_TEXT_H
#define CULPRIT_SOURCE_DM_TEXT_H

#include <stdbool.h>

#include <linux/types.h>

struct dm_thin_status {
	__u64 data_used, data_total; /* data blocks */
	__u64 meta_used, meta_total; /* metadata blocks, of DM_META_BLOCK bytes */
	__u32 flags;		     /* enum thin_flag */
};

#define DM_META_BLOCK 4096U

/* Of the target's status: "1 138/4096 96/128 - rw no_discard_passdown queue_if_no_space - 1024", or "Fail". False
 * when it is neither. */
bool dm_thin_status_parse(const char *text, struct dm_thin_status *ret);
/* Of the target's table, "253:0 253:1 128 0 1 skip_block_zeroing": bytes in a data block; 0: it does not say. */
__u64 dm_thin_block_bytes(const char *text);

#endif
