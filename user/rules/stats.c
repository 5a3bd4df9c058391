/* SPDX-License-Identifier: BSD-2-Clause */
/* stats.c - the few statistics that rules judge by; see stats.h. */
#include "rules/stats.h"

#include <math.h>

/* Terms beyond this share of the sum no longer change what is said. */
#define TAIL_EPS   1e-9
#define TAIL_TERMS 100000

static double binomial_term(double k, double n, double p)
{
	return exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * log(p) +
		   (n - k) * log1p(-p));
}

/* P(X <= k) for k below the mean: from the largest term down. */
static double lower_tail(double k, double n, double p)
{
	double term = binomial_term(k, n, p), sum = term;

	for (unsigned int steps = 0; k > 0.0 && steps < TAIL_TERMS; steps++) {
		term *= k / (n - k + 1.0) * (1.0 - p) / p;
		k -= 1.0;
		sum += term;
		if (term <= sum * TAIL_EPS)
			break;
	}
	return sum;
}

/* P(X >= k) for k above the mean: from the largest term up. */
static double upper_tail(double k, double n, double p)
{
	double term = binomial_term(k, n, p), sum = term;

	for (unsigned int steps = 0; k < n && steps < TAIL_TERMS; steps++) {
		term *= (n - k) / (k + 1.0) * p / (1.0 - p);
		k += 1.0;
		sum += term;
		if (term <= sum * TAIL_EPS)
			break;
	}
	return sum;
}

double binomial_tail(double k, double n, double p)
{
	double tail;

	k = floor(k);
	n = floor(n);
	if (k <= 0.0 || p >= 1.0)
		return 1.0;
	if (k > n || p <= 0.0)
		return 0.0;
	tail = k > n * p ? upper_tail(k, n, p) : 1.0 - lower_tail(k - 1.0, n, p);
	return tail < 0.0 ? 0.0 : tail > 1.0 ? 1.0 : tail;
}

double rate_test(double hits, double exposure, double control_hits, double control_exposure)
{
	if (exposure <= 0.0)
		return 1.0;
	return binomial_tail(hits, floor(hits) + floor(control_hits),
			     exposure / (exposure + control_exposure));
}

static double ln_choose(double n, double k)
{
	return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
}

double fisher_test(double hits, double n, double control_hits, double control_n)
{
	double all = hits + control_hits, most = all < n ? all : n, sum = 0.0;

	if (hits < 0.0 || control_hits < 0.0 || hits > n || control_hits > control_n)
		return 1.0;
	for (unsigned int i = 0; i < TAIL_TERMS && hits + i <= most; i++) {
		double k = hits + i;

		sum += exp(ln_choose(n, k) + ln_choose(control_n, all - k) -
			   ln_choose(n + control_n, all));
	}
	return sum < 1.0 ? sum : 1.0;
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
