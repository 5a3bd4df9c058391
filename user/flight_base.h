/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flight_base.h - of the events whose blocks are gone from the flight recorder, what still holds: the latest of
 * each disk, process, peer, counter.
 */
#ifndef CULPRIT_FLIGHT_BASE_H
#define CULPRIT_FLIGHT_BASE_H

#include <stddef.h>

#include "model/table.h"
#include "source/source.h"

struct flight_base {
	struct table table;
	size_t bytes; /* gauge: of its events */
	__u64 order;
	__u64 forgotten; /* not kept for lack of memory */
};

void flight_base_init(struct flight_base *base);
void flight_base_done(struct flight_base *base);
/* The event's block goes: what holds of it moves into the base. */
void flight_base_fold(struct flight_base *base, const struct event *event);
/* Calls fn for each event in the order in which they came, so that a disk comes before its counters; stops at the first
 * negative code, and returns it. Or -ENOMEM. */
int flight_base_each(struct flight_base *base, event_fn fn, void *ctx);

/* Is it known what becomes of this type when its block goes (kept in the base, or of the moment only)? For
 * the test that holds this against the field table. */
bool flight_knows(__u32 type);

#endif
