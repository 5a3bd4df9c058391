/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.h - what a settings file and the command line ask for, as the list that becomes
 * EVENT_CONFIG.
 *
 * The file has sections of "key = value" lines:
 *	[general]     class, tick_s, duration (of a trace), window_s (what rates are judged over), store (a path)
 *	[thresholds]  kind.name = number, as `culprit explain KIND` lists them
 *	[probes]      disable = a comma list of probe names
 *	[labels]      name = text, goes out with every line
 *	[daemon]      socket, group, flight_minutes, flight_mb, captures, captures_max, captures_mb,
 *		      capture_from: see keeper.h
 * What is unknown, given twice or out of range is an error with its line number: a misspelt
 * threshold must not be silently without effect.
 */
#ifndef CULPRIT_SETTINGS_H
#define CULPRIT_SETTINGS_H

#include "err.h"
#include "keeper.h"
#include "source/source.h"
#include "store/memory.h"

#define SETTINGS_MAX 128

struct settings {
	struct setting list[SETTINGS_MAX];
	unsigned int n;
	unsigned int tick_ms;		/* 0 = not given */
	unsigned long long duration_ns; /* 0 = not given */
	struct keeper_options keeper;	/* its defaults, or what was given */
	struct memory_options memory;	/* the same; `writes` is the command's */
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

/* One "key = value" of a section; checked against the table of keys. */
int settings_take(struct settings *settings, const char *section, const char *key,
		  const char *value, struct err *err);
bool settings_section_known(const char *section);
/* The section that was probably meant; NULL when none is near. */
const char *settings_section_near(const char *text);

#endif
