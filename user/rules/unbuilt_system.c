/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unbuilt_system.c - the system kinds of the contract that have no judge yet: what they mean, what
 * will speak against them, what to do. A kind leaves this file with its judge.
 */
#include "rules/families.h"

#define UNBUILT(id, name, at, says, speaks_against, then)                                          \
	const struct rule id##_rule = {                                                            \
		.kind = (name),                                                                    \
		.class = CLASS_SYSTEM,                                                             \
		.fault_at = (at),                                                                  \
		.meaning = (says),                                                                 \
		.against = (speaks_against),                                                       \
		.todo = (then),                                                                    \
		.unjudged = "not-implemented",                                                     \
	}

UNBUILT(receiver_backlog, "receiver-backlog", AT_PROCESS,
	"A local application reads too slowly: data piles up in its sockets.",
	"A pause of seconds, such as a garbage collection.", "See what the application does.");
