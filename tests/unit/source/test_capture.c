/* SPDX-License-Identifier: BSD-2-Clause */
/* test_capture.c - what is recorded comes back; what is damaged is said, and read up to there. */
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

static void write_file(const void *bytes, size_t n)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static size_t read_file(unsigned char *bytes, size_t room)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(bytes, 1, room, file);
	assert_true(n < room);
	fclose(file);
	return n;
}

static size_t gzip(unsigned char *to, size_t room, const void *text, size_t n)
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

static int take(void *ctx, const struct event *event)
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
static int replay(struct seen *seen, struct err *err)
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

static bool is_equal(const struct seen *a, const struct seen *b)
{
	return a->n == b->n && memcmp(a->event, b->event, a->n * sizeof(a->event[0])) == 0;
}

/* ---- a small capture ---- */

#define EVENTS 20

static void make_events(struct seen *ret_events)
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

static void record(const struct seen *events)
{
	struct recorder *recorder;
	struct err err = {0};

	assert_int_equal(recorder_new(path, &recorder, &err), 0);
	for (unsigned int i = 0; i < events->n; i++)
		assert_int_equal(recorder_write(recorder, &events->event[i].h, &err), 0);
	assert_int_equal(recorder_close(recorder, &err), 0);
	recorder_free(recorder);
}

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/capture", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* ---- whole ---- */

static void test_what_is_recorded_comes_back(void **state)
{
	struct seen events, seen;
	struct err err;
	struct stat st;

	(void)state;
	make_events(&events);
	record(&events);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(replay(&seen, &err), 0);
	assert_string_equal(seen.damage, "");
	assert_int_equal(seen.skipped, 0);
	assert_true(is_equal(&seen, &events));
}

static void test_text_reads_as_gzip_does(void **state)
{
	static unsigned char packed[65536], text[65536];
	struct seen events, seen;
	struct err err;
	z_stream z = {0};

	(void)state;
	make_events(&events);
	record(&events);
	z.avail_in = (uInt)read_file(packed, sizeof(packed));
	z.next_in = packed;
	z.next_out = text;
	z.avail_out = sizeof(text);
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	write_file(text, z.total_out);
	assert_int_equal(replay(&seen, &err), 0);
	assert_string_equal(seen.damage, "");
	assert_true(is_equal(&seen, &events));
}

struct many {
	__u64 next;
	bool ended;
};

static int take_many(void *ctx, const struct event *event)
{
	struct many *many = ctx;

	assert_int_equal(event->ts_ns, many->next++);
	many->ended = event->type == EVENT_END;
	return 0;
}

static void test_many_lines(void **state)
{
	struct event_config config = {.h = {.type = EVENT_CONFIG, .size = sizeof(config)}};
	struct event_end end = {.h = {20000, EVENT_END, sizeof(end)}, .reason = END_DURATION};
	struct many many = {0};
	struct recorder *recorder;
	struct source *source;
	struct err err = {0};
	__u64 seed = 3;
	int code;

	(void)state;
	assert_int_equal(recorder_new(path, &recorder, &err), 0);
	for (config.h.ts_ns = 0; config.h.ts_ns < 20000; config.h.ts_ns++) {
		random_string(config.value, sizeof(config.value), &seed);
		assert_int_equal(recorder_write(recorder, &config.h, &err), 0);
	}
	assert_int_equal(recorder_write(recorder, &end.h, &err), 0);
	assert_int_equal(recorder_close(recorder, &err), 0);
	recorder_free(recorder);
	assert_int_equal(replay_new(path, &source, &err), 0);
	do {
		code = source->ops->dispatch(source, take_many, &many, &err);
	} while (code == 1);
	assert_int_equal(code, 0);
	assert_true(many.ended);
	assert_null(replay_damage(source));
	source->ops->free(source);
}

static int refuse(void *ctx, const struct event *event)
{
	(void)ctx;
	return event->type == EVENT_END ? -EPIPE : 0;
}

