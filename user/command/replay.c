/* SPDX-License-Identifier: BSD-2-Clause */
/* replay.c - culprit replay: judge a capture again, without root, on any machine. */
#include <errno.h>
#include <stdio.h>

#include "command.h"
#include "log.h"

static int replay_run(const struct options *o, struct err *err)
{
	struct engine_options parts = {0};
	struct capture_read read = {0};
	int ret;

	ret = replay_new(o->operand, &parts.source, err);
	if (ret < 0)
		return ret;
	ret = add_stdout_sink(&parts, o->json, err);
	if (ret < 0) {
		release_parts(&parts);
		return ret;
	}
	if (o->events) {
		/* The JSON sink writes past stdio: line by line keeps the order. */
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
		parts.events = stdout;
	}
	parts.metrics_file = o->metrics_file;
	ret = run_engine(&parts, &read, err);
	if (ret == -EPIPE)
		return err_set(err, ret, "stdout: the reader went away");
	if (ret < 0)
		return ret;
	if (read.skipped)
		log_warn("%s: %llu lines or fields are of another version, and were left out",
			 o->operand, read.skipped);
	if (read.damage[0])
		return err_set(err, -EBADMSG, "%s: %s; judged up to there", o->operand,
			       read.damage);
	return EXIT_RAN;
}

const struct command command_replay = {
	.name = "replay",
	.operand = "FILE",
	.option_mask = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_EVENTS) |
		       OPTION_BIT(OPTION_METRICS_FILE),
	.summary = "judge a capture again, without root, on any machine",
	.details =
		"FILE is a capture: of culprit trace --record, of culprit dump, or the daemon's\n"
		"own (captures in its settings; SIGUSR1). A damaged one is judged up to the\n"
		"damage, which is said, and the exit status is 1. --metrics-file tries alert\n"
		"rules on it: what the daemon would serve at the end of the capture.\n",
	.run = replay_run,
};
