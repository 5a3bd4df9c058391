/* SPDX-License-Identifier: BSD-2-Clause */
/* text.c - bytes made safe for JSON and for terminals; see text.h. */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffdU

/*
 * Decodes one character of the `n` bytes at p (n > 0); returns how many bytes it took. Follows
 * table 3-7 "well-formed UTF-8 byte sequences" of the Unicode standard: the second byte's range
 * depends on the first.
 */
static size_t decode(const unsigned char *p, size_t n, uint32_t *ret_char)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len;
	uint32_t c;

	*ret_char = REPLACEMENT;
	if (p[0] < 0x80) {
		*ret_char = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 1;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	c = p[0] & (0xffU >> (len + 1));
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f; /* no surrogates */
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	for (size_t i = 1; i < len; i++) {
		if (i >= n || p[i] < lo || p[i] > hi)
			return i;
		c = c << 6 | (p[i] & 0x3f);
		lo = 0x80;
		hi = 0xbf;
	}
	*ret_char = c;
	return len;
}

static bool steers(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static size_t put_char(char *to, uint32_t c, const unsigned char *from, size_t len)
{
	static const struct {
		char c, letter;
	} shorts[] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'},
		      {'\t', 't'}, {'\b', 'b'},	 {'\f', 'f'}};

	static const unsigned char utf8[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */

	for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
		if (c != (unsigned char)shorts[i].c)
			continue;
		to[0] = '\\';
		to[1] = shorts[i].letter;
		return 2;
	}
	if (steers(c))
		return (size_t)sprintf(to, "\\u%04x", (unsigned int)c);
	if (c == REPLACEMENT) {
		memcpy(to, utf8, sizeof(utf8));
		return sizeof(utf8);
	}
	memcpy(to, from, len);
	return len;
}

char *text_json(const char *bytes, size_t size)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t n = strnlen(bytes, size), at = 0, len;
	/* A byte becomes six at most: \u0001. */
	char *text = malloc(6 * n + 3);
	uint32_t c;

	if (!text)
		return NULL;
	text[at++] = '"';
	for (size_t i = 0; i < n; i += len) {
		len = decode(p + i, n - i, &c);
		at += put_char(text + at, c, p + i, len);
	}
	text[at++] = '"';
	text[at] = '\0';
	return text;
}

char *text_ascii(char *buf, size_t size, const char *bytes)
{
	size_t i;

	for (i = 0; i + 1 < size && bytes[i]; i++)
		buf[i] = bytes[i] >= 0x20 && bytes[i] <= 0x7e ? bytes[i] : '?';
	buf[i] = '\0';
	return buf;
}

char *text_thousands(char *buf, size_t size, unsigned long long value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", value);
	size_t at = 0;

	for (int i = 0; i < n && at + 2 < size; i++) {
		if (i && (n - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}
