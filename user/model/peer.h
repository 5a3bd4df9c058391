/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.h - whom this host talks TCP to, and how that went.
 *
 * The kernel side's totals are sums over live and closed sockets; they dip for one tick when a
 * socket closes between the two readings. The true totals never fall, so the largest value seen
 * holds.
 */
#ifndef CULPRIT_PEER_H
#define CULPRIT_PEER_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/nic.h"
#include "model/table.h"
#include "model/window.h"

/* 2 KB each once active: 9 MB when full. */
#define MODEL_PEERS_MAX 4096

/* Cumulative counters whose rates are judged: those of struct event_tcp_peer, and one of ours. */
enum peer_counter {
	PEER_SEGS_OUT,
	PEER_SEGS_RETRANS,
	PEER_DSACKS,
	PEER_RETRANS_RTO, /* in the order of enum retrans_cause */
	PEER_RETRANS_FAST,
	PEER_RETRANS_LOSS,
	PEER_RETRANS_TLP,
	PEER_RETRANS_SYN,
	PEER_RETRANS_SYNACK,
	PEER_RETRANS_OTHER,
	PEER_RETRANS_UNSERVED, /* of these: before the peer acknowledged any data */
	PEER_RETRANS_SILENT, /* not of the event: of these, while the peer answered nothing at all */
	PEER_SEND_ERRORS,
	PEER_ATTEMPTS,
	PEER_ESTABLISHED,
	PEER_ACCEPTED,
	PEER_REFUSED,
	PEER_TIMED_OUT,
	PEER_UNREACHABLE,
	PEER_ABANDONED,
	PEER_FAILED,
	PEER_RESETS,
	PEER_BROKEN,
	PEER_CLOSED,
	PEER_RESETS_EARLY, /* of resets */
	PEER_RESETS_IDLE,
	PEER_RESETS_STALE,
	PEER_ABORTS,
	PEER_ABORTS_EARLY, /* of aborts */
	PEER_ABORTS_LINGER,
	PEER_LARGE_PASSED, /* of closed: large segments were acknowledged */
	PEER_BRIEF,	   /* of closed: no more was said than a handshake of TLS takes */
	PEER_COUNTERS,
};

/* Of these, what is judged only once its answer had time to come: see peer_settled(). */
#define PEER_SETTLING (PEER_RETRANS_SILENT + 1)
#define PEER_PASTS    3

/* The round trip of what was sent just then, at one tick. */
#define PEER_TRIPS 8
struct peer_trip {
	__u64 ns;
	__u32 us;      /* the least of its sockets */
	__u32 sockets; /* that sent */
	__u32 queued;  /* of these: with data that the congestion window held back */
};

/* What is seen again and again, not more than PEER_APART_NS apart: what fails at a steady rate does so in each tick or
 * two, even of a daemon. */
#define PEER_APART_NS 15000000000ULL
struct peer_run {
	__u64 since_ns; /* 0 = none */
	__u64 last_ns;
	__u32 n;
};

/* The counters as they stood since some time. */
struct peer_past {
	__u64 ns;
	__u32 count[PEER_SETTLING];
};

/* So many failures tell what attempts fail for; of those before, half that. */
#define PEER_FAILED_MOST 32

