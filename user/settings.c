/* SPDX-License-Identifier: BSD-2-Clause */
/* settings.c - the settings file, checked line by line; see settings.h. */
#include "settings.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "metrics.h"
#include "model/process.h"
#include "options.h"
#include "probe/probe_table.h"
#include "rules/rule.h"
#include "rules/watched.h"

/* A trace or a daemon that looks more seldom would miss what it is for; more often costs too much.
 */
#define TICK_MIN_MS  100U
#define TICK_MAX_MS  60000U
#define WINDOW_MIN_S 1.0
#define WINDOW_MAX_S 86400.0

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

	if (strlen(key) >= sizeof(s->key) || strlen(value) >= sizeof(s->value))
		return err_set(err, -ENAMETOOLONG,
			       "'%.80s' is too long: at most %zu bytes, its value %zu", key,
			       sizeof(s->key) - 1, sizeof(s->value) - 1);
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

/* ---- values ---- */

static int parse_number(const char *text, double *ret_value, struct err *err)
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

static const char *threshold_at(const void *table, unsigned int n)
{
	(void)table;
	for (unsigned int i = 0; i < rule_count; i++)
		for (const struct threshold *const *t = rule_table[i]->thresholds; t && *t; t++)
			if (n-- == 0)
				return (*t)->key;
	return NULL;
}

static bool is_threshold(const char *key)
{
	for (unsigned int i = 0; i < rule_count; i++)
		for (const struct threshold *const *t = rule_table[i]->thresholds; t && *t; t++)
			if (strcmp((*t)->key, key) == 0)
				return true;
	return false;
}

/* What the buckets of model/process.h can hold, what is divided by; other thresholds take any number of 0 or more. */
static const struct bound {
	const char *key;
	double min, max;
} bounds[] = {
	{"leak.bucket_s", 2, 3600},
	{"leak.min_rises", 2, FLOORS - 1},
	{"leak.min_buckets", 1, FLOORS - 1},
	{"path-loss.min_segments", 1, 1e9},
	{"network-partition.client_weight", 1, 1e3},
};

static int check_bounds(const char *key, double number, struct err *err)
{
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		if (strcmp(bounds[i].key, key) == 0 &&
		    (number < bounds[i].min || number > bounds[i].max))
			return err_set(err, -EINVAL, "%s: %g is not between %g and %g", key, number,
				       bounds[i].min, bounds[i].max);
	return 0;
}

static int set_threshold(struct settings *s, const char *key, const char *value, struct err *err)
{
	unsigned int n = 0;
	char hint[96];
	double number = 0;
	int ret;

	if (!is_threshold(key)) {
		while (threshold_at(NULL, n))
			n++;
		suggest_text(hint, sizeof(hint), "", suggest(key, NULL, n, threshold_at));
		return err_set(err, -EINVAL,
			       "unknown threshold '%s'%s; culprit explain KIND lists them", key,
			       hint);
	}
	ret = parse_number(value, &number, err);
	if (ret < 0)
		return err_prefix(err, "%s", key);
	ret = check_bounds(key, number, err);
	if (ret < 0)
		return ret;
	/* Kept even when it is the number in the table: some defaults depend on trace or daemon. */
	return settings_set(s, key, value, err);
}

static int set_seconds(struct settings *s, const char *key, const char *value, double min,
		       double max, double *ret_seconds, struct err *err)
{
	int ret = parse_number(value, ret_seconds, err);

	(void)s;
	if (ret < 0)
		return err_prefix(err, "%s", key);
	if (*ret_seconds < min || *ret_seconds > max)
		return err_set(err, -EINVAL, "%s: %s is not between %g and %g seconds", key, value,
			       min, max);
	return 0;
}

static int set_window(struct settings *s, const char *key, const char *value, struct err *err)
{
	double seconds = 0;
	int ret = set_seconds(s, key, value, WINDOW_MIN_S, WINDOW_MAX_S, &seconds, err);

	return ret < 0 ? ret : settings_set(s, key, value, err);
}

static int set_tick(struct settings *s, const char *key, const char *value, struct err *err)
{
	double seconds = 0;
	int ret = set_seconds(s, key, value, TICK_MIN_MS / 1e3, TICK_MAX_MS / 1e3, &seconds, err);

	if (ret == 0)
		s->tick_ms = (unsigned int)(seconds * 1e3 + 0.5);
	return ret;
}

static int set_duration(struct settings *s, const char *key, const char *value, struct err *err)
{
	if (parse_duration(value, &s->duration_ns, err) < 0)
		return err_prefix(err, "%s", key);
	return 0;
}

