/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_tls.h - the maps of the tls object: what armed programs' libraries say of their handshakes; see counters.h. */
#ifndef CULPRIT_MAP_TLS_H
#define CULPRIT_MAP_TLS_H

#include "event_tcp.h"

#define TLS_ARMED_MAX	 4
#define TLS_CALLS_MAX	 1024
#define TLS_OUTCOMES_MAX 512

/* Map `tls_armed`: the name of a process (its leader's comm). */
struct tls_name {
	char comm[EVENT_COMM_LEN];
};

/* Map `tls_outcomes`. */
struct tls_outcome_key {
	struct peer_key peer;
	__s32 reason;
	__u32 detail;
	__u8 library;
	__u8 outcome;
	__u8 pad[2];
};
struct tls_outcome_value {
	__u64 count;
	__u64 last_ns;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
};

/* Map `tls_calls`: what a thread of an armed program is about; by pid and tid. */
struct tls_call {
	struct peer_key peer; /* of the TCP socket that it last opened or read from; port 0: none */
	__u64 status;	      /* GnuTLS: where the answer about a certificate will be */
	__s32 reason;
	__u32 detail;
	__u8 library; /* whose handshake it is in; 0: in none */
	__u8 alerted; /* GnuTLS: the last one was ended by an alert that was not asked for yet */
	__u8 pad[6];
};

EVENT_SIZE_IS(tls_outcome_key, 36);
EVENT_SIZE_IS(tls_outcome_value, 48);
EVENT_SIZE_IS(tls_call, 48);

#endif
