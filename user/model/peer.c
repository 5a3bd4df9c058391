/* SPDX-License-Identifier: BSD-2-Clause */
/* peer.c - whom this host talks TCP to; see peer.h. */
#include "model/peer.h"

#include <errno.h>
#include <string.h>

#include "model/addr.h"
#include "model/copy.h"

/* A silence that TCP would not overcome by one resend: what follows it is its consequence. */
#define SILENCE_NS 3000000000ULL

static void release(void *ctx, void *value)
{
	struct peers *peers = ctx;
	struct peer *peer = value;

	for (unsigned int i = 0; i < PEER_COUNTERS; i++)
		peers->retired[i] += peer_total(peer, i);
	window_done(&peer->window);
}

void peers_init(struct peers *peers)
{
	memset(peers, 0, sizeof(*peers));
	table_init(&peers->table, sizeof(struct peer_key), sizeof(struct peer), MODEL_PEERS_MAX);
	peers->table.release = release;
	peers->table.ctx = peers;
}

void peers_done(struct peers *peers)
{
	table_done(&peers->table);
}

const struct peer *peers_find(const struct peers *peers, const struct peer_key *key)
{
	return table_find(&peers->table, key);
}

const struct peer *peers_next(const struct peers *peers, const struct peer *peer)
{
	return table_next(&peers->table, peer);
}

static void counters_of(const struct event_tcp_peer *e, __u64 ret[PEER_COUNTERS])
{
	ret[PEER_RETRANS_SILENT] = 0;
	ret[PEER_SEGS_OUT] = e->segs_out;
	ret[PEER_SEGS_RETRANS] = e->segs_retrans;
	ret[PEER_DSACKS] = e->dsacks;
	for (unsigned int c = RETRANS_RTO; c < RETRANS_CAUSES; c++)
		ret[PEER_RETRANS_RTO + c - RETRANS_RTO] = e->retrans[c];
	ret[PEER_RETRANS_UNSERVED] = e->retrans[RETRANS_UNSERVED];
	ret[PEER_SEND_ERRORS] = e->send_errors;
	ret[PEER_ATTEMPTS] = e->attempts;
	ret[PEER_ESTABLISHED] = e->established;
	ret[PEER_ACCEPTED] = e->accepted;
	ret[PEER_REFUSED] = e->refused;
	ret[PEER_TIMED_OUT] = e->timed_out;
	ret[PEER_UNREACHABLE] = e->unreachable;
	ret[PEER_ABANDONED] = e->abandoned;
	ret[PEER_FAILED] = e->failed;
	ret[PEER_RESETS] = e->resets;
	ret[PEER_BROKEN] = e->broken;
	ret[PEER_CLOSED] = e->closed;
	ret[PEER_RESETS_EARLY] = e->resets_early;
	ret[PEER_RESETS_IDLE] = e->resets_idle;
	ret[PEER_RESETS_STALE] = e->resets_stale;
	ret[PEER_ABORTS] = e->aborts;
	ret[PEER_ABORTS_EARLY] = e->aborts_early;
	ret[PEER_ABORTS_LINGER] = e->aborts_linger;
	ret[PEER_LARGE_PASSED] = e->large_passed;
	ret[PEER_BRIEF] = e->brief;
}

/* From so many refusals on a service may be judged by them (see refused.c). */
#define REFUSED_FEW 3

/* Is anything in the window that could become a finding? */
static bool in_trouble(const struct peer *peer, const struct frame *frame)
{
	__u64 last_ns = peer->lost_ns > peer->unanswered_ns ? peer->lost_ns : peer->unanswered_ns;

	if (peer->reset_ns > last_ns)
		last_ns = peer->reset_ns;
	return (last_ns && frame->now_ns - last_ns < frame->window_ns) ||
	       peer_window(peer, frame, PEER_REFUSED) >= REFUSED_FEW;
}

/* Evicting a peer whose connections ended well costs nothing that is judged. */
static void count_eviction(struct peers *peers, const struct frame *frame)
{
	const struct peer *oldest;

	if (peers->table.used < peers->table.limit)
		return;
	oldest = table_oldest(&peers->table);
	if (oldest->live || in_trouble(oldest, frame))
		peers->dropped++;
}

