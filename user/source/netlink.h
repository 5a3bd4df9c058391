/* SPDX-License-Identifier: BSD-2-Clause */
/* netlink.h - NETLINK_ROUTE: one dump, and what the kernel tells by itself. Never waits for long. */
#ifndef CULPRIT_SOURCE_NETLINK_H
#define CULPRIT_SOURCE_NETLINK_H

#include <stddef.h>

#include <linux/types.h>

/* Takes one message, its header included. A negative errno ends the reading. */
typedef int (*netlink_fn)(void *ctx, const void *message, size_t length);

/* A socket for dumps (groups 0), or one that gets what is told to these groups (RTMGRP_*), which does
 * not block. Its descriptor, or a negative errno. */
int netlink_open(__u32 groups);

/* Dumps with a request of type RTM_GET*; seq (not 0) tells its answers from those of earlier ones. 0 when it was
 * whole, -EINTR when it changed meanwhile, -ETIMEDOUT, or what `fn` returned. */
int netlink_dump(int fd, __u16 type, __u32 seq, netlink_fn fn, void *ctx);

/* The same with a request that was made elsewhere (its header included), of whatever netlink family. */
int netlink_ask(int fd, const void *request, size_t length, __u32 seq, netlink_fn fn, void *ctx);
/* A socket that waits for its answers, but for no longer than a second. */
void netlink_patience(int fd);

/* Hands out what has come. 0, -ENOBUFS (something was lost: dump), or what `fn` returned. */
int netlink_read(int fd, netlink_fn fn, void *ctx);

#endif
