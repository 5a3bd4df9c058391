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

UNBUILT(port_exhaustion, "port-exhaustion", AT_THIS_HOST,
	"No local port is left for new connections to a peer.",
	"Connections in TIME_WAIT that are reused.",
	"Keep connections open, or widen ip_local_port_range.");

UNBUILT(conntrack_full, "conntrack-full", AT_THIS_HOST,
	"The connection-tracking table is full: new connections are dropped.",
	"A table that is sized small by intent.",
	"Raise nf_conntrack_max, or exempt traffic from tracking.");

UNBUILT(clock_unsynchronized, "clock-unsynchronized", AT_THIS_HOST, "NTP or PTP is not in sync.",
	"The minutes after a start.", "chronyc tracking, or timedatectl, says why.");

UNBUILT(clock_step, "clock-step", AT_THIS_HOST, "The wall clock jumped.", "A step at boot.",
	"See who set it; times before it are off.");
