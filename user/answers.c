/* SPDX-License-Identifier: BSD-2-Clause */
/* answers.c - what culprit status and culprit dump get; see answers.h. */
#include "answers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "children.h"
#include "control.h"
#include "reload_state.h"
#include "sink/report.h"
#include "source/source.h"

#define S_NS 1000000000ULL

static int put_json(const struct line *line, FILE *out)
{
	size_t len;
	char *text;
	int code = json_line(line, &text, &len);

	if (code < 0)
		return code;
	fwrite(text, 1, len, out);
	free(text);
	return 0;
}

static int answer_json(const struct keeper_view *view, FILE *out)
{
	const struct finding *f;
	struct line line = {
		.model = view->model, .seq = view->seq, .time_ns = model_now(view->model)};
	int code = 0;

	for (unsigned int i = 0; code == 0 && (f = life_open_at(view->life, i)); i++) {
		line.type = LINE_FINDING;
		line.severity = f->claim.severity;
		line.finding = f;
		memcpy(line.message, f->claim.message, sizeof(line.message));
		code = put_json(&line, out);
	}
	if (code == 0) {
		line_status(&line, view->model, view->settings);
		code = put_json(&line, out);
	}
	if (code < 0)
		return code;
	line.type = LINE_VERDICT;
	line.severity = view->verdict->severity;
	line.verdict = view->verdict;
	memcpy(line.message, view->verdict->message, sizeof(line.message));
	return put_json(&line, out);
}

static void put_time(const struct model *model, __u64 ns, FILE *out)
{
	time_t s = (time_t)(model_wall_ns(model, ns) / S_NS);
	char text[32];
	struct tm tm;

	if (gmtime_r(&s, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		fputs(text, out);
}

/* The settings of the start that are in force need no line. The text of an error may quote the file. */
static void tell_settings(const struct keeper_view *view, FILE *out)
{
	const struct reload_state *settings = view->settings;

	if (settings->tried_ns) {
		fputs("\nsettings read again at ", out);
		put_time(view->model, settings->tried_ns, out);
		fputs(settings->failed ? ": not good, those of before stay in force\n"
				       : ": in force\n",
		      out);
	}
	if (settings->failed) {
		fputs("settings not changed: ", out);
		for (const char *p = settings->wrong; *p; p++)
			fputc(*p >= ' ' && *p <= '~' ? *p : '?', out);
		fputc('\n', out);
	}
	if (settings->restart[0])
		fprintf(out, "settings that wait for a restart: %s\n", settings->restart);
	if (settings->opening)
		fputs("settings were read again: new sinks are being opened\n", out);
}

static int answer_report(const struct keeper_view *view, FILE *out)
{
	struct line line = {
		.type = LINE_VERDICT,
		.model = view->model,
		.seq = view->seq,
		.time_ns = model_now(view->model),
		.verdict = view->verdict,
	};
	struct rows *rows = calloc(1, sizeof(*rows));
	int code;

	if (!rows)
		return -ENOMEM;
	report_compose(&line, rows);
	code = rows_print(rows, out, false);
	free(rows);
	if (code == 0 && view->settings)
		tell_settings(view, out);
	return code;
}

static int answer_status(const struct keeper_view *view, bool json, int fd, struct err *err)
{
	FILE *out;
	int code;

	if (!view->verdict)
		return err_set(err, -EAGAIN, "it has only just started: nothing is judged yet");
	out = fdopen(dup(fd), "w");
	if (!out)
		return err_set(err, -errno, "%s", strerror(errno));
	fputs("ok\n", out);
	code = json ? answer_json(view, out) : answer_report(view, out);
	return fclose(out) != 0 || code < 0 ? -EPIPE : 0;
}

/* Digits, and nothing else: strtoull() would take a sign, and what is no number for all that there is. */
static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static int answer_dump(const struct keeper_view *view, struct flight *flight, const char *seconds,
		       int fd, struct err *err)
{
	static const unsigned int still_s = CONTROL_ANSWER_S;
	struct recorder *recorder = NULL;
	unsigned long long last_s = strtoull(seconds, NULL, 10);
	__u64 now_ns = model_now(view->model), from_ns = 0;
	int copy, code;

	if (!flight)
		return err_set(err, -ENOTSUP,
			       "its flight recorder is off (flight_minutes = 0 in its settings)");
	if (last_s && last_s < now_ns / S_NS)
		from_ns = now_ns - last_s * S_NS;
	copy = dup(fd);
	if (copy < 0 || write(fd, "ok\n", 3) != 3)
		return -EPIPE;
	code = recorder_new_fd(copy, "the dump", &recorder, err);
	if (code == 0)
		recorder_on_progress(recorder, child_lives_on, (void *)&still_s);
	if (code == 0)
		code = flight_write(flight, from_ns, now_ns, recorder, err);
	if (code == 0)
		code = recorder_close(recorder, err);
	recorder_free(recorder);
	/* The peer has "ok" and a capture without its end: that is how it knows. */
	return code < 0 ? 0 : code;
}

int answers_give(const struct keeper_view *view, struct flight *flight, const char *request, int fd,
		 struct err *err)
{
	if (strcmp(request, "status") == 0)
		return answer_status(view, false, fd, err);
	if (strcmp(request, "status json") == 0)
		return answer_status(view, true, fd, err);
	if (strncmp(request, "dump ", 5) == 0 && is_number(request + 5))
		return answer_dump(view, flight, request + 5, fd, err);
	return err_set(err, -EINVAL, "this version does not know that request");
}
