/* SPDX-License-Identifier: BSD-2-Clause */
/* common.c - what several commands need; see command.h. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "finding/verdict.h"

#define COLUMNS 80U

bool terminal_rewrites(FILE *stream)
{
	const char *term = getenv("TERM");

	return isatty(fileno(stream)) && term && term[0] && strcmp(term, "dumb") != 0;
}

bool terminal_color(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");

	return terminal_rewrites(stream) && !(no_color && no_color[0]);
}

void print_wrapped(FILE *out, unsigned int at, unsigned int indent, const char *text)
{
	for (bool first = true; *text; first = false) {
		size_t len = strcspn(text, " \n");

		if (!first && at + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)len, text);
		at += (unsigned int)len;
		text += len;
		text += strspn(text, " \n");
	}
	fputc('\n', out);
}

/* ---- settings ---- */

/* A thread's id looks like a process's, but nothing is ever charged to it. */
static int check_pid(unsigned int pid, struct err *err)
{
	unsigned int tgid = 0;
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	if (!file && (errno == ENOENT || errno == ESRCH))
		return err_set(err, -ESRCH, "there is no process %u", pid);
	if (!file)
		return err_set(err, -errno, "cannot look at process %u: %s", pid, strerror(errno));
	while (!tgid && fgets(line, sizeof(line), file))
		if (strncmp(line, "Tgid:", 5) == 0)
			tgid = (unsigned int)strtoul(line + 5, NULL, 10);
	fclose(file);
	if (tgid && tgid != pid)
		return err_set(err, -ESRCH, "%u is a thread of process %u: use --pid %u", pid, tgid,
			       tgid);
	return 0;
}

/* Probes, maps and sinks take some 110. */
#define FILES_NEEDED 256

int make_room_for_files(struct err *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_set(err, -errno, "cannot read the limit of open files: %s",
			       strerror(errno));
	if (limit.rlim_cur >= FILES_NEEDED)
		return 0;
	limit.rlim_cur = FILES_NEEDED;
	if (limit.rlim_max < FILES_NEEDED)
		limit.rlim_max = FILES_NEEDED; /* for who has CAP_SYS_RESOURCE */
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_set(
			err, -EMFILE,
			"too few open files are allowed, %d are needed: ulimit -n, LimitNOFILE=",
			FILES_NEEDED);
	return 0;
}

int settings_from(const struct options *options, struct settings *ret_settings, struct err *err)
{
	struct settings *s = ret_settings;
	char text[32];
	int ret = 0;

	settings_init(s);
	if (options->config)
		ret = settings_load(s, options->config, err);
	if (ret == 0)
		ret = settings_environment(s, environ, err);
	if (ret == 0 && options->class_given)
		ret = settings_set(s, "class", options->class_list, err);
	if (ret == 0 && options->pid) {
		ret = check_pid(options->pid, err);
		snprintf(text, sizeof(text), "%u", options->pid);
		if (ret == 0)
			ret = settings_set(s, "pid", text, err);
	}
	if (ret == 0 && options->duration_ns)
		s->duration_ns = options->duration_ns;
	return ret;
}

/* ---- running ---- */

int add_stdout_sink(struct engine_options *parts, bool json, struct err *err)
{
	struct sink **sink = &parts->sinks[parts->n_sinks];
	int ret = json ? sink_jsonl_new(NULL, sink, err)
		       : sink_report_new(stdout, terminal_color(stdout), sink, err);

	if (ret == 0)
		parts->n_sinks++;
	return ret;
}

void release_parts(struct engine_options *parts)
{
	struct err ignored = {0};

	for (unsigned int i = 0; i < parts->n_sinks; i++)
		parts->sinks[i]->ops->close(parts->sinks[i], &ignored);
	recorder_free(parts->recorder);
	keeper_free(parts->keeper);
	reload_free(parts->reload);
	memory_free(parts->memory);
	if (parts->source)
		parts->source->ops->free(parts->source);
	memset(parts, 0, sizeof(*parts));
}

int run_engine(struct engine_options *parts, struct capture_read *ret_read, struct err *err)
{
	struct err close_err = {0};
	const struct verdict *verdict;
	const char *damage;
	struct engine *engine;
	int ret, status = 0;

	ret = engine_new(parts, &engine, err);
	if (ret < 0) {
		release_parts(parts);
		return ret;
	}
	ret = engine_run(engine, err);
	verdict = engine_verdict(engine);
	if (verdict)
		status = verdict_exit_code(verdict);
	if (ret_read) {
		damage = replay_damage(parts->source);
		snprintf(ret_read->damage, sizeof(ret_read->damage), "%s", damage ? damage : "");
		ret_read->skipped = replay_skipped(parts->source);
	}
	if (engine_close(engine, &close_err) < 0 && ret == 0) {
		*err = close_err;
		ret = close_err.code;
	}
	return ret < 0 ? ret : status;
}
