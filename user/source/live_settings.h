/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_settings.h - the settings of a live run: what they are, and which of them have become others.
 */
#ifndef CULPRIT_LIVE_SETTINGS_H
#define CULPRIT_LIVE_SETTINGS_H

#include "source/emit.h"
#include "source/source.h"

struct live_settings {
	struct setting *list; /* as they were told */
	unsigned int n;
	struct setting *next; /* in their place from the next telling on */
	unsigned int n_next;
	bool due; /* there are such */
};

/* Copies them. 0 or -ENOMEM. */
int live_settings_init(struct live_settings *s, const struct setting *list, unsigned int n);
void live_settings_done(struct live_settings *s);

/* The value that was told; NULL: it has its default. */
const char *live_settings_get(const struct live_settings *s, const char *key);

/* Others take their place with the next telling of changes. 0, or -ENOMEM and nothing is changed. */
int live_settings_replace(struct live_settings *s, const struct setting *list, unsigned int n);

/* All of them as EVENT_CONFIG, at the start; and what has changed since: a value that is empty means the default again.
 * 0, or what the callback returned. */
int live_settings_tell(struct live_settings *s, struct emit *emit);
int live_settings_tell_changes(struct live_settings *s, struct emit *emit);

#endif
