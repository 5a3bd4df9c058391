/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_asks.h - whose TLS handshakes are looked at, and until when: the part of live_asks.h that arms libraries.
 *
 * Libraries are those that the suspect maps, whatever its mount namespace. One that ended before it could be looked at
 * (a program that runs for one connection) is sought by its name: then the libraries are those of this host's own
 * places.
 */
#ifndef CULPRIT_SOURCE_TLS_ASKS_H
#define CULPRIT_SOURCE_TLS_ASKS_H

#include "ask.h"
#include "probe/probes.h"
#include "source/emit.h"

/* As many as may be armed. */
#define TLS_ASKS_MAX 4

struct tls_ask {
	struct ask ask;
	bool answered;
	struct event_tls_armed told; /* what it was told */
};

struct tls_asks {
	struct tls_ask item[TLS_ASKS_MAX];
	unsigned int n;
	__u64 dropped; /* no room, no name */
};

/* Notes an ask, extends the one that is there, or drops and counts it. */
void tls_asks_take(struct tls_asks *asks, const struct ask *ask);
/* All end with the next tick. */
void tls_asks_end(struct tls_asks *asks);
/* Arms what is new. */
void tls_asks_answer(struct tls_asks *asks, struct probes *probes, struct emit *emit);
/* Ends what is over. */
void tls_asks_tick(struct tls_asks *asks, struct probes *probes, struct emit *emit);

#endif
