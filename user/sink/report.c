/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c - the report for people: the answer, the frame, the four classes, the evidence, the
 * cost.
 *
 * Times are UTC, as in the evidence and in the JSON; where the reader's clock shows another zone,
 * the frame says so.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "text.h"

#define NS_PER_S     1000000000ULL
#define BYTES_PER_MB 1048576.0
/* "  connection-leak  clear  ": where the state begins, and the text behind it. */
#define CLASS_STATE_AT 19U
#define CLASS_TEXT_AT  26U

/* ---- frame ---- */

/* "6.1.0-56-amd64" is "6.1.0-56" to a person, "6.12.48+deb13-amd64" is "6.12.48": without the
 * flavour. */
static void kernel_text(const char *release, char *buf, size_t size)
{
	text_ascii(buf, size, release);
	for (char *p = buf; *p; p++) {
		if (*p != '+' &&
		    (*p != '-' || !isalpha((unsigned char)p[1]) || strncmp(p, "-rc", 3) == 0))
			continue;
		*p = '\0';
		break;
	}
}

void report_clock(const struct model *model, __u64 mono_ns, char *buf, size_t size)
{
	time_t s = (time_t)(model_wall_ns(model, mono_ns) / NS_PER_S);
	struct tm tm;

	if (!gmtime_r(&s, &tm) || !strftime(buf, size, "%H:%M:%S", &tm))
		snprintf(buf, size, "?");
}

/* Does the reader's clock differ from UTC then? */
static bool other_zone(const struct model *model, __u64 mono_ns)
{
	time_t s = (time_t)(model_wall_ns(model, mono_ns) / NS_PER_S);
	struct tm tm;

	return localtime_r(&s, &tm) && tm.tm_gmtoff != 0;
}

static void duration_text(double seconds, char *buf, size_t size)
{
	if (seconds < 9.95 && seconds - (double)(long)seconds > 0.05)
		snprintf(buf, size, "%.1f s", seconds);
	else if (seconds < 600)
		snprintf(buf, size, "%.0f s", seconds);
	else if (seconds < 7200)
		snprintf(buf, size, "%.0f min", seconds / 60);
	else
		snprintf(buf, size, "%.1f h", seconds / 3600);
}

static void add_frame(const struct line *line, struct rows *rows)
{
	const struct event_host *host = model_host(line->model);
	char name[33], kernel[33], from[16], to[16], duration[32];
	__u64 start = model_start(line->model);

	text_ascii(name, sizeof(name), host->hostname[0] ? host->hostname : "this host");
	kernel_text(host->kernel, kernel, sizeof(kernel));
	report_clock(line->model, start ? start : line->time_ns, from, sizeof(from));
	report_clock(line->model, line->time_ns, to, sizeof(to));
	duration_text(line->verdict->window_s, duration, sizeof(duration));
	rows_add(rows, ROW_KEEP, NULL, "%s, Linux %s, %s to %s%s (%s)", name,
		 kernel[0] ? kernel : "?", from, to,
		 other_zone(line->model, line->time_ns) ? " UTC" : "", duration);
}

static void add_class(enum fault_class class, const struct class_verdict *v, struct rows *rows)
{
	const char *state = v->state == STATE_FAULT ? "FAULT" : class_state_name(v->state);
	char text[MESSAGE_LEN];
	struct row *row;

	if (!v->asked) {
		rows_add(rows, ROW_KEEP, NULL, "  %-16s not asked", fault_class_name(class));
		return;
	}
	snprintf(text, sizeof(text), "%s", v->text[0] ? v->text : v->exposure.text);
	rows_shorten(text, REPORT_COLUMNS - CLASS_TEXT_AT - 1, false);
	row = rows_add(rows, ROW_KEEP, NULL, "  %-16s %-*s%s%s", fault_class_name(class),
		       text[0] ? 6 : 0, state, text[0] ? " " : "", text);
	if (v->state == STATE_IDLE || v->state == STATE_CLEAR)
		return;
	row->tone = v->state == STATE_FAULT ? TONE_ALARM : TONE_BOLD;
	row->tone_at = CLASS_STATE_AT;
	row->tone_len = (unsigned int)strlen(state);
}

/* ---- when nothing was found ---- */

struct reason_text {
	const char *reason;
	const char *text;
};

