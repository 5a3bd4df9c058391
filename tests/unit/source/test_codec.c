/* SPDX-License-Identifier: BSD-2-Clause */
/* test_codec.c - events survive the way to text and back; what is no line is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "source/codec.h"
#include "source/random_event.h"
#include "source/utf8.h"

#define ROUNDS 2000

/* ---- there and back ---- */

static int decode(const char *line, union event_buf *ret_event, struct codec_skips *skips)
{
	struct err err = {0};
	int code = codec_decode(line, strlen(line), ret_event, skips, &err);

	assert_int_equal(code < 0 ? code : 0, err.code);
	return code;
}

static void check_round_trip(const union event_buf *event)
{
	struct codec_skips skips = {0};
	char line[CODEC_LINE_MAX], again[CODEC_LINE_MAX];
	union event_buf back;
	int n = codec_encode(&event->h, line, sizeof(line));

	assert_true(n > 0);
	assert_int_equal(strlen(line), n);
	for (const unsigned char *p = (unsigned char *)line; *p; p += utf8_printable(p))
		assert_true(utf8_printable(p) > 0);
	memset(&back, 0xa5, sizeof(back));
	assert_int_equal(decode(line, &back, &skips), 1);
	assert_memory_equal(&back, event, event->h.size);
	assert_true(skips.types + skips.fields + skips.values == 0);
	assert_int_equal(codec_encode(&back.h, again, sizeof(again)), n);
	assert_string_equal(line, again);
}

static void test_random_events_survive(void **state)
{
	__u64 seed = 20261123;

	(void)state;
	FOR_EACH_DESC(desc)
	{
		for (unsigned int i = 0; i < ROUNDS; i++) {
			union event_buf event;

			random_event(&event, desc, &seed);
			check_round_trip(&event);
		}
	}
}

static void test_longest_line_fits(void **state)
{
	size_t longest = 0;

	(void)state;
	FOR_EACH_DESC(desc)
	{
		char line[CODEC_LINE_MAX];
		union event_buf event;
		int n;

		memset(&event, 0xff, sizeof(event));
		event.h.type = desc->type;
		event.h.size = desc->size;
		for (unsigned int i = 0; i < desc->n_fields; i++) {
			const struct event_field *f = &desc->fields[i];

			if (f->kind == FIELD_PAD || f->values)
				memset((char *)&event + f->offset, 0, f->length);
			if (f->kind == FIELD_STR)
				((char *)&event)[f->offset + f->length - 1] = '\0';
		}
		check_round_trip(&event);
		n = codec_encode(&event.h, line, sizeof(line));
		if ((size_t)n > longest)
			longest = (size_t)n;
		assert_int_equal(codec_encode(&event.h, line, (size_t)n), -ENOSPC);
		assert_int_equal(codec_encode(&event.h, line, (size_t)n + 1), n);
		assert_int_equal(codec_encode(&event.h, line, 0), -ENOSPC);
	}
	assert_true(longest + 256 < CODEC_LINE_MAX); /* room for the next field */
}

static void test_text_is_what_it_was(void **state)
{
	static const char *const lines[] = {
		"1234567890 block_io dev=8:0 op=write status=medium reason=error sector=4660 "
		"bytes=4096 comm=a\\x20b",
		"0 pulse",
		"18446744073709551615 tick seq=4294967295 interval_ms=1000",
		"5 tcp_retrans peer.addr=10.1.2.2 peer.netns=4026531840 peer.port=9092 peer.dir=out "
		"cause=tlp state=1 err=-105 min_rtt_us=4294967295",
		"5 tcp_peer peer.addr=2001:db8::1 retrans=0,3,0,0,0,1",
		"7 block_stat dev=259:3 requests=18 hist=3:17,63:18446744073709551615",
		"7 config key=label.site value=Z\xc3\xbcrich\\x5c\\x20\\xff\\x1b[2J",
		"9 fd_group pid=812 count=40 kind=socket proto=tcp state=8 peer.addr=::1 "
		"name=socket:[1]",
		"1 end reason=damaged",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct codec_skips skips = {0};
		char line[CODEC_LINE_MAX];
		union event_buf event;

		assert_int_equal(decode(lines[i], &event, &skips), 1);
		assert_true(codec_encode(&event.h, line, sizeof(line)) > 0);
		assert_string_equal(line, lines[i]);
	}
}

