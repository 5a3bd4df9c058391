/* SPDX-License-Identifier: BSD-2-Clause */
/* block_queue.h - what a disk's request queue holds now, by a program that is run on demand. */
#ifndef CULPRIT_BLOCK_QUEUE_H
#define CULPRIT_BLOCK_QUEUE_H

#include <stdbool.h>

struct queue_look {
	unsigned int in_flight; /* requests that the driver has: reads, writes and others */
	unsigned int writes;	/* of these */
	unsigned int others;	/* of these: flushes, discards, passthrough */
	unsigned int lengthy;	/* of the others: all but flushes */
	unsigned int held;	/* bios that blk-throttle holds back */
	unsigned long long
		oldest_ns; /* when the oldest read, write or flush began; 0 = unknown, or none */
};

/*
 * Looks at the queue `queue` (a kernel address) of disk `dev`; `full`: at its requests too, else only at
 * what is held back. -ENOENT: that is not, or no longer, this disk's queue; or what running failed with.
 */
int block_queue_look(int program_fd, int map_fd, unsigned int dev, unsigned long long queue,
		     bool full, struct queue_look *ret_look);

#endif
