/* SPDX-License-Identifier: BSD-2-Clause */
/* emit.h - how the parts of the live source hand out events: stamped with one common time. */
#ifndef CULPRIT_SOURCE_EMIT_H
#define CULPRIT_SOURCE_EMIT_H

#include "source/source.h"

struct emit {
	event_fn fn;
	void *ctx;
	__u64 now_ns;	  /* of the snapshot under way */
	unsigned int pid; /* whose census is wanted; 0 = everyone's */
	int failed;	  /* the first negative errno of fn: whose error it was */
};

/* Hands out an event as it is. An event_fn; ctx is a struct emit. */
int emit_event(void *ctx, const struct event *event);

/* Stamps an event that was made here, and hands it out. `event` points to its struct event. */
int emit_new(struct emit *emit, struct event *event, enum event_type type, __u32 size);

/* emit_new() for a variable of one of the event structs. */
#define EMIT(emit, type, variable) emit_new((emit), &(variable)->h, (type), sizeof(*(variable)))

/* EVENT_TABLE of a bounded table. */
int emit_table(struct emit *emit, const char *name, __u64 limit, __u64 used, __u64 dropped);

#endif
