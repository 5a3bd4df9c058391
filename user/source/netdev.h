/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev.h - one line of /proc/net/dev. No I/O. */
#ifndef CULPRIT_SOURCE_NETDEV_H
#define CULPRIT_SOURCE_NETDEV_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

/* Fills in name and counters of *nic, nothing else, from a line of `length` bytes. False when it is
 * no interface's line (the two headings). */
bool netdev_parse(const char *line, size_t length, struct event_nic *nic);

#endif
