/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_tcp.h - the maps of the tcp object: what TCP does, by peer; see counters.h. */
#ifndef CULPRIT_MAP_TCP_H
#define CULPRIT_MAP_TCP_H

#include "event_tcp.h"

#define PEERS_MAX 8192

/* What balancers and firewalls call idle is from ten seconds on; a pause within a transfer is shorter. */
#define RESET_IDLE_S 5
/* From so many timeouts in a row on a socket's oldest segment is looked at: 1.4 s at the least RTO. */
#define LARGE_TIMEOUTS 3
/* Large is what fills seven eighths of the segment that the path is thought to take, and more than every path takes
 * (RFC 8200: 1,280 bytes, less headers). */
#define LARGE_SHARE(mss) ((mss) - (mss) / 8)
#define LARGE_LEAST	 1000
/*
 * A connection is brief when whoever opened it sent a ClientHello's worth (BRIEF_HELLO, or more), and neither end
 * more than fits into a handshake: certificates with their chain take 2 to 10 KB.
 */
#define BRIEF_HELLO 40
#define BRIEF_MOST  16384
/* A socket's smoothed round trip is as old as the data that it last sent. */
#define RTT_FRESH_S 2

/* What sockets carry themselves, summed over some of one peer's sockets. */
struct tcp_sums {
	__u64 segs_out;
	__u64 segs_retrans;
	__u64 dsacks;
	__u64 bytes_acked;
	__u64 bytes_received;
};

/*
 * Map `peers`: struct peer_key -> struct peer_value. `closed` gets a socket's figures when it closes;
 * `live` is the sum over the sockets that iter/tcp saw in the session `epoch`. A socket that closes
 * after it was visited would be counted twice, so what closed since the session's first touch is also
 * in `recent`: total = closed + live - recent (when epoch is the present session), which lacks at
 * worst what just closed, for one snapshot, and never counts anything twice. Exact when nothing closes
 * between the iteration and the read.
 */
struct peer_value {
	struct tcp_sums closed;
	struct tcp_sums recent;
	struct tcp_sums live;
	__u64 epoch;
	__u64 retrans[RETRANS_CAUSES];
	__u64 send_errors;
	__u64 attempts;
	__u64 established;
	__u64 accepted;
	__u64 refused;
	__u64 timed_out;
	__u64 unreachable;
	__u64 abandoned;
	__u64 failed;
	__u64 resets;
	__u64 broken;
	__u64 ended; /* connections that ended, in whatever way */
	/* Of resets: before the peer had sent a byte; after RESET_IDLE_S without data either way. */
	__u64 resets_early;
	__u64 resets_idle;
	__u64 aborts; /* connections that this end reset, and of these: */
	__u64 aborts_early;
	__u64 aborts_linger; /* by SO_LINGER 0, which is asked for; else with data unread */
	__u64 large_passed;  /* as in struct event_tcp_peer, like the large_* below */
	__u64 brief;	     /* as there */
	__u64 resets_stale;  /* as there */
	/* Gauges over the live sockets of `epoch`. */
	__u64 srtt_sum_us;
	__u32 srtt_samples;
	__u32 min_rtt_us; /* ~0 = no sample */
	__u32 sockets;
	__u32 syn;
	__u32 stuck;
	__u32 max_backoff;
	__u32 zero_win;
	__u32 reord;
	__u32 close_wait;
	__u32 zero_wait_ms;
	__u32 fresh;
	__u32 fresh_srtt_us; /* ~0 = none */
	__u32 fresh_queued;
	__u32 large_stuck;
	__u32 large_resends;
	__u32 large_sacked;
	__u32 small_lost;
	__u32 large_passing;
	__u16 large_size; /* ~0 = none */
	__u16 small_size;
	__u32 unsent;
	__u32 unsent_tries;
	__u32 ifindex;
	/* The owner last seen in its own context. */
	__u64 owner_start_ns;
	__u32 owner_pid;
	__u32 tokens; /* ring events that may still follow at once */
	char owner_comm[EVENT_COMM_LEN];
	__u64 event_ns; /* when tokens were last given */
};

/* Written by the iterator (section .data.control): the session that it is in. */
struct tcp_control {
	__u64 session;
};

/* Map `listen_zero`: local ports whose listener has a backlog of 0, see sock_dir(). */
#define LISTEN_ZERO_MAX 256
struct listen_key {
	__u32 netns;
	__u32 port; /* host byte order */
};

EVENT_SIZE_IS(tcp_sums, 40);
EVENT_SIZE_IS(peer_value, 488);

#endif
