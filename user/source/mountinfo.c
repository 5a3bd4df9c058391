/* SPDX-License-Identifier: BSD-2-Clause */
/* mountinfo.c - one line of /proc/PID/mountinfo; see mountinfo.h. */
#include "source/mountinfo.h"

#include <string.h>

#include "source/disk_text.h"
#include "small_file.h"

/* The next field, not NUL-terminated; false at the end of the line. */
static bool next_field(const char **p, const char *end, const char **ret_field, size_t *ret_length)
{
	const char *space;

	if (*p >= end)
		return false;
	space = memchr(*p, ' ', (size_t)(end - *p));
	*ret_field = *p;
	*ret_length = (size_t)((space ? space : end) - *p);
	*p = space ? space + 1 : end;
	return true;
}

static __u32 number(const char *field, size_t length)
{
	__u32 value = 0;

	for (size_t i = 0; i < length && i < 9 && field[i] >= '0' && field[i] <= '9'; i++)
		value = value * 10 + (__u32)(field[i] - '0');
	return value;
}

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* The kernel writes space, tab, newline, backslash and "#" as \ooo. */
static void unescape(const char *field, size_t length, char *to, size_t size)
{
	char text[256];
	size_t n = 0;

	for (size_t i = 0; i < length && n < sizeof(text) - 1; i++) {
		char c = field[i];

		if (c == '\\' && length - i >= 4 && is_octal(field + i + 1)) {
			c = (char)((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 |
				   (field[i + 3] - '0'));
			i += 3;
		}
		if (c == '\0')
			break;
		text[n++] = c;
	}
	text[n] = '\0';
	text_copy(to, size, text);
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
bool mountinfo_parse(const char *line, size_t length, struct mountinfo *ret_mount)
{
	const char *p = line, *end = line + length, *field, *root, *mount, *dev;
	size_t n, root_n, mount_n, dev_n;
	struct mountinfo m = {0};
	char dev_text[24];

	if (!next_field(&p, end, &field, &n))
		return false;
	m.id = number(field, n);
	if (!next_field(&p, end, &field, &n)) /* the parent's id */
		return false;
	if (!next_field(&p, end, &dev, &dev_n) || !next_field(&p, end, &root, &root_n) ||
	    !next_field(&p, end, &mount, &mount_n) || !next_field(&p, end, &field, &n))
		return false;
	if (dev_n >= sizeof(dev_text))
		return false;
	memcpy(dev_text, dev, dev_n);
	dev_text[dev_n] = '\0';
	if (!disk_dev_parse(dev_text, &m.dev))
		return false;
	do { /* optional fields, up to a "-" */
		if (!next_field(&p, end, &field, &n))
			return false;
	} while (n != 1 || field[0] != '-');
	if (!next_field(&p, end, &field, &n))
		return false;
	unescape(field, n, m.fstype, sizeof(m.fstype));
	if (!next_field(&p, end, &field, &n))
		return false;
	unescape(field, n, m.source, sizeof(m.source));
	unescape(mount, mount_n, m.mount, sizeof(m.mount));
	/* Of the super block: "ro" or "rw" first, always. */
	if (next_field(&p, end, &field, &n))
		m.read_only =
			n >= 2 && field[0] == 'r' && field[1] == 'o' && (n == 2 || field[2] == ',');
	m.whole = root_n == 1 && root[0] == '/';
	*ret_mount = m;
	return true;
}
