/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_tcp.h - the ABI of events: TCP's peers, and the handshakes of TLS over it; see event.h. */
#ifndef CULPRIT_EVENT_TCP_H
#define CULPRIT_EVENT_TCP_H

#include "event_type.h"

enum peer_dir { PEER_OUT = 1, PEER_IN = 2 };

/* Whom we talk to. Out: we connected, port is the remote one. In: we accepted, port is the local
 * one. */
struct peer_key {
	__u8 addr[16]; /* IPv6, or v4-mapped (::ffff:a.b.c.d) */
	__u32 netns;
	__u16 port; /* host byte order */
	__u8 dir;   /* enum peer_dir */
	__u8 pad;
};

enum retrans_cause {
	/* No cause: of all resends of data, those on connections that never got data acknowledged. The
	 * handshake ended here, but the peer may not have taken the connection (accept queue full). */
	RETRANS_UNSERVED = 0,
	RETRANS_RTO = 1,  /* retransmission timer */
	RETRANS_FAST = 2, /* fast recovery (duplicate ACKs, SACK, RACK) */
	RETRANS_LOSS = 3, /* slow-start retransmits that follow a timeout */
	RETRANS_TLP = 4,  /* tail-loss probe, inferred */
	RETRANS_SYN = 5,
	RETRANS_SYNACK = 6,
	RETRANS_OTHER = 7, /* open state: path MTU, and the like */
	RETRANS_CAUSES = 8,
};

struct event_tcp_retrans {
	struct event h;
	struct peer_key peer;
	__u32 ifindex;
	__s32 err; /* what sending it returned, where the kernel says (6.17+); 0 = sent or unknown
		    */
	__u16 local_port;
	__u16 remote_port;
	__u8 cause;   /* enum retrans_cause */
	__u8 state;   /* TCP_* */
	__u8 backoff; /* timeouts in a row without progress (icsk_retransmits) */
	__u8 pad;
	__u32 segs_out;
	__u32 total_retrans;
	__u32 srtt_us;
	__u32 min_rtt_us; /* ~0 = no sample yet */
	__u32 rto_us;
	__u32 snd_wnd;
	__u32 snd_cwnd;
	__u32 dsack_dups;
	__u32 pid; /* owner's tgid, 0 = unknown */
	__u32 pad2;
	char comm[EVENT_COMM_LEN];
	__u64 start_ns;
};

enum conn_outcome {
	CONN_ESTABLISHED = 1,
	CONN_REFUSED = 2,
	CONN_TIMED_OUT = 3,
	CONN_UNREACHABLE = 4,
	CONN_RESET = 5,	    /* an established connection was reset by the peer */
	CONN_ABANDONED = 6, /* the local side gave up before the handshake ended */
	CONN_FAILED = 7,    /* another error: err says which */
	CONN_BROKEN = 8,    /* an established connection timed out or became unreachable */
};

/* An attempt that did not become a connection, or a connection that broke. Successes are counted
 * only. */
struct event_tcp_conn {
	struct event h;
	struct peer_key peer;
	__u32 ifindex;
	__u32 err; /* sk_err, a positive errno */
	__u16 local_port;
	__u16 remote_port;
	__u8 outcome; /* enum conn_outcome */
	__u8 syn_retrans;
	__u8 pad[2];
	__u32 segs_out;
	__u32 total_retrans;
	__u32 pid; /* owner's tgid, 0 = unknown */
	__u32 pad2;
	char comm[EVENT_COMM_LEN];
	__u64 start_ns;
};

enum tcp_peer_flag {
	TCP_PEER_BASE = 1, /* first sight of its namespace: counters include what was before us */
	TCP_PEER_GONE = 2, /* dropped from the kernel's table after being idle: forget it */
};

/* All that is counted for one peer: sockets that closed (in BPF at their close) plus those that
 * live (summed by iter/tcp), so a rate has an exact denominator without a hook per segment. */
