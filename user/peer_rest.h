/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_rest.h - the one peer that stands for all that are not told of one by one. */
#ifndef CULPRIT_PEER_REST_H
#define CULPRIT_PEER_REST_H

#include <culprit/event_tcp.h>

/* None; of a client whose connection we accepted, our port, whoever the client. */
static inline struct peer_key peer_rest(const struct peer_key *key)
{
	struct peer_key rest = {.dir = key->dir == PEER_IN ? PEER_IN : 0};

	if (rest.dir) {
		rest.netns = key->netns;
		rest.port = key->port;
	}
	return rest;
}

#endif
