/* SPDX-License-Identifier: BSD-2-Clause */
/* daemon.c - culprit daemon: watch until told to stop; lines to the sinks of the settings. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "control.h"
#include "log.h"
#include "loop.h"
#include "rights.h"

#define TICK_MS 5000

static int check_config(const struct options *o, const struct settings *settings)
{
	unsigned int n = settings->in_file;
	unsigned int over = settings->in_environment + (o->output ? 1 : 0) + (o->metrics ? 1 : 0);

	if (o->config)
		printf("%s: good, %u setting%s", o->config, n, n == 1 ? "" : "s");
	else
		fputs("no settings file given", stdout);
	if (over)
		printf("%s%u of environment and command line\n", o->config ? ", and " : ": ", over);
	else
		puts(o->config ? "" : ": the defaults are in force");
	return EXIT_RAN;
}

/* A kernel without this is no reason not to watch; that it is so is said. */
static void confine(const struct settings *settings)
{
	const char *smartctl = settings_get(settings, "smartctl");
	unsigned int of =
		RIGHTS_DAEMON | (smartctl && strcmp(smartctl, "none") == 0 ? 0 : RIGHTS_PROGRAM);
	struct err err = {0};

	if (settings->confine && rights_confine(of, &err) < 0)
		log_warn("%s; going on with more rights than needed", err.text);
}

/* What file and command line say together: at the start, and again on SIGHUP. */
static int read_settings(const void *ctx, struct settings *ret, struct err *err)
{
	const struct options *o = ctx;
	int code = settings_from(o, ret, err);

	if (code < 0)
		return code;
	ret->sinks.confine = ret->confine;
	code = o->output ? sinks_set_file(&ret->sinks, o->output, err) : 0;
	if (code == 0 && o->metrics)
		code = settings_set_metrics(ret, o->metrics, err);
	if (code == 0)
		code = settings_check_files(ret, err);
	return code == 0 ? settings_check_sinks(ret, err) : code;
}

static int add_reload(const struct options *o, const struct settings *settings,
		      struct engine_options *parts, struct err *err)
{
	if (!o->config)
		return 0;
	parts->reload = reload_new(o->config, settings, read_settings, o);
	return parts->reload ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static int daemon_run(const struct options *o, struct err *err)
{
	struct live_options live = {.mode = RUN_DAEMON};
	struct engine_options parts = {0};
	struct settings settings;
	int ret = read_settings(o, &settings, err);

	if (ret < 0)
		return ret;
	if (o->check_config)
		return check_config(o, &settings);
	live.settings = settings.list;
	live.n_settings = settings.n;
	live.tick_ms = settings.tick_ms ? settings.tick_ms : TICK_MS;
	/* First what costs nothing: a file that cannot be written is said before anything attaches. Who ends us while a
	 * sink opens is heard, and not by its child alone. */
	loop_hold_signals();
	ret = make_room_for_files(err);
	if (ret == 0)
		ret = sinks_open(&settings.sinks, parts.sinks, &parts.n_sinks, err);
	if (ret < 0) {
		release_parts(&parts);
		return ret;
	}
	settings.memory.writes = true;
	ret = memory_new(&settings.memory, &parts.memory, err);
	live.norms = memory_norms(parts.memory);
	if (ret == 0)
		ret = live_new(&live, &parts.source, err);
	if (ret == 0)
		ret = keeper_new(&settings.keeper, &parts.keeper, err);
	if (ret == 0)
		ret = add_reload(o, &settings, &parts, err);
	if (ret < 0) {
		release_parts(&parts);
		return ret;
	}
	confine(&settings);
	ret = run_engine(&parts, NULL, err);
	return ret < 0 ? ret : EXIT_RAN;
}

const struct command command_daemon = {
	.name = "daemon",
	.option_mask = OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_OUTPUT) |
		       OPTION_BIT(OPTION_CHECK_CONFIG) | OPTION_BIT(OPTION_METRICS),
	.summary = "watch until SIGTERM; JSON lines to files, journal, syslog ...",
	.details =
		"Stays in the foreground. SIGTERM or Ctrl-C ends it with a last verdict; SIGHUP\n"
		"opens the output file anew, after it was renamed, and reads the settings again:\n"
		"a bad file changes nothing, and culprit status says what was wrong with it, or\n"
		"what needs a restart. What is slow or broken where\n"
		"lines go holds up nothing: they wait, the oldest go when there are too many, and\n"
		"a gap line says which. culprit status and culprit dump ask it by\n"
		"its control socket; SIGUSR1 makes a capture of its flight recorder.\n"
		"\n"
		"The settings file (variables like CULPRIT_GENERAL_TICK_S=1 win over it) has\n"
		"sections of \"key = value\" lines:\n"
		"  [general]     class, tick_s, duration (of a trace), window_s,\n"
		"                store = path or none: what was learned of disks, and what is\n"
		"                open (" MEMORY_PATH "), smartctl = path or none\n"
		"  [thresholds]  kind.name = number, as culprit explain KIND lists them:\n"
		"                disk.window_s, leak.bucket_s and others\n"
		"  [probes]      disable = a comma list, as culprit probes lists them\n"
		"                arm = all (of a process that seems to leak, note for half a\n"
		"                minute where descriptors are opened; of one whose short\n"
		"                connections look like it, how TLS handshakes end), leaks, none\n"
		"  [watch]       what findings may be about: exclude_X and include_X = a comma\n"
		"                list of patterns, X: devices, peers (ADDRESS/BITS), processes,\n"
		"                cgroups\n"
		"  [labels]      name = text, goes out with every line\n"
		"  [sinks]       where lines go, as many as are set (stdout when none is):\n"
		"                file = path, stdout = yes, journald = yes,\n"
		"                unix_datagram or unix_stream = path or @name,\n"
		"                syslog = yes, path or udp:host:port (RFC 5424),\n"
		"                file_max_mb = when the file is rotated (0: never), file_keep =\n"
		"                how many old ones stay (5), queue_kb = what may wait for each\n"
		"                of them (1024)\n"
		"  [daemon]      socket = path or none (" CONTROL_PATH "),\n"
		"                group = who may ask besides root (nobody),\n"
		"                flight_minutes (10; 0 = no flight recorder), flight_mb (1),\n"
		"                captures = directory or none (none), captures_max (10 files),\n"
		"                captures_mb (67), capture_from = severity at which a finding\n"
		"                opens, or to which it rises, for a capture (critical),\n"
		"                metrics = port, address:port or none (none): for Prometheus,\n"
		"                metrics_file = path or none (none): the same as a file, for\n"
		"                node_exporter,\n"
		"                budget_cpu = percent of a core (1; 0: any), budget_mb (32; 0):\n"
		"                over them less is done, which the status line says,\n"
		"                confine = yes or no (yes): give up rights once all is attached\n",
	.run = daemon_run,
};
