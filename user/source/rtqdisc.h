/* SPDX-License-Identifier: BSD-2-Clause */
/* rtqdisc.h - one rtnetlink message on a queueing discipline (rtnetlink(7), linux/gen_stats.h). No I/O. */
#ifndef CULPRIT_SOURCE_RTQDISC_H
#define CULPRIT_SOURCE_RTQDISC_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

/* Reads a message of `length` bytes, its header included. False: it is none on the root queue of an
 * interface, has no counters, or is "noqueue". *queue: netns and header are not touched. */
bool rtqdisc_parse(const void *message, size_t length, struct event_nic_queue *queue);

#endif
