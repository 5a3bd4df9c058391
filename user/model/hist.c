/* SPDX-License-Identifier: BSD-2-Clause */
/* hist.c - percentiles from the kernel side's latency histogram; see hist.h. */
#include "model/hist.h"

#include <math.h>

double hist_lower_ns(unsigned int slot)
{
	return slot == 0 ? 0.0 : 1000.0 * exp2((double)slot / 2.0);
}

__u64 hist_total(const __u64 hist[EVENT_HIST_SLOTS])
{
	__u64 total = 0;

	for (unsigned int i = 0; i < EVENT_HIST_SLOTS; i++)
		total += hist[i];
	return total;
}

double hist_percentile_ns(const __u64 hist[EVENT_HIST_SLOTS], double share)
{
	double rank = share * (double)hist_total(hist), below = 0.0;

	if (rank <= 0.0)
		return 0.0;
	for (unsigned int i = 0; i < EVENT_HIST_SLOTS; i++) {
		double count = (double)hist[i];

		if (count > 0.0 && below + count >= rank)
			return 1000.0 * exp2(((double)i + (rank - below) / count) / 2.0);
		below += count;
	}
	return 1000.0 * exp2(EVENT_HIST_SLOTS / 2.0);
}
