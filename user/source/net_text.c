/* SPDX-License-Identifier: BSD-2-Clause */
/* net_text.c - what /proc says of a network namespace's stack; see net_text.h. */
#include "source/net_text.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

/* A decimal number, and nothing else up to a blank or the end of the line. */
static bool number(const char *text, int base, __u64 *ret)
{
	char *end;
	__u64 value;

	if (!strchr(base == 16 ? "0123456789abcdef" : "0123456789", *text) || !*text)
		return false;
	value = strtoull(text, &end, base);
	if (*end && !strchr(" \t\n", *end))
		return false;
	*ret = value;
	return true;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : NULL;
}

/* What follows "GROUP:" where the line begins so; else NULL. */
static const char *of_group(const char *line, const char *group)
{
	size_t length = strlen(group);

	return line && strncmp(line, group, length) == 0 && line[length] == ':' ? line + length + 1
										: NULL;
}

/* The next word of the line; NULL past its end. */
static const char *word(const char *at, size_t *ret_length)
{
	at += strspn(at, BLANKS);
	*ret_length = strcspn(at, " \t\n");
	return *ret_length ? at : NULL;
}

static bool is_word(const char *text, size_t length, const char *name)
{
	return strlen(name) == length && strncmp(text, name, length) == 0;
}

bool net_counter(const char *text, const char *group, const char *name, __u64 *ret)
{
	for (const char *line = text; line && *line; line = next_line(line)) {
		const char *names = of_group(line, group), *values;
		size_t length, width;

		if (!names)
			continue;
		values = of_group(next_line(line), group);
		while (values && (names = word(names, &length)) &&
		       (values = word(values, &width))) {
			if (is_word(names, length, name))
				return number(values, 10, ret);
			names += length;
			values += width;
		}
		return false;
	}
	return false;
}

bool net_counter6(const char *text, const char *name, __u64 *ret)
{
	for (const char *line = text; line && *line; line = next_line(line)) {
		const char *value;
		size_t length;
		const char *first = word(line, &length);

		if (first != line || !is_word(first, length, name))
			continue;
		value = word(first + length, &length);
		return value && number(value, 10, ret);
	}
	return false;
}

bool net_gauge(const char *text, const char *proto, const char *name, __u64 *ret)
{
	for (const char *line = text; line && *line; line = next_line(line)) {
		const char *at = of_group(line, proto);
		size_t length;

		while (at && (at = word(at, &length))) {
			const char *value = word(at + length, &length);

			if (value && is_word(at, strcspn(at, BLANKS), name))
				return number(value, 10, ret);
			at = value ? value + length : NULL;
		}
	}
	return false;
}

bool net_port_range(const char *text, __u16 *ret_low, __u16 *ret_high)
{
	size_t length;
	const char *first = word(text, &length), *second;
	__u64 low, high;

	if (!first || !number(first, 10, &low))
		return false;
	second = word(first + length, &length);
	if (!second || !number(second, 10, &high) || !low || low > high || high > 65535)
		return false;
	*ret_low = (__u16)low;
	*ret_high = (__u16)high;
	return true;
}

/* The place of a column among the names; -1: there is none. */
static int column(const char *names, const char *name)
{
	size_t length;

	for (int i = 0; (names = word(names, &length)); i++, names += length)
		if (is_word(names, length, name))
			return i;
	return -1;
}

static bool field(const char *line, int column, __u64 *ret)
{
	size_t length;

	for (; (line = word(line, &length)) && column; column--)
		line += length;
	return line && number(line, 16, ret);
}

bool net_conntrack_drops(const char *text, __u64 *ret_drops, __u64 *ret_early)
{
	int drop = column(text, "drop"), early = column(text, "early_drop");
	__u64 drops = 0, earlies = 0, value;
	const char *line = text;

	if (drop < 0 || early < 0)
		return false;
	while ((line = next_line(line)) && *line) {
		if (!field(line, drop, &value))
			return false;
		drops += value;
		if (!field(line, early, &value))
			return false;
		earlies += value;
	}
	*ret_drops = drops;
	*ret_early = earlies;
	return true;
}
