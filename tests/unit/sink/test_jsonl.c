/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_jsonl.c - JSON lines on a file that cannot take them all: whole lines, counted losses.
 *
 * A full disk is made with RLIMIT_FSIZE: the write that crosses it is cut short, the next one
 * fails.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct setup {
	char dir[64];
	char path[96];
	struct model *model;
	struct life life;
	struct verdict verdict;
	__u64 seq;
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	snprintf(s->dir, sizeof(s->dir), "/tmp/test_jsonl.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/lines", s->dir);
	s->model = model_of("db-3", "6.1.0-56-amd64");
	s->verdict = verdict_of(&s->life, "NOTHING FOUND");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	unlink(s->path);
	rmdir(s->dir);
	model_free(s->model);
	free(s);
	return 0;
}

static int write_one(struct setup *s, struct sink *sink, struct err *err)
{
	struct line line = line_of(LINE_VERDICT, s->model, "m");

	line.seq = ++s->seq;
	line.verdict = &s->verdict;
	return sink->ops->write(sink, &line, err);
}

static void limit_size(rlim_t size)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* All lines of the file parse; writes "1 2 7g ..." : numbers, with a g for gaps. */
static void read_numbers(const char *path, char *buf, size_t size)
{
	char text[8192];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	buf[0] = '\0';
	while (fgets(text, sizeof(text), file)) {
		struct json_object *o = json_tokener_parse(text);
		size_t at = strlen(buf);
		bool gap;

		assert_non_null(o);
		assert_int_equal(text[strlen(text) - 1], '\n');
		gap = strcmp(json_object_get_string(json_object_object_get(o, "type")), "gap") == 0;
		snprintf(buf + at, size - at, "%s%d%s", at ? " " : "",
			 json_object_get_int(json_object_object_get(o, "seq")), gap ? "g" : "");
		if (gap)
			assert_true(json_object_get_int(json_object_object_get(o, "seq_from")) <=
				    json_object_get_int(json_object_object_get(o, "seq_to")));
		json_object_put(o);
	}
	fclose(file);
}

static void test_full_disk(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	struct sink *sink;
	char numbers[64];
	off_t one;

	assert_int_equal(sink_jsonl_new(s->path, &sink, &err), 0);
	assert_int_equal(write_one(s, sink, &err), 0);
	one = size_of(s->path);
	limit_size((rlim_t)(one + one / 2));
	/* The first loss is told, the next ones are counted; half lines are taken back. */
	assert_int_equal(write_one(s, sink, &err), -EFBIG);
	assert_non_null(strstr(err.text, "lines are lost from number 2 on"));
	assert_int_equal(size_of(s->path), one);
	assert_int_equal(write_one(s, sink, &err), 0);
	assert_int_equal(write_one(s, sink, &err), 0);
	assert_int_equal(size_of(s->path), one);
	limit_size(RLIM_INFINITY);
	assert_int_equal(write_one(s, sink, &err), 0);
	assert_int_equal(sink->ops->close(sink, &err), 0);
	read_numbers(s->path, numbers, sizeof(numbers));
	assert_string_equal(numbers, "1 4g 5");
}

static void test_full_to_the_end(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	struct sink *sink;

	assert_int_equal(sink_jsonl_new(s->path, &sink, &err), 0);
	limit_size(1);
	assert_int_equal(write_one(s, sink, &err), -EFBIG);
	assert_int_equal(write_one(s, sink, &err), 0);
	limit_size(RLIM_INFINITY);
	memset(&err, 0, sizeof(err));
	assert_int_equal(sink->ops->close(sink, &err), -EFBIG);
	assert_non_null(strstr(err.text, "lines 1 to 2 are lost"));
	assert_int_equal(size_of(s->path), 0);
}

/* A line that cannot be taken back (somebody else wrote after it) is ended before the next one. */
static void test_torn_by_a_crash(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	struct sink *sink;
	char text[64];
	FILE *file = fopen(s->path, "w");

	fputs("{\"half\":", file);
	fclose(file);
	assert_int_equal(sink_jsonl_new(s->path, &sink, &err), 0);
	assert_int_equal(write_one(s, sink, &err), 0);
	assert_int_equal(sink->ops->close(sink, &err), 0);
	file = fopen(s->path, "r");
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "{\"half\":\n");
	assert_non_null(fgets(text, sizeof(text), file));
	assert_memory_equal(text, "{\"schema\":", 10);
	fclose(file);
}

