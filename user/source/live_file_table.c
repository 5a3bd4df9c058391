/* SPDX-License-Identifier: BSD-2-Clause */
/* live_file_table.c - how full the kernel's own table of open files is; see live_file_table.h. */
#include "source/live_file_table.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "small_file.h"

#define STEPS 64

/* "in use", "free" (always 0 since 2.6), "limit": Documentation/admin-guide/sysctl/fs.rst */
static bool parse(const char *text, struct event_file_table *event)
{
	char *end;

	event->open = strtoull(text, &end, 10);
	if (end == text)
		return false;
	text = end;
	strtoull(text, &end, 10);
	if (end == text)
		return false;
	text = end;
	event->limit = strtoull(text, &end, 10);
	return end != text && event->limit > 0;
}

int live_file_table_poll(struct live_file_table *table, const char *root, struct emit *emit)
{
	const struct event_file_table *sent = &table->sent;
	struct event_file_table event = {0};
	char path[96], text[96];
	__u64 moved;

	snprintf(path, sizeof(path), "%s/proc/sys/fs/file-nr", root);
	small_file_text(AT_FDCWD, path, text, sizeof(text));
	if (!parse(text, &event))
		return 0;
	moved = event.open > sent->open ? event.open - sent->open : sent->open - event.open;
	if (event.limit == sent->limit && moved < event.limit / STEPS)
		return 0;
	table->sent = event;
	return EMIT(emit, EVENT_FILE_TABLE, &event);
}
