/* SPDX-License-Identifier: BSD-2-Clause */
/* line_reader.c - the lines of a text file, plain or gzip'd; see line_reader.h. */
#include "source/line_reader.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* How long a pipe is waited for: who reads must hear of Ctrl-C, too. */
#define WAIT_MS	    100
#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, gzip framing */

enum mode { MODE_UNKNOWN, MODE_PLAIN, MODE_GZIP, MODE_GZIP_BETWEEN };

struct line_reader {
	int fd;
	enum mode mode;
	bool eof;	 /* read() has no more */
	bool text_ended; /* nothing will be added to text */
	struct err err;	 /* why the text ended, if not at its end */
	z_stream z;
	size_t in_from, in_to;	   /* unread bytes of the file in `in` */
	size_t text_from, text_to; /* lines not yet handed out in `text` */
	unsigned char in[16384];
	char text[65536];
};

int line_reader_new(int fd, struct line_reader **ret_reader, struct err *err)
{
	struct line_reader *r = calloc(1, sizeof(*r));

	if (!r || inflateInit2(&r->z, GZIP_WINDOW) != Z_OK) {
		free(r);
		close(fd);
		return err_set(err, -ENOMEM, "out of memory");
	}
	r->fd = fd;
	*ret_reader = r;
	return 0;
}

void line_reader_free(struct line_reader *reader)
{
	if (!reader)
		return;
	inflateEnd(&reader->z);
	close(reader->fd);
	free(reader);
}

/* Has at least `least` bytes in r->in, unless the file ends before. 0, -EAGAIN or negative errno. */
static int fill_in(struct line_reader *r, size_t least)
{
	if (r->in_from == r->in_to)
		r->in_from = r->in_to = 0;
	while (r->in_to - r->in_from < least && !r->eof) {
		struct pollfd ready = {.fd = r->fd, .events = POLLIN};
		ssize_t n;

		if (poll(&ready, 1, WAIT_MS) == 0)
			return -EAGAIN;
		n = read(r->fd, r->in + r->in_to, sizeof(r->in) - r->in_to);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(&r->err, -errno, "%s", strerror(errno));
		r->eof = n == 0;
		r->in_to += (size_t)n;
	}
	return 0;
}

static void take_plain(struct line_reader *r)
{
	size_t n = r->in_to - r->in_from, room = sizeof(r->text) - r->text_to;

	if (n > room)
		n = room;
	memcpy(r->text + r->text_to, r->in + r->in_from, n);
	r->in_from += n;
	r->text_to += n;
	r->text_ended = r->eof && r->in_from == r->in_to;
}

static int take_gzip(struct line_reader *r)
{
	int z;

	r->z.next_in = r->in + r->in_from;
	r->z.avail_in = (uInt)(r->in_to - r->in_from);
	r->z.next_out = (Bytef *)r->text + r->text_to;
	r->z.avail_out = (uInt)(sizeof(r->text) - r->text_to);
	z = inflate(&r->z, Z_NO_FLUSH);
	r->in_from = r->in_to - r->z.avail_in;
	r->text_to = sizeof(r->text) - r->z.avail_out;
	if (z == Z_STREAM_END) {
		r->mode = MODE_GZIP_BETWEEN;
		return 0;
	}
	if (z == Z_MEM_ERROR)
		return err_set(&r->err, -ENOMEM, "out of memory");
	if (z != Z_OK && z != Z_BUF_ERROR)
		return err_set(&r->err, -EBADMSG, "the gzip data is damaged");
	if (r->eof && r->in_from == r->in_to && r->z.avail_out)
		return err_set(&r->err, -EBADMSG, "the gzip data is cut off");
	return 0;
}

static bool at_gzip_magic(const struct line_reader *r)
{
	return r->in_to - r->in_from >= 2 && r->in[r->in_from] == 0x1f &&
	       r->in[r->in_from + 1] == 0x8b;
}

/* After one gzip member: the end, or another member (RFC 1952, 2.2). */
static int begin_member(struct line_reader *r)
{
	if (r->in_from == r->in_to) {
		r->text_ended = true;
		return 0;
	}
	if (!at_gzip_magic(r) || inflateReset(&r->z) != Z_OK)
		return err_set(&r->err, -EBADMSG, "something follows the gzip data");
	r->mode = MODE_GZIP;
	return 0;
}

/* Adds to r->text. 0, also when nothing could be added yet; -EAGAIN: nor will be at once; negative errno. */
static int fill_text(struct line_reader *r)
{
	/* Two bytes tell what it is; they may lie at the end of the buffer. */
	size_t least = r->mode == MODE_UNKNOWN || r->mode == MODE_GZIP_BETWEEN ? 2 : 1;
	int code;

	if (r->in_to - r->in_from < least && r->in_to == sizeof(r->in)) {
		memmove(r->in, r->in + r->in_from, r->in_to - r->in_from);
		r->in_to -= r->in_from;
		r->in_from = 0;
	}
	code = fill_in(r, least);
	if (code < 0)
		return code;
	if (r->mode == MODE_UNKNOWN)
		r->mode = at_gzip_magic(r) ? MODE_GZIP : MODE_PLAIN;
	if (r->mode == MODE_GZIP_BETWEEN)
		return begin_member(r);
	if (r->mode == MODE_GZIP)
		return take_gzip(r);
	take_plain(r);
	return 0;
}

static int hand_out(struct line_reader *r, const char *newline, const char **ret_line,
		    size_t *ret_length, struct err *err)
{
	const char *line = r->text + r->text_from;
	size_t length = (size_t)(newline - line);

	if (length > LINE_READER_MAX)
		return err_set(err, -EBADMSG, "a line longer than %d bytes", LINE_READER_MAX);
	r->text_from += length + 1;
	*ret_line = line;
	*ret_length = length;
	return 1;
}

int line_reader_next(struct line_reader *reader, const char **ret_line, size_t *ret_length,
		     struct err *err)
{
	struct line_reader *r = reader;

	for (;;) {
		size_t n = r->text_to - r->text_from;
		const char *newline = memchr(r->text + r->text_from, '\n', n);

		if (newline)
			return hand_out(r, newline, ret_line, ret_length, err);
		if (n > LINE_READER_MAX)
			return err_set(err, -EBADMSG, "a line longer than %d bytes",
				       LINE_READER_MAX);
		if (r->err.code) {
			*err = r->err;
			return err->code;
		}
		if (r->text_ended)
			return n ? err_set(err, -EBADMSG, "the last line is cut off") : 0;
		memmove(r->text, r->text + r->text_from, n);
		r->text_from = 0;
		r->text_to = n;
		if (fill_text(r) == -EAGAIN)
			return -EAGAIN;
	}
}
