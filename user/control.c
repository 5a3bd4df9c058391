/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - the daemon's control socket, both sides; see control.h. */
#include "control.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "children.h"

#define CONTENTS_S                                                                                 \
	120 /* what is far back in a large flight recorder takes a while, and sends nothing */
#define GROUPS_MAX  256
#define ACCEPTS_MAX 16 /* in one go: nobody who connects in a loop may keep the daemon here */

struct control {
	int fd;
	gid_t group; /* (gid_t)-1: nobody's */
	control_fn fn;
	void *ctx;
	struct children children;
	struct sockaddr_un address;
	/* Of the socket's file: another one may be there when we go. */
	dev_t file_dev;
	ino_t file_ino;
};

static int set_address(struct sockaddr_un *address, const char *path, struct err *err)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return err_set(err, -EINVAL, "%.60s...: too long for a socket (at most %zu bytes)",
			       path, sizeof(address->sun_path) - 1);
	memcpy(address->sun_path, path, strlen(path) + 1);
	return 0;
}

/* ---- the daemon's side ---- */

int control_group(const char *name, gid_t *ret_group, struct err *err)
{
	const struct group *group;

	*ret_group = (gid_t)-1;
	if (!name || !name[0])
		return 0;
	group = getgrnam(name);
	if (!group)
		return err_set(err, -EINVAL, "there is no group %.60s", name);
	*ret_group = group->gr_gid;
	return 0;
}

static void make_directory(const char *path)
{
	char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char *slash;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (!slash || slash == directory)
		return;
	*slash = '\0';
	(void)!mkdir(directory, 0755); /* what is wrong with it bind() says */
}

