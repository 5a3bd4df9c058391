/* SPDX-License-Identifier: BSD-2-Clause */
/* send_error.h - what this host itself does not send to a peer; send_error.c. */
#ifndef CULPRIT_SEND_ERROR_H
#define CULPRIT_SEND_ERROR_H

#include "rules/paths.h"

/* Of one address, now. */
struct refusal {
	const struct peer *any; /* one of its services that are refused, */
	unsigned int services;	/* and how many */
	__u32 sockets;		/* with data that does not leave */
	__u32 tries;		/* in a row, on one of them */
	__u64 resends;		/* since it answered last, that did not leave */
	__u64 since_ns;
	__u64 last_ns;
};
/* Does what is sent to a service of that address fail on this host, and has that service answered nothing since?
 * Then its silence says nothing of the network or the peer. */
bool send_is_refused(const struct model *model, const struct path *path, struct refusal *ret);

#endif
