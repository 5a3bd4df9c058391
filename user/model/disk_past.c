/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_past.c - how long a disk takes for a request at which load; see disk_past.h. */
#include "model/disk_past.h"

#include <math.h>
#include <stddef.h>

#define LEAST_LOOK_NS 500000000ULL
/* A look that is longer than so many of the shortest began in idle time: its depth would be too small. */
#define LONG_LOOK 1.5
/* So far above what is expected, a look may be of a fault: it is not learned. */
#define LEARN_RATIO 2.0
#define LEARN_LOOKS 5
/* Latencies of one disk at one load vary at least so much from look to look: a factor of 1.15. */
#define LEAST_SD 0.14

static unsigned int depth_slot(double depth)
{
	unsigned int slot = 0;

	for (double most = 1.0; depth > most && slot < DISK_DEPTH_SLOTS - 1; most *= 2.0)
		slot++;
	return slot;
}

const struct disk_look *disk_past_look(const struct disk_past *past, unsigned int i)
{
	if (i >= DISK_LOOKS_KEPT || i >= past->n_looks)
		return NULL;
	return &past->look[(past->n_looks - 1 - i) % DISK_LOOKS_KEPT];
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

bool disk_past_expect(const struct disk_past *past, unsigned int op, double depth, double kb,
		      __u32 least, struct disk_expect *ret)
{
	unsigned int slot = depth_slot(depth);
	const struct disk_norm *norm = find_norm(past->norm[op], slot, least);
	double factor = 1.0, sd;

	if (!norm)
		return false;
	sd = norm->looks > 1 ? sqrt(norm->m2 / (norm->looks - 1)) : 0.0;
	if (sd < LEAST_SD)
		sd = LEAST_SD;
	if (norm != &past->norm[op][slot] && depth > norm->depth)
		factor *= depth / (norm->depth > 1.0 ? norm->depth : 1.0);
	if (factor < 1.0)
		factor = 1.0;
	if (kb > norm->kb && norm->kb > 0.0)
		factor *= kb / norm->kb;
	ret->lat_ms = exp(norm->mean) * factor;
	ret->bound_ms = exp(norm->mean + 3.0 * sd) * factor;
	ret->looks = norm->looks;
	ret->scaled = norm != &past->norm[op][slot];
	return true;
}

static void learn(struct disk_past *past, unsigned int op, const struct disk_look *look)
{
	struct disk_norm *norm = &past->norm[op][depth_slot(look->depth)];
	double value = log(look->lat_ms[op]), delta;
	struct disk_expect expect;

	if (disk_past_expect(past, op, look->depth, look->kb[op], LEARN_LOOKS, &expect) &&
	    look->lat_ms[op] > LEARN_RATIO * expect.lat_ms)
		return;
	norm->looks++;
	delta = value - norm->mean;
	norm->mean += delta / norm->looks;
	norm->m2 += delta * (value - norm->mean);
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

void disk_past_apply(struct disk_past *past, const struct event_block_queue *before,
		     const struct event_block_queue *now)
{
	__u64 length_ns = now->h.ts_ns - before->h.ts_ns;
	struct disk_look look = {.ts_ns = now->h.ts_ns, .length_ns = length_ns};

	if (now->h.ts_ns <= before->h.ts_ns || length_ns < LEAST_LOOK_NS)
		return;
	if (!past->shortest_ns || length_ns < past->shortest_ns)
		past->shortest_ns = length_ns;
	if ((double)length_ns > LONG_LOOK * (double)past->shortest_ns)
		return;
	fill(&look, PAST_READ, now->reads_done - before->reads_done, now->read_ms - before->read_ms,
	     now->read_bytes - before->read_bytes);
	fill(&look, PAST_WRITE, now->writes_done - before->writes_done,
	     now->write_ms - before->write_ms, now->write_bytes - before->write_bytes);
	look.depth = (double)(now->queue_ms - before->queue_ms) * 1e6 / (double)length_ns;
	look.busy = (double)(now->busy_ms - before->busy_ms) * 1e6 / (double)length_ns;
	past->look[past->n_looks++ % DISK_LOOKS_KEPT] = look;
	for (unsigned int op = 0; op < PAST_OPS; op++)
		if (look.done[op])
			learn(past, op, &look);
}
