/* SPDX-License-Identifier: BSD-2-Clause */
/* trend.c - does the floor of a process's descriptor count keep rising; see trend.h. */
#include "rules/trend.h"

#include "rules/stats.h"

#define SCALES 3

/* The floor of the j-th group of `scale` buckets, counted back from now. */
static __u32 coarse_floor(const struct process *process, const struct frame *frame,
			  unsigned int scale, unsigned int j)
{
	__u32 least = process_floor(process, frame, j * scale);

	for (unsigned int i = 1; i < scale; i++) {
		__u32 floor = process_floor(process, frame, j * scale + i);

		if (floor < least)
			least = floor;
	}
	return least;
}

static struct trend trend_at(const struct process *process, const struct frame *frame,
			     unsigned int scale)
{
	struct trend t = {.scale = scale};
	unsigned int n = process_buckets(process, frame) / scale, j = 0;
	double bucket_s = (double)frame->bucket_ns / 1e9;
	__u32 newer, older, top;

	if (n < 2)
		return t;
	newer = coarse_floor(process, frame, scale, 0);
	for (; j + 1 < n; j++) {
		older = coarse_floor(process, frame, scale, j + 1);
		if (older != newer)
			break;
		t.flats++;
	}
	top = newer;
	for (; j + 1 < n; j++) {
		older = coarse_floor(process, frame, scale, j + 1);
		if (older >= newer)
			break;
		t.rises++;
		newer = older;
	}
	t.growth = top - newer;
	t.span_s = t.rises * scale * bucket_s;
	if (t.rises)
		t.per_s = t.growth / t.span_s;
	t.since_ns = (__u64)((t.span_s + t.flats * scale * bucket_s) * 1e9);
	t.since_ns = frame->now_ns > t.since_ns ? frame->now_ns - t.since_ns : 0;
	return t;
}

struct trend trend_of(const struct process *process, const struct frame *frame, unsigned int rises)
{
	struct trend finest = trend_at(process, frame, 1);

	if (finest.rises >= rises)
		return finest;
	for (unsigned int i = 1, scale = 2; i < SCALES; i++, scale *= 2) {
		struct trend t = trend_at(process, frame, scale);

		if (t.rises >= rises)
			return t;
	}
	return finest;
}

double trend_chance(const struct trend *trend, unsigned int processes)
{
	double p = (double)processes / factorial(trend->rises + 1);

	return p < 1.0 ? p : 1.0;
}
