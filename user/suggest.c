/* SPDX-License-Identifier: BSD-2-Clause */
/* suggest.c - the name that was probably meant, by edit distance; see options.h. */
#include "options.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 40U

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment distance: insert, delete, replace, swap of neighbours each cost one. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][NAME_MAX_LEN + 1];
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2];
	unsigned int n = (unsigned int)strlen(a), m = (unsigned int)strlen(b);

	for (unsigned int j = 0; j <= m; j++)
		last[j] = j;
	for (unsigned int i = 1; i <= n; i++) {
		unsigned int *spare = before;

		now[0] = i;
		for (unsigned int j = 1; j <= m; j++) {
			unsigned int cost = a[i - 1] != b[j - 1];

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

const char *suggest(const char *text, const void *table, unsigned int n, name_at_fn name_at)
{
	size_t len = strlen(text);
	const char *best = NULL;
	/* A third of the letters may be wrong: more is another word. */
	unsigned int limit = (unsigned int)len / 3 + 1;

	if (len < 2 || len > NAME_MAX_LEN)
		return NULL;
	for (unsigned int i = 0; i < n; i++) {
		const char *name = name_at(table, i);
		unsigned int d;

		if (!name || strlen(name) > NAME_MAX_LEN)
			continue;
		/* A beginning is meant whatever its distance; the first one wins. */
		d = strncmp(name, text, len) == 0 ? 1 : distance(text, name);
		if (d < limit || (d == limit && !best && d < strlen(name))) {
			limit = d;
			best = name;
		}
	}
	return best;
}

const char *suggest_text(char *buf, unsigned int size, const char *prefix, const char *name)
{
	if (name)
		snprintf(buf, size, " (did you mean %s%s?)", prefix, name);
	else
		buf[0] = '\0';
	return buf;
}
