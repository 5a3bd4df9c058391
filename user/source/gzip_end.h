/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gzip_end.h - did all of it come? For who passes a capture on without reading it.
 *
 * A capture is one gzip stream (capture.h), and its writer ends that only when the whole flight recorder is in it.
 */
#ifndef CULPRIT_GZIP_END_H
#define CULPRIT_GZIP_END_H

#include <stdbool.h>
#include <stddef.h>

struct gzip_end;

/* NULL: out of memory. */
struct gzip_end *gzip_end_new(void);
void gzip_end_free(struct gzip_end *end);

/* The next bytes of the stream. */
void gzip_end_feed(struct gzip_end *end, const void *bytes, size_t n);

/* The stream came to its end, with the checksum that it should have, and nothing came behind it. */
bool gzip_end_reached(const struct gzip_end *end);

#endif
