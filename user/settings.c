/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.c - the list of settings, and THE table of what a file may say; see settings.h. */
#include "settings.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "settings_impl.h"

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	keeper_defaults(&settings->keeper);
	sinks_defaults(&settings->sinks);
	settings->confine = true;
	snprintf(settings->memory.path, sizeof(settings->memory.path), "%s", MEMORY_PATH);
	settings->memory.is_default = true;
}

/* ---- the list ---- */

static struct setting *find(struct settings *settings, const char *key)
{
	for (unsigned int i = 0; i < settings->n; i++)
		if (strcmp(settings->list[i].key, key) == 0)
			return &settings->list[i];
	return NULL;
}

const char *settings_get(const struct settings *settings, const char *key)
{
	const struct setting *s = find((struct settings *)settings, key);

	return s ? s->value : NULL;
}

int settings_set(struct settings *settings, const char *key, const char *value, struct err *err)
{
	struct setting *s = find(settings, key);

	if (strlen(key) >= sizeof(s->key))
		return err_set(err, -ENAMETOOLONG, "'%.80s...' is too long: at most %zu bytes", key,
			       sizeof(s->key) - 1);
	if (strlen(value) >= sizeof(s->value))
		return err_set(err, -ENAMETOOLONG, "%s: its value is longer than %zu bytes", key,
			       sizeof(s->value) - 1);
	if (!value[0]) {
		if (s)
			*s = settings->list[--settings->n];
		return 0;
	}
	if (!s) {
		if (settings->n == SETTINGS_MAX)
			return err_set(err, -ENOSPC, "too many settings: at most %d", SETTINGS_MAX);
		s = &settings->list[settings->n++];
		memset(s, 0, sizeof(*s));
		snprintf(s->key, sizeof(s->key), "%s", key);
	}
	snprintf(s->value, sizeof(s->value), "%s", value);
	return 0;
}

/* ---- numbers ---- */

int settings_number(const char *text, double *ret_value, struct err *err)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (end == text || *end || errno == ERANGE || !isfinite(value) || value < 0)
		return err_set(err, -EINVAL, "'%s' is no number of 0 or more", text);
	*ret_value = value;
	return 0;
}

int settings_number_between(const char *key, const char *value, double min, double max,
			    double *ret_number, struct err *err)
{
	int ret = settings_number(value, ret_number, err);

	if (ret < 0)
		return err_prefix(err, "%s", key);
	if (*ret_number < min || *ret_number > max)
		return err_set(err, -EINVAL, "%s: %s is not between %g and %g", key, value, min,
			       max);
	return 0;
}

static int set_sink(struct settings *s, const char *key, const char *value, struct err *err)
{
	return sinks_set(&s->sinks, key, value, err);
}

/* ---- THE table of what a file may say ---- */

struct key_row {
	const char *section;
	const char *key; /* NULL: any, the setter checks */
	int (*set)(struct settings *s, const char *key, const char *value, struct err *err);
};

static const struct key_row key_table[] = {
	{"general", "class", set_class},
	{"general", "window_s", set_window},
	{"general", "tick_s", set_tick},
	{"general", "duration", set_duration},
	{"general", "store", set_store},
	{"general", "smartctl", set_smartctl},
	{"thresholds", NULL, set_threshold},
	{"probes", "disable", set_disable},
	{"probes", "arm", set_arm},
	{"labels", NULL, set_label},
	{"watch", NULL, set_watch},
	{"sinks", NULL, set_sink},
	{"daemon", "socket", set_socket},
	{"daemon", "group", set_group},
	{"daemon", "flight_minutes", set_flight_minutes},
	{"daemon", "flight_mb", set_flight_mb},
	{"daemon", "captures", set_captures},
	{"daemon", "captures_max", set_captures_max},
	{"daemon", "captures_mb", set_captures_mb},
	{"daemon", "capture_from", set_capture_from},
	{"daemon", "metrics", set_metrics},
	{"daemon", "metrics_file", set_metrics_file},
	{"daemon", "confine", set_confine},
	{"daemon", "budget_cpu", set_budget},
	{"daemon", "budget_mb", set_budget},
};
#define KEY_ROWS (sizeof(key_table) / sizeof(key_table[0]))

static const char *section_at(const void *table, unsigned int i)
{
	(void)table;
	return key_table[i].section;
}

static const char *key_at(const void *table, unsigned int i)
{
	return strcmp(key_table[i].section, table) == 0 ? key_table[i].key : NULL;
}

const char *settings_section(unsigned int row)
{
	return row < KEY_ROWS ? key_table[row].section : NULL;
}

bool settings_section_known(const char *section)
{
	for (unsigned int i = 0; i < KEY_ROWS; i++)
		if (strcmp(key_table[i].section, section) == 0)
			return true;
	return false;
}

const char *settings_section_near(const char *text)
{
	return suggest(text, NULL, KEY_ROWS, section_at);
}

int settings_take(struct settings *settings, const char *section, const char *key,
		  const char *value, struct err *err)
{
	char hint[80];

	for (unsigned int i = 0; i < KEY_ROWS; i++) {
		const struct key_row *row = &key_table[i];

		if (strcmp(row->section, section) == 0 && (!row->key || strcmp(row->key, key) == 0))
			return row->set(settings, key, value, err);
	}
	suggest_text(hint, sizeof(hint), "", suggest(key, section, KEY_ROWS, key_at));
	return err_set(err, -EINVAL, "unknown key '%s' in [%s]%s", key, section, hint);
}
