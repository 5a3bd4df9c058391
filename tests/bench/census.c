/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * census - ms for one pass of culprit's own descriptor census, and for its whole snapshot at a
 * tick.
 *
 * The census alone: every other probe is forced off. Prints the median pass of each, and how many
 * descriptors the census found in all.
 */
#include <stdio.h>

#include "passes.h"
#include "probe/probe_table.h"

/* Sums the descriptors of all processes; ctx: the sum. */
static int add_descriptors(void *ctx, const struct event *event)
{
	unsigned long long *sum = ctx;

	if (event->type == EVENT_PROC_FDS)
		*sum += ((const struct event_proc_fds *)event)->fds;
	return 0;
}

int main(void)
{
	unsigned long long descriptors = 0;
	char others[PROBE_ROWS * 32];
	struct passes census = {.disable = others, .fn = add_descriptors, .ctx = &descriptors};
	struct passes whole = {.disable = NULL};
	double census_ms, snapshot_ms;

	passes_all_but("files.census", others, sizeof(others));
	census_ms = passes_ms(&census);
	snapshot_ms = passes_ms(&whole);
	printf("census-ms %.4f snapshot-ms %.4f descriptors %llu\n", census_ms, snapshot_ms,
	       descriptors);
	return 0;
}
