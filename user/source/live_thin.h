/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_thin.h - EVENT_THIN_POOL: how full the thin pools of device-mapper are. The looks are made by a child
 * (looker.h), which is there only on a host that has mappings.
 */
#ifndef CULPRIT_SOURCE_LIVE_THIN_H
#define CULPRIT_SOURCE_LIVE_THIN_H

#include "source/emit.h"
#include "source/live_disks.h"

#define LIVE_THIN_MAX 256 /* pools */

struct live_thin;
struct look_request;
struct look_reply;

/* NULL when out of memory. */
struct live_thin *live_thin_new(void);
/* Takes what was answered since the last time, and asks again when it is time: each mapping when the list of disks
 * changed and each minute, those that are pools each 3 s. */
int live_thin_poll(struct live_thin *thin, const struct live_disks *disks, struct emit *emit);
/* EVENT_TABLE, where there is a pool. */
int live_thin_account(const struct live_thin *thin, struct emit *emit);
void live_thin_free(struct live_thin *thin);

/* For tests: looks with this instead. Before the first poll. */
void live_thin_look_with(struct live_thin *thin, void (*look)(const struct look_request *request,
							      struct look_reply *reply));

#endif
