/* SPDX-License-Identifier: BSD-2-Clause */
/* random_event.h - events with every field filled in at random, from the field table. */
#ifndef RANDOM_EVENT_H
#define RANDOM_EVENT_H

#include <string.h>

#include "source/event_fields.h"

#define FOR_EACH_DESC(desc)                                                                        \
	const struct event_desc *desc;                                                             \
	for (unsigned int desc##_i = 0; (desc = event_desc_at(desc##_i)); desc##_i++)

/* xorshift64*: the same numbers everywhere, so that a failure can be repeated. */
static inline __u64 random_u64(__u64 *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dULL;
}

/* Small, huge, zero and all-ones numbers are as likely as others. */
static inline __u64 random_number(__u64 *seed)
{
	switch (random_u64(seed) % 5) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return random_u64(seed) % 10;
	default:
		return random_u64(seed) >> random_u64(seed) % 64;
	}
}

static inline void random_bytes(char *to, size_t n, __u64 *seed)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (char)random_u64(seed);
}

static inline void random_string(char *to, size_t size, __u64 *seed)
{
	size_t n = random_u64(seed) % size; /* up to size - 1 */

	for (size_t i = 0; i < n; i++) {
		char c = (char)random_u64(seed);

		/* Half of it as names are, half any byte but NUL. */
		to[i] = random_u64(seed) % 2 ? (char)('a' + (c & 15)) : c ? c : ' ';
	}
}

static inline void random_array(char *to, size_t n, __u64 *seed)
{
	for (size_t i = 0; i < n; i++) {
		__u64 value = random_u64(seed) % 4 ? 0 : random_number(seed);

		memcpy(to + i * sizeof(value), &value, sizeof(value));
	}
}

static inline void random_field(struct event *event, const struct event_field *field, __u64 *seed)
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char *to = (char *)event + field->offset;
	__u64 number = random_number(seed);

	switch (field->kind) {
	case FIELD_PAD:
		break;
	case FIELD_STR:
		random_string(to, field->length, seed);
		break;
	case FIELD_ADDR:
		random_bytes(to, 16, seed);
		if (random_u64(seed) % 2)
			memcpy(to, mapped, sizeof(mapped));
		break;
	case FIELD_U64S:
	case FIELD_HIST:
		random_array(to, field->length / sizeof(__u64), seed);
		break;
	default:
		if (field->values)
			number %= field->values->n;
		memcpy(to, &number,
		       field->length); /* little endian, as all that BPF runs on here */
	}
}

static inline void random_event(union event_buf *buf, const struct event_desc *desc, __u64 *seed)
{
	memset(buf, 0, sizeof(*buf));
	buf->h.ts_ns = random_number(seed);
	buf->h.type = desc->type;
	buf->h.size = desc->size;
	for (unsigned int i = 0; i < desc->n_fields; i++)
		if (random_u64(seed) % 4)
			random_field(&buf->h, &desc->fields[i], seed);
}

#endif