/* A port scan, a client that came and went: with a full table not worth another's place. */
static bool is_harmless(const struct event_tcp_peer *e)
{
	return !e->live && !e->segs_retrans && !e->timed_out && !e->unreachable && !e->broken &&
	       !e->resets && e->refused < REFUSED_FEW;
}

static struct peer *peer_add(struct peers *peers, const struct frame *frame,
			     const struct peer_key *key, __u64 ts_ns)
{
	struct peer *peer;

	count_eviction(peers, frame);
	peer = table_add(&peers->table, key);
	if (!peer)
		return NULL;
	peer->key = *key;
	peer->first_ns = peer->changed_ns = ts_ns;
	return peer;
}

static void keep_trip(struct peer *peer, const struct event_tcp_peer *e)
{
	struct peer_trip *trip;

	if (!e->fresh_srtt_us)
		return;
	trip = &peer->trip[peer->n_trips++ % PEER_TRIPS];
	trip->ns = e->h.ts_ns;
	trip->us = e->fresh_srtt_us;
	trip->sockets = e->fresh;
	trip->queued = e->fresh_queued;
	/* With another least of its kind, none of those before was near it. */
	if (trip->us < peer->trip_low_us / 2) {
		peer->trips_far += peer->trips_near;
		peer->trips_near = 0;
	}
	if (!peer->trip_low_us || trip->us < peer->trip_low_us)
		peer->trip_low_us = trip->us;
	if (trip->us <= 2 * (__u64)peer->trip_low_us) {
		peer->trips_near++;
		peer->trips_run = 0;
	} else {
		peer->trips_far++;
		peer->trips_run++;
	}
}

static void keep_large(struct peer *peer, const struct event_tcp_peer *e)
{
	peer->large_stuck = e->large_stuck;
	peer->large_resends = e->large_resends;
	peer->large_sacked = e->large_sacked;
	peer->small_lost = e->small_lost;
	peer->large_passing = e->large_passing;
	peer->large_size = e->large_size;
	peer->small_size = e->small_size;
	if (!e->large_stuck)
		peer->large_since_ns = 0;
	else if (!peer->large_since_ns)
		peer->large_since_ns = e->h.ts_ns;
}

static void keep_unsent(struct peer *peer, const struct event_tcp_peer *e, bool answered)
{
	peer->unsent = e->unsent;
	peer->unsent_tries = e->unsent_tries;
	if (!e->unsent || answered)
		peer->unsent_since_ns = 0;
	else if (!peer->unsent_since_ns)
		peer->unsent_since_ns = e->h.ts_ns;
}

/* The route to a peer that stopped answering may point at loopback (IPv6: unreachable neighbour). One that is back where
 * it was before within a window is reached by both. */
static void take_route(struct peer *peer, const struct frame *frame, const struct event_tcp_peer *e,
		       bool answered)
{
	bool back =
		e->ifindex == peer->ifindex_before && e->h.ts_ns < peer->left_ns + frame->window_ns;

	if (!e->ifindex || e->ifindex == peer->ifindex || (peer->ifindex && !answered))
		return;
	if (peer->ifindex) {
		peer->ifindex_before = peer->ifindex;
		peer->moved_ns = back ? 0 : e->h.ts_ns;
		peer->left_ns = e->h.ts_ns;
	}
	peer->ifindex = e->ifindex;
}

static void take_gauges(struct peer *peer, const struct event_tcp_peer *e, bool answered)
{
	peer->live = e->live;
	peer->live_syn = e->live_syn;
	peer->live_stuck = e->live_stuck;
	peer->max_backoff = e->max_backoff;
	peer->live_zero_win = e->live_zero_win;
	peer->live_reord = e->live_reord;
	peer->srtt_us = e->srtt_us;
	peer->min_rtt_us = e->min_rtt_us;
	peer->close_wait = e->close_wait;
	peer->zero_wait_ms = e->zero_wait_ms;
	keep_trip(peer, e);
	keep_large(peer, e);
	keep_unsent(peer, e, answered);
	if (e->pid) {
		peer->pid = e->pid;
		peer->start_ns = e->start_ns;
		copy_text(peer->comm, sizeof(peer->comm), e->comm, sizeof(e->comm));
	}
}

