/* SPDX-License-Identifier: BSD-2-Clause */
/* capture_file.h - a capture to be recorded, damaged and replayed, in a directory of its own. */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "source/codec.h"
#include "source/line_reader.h"
#include "source/random_event.h"
#include "source/source.h"

static char dir[64];
static char path[80];

/* ---- files ---- */

static inline void write_file(const void *bytes, size_t n)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static inline size_t read_file(unsigned char *bytes, size_t room)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(bytes, 1, room, file);
	assert_true(n < room);
	fclose(file);
	return n;
}

static inline size_t gzip(unsigned char *to, size_t room, const void *text, size_t n)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)text;
	z.avail_in = (uInt)n;
	z.next_out = to;
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

/* ---- what a replay hands out ---- */

#define SEEN_MAX 64

struct seen {
	union event_buf event[SEEN_MAX];
	unsigned int n;
	char damage[512]; /* empty: whole */
	unsigned long long skipped;
};

static inline int take(void *ctx, const struct event *event)
{
	struct seen *seen = ctx;

	assert_true(seen->n < SEEN_MAX);
	assert_null(event_fault(event));
	if (seen->n)
		assert_int_not_equal(seen->event[seen->n - 1].h.type, EVENT_END);
	memset(&seen->event[seen->n], 0, sizeof(seen->event[0]));
	memcpy(&seen->event[seen->n++], event, event->size);
	return 0;
}

/* 0, or what replay_new() said. However it is damaged, a replay ends, with one EVENT_END. */
static inline int replay(struct seen *seen, struct err *err)
{
	struct source *source;
	const char *damage;
	int code;

	memset(err, 0, sizeof(*err));
	seen->n = 0;
	code = replay_new(path, &source, err);
	assert_int_equal(code, err->code);
	if (code < 0) {
		assert_true(code == -EBADMSG || code == -EPROTO || code == -EISDIR ||
			    code == -ENOENT || code == -EACCES);
		assert_non_null(strstr(err->text, path));
		return code;
	}
	assert_int_equal(source->ops->fd(source), -1);
	do {
		code = source->ops->dispatch(source, take, seen, err);
	} while (code == 1);
	assert_int_equal(code, 0);
	assert_true(seen->n > 0);
	assert_int_equal(seen->event[seen->n - 1].h.type, EVENT_END);
	damage = replay_damage(source);
	snprintf(seen->damage, sizeof(seen->damage), "%s", damage ? damage : "");
	seen->skipped = replay_skipped(source);
	source->ops->free(source);
	return 0;
}

static inline bool is_equal(const struct seen *a, const struct seen *b)
{
	return a->n == b->n && memcmp(a->event, b->event, a->n * sizeof(a->event[0])) == 0;
}

/* ---- a small capture ---- */

#define EVENTS 20

static inline void make_events(struct seen *ret_events)
{
	__u64 seed = 7;

	memset(ret_events, 0, sizeof(*ret_events));
	for (unsigned int i = 0; i < EVENTS; i++) {
		const struct event_desc *desc = event_desc_at((i * 5 + 1) % 26);

		if (i == EVENTS - 1 || desc->type == EVENT_END)
			desc = event_desc(i == EVENTS - 1 ? EVENT_END : EVENT_TICK);
		random_event(&ret_events->event[ret_events->n++], desc, &seed);
	}
}

static inline void record(const struct seen *events)
{
	struct recorder *recorder;
	struct err err = {0};

	assert_int_equal(recorder_new(path, &recorder, &err), 0);
	for (unsigned int i = 0; i < events->n; i++)
		assert_int_equal(recorder_write(recorder, &events->event[i].h, &err), 0);
	assert_int_equal(recorder_close(recorder, &err), 0);
	recorder_free(recorder);
}

static inline int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/capture", dir);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static inline bool make_dir(void)
{
	/* Some 10,000 small files are written: in memory, where there is such a place. */
	snprintf(dir, sizeof(dir), "%s/culprit-capture-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(dir) != NULL;
}

#endif
