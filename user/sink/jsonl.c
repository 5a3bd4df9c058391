/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jsonl.c - JSON lines to stdout or a file.
 *
 * A reader must never see half a line followed by another one, whatever the disk does: what could
 * not be written whole is taken back, or ended by a newline before the next line. Lines that were
 * lost are counted, and told by a gap line as soon as writing works again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

/* How long a reader of a non-blocking pipe may let us wait for room. */
#define STALL_MS 5000

struct jsonl {
	struct sink sink;
	char *path; /* NULL: stdout */
	int fd;
	bool torn;	 /* the last byte written was not the end of a line */
	__u64 lost_from; /* the lines lost in a row; 0 = none */
	__u64 lost_to;
	int lost_code; /* why the first of them was lost */
};

static const char *target(const struct jsonl *j)
{
	return j->path ? j->path : "stdout";
}

static int wait_for_room(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	int ret;

	do
		ret = poll(&poll_fd, 1, STALL_MS);
	while (ret < 0 && errno == EINTR);
	return ret > 0 ? 0 : ret == 0 ? -EAGAIN : -errno;
}

/* Writes all of it; on failure *ret_done says how much went out. */
static int write_all(int fd, const char *text, size_t len, size_t *ret_done)
{
	size_t done = 0;
	int ret = 0;

	while (done < len && ret == 0) {
		ssize_t n = write(fd, text + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			ret = -ENOSPC;
		else if (errno == EAGAIN)
			ret = wait_for_room(fd);
		else if (errno != EINTR)
			ret = -errno;
	}
	*ret_done = done;
	return ret;
}

/* Takes `done` bytes of a half-written line back, if they are still the end of a regular file. */
static bool take_back(int fd, size_t done)
{
	off_t end = lseek(fd, 0, SEEK_CUR), start = end - (off_t)done;
	struct stat st;

	if (end < 0 || start < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size != end)
		return false;
	return ftruncate(fd, start) == 0 && lseek(fd, start, SEEK_SET) == start;
}

static int put_text(struct jsonl *j, const char *text, size_t len)
{
	size_t done;
	int ret = 0;

	if (j->torn) {
		ret = write_all(j->fd, "\n", 1, &done);
		if (ret < 0)
			return ret;
		j->torn = false;
	}
	ret = write_all(j->fd, text, len, &done);
	if (ret < 0 && done > 0 && !take_back(j->fd, done))
		j->torn = true;
	return ret;
}

static int put_line(struct jsonl *j, const struct line *line)
{
	size_t len = 0;
	char *text;
	int ret;

	ret = json_line(line, &text, &len);
	if (ret < 0)
		return ret;
	ret = put_text(j, text, len);
	free(text);
	return ret;
}

/* The gap stands where the last lost line would have: with its number, which nobody else has here.
 */
static int put_gap(struct jsonl *j, const struct line *next)
{
	struct gap gap = {.what = "lines", .seq_from = j->lost_from, .seq_to = j->lost_to};
	struct line line = {
		.type = LINE_GAP,
		.seq = j->lost_to,
		.time_ns = next->time_ns,
		.severity = SEVERITY_WARNING,
		.model = next->model,
		.gap = &gap,
	};
	int ret;

	snprintf(line.message, sizeof(line.message), "lines %llu to %llu were lost here: %s",
		 (unsigned long long)j->lost_from, (unsigned long long)j->lost_to,
		 strerror(-j->lost_code));
	ret = put_line(j, &line);
	if (ret == 0)
		j->lost_from = 0;
	return ret;
}

static int jsonl_write(struct sink *sink, const struct line *line, struct err *err)
{
	struct jsonl *j = (struct jsonl *)sink;
	int ret = 0;

	if (j->lost_from)
		ret = put_gap(j, line);
	if (ret == 0)
		ret = put_line(j, line);
	if (ret == 0)
		return 0;
	if (ret == -EPIPE)
		return err_set(err, ret, "%s: the reader went away", target(j));
	j->lost_to = line->seq;
	if (j->lost_from)
		return 0;
	j->lost_from = line->seq;
	j->lost_code = ret;
	return err_set(err, ret, "%s: %s; lines are lost from number %llu on", target(j),
		       ret == -EBADF ? "closed" : strerror(-ret), (unsigned long long)line->seq);
}

/* Did a crash leave half a line at the end? The file itself is open for appending only. */
static bool ends_torn(int fd, const char *path)
{
	struct stat st, other;
	bool torn = false;
	char last = '\n';
	int reader;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	reader = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (reader < 0)
		return false;
	if (fstat(reader, &other) == 0 && other.st_dev == st.st_dev && other.st_ino == st.st_ino &&
	    pread(reader, &last, 1, st.st_size - 1) == 1)
		torn = last != '\n';
	close(reader);
	return torn;
}

/* O_NONBLOCK only for the open: a FIFO without a reader is an error, not a wait without end. */
static int open_path(const char *path, int *ret_fd, struct err *err)
{
	int fd =
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		     0640);
	int flags;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, -ELOOP, "%s is a symbolic link: name the file itself", path);
	if (fd < 0 && errno == ENXIO)
		return err_set(err, -ENXIO, "%s: nobody reads this pipe", path);
	if (fd < 0)
		return err_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
		err_set(err, -errno, "cannot set up %s: %s", path, strerror(errno));
		close(fd);
		return err->code;
	}
	*ret_fd = fd;
	return 0;
}

/* Goes on with the old file when the new one cannot be had. */
static int jsonl_reopen(struct sink *sink, struct err *err)
{
	struct jsonl *j = (struct jsonl *)sink;
	int fd = -1, ret;

	if (!j->path)
		return 0;
	ret = open_path(j->path, &fd, err);
	if (ret < 0)
		return ret;
	if (j->torn) {
		ssize_t n = write(j->fd, "\n", 1);

		(void)n; /* the file is left: nothing more can be done for it */
	}
	close(j->fd);
	j->fd = fd;
	j->torn = ends_torn(fd, j->path);
	return 0;
}

static int jsonl_close(struct sink *sink, struct err *err)
{
	struct jsonl *j = (struct jsonl *)sink;
	int ret = 0;

	if (!j)
		return 0;
	if (j->lost_from)
		ret = err_set(err, j->lost_code, "%s: lines %llu to %llu are lost: %s", target(j),
			      (unsigned long long)j->lost_from, (unsigned long long)j->lost_to,
			      strerror(-j->lost_code));
	if (j->path && close(j->fd) < 0 && ret == 0)
		ret = err_set(err, -errno, "%s: %s", target(j), strerror(errno));
	free(j->path);
	free(j);
	return ret;
}

static const struct sink_ops jsonl_ops = {
	.name = "jsonl",
	.write = jsonl_write,
	.reopen = jsonl_reopen,
	.close = jsonl_close,
};

int sink_jsonl_new(const char *path, struct sink **ret_sink, struct err *err)
{
	struct jsonl *j = calloc(1, sizeof(*j));
	int ret;

	if (!j)
		return err_set(err, -ENOMEM, "out of memory");
	j->sink.ops = &jsonl_ops;
	j->fd = STDOUT_FILENO;
	if (path) {
		j->path = strdup(path);
		ret = j->path ? open_path(path, &j->fd, err)
			      : err_set(err, -ENOMEM, "out of memory");
		if (ret < 0) {
			free(j->path);
			free(j);
			return ret;
		}
		j->torn = ends_torn(j->fd, path);
	}
	*ret_sink = &j->sink;
	return 0;
}
