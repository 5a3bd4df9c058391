/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outfile.h - whole lines to a file or to stdout, whatever the disk or the reader does.
 *
 * A reader must never see half a line followed by another one: what could not be written whole is taken back, or
 * ended by a newline before the next line. All of it may block; who must not block writes from a child.
 */
#ifndef CULPRIT_OUTFILE_H
#define CULPRIT_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct outfile {
	const char *path; /* borrowed; NULL: stdout */
	int fd;
	bool torn; /* the last byte written was not the end of a line */
	int stall_ms; /* how long a reader of a non-blocking pipe may let us wait for room; -1: for ever */
};

/* The path (0640, append, never through a symbolic link; a FIFO that nobody reads is -ENXIO), or stdout. On failure
 * it is as it was. */
int outfile_open(struct outfile *file, const char *path, int stall_ms, struct err *err);

/* Opens the path anew, after a rename. When that fails the old file goes on. */
int outfile_reopen(struct outfile *file, struct err *err);

/* Is the file gone from its path: deleted, or replaced by another one? A file that was only renamed is not. */
bool outfile_replaced(const struct outfile *file);

/* All of the text, or none of it and a negative errno; -EPIPE: the reader went away. */
int outfile_put(struct outfile *file, const char *text, size_t len);

/* Bytes in the file that the path still names; 0 where it is no regular file, or another one. */
unsigned long long outfile_size(const struct outfile *file);

/* What close() says; stdout stays open. */
int outfile_close(struct outfile *file);

/* The path, or "stdout". */
const char *outfile_name(const struct outfile *file);

#endif
