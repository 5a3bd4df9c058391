/* SPDX-License-Identifier: BSD-2-Clause */
/* encode.c - event to text; see codec.h. */
#include "source/codec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "source/utf8.h"

/* Where the text goes. Once full, all further output is dropped. */
struct out {
	char *p;
	char *end; /* the last byte, kept for the NUL */
	bool full;
};

static void put(struct out *out, const char *text, size_t length)
{
	if ((size_t)(out->end - out->p) < length) {
		out->full = true;
		return;
	}
	memcpy(out->p, text, length);
	out->p += length;
}

static void put_char(struct out *out, char c)
{
	put(out, &c, 1);
}

static void put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

/* Not snprintf(): this is most of what recording costs. */
static void put_u64(struct out *out, __u64 value)
{
	char digits[20];
	unsigned int i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(out, digits + i, sizeof(digits) - i);
}

static void put_string(struct out *out, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		unsigned int n = utf8_printable(p);

		if (n && *p != ' ' && *p != '\\') {
			put(out, (const char *)p, n);
			p += n;
		} else {
			char escaped[4] = {'\\', 'x', hex[*p >> 4], hex[*p & 15]};

			put(out, escaped, sizeof(escaped));
			p++;
		}
	}
}

static void put_addr(struct out *out, const char *addr)
{
	static const char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
	char text[INET6_ADDRSTRLEN];

	if (memcmp(addr, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, addr + sizeof(mapped), text, sizeof(text));
	else
		inet_ntop(AF_INET6, addr, text, sizeof(text));
	put_text(out, text);
}

static __u64 array_at(const char *p, unsigned int i)
{
	__u64 value;

	memcpy(&value, p + i * sizeof(value), sizeof(value));
	return value;
}

static void put_array(struct out *out, const char *p, const struct event_field *field)
{
	unsigned int n = field->length / sizeof(__u64);
	bool sparse = field->kind == FIELD_HIST, first = true;

	while (n && !array_at(p, n - 1))
		n--;
	for (unsigned int i = 0; i < n; i++) {
		__u64 value = array_at(p, i);

		if (sparse && !value)
			continue;
		if (!first)
			put_char(out, ',');
		first = false;
		if (sparse) {
			put_u64(out, i);
			put_char(out, ':');
		}
		put_u64(out, value);
	}
}

static void put_number(struct out *out, __u64 value, const struct event_field *field)
{
	if (field->values && field->values->names[value]) {
		put_text(out, field->values->names[value]);
		return;
	}
	if (field->kind == FIELD_DEV) {
		put_u64(out, value >> 20);
		put_char(out, ':');
		value &= 0xfffff;
	} else if (field->kind == FIELD_S32 && (__s32)value < 0) {
		put_char(out, '-');
		value = (__u32)-value;
	}
	put_u64(out, value);
}

static void put_value(struct out *out, const struct event *event, const struct event_field *field)
{
	const char *p = (const char *)event + field->offset;

	switch (field->kind) {
	case FIELD_STR:
		put_string(out, p);
		break;
	case FIELD_ADDR:
		put_addr(out, p);
		break;
	case FIELD_U64S:
	case FIELD_HIST:
		put_array(out, p, field);
		break;
	default:
		put_number(out, event_field_u64(event, field), field);
	}
}

/* Zero is what a reader assumes of a field that is not there. A string is zero when it is empty. */
static bool field_is_zero(const struct event *event, const struct event_field *field)
{
	const char *p = (const char *)event + field->offset;

	if (field->kind == FIELD_STR || field->length == 1)
		return *p == '\0';
	return *p == '\0' && memcmp(p, p + 1, field->length - 1) == 0;
}

int codec_encode(const struct event *event, char *buf, size_t size)
{
	const struct event_desc *desc = event_desc(event->type);
	struct out out = {.p = buf, .end = buf + size - 1};

	if (size == 0)
		return -ENOSPC;
	if (!desc || event_fault(event))
		return -EINVAL;
	put_u64(&out, event->ts_ns);
	put_char(&out, ' ');
	put_text(&out, desc->name);
	for (unsigned int i = 0; i < desc->n_fields; i++) {
		const struct event_field *field = &desc->fields[i];

		if (field->kind == FIELD_PAD || field_is_zero(event, field))
			continue;
		put_char(&out, ' ');
		put_text(&out, field->name);
		put_char(&out, '=');
		put_value(&out, event, field);
	}
	if (out.full)
		return -ENOSPC;
	*out.p = '\0';
	return (int)(out.p - buf);
}
