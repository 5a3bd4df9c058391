/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hist.h - percentiles from the kernel side's latency histogram.
 *
 * Slot i counts latencies from 2^(i/2) microseconds up to 2^((i+1)/2): half octaves; slot 0 also
 * holds what is shorter, the last slot what is longer.
 */
#ifndef CULPRIT_HIST_H
#define CULPRIT_HIST_H

#include <culprit/event.h>

/* The lower bound of a slot, in ns. */
double hist_lower_ns(unsigned int slot);
__u64 hist_total(const __u64 hist[EVENT_HIST_SLOTS]);
/* The latency in ns below which `share` (0..1) of the counts lie, interpolated geometrically within
 * its slot (off by 19 % at most); 0 when there is no count. */
double hist_percentile_ns(const __u64 hist[EVENT_HIST_SLOTS], double share);

#endif
