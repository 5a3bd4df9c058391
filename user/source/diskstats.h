/* SPDX-License-Identifier: BSD-2-Clause */
/* diskstats.h - one line of /proc/diskstats (Documentation/admin-guide/iostats.rst). No I/O. */
#ifndef CULPRIT_SOURCE_DISKSTATS_H
#define CULPRIT_SOURCE_DISKSTATS_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

/* Fills in dev, in_flight and the counters of *queue, nothing else, from a line of `length` bytes. Fields
 * that a kernel does not have yet are 0. False when it is no device's line. */
bool diskstats_parse(const char *line, size_t length, struct event_block_queue *queue);

#endif
