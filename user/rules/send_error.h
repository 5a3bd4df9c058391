/* SPDX-License-Identifier: BSD-2-Clause */
/* send_error.h - what this host itself does not send to a peer; send_error.c. */
#ifndef CULPRIT_SEND_ERROR_H
#define CULPRIT_SEND_ERROR_H

#include "model/peer.h"
#include "rules/rule.h"

/* Of one service, now. */
struct refusal {
	__u32 sockets; /* with data that does not leave */
	__u32 tries;   /* in a row, on one of them */
	__u64 resends; /* over the window, that did not leave */
	__u64 since_ns;
	__u64 last_ns;
};
/* Does what is sent to the service fail on this host, and has nothing been answered since? Then its silence says nothing
 * of the network or the peer. */
bool send_is_refused(const struct model *model, const struct peer *peer, struct refusal *ret);

#endif
