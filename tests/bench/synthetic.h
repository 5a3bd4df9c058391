/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * synthetic.h - what a busy host with a bad network sends: the bench's events.
 *
 * Each second: 4,000 retransmits to 64 peers, 200 failed connection attempts, 100 slow or failed
 * I/Os of 4 disks, then a snapshot of 200 peers, 12 disk counters, 100 changed descriptor counts,
 * the tool's own counters, and the tick. Always the same bytes.
 */
#ifndef TESTS_BENCH_SYNTHETIC_H
#define TESTS_BENCH_SYNTHETIC_H

#include <stddef.h>

#include <culprit/event.h>

struct synthetic {
	char *events; /* back to back, each of its h.size */
	size_t size;
	size_t capacity;
	unsigned long count;
};

/* `seconds` of it. 0 or -ENOMEM; the caller frees events. */
int synthetic_init(struct synthetic *s, unsigned int seconds);

/* The event after this one; NULL at the end. The first is at s->events. */
const struct event *synthetic_next(const struct synthetic *s, const struct event *event);

#endif
