/* SPDX-License-Identifier: BSD-2-Clause */
/* rtlink.h - one rtnetlink message on an interface (rtnetlink(7), linux/if_link.h). No I/O. */
#ifndef CULPRIT_SOURCE_RTLINK_H
#define CULPRIT_SOURCE_RTLINK_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

/* One attribute of a netlink message. */
struct rtattr_view {
	unsigned int type; /* without its flags */
	const unsigned char *data;
	size_t length;
};

/* Takes the next attribute out of *at (of *left bytes), and moves on. False at the end, and at what is no
 * attribute any more. */
bool rtattr_next(const unsigned char **at, size_t *left, struct rtattr_view *ret_attr);

/* The attribute of that type among `length` bytes of attributes; false when there is none. */
bool rtattr_find(const unsigned char *attrs, size_t length, unsigned int type,
		 struct rtattr_view *ret_attr);

enum rtlink_kind {
	RTLINK_NONE,  /* not on an interface, or only on a part of one */
	RTLINK_STATE, /* all but the counters is set */
	RTLINK_FULL,
	RTLINK_GONE, /* ifindex and name are set */
};

/* Reads a message of `length` bytes, its header included. *nic: flags from the kernel's, no facts of sysfs;
 * netns and header are not touched. */
enum rtlink_kind rtlink_parse(const void *message, size_t length, struct event_nic *nic);

#endif
