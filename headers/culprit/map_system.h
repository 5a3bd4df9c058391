/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_system.h - the map of bad ends and the records of tasks that wait, of the system object; see counters.h. */
#ifndef CULPRIT_MAP_SYSTEM_H
#define CULPRIT_MAP_SYSTEM_H

#include "event_type.h"

/* Map `exits`, LRU: who ended badly, by name and cgroup (its name: a service gets a new cgroup, and thus
 * another id, with each start). */
#define EXITS_MAX 512
struct exit_key {
	char comm[EVENT_COMM_LEN];
	char unit[64];
};

/* As in struct event_proc_exits. */
struct exit_value {
	__u64 failed;
	__u64 crashed;
	__u64 oom;
	__u64 apart;
	__u64 well;
	__u64 lived_ms;
	__u64 last_ns;
	__u64 start_ns;
	__u32 pid;
	__s32 exit_code;
	char parent[EVENT_COMM_LEN];
};

struct system_control {
	__u64 failures; /* exits that went into the map: it is read when this grew */
	__u64 made;	/* entries made */
	__u32 watching; /* set by user space: somebody fails again and again, count the good ends too */
	__u32 pad;
};

/* iter/task writes one for each task that sleeps uninterruptibly. */
struct waiting_record {
	__u64 start_ns; /* the leader's start_boottime */
	__u64 switches; /* how often it was run */
	__u32 pid;	/* tgid */
	__u32 tid;
	char comm[EVENT_COMM_LEN];
};

EVENT_SIZE_IS(exit_key, 80);
EVENT_SIZE_IS(exit_value, 88);
EVENT_SIZE_IS(system_control, 24);
EVENT_SIZE_IS(waiting_record, 40);

#endif