/* "a, b" to "a,b" */
static void squeeze(const char *from, char *to, size_t size)
{
	size_t at = 0;

	for (; *from && at + 1 < size; from++)
		if (*from != ' ' && *from != '\t')
			to[at++] = *from;
	to[at] = '\0';
}

static int set_class(struct settings *s, const char *key, const char *value, struct err *err)
{
	char list[128], sorted[64];

	squeeze(value, list, sizeof(list));
	if (parse_class_list(list, sorted, sizeof(sorted), err) < 0)
		return err_prefix(err, "%s", key);
	return settings_set(s, "class", sorted, err);
}

/* What the live source reads without a program: it has no row in THE probe table. */
static const char *const read_probes[] = {"host.load",	 "host.pressure", "host.links",
					  "host.queues", "host.stack",	  "host.clock"};
#define READ_PROBES (sizeof(read_probes) / sizeof(read_probes[0]))

static const char *probe_at(const void *table, unsigned int i)
{
	(void)table;
	return i < PROBE_ROWS ? probe_table[i].name : read_probes[i - PROBE_ROWS];
}

static int check_probe(const char *name, struct err *err)
{
	char hint[80];

	for (unsigned int i = 0; i < PROBE_ROWS + READ_PROBES; i++)
		if (strcmp(probe_at(NULL, i), name) == 0)
			return 0;
	suggest_text(hint, sizeof(hint), "",
		     suggest(name, NULL, PROBE_ROWS + READ_PROBES, probe_at));
	return err_set(err, -EINVAL, "unknown probe '%s'%s; culprit probes lists them", name, hint);
}

static int set_disable(struct settings *s, const char *key, const char *value, struct err *err)
{
	char list[256], names[256], *save = NULL;

	(void)key;
	squeeze(value, list, sizeof(list));
	memcpy(names, list, sizeof(names));
	if (!list[0])
		return check_probe("", err);
	for (char *name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save))
		if (check_probe(name, err) < 0)
			return err->code;
	return settings_set(s, "probes.disable", list, err);
}

static const char *watch_key(const void *table, unsigned int i)
{
	(void)table;
	return watch_key_at(i);
}

/* Comma lists of [watch]; a blank in a pattern is written as '?'. */
static int set_watch(struct settings *s, const char *key, const char *value, struct err *err)
{
	char list[256], items[256], name[64], hint[80], *save = NULL;
	unsigned int n = 0;
	bool known = false;

	for (; watch_key_at(n); n++)
		known = known || strcmp(watch_key_at(n), key) == 0;
	if (!known) {
		suggest_text(hint, sizeof(hint), "", suggest(key, NULL, n, watch_key));
		return err_set(err, -EINVAL, "unknown key '%s' in [watch]%s", key, hint);
	}
	squeeze(value, list, sizeof(list));
	if (!list[strspn(list, ",")])
		return err_set(err, -EINVAL, "%s is empty", key);
	memcpy(items, list, sizeof(items));
	for (char *item = strtok_r(items, ",", &save); item; item = strtok_r(NULL, ",", &save))
		if (!watch_item_sound(key, item))
			return err_set(err, -EINVAL, "%s: '%.60s' is no address, nor ADDRESS/BITS",
				       key, item);
	snprintf(name, sizeof(name), WATCH_PREFIX "%s", key);
	return settings_set(s, name, list, err);
}

static int set_arm(struct settings *s, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "none") != 0 && strcmp(value, "leaks") != 0)
		return err_set(err, -EINVAL, "%s: '%s' is neither leaks nor none", key, value);
	return settings_set(s, "probes.arm", value, err);
}

/* An absolute path, or "none": no disk is asked for what it says of itself. */
static int set_smartctl(struct settings *s, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "none") != 0 && value[0] != '/')
		return err_set(err, -EINVAL, "%s: '%s' is no absolute path, nor 'none'", key,
			       value);
	return settings_set(s, key, value, err);
}

#define LABEL_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static int set_label(struct settings *s, const char *key, const char *value, struct err *err)
{
	char name[128];

	if (!key[0] || key[strspn(key, LABEL_LETTERS)])
		return err_set(err, -EINVAL, "label '%s': only letters, digits, '.', '_' and '-'",
			       key);
	if (!value[0])
		return err_set(err, -EINVAL, "label '%s' is empty", key);
	snprintf(name, sizeof(name), "label.%s", key);
	return settings_set(s, name, value, err);
}

/* ---- the daemon ---- */

/* An absolute path, or "none". */
static int set_path(char *ret_path, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "none") == 0) {
		ret_path[0] = '\0';
		return 0;
	}
	if (value[0] != '/')
		return err_set(err, -EINVAL, "%s: '%.60s' is neither an absolute path nor 'none'",
			       key, value);
	if (strlen(value) >= KEEPER_PATH_MAX)
		return err_set(err, -EINVAL, "%s: the path is longer than %d bytes", key,
			       KEEPER_PATH_MAX - 1);
	snprintf(ret_path, KEEPER_PATH_MAX, "%s", value);
	return 0;
}

