/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * system_read.h - what the programs of bpf/system.bpf.c keep: who ended badly, who waits.
 */
#ifndef CULPRIT_SYSTEM_READ_H
#define CULPRIT_SYSTEM_READ_H

#include <stdbool.h>

#include <culprit/map_system.h>

#include "probe/id_table.h"
#include "source/source.h"

struct exits {
	struct id_table seen; /* what was told of each name and cgroup */
	int exits_fd;
	int control_fd;
	unsigned long long failures; /* those of the control when the map was last read */
	unsigned long long made;
	unsigned int used;
	bool watching;
};

void exits_init(struct exits *exits, int exits_fd, int control_fd);
void exits_done(struct exits *exits);
/* EVENT_PROC_EXITS of those that failed since the last one. Costs one system call while none did. */
int exits_snapshot(struct exits *exits, unsigned long long now_ns, event_fn fn, void *ctx);
/* Entries that had to go for others. */
unsigned long long exits_evicted(const struct exits *exits);

typedef void (*waiting_fn)(void *ctx, const struct waiting_record *record);
/* Runs the iterator once. 0 or a negative errno. */
int waiting_read(int link_fd, waiting_fn fn, void *ctx);

#endif
