/* SPDX-License-Identifier: BSD-2-Clause */
/* lib_io.c - sockets and loop devices for the tests; see lib.h. */
#include "lib.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/loop.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static socklen_t address(struct sockaddr_storage *ret_addr, const char *addr, unsigned int port)
{
	struct sockaddr_in6 *in6 = (void *)ret_addr;
	struct sockaddr_in *in = (void *)ret_addr;

	memset(ret_addr, 0, sizeof(*ret_addr));
	if (inet_pton(AF_INET, addr, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((__u16)port);
		return sizeof(*in);
	}
	assert_int_equal(inet_pton(AF_INET6, addr, &in6->sin6_addr), 1);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((__u16)port);
	return sizeof(*in6);
}

int tcp_listen(const char *addr, unsigned int *port, int backlog)
{
	struct sockaddr_storage sa;
	socklen_t len = address(&sa, addr, *port);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(((struct sockaddr_in *)&sa)->sin_port); /* the same place in sockaddr_in6 */
	return fd;
}

int tcp_connect(const char *addr, unsigned int port)
{
	struct sockaddr_storage sa;
	socklen_t len = address(&sa, addr, port);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&sa, len)) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

int tcp_connect_nonblock(const char *addr, unsigned int port, int syn_retries, int *ret_fd)
{
	struct sockaddr_storage sa;
	socklen_t len = address(&sa, addr, port);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	if (syn_retries)
		setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &syn_retries, sizeof(syn_retries));
	*ret_fd = fd;
	return connect(fd, (struct sockaddr *)&sa, len) ? -errno : 0;
}

int tcp_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

void tcp_abort(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

bool loop_open(struct loop *loop, size_t bytes)
{
	return loop_open_in(loop, "/tmp", bytes);
}

bool loop_open_in(struct loop *loop, const char *dir, size_t bytes)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), backing, number, tries,
	    fd = -1;
	struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
	struct stat st;

	memset(loop, 0, sizeof(*loop));
	if (control < 0)
		return false;
	snprintf(loop->backing, sizeof(loop->backing), "%s/culprit-loop-XXXXXX", dir);
	backing = mkostemp(loop->backing, O_CLOEXEC);
	assert_true(backing >= 0);
	assert_int_equal(ftruncate(backing, (off_t)bytes), 0);
	/* Another program may be faster in taking the one that is free. */
	for (tries = 0; tries < 20; tries++) {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		assert_true(number >= 0);
		snprintf(loop->path, sizeof(loop->path), "/dev/loop%d", number);
		/* Without udev nobody makes the node. */
		if (access(loop->path, F_OK))
			mknod(loop->path, S_IFBLK | 0600, makedev(7, (unsigned int)number));
		fd = open(loop->path, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
		if (ioctl(fd, LOOP_SET_FD, backing) == 0)
			break;
		assert_int_equal(errno, EBUSY);
		close(fd);
	}
	assert_true(tries < 20);
	close(control);
	assert_int_equal(ioctl(fd, LOOP_SET_STATUS64, &info), 0);
	close(backing);
	loop->fd = open(loop->path, O_RDWR | O_CLOEXEC | O_DIRECT);
	assert_true(loop->fd >= 0);
	close(fd);
	assert_int_equal(fstat(loop->fd, &st), 0);
	loop->dev = major(st.st_rdev) << 20 | minor(st.st_rdev);
	loop->bytes = bytes;
	return true;
}

/* The device frees itself with its last descriptor (autoclear). */
void loop_close(struct loop *loop)
{
	close(loop->fd);
	unlink(loop->backing);
}
