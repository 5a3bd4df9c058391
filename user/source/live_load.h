/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_load.h - how busy the host is, and who waits: EVENT_HOST_LOAD each tick (four small files of /proc),
 * EVENT_HOST_CPU, EVENT_TASK_WAITING.
 */
#ifndef CULPRIT_SOURCE_LIVE_LOAD_H
#define CULPRIT_SOURCE_LIVE_LOAD_H

#include "probe/id_table.h"
#include "probe/probes.h"
#include "source/emit.h"

#define LIVE_WAITING_MAX 1024

struct live_load {
	char root[64]; /* "" or, in tests, a directory with a proc of its own */
	struct id_table waiting;
	unsigned int looks;
	unsigned int round; /* of the looks at who waits */
	__u32 cpus;
	__u32 waiting_now;
	bool load_off; /* forced off by the setting probes.disable */
	bool pressure_off;
	bool queued; /* more tasks than processors at the last look */
};

/* `load` is the caller's memory. off: forced off by the setting probes.disable. */
void live_load_init(struct live_load *load, const char *root, bool load_off, bool pressure_off);
void live_load_done(struct live_load *load);
/* EVENT_PROBE of what is read: "host.load", "host.pressure". */
int live_load_report(struct live_load *load, struct emit *emit);
/* probes may be NULL. 0, or what `emit` failed with. */
int live_load_poll(struct live_load *load, struct probes *probes, struct emit *emit);
int live_load_account(const struct live_load *load, struct emit *emit);

#endif
