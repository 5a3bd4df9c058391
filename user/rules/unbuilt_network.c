/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unbuilt_network.c - the network kinds of the contract that have no judge yet: what they mean,
 * what will speak against them, what to do. A kind leaves this file with its judge.
 */
#include "rules/families.h"

#define UNBUILT(id, name, at, says, speaks_against, then)                                          \
	const struct rule id##_rule = {                                                            \
		.kind = (name),                                                                    \
		.class = CLASS_NETWORK,                                                            \
		.fault_at = (at),                                                                  \
		.meaning = (says),                                                                 \
		.against = (speaks_against),                                                       \
		.todo = (then),                                                                    \
		.unjudged = "not-implemented",                                                     \
	}

UNBUILT(tls_handshake_failure, "tls-handshake-failure", AT_PEER,
	"TCP works, and the TLS handshake fails. Not judged: the kernel sees bytes, and only the library in the "
	"program knows that a handshake failed, and why. To the rules such connections are well: made, closed in order.",
	"Clients that only probe the port.",
	"openssl s_client shows why: certificate, authority, version or cipher.");
