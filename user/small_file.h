/* SPDX-License-Identifier: BSD-2-Clause */
/* small_file.h - the files of /proc and /sys: read at once, bounded; what is not there is empty. */
#ifndef CULPRIT_SMALL_FILE_H
#define CULPRIT_SMALL_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include <linux/types.h>

/* Reads at most size - 1 bytes of `path` (relative to dir, or AT_FDCWD) and puts a NUL behind them.
 * The length, or a negative errno with buf empty. */
ssize_t small_file_read(int dir, const char *path, char *buf, size_t size);

/* The same without white space at both ends, and up to the first NUL; the length, 0 when
 * unreadable. */
size_t small_file_text(int dir, const char *path, char *buf, size_t size);

/* The decimal number that a file begins with; 0 when there is none. */
__u64 small_file_u64(int dir, const char *path);

/* The target of a symbolic link, cut to size - 1 bytes; the length, 0 when there is none. */
size_t small_file_link(int dir, const char *path, char *buf, size_t size);

/* A whole file of at most `limit` bytes (what is longer is cut off), NUL-terminated, to be freed;
 * NULL when it cannot be read. */
char *whole_file_read(const char *path, size_t limit, size_t *ret_length);

/* Cuts white space off both ends, in place; the length that is left. */
size_t text_trim(char *text);

/* Copies a string, cut to size - 1 bytes (never within a UTF-8 sequence). */
void text_copy(char *to, size_t size, const char *from);

#endif
