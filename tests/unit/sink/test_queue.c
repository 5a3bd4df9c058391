/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_queue.c - lines that wait for a child: blocked, full, deleted, killed and gone places; counted losses.
 *
 * The child is the real one. A loop of our own stands for the daemon's.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sink/outlet.h"

#define ROOM (64U << 10)

struct setup {
	char dir[64];
	char path[96];
	struct model *model;
	struct life life;
	struct verdict verdict;
	struct sink *sink;
	__u64 seq;
	unsigned long long file_max;
	char told[512]; /* what dispatch() said last */
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	snprintf(s->dir, sizeof(s->dir), "/tmp/test_queue.XXXXXX");
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

static void open_queue(struct setup *s, const char *key, const char *target)
{
	struct err err = {0};

	struct outlet like = {.row = outlet_find(key), .confine = true};

	snprintf(like.target, sizeof(like.target), "%s", target);
	like.file_max = s->file_max;
	like.file_keep = 2;
	assert_int_equal(sink_queue_new(&like, ROOM, &s->sink, &err), 0);
	assert_true(s->sink->ops->opened(s->sink, 2000, &err) >= 0);
}

static long long ms_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int write_line(struct setup *s, struct err *err)
{
	struct line line = line_of(LINE_VERDICT, s->model, "m");

	line.seq = ++s->seq;
	line.verdict = &s->verdict;
	return s->sink->ops->write(s->sink, &line, err);
}

static void write_lines(struct setup *s, unsigned int n)
{
	struct err err = {0};

	for (unsigned int i = 0; i < n; i++)
		write_line(s, &err);
}

static struct sink_counts counts_of(const struct setup *s)
{
	struct sink_counts counts;

