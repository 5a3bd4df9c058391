/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_refused.h - the map of the refused object: who was refused a descriptor; see counters.h. */
#ifndef CULPRIT_MAP_REFUSED_H
#define CULPRIT_MAP_REFUSED_H

#include "event_type.h"

/* Map `watched`: pid -> what it was refused; pid 0: the host's table of open files. */
#define WATCHED_PIDS_MAX 8
#define WATCHED_MAX	 (WATCHED_PIDS_MAX + 1)

struct watched_value {
	__u64 refused;
	__u64 last_ns;
	__u32 last_pid;
	__u32 pad;
	char last_comm[EVENT_COMM_LEN];
};

#endif
