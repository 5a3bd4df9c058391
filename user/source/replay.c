/* SPDX-License-Identifier: BSD-2-Clause */
/* replay.c - a capture as a source; see source.h and capture.h. */
#include "source/capture.h"
#include "source/codec.h"
#include "source/line_reader.h"
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Lines a dispatch: enough to make the loop's own cost nothing, few enough for a quick Ctrl-C. */
#define LINES_PER_DISPATCH 256

struct replay {
	struct source source;
	struct line_reader *reader;
	bool unsealed; /* made by hand: no trailer, comments allowed */
	bool trailer;  /* it was read, and was right */
	bool read_all; /* nothing more comes from the reader */
	bool have_end; /* EVENT_END was read, and waits for what follows it */
	union event_buf end;
	enum end_reason stop;	  /* asked for; 0 = not */
	unsigned long long lines; /* read so far, the header included */
	unsigned int crc;	  /* of them */
	__u64 last_ns;
	struct codec_skips skips;
	char damage[448]; /* what a struct err holds, and where it was */
};

static const struct source_ops replay_ops;

static struct replay *to_replay(const struct source *source)
{
	return source && source->ops == &replay_ops ? (struct replay *)source : NULL;
}

/* ---- the header ---- */

static int other_version(unsigned int format, unsigned int abi, const char *by, struct err *err)
{
	return err_set(err, -EPROTO,
		       "capture format %u with events of version %u, written by culprit %s; this "
		       "culprit %s reads format %d with events of version %d: replay it with "
		       "culprit %s",
		       format, abi, by, CULPRIT_VERSION, CAPTURE_FORMAT, EVENT_ABI_VERSION, by);
}

/* Reads "WORD NUMBER " at *p and moves behind it. */
static bool take_number(const char **p, const char *word, unsigned int *ret_value)
{
	size_t n = strlen(word);
	char *end;
	unsigned long value;

	if (strncmp(*p, word, n) != 0 || (*p)[n] < '0' || (*p)[n] > '9')
		return false;
	value = strtoul(*p + n, &end, 10);
	if (*end != ' ' || value > 1000000)
		return false;
	*ret_value = (unsigned int)value;
	*p = end + 1;
	return true;
}

static int parse_header(struct replay *r, const char *line, size_t length, struct err *err)
{
	char text[CAPTURE_FRAME_MAX];
	unsigned int format, abi;
	const char *p = text;
	char *by, *sealing;

	if (length >= sizeof(text) || memchr(line, '\0', length) ||
	    strncmp(line, CAPTURE_MAGIC, strlen(CAPTURE_MAGIC)) != 0)
		return err_set(err, -EBADMSG, "not a culprit capture");
	memcpy(text, line, length);
	text[length] = '\0';
	if (!take_number(&p, CAPTURE_MAGIC, &format) || !take_number(&p, "abi ", &abi) ||
	    strncmp(p, "culprit ", 8) != 0)
		return err_set(err, -EBADMSG, "a culprit capture with a damaged first line");
	by = text + (p - text) + 8;
	sealing = strchr(by, ' ');
	r->unsealed = sealing && strcmp(sealing, CAPTURE_UNSEALED) == 0;
	if (r->unsealed)
		*sealing = '\0';
	if (format != CAPTURE_FORMAT || abi != EVENT_ABI_VERSION)
		return other_version(format, abi, by, err);
	if (strchr(by, ' '))
		return err_set(err, -EBADMSG, "a culprit capture with a damaged first line");
	return 0;
}

static void count_line(struct replay *r, const char *line, size_t length)
{
	r->lines++;
	r->crc = (unsigned int)crc32(r->crc, (const Bytef *)line, (uInt)length + 1);
}

static int read_header(struct replay *r, struct err *err)
{
	const char *line;
	size_t length;
	int code;

	do
		code = line_reader_next(r->reader, &line, &length, err);
	while (code == -EAGAIN);
	if (code == 0)
		return err_set(err, -EBADMSG, "it is empty");
	if (code == -EBADMSG)
		return err_set(err, code, "not a culprit capture, or damaged in its first line");
	if (code > 0) {
		code = parse_header(r, line, length, err);
		if (code == 0)
			count_line(r, line, length);
	}
	return code;
}

static int open_capture(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_set(err, -EISDIR, "it is a directory");
	}
	return fd;
}

int replay_new(const char *path, struct source **ret_source, struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));
	int fd, code;

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->source.ops = &replay_ops;
	fd = open_capture(path, err);
	code = fd < 0 ? fd : line_reader_new(fd, &r->reader, err);
	if (code == 0)
		code = read_header(r, err);
	if (code < 0) {
		line_reader_free(r->reader);
		free(r);
		return err_prefix(err, "cannot replay %s", path);
	}
	*ret_source = &r->source;
	return 0;
}