static void test_what_the_callback_says_is_passed_on(void **state)
{
	struct source *source;
	struct seen events;
	struct err err = {0};

	(void)state;
	make_events(&events);
	record(&events);
	assert_int_equal(replay_new(path, &source, &err), 0);
	assert_int_equal(source->ops->dispatch(source, refuse, NULL, &err), -EPIPE);
	source->ops->free(source);
}

static void test_a_stop_ends_it(void **state)
{
	struct seen events, seen = {0};
	struct source *source;
	struct err err = {0};

	(void)state;
	make_events(&events);
	record(&events);
	assert_int_equal(replay_new(path, &source, &err), 0);
	source->ops->stop(source, END_INTERRUPTED);
	assert_int_equal(source->ops->dispatch(source, take, &seen, &err), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(((struct event_end *)&seen.event[0])->reason, END_INTERRUPTED);
	assert_null(replay_damage(source));
	source->ops->free(source);
}

static void test_made_by_hand(void **state)
{
	static const char text[] = "culprit-capture 1 abi 1 culprit 9.9 unsealed\n"
				   "# a comment\n"
				   "\n"
				   "1 tick seq=1\n"
				   "2 tick seq=2 mood=good\n"
				   "3 dream\n"
				   "4 end reason=duration\n"
				   "# the rest is silence\n";
	struct seen seen;
	struct err err;

	(void)state;
	write_file(text, sizeof(text) - 1);
	assert_int_equal(replay(&seen, &err), 0);
	assert_string_equal(seen.damage, "");
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.skipped, 2);
}

static void test_gzip_in_pieces(void **state)
{
	static const char one[] = "culprit-capture 1 abi 1 culprit 9.9 unsealed\n1 tick se";
	static const char two[] = "q=1\n4 end reason=duration\n";
	unsigned char bytes[512];
	struct seen seen;
	struct err err;
	size_t n;

	(void)state;
	n = gzip(bytes, sizeof(bytes), one, sizeof(one) - 1);
	n += gzip(bytes + n, sizeof(bytes) - n, two, sizeof(two) - 1);
	write_file(bytes, n);
	assert_int_equal(replay(&seen, &err), 0);
	assert_string_equal(seen.damage, "");
	assert_int_equal(seen.n, 2);
	bytes[n] = 'x';
	write_file(bytes, n + 1);
	assert_int_equal(replay(&seen, &err), 0);
	assert_non_null(strstr(seen.damage, "follows the gzip data"));
	assert_int_equal(seen.n, 2);
}

/* ---- damaged ---- */

/* The events that were handed out before the made-up end are the first of the true ones. */
static void check_prefix(const struct seen *seen, const struct seen *events)
{
	unsigned int n = seen->n - 1;
	const struct event_end *end = (const struct event_end *)&seen->event[n];

	assert_true(seen->n <= events->n);
	assert_memory_equal(seen->event, events->event, n * sizeof(seen->event[0]));
	if (seen->n < events->n) {
		__u64 largest = 0;

		for (unsigned int i = 0; i < n; i++)
			if (seen->event[i].h.ts_ns > largest)
				largest = seen->event[i].h.ts_ns;
		assert_int_equal(end->reason, END_DAMAGED);
		assert_int_equal(end->h.ts_ns, largest);
	}
}

static void check_truncations(const struct seen *events, const unsigned char *bytes, size_t size)
{
	unsigned int longest = 0;

	for (size_t n = 0; n < size; n++) {
		struct seen seen;
		struct err err;

		write_file(bytes, n);
		if (replay(&seen, &err) < 0) {
			assert_int_equal(err.code, -EBADMSG);
			continue;
		}
		assert_string_not_equal(seen.damage, "");
		check_prefix(&seen, events);
		assert_true(seen.n >= longest);
		longest = seen.n;
	}
	assert_int_equal(longest, events->n);
}

