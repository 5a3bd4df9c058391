/* SPDX-License-Identifier: BSD-2-Clause */
/* copy.h - text out of events, which is not trusted to be terminated. */
#ifndef CULPRIT_COPY_H
#define CULPRIT_COPY_H

#include <stddef.h>

/* Copies at most from_size bytes of `from` up to its NUL, cut to size - 1, and always terminates */
void copy_text(char *to, size_t size, const char *from, size_t from_size);

#endif
