/* SPDX-License-Identifier: BSD-2-Clause */
/* outfile.c - whole lines to a file or to stdout; see outfile.h. */
#include "sink/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *outfile_name(const struct outfile *file)
{
	return file->path ? file->path : "stdout";
}

static int wait_for_room(int fd, int stall_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	int ret;

	do
		ret = poll(&poll_fd, 1, stall_ms);
	while (ret < 0 && errno == EINTR);
	return ret > 0 ? 0 : ret == 0 ? -EAGAIN : -errno;
}

/* Writes all of it; on failure *ret_done says how much went out. */
static int write_all(const struct outfile *file, const char *text, size_t len, size_t *ret_done)
{
	size_t done = 0;
	int ret = 0;

	while (done < len && ret == 0) {
		ssize_t n = write(file->fd, text + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			ret = -ENOSPC;
		else if (errno == EAGAIN)
			ret = wait_for_room(file->fd, file->stall_ms);
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

int outfile_put(struct outfile *file, const char *text, size_t len)
{
	size_t done;
	int ret = 0;

	if (file->torn) {
		ret = write_all(file, "\n", 1, &done);
		if (ret < 0)
			return ret;
		file->torn = false;
	}
	ret = write_all(file, text, len, &done);
	if (ret < 0 && done > 0 && !take_back(file->fd, done))
		file->torn = true;
	return ret;
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

int outfile_open(struct outfile *file, const char *path, int stall_ms, struct err *err)
{
	int fd = STDOUT_FILENO, ret = path ? open_path(path, &fd, err) : 0;

	if (ret < 0)
		return ret;
	*file = (struct outfile){.path = path, .fd = fd, .stall_ms = stall_ms};
	if (path)
		file->torn = ends_torn(fd, path);
	return 0;
}

int outfile_reopen(struct outfile *file, struct err *err)
{
	int fd = -1, ret;

	if (!file->path)
		return 0;
	ret = open_path(file->path, &fd, err);
	if (ret < 0)
		return ret;
	if (file->torn) {
		ssize_t n = write(file->fd, "\n", 1);

		(void)n; /* the file is left: nothing more can be done for it */
	}
	close(file->fd);
	file->fd = fd;
	file->torn = ends_torn(fd, file->path);
	return 0;
}

bool outfile_replaced(const struct outfile *file)
{
	struct stat open_st, path_st;

	if (!file->path || fstat(file->fd, &open_st) < 0 || !S_ISREG(open_st.st_mode))
		return false;
	if (open_st.st_nlink == 0)
		return true;
	return lstat(file->path, &path_st) == 0 &&
	       (path_st.st_dev != open_st.st_dev || path_st.st_ino != open_st.st_ino);
}

unsigned long long outfile_size(const struct outfile *file)
{
	struct stat open_st, path_st;

	if (!file->path || fstat(file->fd, &open_st) < 0 || !S_ISREG(open_st.st_mode) ||
	    lstat(file->path, &path_st) < 0 || path_st.st_dev != open_st.st_dev ||
	    path_st.st_ino != open_st.st_ino)
		return 0;
	return (unsigned long long)open_st.st_size;
}

int outfile_close(struct outfile *file)
{
	if (!file->path || file->fd < 0)
		return 0;
	return close(file->fd) < 0 ? -errno : 0;
}
