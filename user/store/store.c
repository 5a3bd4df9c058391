/* SPDX-License-Identifier: BSD-2-Clause */
/* store.c - the one file that outlives a run; see store.h. */
#include "store/store.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "replaceable.h"

#define HEAD	 "culprit-store 1\n"
#define HEAD_LEN (sizeof(HEAD) - 1)
/* What a store is written to before it takes its place: this and a number. */
#define NEW ".new"

/* ---- reading ---- */

/* The file's text, NUL-terminated, to be freed; a negative errno. */
static int read_text(const char *path, char **ret_text, size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), code = 0;
	struct stat st;
	size_t at = 0;
	ssize_t n = 1;
	char *text;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		code = -EINVAL;
	else if (st.st_size > STORE_SIZE_MAX)
		code = -EBADMSG;
	else if ((st.st_uid && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))
		code = -EPERM;
	if (code < 0) {
		close(fd);
		return code;
	}
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		code = -ENOMEM;
	while (code == 0 && at < (size_t)st.st_size && n > 0) {
		n = read(fd, text + at, (size_t)st.st_size - at);
		if (n < 0)
			code = errno == EINTR ? 0 : -errno;
		else
			at += (size_t)n;
	}
	close(fd);
	if (code < 0) {
		free(text);
		return code;
	}
	text[at] = '\0';
	*ret_text = text;
	*ret_length = at;
	return 0;
}

bool store_number(const char **text, int base, __u64 most, __u64 *ret_value)
{
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)**text))
		return false;
	errno = 0;
	value = strtoull(*text, &end, base);
	if (errno || end == *text || value > most)
		return false;
	*text = end;
	*ret_value = value;
	return true;
}

/* "end RECORDS CHECKSUM\n" */
static bool last_line(const char *line, __u64 *ret_records, __u64 *ret_sum)
{
	if (strncmp(line, "end ", 4) != 0)
		return false;
	line += 4;
	if (!store_number(&line, 10, UINT_MAX, ret_records) || *line++ != ' ')
		return false;
	return store_number(&line, 16, UINT_MAX, ret_sum) && *line == '\n';
}

/* What is wrong with the whole, or NULL; *ret_end: where the last line begins. */
static const char *fault_of(const char *text, size_t length, const char **ret_end)
{
	__u64 records = 0, told, sum;
	const char *end;

	if (length < HEAD_LEN || memcmp(text, HEAD, HEAD_LEN) != 0)
		return "it is no store of version 1";
	if (text[length - 1] != '\n' || strlen(text) != length)
		return "its end is missing";
	for (end = text + length - 1; end > text && end[-1] != '\n';)
		end--;
	if (!last_line(end, &told, &sum))
		return "its end is missing";
	for (const char *p = text + HEAD_LEN; p < end; p = strchr(p, '\n') + 1)
		records++;
	if (records != told)
		return "records are missing";
	if (crc32(0, (const unsigned char *)text, (unsigned int)(end - text)) != sum)
		return "its checksum is wrong";
	*ret_end = end;
	return NULL;
}

/* False: nobody knows it, or it is malformed. */
static bool take(const struct store_kind *kinds, unsigned int n, const char *line)
{
	size_t length = strcspn(line, " ");
	const char *rest = line + length;
	__u64 version;

	if (*rest++ != ' ' || !store_number(&rest, 10, UINT_MAX, &version) || *rest++ != ' ')
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (strlen(kinds[i].kind) == length && strncmp(kinds[i].kind, line, length) == 0 &&
		    kinds[i].version == version)
			return kinds[i].take(kinds[i].ctx, rest);
	return false;
}

static int put_aside(const char *path, bool set_aside, const char *why, struct err *err)
{
	char other[4096];

	if (!set_aside ||
	    snprintf(other, sizeof(other), "%s.damaged", path) >= (int)sizeof(other) ||
	    rename(path, other) < 0)
		return err_set(err, -EBADMSG, "%s is damaged: %s; it is not used", path, why);
	return err_set(err, -EBADMSG, "%s is damaged: %s; it is now %s", path, why, other);
}

int store_read(const char *path, const struct store_kind *kinds, unsigned int n, bool set_aside,
	       struct err *err)
{
	int code, passed = 0;
	const char *end, *why;
	size_t length = 0;
	char *text = NULL;

	if (replaceable(path, err) < 0)
		return err_prefix(err, "the store");
	code = read_text(path, &text, &length);
	if (code == -EBADMSG)
		return put_aside(path, set_aside, "it is too large", err);
	if (code == -EPERM)
		return err_set(err, code, "%s is not used: others may write to it", path);
	if (code < 0)
		return err_set(err, code, "cannot read %s: %s", path, strerror(-code));
	why = fault_of(text, length, &end);
	if (why) {
		free(text);
		return put_aside(path, set_aside, why, err);
	}
	for (char *line = text + HEAD_LEN, *next; line < end; line = next) {
		next = strchr(line, '\n');
		*next++ = '\0';
		passed += !take(kinds, n, line);
	}
	free(text);
	return passed;
}

