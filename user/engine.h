/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - source -> model -> rules -> findings -> sinks, and asks back. Owns and frees them all.
 */
#ifndef CULPRIT_ENGINE_H
#define CULPRIT_ENGINE_H

#include <stdio.h>

#include "keeper.h"
#include "outputs.h"
#include "reload.h"
#include "sink/sink.h"
#include "source/source.h"
#include "store/memory.h"

struct engine;

struct engine_options {
	struct source *source;		 /* taken over */
	struct recorder *recorder;	 /* taken over; NULL = none */
	struct sink *sinks[OUTPUTS_MAX]; /* taken over */
	unsigned int n_sinks;
	struct keeper *keeper; /* taken over; NULL = none (it is the daemon's) */
	struct reload *reload; /* taken over; NULL = SIGHUP opens sinks anew, and that is all */
	struct memory *memory; /* taken over; NULL = none; freed after the source */
	FILE *events;	/* stdout: each event as text, as it comes (replay --events); NULL = none */
	FILE *progress; /* time left, once a second, for a terminal; NULL = none; borrowed */
	double duration_s;	  /* for the progress only */
	const char *metrics_file; /* the metrics as of the end (metrics.h); NULL = none; borrowed */
};

/* On failure nothing is taken over. */
int engine_new(const struct engine_options *options, struct engine **ret_engine, struct err *err);

/* Runs to the end of the source, or until a signal ends it (SIGINT, SIGTERM: with the verdict; a
 * second one: at once). With a keeper SIGHUP reopens sinks and reads the settings again, and SIGUSR1 makes a
 * capture; without, SIGHUP ends it like SIGTERM, unless it was ignored when the program started. Messages of what
 * went wrong on the way without ending the run (a full disk under the recorder) are logged. 0 or negative errno. */
int engine_run(struct engine *engine, struct err *err);

/* The last verdict; NULL when there was none. */
const struct verdict *engine_verdict(const struct engine *engine);

/* Closes recorder and sinks; a failure there is the result. NULL is fine. */
int engine_close(struct engine *engine, struct err *err);

#endif
