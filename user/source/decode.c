/* SPDX-License-Identifier: BSD-2-Clause */
/* decode.c - text to event; see codec.h. */
#include "source/codec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* A piece of the line; not NUL-terminated. */
struct span {
	const char *p;
	size_t n;
};

/* ---- values: true when the whole span was one ---- */

static bool read_u64(struct span text, __u64 *ret_value)
{
	__u64 value = 0;

	if (text.n == 0)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned int digit = (unsigned char)text.p[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

/* Cuts the text before the first `separator` off the front, and the separator with it. */
static struct span cut(struct span *text, char separator)
{
	const char *end = memchr(text->p, separator, text->n);
	struct span head = {text->p, end ? (size_t)(end - text->p) : text->n};
	size_t used = head.n + (end ? 1 : 0);

	text->p += used;
	text->n -= used;
	return head;
}

static bool read_dev(struct span text, __u64 *ret_value)
{
	struct span major_text;
	__u64 major, minor;

	if (!memchr(text.p, ':', text.n))
		return read_u64(text, ret_value);
	major_text = cut(&text, ':');
	if (!read_u64(major_text, &major) || !read_u64(text, &minor) || major > 0xfff ||
	    minor > 0xfffff)
		return false;
	*ret_value = major << 20 | minor;
	return true;
}

static bool read_s32(struct span text, __u64 *ret_value)
{
	bool negative = text.n && text.p[0] == '-';
	__u64 value;

	text.p += negative;
	text.n -= negative;
	if (!read_u64(text, &value) || value > 0x7fffffffULL + negative)
		return false;
	*ret_value = (__u32)(negative ? -value : value);
	return true;
}

static bool read_name(struct span text, const struct field_values *values, __u64 *ret_value)
{
	for (unsigned int i = 0; i < values->n; i++) {
		const char *name = values->names[i];

		if (name && strlen(name) == text.n && memcmp(name, text.p, text.n) == 0) {
			*ret_value = i;
			return true;
		}
	}
	return false;
}

static bool read_number(struct span text, const struct event_field *field, char *to)
{
	static const __u64 most[] = {[1] = 0xff, [2] = 0xffff, [4] = 0xffffffff, [8] = ~0ULL};
	__u64 value;
	bool ok;

	if (field->kind == FIELD_DEV)
		ok = read_dev(text, &value);
	else if (field->kind == FIELD_S32)
		ok = read_s32(text, &value);
	else
		ok = read_u64(text, &value) ||
		     (field->values && read_name(text, field->values, &value));
	if (!ok || value > most[field->length])
		return false;
	switch (field->length) {
	case 1:
		*to = (char)value;
		break;
	case 2:
		memcpy(to, &(__u16){(__u16)value}, 2);
		break;
	case 4:
		memcpy(to, &(__u32){(__u32)value}, 4);
		break;
	default:
		memcpy(to, &value, 8);
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool read_string(struct span text, char *to, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == '\\') {
			if (text.n - i >= 2 && text.p[i + 1] == '\\') {
				i++;
			} else if (text.n - i >= 4 && text.p[i + 1] == 'x') {
				int high = hex_digit(text.p[i + 2]), low = hex_digit(text.p[i + 3]);

				if (high < 0 || low < 0 || high + low == 0)
					return false;
				c = (unsigned char)(high << 4 | low);
				i += 3;
			} else {
				return false;
			}
		}
		if (used + 1 >= size)
			return false;
		to[used++] = (char)c;
	}
	return true;
}

static bool read_addr(struct span text, char *to)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.n >= sizeof(copy) || memchr(text.p, '\0', text.n))
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (inet_pton(AF_INET6, copy, to) == 1)
		return true;
	if (inet_pton(AF_INET, copy, to + 12) != 1)
		return false;
	memset(to + 10, 0xff, 2);
	return true;
}