struct event_tcp_peer {
	struct event h;
	struct peer_key peer;
	__u32 ifindex; /* gauge: the latest seen */
	__u32 flags;   /* enum tcp_peer_flag */
	__u64 segs_out;
	__u64 segs_retrans; /* the sockets' own total_retrans */
	__u64 dsacks;	    /* segments that the peer said it got twice */
	__u64 bytes_acked;
	__u64 bytes_received;
	__u64 retrans
		[RETRANS_CAUSES]; /* by cause, from the tracepoint; RETRANS_UNSERVED: of these */
	__u64 send_errors;
	__u64 attempts; /* connect() calls that sent a SYN */
	__u64 established;
	__u64 accepted;
	__u64 refused;
	__u64 timed_out;
	__u64 unreachable;
	__u64 abandoned;
	__u64 failed;
	__u64 resets; /* established, then reset by the peer */
	__u64 broken; /* established, then timed out or unreachable */
	__u64 closed;
	__u32 live;	     /* gauge: sockets now, in any state but LISTEN */
	__u32 live_syn;	     /* gauge: of these in SYN_SENT and past the first SYN retransmit */
	__u32 live_stuck;    /* gauge: of these with two or more timeouts in a row, no progress */
	__u32 max_backoff;   /* gauge: the most timeouts in a row on one of them */
	__u32 live_zero_win; /* gauge: of these whose peer's window is closed */
	__u32 live_reord;    /* gauge: of these that have seen reordering */
	__u32 srtt_us;	     /* gauge: mean over live sockets with a sample; 0 = none */
	__u32 min_rtt_us;    /* gauge: least over live sockets; 0 = none */
	__u32 pid;	     /* owner last seen in its own context, 0 = unknown */
	__u32 close_wait;    /* gauge: live sockets in CLOSE_WAIT */
	char comm[EVENT_COMM_LEN];
	__u64 start_ns; /* owner's start_boottime */
	/* Of resets: before the peer had sent a byte; after five seconds without data either way. */
	__u64 resets_early;
	__u64 resets_idle;
	__u64 aborts;	     /* connections that this end reset: data was unread, or SO_LINGER 0 */
	__u64 aborts_early;  /* of these: before the peer had sent a byte */
	__u64 aborts_linger; /* of these: SO_LINGER 0, which a program has to ask for */
	__u32 zero_wait_ms;  /* gauge: the longest that data waits for a closed window to open */
	__u32 fresh;	     /* gauge: live sockets that sent data in the last two seconds */
	__u32 fresh_srtt_us; /* gauge: the least smoothed round trip of these; 0 = none */
	__u32 fresh_queued;  /* gauge: of these with data that the congestion window holds back */
	/*
	 * Are only large segments lost? Gauges over live sockets whose oldest segment has met LARGE_TIMEOUTS timeouts in
	 * a row; where it is large, and the peer did answer on that connection before:
	 */
	__u32 large_stuck;
	__u32 large_resends; /* so often were these sent in vain, all together */
	__u32 large_sacked; /* of large_stuck: the last segment behind it is smaller, and the peer has it (SACK) */
	__u32 small_lost; /* of all: the same, and the peer has it not; or the oldest is small itself */
	__u32 large_passing; /* gauge: other sockets that send, of whose segments large ones were acknowledged */
	__u16 large_size; /* gauge: the least of the large ones, bytes of data; 0 = none */
	__u16 small_size; /* gauge: the largest that large_sacked counts */
	__u64 large_passed; /* counter: connections that ended, of whose segments large ones were acknowledged */
	/* Gauges: live sockets with data to send, room in the peer's window and nothing in flight, which probe again and
	 * again: what they send fails on this host. And the most tries in a row of one of them. */
	__u32 unsent;
	__u32 unsent_tries;
	/* Counter: connections that ended by close() or shutdown() of either end, and carried so little both ways that a
	 * handshake of TLS may have failed on them (BRIEF_*). */
	__u64 brief;
	__u64 resets_stale; /* of resets: at the first use after five seconds without a segment from the peer */
};

/* What the library of a program is. */
enum tls_library { TLS_OPENSSL = 1, TLS_GNUTLS = 2 };

enum tls_armed_state {
	TLS_ARMED = 1,
	TLS_OVER = 2, /* it was armed, and is not any more */
	TLS_NO_LIBRARY =
		3, /* it maps none that can be probed: it is another one, or part of the program */
	TLS_REFUSED = 4, /* the kernel refused it: err says why */
	TLS_GONE =
		5, /* it ended before it was looked at, and nowhere on this host is a library that it might use */
};

/* Whether the handshakes of a program are looked at: those of all processes of that name. Sent when it changed. */
struct event_tls_armed {
	struct event h;
	__u64 start_ns; /* of the process that was suspect: start_boottime */
	__u64 since_ns; /* armed or given up then */
	__u32 pid;
	__u32 state;	 /* enum tls_armed_state */
	__u32 libraries; /* a bit for each enum tls_library: 1 << number */
	__u32 err;	 /* a positive errno */
	char comm[EVENT_COMM_LEN];
};

enum tls_outcome {
	TLS_DONE = 1,	/* the handshake came to its end */
	TLS_FAILED = 2, /* the library gave it up; reason says why */
	TLS_LATE =
		3, /* refused after what this end took for its end (TLS 1.3), or in one that no call of its own drove */
	TLS_DETAIL = 4, /* no handshake: which alert a failed one (GnuTLS) had met, as reason */
};

/* Reasons of OpenSSL from here on are alerts that the peer sent: 1000 + its number (RFC 8446, 6). Those of
 * TLS_DETAIL too. */
#define TLS_REASON_ALERT 1000

/* So many handshakes with one peer ended in that way while a program was armed: sent when it changed. */
struct event_tls_outcome {
	struct event h;
	struct peer_key peer;
	__u64 count; /* since this host was first looked at so */
	__u64 last_ns;
	__u64 start_ns; /* of the latest process: start_boottime */
	__u32 pid;
	__s32 reason; /* OpenSSL: SSL_R_*; GnuTLS: GNUTLS_E_*, which are negative; 0 = none */
	__u32 detail; /* OpenSSL: X509_V_ERR_* of a certificate; GnuTLS: gnutls_certificate_status_t; 0 = none */
	__u8 library; /* enum tls_library */
	__u8 outcome; /* enum tls_outcome */
	__u8 pad[2];
	char comm[EVENT_COMM_LEN];
};

EVENT_SIZE_IS(peer_key, 24);
EVENT_SIZE_IS(event_tcp_retrans, 120);
EVENT_SIZE_IS(event_tcp_conn, 96);
EVENT_SIZE_IS(event_tcp_peer, 424);
EVENT_SIZE_IS(event_tls_armed, 64);
EVENT_SIZE_IS(event_tls_outcome, 96);

#endif
