/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prometheus.h - what the daemon knows, in Prometheus' text format (version 0.0.4).
 *
 * Labels come from closed sets or bounded tables only (classes, kinds, severities, probes, rings, hooks, sinks):
 * never from a process, a peer or a disk.
 */
#ifndef CULPRIT_PROMETHEUS_H
#define CULPRIT_PROMETHEUS_H

#include <stdio.h>

#include "keeper.h"

/* Everything, in the order of `docs/operations.md`. What is not measured is absent. */
void prometheus_print(const struct keeper_view *view, FILE *out);

#endif