static void test_path(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	char link[128];
	struct sink *sink;
	struct stat st;

	assert_int_equal(sink_jsonl_new(s->dir, &sink, &err), -EISDIR);
	snprintf(link, sizeof(link), "%s.link", s->path);
	assert_int_equal(symlink(s->path, link), 0);
	assert_int_equal(sink_jsonl_new(link, &sink, &err), -ELOOP);
	assert_non_null(strstr(err.text, "symbolic link"));
	unlink(link);
	assert_int_equal(mkfifo(link, 0600), 0);
	assert_int_equal(sink_jsonl_new(link, &sink, &err), -ENXIO);
	unlink(link);
	umask(0);
	assert_int_equal(sink_jsonl_new(s->path, &sink, &err), 0);
	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(sink->ops->close(sink, &err), 0);
}

static void test_reopen(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	char old[128], numbers[64];
	struct sink *sink;

	snprintf(old, sizeof(old), "%s.1", s->path);
	assert_int_equal(sink_jsonl_new(s->path, &sink, &err), 0);
	assert_int_equal(write_one(s, sink, &err), 0);
	assert_int_equal(rename(s->path, old), 0);
	assert_int_equal(write_one(s, sink, &err), 0);
	assert_int_equal(sink->ops->reopen(sink, &err), 0);
	assert_int_equal(write_one(s, sink, &err), 0);
	/* When the new file cannot be had, the old one goes on. */
	assert_int_equal(unlink(s->path), 0);
	assert_int_equal(mkdir(s->path, 0700), 0);
	assert_int_equal(sink->ops->reopen(sink, &err), -EISDIR);
	assert_int_equal(write_one(s, sink, &err), 0);
	assert_int_equal(rmdir(s->path), 0);
	assert_int_equal(sink->ops->close(sink, &err), 0);
	read_numbers(old, numbers, sizeof(numbers));
	assert_string_equal(numbers, "1 2");
	unlink(old);
}

/* stdout as a pipe: what a reader does to it. */
static void test_pipe(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	struct sink *sink;
	int ends[2], saved = dup(STDOUT_FILENO);

	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(sink_jsonl_new(NULL, &sink, &err), 0);
	assert_int_equal(write_one(s, sink, &err), 0);
	close(ends[0]);
	assert_int_equal(write_one(s, sink, &err), -EPIPE);
	assert_int_equal(sink->ops->close(sink, &err), 0);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
}

static void test_closed_stdout(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	struct sink *sink;
	int saved = dup(STDOUT_FILENO), code;

	fflush(stdout);
	close(STDOUT_FILENO);
	assert_int_equal(sink_jsonl_new(NULL, &sink, &err), 0);
	code = write_one(s, sink, &err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	assert_int_equal(code, -EBADF);
	assert_int_equal(sink->ops->close(sink, &err), -EBADF);
}

/* A shared, truncating stdout (> file) keeps its offset right after a line was taken back. */
static void test_full_stdout(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	struct sink *sink;
	char numbers[64];
	int saved = dup(STDOUT_FILENO), fd = open(s->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int codes[4];
	off_t one;

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	assert_int_equal(sink_jsonl_new(NULL, &sink, &err), 0);
	codes[0] = write_one(s, sink, &err);
	one = size_of(s->path);
	limit_size((rlim_t)(one + 100));
	codes[1] = write_one(s, sink, &err);
	limit_size(RLIM_INFINITY);
	codes[2] = write_one(s, sink, &err);
	codes[3] = sink->ops->close(sink, &err);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_int_equal(codes[0], 0);
	assert_int_equal(codes[1], -EFBIG);
	assert_int_equal(codes[2], 0);
	assert_int_equal(codes[3], 0);
	read_numbers(s->path, numbers, sizeof(numbers));
	assert_string_equal(numbers, "1 2g 3");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_full_disk),	  TEST(test_full_to_the_end), TEST(test_torn_by_a_crash),
		TEST(test_path),	  TEST(test_reopen),	      TEST(test_pipe),
		TEST(test_closed_stdout), TEST(test_full_stdout),
	};

	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
