/* SPDX-License-Identifier: BSD-2-Clause */
/* live_nics.h - EVENT_NIC for each interface of our own network namespace, when something changed, and when it
 * went. */
#ifndef CULPRIT_SOURCE_LIVE_NICS_H
#define CULPRIT_SOURCE_LIVE_NICS_H

#include <stdbool.h>

#include "source/emit.h"

#define LIVE_NICS_MAX 512

struct live_nics;

/* off: without rtnetlink, as where it is refused. NULL when out of memory. */
struct live_nics *live_nics_new(bool off);
/* All that changed, states and counters: once a tick. 0, or what `emit` failed with. */
int live_nics_poll(struct live_nics *nics, struct emit *emit);
/* A descriptor that is readable when the kernel told of a change; negative: there is none. */
int live_nics_fd(const struct live_nics *nics);
/* Hands out what was told. *ret_changed: a state among it, which who judges should be told of at once. */
int live_nics_changes(struct live_nics *nics, struct emit *emit, bool *ret_changed);
/* EVENT_PROBE "host.links". */
int live_nics_report(const struct live_nics *nics, struct emit *emit);
/* EVENT_TABLE. */
int live_nics_account(const struct live_nics *nics, struct emit *emit);
void live_nics_free(struct live_nics *nics);

#endif
