/* SPDX-License-Identifier: BSD-2-Clause */
/* record.c - the capture writer; see source.h and capture.h. */
#include "source/capture.h"
#include "source/codec.h"
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, gzip framing */
#define GZIP_MEMORY 8	      /* zlib's default */

struct recorder {
	int fd;
	bool closed;
	struct err failed;		/* the first error: nothing is written after it */
	void (*on_progress)(void *ctx); /* NULL: nobody wants to know */
	void *progress_ctx;
	z_stream z;
	unsigned int crc;
	unsigned long long lines;
	unsigned char out[16384];
	char path[256]; /* for messages */
};

int capture_trailer(char *buf, unsigned int size, unsigned long long lines, unsigned int crc)
{
	return snprintf(buf, size, CAPTURE_TRAILER "lines %llu crc32 %08x\n", lines, crc);
}

void recorder_on_progress(struct recorder *recorder, void (*fn)(void *ctx), void *ctx)
{
	recorder->on_progress = fn;
	recorder->progress_ctx = ctx;
}

void recorder_progress(const struct recorder *recorder)
{
	if (recorder->on_progress)
		recorder->on_progress(recorder->progress_ctx);
}

/* Writes out what deflate has ready. 0 or negative errno. */
static int write_out(struct recorder *r)
{
	const unsigned char *p = r->out;

	while (p < r->z.next_out) {
		ssize_t n = write(r->fd, p, (size_t)(r->z.next_out - p));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(&r->failed, -errno, "cannot write %s: %s", r->path,
				       strerror(errno));
		p += n;
		recorder_progress(r);
	}
	r->z.next_out = r->out;
	r->z.avail_out = sizeof(r->out);
	return 0;
}

/* Compresses text. With Z_SYNC_FLUSH or Z_FINISH all of it is in the file when this returns 0. */
static int deflate_text(struct recorder *r, const char *text, size_t length, int flush)
{
	int z;

	r->z.next_in = (Bytef *)text;
	r->z.avail_in = (uInt)length;
	do {
		int code = r->z.avail_out == 0 ? write_out(r) : 0;

		if (code < 0)
			return code;
		z = deflate(&r->z, flush);
		if (z == Z_STREAM_ERROR)
			return err_set(&r->failed, -EIO, "cannot write %s: zlib failed", r->path);
	} while (r->z.avail_in || r->z.avail_out == 0);
	return flush == Z_NO_FLUSH ? 0 : write_out(r);
}

/* One line, its newline included. */
static int write_line(struct recorder *r, const char *text, size_t length, int flush)
{
	r->crc = (unsigned int)crc32(r->crc, (const Bytef *)text, (uInt)length);
	r->lines++;
	return deflate_text(r, text, length, flush);
}

/* 0 when fd may be written to; a directory or a symbolic link never gets this far. Nothing but a file is changed: the
 * mode of a device is everybody's. */
static int check_file(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	if (S_ISCHR(st.st_mode)) /* /dev/null, /dev/full */
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "cannot write %s: not a regular file", path);
	/* A file that was there keeps its old mode; captures name processes, paths and peers. */
	if (fchmod(fd, 0600) < 0)
		return err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

int recorder_open(const char *path, struct err *err)
{
	/* Nonblocking only so that a FIFO without a reader is refused, not waited for. */
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		      0600);
	int code;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, -ELOOP, "cannot write %s: it is a symbolic link", path);
	if (fd < 0 && errno == ENXIO)
		return err_set(err, -EINVAL, "cannot write %s: not a regular file", path);
	if (fd < 0)
		return err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
	code = check_file(fd, path, err);
	if (code < 0) {
		close(fd);
		return code;
	}
	return fd;
}

/* Takes away the file that we could write nothing to, unless the name means another one by now. */
static void remove_empty(const struct recorder *r)
{
	struct stat ours, named;

	if (fstat(r->fd, &ours) == 0 && S_ISREG(ours.st_mode) && ours.st_size == 0 &&
	    lstat(r->path, &named) == 0 && named.st_dev == ours.st_dev &&
	    named.st_ino == ours.st_ino)
		unlink(r->path);
}

