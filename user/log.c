/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c - messages to stderr; see log.h. */
#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static void put(const char *prefix, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

/* A reader that sleeps, or a terminal that was stopped, must not stop who watches: then the message is left out. stderr
 * is others' too: it stays blocking, and a pipe that has room at all has it for a message (4 KiB, pipe(7)). */
static bool would_block(void)
{
	struct pollfd poll_fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&poll_fd, 1, 0) == 0;
}

static void write_line(const char *line)
{
	static unsigned long left_out;
	char text[80] = "";

	if (would_block()) {
		left_out++;
		return;
	}
	if (left_out)
		snprintf(text, sizeof(text), "culprit: %lu message%s left out: nobody read them\n",
			 left_out, left_out == 1 ? "" : "s");
	left_out = 0;
	fprintf(stderr, "%s%s", text, line);
}

/* One write a message: lines of two writers to one terminal do not mix. */
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
	write_line(line);
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
