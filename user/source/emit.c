/* SPDX-License-Identifier: BSD-2-Clause */
/* emit.c - how the parts of the live source hand out events; see emit.h. */
#include "source/emit.h"

#include <stdio.h>

/* --pid: the census of the others is not wanted. Disks and peers always are. */
static bool is_wanted(const struct emit *emit, const struct event *event)
{
	if (emit->pid == 0)
		return true;
	if (event->type == EVENT_PROC_FDS)
		return ((const struct event_proc_fds *)event)->pid == emit->pid;
	if (event->type == EVENT_PROC_GONE)
		return ((const struct event_proc_gone *)event)->pid == emit->pid;
	return true;
}

int emit_event(void *ctx, const struct event *event)
{
	struct emit *emit = ctx;
	int code;

	if (emit->failed)
		return emit->failed;
	if (!is_wanted(emit, event))
		return 0;
	code = emit->fn(emit->ctx, event);
	if (code < 0)
		emit->failed = code;
	return code < 0 ? code : 0;
}

int emit_new(struct emit *emit, struct event *event, enum event_type type, __u32 size)
{
	event->ts_ns = emit->now_ns;
	event->type = type;
	event->size = size;
	return emit_event(emit, event);
}

int emit_table(struct emit *emit, const char *name, __u64 limit, __u64 used, __u64 dropped)
{
	struct event_table event = {.limit = limit, .used = used, .dropped = dropped};

	snprintf(event.name, sizeof(event.name), "%s", name);
	return EMIT(emit, EVENT_TABLE, &event);
}
