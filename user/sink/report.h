/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - the rows of the report for people: composed from a verdict, cut to a page, printed.
 *
 * For report*.c only. A row knows what it is worth, so that a page that is too long loses what
 * tells least, and says so.
 */
#ifndef CULPRIT_SINK_REPORT_H
#define CULPRIT_SINK_REPORT_H

#include "sink/sink.h"

#define REPORT_LINES	24U
#define REPORT_COLUMNS	80U
#define REPORT_ROWS_MAX 96U
/* "  against  ": where the text of a labelled row begins. */
#define REPORT_INDENT 11U

/* What a row is worth: the highest number goes first. */
enum row_worth {
	ROW_KEEP = 0, /* the answer, the frame, the classes, why, what next, the cost */
	ROW_STRONG = 2,
	ROW_USEFUL = 4,
	ROW_DETAIL = 6,
	ROW_EXTRA = 8,
};

enum row_tone { TONE_PLAIN, TONE_BOLD, TONE_ALARM };

struct row {
	unsigned int worth; /* enum row_worth, or between two */
	const char *label;  /* NULL: the text begins in column 1; not repeated under itself */
	char text[REPORT_COLUMNS + 1];
	/* The part of the text to stand out, on a terminal that may show it. */
	enum row_tone tone;
	unsigned int tone_at;
	unsigned int tone_len;
};

struct rows {
	struct row row[REPORT_ROWS_MAX];
	unsigned int n;
	unsigned int dropped; /* rows that were cut, or found no room at all */
	struct row no_room;   /* stands for the latter; never shown */
};

/* Adds a row; the text is made plain ASCII and cut to the columns that its label leaves. */
struct row *rows_add(struct rows *rows, unsigned int worth, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Cuts `text` to `columns`: after a clause if that keeps the greater part, else at a word, with
 * "...". */
void rows_shorten(char *text, unsigned int columns, bool at_clause);
/* Drops the least worthy rows until the page fits, and adds the row that says so. */
void rows_fit(struct rows *rows);
/* 0 or negative errno. */
int rows_print(const struct rows *rows, FILE *stream, bool color);

/* The page of a verdict; line->type is LINE_VERDICT. */
void report_compose(const struct line *line, struct rows *rows);

/* The time of day in UTC, "18:00:04", of a monotonic one. */
void report_clock(const struct model *model, __u64 mono_ns, char *buf, size_t size);

/* Its middle part, in report_finding.c: the worst finding in full, or that of earlier which leads the verdict; further
 * ones a row each. */
void report_findings(const struct model *model, const struct verdict *verdict, struct rows *rows);

#endif
