/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.h - the commands, one file each, and what several of them need.
 */
#ifndef CULPRIT_COMMAND_H
#define CULPRIT_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "engine.h"
#include "options.h"
#include "settings.h"

extern const struct command command_trace;
extern const struct command command_daemon;
extern const struct command command_replay;
extern const struct command command_explain;
extern const struct command command_probes;
extern const struct command command_schema;
extern const struct command command_status;
extern const struct command command_dump;

/* Is `stream` a terminal that shows more than plain text (neither TERM=dumb nor NO_COLOR)? */
bool terminal_color(FILE *stream);
/* ... and one on which a line can be written over? NO_COLOR does not matter here. */
bool terminal_rewrites(FILE *stream);

/* Makes room for the descriptors of probes, maps and sinks, where the limit lets it. -EMFILE with a message. */
int make_room_for_files(struct err *err);

/* The settings of file, environment and command line together; what comes later wins. Checks that the pid is a
 * process. */
int settings_from(const struct options *options, struct settings *ret_settings, struct err *err);

/*
 * Adds the sink for stdout: JSON lines or the report. On failure of any step before run_engine(),
 * release_parts() frees what stands in `parts`.
 */
int add_stdout_sink(struct engine_options *parts, bool json, struct err *err);
void release_parts(struct engine_options *parts);

/* How a capture was to read. */
struct capture_read {
	char damage[256];	    /* what was wrong with it; "": nothing */
	unsigned long long skipped; /* lines and fields that this version does not know */
};

/*
 * Runs the parts to their end and frees them, whatever happens. Returns the exit status of the last
 * verdict (0, 3, 4), or a negative errno. ret_read: of the source, when it is a capture; may be NULL.
 */
int run_engine(struct engine_options *parts, struct capture_read *ret_read, struct err *err);

/* `text` in lines of 80 columns, each after the first indented by `indent`; the first one begins at
 * column `at`. Ends with a newline. */
void print_wrapped(FILE *out, unsigned int at, unsigned int indent, const char *text);

#endif