static void test_truncated_at_every_length(void **state)
{
	static unsigned char bytes[65536], text[65536];
	struct seen events;
	size_t n, text_n;
	z_stream z = {0};

	(void)state;
	make_events(&events);
	record(&events);
	n = read_file(bytes, sizeof(bytes));
	check_truncations(&events, bytes, n);
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	z.next_in = bytes;
	z.avail_in = (uInt)n;
	z.next_out = text;
	z.avail_out = sizeof(text);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	text_n = z.total_out;
	inflateEnd(&z);
	check_truncations(&events, text, text_n);
}

/* Damage is said, unless nothing is different. */
static void check_flips(const struct seen *events, unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			struct seen seen;
			struct err err;

			bytes[i] ^= (unsigned char)(1U << bit);
			write_file(bytes, n);
			if (replay(&seen, &err) == 0 && !seen.damage[0])
				assert_true(is_equal(&seen, events));
			bytes[i] ^= (unsigned char)(1U << bit);
		}
	}
}

static void test_every_bit_flipped(void **state)
{
	static unsigned char bytes[65536];
	struct seen events;

	(void)state;
	make_events(&events);
	events.event[5] = events.event[EVENTS - 1];
	events.n = 6;
	record(&events);
	check_flips(&events, bytes, read_file(bytes, sizeof(bytes)));
}

static void test_every_bit_of_the_text_flipped(void **state)
{
	struct seen events = {.n = 2};
	char text[512], line[CODEC_LINE_MAX];
	size_t n;

	(void)state;
	events.event[0].h = (struct event){12, EVENT_TICK, sizeof(struct event_tick)};
	((struct event_tick *)&events.event[0])->seq = 77;
	events.event[1].h = (struct event){13, EVENT_END, sizeof(struct event_end)};
	((struct event_end *)&events.event[1])->reason = END_DURATION;
	n = (size_t)snprintf(text, sizeof(text), "culprit-capture 1 abi 1 culprit 0.1.0\n");
	for (unsigned int i = 0; i < 2; i++) {
		codec_encode(&events.event[i].h, line, sizeof(line));
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\n", line);
	}
	n += (size_t)snprintf(text + n, sizeof(text) - n,
			      "culprit-capture-end lines 3 crc32 %08lx\n",
			      crc32(0, (Bytef *)text, (uInt)n));
	check_flips(&events, (unsigned char *)text, n);
}

