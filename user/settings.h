/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.h - what a settings file and the command line ask for, as the list that becomes
 * EVENT_CONFIG.
 *
 * The file has sections of "key = value" lines:
 *	[general]     class, tick_s, duration (of a trace), window_s (what rates are judged over), store (a path)
 *	[thresholds]  kind.name = number, as `culprit explain KIND` lists them
 *	[probes]      disable = a comma list of probe names
 *	[watch]       exclude_X and include_X = a comma list: rules/watched.h
 *	[labels]      name = text, goes out with every line
 *	[daemon]      socket, group, flight_minutes, flight_mb, captures, captures_max, captures_mb,
 *		      capture_from, metrics, metrics_file: see keeper.h; confine: see rights.h;
 *		      budget_cpu, budget_mb: source/live_budget.h
 *	[sinks]       file, stdout, unix_datagram, unix_stream, journald, syslog, queue_kb, file_max_mb,
 *		      file_keep: see outlet.h
 * Flags win over the environment (settings_environment()), that over the file.
 * What is unknown, given twice or out of range is an error with its line number: a misspelt
 * threshold must not be silently without effect.
 */
#ifndef CULPRIT_SETTINGS_H
#define CULPRIT_SETTINGS_H

#include "err.h"
#include "keeper.h"
#include "sink/outlet.h"
#include "sink/sink.h"
#include "source/source.h"
#include "store/memory.h"

#define SETTINGS_MAX 128

#define SINK_CHOICES_MAX 8

/* Where a daemon's lines go; one choice for each row of THE sink table. */
struct sinks_options {
	struct sink_choice {
		bool on;
		bool off; /* somebody said so */
		char target[OUTLET_TARGET_MAX];
	} choice[SINK_CHOICES_MAX];
	size_t queue_bytes;	     /* of each */
	unsigned long long file_max; /* outlet.h */
	unsigned int file_keep;
	bool confine; /* their writers: rights.h */
};

struct settings {
	struct setting list[SETTINGS_MAX];
	unsigned int n;
	unsigned int tick_ms;		/* 0 = not given */
	unsigned long long duration_ns; /* 0 = not given */
	unsigned int in_file;		/* how many keys the file has */
	unsigned int in_environment;
	struct keeper_options keeper; /* its defaults, or what was given */
	struct sinks_options sinks;
	bool confine;		      /* rights.h */
	struct memory_options memory; /* the same; `writes` is the command's */
};

/* None but the defaults. */
void settings_init(struct settings *settings);

/* Adds or replaces a setting; an empty value removes it. -ENOSPC, -ENAMETOOLONG with a message. */
int settings_set(struct settings *settings, const char *key, const char *value, struct err *err);

/* NULL when it is not set. */
const char *settings_get(const struct settings *settings, const char *key);

/* Adds what the file says. -ENOENT and the like; -EINVAL with "FILE:LINE: what is wrong"; on an
 * error `settings` is unchanged. */
int settings_load(struct settings *settings, const char *path, struct err *err);

/* Adds what variables of the environment say: CULPRIT_SECTION_KEY in capitals, all but letters and digits as "_"
 * (CULPRIT_THRESHOLDS_PATH_LOSS_MIN_SEGMENTS); those of no section are not ours. Nothing where the program runs
 * with more rights than its caller. environment: as environ(7). -EINVAL with the variable's name; then `settings`
 * is unchanged. */
int settings_environment(struct settings *settings, char *const *environment, struct err *err);

/* One "key = value" of a section; checked against the table of keys. */
int settings_take(struct settings *settings, const char *section, const char *key,
		  const char *value, struct err *err);
/* The address that metrics are served at, or "none". -EINVAL with a message. */
int settings_set_metrics(struct settings *settings, const char *address, struct err *err);

/* ---- [sinks] ---- */

void sinks_defaults(struct sinks_options *ret);
/* One key of the section. -EINVAL with a message. */
int sinks_set(struct sinks_options *options, const char *key, const char *value, struct err *err);
/* The file of the command line, which may be relative. -ENAMETOOLONG with a message. */
int sinks_set_file(struct sinks_options *options, const char *path, struct err *err);
/* Something of it must be told: -EINVAL where stdout is off and nothing else is set, no sink, no metrics, no
 * captures. */
int settings_check_sinks(const struct settings *settings, struct err *err);
/* The files that it writes: -EINVAL where two are one, or would take the place of what is no file (-ELOOP: of a link). */
int settings_check_files(const struct settings *settings, struct err *err);
/* The sinks of `next` in the place of those of `now`, which are outputs->sink: one that is chosen there too is the
 * same in ret_sinks, the others are made, and open meanwhile (sink_ops.opened). On failure none of those is left. */
struct outputs;
int sinks_change(const struct sinks_options *now, const struct sinks_options *next,
		 const struct outputs *outputs, struct sink **ret_sinks, unsigned int *ret_n,
		 struct err *err);
/* Opens all that are chosen, stdout when none is, and none where stdout is off; waits for each two seconds at most.
 * On failure *ret_n are open, and the caller's to close. */
int sinks_open(const struct sinks_options *options, struct sink **ret_sinks, unsigned int *ret_n,
	       struct err *err);

/* ---- sections ---- */

bool settings_section_known(const char *section);
/* The section of each row of the table, one after another; NULL behind the last. */
const char *settings_section(unsigned int row);
/* The section that was probably meant; NULL when none is near. */
const char *settings_section_near(const char *text);

#endif
