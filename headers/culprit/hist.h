/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* hist.h - the histogram of latencies that both sides use: which slot is whose. */
#ifndef CULPRIT_HIST_H
#define CULPRIT_HIST_H

#include "event_block.h"

/*
 * The histogram slot of a latency. Slot i counts latencies from 2^(i/2) us up to 2^((i+1)/2) us: two
 * slots an octave. Slot 0 also holds what is shorter, the last slot what is longer than 2^31.5 us.
 * In eighths of a microsecond, so that the odd slots are right from 1 us on.
 */
static inline __attribute__((always_inline)) __u32 hist_slot(__u64 lat_ns)
{
	__u64 eighths = lat_ns / 125, mantissa, rest;
	__u32 log2 = 0;

	if (eighths < 8)
		return 0;
	if (eighths >> 35)
		return EVENT_HIST_SLOTS - 1;
	rest = eighths;
	if (rest >> 32) {
		rest >>= 32;
		log2 += 32;
	}
	if (rest >> 16) {
		rest >>= 16;
		log2 += 16;
	}
	if (rest >> 8) {
		rest >>= 8;
		log2 += 8;
	}
	if (rest >> 4) {
		rest >>= 4;
		log2 += 4;
	}
	if (rest >> 2) {
		rest >>= 2;
		log2 += 2;
	}
	log2 += (rest >> 1) & 1;
	/* The leading bit at position 31: from sqrt(2) * 2^31 on it is the upper half octave. */
	mantissa = log2 > 31 ? eighths >> (log2 - 31) : eighths << (31 - log2);
	return ((log2 - 3) * 2 + (mantissa >= 0xb504f334)) & (EVENT_HIST_SLOTS - 1);
}

#endif
