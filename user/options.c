/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c - THE option table, and what reads and prints it; see options.h. */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "metrics.h"

/* The kernel's PID_MAX_LIMIT (include/linux/threads.h) on 64 bits. */
#define PID_LIMIT    4194304U
#define HELP_COLUMNS 80

/* ---- THE option table ---- */

static int parse_pid(const char *text, unsigned int *ret_pid, struct err *err)
{
	unsigned long pid = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9' && pid <= PID_LIMIT; p++)
		pid = pid * 10 + (unsigned int)(*p - '0');
	if (p == text || *p || pid == 0 || pid > PID_LIMIT)
		return err_set(err, -EINVAL, "'%s' is no process id: a number from 1 to %u", text,
			       PID_LIMIT);
	*ret_pid = (unsigned int)pid;
	return 0;
}

static int set_duration(struct options *o, const char *value, struct err *err)
{
	return parse_duration(value, &o->duration_ns, err);
}

static int set_last(struct options *o, const char *value, struct err *err)
{
	return parse_duration(value, &o->last_ns, err);
}

static int set_class(struct options *o, const char *value, struct err *err)
{
	o->class_given = true;
	return parse_class_list(value, o->class_list, sizeof(o->class_list), err);
}

static int set_pid(struct options *o, const char *value, struct err *err)
{
	return parse_pid(value, &o->pid, err);
}

static int set_path(const char **ret_path, const char *value, struct err *err)
{
	if (!value[0])
		return err_set(err, -EINVAL, "the file name is empty");
	*ret_path = value;
	return 0;
}

static int set_record(struct options *o, const char *value, struct err *err)
{
	return set_path(&o->record, value, err);
}

static int set_config(struct options *o, const char *value, struct err *err)
{
	return set_path(&o->config, value, err);
}

static int set_output(struct options *o, const char *value, struct err *err)
{
	return set_path(&o->output, value, err);
}

static int set_metrics_file(struct options *o, const char *value, struct err *err)
{
	return set_path(&o->metrics_file, value, err);
}

static int set_metrics(struct options *o, const char *value, struct err *err)
{
	if (strcmp(value, "none") != 0 && metrics_check(value, err) < 0)
		return err->code;
	o->metrics = value;
	return 0;
}

#define FLAG_SETTER(name)                                                                          \
	static int set_##name(struct options *o, const char *value, struct err *err)               \
	{                                                                                          \
		(void)value;                                                                       \
		(void)err;                                                                         \
		o->name = true;                                                                    \
		return 0;                                                                          \
	}
FLAG_SETTER(json)
FLAG_SETTER(exit_code)
FLAG_SETTER(check_config)
FLAG_SETTER(events)
FLAG_SETTER(help)

struct option_row {
	char letter;	  /* '\0' = none */
	const char *name; /* without the dashes; NULL = none */
	const char *arg;  /* NULL = a flag */
	const char *help;
	int (*set)(struct options *o, const char *value, struct err *err);
};

static const struct option_row option_table[OPTIONS] = {
	[OPTION_DURATION] = {'d', "duration", "SECONDS",
			     "how long: 30, 1.5, 30s, 5m, 1h (default 30 s)", set_duration},
	[OPTION_JSON] = {0, "json", NULL, "JSON lines instead of text", set_json},
	[OPTION_CLASS] = {0, "class", "LIST", "of hardware,network,connection-leak,system",
			  set_class},
	[OPTION_PID] = {0, "pid", "PID", "only this process and its peers; disks stay whole",
			set_pid},
	[OPTION_RECORD] = {0, "record", "FILE", "also keep a capture, for culprit replay",
			   set_record},
	[OPTION_EXIT_CODE] = {0, "exit-code", NULL, "exit with 3 on a fault, 4 on suspect or blind",
			      set_exit_code},
	[OPTION_CONFIG] = {'c', "config", "FILE", "read settings from FILE", set_config},
	[OPTION_OUTPUT] = {0, "output", "FILE", "append the lines to FILE instead of stdout",
			   set_output},
	[OPTION_CHECK_CONFIG] = {0, "check-config", NULL, "check the settings and exit",
				 set_check_config},
	[OPTION_METRICS] = {0, "metrics", "ADDR",
			    "serve /metrics: PORT (of loopback), ADDRESS:PORT", set_metrics},
	[OPTION_EVENTS] = {0, "events", NULL, "print each event of the capture as text, too",
			   set_events},
	[OPTION_METRICS_FILE] = {0, "metrics-file", "FILE",
				 "also write the metrics as of the end, for Prometheus",
				 set_metrics_file},
	[OPTION_LAST] = {0, "last", "TIME", "only the last TIME (10m)", set_last},
	[OPTION_HELP] = {'h', "help", NULL, "this text", set_help},
};

static const char *option_name_at(const void *table, unsigned int i)
{
	const struct command *command = table;

	if (i != OPTION_HELP && !(command->option_mask & OPTION_BIT(i)))
		return NULL;
	return option_table[i].name;
}

/* ---- parsing ---- */

