/* SPDX-License-Identifier: BSD-2-Clause */
/* test_damage.c - what is damaged is said, and read up to there. */
#include "source/capture_file.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_truncated_at_every_length),	  TEST(test_every_bit_flipped),
		TEST(test_every_bit_of_the_text_flipped), TEST(test_the_damage_is_named),
		TEST(test_something_after_the_trailer),	  TEST(test_long_lines),
		TEST(test_other_versions_are_named),	  TEST(test_what_is_no_capture),
	};
	int failed;

	if (!make_dir())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
