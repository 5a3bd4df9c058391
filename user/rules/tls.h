/* SPDX-License-Identifier: BSD-2-Clause */
/* tls.h - what tls.c and tls_suspects.c share. */
#ifndef CULPRIT_RULES_TLS_H
#define CULPRIT_RULES_TLS_H

#include "model/peer.h"
#include "model/tls.h"
#include "rules/rule.h"

/* As many as the live source arms. */
#define TLS_NAMES_AT_ONCE 4

/* Are its connections such that handshakes may fail on them? */
bool tls_is_suspect(const struct model *model, const struct peer *peer);
/* Asks for the handshakes of those who have such peers. */
void tls_ask(const struct model *model, const struct judgement *judgement);

/* Were so many resets of connections with it handshakes that failed? Who refuses the other end's certificate closes with
 * the rest of its messages unread, which resets. */
bool tls_explains_resets(const struct model *model, const struct peer *peer, __u64 resets);

/* Does it count handshakes that failed? */
bool tls_is_failure(const struct tls_end *end);

#endif