/* In the order in which they matter to a reader. */
static const struct reason_text reason_texts[] = {
	{"not-attached", "not attached"},
	{"events-lost", "counts were lost"},
	{"too-few", "too little happened"},
	{"no-baseline", "no baseline (run the daemon)"},
	{"not-armed", "nothing suspect, not armed"},
};

/* The i-th kind, over all classes, that stands unjudged for that reason; NULL past the last. */
static const struct unjudged *unjudged_at(const struct verdict *v, const char *reason,
					  unsigned int i)
{
	for (int c = 0; c < CLASSES; c++) {
		const struct class_verdict *class = &v->class[c];

		for (unsigned int k = 0; k < class->n_unjudged; k++)
			if (strcmp(class->unjudged[k].reason, reason) == 0 && i-- == 0)
				return &class->unjudged[k];
	}
	return NULL;
}

/* The daemon itself need not be told to run. */
static const char *text_of(const struct reason_text *reason, const struct model *model)
{
	if (model_host(model)->mode == RUN_DAEMON && strcmp(reason->reason, "no-baseline") == 0)
		return "no baseline yet";
	return reason->text;
}

/* "disk-slow, disk-lost and 4 more: no baseline (run the daemon)" */
static void add_unjudged(const struct line *line, const struct reason_text *reason,
			 struct rows *rows)
{
	const struct verdict *v = line->verdict;
	const char *text = text_of(reason, line->model);
	unsigned int room = REPORT_COLUMNS - REPORT_INDENT - (unsigned int)strlen(text) - 2;
	unsigned int n = 0, shown = 0, at = 0;
	char kinds[REPORT_COLUMNS + 1] = "", more[24] = "";

	while (unjudged_at(v, reason->reason, n))
		n++;
	if (n == 1 && unjudged_at(v, reason->reason, 0)->why[0]) {
		const struct unjudged *one = unjudged_at(v, reason->reason, 0);

		rows_add(rows, ROW_USEFUL, "unjudged", "%s: %s", one->kind, one->why);
		return;
	}
	for (; shown < n; shown++) {
		const char *kind = unjudged_at(v, reason->reason, shown)->kind;
		unsigned int left = n - shown - 1;
		unsigned int tail =
			left ? (unsigned int)snprintf(more, sizeof(more), " and %u more", left) : 0;

		if (at + 2 + strlen(kind) + tail > room)
			break;
		at += (unsigned int)snprintf(kinds + at, sizeof(kinds) - at, "%s%s", at ? ", " : "",
					     kind);
	}
	more[0] = '\0';
	if (shown && shown < n)
		snprintf(more, sizeof(more), " and %u more", n - shown);
	if (n && shown)
		rows_add(rows, ROW_USEFUL, "unjudged", "%s%s: %s", kinds, more, text);
	else if (n)
		rows_add(rows, ROW_USEFUL, "unjudged", "%u kinds: %s", n, text);
}

static bool any_blind(const struct verdict *v)
{
	for (int c = CLASS_HARDWARE; c <= CLASS_LEAK; c++)
		if (v->class[c].asked && v->class[c].state == STATE_BLIND)
			return true;
	return false;
}

static void add_missing(const struct model *model, struct rows *rows)
{
	const struct event_probe *p;

	for (unsigned int i = 0; (p = model_probe_at(model, i)); i++)
		if (p->state == PROBE_UNAVAILABLE)
			rows_add(rows, ROW_STRONG, "missing", "%.32s: %.96s", p->name,
				 p->reason[0] ? p->reason : "not attached");
}

static void add_nothing(const struct line *line, struct rows *rows)
{
	const struct verdict *v = line->verdict;
	__u64 start = model_start(line->model);
	char from[16];

	rows_add(rows, ROW_KEEP, NULL, "%s", "");
	if (any_blind(v))
		add_missing(line->model, rows);
	for (size_t i = 0; i < sizeof(reason_texts) / sizeof(reason_texts[0]); i++)
		add_unjudged(line, &reason_texts[i], rows);
	report_clock(line->model, start ? start : line->time_ns, from, sizeof(from));
	rows_add(rows, ROW_USEFUL, "not ours", "memory leaks, anything before %s", from);
	if (any_blind(v))
		rows_add(rows, ROW_KEEP, "next", "%-59s(reads)", "culprit probes");
	else
		rows_add(rows, ROW_KEEP, "next",
			 "still slow? culprit trace -d %u, during the problem",
			 v->window_s < 300 ? 300U : 3600U);
}

