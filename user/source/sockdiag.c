/* SPDX-License-Identifier: BSD-2-Clause */
/* sockdiag.c - listeners, UDP sockets and connections: what they dropped, what waits in them; see sockdiag.h. */
#include "source/sockdiag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/netlink.h"
#include "source/rtlink.h"

/* include/net/tcp_states.h; a UDP socket that is connected counts as established, others as closed. */
#define STATE_ESTABLISHED 1
#define STATE_FIN_WAIT1	  4
#define STATE_FIN_WAIT2	  5
#define STATE_CLOSE	  7
#define STATE_LISTEN	  10

/* include/uapi/linux/sock_diag.h: places in the attribute SKMEMINFO. */
#define MEMINFO_RMEM_ALLOC 0
#define MEMINFO_RCVBUF	   1
#define MEMINFO_DROPS	   8

#define EXTENSION(attribute) (1U << ((attribute)-1))

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

/* One dump: which sockets, what of them, and who takes them (fn, or connection_fn). */
struct reading {
	__u8 proto; /* IPPROTO_* */
	__u8 extensions;
	__u32 states;
	sockdiag_fn fn;
	sockdiag_connection_fn connection_fn;
	void *ctx;
};

/* v4-mapped where it is IPv4; all zero is any. */
static void address(const struct inet_diag_msg *diag, const __be32 from[4], __u8 to[16])
{
	static const __u8 any[16];

	if (diag->idiag_family == AF_INET6) {
		memcpy(to, from, 16);
	} else if (memcmp(from, any, 4) != 0) {
		to[10] = to[11] = 0xff;
		memcpy(&to[12], from, 4);
	}
}

/* The fixed part and the attributes after it; false when the message is of no internet socket. */
static bool take_apart(const void *message, size_t length, struct inet_diag_msg *ret_diag,
		       const unsigned char **ret_attrs, size_t *ret_length)
{
	const unsigned char *at = message;

	if (length < NLMSG_HDRLEN + sizeof(*ret_diag))
		return false;
	memcpy(ret_diag, at + NLMSG_HDRLEN, sizeof(*ret_diag));
	*ret_attrs = at + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(*ret_diag));
	*ret_length = length - NLMSG_HDRLEN - NLMSG_ALIGN(sizeof(*ret_diag));
	return ret_diag->idiag_family == AF_INET || ret_diag->idiag_family == AF_INET6;
}

static void read_memory(const unsigned char *attrs, size_t length, __u32 memory[MEMINFO_DROPS + 1])
{
	struct rtattr_view attr;
	size_t size = (MEMINFO_DROPS + 1) * sizeof(memory[0]);

	memset(memory, 0, size);
	if (rtattr_find(attrs, length, INET_DIAG_SKMEMINFO, &attr))
		memcpy(memory, attr.data, attr.length < size ? attr.length : size);
}

bool sockdiag_parse(const void *message, size_t length, __u8 proto,
		    struct event_socket_queue *ret_socket)
{
	struct event_socket_queue socket = {.proto = proto};
	const unsigned char *attrs;
	struct inet_diag_msg diag;
	__u32 memory[MEMINFO_DROPS + 1];

	if (!take_apart(message, length, &diag, &attrs, &length) ||
	    (proto == FD_TCP && diag.idiag_state != STATE_LISTEN))
		return false;
	read_memory(attrs, length, memory);
	address(&diag, diag.id.idiag_src, socket.addr);
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

bool sockdiag_parse_connection(const void *message, size_t length,
			       struct event_socket_unread *ret_socket)
{
	size_t at = offsetof(struct tcp_info, tcpi_last_data_recv);
	struct event_socket_unread socket = {0};
	const unsigned char *attrs;
	struct inet_diag_msg diag;
	struct rtattr_view info;
	__u32 memory[MEMINFO_DROPS + 1];

	if (!take_apart(message, length, &diag, &attrs, &length) ||
	    (diag.idiag_state != STATE_ESTABLISHED && diag.idiag_state != STATE_FIN_WAIT1 &&
	     diag.idiag_state != STATE_FIN_WAIT2))
		return false;
	if (!rtattr_find(attrs, length, INET_DIAG_INFO, &info) ||
	    info.length < at + sizeof(socket.wait_ms))
		return false;
	memcpy(&socket.wait_ms, (const unsigned char *)info.data + at, sizeof(socket.wait_ms));
	read_memory(attrs, length, memory);
	address(&diag, diag.id.idiag_src, socket.addr);
	address(&diag, diag.id.idiag_dst, socket.peer);
	socket.port = ntohs(diag.id.idiag_sport);
	socket.peer_port = ntohs(diag.id.idiag_dport);
	socket.inode = diag.idiag_inode;
	socket.uid = diag.idiag_uid;
	socket.unread = diag.idiag_rqueue;
	socket.memory = memory[MEMINFO_RMEM_ALLOC];
	socket.limit = memory[MEMINFO_RCVBUF];
	*ret_socket = socket;
	return true;
}

static int on_message(void *ctx, const void *message, size_t length)
{
	const struct reading *reading = ctx;
	struct event_socket_unread connection;
	struct event_socket_queue socket;

	if (reading->connection_fn)
		return sockdiag_parse_connection(message, length, &connection)
			       ? reading->connection_fn(reading->ctx, &connection)
			       : 0;
	if (!sockdiag_parse(message, length, reading->proto == IPPROTO_TCP ? FD_TCP : FD_UDP,
			    &socket))
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
	struct request request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			   .nlmsg_seq = family},
		.body = {.sdiag_family = family,
			 .sdiag_protocol = reading->proto,
			 .idiag_ext = reading->extensions,
			 .idiag_states = reading->states},
	};

	return netlink_ask(fd, &request, sizeof(request), family, on_message, (void *)reading);
}

static int read_both(int fd, const struct reading *reading)
{
	int code = read_family(fd, AF_INET, reading);

	return code < 0 ? code : read_family(fd, AF_INET6, reading);
}

int sockdiag_read(int fd, __u8 proto, sockdiag_fn fn, void *ctx)
{
	bool tcp = proto == FD_TCP;
	struct reading reading = {
		.proto = tcp ? IPPROTO_TCP : IPPROTO_UDP,
		.extensions = EXTENSION(INET_DIAG_SKMEMINFO),
		.states = tcp ? 1U << STATE_LISTEN : 1U << STATE_CLOSE | 1U << STATE_ESTABLISHED,
		.fn = fn,
		.ctx = ctx,
	};

	return read_both(fd, &reading);
}

int sockdiag_connections(int fd, sockdiag_connection_fn fn, void *ctx)
{
	struct reading reading = {
		.proto = IPPROTO_TCP,
		.extensions = EXTENSION(INET_DIAG_SKMEMINFO) | EXTENSION(INET_DIAG_INFO),
		.states = 1U << STATE_ESTABLISHED | 1U << STATE_FIN_WAIT1 | 1U << STATE_FIN_WAIT2,
		.connection_fn = fn,
		.ctx = ctx,
	};

	return read_both(fd, &reading);
}
