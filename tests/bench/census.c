/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * census - ms for one pass of culprit's own descriptor census, and for its whole snapshot at a
 * tick.
 *
 * The census alone: every other probe is forced off. Prints the median pass of each, and how many
 * descriptors the census found in all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe/probe_table.h"
#include "probe/probes.h"

#define PASSES	   51
#define SLOW_IO_NS 1000000000ULL
#define CENSUS	   "files.census"

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000ULL + (unsigned long long)t.tv_nsec;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "census: %s\n", err->text);
	exit(1);
}

/* Sums the descriptors of all processes; ctx: the sum. */
static int add_descriptors(void *ctx, const struct event *event)
{
	unsigned long long *sum = ctx;

	if (event->type == EVENT_PROC_FDS)
		*sum += ((const struct event_proc_fds *)event)->fds;
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median ms of a snapshot with these probes forced off; the descriptors of the first, whole one. */
static double time_snapshots(const char *disable, unsigned long long *ret_descriptors)
{
	const struct probes_options options = {
		.disable = disable,
		.slow_io_ns = SLOW_IO_NS,
		.own_pid = (unsigned int)getpid(),
	};
	unsigned long long changes = 0;
	struct probes *probes;
	struct err err = {0};
	double ms[PASSES];

	if (probes_new(&options, &probes, &err) || probes_attach(probes, &err))
		fail(&err);
	*ret_descriptors = 0;
	if (probes_snapshot(probes, now_ns(), true, add_descriptors, ret_descriptors)) {
		fprintf(stderr, "census: the snapshot failed\n");
		exit(1);
	}
	for (int i = 0; i < PASSES; i++) {
		unsigned long long start = now_ns();

		if (probes_snapshot(probes, start, false, add_descriptors, &changes)) {
			fprintf(stderr, "census: the snapshot failed\n");
			exit(1);
		}
		ms[i] = (double)(now_ns() - start) / 1e6;
	}
	probes_free(probes);
	qsort(ms, PASSES, sizeof(ms[0]), compare);
	return ms[PASSES / 2];
}

/* The names of all probes but the census. */
static void all_but_census(char *list, size_t size)
{
	size_t at = 0;

	*list = '\0';
	for (int i = 0; i < PROBE_ROWS; i++)
		if (strcmp(probe_table[i].name, CENSUS))
			at += (size_t)snprintf(list + at, size - at, "%s%s", at ? "," : "",
					       probe_table[i].name);
}

int main(void)
{
	unsigned long long descriptors, of_all;
	char others[PROBE_ROWS * 32];
	double census_ms, snapshot_ms;

	all_but_census(others, sizeof(others));
	census_ms = time_snapshots(others, &descriptors);
	snapshot_ms = time_snapshots(NULL, &of_all);
	printf("census-ms %.4f snapshot-ms %.4f descriptors %llu\n", census_ms, snapshot_ms,
	       descriptors);
	return 0;
}
