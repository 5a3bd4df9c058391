/* SPDX-License-Identifier: BSD-2-Clause */
/* netlink.c - NETLINK_ROUTE; see netlink.h. */
#include "source/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The kernel fills at most this much at once for who reads with a buffer of this size (af_netlink.c). */
#define BUFFER 32768
/* Twenty containers that start at once make some two hundred messages of 1.5 KB. */
#define RECEIVE_BUFFER (1 << 20)
/* A dump is made while it is asked for: a second means that something is wrong. */
#define PATIENCE_S 1
#define READS_MAX  4096

void netlink_patience(int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

int netlink_open(__u32 groups)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int size = RECEIVE_BUFFER, code;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0),
			NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	netlink_patience(fd);
	if (groups)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	code = -errno;
	close(fd);
	return code;
}

/* Walks the messages of one read. 1: NLMSG_DONE was among them. */
static int walk(const char *buf, size_t length, __u32 seq, netlink_fn fn, void *ctx)
{
	int code = 0, interrupted = 0;

	for (const char *at = buf; length >= NLMSG_HDRLEN;) {
		struct nlmsghdr header;
		size_t whole;

		memcpy(&header, at, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > length)
			break;
		if (seq && header.nlmsg_seq != seq)
			goto next; /* of a dump that was given up */
		if (header.nlmsg_flags & NLM_F_DUMP_INTR)
			interrupted = -EINTR;
		if (header.nlmsg_type == NLMSG_DONE)
			return interrupted ? interrupted : 1;
		if (header.nlmsg_type == NLMSG_ERROR)
			return -EIO;
		code = fn(ctx, at, header.nlmsg_len);
		if (code < 0)
			return code;
next:
		whole = NLMSG_ALIGN(header.nlmsg_len);
		if (whole > length)
			break;
		at += whole;
		length -= whole;
	}
	return interrupted;
}

/* Reads once. 1: go on; 2: NLMSG_DONE; 0: nothing there; negative errno. */
static int read_once(int fd, char *buf, __u32 seq, netlink_fn fn, void *ctx)
{
	struct sockaddr_nl from = {0};
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(fd, buf, BUFFER, 0, (struct sockaddr *)&from, &size);
	int code;

	if (n < 0)
		return errno == EAGAIN ? 0 : errno == EINTR ? 1 : -errno;
	if (from.nl_pid != 0) /* not the kernel */
		return 1;
	code = walk(buf, (size_t)n, seq, fn, ctx);
	return code < 0 ? code : code + 1;
}

int netlink_ask(int fd, const void *request, size_t length, __u32 seq, netlink_fn fn, void *ctx)
{
	char *buf = malloc(BUFFER);
	int code = buf ? 1 : -ENOMEM;

	if (code > 0 && send(fd, request, length, 0) < 0)
		code = -errno;
	for (unsigned int i = 0; code == 1 && i < READS_MAX; i++) {
		code = read_once(fd, buf, seq, fn, ctx);
		if (code == 0)
			code = -ETIMEDOUT;
	}
	free(buf);
	return code == 2 ? 0 : code < 0 ? code : -ETIMEDOUT;
}

int netlink_dump(int fd, __u16 type, __u32 seq, netlink_fn fn, void *ctx)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			   .nlmsg_seq = seq},
	};

	return netlink_ask(fd, &request, sizeof(request), seq, fn, ctx);
}

int netlink_read(int fd, netlink_fn fn, void *ctx)
{
	char *buf = malloc(BUFFER);
	int code = buf ? 1 : -ENOMEM;

	for (unsigned int i = 0; code > 0 && i < READS_MAX; i++)
		code = read_once(fd, buf, 0, fn, ctx);
	free(buf);
	return code < 0 ? code : 0;
}