	s->sink->ops->counts(s->sink, &counts);
	return counts;
}

/* The daemon's loop, until `written` lines are out or the time is over. */
static int turn(struct setup *s, __u64 written, int ms)
{
	long long end = ms_now() + ms;
	int code = 0;

	while (counts_of(s).written < written && ms_now() < end && code != -EPIPE) {
		struct pollfd poll_fd = {.fd = s->sink->ops->fd(s->sink), .events = POLLIN};
		struct err err = {0};

		if (poll(&poll_fd, 1, ms < 50 ? ms : 50) <= 0)
			continue;
		code = s->sink->ops->dispatch(s->sink, &err);
		if (code < 0)
			snprintf(s->told, sizeof(s->told), "%s", err.text);
	}
	return code;
}

static int close_queue(struct setup *s, struct err *err)
{
	int code = s->sink->ops->close(s->sink, err);

	s->sink = NULL;
	return code;
}

/* "1 2 3-7g 8": numbers of a line, or from and to of a gap. */
static void add_number(const char *text, char *buf, size_t size)
{
	struct json_object *o = json_tokener_parse(text), *from;
	size_t at = strlen(buf);

	assert_non_null(o);
	if (json_object_object_get_ex(o, "seq_from", &from)) {
		assert_string_equal(json_object_get_string(json_object_object_get(o, "what")),
				    "lines");
		snprintf(buf + at, size - at, "%s%d-%dg", at ? " " : "", json_object_get_int(from),
			 json_object_get_int(json_object_object_get(o, "seq_to")));
	} else {
		snprintf(buf + at, size - at, "%s%d", at ? " " : "",
			 json_object_get_int(json_object_object_get(o, "seq")));
	}
	json_object_put(o);
}

static void read_numbers(FILE *file, char *buf, size_t size)
{
	char text[8192];

	buf[0] = '\0';
	while (fgets(text, sizeof(text), file)) {
		assert_int_equal(text[strlen(text) - 1], '\n');
		add_number(text, buf, size);
	}
}

static void file_is(const char *path, const char *want)
{
	char numbers[4096];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	read_numbers(file, numbers, sizeof(numbers));
	fclose(file);
	assert_string_equal(numbers, want);
}

/* Every number from 1 to `last` is there, as a line or within a gap, once and in order. */
static void all_accounted(const char *numbers, int last, bool with_gap)
{
	int next = 1;
	bool gap = false;

	for (const char *p = numbers; *p;) {
		char *end;
		int from = (int)strtol(p, &end, 10), to = from;

		if (*end == '-') {
			to = (int)strtol(end + 1, &end, 10);
			assert_int_equal(*end, 'g');
			end++;
			gap = true;
		}
		assert_int_equal(from, next);
		assert_true(to >= from);
		next = to + 1;
		p = *end ? end + 1 : end;
	}
	assert_int_equal(next, last + 1);
	assert_int_equal(gap, with_gap);
}

static int one_line(struct setup *s)
{
	struct err err = {0};
	int code = write_line(s, &err);

	turn(s, s->seq, 5000);
	return code;
}

/* ---- files ---- */

static void test_file(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	struct stat st;

	umask(0);
	open_queue(s, "file", s->path);
	write_lines(s, 3);
	turn(s, 3, 5000);
	assert_int_equal(counts_of(s).written, 3);
	write_lines(s, 1); /* what waits at the end is written too */
	assert_int_equal(close_queue(s, &err), 0);
	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	file_is(s->path, "1 2 3 4");
}

static void test_that_cannot_open(void **state)
{
	struct setup *s = *state;
	struct err err = {0};

	struct outlet like = {.row = outlet_find("file"), .confine = true};

	snprintf(like.target, sizeof(like.target), "%s", s->dir);
	assert_int_equal(sink_queue_new(&like, ROOM, &s->sink, &err), 0);
	assert_int_equal(s->sink->ops->opened(s->sink, 10000, &err), -EISDIR);
	assert_non_null(strstr(err.text, "cannot open"));
	assert_int_equal(close_queue(s, &err), 0);
}

static void test_renamed_then_reopened(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	char old[128];

	snprintf(old, sizeof(old), "%s.1", s->path);
	open_queue(s, "file", s->path);
	one_line(s);
	assert_int_equal(rename(s->path, old), 0);
	one_line(s);
	assert_int_equal(s->sink->ops->reopen(s->sink, &err), 0);
	one_line(s);
	assert_int_equal(close_queue(s, &err), 0);
	file_is(old, "1 2");
	file_is(s->path, "3");
	unlink(old);
}

/* The length of a line, and a limit that takes two of them. */
static void limit_to_two(struct setup *s)
{
	struct err err = {0};
	struct stat st;

	open_queue(s, "file", s->path);
	write_lines(s, 1);
	assert_int_equal(close_queue(s, &err), 0);
	assert_int_equal(stat(s->path, &st), 0);
	unlink(s->path);
	s->file_max = 2 * (unsigned long long)st.st_size + 10;
	s->seq = 0;
}

static void test_rotated_by_size(void **state)
{
	struct setup *s = *state;
	char first[128], second[128], third[128];
	struct err err = {0};
	struct stat st;

	snprintf(first, sizeof(first), "%s.1", s->path);
	snprintf(second, sizeof(second), "%s.2", s->path);
	snprintf(third, sizeof(third), "%s.3", s->path);
	limit_to_two(s);
	open_queue(s, "file", s->path);
	write_lines(s, 7);
	assert_int_equal(close_queue(s, &err), 0);
	file_is(s->path, "7");
	file_is(first, "5 6");
	file_is(second, "3 4");
	assert_int_equal(access(third, F_OK), -1);
	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* A new run goes on in the same file, and knows its length. */
	open_queue(s, "file", s->path);
	write_lines(s, 2);
	assert_int_equal(close_queue(s, &err), 0);
	file_is(s->path, "9");
	file_is(first, "7 8");
	unlink(first);
	unlink(second);
}

/* No line is lost by that, and it is said once. */
static void test_that_cannot_be_rotated(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	char first[128];

	snprintf(first, sizeof(first), "%s.1", s->path);
	assert_int_equal(mkdir(first, 0700), 0);
	limit_to_two(s);
	open_queue(s, "file", s->path);
	write_lines(s, 3);
	turn(s, 3, 2000);
	assert_non_null(strstr(s->told, "cannot rotate"));
	s->told[0] = '\0';
	write_lines(s, 2);
	turn(s, 5, 2000);
	assert_string_equal(s->told, "");
	assert_int_equal(close_queue(s, &err), 0);
	file_is(s->path, "1 2 3 4 5");
	rmdir(first);
}

static void test_deleted_and_replaced(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	char old[128];
	FILE *file;

	snprintf(old, sizeof(old), "%s.1", s->path);
	open_queue(s, "file", s->path);
	one_line(s);
	assert_int_equal(unlink(s->path), 0);
	one_line(s);
	file_is(s->path, "2");
	assert_int_equal(rename(s->path, old), 0);
	file = fopen(s->path, "w");
	fclose(file);
	one_line(s);
	assert_int_equal(close_queue(s, &err), 0);
	file_is(old, "2");
	file_is(s->path, "3");
	unlink(old);
}

/* The lines wait for the directory to come back; nothing is lost meanwhile. */
static void test_directory_gone(void **state)
{
	struct setup *s = *state;
	struct err err = {0};

	open_queue(s, "file", s->path);
	one_line(s);
	assert_int_equal(unlink(s->path), 0);
	assert_int_equal(rmdir(s->dir), 0);
	write_lines(s, 2);
	turn(s, 2, 300);
	assert_int_equal(counts_of(s).written, 1);
	assert_non_null(strstr(s->told, "No such file"));
	assert_int_equal(mkdir(s->dir, 0700), 0);
	turn(s, 3, 5000);
	assert_int_equal(close_queue(s, &err), 0);
	file_is(s->path, "2 3");
}

/* A disk that is full for a while: what fits into the queue is not lost, the rest is told in its place. */
static void test_full_disk(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	char numbers[8192];
	FILE *file;

	if (mount("none", s->dir, "tmpfs", 0, "size=16k") < 0) {
		fputs("skipped: a full tmpfs needs the right to mount it\n", stderr);
		skip();
	}
	open_queue(s, "file", s->path);
	for (unsigned int i = 0; i < 200; i++) {
		write_lines(s, 1);
		turn(s, i + 1, 2);
	}
	assert_true(counts_of(s).lost > 0);
	assert_true(counts_of(s).waiting_bytes <= ROOM);
	assert_non_null(strstr(s->told, "No space left"));
	assert_int_equal(mount("none", s->dir, "tmpfs", MS_REMOUNT, "size=4m"), 0);
	turn(s, 200 - counts_of(s).lost + 1, 5000);
	assert_int_equal(close_queue(s, &err), 0);
	file = fopen(s->path, "r");
	read_numbers(file, numbers, sizeof(numbers));
	fclose(file);
	umount(s->dir);
	all_accounted(numbers, 200, true);
}

/* ---- readers ---- */

/* A pipe with a name: its reader goes, which is no end, and comes back. */
static void test_fifo(void **state)
{
	struct setup *s = *state;
	char numbers[64] = "", text[8192];
	struct err err = {0};
	FILE *reader;
	int fd;

	assert_int_equal(mkfifo(s->path, 0600), 0);
	fd = open(s->path, O_RDONLY | O_NONBLOCK);
	open_queue(s, "file", s->path);
	one_line(s);
	close(fd);
	write_lines(s, 2);
	for (int i = 0; i < 100 && !s->told[0]; i++)
		assert_int_not_equal(turn(s, 2, 30), -EPIPE);
	assert_non_null(strstr(s->told, "lines wait"));
	fd = open(s->path, O_RDONLY | O_NONBLOCK);
	turn(s, 3, 5000);
	assert_int_equal(close_queue(s, &err), 0);
	reader = fdopen(fd, "r");
	while (fgets(text, sizeof(text), reader))
		add_number(text, numbers, sizeof(numbers));
	fclose(reader);
	assert_string_equal(numbers, "1 2 3");
}

/* stdout as a pipe that nobody reads for a while. */
static void test_blocked_pipe(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	int ends[2], saved = dup(STDOUT_FILENO), lost_code = 0;
	char numbers[8192];
	long long start;
	FILE *reader;

	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
	dup2(ends[1], STDOUT_FILENO);
	open_queue(s, "stdout", "");
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	start = ms_now();
	for (int i = 0; i < 500; i++) {
		int code = write_line(s, &err);

		turn(s, s->seq, 0);
		lost_code = lost_code ? lost_code : code;
	}
	assert_true(ms_now() - start <
		    5000); /* ASan, a busy machine: 500 lines to JSON and nothing else */
	assert_int_equal(lost_code, -ENOBUFS);
	assert_non_null(strstr(err.text, "lines are lost from number"));
	assert_true(counts_of(s).lost > 100);
	assert_true(counts_of(s).waiting_bytes <= ROOM);
	reader = fdopen(ends[0], "r");
	numbers[0] = '\0';
	while (counts_of(s).written + counts_of(s).lost < 501) {
		struct pollfd poll_fd = {.fd = ends[0], .events = POLLIN};
		char text[8192];

		turn(s, counts_of(s).written + 1, 20);
		while (poll(&poll_fd, 1, 0) > 0 && fgets(text, sizeof(text), reader))
			add_number(text, numbers, sizeof(numbers));
		assert_true(ms_now() - start < 30000);
	}
	memset(&err, 0, sizeof(err));
	assert_int_equal(close_queue(s, &err), 0);
	while (1) {
		char text[8192];

		if (!fgets(text, sizeof(text), reader))
			break;
		add_number(text, numbers, sizeof(numbers));
	}
	fclose(reader);
	all_accounted(numbers, 500, true);
}

/* A reader that sleeps holds up neither the writer of lines nor the end; what is lost then is said. */
static void test_blocked_to_the_end(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	int ends[2], saved = dup(STDOUT_FILENO);
	long long start;

	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
	dup2(ends[1], STDOUT_FILENO);
	open_queue(s, "stdout", "");
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	write_lines(s, 50);
	turn(s, 50, 300);
	start = ms_now();
	assert_int_equal(close_queue(s, &err), -ENOBUFS);
	assert_true(ms_now() - start < 900);
	assert_non_null(strstr(err.text, "to 50 are lost"));
	close(ends[0]);
}

static void test_reader_gone(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	int ends[2], saved = dup(STDOUT_FILENO);

	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	open_queue(s, "stdout", "");
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	write_lines(s, 1);
	turn(s, 1, 5000);
	close(ends[0]);
	write_lines(s, 1);
	assert_int_equal(turn(s, 2, 5000), -EPIPE);
	assert_int_equal(write_line(s, &err), -EPIPE);
	assert_non_null(strstr(err.text, "stdout: the reader went away"));
	assert_int_equal(counts_of(s).lost, 2); /* the one that met it, and the one after */
	memset(&err, 0, sizeof(err));
	assert_int_equal(close_queue(s, &err), -EPIPE);
	assert_non_null(strstr(err.text, "lines 2 to 3 are lost"));
}

static pid_t child_of(const struct setup *s)
{
	char path[64], text[64] = "";
	FILE *file;

	(void)s;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return (pid_t)strtol(text, NULL, 10);
}

/* A writer that is killed is started anew; what it had is written by the next one. */
static void test_killed_writer(void **state)
{
	struct setup *s = *state;
	struct err err = {0};

	open_queue(s, "file", s->path);
	one_line(s);
	assert_true(child_of(s) > 0);
	assert_int_equal(kill(child_of(s), SIGSTOP), 0);
	write_lines(s, 3);
	assert_int_equal(kill(child_of(s), SIGKILL), 0);
	turn(s, 4, 6000);
	assert_non_null(strstr(s->told, "its writer was killed"));
	assert_int_equal(close_queue(s, &err), 0);
	file_is(s->path, "1 2 3 4");
}

/* ... also when that is the last thing that happens. */
static void test_killed_at_the_end(void **state)
{
	struct setup *s = *state;
	struct err err = {0};

	open_queue(s, "file", s->path);
	one_line(s);
	assert_int_equal(kill(child_of(s), SIGKILL), 0);
	write_lines(s, 2);
	assert_int_equal(close_queue(s, &err), 0);
	file_is(s->path, "1 2 3");
}

/* ---- sockets ---- */

static int listen_at(const char *target, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(target);
	int fd = socket(AF_UNIX, type, 0);

	memcpy(address.sun_path, target, len);
	if (target[0] == '@')
		address.sun_path[0] = '\0';
	else
		unlink(target);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
			 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* One datagram, after giving the queue its turn. */
static char *datagram(struct setup *s, int fd, char *buf, size_t size)
{
	ssize_t n;

	turn(s, counts_of(s).written + 1, 3000);
	n = recv(fd, buf, size - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	buf[n] = '\0';
	return buf;
}

/* A datagram socket whose reader is not there yet, goes, and comes back. */
static void test_datagram(void **state)
{
	struct setup *s = *state;
	char text[8192], numbers[64] = "";
	struct err err = {0};
	int fd;

	open_queue(s, "unix_datagram", s->path);
	write_lines(s, 2);
	turn(s, 1, 300);
	assert_int_equal(counts_of(s).written, 0);
	assert_non_null(strstr(s->told, "No such file"));
	fd = listen_at(s->path, SOCK_DGRAM);
	add_number(datagram(s, fd, text, sizeof(text)), numbers, sizeof(numbers));
	add_number(datagram(s, fd, text, sizeof(text)), numbers, sizeof(numbers));
	close(fd);
	fd = listen_at(s->path, SOCK_DGRAM);
	write_lines(s, 1);
	add_number(datagram(s, fd, text, sizeof(text)), numbers, sizeof(numbers));
	close(fd);
	assert_int_equal(close_queue(s, &err), 0);
	assert_string_equal(numbers, "1 2 3");
}

/* In trouble it hears of SIGHUP at once: the next try is not a second away. On a busy machine not each time. */
static void test_reopened_in_trouble(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	__u64 written = 0;

	for (int i = 0; i < 5 && written < 3; i++) {
		long long end = ms_now() + 5000;
		int fd;

		s->told[0] = '\0';
		open_queue(s, "unix_datagram", s->path);
		write_lines(s, 3);
		while (!s->told[0] && ms_now() < end)
			turn(s, 1, 20);
		assert_non_null(strstr(s->told, "lines wait"));
		fd = listen_at(s->path, SOCK_DGRAM);
		assert_int_equal(s->sink->ops->reopen(s->sink, &err), 0);
		turn(s, 3, 600);
		written = counts_of(s).written;
		close_queue(s, &err);
		close(fd);
		unlink(s->path);
	}
	assert_int_equal(written, 3);
}

/* An abstract stream socket; its reader goes and another one takes over. */
static void test_stream(void **state)
{
	struct setup *s = *state;
	char target[64], text[8192], numbers[64] = "";
	struct err err = {0};
	int fd, peer;
	FILE *file;

	snprintf(target, sizeof(target), "@culprit-test-%d", (int)getpid());
	fd = listen_at(target, SOCK_STREAM);
	open_queue(s, "unix_stream", target);
	write_lines(s, 2);
	turn(s, 2, 3000);
	peer = accept(fd, NULL, NULL);
	file = fdopen(peer, "r");
	for (int i = 0; i < 2; i++) {
		assert_non_null(fgets(text, sizeof(text), file));
		add_number(text, numbers, sizeof(numbers));
	}
	fclose(file);
	write_lines(s, 1);
	turn(s, 3, 3000);
	peer = accept(fd, NULL, NULL);
	file = fdopen(peer, "r");
	assert_int_equal(close_queue(s, &err), 0);
	assert_non_null(fgets(text, sizeof(text), file));
	add_number(text, numbers, sizeof(numbers));
	fclose(file);
	close(fd);
	assert_string_equal(numbers, "1 2 3");
}

/* The socket of the journal, by its native protocol: each field is a line. */
static void test_journal(void **state)
{
	struct setup *s = *state;
	struct err err = {0};
	char text[16384];
	int fd = listen_at(s->path, SOCK_DGRAM);

	open_queue(s, "journald", s->path);
	write_lines(s, 1);
	datagram(s, fd, text, sizeof(text));
	assert_memory_equal(text, "MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=culprit\n", 47);
	assert_non_null(strstr(text, "\nCULPRIT_TYPE=verdict\n"));
	assert_non_null(strstr(text, "\nCULPRIT_SEQ=1\n"));
	assert_non_null(strstr(text, "\nCULPRIT_SEVERITY=info\n"));
	assert_non_null(strstr(text, "\nCULPRIT_JSON={\"schema\":\"culprit/1\","));
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_int_equal(close_queue(s, &err), 0);
	close(fd);
}

static void test_hostile_text(void **state)
{
	static const char line[] =
		"{\"severity\":\"critical\",\"message\":\"a\\nPRIORITY=7\",\"kind\":\"x=y\"}\n";
	char text[1024];
	size_t n;

	(void)state;
	n = outlet_journal_text(line, strlen(line), text, sizeof(text));
	assert_true(n > 0);
	assert_memory_equal(text, "MESSAGE=a PRIORITY=7\nPRIORITY=2\n", 32);
	assert_non_null(strstr(text, "\nCULPRIT_KIND=x=y\n"));
	assert_int_equal(outlet_journal_text("not json\n", 9, text, sizeof(text)), 0);
	assert_int_equal(outlet_journal_text(line, strlen(line), text, 40), 0);
	assert_int_equal(outlet_syslog_text(line, strlen(line), 7, text, 40), 0);
}

static void test_syslog(void **state)
{
	static const char line[] =
		"{\"time\":\"2026-11-22T19:22:01.123456789Z\",\"severity\":\"warning\",\"type\":\"finding\","
		"\"host\":{\"name\":\"db 3\"}}\n";
	char text[1024];
	struct setup *s = *state;
	struct err err = {0};
	int fd = listen_at(s->path, SOCK_DGRAM);
	size_t n = outlet_syslog_text(line, strlen(line), 42, text, sizeof(text));

	assert_int_equal(n, strlen(text));
	assert_memory_equal(
		text, "<28>1 2026-11-22T19:22:01.123456Z db culprit 42 finding - {\"time\"", 65);
	assert_int_equal(text[n - 1], '}');
	open_queue(s, "syslog", s->path);
	write_lines(s, 1);
	datagram(s, fd, text, sizeof(text));
	assert_memory_equal(text, "<30>1 2026-11-22T", 17);
	assert_non_null(strstr(text, " db-3 culprit "));
	assert_int_equal(close_queue(s, &err), 0);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),
		TEST(test_that_cannot_open),
		TEST(test_renamed_then_reopened),
		TEST(test_rotated_by_size),
		TEST(test_that_cannot_be_rotated),
		TEST(test_deleted_and_replaced),
		TEST(test_directory_gone),
		TEST(test_full_disk),
		TEST(test_fifo),
		TEST(test_blocked_pipe),
		TEST(test_blocked_to_the_end),
		TEST(test_reader_gone),
		TEST(test_killed_writer),
		TEST(test_killed_at_the_end),
		TEST(test_datagram),
		TEST(test_reopened_in_trouble),
		TEST(test_stream),
		TEST(test_journal),
		TEST(test_hostile_text),
		TEST(test_syslog),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
