/* SPDX-License-Identifier: BSD-2-Clause */
/* report_rows.c - rows cut to the page and printed; see report.h. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "report.h"
#include "text.h"

void rows_shorten(char *text, unsigned int columns, bool at_clause)
{
	size_t len = strlen(text), at;

	if (len <= columns)
		return;
	for (at = columns - 1; at_clause && at > columns / 2; at--) {
		if ((text[at] != ';' && text[at] != '.') || text[at + 1] != ' ')
			continue;
		text[at] = '.';
		text[at + 1] = '\0';
		return;
	}
	for (at = columns - 3; at > columns / 2 && text[at] != ' '; at--)
		;
	if (at <= columns / 2)
		at = columns - 3;
	/* Rather no last part than a stump of it: "0 errors; 2". */
	for (size_t part = at; part > 3 * columns / 4; part--)
		if (text[part - 1] == ';')
			at = part;
	while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == ',' || text[at - 1] == ';'))
		at--;
	memcpy(text + at, "...", 4);
}

static void drop(struct rows *rows, unsigned int i)
{
	memmove(&rows->row[i], &rows->row[i + 1], (rows->n - i - 1) * sizeof(rows->row[0]));
	rows->n--;
	rows->dropped++;
}

/* The last of those that are worth least; rows->n when all must stay. */
static unsigned int least(const struct rows *rows)
{
	unsigned int worst = rows->n;

	for (unsigned int i = 0; i < rows->n; i++)
		if (rows->row[i].worth &&
		    (worst == rows->n || rows->row[i].worth >= rows->row[worst].worth))
			worst = i;
	return worst;
}

struct row *rows_add(struct rows *rows, unsigned int worth, const char *label, const char *fmt, ...)
{
	char text[256];
	struct row *row;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* What must stay takes the place of what is worth least. */
	if (rows->n == REPORT_ROWS_MAX && worth == ROW_KEEP && least(rows) < rows->n)
		drop(rows, least(rows));
	if (rows->n == REPORT_ROWS_MAX) {
		rows->dropped++;
		return &rows->no_room;
	}
	row = &rows->row[rows->n++];
	memset(row, 0, sizeof(*row));
	row->worth = worth;
	row->label = label;
	text_ascii(text, sizeof(text), text);
	rows_shorten(text, label ? REPORT_COLUMNS - REPORT_INDENT : REPORT_COLUMNS, !label);
	memcpy(row->text, text, strlen(text) + 1); /* short enough now */
	return row;
}

/* The note goes above the last two rows: an empty one and the cost. */
void rows_fit(struct rows *rows)
{
	struct row *note;

	if (rows->n <= REPORT_LINES && !rows->dropped)
		return;
	while (rows->n >= REPORT_LINES && least(rows) < rows->n)
		drop(rows, least(rows));
	if (rows->n < 2 || rows->n == REPORT_ROWS_MAX)
		return;
	note = &rows->row[rows->n - 2];
	memmove(note + 1, note, 2 * sizeof(*note));
	rows->n++;
	memset(note, 0, sizeof(*note));
	snprintf(note->text, sizeof(note->text), "  ... %u more line%s; --json has all",
		 rows->dropped, rows->dropped == 1 ? "" : "s");
}

static void print_row(const struct row *row, const char *label, FILE *stream, bool color)
{
	static const char *const codes[] = {
		[TONE_PLAIN] = "", [TONE_BOLD] = "\033[1m", [TONE_ALARM] = "\033[1;31m"};

	if (label)
		fprintf(stream, "  %-8s ", label);
	if (!color || row->tone == TONE_PLAIN || !row->tone_len)
		fprintf(stream, "%s\n", row->text);
	else
		fprintf(stream, "%.*s%s%.*s\033[0m%s\n", (int)row->tone_at, row->text,
			codes[row->tone], (int)row->tone_len, row->text + row->tone_at,
			row->text + row->tone_at + row->tone_len);
}

int rows_print(const struct rows *rows, FILE *stream, bool color)
{
	const char *before = NULL;

	for (unsigned int i = 0; i < rows->n; i++) {
		const struct row *row = &rows->row[i];
		bool same = row->label && before && strcmp(before, row->label) == 0;

		print_row(row, same ? "" : row->label, stream, color);
		before = row->label;
	}
	errno = 0;
	if (fflush(stream) != 0 || ferror(stream))
		return errno ? -errno : -EIO;
	return 0;
}
