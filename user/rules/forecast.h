/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forecast.h - when will it be full? For disk_full.c and thin_full.c.
 *
 * The lower quartile of the slopes between all pairs of looks (as Theil and Sen's estimator, which takes the median,
 * but on the careful side), when at least `min_looks` were taken, the growth is at least `min_growth` of what was left
 * and 16 MB, and it never fell back by more than a quarter. It reaches `reach` times as far as it was observed, and an
 * hour at most: 30 s foretell 10 minutes.
 */
#ifndef CULPRIT_FORECAST_H
#define CULPRIT_FORECAST_H

#include "model/growth.h"
#include "rules/rule.h"

struct forecast {
	double seconds_left; /* negative: there is none */
	double per_s;	     /* bytes */
	double observed_s;
};

extern const struct threshold forecast_min_looks;
extern const struct threshold forecast_min_growth;
extern const struct threshold forecast_reach;

/* Of what grows into `avail` bytes. Only of what grows now: its latest look is a few seconds old at most. */
struct forecast forecast(const struct model *model, const struct growth *growth, __u64 avail);
/* How sure a finding is that has nothing but this: 0.60, and 0.70 when it was observed for five minutes. */
double forecast_sureness(const struct forecast *f);
/* "+12.0 MB/s for 30 s: full in 4 min" as evidence, or that it does not grow. */
void forecast_say(struct claim *claim, const struct forecast *f, const char *name);

#endif