/* What moved between the last event and this one, as far as times are kept of it. */
struct moves {
	bool answered; /* the peer's host showed itself */
	bool made;
	bool refused;
	bool reset;
	bool resent;
	bool unanswered;
	bool waited;
	bool gave_up;
};

static __u64 hurting(const struct peer *peer, const __u64 n[PEER_COUNTERS])
{
	__u64 hurts = n[PEER_RESETS] - n[PEER_RESETS_IDLE];

	return peer->key.dir == PEER_IN ? hurts - n[PEER_RESETS_EARLY] : hurts;
}

static struct moves compare(const struct peer *peer, const struct event_tcp_peer *e,
			    const __u64 next[PEER_COUNTERS])
{
	const __u64 *now = peer->now;
	struct moves m;

	m.made = next[PEER_ESTABLISHED] > now[PEER_ESTABLISHED] ||
		 next[PEER_ACCEPTED] > now[PEER_ACCEPTED];
	m.refused = next[PEER_REFUSED] > now[PEER_REFUSED];
	m.reset = hurting(peer, next) > hurting(peer, now);
	m.answered = m.made || m.refused || e->bytes_acked > peer->bytes_acked ||
		     e->bytes_received > peer->bytes_received;
	m.resent = next[PEER_SEGS_RETRANS] > now[PEER_SEGS_RETRANS];
	/* A client that gives up before its SYN was resent waited less than a second: no sign. */
	m.unanswered = e->live_syn || next[PEER_TIMED_OUT] > now[PEER_TIMED_OUT] ||
		       next[PEER_UNREACHABLE] > now[PEER_UNREACHABLE] ||
		       next[PEER_BROKEN] > now[PEER_BROKEN] ||
		       (next[PEER_ABANDONED] > now[PEER_ABANDONED] &&
			next[PEER_RETRANS_SYN] > peer->base[PEER_RETRANS_SYN]);
	m.waited = e->live_syn || next[PEER_TIMED_OUT] > now[PEER_TIMED_OUT] ||
		   next[PEER_UNREACHABLE] > now[PEER_UNREACHABLE] ||
		   next[PEER_RETRANS_SYN] > now[PEER_RETRANS_SYN];
	m.gave_up = next[PEER_ABANDONED] > now[PEER_ABANDONED];
	return m;
}

static void extend(struct peer_run *run, __u64 ts_ns)
{
	if (!run->since_ns || ts_ns - run->last_ns > PEER_APART_NS)
		*run = (struct peer_run){.since_ns = ts_ns};
	run->last_ns = ts_ns;
	run->n++;
}

/* How attempts end, where not all end alike. Before the times are taken. An outage makes no run of those that fail
 * while others do not: when it begins nothing failed just before, and where it ends nothing fails after what is made. */
static void take_runs(struct peer *peer, const struct moves *m, __u64 ts_ns)
{
	__u64 made_ns = m->made ? ts_ns : peer->made_ns;

	if (m->refused && made_ns > peer->refused_ns && ts_ns - peer->refused_ns <= PEER_APART_NS)
		extend(&peer->refused_some, ts_ns);
	if (m->waited) {
		if (made_ns > peer->waited.last_ns && ts_ns - peer->waited.last_ns <= PEER_APART_NS)
			extend(&peer->waited_some, ts_ns);
		extend(&peer->waited, ts_ns);
	}
	if (m->made || m->refused)
		peer->gave_up.since_ns = 0;
	else if (m->gave_up)
		extend(&peer->gave_up, ts_ns);
}

