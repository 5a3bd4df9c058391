/* SPDX-License-Identifier: BSD-2-Clause */
/* tls.h - TLS handshakes that fail: tls.c judges, tls_sum.c adds up, tls_claim.c words, tls_suspects.c asks. */
#ifndef CULPRIT_RULES_TLS_H
#define CULPRIT_RULES_TLS_H

#include "model/peer.h"
#include "model/tls.h"
#include "rules/rule.h"
#include "rules/tls_words.h"

/* As many as the live source arms. */
#define TLS_NAMES_AT_ONCE 4

/* Asks for the handshakes of those who have such peers. */
void tls_ask(const struct model *model, const struct judgement *judgement);

/* Were so many resets of connections with it handshakes that failed? Who refuses the other end's certificate closes
 * with the rest of its messages unread, which resets. */
bool tls_explains_resets(const struct model *model, const struct peer *peer, __u64 resets);

/* Does it count handshakes that failed? */
bool tls_is_failure(const struct tls_end *end);

/* All handshakes with one peer. */
struct tls_sum {
	struct peer_key key;
	__u64 failed, late, done;     /* in the window; done without those that were refused late */
	__u64 first_ns, last_ns;      /* of those that failed */
	__u64 done_ns;		      /* the latest that was completed; 0 = none */
	const struct tls_end *most;   /* the reason that came most often */
	const struct tls_end *alert;  /* GnuTLS: the alert that came most often */
	const struct tls_end *named;  /* of these two, which says more */
	const struct tls_end *latest; /* that failed */
	bool worked;		      /* some were completed before the first that failed */
	struct tls_reason reason;
};
void tls_sum_up(struct tls_sum *s, const struct model *model, const struct peer_key *key);

/* The claim of a peer with which they fail. */
void tls_claim_peer(const struct model *model, const struct tls_sum *s,
		    const struct judgement *judgement);

#endif
