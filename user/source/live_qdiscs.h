/* SPDX-License-Identifier: BSD-2-Clause */
/* live_qdiscs.h - EVENT_NIC_QUEUE for the queue of each interface of our own network namespace, when it changed. */
#ifndef CULPRIT_SOURCE_LIVE_QDISCS_H
#define CULPRIT_SOURCE_LIVE_QDISCS_H

#include <stdbool.h>

#include "source/emit.h"

#define LIVE_QDISCS_MAX 128

struct live_qdiscs;

/* off: none is read, as where rtnetlink is refused. NULL when out of memory. */
struct live_qdiscs *live_qdiscs_new(bool off);
/* One dump: once a tick. 0, or what `emit` failed with. */
int live_qdiscs_poll(struct live_qdiscs *qdiscs, struct emit *emit);
/* EVENT_PROBE "host.queues". */
int live_qdiscs_report(const struct live_qdiscs *qdiscs, struct emit *emit);
/* EVENT_TABLE. */
int live_qdiscs_account(const struct live_qdiscs *qdiscs, struct emit *emit);
void live_qdiscs_free(struct live_qdiscs *qdiscs);

#endif
