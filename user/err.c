/* SPDX-License-Identifier: BSD-2-Clause */
/* err.c - an error with its chain of context; see err.h. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (code == 0)
		code = -EIO;
	err->code = code > 0 ? -code : code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return err->code;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char prefix[160];
	char old[sizeof(err->text)];
	va_list args;

	if (err->code == 0)
		return 0;
	va_start(args, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, args);
	va_end(args);
	memcpy(old, err->text, sizeof(old));
	snprintf(err->text, sizeof(err->text), "%s: %.*s", prefix,
		 (int)(sizeof(err->text) - strlen(prefix) - 3), old);
	return err->code;
}
