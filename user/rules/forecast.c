/* SPDX-License-Identifier: BSD-2-Clause */
/* forecast.c - when will it be full? See forecast.h. */
#include "rules/forecast.h"

#include <stdlib.h>

#include "rules/text.h"

#define HOUR_S	     3600.0
#define GROWTH_LEAST (16ULL << 20)
/* Looks are told while something moves: what is older than this does not grow now. */
#define FRESH_NS (12 * 1000000000ULL)

const struct threshold forecast_min_looks = {"disk-full.min_looks", 6, "{look}",
					     "fewer than six looks make no trend"};
const struct threshold forecast_min_growth = {
	"disk-full.min_growth", 0.005, "1",
	"of what was left: less cannot fill it within the hour of any forecast"};
const struct threshold forecast_reach = {
	"disk-full.reach", 20, "1",
	"a copy or an unpacking ends: what was seen for 30 s is not foretold for an hour"};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Bytes a second, by the lower quartile of all pairs; 0: it does not grow steadily. */
static double slope(const struct growth *growth, unsigned int n)
{
	double pair[GROWTH_KEPT * (GROWTH_KEPT - 1) / 2];
	unsigned int k = 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct growth_sample *late = growth_at(growth, i);

		for (unsigned int j = i + 1; j < n; j++) {
			const struct growth_sample *early = growth_at(growth, j);

			if (late->ts_ns > early->ts_ns)
				pair[k++] = ((double)late->used - (double)early->used) * 1e9 /
					    (double)(late->ts_ns - early->ts_ns);
		}
	}
	if (!k)
		return 0.0;
	qsort(pair, k, sizeof(pair[0]), by_value);
	return pair[k / 4] > 0.0 ? pair[k / 4] : 0.0;
}

/* How many samples there are without a fall of more than a quarter of the growth after it. */
static unsigned int steady(const struct growth *growth)
{
	const struct growth_sample *latest = growth_at(growth, 0), *s, *next;
	unsigned int n = 1;

	for (; (s = growth_at(growth, n)); n++) {
		next = growth_at(growth, n - 1);
		if (s->used > next->used && (s->used - next->used) * 4 > latest->used - next->used)
			break;
		if (s->used > latest->used)
			break;
	}
	return n;
}

struct forecast forecast(const struct model *model, const struct growth *growth, __u64 avail)
{
	const struct growth_sample *last = growth_at(growth, 0), *first;
	struct forecast f = {.seconds_left = -1.0};
	unsigned int n;
	__u64 grown;
	double horizon_s;

	if (!last || model_now(model) - last->ts_ns > FRESH_NS)
		return f;
	n = steady(growth);
	first = growth_at(growth, n - 1);
	if (n < model_threshold(model, &forecast_min_looks) || last->used <= first->used)
		return f;
	grown = last->used - first->used;
	if (grown < GROWTH_LEAST ||
	    (double)grown < model_threshold(model, &forecast_min_growth) * (double)(avail + grown))
		return f;
	f.observed_s = (double)(last->ts_ns - first->ts_ns) / 1e9;
	f.per_s = slope(growth, n);
	horizon_s = f.observed_s * model_threshold(model, &forecast_reach);
	if (horizon_s > HOUR_S)
		horizon_s = HOUR_S;
	if (f.per_s > 0.0 && (double)avail / f.per_s <= horizon_s)
		f.seconds_left = (double)avail / f.per_s;
	return f;
}

double forecast_sureness(const struct forecast *f)
{
	return 0.60 + 0.10 * (f->observed_s < 300.0 ? f->observed_s / 300.0 : 1.0);
}

void forecast_say(struct claim *claim, const struct forecast *f, const char *name)
{
	if (f->seconds_left >= 0.0)
		claim_evidence(claim, ROLE_FOR, true, name, f->seconds_left, "s",
			       "+%s/s for %s: full in %s", text_size((__u64)f->per_s).s,
			       text_duration(f->observed_s).s, text_duration(f->seconds_left).s);
	else
		claim_text(claim, ROLE_AGAINST, "it does not grow steadily now");
}
