/* SPDX-License-Identifier: BSD-2-Clause */
/* settings_sinks.c - where the daemon's lines go: the section [sinks], key by key from THE sink table. */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "outputs.h"

#define QUEUE_KB 1024
#define KEEP	 5
/* How long the start waits for a sink to open. */
#define OPEN_MS 2000

static void set_queue(struct sinks_options *o, double kb)
{
	o->queue_bytes = (size_t)kb << 10;
}

static void set_file_max(struct sinks_options *o, double mb)
{
	o->file_max = (unsigned long long)(mb * 1e6);
}

static void set_file_keep(struct sinks_options *o, double files)
{
	o->file_keep = (unsigned int)files;
}

/* Keys that are no sink. */
static const struct number {
	const char *key;
	double min, max;
	bool whole;
	void (*set)(struct sinks_options *o, double number);
} numbers[] = {
	{"queue_kb", 16, 65536, true, set_queue},
	{"file_max_mb", 0, 1e6, false, set_file_max},
	{"file_keep", 1, 100, true, set_file_keep},
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

void sinks_defaults(struct sinks_options *ret)
{
	*ret = (struct sinks_options){
		.queue_bytes = QUEUE_KB << 10, .file_keep = KEEP, .confine = true};
}

static const char *key_at(const void *table, unsigned int i)
{
	(void)table;
	return i < outlet_rows ? outlet_table[i].key : numbers[i - outlet_rows].key;
}

static int set_number(struct sinks_options *o, const struct number *n, const char *value,
		      struct err *err)
{
	char *end;
	double number = strtod(value, &end);

	if (end == value || *end || !(number >= n->min && number <= n->max) ||
	    (n->whole && number != (double)(long)number))
		return err_set(err, -EINVAL, "%s: '%.40s' is not between %g and %g", n->key, value,
			       n->min, n->max);
	n->set(o, number);
	return 0;
}

int sinks_set(struct sinks_options *options, const char *key, const char *value, struct err *err)
{
	const struct outlet_row *row = outlet_find(key);
	struct sink_choice *choice;
	char hint[80];

	for (size_t i = 0; i < NUMBERS; i++)
		if (strcmp(key, numbers[i].key) == 0)
			return set_number(options, &numbers[i], value, err);
	if (!row) {
		suggest_text(hint, sizeof(hint), "",
			     suggest(key, NULL, outlet_rows + NUMBERS, key_at));
		return err_set(err, -EINVAL, "unknown key '%s' in [sinks]%s", key, hint);
	}
	choice = &options->choice[row - outlet_table];
	if (strcmp(value, "no") == 0 || strcmp(value, "none") == 0) {
		choice->on = false;
		choice->off = true;
		return 0;
	}
	if (row->standard && strcmp(value, "yes") == 0)
		value = row->standard;
	else if (!row->check)
		return err_set(err, -EINVAL, "%s: '%.60s' is neither yes nor no", key, value);
	else if (row->check(value, err) < 0)
		return err_prefix(err, "%s", key);
	if (strlen(value) >= sizeof(choice->target))
		return err_set(err, -EINVAL, "%s: longer than %zu bytes", key,
			       sizeof(choice->target) - 1);
	choice->on = true;
	choice->off = false;
	snprintf(choice->target, sizeof(choice->target), "%s", value);
	return 0;
}

int sinks_set_file(struct sinks_options *options, const char *path, struct err *err)
{
	struct sink_choice *choice = &options->choice[outlet_find("file") - outlet_table];

	if (strlen(path) >= sizeof(choice->target))
		return err_set(err, -ENAMETOOLONG, "%.60s...: longer than %zu bytes", path,
			       sizeof(choice->target) - 1);
	choice->on = true;
	snprintf(choice->target, sizeof(choice->target), "%s", path);
	return 0;
}

static bool stdout_is_off(const struct sinks_options *options)
{
	return options->choice[outlet_find("stdout") - outlet_table].off;
}

int settings_check_sinks(const struct settings *settings, struct err *err)
{
	const struct keeper_options *k = &settings->keeper;

	for (unsigned int i = 0; i < outlet_rows; i++)
		if (settings->sinks.choice[i].on)
			return 0;
	if (!stdout_is_off(&settings->sinks) || k->metrics[0] || k->metrics_file[0] ||
	    k->captures[0])
		return 0;
	return err_set(err, -EINVAL,
		       "[sinks] stdout = no, and nothing else is set: no sink, no metrics, no "
		       "captures");
}

/* What is said, and stdout where nothing is. */
static void choose(const struct sinks_options *options, struct sinks_options *ret)
{
	*ret = *options;
	for (unsigned int i = 0; i < outlet_rows; i++)
		if (options->choice[i].on)
			return;
	if (!stdout_is_off(options))
		ret->choice[outlet_find("stdout") - outlet_table].on = true;
}

static int open_one(const struct sinks_options *options, unsigned int row, struct sink **ret_sink,
		    struct err *err)
{
	struct outlet like = {.row = &outlet_table[row],
			      .confine = options->confine,
			      .file_max = options->file_max,
			      .file_keep = options->file_keep};

	memcpy(like.target, options->choice[row].target, sizeof(like.target));
	return sink_queue_new(&like, options->queue_bytes, ret_sink, err);
}

int sinks_open(const struct sinks_options *options, struct sink **ret_sinks, unsigned int *ret_n,
	       struct err *err)
{
	struct sinks_options chosen;
	unsigned int n = 0;
	int code = 0;

	choose(options, &chosen);
	for (unsigned int i = 0; i < outlet_rows && code == 0; i++) {
		if (!chosen.choice[i].on)
			continue;
		code = open_one(&chosen, i, &ret_sinks[n], err);
		n += code == 0;
	}
	for (unsigned int i = 0; i < n && code >= 0; i++)
		code = ret_sinks[i]->ops->opened(ret_sinks[i], OPEN_MS, err);
	*ret_n = n;
	return code < 0 ? code : 0;
}

static bool same(const struct sinks_options *a, const struct sinks_options *b, unsigned int row)
{
	const struct sink_choice *x = &a->choice[row], *y = &b->choice[row];

	return x->on && y->on && strcmp(x->target, y->target) == 0 &&
	       (&outlet_table[row] != outlet_find("file") ||
		(a->file_max == b->file_max && a->file_keep == b->file_keep));
}

int sinks_change(const struct sinks_options *now, const struct sinks_options *next,
		 const struct outputs *outputs, struct sink **ret_sinks, unsigned int *ret_n,
		 struct err *err)
{
	struct sinks_options old, new;
	unsigned int n = 0, at = 0;
	int code = 0;

	choose(now, &old);
	choose(next, &new);
	/* Open ones stand in the order of the table. */
	for (unsigned int i = 0; i < outlet_rows && code == 0; i++) {
		if (same(&old, &new, i))
			ret_sinks[n++] = outputs->sink[at];
		else if (new.choice[i].on)
			code = open_one(&new, i, &ret_sinks[n], err);
		n += code == 0 && new.choice[i].on && !same(&old, &new, i);
		at += old.choice[i].on;
	}
	*ret_n = n;
	if (code < 0)
		outputs_close_others(outputs, ret_sinks, n);
	return code;
}
