/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.h - an event as one line of text, and back. Driven by the field table alone.
 *
 *	1234567890 block_io dev=8:0 op=read status=medium reason=error sector=4660 bytes=4096
 *
 * The time (CLOCK_MONOTONIC, ns), the type's name, then NAME=VALUE for each field that is not zero,
 * in the order of the table. Numbers are decimal and exact; a field with named values is written by
 * name, and read by name or number. In strings, space, backslash, control characters and bytes that
 * are not UTF-8 are written \xNN (backslash also reads as \\); nothing else is changed, so every
 * byte comes back. What the table does not know is skipped and counted; what is malformed is an
 * error.
 */
#ifndef CULPRIT_SOURCE_CODEC_H
#define CULPRIT_SOURCE_CODEC_H

#include "err.h"
#include "source/event_fields.h"

/* The longest line of any event, with its NUL. */
#define CODEC_LINE_MAX 4096

/* What a decoder passed over because a newer (or other) culprit wrote it. */
struct codec_skips {
	__u64 types;
	__u64 fields;
	__u64 values; /* whole events that carry a number out of a closed set */
};

/* Writes the line, without a newline, NUL-terminated. Its length; -EINVAL when the event is not one
 * of ours (event_fault()); -ENOSPC when buf is too small (CODEC_LINE_MAX never is). */
int codec_encode(const struct event *event, char *buf, size_t size);

/* Reads one line of `length` bytes, without its newline. 1: an event; 0: skipped, and counted;
 * -EBADMSG with what is wrong. */
int codec_decode(const char *line, size_t length, union event_buf *ret_event,
		 struct codec_skips *skips, struct err *err);

#endif
