/* SPDX-License-Identifier: BSD-2-Clause */
/* stats.h - the few statistics that rules judge by. */
#ifndef CULPRIT_STATS_H
#define CULPRIT_STATS_H

/* P(X >= k) for X binomial over n trials of chance p: the upper tail, summed exactly (Abramowitz
 * and Stegun 26.1.20; terms by lgamma). 1 for k <= 0. */
double binomial_tail(double k, double n, double p);

/*
 * The chance that of two Poisson counts with equal rates the first is as large as it is or larger:
 * given their sum, the first is binomial with its share of the exposure (Przyborowski and Wilenski,
 * Biometrika 31, 1940). hits of exposure against control_hits of control_exposure.
 */
double rate_test(double hits, double exposure, double control_hits, double control_exposure);

/*
 * Fisher's exact test, one-sided (The Design of Experiments, 1935): the chance that of n things of one kind so many
 * hits or more are met, when hits + control_hits fall at random on n + control_n of both kinds. Tells whether the
 * first kind is met more often. 1 where a number is no count of its kind.
 */
double fisher_test(double hits, double n, double control_hits, double control_n);

/* n! as a double; n up to 170. */
double factorial(unsigned int n);

/* To two decimals, within 0..1: what a confidence is stated to, and the same on every libm. */
double confidence_round(double confidence);

#endif
