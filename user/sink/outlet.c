/* SPDX-License-Identifier: BSD-2-Clause */
/* outlet.c - THE sink table: files and sockets; see outlet.h. */
#include "sink/outlet.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sink/rotate.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET  "/dev/log"
#define UDP	       "udp:"

/* ---- files ---- */

static int check_path(const char *target, struct err *err)
{
	if (target[0] != '/')
		return err_set(err, -EINVAL, "'%.60s' is no absolute path", target);
	return 0;
}

static int reopen(struct outlet *o, struct err *err)
{
	int code = outfile_reopen(&o->file, err);

	o->fd = o->file.fd;
	if (code == 0)
		o->moved = false;
	return code;
}

static int file_open(struct outlet *o, struct err *err)
{
	int code;

	if (o->fd >= 0)
		return reopen(o, err);
	code = outfile_open(&o->file, o->target[0] ? o->target : NULL, -1, err);
	if (code == 0)
		o->fd = o->file.fd;
	return code;
}

static bool is_full(const struct outlet *o, size_t len)
{
	unsigned long long size = o->file_max ? outfile_size(&o->file) : 0;

	return size && size + len > o->file_max;
}

/* A file that cannot be moved grows on, and so does one in whose place none can be begun: a full disk is better than a line
 * that is lost, and it is said. Each line tries again. */
static void rotate(struct outlet *o, size_t len)
{
	struct err err = {0};
	int code = 0;

	if (!o->moved && !is_full(o, len))
		return;
	if (!o->moved)
		code = rotate_files(o->target, o->file_keep);
	if (code < 0)
		err_set(&err, code, "cannot rotate %.100s: %s", o->target, strerror(-code));
	else
		o->moved = true;
	if (code == 0)
		code = reopen(o, &err);
	if (code < 0 && !o->cannot_rotate)
		o->said = err;
	o->cannot_rotate = code < 0;
}

/* Who deletes or replaces the file means the next lines for the new one. */
static int file_write(struct outlet *o, const char *text, size_t len)
{
	struct err err = {0};

	if (outfile_replaced(&o->file) && reopen(o, &err) < 0)
		return err.code;
	rotate(o, len);
	return outfile_put(&o->file, text, len);
}

/* ---- sockets ---- */

static int check_socket(const char *target, struct err *err)
{
	if ((target[0] != '/' && target[0] != '@') || !target[1])
		return err_set(err, -EINVAL, "'%.60s' is neither an absolute path nor @NAME",
			       target);
	if (strlen(target) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return err_set(err, -EINVAL, "'%.60s...' is too long for a socket", target);
	return 0;
}

/* "udp:HOST:PORT" or "udp:[V6]:PORT" in two. */
static int split_udp(const char *target, char *host, size_t size, const char **ret_port)
{
	const char *start = target + strlen(UDP), *colon = strrchr(start, ':');
	size_t len;

	if (!colon || colon == start || !colon[1])
		return -EINVAL;
	len = (size_t)(colon - start);
	if (start[0] == '[' && start[len - 1] == ']') {
		start++;
		len -= 2;
	}
	if (len == 0 || len >= size)
		return -EINVAL;
	memcpy(host, start, len);
	host[len] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static int check_syslog(const char *target, struct err *err)
{
	char host[OUTLET_TARGET_MAX];
	const char *port;

	if (strncmp(target, UDP, strlen(UDP)) != 0)
		return check_socket(target, err);
	if (split_udp(target, host, sizeof(host), &port) < 0)
		return err_set(err, -EINVAL, "'%.60s' is not udp:HOST:PORT", target);
	return 0;
}

static int connect_unix(const char *target, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(target);
	int fd;

	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, target, len);
	if (target[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		int code = -errno;

		close(fd);
		return code;
	}
	return fd;
}

static int connect_udp(const char *target)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;
	char host[OUTLET_TARGET_MAX];
	const char *port;
	int fd;

	if (split_udp(target, host, sizeof(host), &port) < 0)
		return -EINVAL;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -EHOSTUNREACH;
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fd = -errno;
	else if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
		int code = -errno;

		close(fd);
		fd = code;
	}
	freeaddrinfo(found);
	return fd;
}

/* A socket is opened anew by closing it: the next line connects. */
static int socket_open(struct outlet *o, int type, struct err *err)
{
	char name[160];

	if (o->fd >= 0)
		close(o->fd);
	o->fd = strncmp(o->target, UDP, strlen(UDP)) == 0 ? connect_udp(o->target)
							  : connect_unix(o->target, type);
	if (o->fd < 0) {
		int code = o->fd;

		o->fd = -1;
		return err_set(err, code, "%s: %s", outlet_name(o, name, sizeof(name)),
			       strerror(-code));
	}
	return 0;
}

static int stream_open(struct outlet *o, struct err *err)
{
	return socket_open(o, SOCK_STREAM, err);
}

static int datagram_open(struct outlet *o, struct err *err)
{
	return socket_open(o, SOCK_DGRAM, err);
}

int outlet_send(struct outlet *o, const char *text, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = send(o->fd, text + done, len - done, MSG_NOSIGNAL);

		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			int code = n == 0 ? -EIO : -errno;

			close(o->fd);
			o->fd = -1;
			return code;
		}
	}
	return 0;
}

/* ---- THE table ---- */

const struct outlet_row outlet_table[] = {
	{.key = "file",
	 .takes = "an absolute path",
	 .must_open = true,
	 .check = check_path,
	 .open = file_open,
	 .write = file_write},
	{.key = "stdout",
	 .takes = "yes",
	 .standard = "",
	 .must_open = true,
	 .ends_with_peer = true,
	 .open = file_open,
	 .write = file_write},
	{.key = "unix_datagram",
	 .takes = "a path or @NAME",
	 .check = check_socket,
	 .open = datagram_open,
	 .write = outlet_send},
	{.key = "unix_stream",
	 .takes = "a path or @NAME",
	 .check = check_socket,
	 .open = stream_open,
	 .write = outlet_send},
	{.key = "journald",
	 .takes = "yes, or the path of its socket",
	 .standard = JOURNAL_SOCKET,
	 .check = check_socket,
	 .open = datagram_open,
	 .write = outlet_journal_write},
	{.key = "syslog",
	 .takes = "yes, a path or udp:HOST:PORT",
	 .standard = SYSLOG_SOCKET,
	 .check = check_syslog,
	 .open = datagram_open,
	 .write = outlet_syslog_write},
};
const unsigned int outlet_rows = sizeof(outlet_table) / sizeof(outlet_table[0]);

const struct outlet_row *outlet_find(const char *key)
{
	for (unsigned int i = 0; i < outlet_rows; i++)
		if (strcmp(outlet_table[i].key, key) == 0)
			return &outlet_table[i];
	return NULL;
}

const char *outlet_name(const struct outlet *outlet, char *buf, size_t size)
{
	bool named = outlet->row->open != file_open;

	snprintf(buf, size, "%s%s%s", named || !outlet->target[0] ? outlet->row->key : "",
		 named ? " " : "", outlet->target);
	return buf;
}
