/* SPDX-License-Identifier: BSD-2-Clause */
/* utf8.c - which bytes of a name may go to a terminal as they are; see utf8.h. */
#include "source/utf8.h"

#include <stdbool.h>

static bool is_control(unsigned int code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || /* C0, DEL, C1 */
	       code == 0x200e || code == 0x200f ||	       /* direction marks */
	       (code >= 0x2028 && code <= 0x202e) || /* separators, embeddings, overrides */
	       (code >= 0x2066 && code <= 0x2069);   /* isolates */
}

unsigned int utf8_printable(const unsigned char *text)
{
	static const unsigned int least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned int n, code;

	if (text[0] < 0x80)
		return is_control(text[0]) ? 0 : 1;
	if (text[0] >= 0xf8 || text[0] < 0xc0)
		return 0;
	n = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	code = text[0] & (0x7fU >> n);
	for (unsigned int i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80) /* the NUL, too */
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return is_control(code) ? 0 : n;
}
