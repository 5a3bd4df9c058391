/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.h - one BPF object with its probes: tries the ways, loads, attaches, keeps what attached.
 *
 * All probes of an object share its maps, so they are loaded as one. When the kernel refuses one of the
 * programs, each is tried alone in a throw-away object, and the next load takes the next way of those
 * that failed: a refused program never takes the others with it.
 */
#ifndef CULPRIT_OBJECT_H
#define CULPRIT_OBJECT_H

#include <bpf/libbpf.h>

#include <culprit/config.h>
#include <culprit/event.h>

#include "probe/feature.h"
#include "probe/hook_cost.h"
#include "probe/probe_table.h"
#include "source/source.h"

/* One row of the probe table, as far as it has come. */
struct probe_run {
	const struct probe_row *row;
	int way;	     /* index into row->ways; -1 = none works */
	unsigned int absent; /* bit by bit: ways that are not tried, as their target is not there */
	bool off;	     /* forced off */
	const char *only;    /* only this type of way is tried; NULL = all */
	const char *refused; /* this type of way fails, as if the kernel refused it; NULL = none */
	struct bpf_program *program;
	struct bpf_link *link; /* NULL: not attached (on demand), or no way works */
	char reason[96];       /* why off, or why a better way is not taken */
	struct hook_cost cost;
};

struct object_options {
	struct bpf_config config;
	unsigned int block_stats_max; /* entries of the map */
	int listen_zero_fd;	      /* map to share, -1 = own */
};

struct object {
	enum probe_object which;
	struct bpf_object *bpf; /* NULL: nothing of it works */
	struct ring_buffer *ring;
	unsigned long long delivered;
	unsigned long long map_bytes; /* 0 = not asked for yet */
	/* During object_drain() only. */
	event_fn fn;
	void *ctx;
	int urgent;
};

/* "tcp", "block", "files", "fs" */
const char *object_name(enum probe_object which);

/*
 * Loads and attaches the probes of `runs` (PROBE_ROWS) that belong to this object; on-demand ones are
 * attached and detached again. What became of each is in its run. 0 even when none works; a negative
 * errno only for want of memory.
 */
int object_attach(struct object *object, enum probe_object which, struct probe_run *runs,
		  const struct object_options *options);
/* For an object whose programs are only there while something is armed: loads those of the ways that
 * object_attach() chose, and attaches none. 0, or a negative errno. */
int object_load(struct object *object, enum probe_object which, struct probe_run *runs,
		const struct object_options *options);
/* Detaches and frees all of it; the chosen ways stay. */
void object_unload(struct object *object, struct probe_run *runs);
/* Hands out all events in the ring. How many were urgent, or what fn returned when negative. */
int object_drain(struct object *object, event_fn fn, void *ctx);
/* -ENOENT when there is no such map, or the object is not loaded. */
int object_map_fd(const struct object *object, const char *map);
/* Memory of its maps and its ring. */
unsigned long long object_map_bytes(struct object *object);
/* The links belong to the runs: detach these first. */
void object_done(struct object *object);

#endif
