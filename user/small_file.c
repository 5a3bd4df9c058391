/* SPDX-License-Identifier: BSD-2-Clause */
/* small_file.c - the files of /proc and /sys; see small_file.h. */
#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buf + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

ssize_t small_file_read(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read_full(fd, buf, size - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n;
}

static int is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t text_trim(char *text)
{
	size_t n = strlen(text), from = 0;

	while (n && is_space(text[n - 1]))
		n--;
	while (from < n && is_space(text[from]))
		from++;
	memmove(text, text + from, n - from);
	text[n - from] = '\0';
	return n - from;
}

size_t small_file_text(int dir, const char *path, char *buf, size_t size)
{
	small_file_read(dir, path, buf, size);
	return text_trim(buf);
}

__u64 small_file_u64(int dir, const char *path)
{
	char text[32];

	if (small_file_text(dir, path, text, sizeof(text)) == 0 || text[0] < '0' || text[0] > '9')
		return 0;
	return strtoull(text, NULL, 10);
}

size_t small_file_link(int dir, const char *path, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir, path, buf, size - 1);

	if (n < 0)
		n = 0;
	buf[n] = '\0';
	return (size_t)n;
}

/* Doubles *buf up to limit + 1 bytes; false when there is no memory, or no more is wanted. */
static bool grow(char **buf, size_t *room, size_t limit)
{
	size_t more = *room ? 2 * *room : 8192;
	char *bigger;

	if (more > limit)
		more = limit;
	bigger = more > *room ? realloc(*buf, more + 1) : NULL;
	if (!bigger)
		return false;
	*buf = bigger;
	*room = more;
	return true;
}

char *whole_file_read(const char *path, size_t limit, size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t used = 0, room = 0;
	char *buf = NULL;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	while (used == room && n >= 0 && grow(&buf, &room, limit)) {
		n = read_full(fd, buf + used, room - used);
		used += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (n < 0 || !buf) {
		free(buf);
		return NULL;
	}
	buf[used] = '\0';
	*ret_length = used;
	return buf;
}

void text_copy(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size);

	if (n == size) {
		n--;
		while (n && ((unsigned char)from[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(to, from, n);
	to[n] = '\0';
}
