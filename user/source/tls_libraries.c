/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_libraries.c - the files that may hold a library of TLS; see tls_libraries.h. */
#include "source/tls_libraries.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "small_file.h"

#define MAPS_BYTES   (4UL << 20) /* a process with 40,000 mappings */
#define MOUNTS_BYTES (1UL << 20)
#define FILES_MAX    12

/* ---- names ---- */

/* "libssl.so.3", and what wheels for Python make of it: "libssl-1a2b3c4d.so.1.1". */
static bool is_library(const char *path)
{
	static const char *const stems[] = {"libssl", "libcrypto", "libgnutls"};
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (unsigned int i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
		size_t len = strlen(stems[i]);

		if (strncmp(name, stems[i], len) == 0 && (name[len] == '.' || name[len] == '-') &&
		    strstr(name + len, ".so"))
			return true;
	}
	return false;
}

/* ---- where a file lies ---- */

static const char *const waiting[] = {"nfs", "nfs4", "cifs", "smb3", "ceph", "afs", "fuse", "coda"};

static bool may_wait(const char *fstype, size_t len)
{
	for (unsigned int i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
		size_t n = strlen(waiting[i]);

		/* "fuse.sshfs" too */
		if (len >= n && strncmp(fstype, waiting[i], n) == 0 &&
		    (len == n || fstype[n] == '.'))
			return true;
	}
	return false;
}

/* Reads "98:0" in that base; what stands behind it, or NULL. */
static const char *read_device(const char *at, int base, unsigned int *ret_major,
			       unsigned int *ret_minor)
{
	char *end;
	unsigned long major = strtoul(at, &end, base), minor;

	if (end == at || *end != ':')
		return NULL;
	at = end + 1;
	minor = strtoul(at, &end, base);
	if (end == at)
		return NULL;
	*ret_major = (unsigned int)major;
	*ret_minor = (unsigned int)minor;
	return end;
}

/* Past so many words and the blanks behind them. */
static const char *skip_words(const char *at, unsigned int n)
{
	while (n--) {
		at += strcspn(at, " \n");
		at += strspn(at, " ");
	}
	return at;
}

/* By /proc/PID/mountinfo (proc(5)): "36 35 98:0 /root /mount options - type source". A device that is in none is some
 * file system's own affair (overlayfs, btrfs), and local. */
static bool is_local(const char *mounts, unsigned int major, unsigned int minor)
{
	for (const char *line = mounts; line && *line;) {
		const char *end = strchr(line, '\n'), *type;
		unsigned int a, b;

		if (read_device(skip_words(line, 2), 10, &a, &b) && a == major && b == minor) {
			type = strstr(line, " - ");
			return !type || (end && type > end) ||
			       !may_wait(type + 3, strcspn(type + 3, " \n"));
		}
		line = end ? end + 1 : NULL;
	}
	return true;
}

/* ---- a process's ---- */

struct mapped {
	unsigned long from, to;
	unsigned long long inode;
	unsigned int major, minor;
};

struct search {
	char base[96]; /* ROOT/proc/PID */
	const char *mounts;
	struct mapped found[FILES_MAX];
	unsigned int n;
};

/* "7f..-7f.. r-xp 00001000 fe:01 1234   /usr/lib/x86_64-linux-gnu/libssl.so.3" */
static bool read_line(const char *line, struct mapped *m, const char **ret_path)
{
	const char *access, *device, *inode;
	char *end;

	m->from = strtoul(line, &end, 16);
	if (end == line || *end != '-')
		return false;
	m->to = strtoul(end + 1, &end, 16);
	access = skip_words(end, 1);
	device = skip_words(access, 2);
	if (*end != ' ' || strnlen(access, 4) < 4 || access[2] != 'x')
		return false;
	inode = read_device(device, 16, &m->major, &m->minor);
	if (!inode)
		return false;
	m->inode = strtoull(inode, &end, 10);
	*ret_path = end + strspn(end, " ");
	return **ret_path == '/';
}

static void take_line(struct search *s, const char *line)
{
	const char *path;
	struct mapped m;

	if (!read_line(line, &m, &path) || !is_library(path))
		return;
	for (unsigned int i = 0; i < s->n; i++)
		if (s->found[i].inode == m.inode && s->found[i].major == m.major &&
		    s->found[i].minor == m.minor)
			return;
	if (s->n < FILES_MAX && is_local(s->mounts, m.major, m.minor))
		s->found[s->n++] = m;
}

static int show(const char *path, tls_library_fn fn, void *ctx)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	ret = fn(ctx, fd);
	close(fd);
	return ret < 0 ? ret : 0;
}

int tls_libraries_of(const char *root, __u32 pid, tls_library_fn fn, void *ctx)
{
	char path[160], *maps, *mounts, *line, *rest;
	struct search s = {.n = 0};
	size_t length;
	int ret = 0;

	snprintf(s.base, sizeof(s.base), "%.60s/proc/%u", root, pid);
	snprintf(path, sizeof(path), "%s/maps", s.base);
	maps = whole_file_read(path, MAPS_BYTES, &length);
	if (!maps || !length) {
		free(maps);
		return -ENOENT;
	}
	snprintf(path, sizeof(path), "%s/mountinfo", s.base);
	mounts = whole_file_read(path, MOUNTS_BYTES, &length);
	s.mounts = mounts ? mounts : "";
	for (line = strtok_r(maps, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_line(&s, line);
	for (unsigned int i = 0; i < s.n && ret == 0; i++) {
		snprintf(path, sizeof(path), "%s/map_files/%lx-%lx", s.base, s.found[i].from,
			 s.found[i].to);
		ret = show(path, fn, ctx);
	}
	/* A program that has the library in itself, and shows its functions to what it loads (Node.js). */
	if (ret == 0) {
		snprintf(path, sizeof(path), "%s/exe", s.base);
		ret = show(path, fn, ctx);
	}
	free(maps);
	free(mounts);
	return ret;
}

/* ---- this host's ---- */

int tls_libraries_here(const char *root, tls_library_fn fn, void *ctx)
{
	static const char *const places[] = {"/usr/lib/x86_64-linux-gnu",
					     "/usr/lib/aarch64-linux-gnu",
					     "/usr/lib64",
					     "/usr/lib",
					     "/usr/local/lib64",
					     "/usr/local/lib"};
	static const char *const names[] = {"libssl.so.3", "libcrypto.so.3", "libssl.so.1.1",
					    "libcrypto.so.1.1", "libgnutls.so.30"};
	char path[160];
	int ret = 0;

	for (unsigned int p = 0; p < sizeof(places) / sizeof(places[0]); p++)
		for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]) && ret == 0; i++) {
			snprintf(path, sizeof(path), "%.60s%s/%s", root, places[p], names[i]);
			ret = show(path, fn, ctx);
		}
	return ret;
}
