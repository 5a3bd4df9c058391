/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_table.h - THE probe table: what is probed, and by which ways, in the order they are tried.
 */
#ifndef CULPRIT_PROBE_TABLE_H
#define CULPRIT_PROBE_TABLE_H

#include <stdbool.h>

#include <culprit/counters.h>

#define PROBE_WAYS 4
#define PROBE_ROWS 33

enum probe_object {
	OBJECT_TCP = 0,
	OBJECT_BLOCK = 1,
	OBJECT_FILES = 2,
	OBJECT_FS = 3,
	OBJECT_SYSTEM = 4,
	OBJECT_LEAK = 5,
	OBJECT_DNS = 6,
	OBJECT_REFUSED = 7,
	OBJECT_TLS = 8,
	PROBE_OBJECTS = 9,
};

/* How a program gets to its hook. */
struct way {
	const char *
		type; /* "tp_btf", "raw_tp", "tp", "iter", "fentry", "fexit"; "run": run on demand; "uprobe": in
			      * a library, which is found when somebody is armed */
	const char *target;  /* "block_rq_complete" */
	const char *program; /* its name in the object */
	const char *
		lacks; /* what is missing when it comes to this way: the probe is degraded; or NULL */
};

struct probe_row {
	const char *name;
	enum probe_object object;
	enum hook hook;
	bool on_demand;		     /* tested at start, attached when it is asked for */
	const char *needed_by;	     /* classes that cannot be judged without it */
	struct way ways[PROBE_WAYS]; /* up to the first without a type */
};

extern const struct probe_row probe_table[PROBE_ROWS];

/* Whether it is attached to a function of the kernel's: "fentry", "fexit". */
bool way_is_function(const struct way *way);

/* Whether `name` is in a comma list, alone or followed by "=value": then *ret_value, which may be NULL, points
 * there, or to "" where it is alone. list may be NULL. For the settings probes.disable and probes.force, of
 * whatever probes. */
bool probe_listed(const char *list, const char *name, const char **ret_value);

#endif
