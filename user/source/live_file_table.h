/* SPDX-License-Identifier: BSD-2-Clause */
/* live_file_table.h - EVENT_FILE_TABLE: how full the kernel's own table of open files is. */
#ifndef CULPRIT_SOURCE_LIVE_FILE_TABLE_H
#define CULPRIT_SOURCE_LIVE_FILE_TABLE_H

#include "source/emit.h"

struct live_file_table {
	struct event_file_table sent;
};

/* Reads root/proc/sys/fs/file-nr (root is "" but in tests) and tells of it the first time and when it
 * changed by a 64th of the limit. 0, or what `emit` failed with. */
int live_file_table_poll(struct live_file_table *table, const char *root, struct emit *emit);

#endif
