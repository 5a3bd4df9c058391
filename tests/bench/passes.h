/* SPDX-License-Identifier: BSD-2-Clause */
/* passes.h - how long a snapshot of culprit's own probes takes. */
#ifndef TESTS_BENCH_PASSES_H
#define TESTS_BENCH_PASSES_H

#include <stddef.h>

#include "source/source.h"

struct passes {
	const char *disable; /* comma list of probes; NULL: none */
	event_fn fn;	     /* takes the events of the first, whole snapshot */
	void *ctx;
	void (*between)(void *ctx); /* before each further one; NULL: nothing */
};

/* Median ms of a snapshot; ends the program, and says why, when there is none. */
double passes_ms(const struct passes *passes);
/* The names of all probes, but those that begin so. */
void passes_all_but(const char *prefix, char *list, size_t size);

#endif
