/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_past.h - how long a disk takes for a request at which load: the last looks, and what it took before.
 *
 * Load is the mean number of requests that are in the queue or the device (depth). By Little's law (Operations
 * Research 9, 1961) latency = depth / throughput whatever the disk does, so a disk that is compared at equal depth is
 * compared at all there is. At a greater depth than was ever seen throughput decides: where it is less than at a lesser
 * depth, while more waits, the depth is not the load but what the slowness makes of it. The past is kept by operation and octave of
 * depth, as mean and spread of log latency over looks (a latency's errors are factors); a look that is far above it
 * is not learned, nor are those after it, so that a fault does not become the norm.
 *
 * While the disk is armed, queue and device are told apart: then the time in the device is compared, at the
 * depth of the device.
 */
#ifndef CULPRIT_DISK_PAST_H
#define CULPRIT_DISK_PAST_H

#include <stdbool.h>

#include <culprit/event.h>

#define DISK_LOOKS_KEPT	 16
#define DISK_DEPTH_SLOTS 10 /* up to 1, 2, 4 ... 256, more */

enum { PAST_READ, PAST_WRITE, PAST_OPS };
#define PAST_SIZES 2 /* up to BLOCK_LARGE_BYTES, larger */

/* One look: what was done since the look before. */
struct disk_look {
	__u64 ts_ns;
	__u64 length_ns;
	bool late;	 /* as disk_past_any_look() */
	double discards; /* how many were worked on, on average, of those that ended in it */
	__u32 done[PAST_OPS];
	double lat_ms[PAST_OPS]; /* mean, queue and device; 0 = nothing done */
	double kb[PAST_OPS];	 /* mean size */
	double depth;		 /* mean number of requests in queue and device */
	double busy;		 /* share of the time with something in flight */
	/* While armed, of requests that were issued and completed meanwhile: */
	__u32 split[PAST_OPS]; /* how many */
	double queue_ms[PAST_OPS];
	double device_ms[PAST_OPS];
	double device_depth; /* mean number of requests in the device */
};

/* What was split so far, cumulative. */
struct disk_split {
	struct event_block_split now[PAST_OPS][PAST_SIZES];
	struct event_block_split seen[PAST_OPS][PAST_SIZES]; /* at the latest look */
};

/* What looks at one depth took. */
struct disk_norm {
	__u32 looks;
	double mean; /* of ln(latency in ms) */
	double most; /* ms, of a look of this run */
	double m2;   /* sum of squared deviations (Welford, Technometrics 4, 1962) */
	double kb;   /* mean size */
	double depth;
};

struct disk_past {
	struct disk_look look[DISK_LOOKS_KEPT]; /* a ring */
	__u64 n_looks;				/* ever: the latest is look[(n_looks - 1) % ...] */
	struct disk_norm norm[PAST_OPS][DISK_DEPTH_SLOTS];
	bool stored;	     /* some of it is of former runs */
	unsigned int frozen; /* looks that are not learned yet: the one before was no usual one */
};

/* What is to be expected at a load. */
struct disk_expect {
	double lat_ms;	 /* the middle */
	double bound_ms; /* upper prediction bound: one look in a thousand is above it */
	__u32 looks;	 /* that it comes from */
	bool scaled;	 /* from another depth: an upper limit */
};

/* From here on it was housekeeping (fstrim, mkfs, a mount that discards): what others took meanwhile says nothing of
 * the disk. */
#define DISCARDS_MANY 0.25
/* Of the interval: what comes later comes from a host that stood still. */
#define HOST_STOOD_STILL 4.0
/* What is known of when a look was. */
struct look_time {
	__u64 interval_ns; /* from one to the next, as it is meant */
	bool next; /* the one before was of the tick before: there was no idle time in between */
};

/* What a count of milliseconds of /proc/diskstats gained: they are 32 bits wide there (block/genhd.c, diskstats_show(),
 * "%u"), and a queue of 32 wraps one in a day and a half. 0 where it went back otherwise. */
__u64 disk_ms_gain(__u64 now, __u64 before);
/* split may be NULL: never armed. */
void disk_past_apply(struct disk_past *past, const struct look_time *time,
		     const struct event_block_queue *before, const struct event_block_queue *now,
		     struct disk_split *split);
void disk_split_apply(struct disk_split *split, const struct event_block_split *event);
/* What former runs learned; kept where this one knows less. */
void disk_past_restore(struct disk_past *past, const struct event_disk_norm *event);
/* The other way: false when there is nothing worth keeping. */
bool disk_past_norm(const struct disk_past *past, unsigned int op, unsigned int slot,
		    struct event_disk_norm *ret);
/* Of these three `past` may be NULL: nothing is known.
 * The i-th latest look; NULL past the end. */
const struct disk_look *disk_past_look(const struct disk_past *past, unsigned int i);
/* The same with late ones among them: we were kept from looking in time, so how long requests took says as much of this
 * host as of the disk. How many waited, and for whom, it does say. */
const struct disk_look *disk_past_any_look(const struct disk_past *past, unsigned int i);

/*
 * What a disk with this past takes for requests of `kb` at `depth`, at most:
 *   as at the same depth, where `least` looks were seen;
 *   else as at the nearest lesser one, times the ratio of depths: requests that wait for each other take no longer
 *   than one after the other;
 *   else as at the nearest greater one: fewer requests do not take longer.
 * Larger requests than seen are allowed as much more time. False: nothing is known.
 * `per_s`: requests done a second, of nearly all that was done; 0: other requests were among them. Where it is below
 * what the disk did at the lesser depth, in requests and in bytes, the greater depth explains nothing.
 */
bool disk_past_expect(const struct disk_past *past, unsigned int op, double depth, double kb,
		      double per_s, __u32 least, struct disk_expect *ret);
/* That rate of a look: 0 where the other operation did more than a tenth of it. */
double disk_look_per_s(const struct disk_look *look, unsigned int op);

#endif
