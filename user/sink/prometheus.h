/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prometheus.h - what the daemon knows, in Prometheus' text format (version 0.0.4).
 *
 * Labels come from closed sets or bounded tables only (classes, kinds, severities, probes, rings, hooks, sinks), with
 * one exception: culprit_finding_info names the worst PROMETHEUS_FINDINGS of the open findings, so that rules can join
 * hosts by peer, subnet and disk model. None of its labels changes with a count: a finding is one series for each
 * severity that it has had.
 */
#ifndef CULPRIT_PROMETHEUS_H
#define CULPRIT_PROMETHEUS_H

#include <stdio.h>

#include "keeper.h"

/* How many findings are named at a time: a host with more in fault than this has one fault, and the rest is counted. */
#define PROMETHEUS_FINDINGS 32U

/* How many disk models are counted: what a finding's model is one of. */
#define PROMETHEUS_MODELS 16U

/* Everything, in the order of `docs/operations.md`. What is not measured is absent. */
void prometheus_print(const struct keeper_view *view, FILE *out);

#endif
