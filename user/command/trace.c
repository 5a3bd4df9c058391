/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - culprit trace: watch for a while, then say what is wrong. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "loop.h"

#define NS_PER_S   1000000000ULL
#define DEFAULT_NS (30 * NS_PER_S)
#define TICK_MS	   1000

static int set_duration(struct settings *settings, unsigned long long *ret_ns, struct err *err)
{
	char text[32];

	*ret_ns = settings->duration_ns ? settings->duration_ns : DEFAULT_NS;
	if (*ret_ns == DEFAULT_NS)
		return 0;
	snprintf(text, sizeof(text), "%.9g", (double)*ret_ns / 1e9);
	return settings_set(settings, "duration_s", text, err);
}

/* The source comes first: without the rights to watch, no older capture is overwritten. */
static int open_parts(const struct options *o, struct live_options *live,
		      const struct memory_options *memory, struct engine_options *parts,
		      struct err *err)
{
	int ret = memory_new(memory, &parts->memory, err);

	live->norms = memory_norms(parts->memory);
	if (ret == 0)
		ret = live_new(live, &parts->source, err);

	if (ret == 0 && o->record)
		ret = recorder_new(o->record, &parts->recorder, err);
	if (ret == 0)
		ret = add_stdout_sink(parts, o->json, err);
	if (ret < 0)
		release_parts(parts);
	return ret;
}

static int trace_run(const struct options *o, struct err *err)
{
	struct live_options live = {.mode = RUN_TRACE, .pid = o->pid};
	struct engine_options parts = {0};
	struct settings settings;
	int ret;

	ret = settings_from(o, &settings, err);
	if (ret == 0)
		ret = set_duration(&settings, &live.duration_ns, err);
	if (ret == 0)
		ret = make_room_for_files(err);
	if (ret < 0)
		return ret;
	live.settings = settings.list;
	live.n_settings = settings.n;
	live.tick_ms = settings.tick_ms ? settings.tick_ms : TICK_MS;
	loop_hold_signals();
	ret = open_parts(o, &live, &settings.memory, &parts, err);
	if (ret < 0)
		return ret;
	parts.duration_s = (double)live.duration_ns / 1e9;
	if (terminal_rewrites(stderr))
		parts.progress = stderr;
	ret = run_engine(&parts, NULL, err);
	return ret < 0 || o->exit_code ? ret : EXIT_RAN;
}

const struct command command_trace = {
	.name = "trace",
	.option_mask = OPTION_BIT(OPTION_DURATION) | OPTION_BIT(OPTION_JSON) |
		       OPTION_BIT(OPTION_CLASS) | OPTION_BIT(OPTION_PID) |
		       OPTION_BIT(OPTION_RECORD) | OPTION_BIT(OPTION_EXIT_CODE) |
		       OPTION_BIT(OPTION_CONFIG),
	.summary = "watch for a while, then say: disk, network, or a leak?",
	.details =
		"Ctrl-C ends it early, with its report; a second one at once. With --json the\n"
		"lines come as things happen, the verdict is the last one.\n"
		"\n"
		"Needs CAP_BPF and CAP_PERFMON (or root) and a kernel of 5.8 or later with BTF.\n"
		"\n"
		"Exit status: 0 it ran to its end; 1 it failed, also when the reader of stdout\n"
		"went away before the end; 2 wrong usage. With --exit-code also 3 when a class is\n"
		"in fault, 4 when none is but hardware, network or connection-leak is suspect or\n"
		"blind.\n",
	.run = trace_run,
};
