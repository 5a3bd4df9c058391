/* SPDX-License-Identifier: BSD-2-Clause */
/* raid_text.h - what the texts of an md array's sysfs say (Documentation/admin-guide/md.rst). No I/O. */
#ifndef CULPRIT_SOURCE_RAID_TEXT_H
#define CULPRIT_SOURCE_RAID_TEXT_H

#include <stddef.h>

#include <linux/types.h>

/* dev-X/state, "in_sync,write_error": enum raid_member_flag. */
__u32 raid_member_flags(const char *state);
/* dev-X/slot: "0", "none", "journal"; -1 where it has none. */
__s32 raid_member_slot(const char *slot);
/* sync_completed: "1234 / 5678"; both 0 for "none" and "delayed". */
void raid_sync_completed(const char *text, __u64 *ret_done, __u64 *ret_total);

#endif