static void test_the_damage_is_named(void **state)
{
#define HEAD   "culprit-capture 1 abi 1 culprit 9.9 unsealed\n"
#define SEALED "culprit-capture 1 abi 1 culprit 9.9\n"
	static const struct {
		const char *text;
		unsigned int events;
		const char *damage;
	} cases[] = {
		{HEAD, 1, "damaged after line 1: it has no end"},
		{HEAD "1 tick\n", 2, "damaged after line 2: it has no end"},
		{HEAD "1 tick\n2 end", 2, "damaged after line 2: the last line is cut off"},
		{HEAD "1 tick\n1 tick seq=x\n2 end\n", 2,
		 "damaged after line 2: a value that its field cannot have: \"seq=x\""},
		{HEAD "1 tick\n2 end\n3 tick\n", 2, "damaged after line 3: events follow the end"},
		{HEAD "1 tick\n2 end\n3 end\n", 2, "damaged after line 3: events follow the end"},
		{SEALED "1 tick\n2 end\n", 2, "damaged after line 3: the recording was cut off"},
		{SEALED "# no\n2 end\n", 1,
		 "damaged after line 1: a line without its time: \"# no\""},
		{SEALED "2 end\nculprit-capture-end lines 3 crc32 00000000\n", 1,
		 "damaged after line 2: the number of lines or their checksum does not match"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen;
		struct err err;

		write_file(cases[i].text, strlen(cases[i].text));
		assert_int_equal(replay(&seen, &err), 0);
		assert_string_equal(seen.damage, cases[i].damage);
		assert_int_equal(seen.n, cases[i].events);
	}
}

static void test_something_after_the_trailer(void **state)
{
	static unsigned char bytes[65536];
	struct seen events, seen;
	struct err err;
	size_t n;

	(void)state;
	make_events(&events);
	record(&events);
	n = read_file(bytes, sizeof(bytes));
	n += gzip(bytes + n, sizeof(bytes) - n, "\n", 1);
	write_file(bytes, n);
	assert_int_equal(replay(&seen, &err), 0);
	assert_non_null(strstr(seen.damage, "something follows the last line"));
	assert_true(is_equal(&seen, &events));
}

static void test_long_lines(void **state)
{
	static char text[3 * LINE_READER_MAX];
	int n = snprintf(text, sizeof(text), "%s1 tick ", HEAD);
	struct seen seen;
	struct err err;

	(void)state;
	memset(text + n, ' ', sizeof(text) - (size_t)n);
	/* The longest that is taken, and one more. */
	n -= 7;
	text[n + LINE_READER_MAX] = '\n';
	write_file(text, (size_t)n + LINE_READER_MAX + 1);
	assert_int_equal(replay(&seen, &err), 0);
	assert_non_null(strstr(seen.damage, "it has no end"));
	assert_int_equal(seen.n, 2);
	text[n + LINE_READER_MAX] = ' ';
	text[n + LINE_READER_MAX + 1] = '\n';
	write_file(text, (size_t)n + LINE_READER_MAX + 2);
	assert_int_equal(replay(&seen, &err), 0);
	assert_non_null(strstr(seen.damage, "a line longer than"));
	assert_int_equal(seen.n, 1);
	text[n + LINE_READER_MAX + 1] = ' ';
	write_file(text, sizeof(text));
	assert_int_equal(replay(&seen, &err), 0);
	assert_non_null(strstr(seen.damage, "a line longer than"));
}

/* ---- no capture ---- */

static void test_other_versions_are_named(void **state)
{
	static const char *const heads[] = {
		"culprit-capture 2 abi 1 culprit 7.8.9\n",
		"culprit-capture 1 abi 4711 culprit 7.8.9\n",
		"culprit-capture 2 abi 9 culprit 7.8.9 unsealed\n",
		"culprit-capture 2 abi 9 culprit 7.8.9 and more\n",
	};
	struct seen seen;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		write_file(heads[i], strlen(heads[i]));
		assert_int_equal(replay(&seen, &err), -EPROTO);
		assert_non_null(strstr(err.text, "7.8.9"));
		assert_non_null(strstr(err.text, CULPRIT_VERSION));
	}
}

static void test_what_is_no_capture(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"x",
		"\x1f\x8b",
		"\x1f",
		"hello\n",
		"culprit-capture\n",
		"culprit-capture 1\n",
		"culprit-capture x abi 1 culprit 1\n",
		"culprit-capture 1 abi -1 culprit 1\n",
		"culprit-capture 1 abi 1 culprot 1\n",
		"culprit-capture 99999999999999999999 abi 1 culprit 1\n",
		"culprit-capture 1 abi 1 culprit 1 sealed\n",
		"culprit-capture 1 abi 1 culprit 1 unsealed",
		"{\"schema\":\"culprit/1\"}\n",
	};
	struct seen seen;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(texts[i], strlen(texts[i]));
		if (replay(&seen, &err) != -EBADMSG)
			fail_msg("taken: %s", texts[i]);
	}
	unlink(path);
	assert_int_equal(replay(&seen, &err), -ENOENT);
	snprintf(path, sizeof(path), "%s", dir);
	assert_int_equal(replay(&seen, &err), -EISDIR);
	snprintf(path, sizeof(path), "%s/capture", dir);
}

/* ---- the recorder's errors ---- */

static int try_record(const char *to, struct err *err)
{
	struct recorder *recorder = NULL;
	int code;

	memset(err, 0, sizeof(*err));
	code = recorder_new(to, &recorder, err);
	assert_int_equal(code, err->code);
	if (code < 0)
		assert_null(recorder);
	recorder_free(recorder);
	return code;
}

