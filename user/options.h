/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - what stands on the command line: THE option table, the shape of a command, and help.
 *
 * A command names its options by a mask of enum option; parsing and help are loops over the tables.
 */
#ifndef CULPRIT_OPTIONS_H
#define CULPRIT_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "err.h"

/* The exit status of every command (the contract); 3 and 4 come from verdict_exit_code(). */
enum exit_status { EXIT_RAN = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum option {
	OPTION_DURATION,
	OPTION_JSON,
	OPTION_CLASS,
	OPTION_PID,
	OPTION_RECORD,
	OPTION_EXIT_CODE,
	OPTION_CONFIG,
	OPTION_OUTPUT,
	OPTION_CHECK_CONFIG,
	OPTION_METRICS,
	OPTION_EVENTS,
	OPTION_METRICS_FILE,
	OPTION_LAST,
	OPTION_HELP,
	OPTIONS,
};
#define OPTION_BIT(option) (1U << (option))

/* What was given; strings are borrowed from argv. */
struct options {
	bool help;
	bool json;
	bool exit_code;
	bool check_config;
	bool events;
	unsigned long long duration_ns; /* 0 = not given */
	unsigned long long last_ns;	/* 0 = not given */
	bool class_given;
	char class_list[64]; /* checked, without doubles, in the order of the classes; empty = all
			      */
	unsigned int pid;    /* 0 = not given */
	const char *record;  /* NULL = not given; the same for the next four */
	const char *config;
	const char *output;
	const char *metrics;
	const char *metrics_file;
	const char *operand; /* FILE, KIND or COMMAND; NULL = not given */
};

struct command {
	const char *name;
	const char *operand;	  /* "FILE", "[KIND]"; NULL = takes none */
	unsigned int option_mask; /* OPTION_BIT()s; OPTION_HELP is understood everywhere */
	const char *summary;	  /* one line */
	const char *details;	  /* paragraphs for `culprit help COMMAND`; may be NULL */
	/* An enum exit_status (or 3, 4), or a negative errno with err set: main says it and exits
	 * with 1. */
	int (*run)(const struct options *options, struct err *err);
};

/*
 * Reads argv (without program and command name) for `command`. 0, or -EINVAL with a message that
 * says what is wrong and, where something near exists, what was meant.
 */
int options_parse(const struct command *command, int argc, char *const argv[],
		  struct options *ret_options, struct err *err);

/* "culprit trace [-d SECONDS] ..." and a line for each option. */
void options_help(const struct command *command, FILE *out);

/* "30", "1.5", "30s", "5m", "1h": ns, at least 0.1 s and at most 7 days. -EINVAL with a message. */
int parse_duration(const char *text, unsigned long long *ret_ns, struct err *err);

/* "network,hardware" to "hardware,network"; all four to "". -EINVAL with a message. */
int parse_class_list(const char *text, char *ret_list, unsigned int size, struct err *err);

/* The i-th of `n` names that is nearest to `text` and near enough to be meant; NULL when none is.
 */
typedef const char *(*name_at_fn)(const void *table, unsigned int i);
const char *suggest(const char *text, const void *table, unsigned int n, name_at_fn name_at);

/* " (did you mean X?)" or "". Returns buf. */
const char *suggest_text(char *buf, unsigned int size, const char *prefix, const char *name);

#endif