static void take_times(struct peer *peer, const struct frame *frame, const struct moves *m,
		       __u64 ts_ns)
{
	if (m->made)
		peer->made_ns = ts_ns;
	if (m->refused)
		peer->refused_ns = ts_ns;
	if (m->resent)
		peer->lost_ns = ts_ns;
	if (m->reset) {
		if (!peer->reset_ns || ts_ns - peer->reset_ns > frame->window_ns)
			peer->reset_since_ns = ts_ns;
		peer->reset_ns = ts_ns;
	}
	if (m->answered) {
		peer->progress_ns = ts_ns;
		peer->syn_since_ns = 0;
		peer->stuck_since_ns = 0;
	}
	if (!peer->live_stuck)
		peer->stuck_since_ns = 0;
	else if (!peer->stuck_since_ns)
		peer->stuck_since_ns = ts_ns;
	if (m->unanswered && !m->answered) {
		peer->unanswered_ns = ts_ns;
		if (!peer->syn_since_ns)
			peer->syn_since_ns = ts_ns;
	}
}

static __u64 seen_leaving(const struct peer *peer)
{
	__u64 sum = 0;

	for (unsigned int i = PEER_RETRANS_RTO; i <= PEER_RETRANS_OTHER; i++)
		sum += peer->now[i];
	return sum;
}

static void keep_answered(struct peer *peer)
{
	peer->answered_resent = peer->now[PEER_SEGS_RETRANS];
	peer->answered_left = seen_leaving(peer);
}

/* The first sight of a peer: with TCP_PEER_BASE its counts are of the time before us. The same
 * holds for one that may have been evicted here while the kernel went on counting. */
static void take_base(const struct peers *peers, struct peer *peer, const struct event_tcp_peer *e,
		      const __u64 next[PEER_COUNTERS])
{
	if (!(e->flags & TCP_PEER_BASE) && !peers->table.evicted)
		return;
	memcpy(peer->base, next, sizeof(peer->base));
	memcpy(peer->now, next, sizeof(peer->now));
	peer->resent_answered = next[PEER_SEGS_RETRANS];
	keep_answered(peer);
	peer->bytes_acked = e->bytes_acked;
	peer->bytes_received = e->bytes_received;
}

/*
 * What is resent to a peer that answers nothing says how long it was silent, not how lossy the path to it
 * is: the timeouts of the silence, and what is sent again when it ends. Before times are taken.
 */
static void count_silent(struct peer *peer, const struct event_tcp_peer *e, bool answered,
			 __u64 next[PEER_COUNTERS])
{
	bool was_long = peer->stuck_since_ns && e->h.ts_ns - peer->stuck_since_ns >= SILENCE_NS;
	__u64 resent = next[PEER_SEGS_RETRANS] > peer->resent_answered
			       ? next[PEER_SEGS_RETRANS] - peer->resent_answered
			       : 0;

	next[PEER_RETRANS_SILENT] = peer->now[PEER_RETRANS_SILENT];
	if (answered ? was_long : e->live_stuck > 0)
		next[PEER_RETRANS_SILENT] += resent;
	if (answered || e->live_stuck)
		peer->resent_answered += resent;
}

static void keep_past(struct peer *peer)
{
	struct peer_past *past = &peer->past[peer->n_past++ % PEER_PASTS];

	past->ns = peer->changed_ns;
	for (unsigned int i = 0; i < PEER_SETTLING; i++)
		past->count[i] = (__u32)peer->now[i];
}

/* An idle peer has no window: most of a server's peers are. */
static int take_counters(struct peer *peer, const struct frame *frame,
			 const __u64 next[PEER_COUNTERS], __u64 ts_ns)
{
	bool moved = false;

	for (unsigned int i = 0; i < PEER_COUNTERS; i++)
		moved |= next[i] > peer->now[i];
	if (!moved)
		return 0;
	if (window_note(&peer->window, peer->now, PEER_COUNTERS,
			window_epoch(ts_ns, frame->window_ns)) < 0)
		return -ENOMEM;
	keep_past(peer);
	for (unsigned int i = 0; i < PEER_COUNTERS; i++)
		if (next[i] > peer->now[i])
			peer->now[i] = next[i];
	peer->changed_ns = ts_ns;
	return 0;
}

void peer_unanswered(const struct peer *peer, __u64 *ret_resent, __u64 *ret_left)
{
	*ret_resent = peer->now[PEER_SEGS_RETRANS] - peer->answered_resent;
	*ret_left = seen_leaving(peer) - peer->answered_left;
}