/* Removes a socket at which nobody listens; anything else stays, and bind() refuses. */
static int clear_path(const struct sockaddr_un *address, struct err *err)
{
	struct stat st;
	int fd, code;

	if (lstat(address->sun_path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST, "%s is in the way: it is no socket",
			       address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	code = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	close(fd);
	if (code == -ECONNREFUSED)
		return unlink(address->sun_path) < 0 ? -errno : 0;
	if (code == 0 || code == -EAGAIN)
		return err_set(err, -EADDRINUSE, "another culprit daemon answers at %s",
			       address->sun_path);
	return err_set(err, code, "cannot use %s: %s", address->sun_path, strerror(-code));
}

static int listen_at(struct control *c, struct err *err)
{
	const char *path = c->address.sun_path;
	struct stat st = {0};
	mode_t mask;
	int code = clear_path(&c->address, err);

	if (code < 0)
		return err->code ? err->code : err_set(err, code, "cannot use %s", path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	mask = umask(0177); /* nobody gets in between bind() and chmod() */
	code = bind(c->fd, (const struct sockaddr *)&c->address, sizeof(c->address)) < 0 ? -errno
											 : 0;
	umask(mask);
	if (code < 0)
		return err_set(err, code, "cannot listen at %s: %s", path, strerror(-code));
	if ((c->group != (gid_t)-1 &&
	     (chown(path, (uid_t)-1, c->group) < 0 || chmod(path, 0660) < 0)) ||
	    listen(c->fd, 8) < 0) {
		code = -errno;
		unlink(path);
		return err_set(err, code, "cannot listen at %s: %s", path, strerror(-code));
	}
	if (lstat(path, &st) == 0) {
		c->file_dev = st.st_dev;
		c->file_ino = st.st_ino;
	}
	return 0;
}

int control_new(const char *path, const char *group, control_fn fn, void *ctx,
		struct control **ret_control, struct err *err)
{
	struct control *c = calloc(1, sizeof(*c));
	int code;

	if (!c)
		return err_set(err, -ENOMEM, "out of memory");
	c->fd = -1;
	c->fn = fn;
	c->ctx = ctx;
	code = set_address(&c->address, path, err);
	if (code == 0)
		code = control_group(group, &c->group, err);
	if (code == 0) {
		make_directory(path);
		code = listen_at(c, err);
	}
	if (code < 0) {
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		return code;
	}
	*ret_control = c;
	return 0;
}

/* As long as our own is open its number is not given to another. */
static bool is_there(const struct control *c)
{
	struct stat st;

	return lstat(c->address.sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       st.st_dev == c->file_dev && st.st_ino == c->file_ino;
}

int control_renew(struct control *control, struct err *err)
{
	struct control next = *control;
	int code;

	if (is_there(control))
		return 0;
	next.fd = -1;
	make_directory(next.address.sun_path);
	code = listen_at(&next, err);
	if (code < 0) {
		if (next.fd >= 0)
			close(next.fd);
		return code;
	}
	close(control->fd);
	*control = next;
	return 1;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	if (is_there(control))
		unlink(control->address.sun_path);
	close(control->fd);
	control_reap(control);
	free(control);
}

int control_fd(const struct control *control)
{
	return control->fd;
}

static bool in_group(int fd, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (group == (gid_t)-1 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (unsigned int i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static bool may_ask(const struct control *c, int fd)
{
	struct ucred peer = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid() ||
	       (c->group != (gid_t)-1 && peer.gid == c->group) || in_group(fd, c->group);
}

/* One line; its length, or a negative errno. */
static int read_request(int fd, char *buf, size_t size)
{
	size_t at = 0;

	while (at + 1 < size) {
		ssize_t n = read(fd, buf + at, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ECONNRESET;
		if (buf[at] == '\n') {
			buf[at] = '\0';
			return (int)at;
		}
		at++;
	}
	return -EMSGSIZE;
}

static void answer(const struct control *c, int fd)
{
	char request[CONTROL_REQUEST_MAX];
	struct err err = {0};
	int code;

	/* First all that was sent: a peer that still writes would hear of a broken pipe, not of why. */
	code = read_request(fd, request, sizeof(request));
	if (code < 0)
		return;
	if (!may_ask(c, fd)) {
		dprintf(fd, "error only root and the socket's group may ask\n");
		return;
	}
	code = c->fn(c->ctx, request, fd, &err);
	if (code < 0)
		dprintf(fd, "error %s\n", err.code ? err.text : strerror(-code));
}

void control_dispatch(struct control *control)
{
	for (unsigned int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);
		pid_t pid;

		if (fd < 0)
			return;
		pid = children_start(&control->children, CONTROL_ANSWER_S, fd);
		if (pid == 0) {
			answer(control, CHILD_FD);
			_exit(0);
		}
		if (pid < 0)
			(void)!send(fd, "error busy\n", 11, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
	}
}

void control_reap(struct control *control)
{
	children_reap(&control->children);
}

/* ---- the peer's side ---- */

static int connect_to(const char *path, int *ret_fd, struct err *err)
{
	struct timeval limit = {.tv_sec = CONTROL_ANSWER_S + 5};
	struct sockaddr_un address;
	int fd, code = set_address(&address, path, err);

	if (code < 0)
		return code;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		code = -errno;
		close(fd);
		if (code == -ENOENT || code == -ECONNREFUSED)
			return err_set(err, code,
				       "no daemon answers at %s: is culprit daemon running?", path);
		return err_set(err, code, "cannot ask the daemon at %s: %s", path, strerror(-code));
	}
	*ret_fd = fd;
	return 0;
}

int control_ask(const char *path, const char *request, int *ret_fd, struct err *err)
{
	struct timeval limit = {.tv_sec = CONTENTS_S};
	char line[512];
	int fd = -1, length, code = connect_to(path, &fd, err);

	if (code < 0)
		return code;
	length = snprintf(line, sizeof(line), "%s\n", request);
	if (send(fd, line, (size_t)length, MSG_NOSIGNAL) != length)
		code = err_set(err, -EPIPE, "the daemon at %s does not listen", path);
	if (code == 0) {
		code = read_request(fd, line, sizeof(line));
		if (code < 0)
			code = err_set(err, code, "the daemon at %s gives no answer", path);
	}
	if (code >= 0 && strncmp(line, "error ", 6) == 0)
		code = err_set(err, -EREMOTEIO, "the daemon says: %.200s", line + 6);
	else if (code >= 0 && strcmp(line, "ok") != 0)
		code = err_set(err, -EPROTO, "what answers at %s is no culprit daemon", path);
	if (code < 0) {
		close(fd);
		return code;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	*ret_fd = fd;
	return 0;
}
