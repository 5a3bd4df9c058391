/* SPDX-License-Identifier: BSD-2-Clause */
/* gzip_end.c - did all of a gzip stream come? See gzip_end.h. */
#include "source/gzip_end.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, gzip framing */

struct gzip_end {
	z_stream z;
	int code;  /* what zlib said last */
	bool more; /* something came behind the end */
};

struct gzip_end *gzip_end_new(void)
{
	struct gzip_end *end = calloc(1, sizeof(*end));

	if (!end || inflateInit2(&end->z, GZIP_WINDOW) != Z_OK) {
		free(end);
		return NULL;
	}
	return end;
}

void gzip_end_free(struct gzip_end *end)
{
	if (!end)
		return;
	inflateEnd(&end->z);
	free(end);
}

void gzip_end_feed(struct gzip_end *end, const void *bytes, size_t n)
{
	unsigned char nowhere[16384];

	end->z.next_in = (Bytef *)bytes;
	end->z.avail_in = (uInt)n;
	while (end->z.avail_in && end->code == Z_OK) {
		end->z.next_out = nowhere;
		end->z.avail_out = sizeof(nowhere);
		end->code = inflate(&end->z, Z_NO_FLUSH);
	}
	end->more = end->more || end->z.avail_in;
}

bool gzip_end_reached(const struct gzip_end *end)
{
	return end->code == Z_STREAM_END && !end->more;
}
