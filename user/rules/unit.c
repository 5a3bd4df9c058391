/* SPDX-License-Identifier: BSD-2-Clause */
/* unit.c - what the name of a process's unit tells; see unit.h. */
#include "rules/unit.h"

#include <string.h>

/* A UUID (RFC 4122, 3); a pod that is made of a file has an MD5 sum instead (kubelet, static pods). */
#define UID_CHARS  36
#define FILE_CHARS 32

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

/* 0: it is no pod. */
static size_t uid_chars(const char *unit)
{
	size_t n;

	if (strncmp(unit, "pod", 3) != 0)
		return 0;
	n = strspn(unit + 3, "0123456789abcdef-_");
	if (n != UID_CHARS && n != FILE_CHARS)
		return 0;
	return unit[3 + n] == '\0' || strcmp(unit + 3 + n, ".slice") == 0 ? n : 0;
}

bool unit_is_pod(const char *unit)
{
	return uid_chars(unit) != 0;
}

struct text unit_pod_uid(const char *unit)
{
	size_t n = uid_chars(unit);
	struct text uid = {""};

	for (size_t i = 0; i < n; i++)
		uid.s[i] = unit[3 + i] == '_' ? '-' : unit[3 + i];
	return uid;
}

bool unit_is_systemds(const char *unit)
{
	return text_is_plain_word(unit) && (ends_in(unit, ".service") || ends_in(unit, ".scope"));
}
