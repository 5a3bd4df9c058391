/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockdiag.h - listeners, UDP sockets and connections of a network namespace, with their queues and what they dropped
 * (sock_diag(7), NETLINK_SOCK_DIAG).
 */
#ifndef CULPRIT_SOURCE_SOCKDIAG_H
#define CULPRIT_SOURCE_SOCKDIAG_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

/* Fills what the kernel says of one socket; the header, netns and the owner are the caller's. False when the
 * message (its header included) is none of a TCP listener or UDP socket. No I/O. */
bool sockdiag_parse(const void *message, size_t length, __u8 proto,
		    struct event_socket_queue *ret_socket);

typedef int (*sockdiag_fn)(void *ctx, const struct event_socket_queue *socket);

/* The same of a TCP connection that may still get data: what waits in it, and since when. */
bool sockdiag_parse_connection(const void *message, size_t length,
			       struct event_socket_unread *ret_socket);

typedef int (*sockdiag_connection_fn)(void *ctx, const struct event_socket_unread *socket);

/* A socket for it in our own namespace, or a negative errno. */
int sockdiag_open(void);
/* Hands out all TCP listeners (proto FD_TCP) or UDP sockets (FD_UDP) of the namespace that fd was made in, IPv4
 * and IPv6. 0 or a negative errno: -ENOENT where the kernel has no such module. */
int sockdiag_read(int fd, __u8 proto, sockdiag_fn fn, void *ctx);
/* The same of all TCP connections that may still get data, whatever waits in them. */
int sockdiag_connections(int fd, sockdiag_connection_fn fn, void *ctx);

#endif
