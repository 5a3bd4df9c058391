/* SPDX-License-Identifier: BSD-2-Clause */
/* copy.c - text out of events; see copy.h. */
#include "model/copy.h"

#include <string.h>

void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
	size_t len = strnlen(from, from_size);

	if (!size)
		return;
	if (len > size - 1)
		len = size - 1;
	memmove(to, from, len);
	to[len] = '\0';
}
