/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * sample.bpf.h - the sums over the sockets that live, by peer (iter/tcp).
 *
 * One read of the iterator is one session: it visits each TCP socket of the network namespace that it
 * was created in, listeners first, then the others, IPv4 and IPv6 alike. It writes no output.
 */
#ifndef CULPRIT_SAMPLE_BPF_H
#define CULPRIT_SAMPLE_BPF_H

#include "peer.bpf.h"

struct tcp_control control SEC(".data.control") = {};

/* Probes of a window, or of an idle connection, whose answer may still be on its way. */
#define PROBES_OPEN 1

static __always_inline void sample_sending(const struct tcp_sock *tp, struct peer_value *peer)
{
	__u32 ago = (__u32)bpf_jiffies64() - tp->lsndtime;
	__u64 ago_us = (__u64)ago * config.jiffy_us;
	bool queued = tp->write_seq != tp->snd_nxt;
	__u32 srtt_us = tp->srtt_us >> 3;

	/* Probes of a closed window carry no data: the last segment was sent when it closed. Each answer
	 * takes probes_out back to 0: a peer that answers none is gone, whatever its window was. */
	if (!tp->snd_wnd && queued && tp->inet_conn.icsk_probes_out <= PROBES_OPEN &&
	    ago_us / 1000 > peer->zero_wait_ms)
		peer->zero_wait_ms = ago_us / 1000;
	if (!srtt_us || ago_us > RTT_FRESH_S * 1000000ULL)
		return;
	if (tp->inet_conn.icsk_retransmits < LARGE_TIMEOUTS && sent_large(tp, true))
		peer->large_passing++;
	peer->fresh++;
	if (srtt_us < peer->fresh_srtt_us)
		peer->fresh_srtt_us = srtt_us;
	if (queued && tp->snd_wnd)
		peer->fresh_queued++;
}

/*
 * Data waits, the window has room for a segment, nothing is in flight, and the socket probes again and again: what it
 * sends fails on this host, before any queue. tcp_write_xmit() stops at a segment that IP gave back, as it does at a
 * closed window, and leaves the rest to the timer of window probes.
 */
static __always_inline void sample_unsent(const struct tcp_sock *tp, struct peer_value *peer)
{
	__u32 tries = tp->inet_conn.icsk_probes_out;

	if (tries <= PROBES_OPEN || tp->packets_out || tp->write_seq == tp->snd_nxt ||
	    tp->snd_wnd < tp->mss_cache)
		return;
	peer->unsent++;
	if (tries > peer->unsent_tries)
		peer->unsent_tries = tries;
}

/* TCP_SKB_CB(skb)->sacked: include/net/tcp.h */
#define TCPCB_SACKED_ACKED 1
/* A balanced tree of that height holds more segments than a window does. */
#define RTX_HEIGHT 24

/* What is known of a segment that was sent and not acknowledged in full. */
struct rtx_segment {
	__u32 bytes;
	bool sacked;
};

/* The oldest of these or the latest. The socket may change under us: then the numbers are of no segment at all, for one
 * sample. */
static __always_inline void rtx_read(const struct sock *sk, bool latest, struct rtx_segment *to)
{
	struct rb_node *node = BPF_CORE_READ(sk, tcp_rtx_queue.rb_node), *next;
	const struct sk_buff *skb;
	const struct tcp_skb_cb *cb;
	int i;

	for (i = 0; i < RTX_HEIGHT && node; i++) {
		next = latest ? BPF_CORE_READ(node, rb_right) : BPF_CORE_READ(node, rb_left);
		if (!next)
			break;
		node = next;
	}
	if (!node)
		return;
	skb = (const void *)node - bpf_core_field_offset(struct sk_buff, rbnode);
	cb = (const void *)__builtin_preserve_access_index(&skb->cb);
	to->bytes = BPF_CORE_READ(cb, end_seq) - BPF_CORE_READ(cb, seq);
	to->sacked = BPF_CORE_READ(cb, sacked) & TCPCB_SACKED_ACKED;
}

