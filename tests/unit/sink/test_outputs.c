/* SPDX-License-Identifier: BSD-2-Clause */
/* test_outputs.c - sinks that others take the place of: what they hold up, and what becomes of their lines. */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "outputs.h"
#include "sink/outlet.h"

struct setup {
	char dir[64];
	char path[96];
	struct model *model;
	struct life life;
	struct verdict verdict;
	struct loop *loop;
	struct outputs outputs;
	pid_t writer;
};

static long long ms_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static pid_t only_child(void)
{
	char path[64], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "r");
	assert_non_null(file);
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return (pid_t)strtol(text, NULL, 10);
}

/* A file whose writer stands still. */
static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));
	struct outlet like = {.row = outlet_find("file")};
	struct sink *sink = NULL;
	struct err err = {0};

	snprintf(s->dir, sizeof(s->dir), "/tmp/test_outputs.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/lines", s->dir);
	s->model = model_of("db-3", "6.1.0-56-amd64");
	s->verdict = verdict_of(&s->life, "NOTHING FOUND");
	snprintf(like.target, sizeof(like.target), "%s", s->path);
	assert_int_equal(sink_queue_new(&like, 65536, &sink, &err), 0);
	assert_int_equal(sink->ops->opened(sink, 10000, &err), 0);
	outputs_init(&s->outputs, &sink, 1);
	assert_int_equal(loop_new(&s->loop, &err), 0);
	assert_int_equal(outputs_watch(&s->outputs, s->loop, &err), 0);
	s->writer = only_child();
	assert_true(s->writer > 0);
	assert_int_equal(kill(s->writer, SIGSTOP), 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	outputs_close(&s->outputs);
	loop_free(s->loop);
	unlink(s->path);
	rmdir(s->dir);
	model_free(s->model);
	free(s);
	return 0;
}

static void write_line(struct setup *s, __u64 seq)
{
	struct line line = line_of(LINE_VERDICT, s->model, "m");

	line.seq = seq;
	line.verdict = &s->verdict;
	assert_int_equal(outputs_write(&s->outputs, &line), 0);
}

static void replace_by_none(struct setup *s)
{
	long long began = ms_now();
	struct err err = {0};

	assert_int_equal(outputs_replace(&s->outputs, NULL, 0, &err), 0);
	assert_true(ms_now() - began < 1000);
	assert_int_equal(s->outputs.n, 0);
}

/* Two lines, and no more outputs, before the writer is held to hang: on a machine that has no time for us it is
 * done again. */
static void write_and_replace(void **state)
{
	struct setup *s = *state;

	for (int again = 0; again < 20; again++) {
		long long began = ms_now();

		write_line(s, 1);
		write_line(s, 2);
		replace_by_none(s);
		if (ms_now() - began < 200)
			break;
		tear_down(state);
		set_up(state);
		s = *state;
	}
	assert_int_equal(s->outputs.n_leaving, 1);
}

/* The loop's part. */
static void tidy(struct setup *s, int ms)
{
	long long end = ms_now() + ms;

	while (s->outputs.n_leaving && ms_now() < end) {
		outputs_tidy(&s->outputs);
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
}

static unsigned int lines_there(const struct setup *s)
{
	FILE *file = fopen(s->path, "r");
	unsigned int n = 0;
	int c;

	assert_non_null(file);
	while ((c = fgetc(file)) != EOF)
		n += c == '\n';
	fclose(file);
	return n;
}

static void test_last_lines_are_written(void **state)
{
	struct setup *s;

	write_and_replace(state);
	s = *state;
	assert_int_equal(kill(s->writer, SIGCONT), 0);
	tidy(s, 5000);
	assert_int_equal(s->outputs.n_leaving, 0);
	assert_int_equal(lines_there(s), 2);
	assert_int_equal(only_child(), 0);
}

/* It has its time, and no more. */
static void test_one_that_hangs_is_left(void **state)
{
	long long began = ms_now();
	struct setup *s;

	write_and_replace(state);
	s = *state;
	tidy(s, 5000);
	assert_int_equal(s->outputs.n_leaving, 0);
	assert_true(ms_now() - began < 5000);
	assert_int_equal(only_child(), 0);
	assert_int_equal(lines_there(s), 0);
}

/* With nothing to write there is nothing to wait for, but the end of a process. */
static void test_one_that_is_idle_is_closed(void **state)
{
	struct setup *s = *state;

	assert_int_equal(kill(s->writer, SIGCONT), 0);
	replace_by_none(s);
	assert_int_equal(s->outputs.n_leaving, 0);
}

/* ---- what is told at the end ---- */

static int told; /* what the next write says */

static int say_write(struct sink *sink, const struct line *line, struct err *err)
{
	(void)sink;
	(void)line;
	return told ? err_set(err, told, "no room") : 0;
}

static void say_counts(const struct sink *sink, struct sink_counts *ret)
{
	(void)sink;
	*ret = (struct sink_counts){.name = "told"};
}

static int say_close(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static int status_of(struct setup *s, bool counts, int first, int second)
{
	const struct sink_ops ops = {.name = "told",
				     .write = say_write,
				     .counts = counts ? say_counts : NULL,
				     .close = say_close};
	struct sink sink = {.ops = &ops}, *sinks = &sink;
	struct outputs outputs;
	struct line line = line_of(LINE_VERDICT, s->model, "m");

	line.verdict = &s->verdict;
	outputs_init(&outputs, &sinks, 1);
	told = first;
	assert_int_equal(outputs_write(&outputs, &line), 0);
	told = second;
	assert_int_equal(outputs_write(&outputs, &line), 0);
	outputs_close(&outputs);
	return outputs.first.code;
}

/* A disk that was full for a minute is no failure of a daemon that is stopped a month later. */
static void test_what_is_over_is_no_failure(void **state)
{
	assert_int_equal(status_of(*state, true, 0, 0), 0);
	assert_int_equal(status_of(*state, true, -ENOSPC, 0), 0);
	assert_int_equal(status_of(*state, true, 0, -ENOSPC), -ENOSPC);
	/* One that says nothing by itself of what it lost. */
	assert_int_equal(status_of(*state, false, -ENOSPC, 0), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_last_lines_are_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_hangs_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_that_is_idle_is_closed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_over_is_no_failure, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