static void test_other_spellings_read_the_same(void **state)
{
	static const char *const pairs[][2] = {
		{"1 block_io dev=8388608 op=1 status=7",
		 "1 block_io dev=8:0 op=write status=medium"},
		{"1  tick   interval_ms=7 seq=0001", "1 tick seq=1 interval_ms=7"},
		{"1 tcp_peer peer.addr=::ffff:10.0.0.1", "1 tcp_peer peer.addr=10.0.0.1"},
		{"1 tcp_peer retrans=1,0,0", "1 tcp_peer retrans=1"},
		{"1 config key=a\\\\b value=", "1 config key=a\\x5cb"},
		{"1 block_stat hist=0:0,1:5,2:0", "1 block_stat hist=1:5"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct codec_skips skips = {0};
		union event_buf a, b;

		assert_int_equal(decode(pairs[i][0], &a, &skips), 1);
		assert_int_equal(decode(pairs[i][1], &b, &skips), 1);
		assert_memory_equal(&a, &b, a.h.size);
	}
}

/* ---- what is not right ---- */

static void test_malformed_lines_are_errors(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"tick",
		"1",
		"1 ",
		"-1 tick",
		"1x tick",
		"18446744073709551616 tick",
		"1 Tick",
		"1 tick;",
		"1 tick seq",
		"1 tick =1",
		"1 tick seq=1 seq=1",
		"1 tick seq=",
		"1 tick seq=-1",
		"1 tick seq=1.0",
		"1 tick seq=0x1",
		"1 tick seq=4294967296",
		"1 tick Seq=1",
		"1 what ever",
		"1 what Ever=1",
		"1 tick\tseq=1",
		"1 block_io op=wipe",
		"1 block_io op=256",
		"1 block_io dev=4096:0",
		"1 block_io dev=8:1048576",
		"1 block_io dev=8:",
		"1 block_io dev=:1",
		"1 block_io dev=4294967296",
		"1 block_io comm=123456789012345\\x41",
		"1 config key=a\\x00b",
		"1 config key=\\x0",
		"1 config key=\\xG0",
		"1 config key=\\xAB",
		"1 config key=\\n",
		"1 config key=\\",
		"1 config key=a\x1b[2J",
		"1 config key=\x7f",
		"1 tcp_peer peer.addr=10.0.0",
		"1 tcp_peer peer.addr=10.0.0.1.2",
		"1 tcp_peer peer.addr=gggg::",
		"1 tcp_peer peer.addr=",
		"1 tcp_peer peer.addr=1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
		"1 tcp_peer peer.port=65536",
		"1 tcp_peer retrans=1,2,3,4,5,6,7,8,9",
		"1 tcp_peer retrans=1,,2",
		"1 tcp_peer retrans=1,",
		"1 tcp_peer retrans=",
		"1 block_stat hist=64:1",
		"1 block_stat hist=2:1,1:1",
		"1 block_stat hist=1:1,1:1",
		"1 block_stat hist=5",
		"1 block_stat hist=:5",
		"1 block_stat hist=1:",
		"1 tcp_retrans err=2147483648",
		"1 tcp_retrans err=-2147483649",
		"1 tcp_retrans err=-",
		"1 tcp_retrans err=--1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct codec_skips skips = {0};
		union event_buf event, before;

		memset(&event, 0x5a, sizeof(event));
		before = event;
		if (decode(lines[i], &event, &skips) != -EBADMSG)
			fail_msg("taken: %s", lines[i]);
		assert_memory_equal(&event, &before, sizeof(event));
	}
}

