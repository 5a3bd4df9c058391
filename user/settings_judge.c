/* SPDX-License-Identifier: BSD-2-Clause */
/* settings_judge.c - what is looked at and judged: [general], [thresholds], [probes], [watch] and [labels]; see
 * settings_impl.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/process.h"
#include "options.h"
#include "probe/probe_table.h"
#include "rules/rule.h"
#include "rules/watched.h"
#include "settings_impl.h"

/* A trace or a daemon that looks more seldom would miss what it is for; more often costs too much.
 */
#define TICK_MIN_MS  100U
#define TICK_MAX_MS  60000U
#define WINDOW_MIN_S 1.0
#define WINDOW_MAX_S 86400.0

const char *settings_threshold(unsigned int n)
{
	for (unsigned int i = 0; i < rule_count; i++)
		for (const struct threshold *const *t = rule_table[i]->thresholds; t && *t; t++)
			if (n-- == 0)
				return (*t)->key;
	return NULL;
}

static const char *threshold_at(const void *table, unsigned int n)
{
	(void)table;
	return settings_threshold(n);
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
	{"uplink-loss.client_weight", 1, 1e3},
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

int set_threshold(struct settings *s, const char *key, const char *value, struct err *err)
{
	unsigned int n = 0;
	char hint[96];
	double number = 0;
	int ret;

	if (!is_threshold(key)) {
		while (settings_threshold(n))
			n++;
		suggest_text(hint, sizeof(hint), "", suggest(key, NULL, n, threshold_at));
		return err_set(err, -EINVAL,
			       "unknown threshold '%s'%s; culprit explain KIND lists them", key,
			       hint);
	}
	ret = settings_number(value, &number, err);
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
	int ret = settings_number(value, ret_seconds, err);

	(void)s;
	if (ret < 0)
		return err_prefix(err, "%s", key);
	if (*ret_seconds < min || *ret_seconds > max)
		return err_set(err, -EINVAL, "%s: %s is not between %g and %g seconds", key, value,
			       min, max);
	return 0;
}

int set_window(struct settings *s, const char *key, const char *value, struct err *err)
{
	double seconds = 0;
	int ret = set_seconds(s, key, value, WINDOW_MIN_S, WINDOW_MAX_S, &seconds, err);

	return ret < 0 ? ret : settings_set(s, key, value, err);
}

int set_tick(struct settings *s, const char *key, const char *value, struct err *err)
{
	double seconds = 0;
	int ret = set_seconds(s, key, value, TICK_MIN_MS / 1e3, TICK_MAX_MS / 1e3, &seconds, err);

	if (ret == 0)
		s->tick_ms = (unsigned int)(seconds * 1e3 + 0.5);
	return ret;
}

int set_duration(struct settings *s, const char *key, const char *value, struct err *err)
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

int set_class(struct settings *s, const char *key, const char *value, struct err *err)
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

int set_disable(struct settings *s, const char *key, const char *value, struct err *err)
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
int set_watch(struct settings *s, const char *key, const char *value, struct err *err)
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

int set_arm(struct settings *s, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "none") != 0 && strcmp(value, "leaks") != 0 && strcmp(value, "all") != 0)
		return err_set(err, -EINVAL, "%s: '%s' is neither all, leaks nor none", key, value);
	return settings_set(s, "probes.arm", value, err);
}

/* An absolute path, or "none": no disk is asked for what it says of itself. */
int set_smartctl(struct settings *s, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "none") != 0 && value[0] != '/')
		return err_set(err, -EINVAL, "%s: '%s' is no absolute path, nor 'none'", key,
			       value);
	return settings_set(s, key, value, err);
}

#define LABEL_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

int set_label(struct settings *s, const char *key, const char *value, struct err *err)
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