static void test_where_it_does_not_record(void **state)
{
	char link[96];
	struct err err;

	(void)state;
	assert_int_equal(try_record(dir, &err), -EISDIR);
	assert_int_equal(try_record("/nonexistent/capture", &err), -ENOENT);
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(try_record(link, &err), -ELOOP);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(access(path, F_OK), -1);
	unlink(link);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(try_record(path, &err), -EINVAL);
	unlink(path);
	assert_int_equal(try_record("/dev/full", &err), -ENOSPC);
	assert_non_null(strstr(err.text, "/dev/full"));
}

static void test_an_older_file_is_replaced_and_closed_to_others(void **state)
{
	struct seen events, seen;
	struct stat st;
	struct err err;

	(void)state;
	write_file("older and much longer than nothing", 30);
	assert_int_equal(chmod(path, 0666), 0);
	make_events(&events);
	record(&events);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(replay(&seen, &err), 0);
	assert_string_equal(seen.damage, "");
}

static void test_nothing_is_written_after_an_error(void **state)
{
	struct event bad = {.type = 9999, .size = sizeof(bad)};
	struct seen events, seen;
	struct recorder *recorder;
	struct err err = {0};

	(void)state;
	make_events(&events);
	assert_int_equal(recorder_new(path, &recorder, &err), 0);
	assert_int_equal(recorder_write(recorder, &events.event[0].h, &err), 0);
	assert_int_equal(recorder_write(recorder, &bad, &err), -EINVAL);
	assert_non_null(strstr(err.text, "9999"));
	memset(&err, 0, sizeof(err));
	assert_int_equal(recorder_write(recorder, &events.event[0].h, &err), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_int_equal(recorder_close(recorder, &err), -EINVAL);
	assert_int_equal(recorder_close(recorder, &err), -EINVAL);
	recorder_free(recorder);
	assert_int_equal(replay(&seen, &err), 0);
	assert_string_not_equal(seen.damage, "");
}

/* Whoever kills the recorder after a tick finds the tick in the file. */
static void test_a_tick_is_in_the_file_at_once(void **state)
{
	struct event_tick tick = {.h = {5, EVENT_TICK, sizeof(tick)}, .seq = 1};
	struct recorder *recorder;
	struct err err = {0};
	struct seen seen;

	(void)state;
	assert_int_equal(recorder_new(path, &recorder, &err), 0);
	assert_int_equal(recorder_write(recorder, &tick.h, &err), 0);
	assert_int_equal(replay(&seen, &err), 0);
	assert_int_equal(seen.n, 2);
	assert_memory_equal(&seen.event[0], &tick, sizeof(tick));
	assert_string_equal(seen.damage, "damaged after line 2: the gzip data is cut off");
	recorder_free(recorder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_recorded_comes_back),
		TEST(test_text_reads_as_gzip_does),
		TEST(test_many_lines),
		TEST(test_what_the_callback_says_is_passed_on),
		TEST(test_a_stop_ends_it),
		TEST(test_made_by_hand),
		TEST(test_gzip_in_pieces),
		TEST(test_truncated_at_every_length),
		TEST(test_every_bit_flipped),
		TEST(test_every_bit_of_the_text_flipped),
		TEST(test_the_damage_is_named),
		TEST(test_something_after_the_trailer),
		TEST(test_long_lines),
		TEST(test_other_versions_are_named),
		TEST(test_what_is_no_capture),
		TEST(test_where_it_does_not_record),
		TEST(test_an_older_file_is_replaced_and_closed_to_others),
		TEST(test_nothing_is_written_after_an_error),
		TEST(test_a_tick_is_in_the_file_at_once),
	};
	int failed;

	/* Some 10,000 small files are written: in memory, where there is such a place. */
	snprintf(dir, sizeof(dir), "%s/culprit-capture-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
