/* SPDX-License-Identifier: BSD-2-Clause */
/* live_blocked.h - EVENT_TASK_BLOCKED: who is in state D at two looks; looked at while a disk is stuck. */
#ifndef CULPRIT_SOURCE_LIVE_BLOCKED_H
#define CULPRIT_SOURCE_LIVE_BLOCKED_H

#include "source/emit.h"

#define BLOCKED_KEPT 64

struct live_blocked {
	__u32 pid[BLOCKED_KEPT]; /* in state D at the last look */
	unsigned int n;
};

/* Walks /proc once, bounded. 0, or what `emit` failed with. */
int live_blocked_poll(struct live_blocked *blocked, struct emit *emit);
/* The next look is a first one. */
void live_blocked_forget(struct live_blocked *blocked);

#endif