static int apply_peer(struct peers *peers, const struct frame *frame,
		      const struct event_tcp_peer *e)
{
	struct peer *peer = table_find(&peers->table, &e->peer);
	__u64 next[PEER_COUNTERS];
	struct moves moves;

	counters_of(e, next);
	if (!peer && peers->table.used == peers->table.limit && is_harmless(e))
		return 0;
	if (!peer) {
		peer = peer_add(peers, frame, &e->peer, e->h.ts_ns);
		if (!peer)
			return -ENOMEM;
		take_base(peers, peer, e, next);
	}
	table_touch(&peers->table, peer);
	moves = compare(peer, e, next);
	count_silent(peer, e, moves.answered, next);
	take_route(peer, frame, e, moves.answered);
	take_gauges(peer, e, moves.answered);
	take_runs(peer, &moves, e->h.ts_ns);
	take_times(peer, frame, &moves, e->h.ts_ns);
	if (take_counters(peer, frame, next, e->h.ts_ns) < 0)
		return -ENOMEM;
	if (moves.answered)
		keep_answered(peer);
	if (e->bytes_acked > peer->bytes_acked)
		peer->bytes_acked = e->bytes_acked;
	if (e->bytes_received > peer->bytes_received)
		peer->bytes_received = e->bytes_received;
	if (e->flags & TCP_PEER_GONE)
		table_remove(&peers->table, &e->peer);
	return 0;
}

static void take_owner(struct peer *peer, __u32 ifindex, __u32 pid, __u64 start_ns,
		       const char *comm)
{
	if (!peer->ifindex)
		peer->ifindex = ifindex;
	if (!pid)
		return;
	peer->pid = pid;
	peer->start_ns = start_ns;
	copy_text(peer->comm, sizeof(peer->comm), comm, EVENT_COMM_LEN);
}

/* Failures of before say nothing of those of now: what they failed for may be another thing. */
static void age_failures(struct peer *peer, const struct frame *frame, __u64 ts_ns)
{
	if (peer->failed_ns && ts_ns - peer->failed_ns > frame->window_ns) {
		peer->failed_samples = peer->failed_no_port = 0;
		peer->no_port_since_ns = 0;
	} else if (peer->failed_samples >= PEER_FAILED_MOST) {
		peer->failed_samples /= 2;
		peer->failed_no_port /= 2;
	}
	peer->failed_ns = ts_ns;
}

/* The socket of a connect() that found no port has none (EADDRNOTAVAIL); what fails otherwise has one. */
static void take_failure(struct peer *peer, const struct frame *frame,
			 const struct event_tcp_conn *c)
{
	if (c->outcome != CONN_FAILED || c->segs_out)
		return;
	age_failures(peer, frame, c->h.ts_ns);
	peer->failed_samples++;
	if (c->local_port || c->err)
		return;
	peer->failed_no_port++;
	peer->no_port_ns = c->h.ts_ns;
	if (!peer->no_port_since_ns)
		peer->no_port_since_ns = c->h.ts_ns;
}

/* Ring events are samples: what they say first of a peer is who owns it and over which interface.
 * The counts come with the next EVENT_TCP_PEER. */
int peers_apply(struct peers *peers, const struct frame *frame, const struct event *event)
{
	const struct event_tcp_retrans *r = (const struct event_tcp_retrans *)event;
	const struct event_tcp_conn *c = (const struct event_tcp_conn *)event;
	struct peer *peer;

	switch (event->type) {
	case EVENT_TCP_PEER:
		return apply_peer(peers, frame, (const struct event_tcp_peer *)event);
	case EVENT_TCP_RETRANS:
		peer = table_find(&peers->table, &r->peer);
		if (peer)
			take_owner(peer, r->ifindex, r->pid, r->start_ns, r->comm);
		return 0;
	case EVENT_TCP_CONN:
		peer = table_find(&peers->table, &c->peer);
		if (!peer)
			return 0;
		take_owner(peer, c->ifindex, c->pid, c->start_ns, c->comm);
		take_failure(peer, frame, c);
		return 0;
	default:
		return 0;
	}
}