/* ---- writing ---- */

static int append(struct store_text *store, const char *text, size_t length)
{
	if (store->length + length > STORE_SIZE_MAX)
		return -EMSGSIZE;
	if (store->length + length > store->room) {
		size_t room = 2 * (store->length + length) + 4096;
		char *more = realloc(store->text, room);

		if (!more)
			return -ENOMEM;
		store->text = more;
		store->room = room;
	}
	memcpy(store->text + store->length, text, length);
	store->length += length;
	return 0;
}

int store_add(struct store_text *store, const char *kind, unsigned int version, const char *rest)
{
	char line[STORE_LINE_MAX];
	int code = 0, n = snprintf(line, sizeof(line), "%s %u %s\n", kind, version, rest);

	if (n >= (int)sizeof(line))
		return -EMSGSIZE;
	if (!store->length)
		code = append(store, HEAD, HEAD_LEN);
	/* Room is left for the last line. */
	if (code == 0 && store->length + (size_t)n + 64 > STORE_SIZE_MAX)
		return -EMSGSIZE;
	if (code == 0)
		code = append(store, line, (size_t)n);
	store->records += code == 0;
	return code;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_folder(const char *path)
{
	char copy[4096];
	int fd, code;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	code = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return code;
}

static int replace(const char *path, const char *temp, const char *text, size_t length)
{
	int fd, code;

	/* A leftover of somebody who was killed, and had this number. */
	unlink(temp);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	code = write_all(fd, text, length);
	if (close(fd) < 0 && code == 0)
		code = -errno;
	if (code == 0 && rename(temp, path) < 0)
		code = -errno;
	if (code < 0)
		unlink(temp);
	else
		code = sync_folder(path);
	return code;
}

int store_write(struct store_text *store, const char *path, struct err *err)
{
	char temp[4096], end[64];
	int code = 0;

	/* By its writer's own name: one whose daemon was killed may still be at it, and must not rename another's. */
	if (snprintf(temp, sizeof(temp), "%s" NEW "%d", path, (int)getpid()) >= (int)sizeof(temp))
		return err_set(err, -ENAMETOOLONG, "the store's path is too long");
	if (!store->length)
		code = append(store, HEAD, HEAD_LEN);
	if (code == 0) {
		snprintf(end, sizeof(end), "end %u %08lx\n", store->records,
			 crc32(0, (const unsigned char *)store->text, (unsigned int)store->length));
		code = append(store, end, strlen(end));
	}
	if (code == 0 && replaceable(path, err) < 0)
		return err_prefix(err, "the store");
	if (code == 0)
		code = replace(path, temp, store->text, store->length);
	if (code < 0)
		return err_set(err, code, "cannot write the store %s: %s", path, strerror(-code));
	return 0;
}

static bool is_new(const char *name, const char *of)
{
	size_t len = strlen(of);

	if (strncmp(name, of, len) != 0 || strncmp(name + len, NEW, strlen(NEW)) != 0)
		return false;
	name += len + strlen(NEW);
	return name[strspn(name, "0123456789")] == '\0';
}

void store_sweep(const char *path)
{
	char folder_of[4096], name_of[4096];
	const struct dirent *entry;
	const char *name;
	DIR *folder;

	snprintf(folder_of, sizeof(folder_of), "%s", path);
	snprintf(name_of, sizeof(name_of), "%s", path);
	name = basename(name_of);
	folder = opendir(dirname(folder_of));
	while (folder && (entry = readdir(folder)))
		if (is_new(entry->d_name, name))
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
}

void store_text_done(struct store_text *store)
{
	free(store->text);
	memset(store, 0, sizeof(*store));
}

const char *store_word(const char *name, char *buf, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (; *name && at + 4 < size; name++) {
		unsigned char c = (unsigned char)*name;

		if (c > 0x20 && c < 0x7f && c != '%') {
			buf[at++] = *name;
			continue;
		}
		buf[at++] = '%';
		buf[at++] = digits[c >> 4];
		buf[at++] = digits[c & 15];
	}
	buf[at] = '\0';
	return buf;
}

bool store_unword(const char **text, char *to, size_t size)
{
	const char *p = *text;
	size_t at = 0;

	for (; *p && *p != ' '; p++) {
		char c = *p;

		if (at + 1 >= size)
			return false;
		if (c == '%') {
			char digits[3] = {p[1], p[1] ? p[2] : '\0', '\0'};

			if (!isxdigit((unsigned char)digits[0]) ||
			    !isxdigit((unsigned char)digits[1]))
				return false;
			c = (char)strtoul(digits, NULL, 16);
			p += 2;
		}
		if (!c)
			return false;
		to[at++] = c;
	}
	if (p == *text)
		return false;
	to[at] = '\0';
	*text = p + (*p == ' ');
	return true;
}
