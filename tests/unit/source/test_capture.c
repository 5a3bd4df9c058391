/* SPDX-License-Identifier: BSD-2-Clause */
/* test_capture.c - what is recorded comes back; where nothing can be recorded. */
#include "source/capture_file.h"

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
		TEST(test_where_it_does_not_record),
		TEST(test_an_older_file_is_replaced_and_closed_to_others),
		TEST(test_nothing_is_written_after_an_error),
		TEST(test_a_tick_is_in_the_file_at_once),
	};
	int failed;

	if (!make_dir())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
