/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_frame.h - the ABI of events: what the replay needs to be the same run, and what the tool says of itself;
 * see event.h. */
#ifndef CULPRIT_EVENT_FRAME_H
#define CULPRIT_EVENT_FRAME_H

#include "event_type.h"

/* ---- frame ---- */

struct event_clock {
	struct event h;
	__u64 boottime_ns;
	__u64 realtime_ns; /* since the epoch, UTC */
};

struct event_host {
	struct event h;
	char hostname[64];
	char machine_id[40];
	char boot_id[40];
	char kernel[72];
	char run[40]; /* UUID of this run */
	char version[24];
	__u32 netns; /* inode of the initial (our own) network namespace */
	__u32 cpus;
	__u32 mode; /* enum run_mode */
	__u32 pad;
};

enum run_mode { RUN_TRACE = 1, RUN_DAEMON = 2 };

/* A setting in force: "path-loss.min_segments" = "500", "class" = "hardware,network", "pid" =
 * "812", "duration_s" = "30", "label.site" = "...". Only settings that differ from the default are
 * sent. */
struct event_config {
	struct event h;
	char key[64];
	char value[128];
};

struct event_tick {
	struct event h;
	__u32 seq; /* from 0: the baseline snapshot */
	__u32 interval_ms;
};

struct event_pulse {
	struct event h;
};

struct event_end {
	struct event h;
	__u32 reason; /* enum end_reason */
	__u32 pad;
};

enum end_reason {
	END_DURATION = 1,
	END_INTERRUPTED = 2,
	END_DAMAGED = 3,
	END_DUMP = 4, /* of a flight recorder that goes on */
};

/* ---- self ---- */

enum probe_state { PROBE_ACTIVE = 1, PROBE_DEGRADED = 2, PROBE_UNAVAILABLE = 3 };

struct event_probe {
	struct event h;
	char name[32]; /* row of the probe table: "block.complete" */
	char via[48];  /* the way that attached: "tp_btf/block_rq_complete"; empty when none did */
	char reason[96]; /* why degraded or unavailable, for a person */
	__u32 state;	 /* enum probe_state */
	__u32 pad;
};

/* One BPF object's ring. produced = delivered + lost, once the ring is drained. */
struct event_ring {
	struct event h;
	char name[16];	  /* "tcp", "block", "files" */
	__u64 produced;	  /* counted in BPF before the reservation */
	__u64 delivered;  /* counted in user space */
	__u64 lost;	  /* failed reservations */
	__u64 suppressed; /* held back by a rate limit; counters have them, no loss */
};

/* A bounded table, in the kernel or here. */
struct event_table {
	struct event h;
	char name[32];
	__u64 limit;
	__u64 used;    /* gauge */
	__u64 dropped; /* entries evicted, or not taken because it was full: counts were lost */
};

struct event_self {
	struct event h;
	__u64 cpu_ns;	 /* this process, user + system, since start */
	__u64 wall_ns;	 /* since start */
	__u64 rss_bytes; /* gauge */
	__u64 map_bytes; /* gauge: memory of BPF maps and rings */
	__u64 hooks_ns; /* CPU time of its programs in others' context, since start, by what a run takes; 0 = unknown */
};

struct event_hook {
	struct event h;
	char name[32]; /* BPF program name */
	__u64 runs;
	__u64 run_ns; /* that they took, by what one takes; 0 = unknown */
};

EVENT_SIZE_IS(event_clock, 32);
EVENT_SIZE_IS(event_host, 312);
EVENT_SIZE_IS(event_config, 208);
EVENT_SIZE_IS(event_tick, 24);
EVENT_SIZE_IS(event_pulse, 16);
EVENT_SIZE_IS(event_end, 24);
EVENT_SIZE_IS(event_probe, 200);
EVENT_SIZE_IS(event_ring, 64);
EVENT_SIZE_IS(event_table, 72);
EVENT_SIZE_IS(event_self, 56);
EVENT_SIZE_IS(event_hook, 64);

#endif