/* ---- the lines ---- */

/* The capture is good up to r->lines, and no further. */
static void damaged(struct replay *r, const char *what)
{
	if (!r->damage[0])
		snprintf(r->damage, sizeof(r->damage), "damaged after line %llu: %s", r->lines,
			 what);
	r->read_all = true;
}

static void check_trailer(struct replay *r, const char *line, size_t length)
{
	char want[CAPTURE_FRAME_MAX];
	int n = capture_trailer(want, sizeof(want), r->lines, r->crc);

	if ((size_t)n != length + 1 || memcmp(line, want, length) != 0)
		damaged(r, "the number of lines or their checksum does not match");
	else
		r->trailer = true;
}

/* Takes one line. 1: *ret_event is to be handed out; 0: nothing is. */
static int take_line(struct replay *r, const char *line, size_t length, union event_buf *ret_event)
{
	struct err err = {0};
	int code;

	if (!r->unsealed && length >= strlen(CAPTURE_TRAILER) &&
	    memcmp(line, CAPTURE_TRAILER, strlen(CAPTURE_TRAILER)) == 0) {
		check_trailer(r, line, length);
		return 0;
	}
	if (r->unsealed && (length == 0 || line[0] == '#')) {
		count_line(r, line, length);
		return 0;
	}
	code = codec_decode(line, length, ret_event, &r->skips, &err);
	if (code < 0) {
		damaged(r, err.text);
		return 0;
	}
	if (code == 1 && r->have_end) {
		damaged(r, "events follow the end");
		return 0;
	}
	count_line(r, line, length);
	if (code == 1 && ret_event->h.type == EVENT_END) {
		r->end = *ret_event;
		r->have_end = true;
		return 0;
	}
	return code;
}

/* 1: *ret_event is to be handed out; 0: nothing is, yet; -EAGAIN: nor will be at once. */
static int next_event(struct replay *r, union event_buf *ret_event)
{
	struct err why = {0};
	const char *line;
	size_t length;
	int code = line_reader_next(r->reader, &line, &length, &why);

	if (code == -EAGAIN)
		return code;
	if (code > 0 && r->trailer)
		damaged(r, "something follows the last line");
	else if (code > 0)
		return take_line(r, line, length, ret_event);
	else if (code < 0)
		damaged(r, why.text);
	else if (!r->unsealed && !r->trailer)
		damaged(r, "the recording was cut off");
	r->read_all = true;
	return 0;
}

/* ---- the source ---- */

static int replay_fd(const struct source *source)
{
	(void)source;
	return -1;
}

/* The captured end, or one of our own where the capture has none. */
static int hand_out_end(struct replay *r, event_fn fn, void *ctx)
{
	struct event_end end = {
		.h = {.ts_ns = r->last_ns, .type = EVENT_END, .size = sizeof(end)},
		.reason = END_DAMAGED,
	};
	int code;

	if (r->stop) {
		end.reason = r->stop;
	} else if (r->have_end) {
		code = fn(ctx, &r->end.h);
		return code < 0 ? code : 0;
	} else {
		damaged(r, "it has no end");
	}
	code = fn(ctx, &end.h);
	return code < 0 ? code : 0;
}

static int replay_dispatch(struct source *source, event_fn fn, void *ctx, struct err *err)
{
	struct replay *r = to_replay(source);
	union event_buf event;

	(void)err; /* what is wrong with a capture is damage, and no reason to stop short */
	for (int i = 0; i < LINES_PER_DISPATCH; i++) {
		int code;

		if (r->stop || r->read_all)
			return hand_out_end(r, fn, ctx);
		code = next_event(r, &event);
		if (code == -EAGAIN)
			return 1;
		if (code == 0)
			continue;
		if (event.h.ts_ns > r->last_ns)
			r->last_ns = event.h.ts_ns;
		code = fn(ctx, &event.h);
		if (code < 0)
			return code;
	}
	return 1;
}

static void replay_stop(struct source *source, enum end_reason reason)
{
	to_replay(source)->stop = reason;
}

static void replay_free(struct source *source)
{
	struct replay *r = to_replay(source);

	if (!r)
		return;
	line_reader_free(r->reader);
	free(r);
}

static const struct source_ops replay_ops = {
	.fd = replay_fd,
	.dispatch = replay_dispatch,
	.stop = replay_stop,
	.free = replay_free,
};

const char *replay_damage(const struct source *source)
{
	const struct replay *r = to_replay(source);

	return r && r->damage[0] ? r->damage : NULL;
}

unsigned long long replay_skipped(const struct source *source)
{
	const struct replay *r = to_replay(source);

	return r ? r->skips.types + r->skips.fields + r->skips.values : 0;
}
