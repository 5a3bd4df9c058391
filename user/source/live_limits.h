/* SPDX-License-Identifier: BSD-2-Clause */
/* live_limits.h - EVENT_IO_LIMIT: which cgroups have an io.max for a disk; looked for on suspicion only. */
#ifndef CULPRIT_SOURCE_LIVE_LIMITS_H
#define CULPRIT_SOURCE_LIVE_LIMITS_H

#include "source/emit.h"

#define LIVE_LIMITS_MAX 16

struct limited_cgroup {
	char path[512];
	__u64 id;
};

struct live_limits {
	__u64 walked_ns;      /* when the cgroups were last walked; 0 = never */
	unsigned int visited; /* in that walk */
	unsigned int n;
	struct limited_cgroup item[LIVE_LIMITS_MAX]; /* those with any limit */
};

/* Tells of all limits for disk `dev`. The cgroups are walked (bounded) at most every 20 s, the limits of
 * those that have any are read each time. 0, or what `emit` failed with. */
int live_limits_poll(struct live_limits *limits, __u32 dev, struct emit *emit);

#endif
