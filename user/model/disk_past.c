/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_past.c - how long a disk takes for a request at which load; see disk_past.h. */
#include "model/disk_past.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Of the interval. A shorter look (one was late) says too little; a longer one began in idle time, and its depth would
 * be too small, or is late. */
#define SHORT_LOOK 0.5
#define LONG_LOOK  1.5
/* Of a look: more requests than any queue holds, and more time than any request took that ended in it (a hung disk's
 * busy time is told when it answers). */
#define DEPTH_MOST 1e5
#define BUSY_MOST  1e3
/* So far above what is expected, a look may be of a fault: it is not learned. */
#define LEARN_RATIO 2.0
#define LEARN_LOOKS 5
/* So many looks after such a one are not learned either: a fault does not come and go within seconds. */
#define FREEZE_LOOKS 5
/* From so many looks on the oldest fade: a disk ages, and its load changes. An hour of busy seconds. */
#define FADE_LOOKS 3600
/* So many times the slowest look that was seen is out of the usual whatever the spread: with few looks, and a host that
 * makes them uneven, the bound by spread alone hides a slowdown of a hundred times. */
#define MOST_RATIO 5.0
/* A rate is of one operation when nine tenths of all requests were, and less than it was below four fifths. */
#define ALONE 0.9
#define LESS  0.8
/* Fewer are not worth keeping. */
#define KEEP_LOOKS 20
/* Latencies of one disk at one load vary at least so much from look to look: a factor of 1.15. */
#define LEAST_SD 0.14
/* Mappings are timed in the kernel's ticks (4 ms as a rule), and nobody waits for less than a millisecond more: what is
 * below is learned as this, or the spread of its logarithm would hide any fault. */
#define LEAST_MS 1.0

static unsigned int depth_slot(double depth)
{
	unsigned int slot = 0;

	while (slot < DISK_DEPTH_SLOTS - 1 && depth > (double)(1U << slot))
		slot++;
	return slot;
}

const struct disk_look *disk_past_any_look(const struct disk_past *past, unsigned int i)
{
	if (!past || i >= DISK_LOOKS_KEPT || i >= past->n_looks)
		return NULL;
	return &past->look[(past->n_looks - 1 - i) % DISK_LOOKS_KEPT];
}

const struct disk_look *disk_past_look(const struct disk_past *past, unsigned int i)
{
	const struct disk_look *look;

	for (unsigned int any = 0; (look = disk_past_any_look(past, any)); any++)
		if (!look->late && i-- == 0)
			return look;
	return NULL;
}

static const struct disk_norm *find_norm(const struct disk_norm *norm, unsigned int slot,
					 __u32 least)
{
	if (norm[slot].looks >= least)
		return &norm[slot];
	for (unsigned int s = slot; s-- > 0;)
		if (norm[s].looks >= least)
			return &norm[s];
	for (unsigned int s = slot + 1; s < DISK_DEPTH_SLOTS; s++)
		if (norm[s].looks >= least)
			return &norm[s];
	return NULL;
}

/*
 * Student's t for n looks where a normal deviate would be 3, by its expansion in 1 / (n - 1) (Abramowitz and Stegun
 * 26.7.5; off by 3 % at n = 5), times what the mean itself may be off: the factor of an upper prediction bound. A past
 * of five looks may have seen little of how far looks differ: 7.0; one of sixty: 3.2.
 */
static double bound_factor(__u32 looks)
{
	double nu = looks > 5 ? looks - 1.0 : 4.0;

	return (3.0 + 7.5 / nu + 17.25 / (nu * nu) + 30.2 / (nu * nu * nu)) *
	       sqrt(1.0 + 1.0 / (nu + 1.0));
}

double disk_look_per_s(const struct disk_look *look, unsigned int op)
{
	__u32 all = look->done[PAST_READ] + look->done[PAST_WRITE];

	if (!look->done[op] || look->done[op] < ALONE * all)
		return 0.0;
	return look->done[op] / ((double)look->length_ns / 1e9);
}

/* It does less than it did, in requests and in bytes, though more of them wait. */
static bool does_less(const struct disk_norm *norm, double per_s, double kb)
{
	double did = norm->depth / exp(norm->mean) * 1e3;

	return per_s > 0.0 && per_s <= LESS * did && per_s * kb <= LESS * did * norm->kb;
}

