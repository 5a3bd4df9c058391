/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.h - the live source within: live.c says when, live_snapshot.c what is handed out.
 */
#ifndef CULPRIT_SOURCE_LIVE_H
#define CULPRIT_SOURCE_LIVE_H

#include "probe/probes.h"
#include "source/emit.h"
#include "source/live_asks.h"
#include "source/live_budget.h"
#include "source/live_chain.h"
#include "source/live_clock.h"
#include "source/live_disks.h"
#include "source/live_file_table.h"
#include "source/live_fs.h"
#include "source/live_load.h"
#include "source/live_mounts.h"
#include "source/live_net.h"
#include "source/live_ntp.h"
#include "source/live_nics.h"
#include "source/live_qdiscs.h"
#include "source/live_queues.h"
#include "source/live_settings.h"
#include "source/live_smart.h"
#include "source/live_thin.h"

struct live {
	struct source source;
	struct live_options options; /* without its settings */
	struct live_settings settings;
	struct probes *probes;
	int timer_fd;
	int epoll_fd;	/* the timer, the rings, and smartctl while it runs */
	__u64 drain_ns; /* when the rings are looked at; 0 = when they have something */
	bool started;
	bool ended;
	enum end_reason stop; /* asked for; 0 = not */
	__u32 seq;	      /* of the next tick */
	__u64 born_ns;
	__u64 start_ns;	       /* the baseline's time */
	__u64 tick_ns;	       /* when the next tick is due */
	unsigned int failures; /* of snapshots, in a row */
	__u64 failed_snapshots;
	struct live_clock clock;
	struct live_disks *disks;
	struct live_chain *chain;
	struct live_mounts *mounts;
	struct live_nics *nics;
	struct live_qdiscs *qdiscs;
	struct live_queues *queues;
	struct live_fs *fs;
	struct live_thin *thin;
	struct live_load load;
	struct live_net net;
	struct live_ntp ntp;
	struct live_asks asks;
	struct live_budget budget;
	struct live_file_table file_table;
	struct live_smart *smart;
};

/* All that comes before the first snapshot: clock, host, settings, probes, disks, mounts,
 * interfaces. Like the next two: 0, or a negative errno, of the callback if emit->failed has it
 * too. */
int live_introduce(struct live *live, struct emit *emit);

/* Drains the rings and takes one snapshot; ends with EVENT_TICK. Its time is taken after the rings
 * were drained, so it is the largest of all that it judges. The first one is the baseline and sets
 * start_ns. `last`: with all accounts. */
int live_snapshot(struct live *live, bool last, struct emit *emit);

/* Drains the rings, and what was told of links; new disks and EVENT_PULSE when something urgent was among it. */
int live_drain(struct live *live, struct emit *emit);

#endif
