/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - bytes that the system gave us, made safe: for JSON strings and for terminals.
 */
#ifndef CULPRIT_SINK_TEXT_H
#define CULPRIT_SINK_TEXT_H

#include <stddef.h>

/*
 * A JSON string with its quotes (RFC 8259), malloc'd, from at most `size` bytes up to a NUL. Bytes
 * that are not UTF-8 (RFC 3629: no overlong forms, no surrogates) become U+FFFD, one per maximal
 * subpart as Unicode chapter 3.9 recommends. Besides what JSON demands, DEL, the C1 controls and
 * the invisible characters that reorder or break lines (U+200E-200F, U+2028-202E, U+2066-2069,
 * U+FEFF) are written as \uXXXX: they steer terminals. NULL when out of memory.
 */
char *text_json(const char *bytes, size_t size);

/* Printable ASCII; each other byte becomes '?'. At most size - 1 bytes and a NUL. Returns buf. */
char *text_ascii(char *buf, size_t size, const char *bytes);

/* "1,204" */
char *text_thousands(char *buf, size_t size, unsigned long long value);

#endif