/* ---- cost ---- */

/* What a budget takes from a probe says so in its reason (source/live_budget.c). */
static void add_budget(const struct model *model, struct rows *rows)
{
	const struct event_probe *p, *first = NULL;
	unsigned int n = 0;

	for (unsigned int i = 0; (p = model_probe_at(model, i)); i++) {
		if (p->state != PROBE_DEGRADED || !strstr(p->reason, ", budget "))
			continue;
		first = first ? first : p;
		n++;
	}
	if (first)
		rows_add(rows, ROW_STRONG, "less", "%u probe%s, %.80s", n, n == 1 ? "" : "s",
			 first->reason);
}

/* Evidence marks what is inferred, not counted, with a star after a word: "15 TLP*". */
static bool has_star(const struct rows *rows)
{
	for (unsigned int i = 0; i < rows->n; i++) {
		const char *star = rows->row[i].label ? strchr(rows->row[i].text, '*') : NULL;

		if (star && star > rows->row[i].text && star[-1] != ' ' && strchr("),; ", star[1]))
			return true;
	}
	return false;
}

static void add_cost(const struct verdict *v, struct rows *rows)
{
	const char *star = has_star(rows) ? "* inferred. " : "";
	char produced[32], lost[32], cpu[48] = "not measured", mb[48] = "";

	text_thousands(produced, sizeof(produced), v->produced);
	text_thousands(lost, sizeof(lost), v->lost);
	if (v->cpu_percent >= 0)
		snprintf(cpu, sizeof(cpu),
			 v->cpu_percent < 10 ? "%.2f %% of a core" : "%.0f %% of a core",
			 v->cpu_percent);
	if (v->rss_bytes)
		snprintf(mb, sizeof(mb), ", %.1f MB", (double)v->rss_bytes / BYTES_PER_MB);
	rows_add(rows, ROW_KEEP, NULL, "%s", "");
	rows_add(rows, ROW_KEEP, NULL, "%scost %s%s; %s events, %s lost", star, cpu, mb, produced,
		 lost);
}

void report_compose(const struct line *line, struct rows *rows)
{
	const struct verdict *v = line->verdict;
	struct row *answer;
	unsigned int before;

	memset(rows, 0, sizeof(*rows));
	answer = rows_add(rows, ROW_KEEP, NULL, "%.*s", (int)sizeof(v->message), v->message);
	answer->tone = TONE_BOLD;
	answer->tone_len = (unsigned int)strlen(answer->text);
	add_frame(line, rows);
	rows_add(rows, ROW_KEEP, NULL, "%s", "");
	for (int c = 0; c < CLASSES; c++)
		add_class(c, &v->class[c], rows);
	before = rows->n;
	if (v->life)
		report_findings(line->model, v, rows);
	if (v->severity < SEVERITY_WARNING || rows->n == before)
		add_nothing(line, rows);
	add_budget(line->model, rows);
	add_cost(v, rows);
	rows_fit(rows);
}

/* ---- the sink ---- */

struct report {
	struct sink sink;
	FILE *stream;
	bool color;
	struct rows rows; /* the last verdict's */
};

/* A capture of the daemon has many verdicts: the last one is the report, printed at the end. */
static int report_write(struct sink *sink, const struct line *line, struct err *err)
{
	struct report *r = (struct report *)sink;

	(void)err;
	/* A capture without an event has no report. */
	if (line->type == LINE_VERDICT && line->time_ns)
		report_compose(line, &r->rows);
	return 0;
}

static int report_close(struct sink *sink, struct err *err)
{
	struct report *r = (struct report *)sink;
	int ret;

	if (!r)
		return 0;
	ret = rows_print(&r->rows, r->stream, r->color);
	if (ret == -EPIPE)
		err_set(err, ret, "stdout: the reader went away");
	else if (ret < 0)
		err_set(err, ret, "cannot write the report: %s", strerror(-ret));
	free(r);
	return ret;
}

static const struct sink_ops report_ops = {
	.name = "report",
	.write = report_write,
	.close = report_close,
};

int sink_report_new(FILE *stream, bool color, struct sink **ret_sink, struct err *err)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->sink.ops = &report_ops;
	r->stream = stream;
	r->color = color;
	*ret_sink = &r->sink;
	return 0;
}
