/* SPDX-License-Identifier: BSD-2-Clause */
/* path_pattern.c - what the paths of some files have in common; see path_pattern.h. */
#include "probe/path_pattern.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* So much of them in one directory, in percent, before that one stands for all. */
#define MOST 60

static const char deleted_mark[] = " (deleted)";

struct path {
	const char *text;
	size_t dir; /* bytes up to and with the last slash */
	size_t len;
	bool deleted;
};

static struct path take_apart(const char *text)
{
	size_t mark = sizeof(deleted_mark) - 1;
	struct path path = {.text = text, .len = strlen(text)};

	if (path.len > mark && strcmp(text + path.len - mark, deleted_mark) == 0) {
		path.deleted = true;
		path.len -= mark;
	}
	for (size_t i = 0; i < path.len; i++)
		if (text[i] == '/')
			path.dir = i + 1;
	return path;
}

static bool same_dir(const struct path *a, const struct path *b)
{
	return a->dir == b->dir && memcmp(a->text, b->text, a->dir) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A byte within a character. */
static bool is_inner(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* How the names of the paths that are like `of` begin and end, in bytes of its own name. Digits next to where they
 * differ are of a counter, not of the pattern. */
static void common_ends(const struct path *paths, unsigned int n, const struct path *of,
			size_t *ret_begin, size_t *ret_end)
{
	const char *name = of->text + of->dir;
	size_t len = of->len - of->dir, begin = len, end = len, least = len;

	for (unsigned int i = 0; i < n; i++) {
		const struct path *p = &paths[i];
		size_t other = p->len - p->dir, k = 0;

		if (!same_dir(p, of))
			continue;
		while (k < begin && k < other && p->text[p->dir + k] == name[k])
			k++;
		begin = k;
		for (k = 0;
		     k < end && k < other && p->text[p->len - 1 - k] == of->text[of->len - 1 - k];)
			k++;
		end = k;
		least = other < least ? other : least;
	}
	/* All the same. */
	if (begin == len && end == len) {
		*ret_begin = len;
		*ret_end = 0;
		return;
	}
	while (begin && (is_digit(name[begin - 1]) || is_inner(name[begin])))
		begin--;
	if (begin + end > least)
		end = least - begin;
	while (end && (is_digit(of->text[of->len - end]) || is_inner(of->text[of->len - end])))
		end--;
	*ret_begin = begin;
	*ret_end = end;
}

static void put(struct path_pattern *ret, const char *dir, size_t dir_len, const char *name)
{
	size_t room = sizeof(ret->text) - 1, name_len = strlen(name);

	if (dir_len + name_len <= room)
		snprintf(ret->text, sizeof(ret->text), "%.*s%s", (int)dir_len, dir, name);
	else if (name_len + 3 >= room)
		snprintf(ret->text, sizeof(ret->text), "...%s", name + name_len - (room - 3));
	else
		snprintf(ret->text, sizeof(ret->text), "...%.*s%s", (int)(room - 3 - name_len),
			 dir + dir_len - (room - 3 - name_len), name);
}

static void put_names(struct path_pattern *ret, const struct path *paths, unsigned int n,
		      const struct path *of)
{
	char name[PATH_ROOM + 2];
	size_t begin, end;

	common_ends(paths, n, of, &begin, &end);
	snprintf(name, sizeof(name), "%.*s%s%.*s", (int)begin, of->text + of->dir,
		 begin == of->len - of->dir ? "" : "*", (int)end, of->text + of->len - end);
	put(ret, of->text, of->dir, name);
}

/* The directory above all of them, in bytes; at most 1 when it is the root, or none. */
static size_t common_dir(const struct path *paths, unsigned int n)
{
	size_t dir = paths[0].dir, k;

	for (unsigned int i = 1; i < n; i++) {
		for (k = 0; k < dir && k < paths[i].dir && paths[i].text[k] == paths[0].text[k];)
			k++;
		while (k && paths[0].text[k - 1] != '/')
			k--;
		dir = k;
	}
	return dir;
}

static unsigned int count_like(const struct path *paths, unsigned int n, const struct path *of,
			       unsigned int *ret_deleted)
{
	unsigned int alike = 0;

	*ret_deleted = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (of && !same_dir(&paths[i], of))
			continue;
		alike++;
		*ret_deleted += paths[i].deleted;
	}
	return alike;
}

void path_pattern(char texts[][PATH_ROOM], unsigned int n, struct path_pattern *ret)
{
	struct path paths[PATHS_MAX] = {0}, *most = &paths[0];
	unsigned int best = 0, deleted;
	size_t dir;

	memset(ret, 0, sizeof(*ret));
	if (!n)
		return;
	for (unsigned int i = 0; i < n; i++)
		paths[i] = take_apart(texts[i]);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int alike = count_like(paths, n, &paths[i], &deleted);

		if (alike <= best)
			continue;
		best = ret->alike = alike;
		ret->deleted = deleted;
		most = &paths[i];
	}
	if (100 * best >= MOST * n) {
		put_names(ret, paths, n, most);
		return;
	}
	dir = common_dir(paths, n);
	if (dir > 1) {
		ret->alike = count_like(paths, n, NULL, &ret->deleted);
		put(ret, paths[0].text, dir, "**");
		return;
	}
	ret->alike = 1;
	ret->deleted = paths[0].deleted;
	put_names(ret, paths, 1, &paths[0]);
}
