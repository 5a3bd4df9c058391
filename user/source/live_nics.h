/* SPDX-License-Identifier: BSD-2-Clause */
/* live_nics.h - EVENT_NIC for each interface of our own network namespace, when something changed.
 */
#ifndef CULPRIT_SOURCE_LIVE_NICS_H
#define CULPRIT_SOURCE_LIVE_NICS_H

#include "source/emit.h"

#define LIVE_NICS_MAX 512

struct live_nics;

/* NULL when out of memory. */
struct live_nics *live_nics_new(void);
int live_nics_poll(struct live_nics *nics, struct emit *emit);
/* EVENT_TABLE. */
int live_nics_account(const struct live_nics *nics, struct emit *emit);
void live_nics_free(struct live_nics *nics);

#endif
