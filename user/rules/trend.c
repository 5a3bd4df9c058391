/* SPDX-License-Identifier: BSD-2-Clause */
/* trend.c - does the floor of a process's descriptor count keep rising; see trend.h. */
#include "rules/trend.h"

#include "rules/stats.h"

static const unsigned int scales[] = {1, 2, 4, WIDE, 2 * WIDE, 3 * WIDE};

static bool is_wide(unsigned int scale)
{
	return scale >= WIDE;
}

/* How many buckets, or wide ones, one of that scale is made of. */
static unsigned int parts_of(unsigned int scale)
{
	return is_wide(scale) ? scale / WIDE : scale;
}

/* The floor of the j-th group of `scale` buckets, counted back from now. */
static __u32 coarse_floor(const struct process *process, const struct frame *frame,
			  unsigned int scale, unsigned int j)
{
	unsigned int n = parts_of(scale);
	__u32 least = ~0U;

	for (unsigned int i = j * n; i < (j + 1) * n; i++) {
		__u32 floor = is_wide(scale) ? process_wide_floor(process, frame, i)
					     : process_floor(process, frame, i);

		if (floor < least)
			least = floor;
	}
	return least;
}

/* Nobody looked in any of them: a floor that did not rise there says nothing. A look is never late by a wide one. */
static bool was_unseen(const struct process *process, const struct frame *frame, unsigned int scale,
		       unsigned int j)
{
	if (is_wide(scale))
		return false;
	for (unsigned int i = j * scale; i < (j + 1) * scale; i++)
		if (process_looked(process, frame, i))
			return false;
	return true;
}

/* The next group before the j-th that was looked at; n: there is none. */
static unsigned int before(const struct process *process, const struct frame *frame,
			   unsigned int scale, unsigned int j, unsigned int n)
{
	do
		j++;
	while (j < n && was_unseen(process, frame, scale, j));
	return j;
}

static struct trend trend_at(const struct process *process, const struct frame *frame,
			     unsigned int scale)
{
	struct trend t = {.scale = scale};
	unsigned int n =
		(is_wide(scale) ? process_wides(process, frame) : process_buckets(process, frame)) /
		parts_of(scale);
	double bucket_s = (double)frame->bucket_ns / 1e9;
	unsigned int j = 0, k, top_j;
	__u32 newer, older, top;

	if (n < 2)
		return t;
	newer = coarse_floor(process, frame, scale, 0);
	while ((k = before(process, frame, scale, j, n)) < n) {
		older = coarse_floor(process, frame, scale, k);
		if (older != newer)
			break;
		t.flats++;
		j = k;
	}
	top = newer;
	top_j = j;
	while ((k = before(process, frame, scale, j, n)) < n) {
		older = coarse_floor(process, frame, scale, k);
		if (older >= newer)
			break;
		t.rises++;
		newer = older;
		j = k;
	}
	t.growth = top - newer;
	t.span_s = (j - top_j) * scale * bucket_s;
	if (t.rises)
		t.per_s = t.growth / t.span_s;
	t.since_ns = (__u64)(j * scale * bucket_s * 1e9);
	t.since_ns = frame->now_ns > t.since_ns ? frame->now_ns - t.since_ns : 0;
	return t;
}

bool trend_suffices(const struct trend *trend, const struct trend_need *need)
{
	return trend->rises >= (is_wide(trend->scale) ? need->wide_rises : need->rises) &&
	       trend->growth >= need->growth && trend->flats <= need->flats;
}

struct trend trend_of(const struct process *process, const struct frame *frame,
		      const struct trend_need *need)
{
	struct trend finest = trend_at(process, frame, scales[0]);

	if (trend_suffices(&finest, need))
		return finest;
	for (unsigned int i = 1; i < sizeof(scales) / sizeof(scales[0]); i++) {
		struct trend t = trend_at(process, frame, scales[i]);

		if (trend_suffices(&t, need))
			return t;
	}
	return finest;
}

unsigned int trend_room(const struct trend *trend)
{
	return FLOORS / parts_of(trend->scale) - 1;
}

double trend_chance(const struct trend *trend, unsigned int processes)
{
	double p = (double)processes / factorial(trend->rises + 1);

	return p < 1.0 ? p : 1.0;
}