bool disk_past_expect(const struct disk_past *past, unsigned int op, double depth, double kb,
		      double per_s, __u32 least, struct disk_expect *ret)
{
	unsigned int slot = depth_slot(depth);
	const struct disk_norm *norm = past ? find_norm(past->norm[op], slot, least) : NULL;
	double factor = 1.0, sd;

	if (!norm)
		return false;
	sd = norm->looks > 1 ? sqrt(norm->m2 / (norm->looks - 1)) : 0.0;
	if (sd < LEAST_SD)
		sd = LEAST_SD;
	if (norm != &past->norm[op][slot] && depth > norm->depth && !does_less(norm, per_s, kb))
		factor *= depth / (norm->depth > 1.0 ? norm->depth : 1.0);
	if (factor < 1.0)
		factor = 1.0;
	if (kb > norm->kb && norm->kb > 0.0)
		factor *= kb / norm->kb;
	ret->lat_ms = exp(norm->mean) * factor;
	ret->bound_ms = exp(norm->mean + bound_factor(norm->looks) * sd) * factor;
	if (norm->most > 0.0 && ret->bound_ms > MOST_RATIO * norm->most * factor)
		ret->bound_ms = MOST_RATIO * norm->most * factor;
	ret->looks = norm->looks;
	ret->scaled = norm != &past->norm[op][slot];
	return true;
}

static bool unusual(const struct disk_past *past, const struct disk_look *look)
{
	struct disk_expect expect;

	for (unsigned int op = 0; op < PAST_OPS; op++)
		if (look->done[op] &&
		    disk_past_expect(past, op, look->depth, look->kb[op], disk_look_per_s(look, op),
				     LEARN_LOOKS, &expect) &&
		    look->lat_ms[op] > LEARN_RATIO * expect.lat_ms)
			return true;
	return false;
}

static void learn(struct disk_past *past, unsigned int op, const struct disk_look *look)
{
	struct disk_norm *norm = &past->norm[op][depth_slot(look->depth)];
	double value = log(look->lat_ms[op] > LEAST_MS ? look->lat_ms[op] : LEAST_MS), delta;

	if (norm->looks < FADE_LOOKS)
		norm->looks++;
	else
		norm->m2 -= norm->m2 / norm->looks;
	delta = value - norm->mean;
	norm->mean += delta / norm->looks;
	norm->m2 += delta * (value - norm->mean);
	if (exp(value) > norm->most)
		norm->most = exp(value);
	norm->kb += (look->kb[op] - norm->kb) / norm->looks;
	norm->depth += (look->depth - norm->depth) / norm->looks;
}

static void fill(struct disk_look *look, unsigned int op, __u64 done, __u64 ms, __u64 bytes)
{
	look->done[op] = (__u32)done;
	if (!done)
		return;
	/* Sums of milliseconds: what took less than one in all took a part of one. */
	look->lat_ms[op] = ((double)ms + 0.5) / (double)done;
	look->kb[op] = (double)bytes / 1024.0 / (double)done;
}

static void fill_split(struct disk_look *look, struct disk_split *split)
{
	double device_ns = 0.0;

	for (unsigned int op = 0; op < PAST_OPS; op++) {
		double queue_ns = 0.0, in_device_ns = 0.0;

		for (unsigned int size = 0; size < PAST_SIZES; size++) {
			const struct event_block_split *now = &split->now[op][size];
			struct event_block_split *seen = &split->seen[op][size];

			if (now->requests > seen->requests) {
				look->split[op] += (__u32)(now->requests - seen->requests);
				queue_ns += (double)(now->queue_ns - seen->queue_ns);
				in_device_ns += (double)(now->device_ns - seen->device_ns);
			}
			*seen = *now;
		}
		if (!look->split[op])
			continue;
		look->queue_ms[op] = queue_ns / 1e6 / look->split[op];
		look->device_ms[op] = in_device_ns / 1e6 / look->split[op];
		/* Of all that was done, not only of what was split: some was issued before. */
		device_ns += look->device_ms[op] * 1e6 *
			     (look->done[op] > look->split[op] ? look->done[op] : look->split[op]);
	}
	look->device_depth = device_ns / (double)look->length_ns;
}

