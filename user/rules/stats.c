/* SPDX-License-Identifier: BSD-2-Clause */
/* stats.c - the few statistics that rules judge by; see stats.h. */
#include "rules/stats.h"

#include <math.h>

/* Terms beyond this share of the sum no longer change what is said. */
#define TAIL_EPS   1e-9
#define TAIL_TERMS 100000

double binomial_tail(double k, double n, double p)
{
	double term, sum, i;

	k = floor(k);
	n = floor(n);
	if (k <= 0.0 || p >= 1.0)
		return 1.0;
	if (k > n || p <= 0.0)
		return 0.0;
	term = exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * log(p) +
		   (n - k) * log1p(-p));
	sum = term;
	i = k;
	for (unsigned int steps = 0; i < n && steps < TAIL_TERMS; steps++) {
		term *= (n - i) / (i + 1.0) * p / (1.0 - p);
		i += 1.0;
		sum += term;
		/* Before the mean terms still grow. */
		if (i > n * p && term < sum * TAIL_EPS)
			break;
	}
	return sum < 1.0 ? sum : 1.0;
}

double rate_test(double hits, double exposure, double control_hits, double control_exposure)
{
	if (exposure <= 0.0)
		return 1.0;
	return binomial_tail(hits, floor(hits) + floor(control_hits),
			     exposure / (exposure + control_exposure));
}

double factorial(unsigned int n)
{
	double f = 1.0;

	for (unsigned int i = 2; i <= n && i <= 170; i++)
		f *= (double)i;
	return f;
}

double confidence_round(double confidence)
{
	if (!(confidence > 0.0))
		return 0.0;
	return confidence > 1.0 ? 1.0 : floor(confidence * 100.0 + 0.5) / 100.0;
}
