/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flight.h - the flight recorder: the last minutes of events, in bounded memory.
 *
 * Events are kept as they came, compressed in blocks of 64 KB. When a block is older than `keep_ns`, or all
 * take more than `bytes`, it goes; what still holds of it (which disks and mounts there are, where counters
 * stood, the latest of each) moves into the base. So what is written is a capture like any other: first the
 * base, then a tick, then the events; and culprit replay judges it as the daemon did, from that tick on.
 */
#ifndef CULPRIT_FLIGHT_H
#define CULPRIT_FLIGHT_H

#include <stddef.h>

#include "err.h"
#include "source/source.h"

struct flight;

struct flight_options {
	__u64 keep_ns; /* how far back */
	size_t bytes;  /* of all compressed blocks; the base and one block come on top */
};

struct flight_usage {
	size_t bytes;	 /* gauge: compressed blocks, the open block, the base */
	__u64 events;	 /* gauge: in the blocks */
	__u64 from_ns;	 /* the oldest event in a block; 0 = none */
	__u64 squeezed;	 /* events that went before their time, because of `bytes` */
	__u64 forgotten; /* base entries evicted, or not kept for lack of memory */
};

/* NULL: out of memory. */
struct flight *flight_new(const struct flight_options *options);
void flight_free(struct flight *flight);

/* Keeps a copy of the event. What cannot be kept (no memory) is counted, and is no error. */
void flight_add(struct flight *flight, const struct event *event);

/*
 * Writes all from `from_ns` on (0: all there is) to the recorder, ended by EVENT_END (END_DUMP) at `now_ns`;
 * the recorder stays open. Uses up what is older than from_ns: to be called in a child process, or last.
 * 0 or a negative errno with err set.
 */
int flight_write(struct flight *flight, __u64 from_ns, __u64 now_ns, struct recorder *recorder,
		 struct err *err);

void flight_usage(const struct flight *flight, struct flight_usage *ret);

#endif
