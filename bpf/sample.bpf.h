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
	peer->fresh++;
	if (srtt_us < peer->fresh_srtt_us)
		peer->fresh_srtt_us = srtt_us;
	if (queued && tp->snd_wnd)
		peer->fresh_queued++;
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