/*
 * A socket that times out again and again: on a segment of what size, and did a smaller one behind it come through?
 * A timeout resends the oldest segment alone, cut to what the path is thought to take. Where nothing was ever
 * heard on the connection the peer's accept queue may be full, whatever the size.
 */
static __always_inline void sample_stuck(const struct tcp_sock *tp, __u8 timeouts,
					 struct peer_value *peer)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct rtx_segment oldest = {}, latest = {};
	__u32 large = LARGE_SHARE(tp->mss_cache);
	bool smaller;

	rtx_read(sk, false, &oldest);
	rtx_read(sk, true, &latest);
	if (!oldest.bytes)
		return;
	smaller = latest.bytes && latest.bytes < oldest.bytes;
	if (oldest.bytes < large || large < LARGE_LEAST) {
		peer->small_lost++;
		return;
	}
	if (smaller && !latest.sacked)
		peer->small_lost++;
	if (!(smaller && latest.sacked) && !tp->bytes_received && tp->bytes_acked <= 1)
		return;
	peer->large_stuck++;
	peer->large_resends += timeouts + 1;
	if (oldest.bytes < peer->large_size)
		peer->large_size = oldest.bytes;
	if (!smaller || !latest.sacked)
		return;
	peer->large_sacked++;
	if (latest.bytes > peer->small_size)
		peer->small_size = latest.bytes;
}

static __always_inline void sample_gauges(const struct tcp_sock *tp, __u8 state,
					  struct peer_value *peer)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	__u32 backoff = icsk->icsk_retransmits;
	__u32 probes = icsk->icsk_probes_out;
	__u32 rtt = tp->rtt_min.s[0].v;
	__u32 srtt_us = tp->srtt_us >> 3;
	__u32 ifindex = sock_ifindex(&icsk->icsk_inet.sk, true);

	peer->sockets++;
	if (ifindex)
		peer->ifindex = ifindex;
	if (srtt_us) {
		peer->srtt_sum_us += srtt_us;
		peer->srtt_samples++;
	}
	if (rtt < peer->min_rtt_us)
		peer->min_rtt_us = rtt;
	if (probes > PROBES_OPEN && probes > backoff)
		backoff = probes;
	if (state == TCP_SYN_SENT && backoff)
		peer->syn++;
	if (backoff >= 2)
		peer->stuck++;
	if (backoff > peer->max_backoff)
		peer->max_backoff = backoff;
	if (state == TCP_CLOSE_WAIT)
		peer->close_wait++;
	if (tp->reord_seen)
		peer->reord++;
	/* Before the handshake ends no window is known. */
	if (state == TCP_SYN_SENT || state == TCP_SYN_RECV)
		return;
	if (!tp->snd_wnd)
		peer->zero_win++;
	sample_sending(tp, peer);
	sample_unsent(tp, peer);
	if (icsk->icsk_retransmits >= LARGE_TIMEOUTS)
		sample_stuck(tp, icsk->icsk_retransmits, peer);
}

SEC("?iter/tcp")
int tcp_sample(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk_common = ctx->sk_common;
	struct tcp_sums sums;
	struct peer_value *peer;
	struct peer_key key;
	struct tcp_sock *tp;
	struct sock *sk;
	__u8 state;

	if (!sk_common)
		return 0;
	count(COUNTER_RUNS + HOOK_TCP_SAMPLE);
	control.session = ctx->meta->session_id;
	/* TIME_WAIT and NEW_SYN_RECV are other, smaller objects: the helper gives NULL for these. */
	tp = bpf_skc_to_tcp_sock(sk_common);
	if (!tp)
		return 0;
	sk = &tp->inet_conn.icsk_inet.sk;
	state = sk_common->skc_state;
	if (state == TCP_LISTEN) {
		if (!sk->sk_max_ack_backlog)
			sock_learn_zero(sk, true);
		return 0;
	}
	if (state == TCP_CLOSE)
		return 0;
	peer = peer_of(sk, &key, true);
	if (!peer)
		return 0;
	peer_start_session(peer, ctx->meta->session_id);
	sums_read(tp, &sums, true);
	sums_add(&peer->live, &sums);
	sample_gauges(tp, state, peer);
	return 0;
}

#endif
