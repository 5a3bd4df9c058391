/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - where events come from: the live host, or a capture.
 *
 * A source owns an event during the callback; who wants to keep it copies it. The order in which a
 * source hands events out is the truth: recording keeps it, and a replay repeats it.
 */
#ifndef CULPRIT_SOURCE_H
#define CULPRIT_SOURCE_H

#include <stdbool.h>

#include <culprit/event.h>

#include "ask.h"
#include "err.h"

/* Takes one event. A negative errno stops the source's dispatch, which returns it. */
typedef int (*event_fn)(void *ctx, const struct event *event);

struct source;
struct setting;

struct source_ops {
	/* A descriptor that is readable when there is something to dispatch; -1: always. */
	int (*fd)(const struct source *source);
	/* Hands out what is ready. 1: go on; 0: the end was handed out (EVENT_END); negative errno.
	 */
	int (*dispatch)(struct source *source, event_fn fn, void *ctx, struct err *err);
	/* Asks for the end: the next dispatch hands out the last snapshot and EVENT_END with
	 * `reason`. */
	void (*stop)(struct source *source, enum end_reason reason);
	/* These settings take the place of the old ones with the next dispatch: what has changed is handed out as
	 * EVENT_CONFIG, with an empty value where the default is in force again. 0 or -ENOMEM. NULL: it has none. */
	int (*configure)(struct source *source, const struct setting *settings, unsigned int n);
	/* Performs an ask, or drops and counts it. NULL: asks are ignored. */
	void (*ask)(struct source *source, const struct ask *ask);
	void (*free)(struct source *source);
};

struct source {
	const struct source_ops *ops;
};

/* A setting that differs from its default: becomes EVENT_CONFIG. */
struct setting {
	char key[64];
	char value[128];
};

struct norms;

struct live_options {
	enum run_mode mode;
	const struct setting *settings;
	unsigned int n_settings;
	unsigned long long duration_ns; /* 0 = until stopped */
	unsigned int tick_ms;		/* 1000 in trace, 5000 in the daemon */
	unsigned int pid;		/* 0 = all */
	const struct norms *norms; /* what disks took in former runs; borrowed; NULL = nothing */
};

/*
 * The live host. Loads and attaches the probes, hands out clock, host, config, probes, disks,
 * mounts and a baseline snapshot (tick 0) on the first dispatches, then rings (within 50 ms) and
 * snapshots (each tick). The setting "probes.disable" (a comma list) forces probes off. Errors:
 * -EPERM with the missing capability named; -ENOTSUP without BTF or with no hook at all.
 */
int live_new(const struct live_options *options, struct source **ret_source, struct err *err);

/* A capture, plain or gzip'd. Errors: -ENOENT..., -EBADMSG when it is no capture, -EPROTO other
 * version. */
int replay_new(const char *path, struct source **ret_source, struct err *err);

/* What was wrong with the capture, for a person; NULL when it was whole. Valid until free. */
const char *replay_damage(const struct source *source);
/* How many lines and fields were passed over because this version does not know them. */
unsigned long long replay_skipped(const struct source *source);

/* The capture writer: a tee between source and engine. */
struct recorder;

/* Opens path for a capture: a regular file (made when missing, truncated, mode 0600, never through a symbolic link), or a
 * character device, which stays as it is. The descriptor, or a negative errno with err set. */
int recorder_open(const char *path, struct err *err);
/* Opens path so and writes the header. */
int recorder_new(const char *path, struct recorder **ret_recorder, struct err *err);
/* The same into a descriptor that is open for writing, a pipe or socket too, and is taken over; `name` is
 * for messages. */
int recorder_new_fd(int fd, const char *name, struct recorder **ret_recorder, struct err *err);
/* fn is called whenever some of it was written: what is slow but goes on is not what hangs. */
void recorder_on_progress(struct recorder *recorder, void (*fn)(void *ctx), void *ctx);
/* What is to be written was looked for, which may take as long: the same call. */
void recorder_progress(const struct recorder *recorder);
/* Appends one event. After the first error (disk full) it writes no more and returns that error
 * each time. */
int recorder_write(struct recorder *recorder, const struct event *event, struct err *err);
/* Writes the trailer and closes: the capture is whole only when this returned 0. */
int recorder_close(struct recorder *recorder, struct err *err);
void recorder_free(struct recorder *recorder);

#endif