static int set_socket(struct settings *s, const char *key, const char *value, struct err *err)
{
	s->keeper.socket_default = false;
	return set_path(s->keeper.socket, key, value, err);
}

static int set_store(struct settings *s, const char *key, const char *value, struct err *err)
{
	char path[KEEPER_PATH_MAX];
	int ret = set_path(path, key, value, err);

	if (ret < 0)
		return ret;
	if (strlen(path) >= sizeof(s->memory.path))
		return err_set(err, -EINVAL, "%s: the path is longer than %d bytes", key,
			       MEMORY_PATH_MAX - 1);
	snprintf(s->memory.path, sizeof(s->memory.path), "%.*s", MEMORY_PATH_MAX - 1, path);
	s->memory.is_default = false;
	return 0;
}

static int set_captures(struct settings *s, const char *key, const char *value, struct err *err)
{
	return set_path(s->keeper.captures, key, value, err);
}

static int set_group(struct settings *s, const char *key, const char *value, struct err *err)
{
	gid_t group;

	if (!value[0] || strlen(value) >= sizeof(s->keeper.group))
		return err_set(err, -EINVAL, "%s: '%.60s' is no group's name", key, value);
	if (control_group(value, &group, err) < 0)
		return err_prefix(err, "%s", key);
	snprintf(s->keeper.group, sizeof(s->keeper.group), "%s", value);
	return 0;
}

static int number_between(const char *key, const char *value, double min, double max,
			  double *ret_number, struct err *err)
{
	int ret = parse_number(value, ret_number, err);

	if (ret < 0)
		return err_prefix(err, "%s", key);
	if (*ret_number < min || *ret_number > max)
		return err_set(err, -EINVAL, "%s: %s is not between %g and %g", key, value, min,
			       max);
	return 0;
}

/* Settings like the others, so that the source has them, and a reload changes them. */
static int set_budget(struct settings *s, const char *key, const char *value, struct err *err)
{
	double number = 0;
	int ret = number_between(key, value, 0, 1e6, &number, err);

	return ret < 0 ? ret : settings_set(s, key, number > 0 ? value : "", err);
}

static int set_flight_minutes(struct settings *s, const char *key, const char *value,
			      struct err *err)
{
	double minutes = 0;
	int ret = number_between(key, value, 0, 1440, &minutes, err);

	if (ret == 0)
		s->keeper.flight.keep_ns = (unsigned long long)(minutes * 60e9);
	return ret;
}

static int set_flight_mb(struct settings *s, const char *key, const char *value, struct err *err)
{
	double mb = 0;
	int ret = number_between(key, value, 0.1, 1024, &mb, err);

	if (ret == 0)
		s->keeper.flight.bytes = (size_t)(mb * 1e6);
	return ret;
}

static int set_captures_max(struct settings *s, const char *key, const char *value, struct err *err)
{
	double n = 0;
	int ret = number_between(key, value, 1, 1000, &n, err);

	if (ret == 0)
		s->keeper.captures_max = (unsigned int)n;
	return ret;
}

static int set_captures_mb(struct settings *s, const char *key, const char *value, struct err *err)
{
	double mb = 0;
	int ret = number_between(key, value, 0.1, 1e6, &mb, err);

	if (ret == 0)
		s->keeper.capture_bytes = (size_t)(mb * 1e6);
	return ret;
}

static int set_capture_from(struct settings *s, const char *key, const char *value, struct err *err)
{
	static const enum severity all[] = {SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(value, severity_name(all[i])) == 0) {
			s->keeper.capture_from = all[i];
			return 0;
		}
	return err_set(err, -EINVAL, "%s: '%.60s' is not info, warning or critical", key, value);
}

int settings_set_metrics(struct settings *settings, const char *address, struct err *err)
{
	if (strcmp(address, "none") == 0)
		address = "";
	else if (metrics_check(address, err) < 0)
		return err_prefix(err, "metrics");
	snprintf(settings->keeper.metrics, sizeof(settings->keeper.metrics), "%s", address);
	return 0;
}

static int set_metrics(struct settings *s, const char *key, const char *value, struct err *err)
{
	(void)key;
	return settings_set_metrics(s, value, err);
}

static int set_metrics_file(struct settings *s, const char *key, const char *value, struct err *err)
{
	return set_path(s->keeper.metrics_file, key, value, err);
}

static int set_confine(struct settings *s, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return err_set(err, -EINVAL, "%s: '%.60s' is neither yes nor no", key, value);
	s->confine = value[0] == 'y';
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