static bool read_array(struct span text, const struct event_field *field, char *to)
{
	unsigned int n = field->length / sizeof(__u64);
	__u64 next = 0; /* the least index that may come */

	if (text.n == 0 || text.p[text.n - 1] == ',')
		return false;
	do {
		struct span item = cut(&text, ',');
		__u64 value, i = next;

		if (field->kind == FIELD_HIST) {
			struct span index = cut(&item, ':');

			if (!read_u64(index, &i) || i < next)
				return false;
		}
		if (i >= n || !read_u64(item, &value))
			return false;
		memcpy(to + i * sizeof(value), &value, sizeof(value));
		next = i + 1;
	} while (text.n);
	return true;
}

static bool read_value(struct span text, const struct event_field *field, char *to)
{
	switch (field->kind) {
	case FIELD_STR:
		return read_string(text, to, field->length);
	case FIELD_ADDR:
		return read_addr(text, to);
	case FIELD_U64S:
	case FIELD_HIST:
		return read_array(text, field, to);
	default:
		return read_number(text, field, to);
	}
}

/* ---- the line ---- */

/* Next word; false at the end. */
static bool next_word(struct span *line, struct span *ret_word)
{
	while (line->n && line->p[0] == ' ')
		cut(line, ' ');
	if (line->n == 0)
		return false;
	*ret_word = cut(line, ' ');
	return true;
}

static bool is_name(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '.')
			return false;
	}
	return text.n > 0;
}

/* Fields that we wrote come in the order of the table: the search starts where the last ended. */
static int find_field(const struct event_desc *desc, struct span name, unsigned int from)
{
	for (unsigned int k = 0; k < desc->n_fields; k++) {
		unsigned int i = (from + k) % desc->n_fields;
		const struct event_field *field = &desc->fields[i];

		if (field->id && strlen(field->name) == name.n &&
		    memcmp(field->name, name.p, name.n) == 0)
			return (int)i;
	}
	return -1;
}

static int malformed(struct err *err, const char *what, struct span where)
{
	if (where.n > 60)
		where.n = 60;
	return err_set(err, -EBADMSG, "%s: \"%.*s\"", what, (int)where.n, where.p);
}

/* Reads the fields into *event. 0 or -EBADMSG. */
static int read_fields(struct span line, const struct event_desc *desc, struct event *event,
		       struct codec_skips *skips, struct err *err)
{
	unsigned int from = 0;
	struct span word;
	__u64 seen = 0;

	while (next_word(&line, &word)) {
		struct span value = word, name;
		int i;

		if (!memchr(word.p, '=', word.n))
			return malformed(err, "a word that is no field", word);
		name = cut(&value, '=');
		if (!is_name(name))
			return malformed(err, "a word that is no field", word);
		if (!desc)
			continue;
		i = find_field(desc, name, from);
		if (i < 0) {
			skips->fields++;
			continue;
		}
		if (seen & 1ULL << i)
			return malformed(err, "a field twice", word);
		seen |= 1ULL << i;
		from = (unsigned int)i + 1;
		if (!read_value(value, &desc->fields[i], (char *)event + desc->fields[i].offset))
			return malformed(err, "a value that its field cannot have", word);
	}
	return 0;
}

int codec_decode(const char *line, size_t length, union event_buf *ret_event,
		 struct codec_skips *skips, struct err *err)
{
	struct span rest = {line, length}, whole = rest, word;
	const struct event_desc *desc;
	union event_buf event;
	__u64 ts_ns;
	int code;

	if (!next_word(&rest, &word) || !read_u64(word, &ts_ns))
		return malformed(err, "a line without its time", whole);
	if (!next_word(&rest, &word) || !is_name(word))
		return malformed(err, "a line without its type", whole);
	desc = event_desc_named(word.p, word.n);
	if (desc)
		memset(&event, 0, desc->size);
	code = read_fields(rest, desc, &event.h, skips, err);
	if (code < 0)
		return code;
	if (!desc) {
		skips->types++;
		return 0;
	}
	event.h.ts_ns = ts_ns;
	event.h.type = desc->type;
	event.h.size = desc->size;
	if (event_fault(&event.h)) {
		skips->values++;
		return 0;
	}
	memcpy(ret_event, &event, desc->size);
	return 1;
}