static void test_nul_bytes_are_errors(void **state)
{
	static const char line[] = "1 config key=a\0b";
	struct codec_skips skips = {0};
	struct err err = {0};
	union event_buf event;

	(void)state;
	assert_int_equal(codec_decode(line, sizeof(line) - 1, &event, &skips, &err), -EBADMSG);
	assert_int_equal(codec_decode("1 tick\0", 7, &event, &skips, &err), -EBADMSG);
	assert_int_equal(codec_decode("1 tick seq=1\0", 13, &event, &skips, &err), -EBADMSG);
}

static void test_unknown_is_skipped_and_counted(void **state)
{
	struct codec_skips skips = {0};
	union event_buf event;
	const struct event_tick *tick = (const struct event_tick *)&event;

	(void)state;
	assert_int_equal(decode("1 dream of=sheep size=\\q", &event, &skips), 0);
	assert_int_equal(skips.types, 1);
	assert_int_equal(decode("1 tick colour=blue seq=3 taste=", &event, &skips), 1);
	assert_int_equal(skips.fields, 2);
	assert_int_equal(tick->seq, 3);
	assert_int_equal(decode("1 block_io op=7", &event, &skips), 0);
	assert_int_equal(decode("1 end reason=9", &event, &skips), 0);
	assert_int_equal(skips.values, 2);
}

static void test_events_that_are_not_ours_are_refused(void **state)
{
	struct event_config config = {.h = {.type = EVENT_CONFIG, .size = sizeof(config)}};
	struct event_block_status status = {
		.h = {.type = EVENT_BLOCK_STATUS, .size = sizeof(status)},
		.status = BLOCK_STATUSES,
	};
	struct event unknown = {.type = 9999, .size = sizeof(unknown)};
	char line[CODEC_LINE_MAX];

	(void)state;
	assert_true(codec_encode(&config.h, line, sizeof(line)) > 0);
	config.h.size -= 8;
	assert_int_equal(codec_encode(&config.h, line, sizeof(line)), -EINVAL);
	config.h.size += 8;
	memset(config.value, 'x', sizeof(config.value));
	assert_int_equal(codec_encode(&config.h, line, sizeof(line)), -EINVAL);
	assert_int_equal(codec_encode(&status.h, line, sizeof(line)), -EINVAL);
	status.status = BLOCK_STATUS_UNKNOWN;
	assert_true(codec_encode(&status.h, line, sizeof(line)) > 0);
	assert_int_equal(codec_encode(&unknown, line, sizeof(line)), -EINVAL);
}

/* Whatever the line, what comes out is one of ours and comes out of its own text again. */
static void test_damaged_lines_never_make_strange_events(void **state)
{
	__u64 seed = 42;

	(void)state;
	FOR_EACH_DESC(desc)
	{
		for (unsigned int i = 0; i < ROUNDS; i++) {
			struct codec_skips skips = {0};
			char line[CODEC_LINE_MAX];
			struct err err = {0};
			union event_buf event;
			int n;

			random_event(&event, desc, &seed);
			n = codec_encode(&event.h, line, sizeof(line));
			for (unsigned int k = 0; k <= random_u64(&seed) % 3; k++)
				line[random_u64(&seed) % (unsigned int)n] = (char)random_u64(&seed);
			if (codec_decode(line, (size_t)n, &event, &skips, &err) == 1) {
				memset((char *)&event + event.h.size, 0,
				       sizeof(event) - event.h.size);
				check_round_trip(&event);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_events_survive),
		cmocka_unit_test(test_longest_line_fits),
		cmocka_unit_test(test_text_is_what_it_was),
		cmocka_unit_test(test_other_spellings_read_the_same),
		cmocka_unit_test(test_malformed_lines_are_errors),
		cmocka_unit_test(test_nul_bytes_are_errors),
		cmocka_unit_test(test_unknown_is_skipped_and_counted),
		cmocka_unit_test(test_events_that_are_not_ours_are_refused),
		cmocka_unit_test(test_damaged_lines_never_make_strange_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
