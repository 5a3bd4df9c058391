/* SPDX-License-Identifier: BSD-2-Clause */
/* sockdiag.c - listeners and UDP sockets, and what they dropped; see sockdiag.h. */
#include "source/sockdiag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/netlink.h"
#include "source/rtlink.h"

/* include/net/tcp_states.h; a UDP socket that is connected counts as established, others as closed. */
#define STATE_ESTABLISHED 1
#define STATE_CLOSE	  7
#define STATE_LISTEN	  10

/* include/uapi/linux/sock_diag.h: places in the attribute SKMEMINFO. */
#define MEMINFO_RMEM_ALLOC 0
#define MEMINFO_RCVBUF	   1
#define MEMINFO_DROPS	   8

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

struct reading {
	__u8 proto;
	sockdiag_fn fn;
	void *ctx;
};

static void local_address(const struct inet_diag_msg *diag, struct event_socket_queue *socket)
{
	static const __u8 any[16];

	if (diag->idiag_family == AF_INET6) {
		memcpy(socket->addr, diag->id.idiag_src, sizeof(socket->addr));
	} else if (memcmp(diag->id.idiag_src, any, 4) != 0) {
		socket->addr[10] = socket->addr[11] = 0xff;
		memcpy(&socket->addr[12], diag->id.idiag_src, 4);
	}
}

bool sockdiag_parse(const void *message, size_t length, __u8 proto,
		    struct event_socket_queue *ret_socket)
{
	const unsigned char *at = message;
	struct event_socket_queue socket = {.proto = proto};
	struct inet_diag_msg diag;
	struct rtattr_view attr;
	__u32 memory[MEMINFO_DROPS + 1] = {0};

	if (length < NLMSG_HDRLEN + sizeof(diag))
		return false;
	memcpy(&diag, at + NLMSG_HDRLEN, sizeof(diag));
	if (diag.idiag_family != AF_INET && diag.idiag_family != AF_INET6)
		return false;
	if (proto == FD_TCP && diag.idiag_state != STATE_LISTEN)
		return false;
	at += NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(diag));
	length -= NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(diag));
	if (rtattr_find(at, length, INET_DIAG_SKMEMINFO, &attr))
		memcpy(memory, attr.data,
		       attr.length < sizeof(memory) ? attr.length : sizeof(memory));
	local_address(&diag, &socket);
	socket.port = ntohs(diag.id.idiag_sport);
	socket.inode = diag.idiag_inode;
	socket.uid = diag.idiag_uid;
	socket.drops = memory[MEMINFO_DROPS];
	/* Of a listener: connections that wait, and how many may. */
	socket.queued = proto == FD_TCP ? diag.idiag_rqueue : memory[MEMINFO_RMEM_ALLOC];
	socket.limit = proto == FD_TCP ? diag.idiag_wqueue : memory[MEMINFO_RCVBUF];
	*ret_socket = socket;
	return true;
}

static int on_message(void *ctx, const void *message, size_t length)
{
	const struct reading *reading = ctx;
	struct event_socket_queue socket;

	if (!sockdiag_parse(message, length, reading->proto, &socket))
		return 0;
	return reading->fn(reading->ctx, &socket);
}

int sockdiag_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return -errno;
	netlink_patience(fd);
	return fd;
}

static int read_family(int fd, __u8 family, const struct reading *reading)
{
	bool tcp = reading->proto == FD_TCP;
	struct request request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			   .nlmsg_seq = family},
		.body = {.sdiag_family = family,
			 .sdiag_protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP,
			 .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
			 .idiag_states = tcp ? 1U << STATE_LISTEN
					     : 1U << STATE_CLOSE | 1U << STATE_ESTABLISHED},
	};

	return netlink_ask(fd, &request, sizeof(request), family, on_message, (void *)reading);
}

int sockdiag_read(int fd, __u8 proto, sockdiag_fn fn, void *ctx)
{
	struct reading reading = {.proto = proto, .fn = fn, .ctx = ctx};
	int code = read_family(fd, AF_INET, &reading);

	return code < 0 ? code : read_family(fd, AF_INET6, &reading);
}