struct peer {
	struct peer_key key;
	__u32 ifindex; /* by which it last answered; 0 = unknown */
	/* by which it answered before; when it left that, 0 = it never moved; the same where it is not reached by both */
	__u32 ifindex_before;
	__u64 left_ns;
	__u64 moved_ns;
	/* gauges of the latest event */
	__u32 live;
	__u32 live_syn;
	__u32 live_stuck;
	__u32 max_backoff;
	__u32 live_zero_win;
	__u32 live_reord;
	__u32 srtt_us;
	__u32 min_rtt_us;
	__u32 close_wait;
	__u32 zero_wait_ms;
	/* of sockets that are stuck on a large segment, as in struct event_tcp_peer; since when there are some */
	__u32 large_stuck;
	__u32 large_resends;
	__u32 large_sacked;
	__u32 small_lost;
	__u32 large_passing;
	__u16 large_size;
	__u16 small_size;
	__u64 large_since_ns;
	/* sockets whose sending fails on this host, as in struct event_tcp_peer; since when, without an answer; 0 = not now */
	__u32 unsent;
	__u32 unsent_tries;
	__u64 unsent_since_ns;
	/* round trips: the latest, a ring; the least of the run, 0 = none */
	struct peer_trip trip[PEER_TRIPS];
	unsigned int n_trips;
	__u32 trip_low_us;
	__u32 trips_near; /* so many were up to twice the least, */
	__u32 trips_far;  /* and so many more than that; */
	__u32 trips_run;  /* the latest so many of these in a row */
	/* the owner, where one is known */
	__u32 pid;
	__u64 start_ns;
	char comm[EVENT_COMM_LEN];
	/* counters */
	__u64 now[PEER_COUNTERS];
	__u64 base[PEER_COUNTERS]; /* what was before us */
	struct window window;
	struct peer_past past[PEER_PASTS]; /* before the last changes, a ring */
	unsigned int n_past;
	__u64 bytes_acked;
	__u64 bytes_received;
	__u64 resent_answered; /* PEER_SEGS_RETRANS when it last answered, or was last counted as silent */
	__u64 answered_resent; /* PEER_SEGS_RETRANS when it last answered, */
	__u64 answered_left;   /* and the sum of PEER_RETRANS_* by cause */
	/* when things were seen; 0 = never */
	__u64 first_ns;
	__u64 changed_ns;  /* a counter moved */
	__u64 lost_ns;	   /* a segment was resent */
	__u64 progress_ns; /* the peer answered: data acknowledged or received, a connection made */
	__u64 made_ns;	   /* a connection was made */
	__u64 refused_ns;  /* an attempt was refused */
	struct peer_run refused_some; /* refusals, and connections made since the refusal before */
	struct peer_run waited;	      /* attempts without an answer to their first SYN, */
	struct peer_run waited_some;  /* and connections made since the one before */
	struct peer_run gave_up;      /* attempts given up, and none answered since the first */
	/* Attempts that failed before a SYN was sent, told one by one: the latest. With each a window after the one before
	 * it begins anew, and what is older counts for half at PEER_FAILED_MOST. */
	__u64 failed_ns;
	__u32 failed_samples;
	__u32 failed_no_port; /* of these found no local port */
	__u64 no_port_ns;     /* the latest that did, and the first */
	__u64 no_port_since_ns;
	__u64 reset_ns;	      /* a connection in use was reset by the peer (see peer_resets()) */
	__u64 reset_since_ns; /* the first of those that followed each other within a window */
	__u64 unanswered_ns;  /* an attempt was seen without an answer */
	__u64 stuck_since_ns; /* since then sockets time out and the peer did not answer; 0 = not
				 now */
	__u64 syn_since_ns;   /* since then attempts stay without an answer; 0 = not now */
};

struct peers {
	struct table table;	      /* struct peer by key */
	__u64 retired[PEER_COUNTERS]; /* gained by peers that were forgotten */
	__u64 dropped; /* peers that were evicted while their counts still mattered: live, or in trouble */
};

void peers_init(struct peers *peers);
void peers_done(struct peers *peers);
/* Takes EVENT_TCP_PEER, _RETRANS and _CONN. 0 or -ENOMEM. */
int peers_apply(struct peers *peers, const struct frame *frame, const struct event *event);

const struct peer *peers_find(const struct peers *peers, const struct peer_key *key);
/* The next one, the first when peer is NULL; NULL past the end. */
const struct peer *peers_next(const struct peers *peers, const struct peer *peer);

/* What a counter gained over the window; since a time (whole slots, one window back at most); since
 * the start. */
__u64 peer_window(const struct peer *peer, const struct frame *frame, enum peer_counter counter);
__u64 peer_since(const struct peer *peer, const struct frame *frame, enum peer_counter counter,
		 __u64 since_ns);
__u64 peer_total(const struct peer *peer, enum peer_counter counter);
/*
 * What a counter below PEER_SETTLING gained over the window up to 1.5 s ago. A resend is known to be for
 * nothing only when the peer has said so (DSACK), a round trip later: segments and resends up to then
 * are held against the DSACKs up to now.
 */
__u64 peer_settled(const struct peer *peer, const struct frame *frame, enum peer_counter counter);

/* Segments sent again since the peer last answered; and of these, those that the kernel saw leave this host. */
void peer_unanswered(const struct peer *peer, __u64 *ret_resent, __u64 *ret_left);

/*
 * Resets that hurt, over the window: of connections in use. Not those after an idle time (balancers and
 * firewalls do that), nor of what was accepted and had not asked for anything (scans, health checks).
 */
__u64 peer_resets(const struct peer *peer, const struct frame *frame);

/* Reached over this host's own loopback: by its interface's flag, or by address where that is
 * unknown. */
bool peer_is_loopback(const struct peer *peer, const struct nics *nics);

#endif
