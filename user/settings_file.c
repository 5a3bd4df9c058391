/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings_file.c - reads a settings file by libinih, which knows neither line numbers nor doubles.
 */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"

#define SEEN_MAX       256
#define LINE_MAX_BYTES 200
#define PIPE_MS	       500

struct reader {
	FILE *file;
	struct settings settings;
	unsigned int line; /* of the line that libinih has now */
	char seen[SEEN_MAX][64 + 16];
	unsigned int n_seen;
	int read_errno;		 /* 0 = none */
	unsigned int error_line; /* 0 = none yet; only the first one is told */
	struct err *err;
};

static void fail(struct reader *r)
{
	if (!r->error_line)
		r->error_line = r->line;
}

static void check_section(struct reader *r, const char *text)
{
	char name[64], hint[80];
	const char *after;
	size_t len;

	if (*text != '[' || r->error_line)
		return;
	len = strcspn(text + 1, "]\n");
	snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name) - 1),
		 text + 1);
	after = text + 1 + len + (text[1 + len] == ']');
	after += strspn(after, " \t\r\n");
	/* libinih passes over it. */
	if (*after && *after != ';' && *after != '#') {
		err_set(r->err, -EINVAL, "text after [%s]: a key has a line of its own", name);
		fail(r);
		return;
	}
	if (settings_section_known(name))
		return;
	suggest_text(hint, sizeof(hint), "", settings_section_near(name));
	err_set(r->err, -EINVAL, "unknown section [%s]%s", name, hint);
	fail(r);
}

/* libinih ends a value at " ;" and not at " #": either way somebody's file would mean what he did not write. */
static void check_value(struct reader *r, const char *text)
{
	const char *value = text + strcspn(text, "=:");

	if (r->error_line || strchr(";#[", *text))
		return;
	for (; *value; value++)
		if ((*value == ' ' || *value == '\t') && value[1] && strchr(";#", value[1])) {
			err_set(r->err, -EINVAL,
				"'%c' after a value: a comment has a line of its own", value[1]);
			fail(r);
			return;
		}
}

/* Hands libinih one line; it has no line numbers, cuts long lines in silence, and takes one that begins with a blank for more
 * of the value before it. */
static char *read_line(char *buf, int size, void *ctx)
{
	struct reader *r = ctx;
	size_t len, blanks;

	if (!fgets(buf, size < LINE_MAX_BYTES ? size : LINE_MAX_BYTES, r->file)) {
		if (ferror(r->file))
			r->read_errno = errno;
		return NULL;
	}
	r->line++;
	len = strlen(buf);
	if (len == 0 || (buf[len - 1] != '\n' && !feof(r->file))) {
		if (!r->error_line)
			err_set(r->err, -EINVAL, "the line is too long or holds a NUL byte");
		fail(r);
		return NULL;
	}
	blanks = strspn(buf, " \t");
	memmove(buf, buf + blanks, len - blanks + 1);
	check_section(r, buf);
	check_value(r, buf);
	return buf;
}

static bool seen_before(struct reader *r, const char *section, const char *key)
{
	char name[sizeof(r->seen[0])];

	snprintf(name, sizeof(name), "%.14s/%.63s", section, key);
	for (unsigned int i = 0; i < r->n_seen; i++)
		if (strcmp(r->seen[i], name) == 0)
			return true;
	if (r->n_seen < SEEN_MAX)
		memcpy(r->seen[r->n_seen++], name, sizeof(name));
	return false;
}

static int take(struct reader *r, const char *section, const char *key, const char *value)
{
	if (!section[0])
		return err_set(r->err, -EINVAL, "'%s' stands before any [section]", key);
	if (seen_before(r, section, key))
		return err_set(r->err, -EINVAL, "'%s' is given twice in [%s]", key, section);
	return settings_take(&r->settings, section, key, value, r->err);
}

static int handle(void *ctx, const char *section, const char *key, const char *value)
{
	struct reader *r = ctx;

	if (r->error_line)
		return 0;
	if (take(r, section, key, value) == 0)
		return 1;
	fail(r);
	return 0;
}

/* A pipe that nobody writes to would keep a daemon that reads its settings again for ever, and one that was read to its
 * end is no file without settings. */
static int open_file(struct reader *r, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	struct stat st;

	if (fd < 0)
		return err_set(r->err, -errno, "cannot read %s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    (poll(&poll_fd, 1, PIPE_MS) <= 0 || !(poll_fd.revents & POLLIN))) {
		close(fd);
		return err_set(r->err, -EAGAIN, "cannot read %s: nobody writes to this pipe", path);
	}
	if (fcntl(fd, F_SETFL, 0) == 0)
		r->file = fdopen(fd, "r");
	if (!r->file) {
		err_set(r->err, -errno, "cannot read %s: %s", path, strerror(errno));
		close(fd);
		return r->err->code;
	}
	return 0;
}

static int parse_file(struct reader *r, const char *path)
{
	int line = ini_parse_stream(read_line, r, handle, r);

	if (r->read_errno)
		return err_set(r->err, -r->read_errno, "cannot read %s: %s", path,
			       strerror(r->read_errno));
	if (r->error_line && (line <= 0 || (unsigned int)line >= r->error_line)) {
		err_prefix(r->err, "%s:%u", path, r->error_line);
		return r->err->code;
	}
	if (line > 0)
		return err_set(r->err, -EINVAL, "%s:%d: neither a [section] nor key = value", path,
			       line);
	return line < 0 ? err_set(r->err, -ENOMEM, "out of memory") : 0;
}

int settings_load(struct settings *settings, const char *path, struct err *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->settings = *settings;
	r->err = err;
	ret = open_file(r, path);
	if (ret == 0) {
		ret = parse_file(r, path);
		fclose(r->file);
	}
	r->settings.in_file = r->n_seen;
	if (ret == 0)
		*settings = r->settings;
	free(r);
	return ret;
}
