/* SPDX-License-Identifier: BSD-2-Clause */
/* settings_fixed.c - the settings that a running daemon keeps: what is opened, attached or given up once; see
 * reload.h. */
#include <stdio.h>
#include <string.h>

#include "reload.h"

#define PART_OF(name, member, is_text)                                                             \
	{                                                                                          \
		name, offsetof(struct settings, member),                                           \
			sizeof(((struct settings *)NULL)->member), is_text                         \
	}
#define PART(name, member) PART_OF(name, member, false)
#define TEXT(name, member) PART_OF(name, member, true)

/* Fields of struct settings. */
static const struct {
	const char *name;
	size_t offset, size;
	bool is_text; /* what stands behind its end means nothing */
} parts[] = {
	PART("tick_s", tick_ms), /* leaks are judged by floors of so many ticks */
	TEXT("store", memory.path),
	PART("queue_kb", sinks.queue_bytes),
	TEXT("socket", keeper.socket),
	TEXT("group", keeper.group),
	PART("flight_minutes", keeper.flight.keep_ns),
	PART("flight_mb", keeper.flight.bytes),
	TEXT("metrics", keeper.metrics),
	PART("confine", confine),
};

/* Settings of the list, and what the file calls them. */
static const struct {
	const char *name, *key;
} keys[] = {
	{"disable", "probes.disable"},
	{"arm", "probes.arm"},
	{"smartctl", "smartctl"},
	{"leak.bucket_s", "leak.bucket_s"},
};

static bool same_part(size_t i, const char *a, const char *b)
{
	return parts[i].is_text ? strcmp(a, b) == 0 : memcmp(a, b, parts[i].size) == 0;
}

static void add_name(char *names, size_t size, const char *name)
{
	size_t at = strlen(names);

	if (at < size)
		snprintf(names + at, size - at, "%s%s", at ? ", " : "", name);
}

static bool keep_key(const struct settings *now, struct settings *next, const char *key)
{
	const char *mine = settings_get(now, key), *other = settings_get(next, key);
	struct err ignored = {0};

	if (strcmp(mine ? mine : "", other ? other : "") == 0)
		return false;
	/* What is put in the place of another always fits; where a full list takes no more the default is told. */
	settings_set(next, key, mine ? mine : "", &ignored);
	return true;
}

void settings_keep_fixed(const struct settings *now, struct settings *next, char *ret_names,
			 size_t size)
{
	ret_names[0] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *from = (const char *)now + parts[i].offset;
		char *to = (char *)next + parts[i].offset;

		if (same_part(i, from, to))
			continue;
		memcpy(to, from, parts[i].size);
		add_name(ret_names, size, parts[i].name);
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keep_key(now, next, keys[i].key))
			add_name(ret_names, size, keys[i].name);
	/* These say how the above came about. */
	next->memory = now->memory;
	next->keeper.socket_default = now->keeper.socket_default;
}
