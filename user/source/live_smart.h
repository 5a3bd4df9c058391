/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_smart.h - performs ASK_SMART: runs smartctl for a suspected disk, once a disk and run; EVENT_SMART.
 *
 * Nothing here waits: the child writes into a pipe that is read when it has something, at most 256 KB; it has
 * 5 s, then it and its process group are killed. One runs at a time. It is started from a file that only root
 * (or whoever runs us) can write, without a shell, with an environment of its own and none of our
 * descriptors, and told not to wake a disk that sleeps. A child that cannot even be killed (in state D) is left
 * behind, and none is started after it.
 */
#ifndef CULPRIT_SOURCE_LIVE_SMART_H
#define CULPRIT_SOURCE_LIVE_SMART_H

#include <stdbool.h>

#include "source/emit.h"

#define SMART_DISKS_MAX	  64 /* asked for in a run */
#define SMART_DEADLINE_MS 5000

struct live_smart;

/* `program`: NULL to look for smartctl where root's programs are, an absolute path, or "none". NULL when out of
 * memory or descriptors. */
struct live_smart *live_smart_new(const char *program, unsigned int deadline_ms);
/* A descriptor that is readable when live_smart_poll() has something to do; it stays ours. */
int live_smart_fd(const struct live_smart *smart);
/* Notes a disk. False: it was asked for before, or is no SCSI, ATA or NVMe disk by its name. */
bool live_smart_ask(struct live_smart *smart, const struct event_disk *disk);
/* Starts, reads, stops, and hands out what is ready. 0, or what `emit` failed with. */
int live_smart_poll(struct live_smart *smart, struct emit *emit);
/* The run is over: stops what runs, and says of each disk that was not answered for that it is late. */
int live_smart_end(struct live_smart *smart, struct emit *emit);
/* EVENT_TABLE. */
int live_smart_account(const struct live_smart *smart, struct emit *emit);
void live_smart_free(struct live_smart *smart);

#endif