void disk_split_apply(struct disk_split *split, const struct event_block_split *event)
{
	struct event_block_split *now = &split->now[event->op][event->large];

	if (event->requests < now->requests)
		memset(&split->seen[event->op][event->large], 0, sizeof(*now));
	*now = *event;
}

void disk_past_restore(struct disk_past *past, const struct event_disk_norm *event)
{
	struct disk_norm *norm = &past->norm[event->op][event->slot];
	double sd = event->spread_milli / 1000.0;

	past->stored = true;
	if (event->looks <= norm->looks || !event->lat_ns)
		return;
	norm->looks = event->looks < FADE_LOOKS ? (__u32)event->looks : FADE_LOOKS;
	norm->mean = log((double)event->lat_ns / 1e6);
	norm->m2 = sd * sd * (norm->looks - 1);
	norm->kb = (double)event->bytes / 1024.0;
	norm->depth = event->depth_milli / 1000.0;
}

bool disk_past_norm(const struct disk_past *past, unsigned int op, unsigned int slot,
		    struct event_disk_norm *ret)
{
	const struct disk_norm *norm = past ? &past->norm[op][slot] : NULL;
	double sd = norm && norm->looks > 1 ? sqrt(norm->m2 / (norm->looks - 1)) : 0.0;

	if (!norm || norm->looks < KEEP_LOOKS)
		return false;
	ret->op = (__u16)op;
	ret->slot = (__u16)slot;
	ret->looks = norm->looks;
	ret->lat_ns = (__u64)(exp(norm->mean) * 1e6 + 0.5);
	ret->bytes = (__u64)(norm->kb * 1024.0 + 0.5);
	ret->spread_milli = (__u32)(sd * 1000.0 + 0.5);
	ret->depth_milli = (__u32)(norm->depth * 1000.0 + 0.5);
	return ret->lat_ns > 0;
}

__u64 disk_ms_gain(__u64 now, __u64 before)
{
	if (now >= before)
		return now - before;
	return before >> 32 ? 0 : (__u32)(now - before);
}

/* No disk does that: the counters were set back. */
static bool is_absurd(const struct disk_look *look)
{
	return look->depth > DEPTH_MOST || look->busy > BUSY_MOST;
}

void disk_past_apply(struct disk_past *past, const struct look_time *time,
		     const struct event_block_queue *before, const struct event_block_queue *now,
		     struct disk_split *split)
{
	__u64 length_ns = now->h.ts_ns - before->h.ts_ns;
	double intervals = (double)length_ns / (double)time->interval_ns;
	struct disk_look look = {
		.ts_ns = now->h.ts_ns, .length_ns = length_ns, .late = intervals > LONG_LOOK};

	if (now->h.ts_ns <= before->h.ts_ns || intervals < SHORT_LOOK ||
	    (look.late && (!time->next || intervals > HOST_STOOD_STILL)))
		return;
	fill(&look, PAST_READ, now->reads_done - before->reads_done,
	     disk_ms_gain(now->read_ms, before->read_ms), now->read_bytes - before->read_bytes);
	fill(&look, PAST_WRITE, now->writes_done - before->writes_done,
	     disk_ms_gain(now->write_ms, before->write_ms), now->write_bytes - before->write_bytes);
	look.depth =
		(double)disk_ms_gain(now->queue_ms, before->queue_ms) * 1e6 / (double)length_ns;
	look.busy = (double)disk_ms_gain(now->busy_ms, before->busy_ms) * 1e6 / (double)length_ns;
	look.discards =
		(double)disk_ms_gain(now->discard_ms, before->discard_ms) * 1e6 / (double)length_ns;
	if (is_absurd(&look))
		return;
	if (split)
		fill_split(&look, split);
	past->look[past->n_looks++ % DISK_LOOKS_KEPT] = look;
	if (look.late || look.discards >= DISCARDS_MANY)
		return;
	if (unusual(past, &look))
		past->frozen = FREEZE_LOOKS;
	else if (past->frozen)
		past->frozen--;
	if (past->frozen)
		return;
	for (unsigned int op = 0; op < PAST_OPS; op++)
		if (look.done[op])
			learn(past, op, &look);
}
