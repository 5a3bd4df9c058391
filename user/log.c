/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c - messages to stderr; see log.h. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

static void put(const char *prefix, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

/* One fputs() a message: lines of two writers to one terminal do not mix. */
static void put(const char *prefix, const char *fmt, va_list args)
{
	char text[512], line[4 * sizeof(text) + 64];
	size_t at;

	vsnprintf(text, sizeof(text), fmt, args);
	at = (size_t)snprintf(line, sizeof(line), "culprit: %s", prefix);
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x20 && c <= 0x7e)
			line[at++] = *p;
		else
			at += (size_t)snprintf(line + at, sizeof(line) - at, "\\x%02x", c);
	}
	line[at++] = '\n';
	line[at] = '\0';
	fputs(line, stderr);
}

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put("", fmt, args);
	va_end(args);
}

void log_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put("warning: ", fmt, args);
	va_end(args);
}

void log_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put("", fmt, args);
	va_end(args);
}