static bool takes(const struct command *command, unsigned int i)
{
	return i == OPTION_HELP || (command->option_mask & OPTION_BIT(i));
}

static int unknown_option(const struct command *command, const char *text, size_t len,
			  struct err *err)
{
	char name[64], hint[80];
	const char *near;

	snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name) - 1),
		 text);
	near = suggest(name + strspn(name, "-"), command, OPTIONS, option_name_at);
	return err_set(err, -EINVAL, "%s knows no option '%s'%s", command->name, name,
		       suggest_text(hint, sizeof(hint), "--", near));
}

/* Finds the row that `text` ("-d5", "--json", "--pid=1") names, and the value glued to it. */
static const struct option_row *find_option(const struct command *command, const char *text,
					    const char **ret_value, size_t *ret_len)
{
	bool is_long = text[1] == '-';
	size_t len = is_long ? strcspn(text, "=") : 2;

	*ret_len = len;
	*ret_value = NULL;
	for (unsigned int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_table[i];

		if (!takes(command, i))
			continue;
		if (is_long) {
			if (strlen(row->name) != len - 2 ||
			    strncmp(row->name, text + 2, len - 2) != 0)
				continue;
			if (text[len] == '=')
				*ret_value = text + len + 1;
			return row;
		}
		if (!row->letter || text[1] != row->letter)
			continue;
		if (text[2])
			*ret_value = text + 2;
		return row;
	}
	return NULL;
}

/* How the option was written, for messages. */
static const char *shown(const struct option_row *row, const char *given, char *buf, size_t size)
{
	if (given[1] == '-')
		snprintf(buf, size, "--%s", row->name);
	else
		snprintf(buf, size, "-%c", row->letter);
	return buf;
}

static int parse_option(const struct command *command, char *const argv[], int *i,
			struct options *o, struct err *err)
{
	const char *text = argv[*i], *value;
	const struct option_row *row;
	char name[32];
	size_t len;

	row = find_option(command, text, &value, &len);
	if (!row)
		return unknown_option(command, text, text[1] == '-' ? len : strlen(text), err);
	shown(row, text, name, sizeof(name));
	if (!row->arg && value)
		return err_set(err, -EINVAL, "%s takes no value", name);
	if (row->arg && !value) {
		value = argv[*i + 1];
		if (!value)
			return err_set(err, -EINVAL, "%s needs a value: %s", name, row->arg);
		++*i;
	}
	if (row->set(o, value, err) < 0)
		return err_prefix(err, "%s", name);
	return 0;
}

static int parse_operand(const struct command *command, const char *text, struct options *o,
			 struct err *err)
{
	if (!command->operand)
		return err_set(err, -EINVAL, "%s takes no argument '%s'", command->name, text);
	if (o->operand)
		return err_set(err, -EINVAL, "%s takes one %s, '%s' is one too many", command->name,
			       command->operand, text);
	o->operand = text;
	return 0;
}

int options_parse(const struct command *command, int argc, char *const argv[],
		  struct options *ret_options, struct err *err)
{
	struct options o = {0};
	bool only_operands = false;

	for (int i = 0; i < argc; i++) {
		const char *text = argv[i];
		int ret;

		if (!only_operands && strcmp(text, "--") == 0) {
			only_operands = true;
			continue;
		}
		if (!only_operands && text[0] == '-' && text[1])
			ret = parse_option(command, argv, &i, &o, err);
		else
			ret = parse_operand(command, text, &o, err);
		if (ret < 0)
			return ret;
	}
	if (command->operand && command->operand[0] != '[' && !o.operand && !o.help)
		return err_set(err, -EINVAL, "%s needs a %s", command->name, command->operand);
	*ret_options = o;
	return 0;
}

/* ---- help ---- */

/* "[-d SECONDS]" of each option, broken between them. */
static void print_usage(const struct command *command, FILE *out)
{
	int at = fprintf(out, "usage: culprit %s", command->name), indent = at + 1;

	if (command->operand)
		at += fprintf(out, " %s", command->operand);
	for (unsigned int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_table[i];
		char text[48], name[32];

		if (!(command->option_mask & OPTION_BIT(i)))
			continue;
		shown(row, row->letter ? "-" : "--", name, sizeof(name));
		snprintf(text, sizeof(text), " [%s%s%s]", name, row->arg ? " " : "",
			 row->arg ? row->arg : "");
		if (at + (int)strlen(text) > HELP_COLUMNS)
			at = fprintf(out, "\n%*s", indent - 1, "") - 1;
		at += fprintf(out, "%s", text);
	}
	fputs("\n", out);
}

void options_help(const struct command *command, FILE *out)
{
	char left[40];

	print_usage(command, out);
	fprintf(out, "\n%s\n\n", command->summary);
	for (unsigned int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_table[i];

		if (!takes(command, i))
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
			 row->arg ? " " : "", row->arg ? row->arg : "");
		fprintf(out, "  %-24s %s\n", left, row->help);
	}
	if (command->details)
		fprintf(out, "\n%s", command->details);
}