/* Sets up all but the descriptor. NULL: out of memory. */
static struct recorder *recorder_alloc(const char *name)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r || deflateInit2(&r->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
			       Z_DEFAULT_STRATEGY) != Z_OK) {
		free(r);
		return NULL;
	}
	snprintf(r->path, sizeof(r->path), "%s", name);
	r->z.next_out = r->out;
	r->z.avail_out = sizeof(r->out);
	r->fd = -1;
	return r;
}

/* At once: a full disk is an error at the start, not a warning later. */
static int write_header(struct recorder *r, struct err *err)
{
	char line[CAPTURE_FRAME_MAX];
	int code, length = snprintf(line, sizeof(line), CAPTURE_MAGIC "%d abi %d culprit %s\n",
				    CAPTURE_FORMAT, EVENT_ABI_VERSION, CULPRIT_VERSION);

	code = write_line(r, line, (size_t)length, Z_SYNC_FLUSH);
	if (code < 0)
		*err = r->failed;
	return code;
}

int recorder_new(const char *path, struct recorder **ret_recorder, struct err *err)
{
	struct recorder *r = recorder_alloc(path);
	int code;

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->fd = recorder_open(path, err);
	code = r->fd < 0 ? err->code : write_header(r, err);
	if (code < 0) {
		if (r->fd >= 0)
			remove_empty(r);
		recorder_free(r);
		return code;
	}
	*ret_recorder = r;
	return 0;
}

int recorder_new_fd(int fd, const char *name, struct recorder **ret_recorder, struct err *err)
{
	struct recorder *r = recorder_alloc(name);
	int code;

	if (!r) {
		close(fd);
		return err_set(err, -ENOMEM, "out of memory");
	}
	r->fd = fd;
	code = write_header(r, err);
	if (code < 0) {
		recorder_free(r);
		return code;
	}
	*ret_recorder = r;
	return 0;
}

/* A whole number of windows is in the file at each moment a rule could have looked: whoever kills
 * the recorder loses what came since. Flushing each line instead would double the size. */
static int flush_after(const struct event *event)
{
	switch (event->type) {
	case EVENT_TICK:
	case EVENT_PULSE:
	case EVENT_END:
		return Z_SYNC_FLUSH;
	default:
		return Z_NO_FLUSH;
	}
}

int recorder_write(struct recorder *recorder, const struct event *event, struct err *err)
{
	char line[CODEC_LINE_MAX + 1];
	int length;

	if (!recorder->failed.code) {
		length = codec_encode(event, line, CODEC_LINE_MAX);
		if (length < 0) {
			const char *fault = event_fault(event);

			err_set(&recorder->failed, length, "cannot record event type %u: %s",
				event->type, fault ? fault : strerror(-length));
		} else {
			line[length] = '\n';
			write_line(recorder, line, (size_t)length + 1, flush_after(event));
		}
	}
	if (recorder->failed.code)
		*err = recorder->failed;
	return recorder->failed.code;
}

int recorder_close(struct recorder *recorder, struct err *err)
{
	struct recorder *r = recorder;
	char line[CAPTURE_FRAME_MAX];

	if (!r->failed.code && !r->closed) {
		int length = capture_trailer(line, sizeof(line), r->lines, r->crc);

		deflate_text(r, line, (size_t)length, Z_FINISH);
	}
	/* Not fsync(): it could wait for a disk that hangs, which may be the one that is watched. */
	if (!r->closed && close(r->fd) < 0 && !r->failed.code)
		err_set(&r->failed, -errno, "cannot write %s: %s", r->path, strerror(errno));
	r->closed = true;
	if (r->failed.code)
		*err = r->failed;
	return r->failed.code;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	deflateEnd(&recorder->z);
	if (!recorder->closed && recorder->fd >= 0)
		close(recorder->fd);
	free(recorder);
}
