/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_reader.h - the lines of a text file, plain or gzip'd.
 *
 * All lines before a damage come out first, then the error: what zlib had already inflated is not
 * lost.
 */
#ifndef CULPRIT_SOURCE_LINE_READER_H
#define CULPRIT_SOURCE_LINE_READER_H

#include <stddef.h>

#include "err.h"

/* The longest line that is taken, without its newline. */
#define LINE_READER_MAX 8191

struct line_reader;

/* Takes over fd, also on failure. 0 or -ENOMEM. */
int line_reader_new(int fd, struct line_reader **ret_reader, struct err *err);

/* The next line and its length without the newline, which is at line[length]; valid until the next
 * call. 1: a line; 0: the end; -EAGAIN: a pipe has brought nothing for a tenth of a second, to be asked again;
 * -EBADMSG (damaged gzip data, a line too long, a last line without newline) or what read() returned, each time
 * again. */
int line_reader_next(struct line_reader *reader, const char **ret_line, size_t *ret_length,
		     struct err *err);

void line_reader_free(struct line_reader *reader);

#endif
