/* SPDX-License-Identifier: BSD-2-Clause */
/* passes.c - see passes.h. */
#include "passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe/probe_table.h"
#include "probe/probes.h"

#define PASSES	   51
#define SLOW_IO_NS 1000000000ULL

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000ULL + (unsigned long long)t.tv_nsec;
}

static int fail(const char *why)
{
	fprintf(stderr, "passes: %s\n", why);
	exit(1);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int ignore(void *ctx, const struct event *event)
{
	(void)ctx;
	(void)event;
	return 0;
}

double passes_ms(const struct passes *passes)
{
	const struct probes_options options = {
		.disable = passes->disable,
		.slow_io_ns = SLOW_IO_NS,
		.own_pid = (unsigned int)getpid(),
	};
	struct probes *probes;
	struct err err = {0};
	double ms[PASSES];

	if (probes_new(&options, &probes, &err) || probes_attach(probes, &err))
		fail(err.text);
	if (probes_snapshot(probes, now_ns(), true, passes->fn ? passes->fn : ignore, passes->ctx))
		fail("the snapshot failed");
	for (int i = 0; i < PASSES; i++) {
		unsigned long long start;

		if (passes->between)
			passes->between(passes->ctx);
		start = now_ns();
		if (probes_snapshot(probes, start, false, ignore, NULL))
			fail("the snapshot failed");
		ms[i] = (double)(now_ns() - start) / 1e6;
	}
	probes_free(probes);
	qsort(ms, PASSES, sizeof(ms[0]), compare);
	return ms[PASSES / 2];
}

void passes_all_but(const char *prefix, char *list, size_t size)
{
	size_t at = 0;

	*list = '\0';
	for (int i = 0; i < PROBE_ROWS; i++)
		if (strncmp(probe_table[i].name, prefix, strlen(prefix)) != 0)
			at += (size_t)snprintf(list + at, size - at, "%s%s", at ? "," : "",
					       probe_table[i].name);
}
