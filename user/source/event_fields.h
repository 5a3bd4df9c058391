/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_fields.h - THE field table: what each type of event is made of.
 *
 * One row a field. Encoding, decoding, validation, tests and fuzzing are loops over this table and
 * know no type by name. The ids of types (event.h) and of fields (per type) are never reused: a
 * field that goes leaves its number behind; a new one takes the next.
 */
#ifndef CULPRIT_SOURCE_EVENT_FIELDS_H
#define CULPRIT_SOURCE_EVENT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

enum field_kind {
	FIELD_PAD = 0, /* no field: bytes that are zero and not written */
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_S32,
	FIELD_DEV,  /* u32, written "major:minor" */
	FIELD_STR,  /* char[length], NUL-terminated */
	FIELD_ADDR, /* 16 bytes, written as an IP address; v4-mapped as a dotted quad */
	FIELD_U64S, /* u64[], written "1,2,3" */
	FIELD_HIST, /* u64[], mostly zero, written "3:17,9:1" (index:value) */
};

/* A closed set of numbers with names; value i is names[i]. An event with another value is of a kind
 * that we do not know: it is not encoded, and skipped (and counted) when decoded. */
struct field_values {
	const char *const *names; /* NULL: a hole in the numbering, written as a number */
	unsigned int n;
};

struct event_field {
	const char *name;		   /* a-z 0-9 _ and "." */
	__u16 id;			   /* from 1; 0 for FIELD_PAD */
	__u16 offset;			   /* from the start of the event */
	__u16 length;			   /* bytes */
	__u8 kind;			   /* enum field_kind */
	const struct field_values *values; /* integers only; NULL: any number */
};

struct event_desc {
	const char *name; /* a-z 0-9 _ */
	__u32 type;	  /* enum event_type */
	__u32 size;	  /* header and payload */
	const struct event_field *fields;
	unsigned int n_fields;
};

/* The largest size of all events; room for any of them, aligned. */
#define EVENT_SIZE_MAX sizeof(struct event_block_stat)
union event_buf {
	struct event h;
	__u64 words[EVENT_SIZE_MAX / 8];
};

/* No type has more fields than a mask of them has bits. */
#define EVENT_FIELDS_MAX 64

/* The row of a type; NULL when there is none. */
const struct event_desc *event_desc(__u32 type);
const struct event_desc *event_desc_named(const char *name, size_t length);
/* The i-th row; NULL past the end. */
const struct event_desc *event_desc_at(unsigned int i);

/* Whether an event is one of ours in shape: known type, its very size, strings terminated, numbers
 * of closed sets in range. NULL when it is; else what is wrong, for a person. */
const char *event_fault(const struct event *event);

/* The number in a field of one of the integer kinds. */
__u64 event_field_u64(const struct event *event, const struct event_field *field);

#endif
