/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * retrans.bpf.h - segments that are sent again, by peer and cause.
 */
#ifndef CULPRIT_RETRANS_BPF_H
#define CULPRIT_RETRANS_BPF_H

#include "compat.bpf.h"
#include "peer.bpf.h"

/* include/net/inet_connection_sock.h: what the retransmission timer was armed for. */
#define ICSK_TIME_LOSS_PROBE 5

/*
 * Why a segment is sent again, from the state that the kernel is in at that moment:
 *  - in CA_Loss, the timer's handler has just cleared icsk_pending (tcp_write_timer_handler), while ACKs
 *    that clock out the rest of the window find the timer armed;
 *  - CA_Loss without an undo marker was entered by tcp_simple_retransmit(): the path's MTU shrank, and
 *    nothing was lost;
 *  - a tail-loss probe has no mark of its own yet (tlp_high_seq is set after sending), but runs while
 *    icsk_pending still says ICSK_TIME_LOSS_PROBE: inferred.
 */
static __always_inline __u8 retrans_cause(const struct sock *sk, __u8 state)
{
	struct inet_connection_sock *icsk = (void *)sk;
	struct tcp_sock *tp = (void *)sk;
	__u8 ca_state, pending;

	if (state == TCP_SYN_SENT)
		return RETRANS_SYN;
	if (state == TCP_SYN_RECV)
		return RETRANS_SYNACK;
	ca_state = BPF_CORE_READ_BITFIELD_PROBED(icsk, icsk_ca_state);
	pending = BPF_CORE_READ(icsk, icsk_pending);
	switch (ca_state) {
	case TCP_CA_Recovery:
		return RETRANS_FAST;
	case TCP_CA_Loss:
		if (!pending)
			return RETRANS_RTO;
		return BPF_CORE_READ(tp, undo_marker) ? RETRANS_LOSS : RETRANS_OTHER;
	default:
		return pending == ICSK_TIME_LOSS_PROBE ? RETRANS_TLP : RETRANS_OTHER;
	}
}

static __always_inline void retrans_event(const struct sock *sk, const struct peer_key *key,
					  const struct peer_value *peer, __u8 cause, __u8 state,
					  int err, __u64 now_ns)
{
	struct inet_connection_sock *icsk = (void *)sk;
	struct tcp_sock *tp = (void *)sk;
	struct event_tcp_retrans *event;

	event = event_reserve(EVENT_TCP_RETRANS, event_tcp_retrans, now_ns);
	if (!event)
		return;
	event->peer = *key;
	event->ifindex = sock_ifindex(sk, false);
	event->err = err;
	event->local_port = sock_local_port(sk, false);
	event->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	event->cause = cause;
	event->state = state;
	event->backoff = BPF_CORE_READ(icsk, icsk_retransmits);
	event->segs_out = BPF_CORE_READ(tp, segs_out);
	event->total_retrans = BPF_CORE_READ(tp, total_retrans);
	event->srtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	event->min_rtt_us = BPF_CORE_READ(tp, rtt_min.s[0].v);
	event->rto_us = BPF_CORE_READ(icsk, icsk_rto) * config.jiffy_us;
	event->snd_wnd = BPF_CORE_READ(tp, snd_wnd);
	event->snd_cwnd = BPF_CORE_READ(tp, snd_cwnd);
	event->dsack_dups = BPF_CORE_READ(tp, dsack_dups);
	event->pid = peer->owner_pid;
	event->start_ns = peer->owner_start_ns;
	__builtin_memcpy(event->comm, peer->owner_comm, sizeof(event->comm));
	event_submit(event);
}

/* One call may send several segments: as many as are added to total_retrans. */
static __always_inline __u16 segments(const struct sk_buff *skb)
{
	const struct tcp_skb_cb *tcb = (void *)__builtin_preserve_access_index(&skb->cb);
	__u16 segs = BPF_CORE_READ(tcb, tcp_gso_segs);

	return segs ? segs : 1;
}

static __always_inline void retransmit(const struct sock *sk, const struct sk_buff *skb, int err)
{
	__u16 segs = segments(skb);
	struct peer_key key;
	struct peer_value *peer;
	__u64 now_ns;
	__u8 state, cause;

	peer = peer_of(sk, &key, false);
	if (!peer)
		return;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	cause = retrans_cause(sk, state);
	/* err: it never left this host, so it says nothing about the network. */
	if (err) {
		ADD(&peer->send_errors, segs);
	} else {
		ADD(&peer->retrans[cause & (RETRANS_CAUSES - 1)], segs);
		/* bytes_acked counts the SYN. */
		if (cause != RETRANS_SYN && cause != RETRANS_SYNACK &&
		    BPF_CORE_READ((struct tcp_sock *)sk, bytes_acked) <= 1)
			ADD(&peer->retrans[RETRANS_UNSERVED], segs);
	}
	now_ns = bpf_ktime_get_ns();
	if (peer_may_send(peer, now_ns))
		retrans_event(sk, &key, peer, cause, state, err, now_ns);
}

/* (sk, skb), and err since 6.17: the verifier removes the read of an argument that is not there. */
static __always_inline int retransmit_args(unsigned long long *ctx)
{
	int err = config.retrans_has_err ? (int)ctx[2] : 0;

	return RUN(HOOK_TCP_RETRANSMIT, retransmit((void *)ctx[0], (void *)ctx[1], err));
}

SEC("?tp_btf/tcp_retransmit_skb")
int retransmit_btf(unsigned long long *ctx)
{
	return retransmit_args(ctx);
}

SEC("?raw_tp/tcp_retransmit_skb")
int retransmit_raw(unsigned long long *ctx)
{
	return retransmit_args(ctx);
}

SEC("?tp/tcp/tcp_retransmit_skb")
int retransmit_tp(void *ctx)
{
	struct trace_event_raw_tcp_retransmit_skb *event = ctx;
	struct trace_event_raw_tcp_event_sk_skb *old = ctx;

	if (bpf_core_field_exists(event->err))
		return RUN(HOOK_TCP_RETRANSMIT,
			   retransmit(event->skaddr, event->skbaddr, event->err));
	return RUN(HOOK_TCP_RETRANSMIT, retransmit(old->skaddr, old->skbaddr, 0));
}

/*
 * A SYN-ACK sent again counts for a peer that we know. One that never completed a connection makes no
 * entry: a flood of forged SYNs would fill the table with its addresses.
 */
static __always_inline void retransmit_synack(const struct request_sock *req)
{
	struct event_tcp_retrans *event;
	struct peer_value *peer;
	struct peer_key key;
	__u64 now_ns;

	if (!sock_peer_addr(&req->__req_common, PEER_IN, &key, false))
		return;
	key.port = BPF_CORE_READ(req, __req_common.skc_num);
	peer = bpf_map_lookup_elem(&peers, &key);
	if (!peer) {
		count(COUNTER_SYNACK_NEW);
		return;
	}
	ADD(&peer->retrans[RETRANS_SYNACK], 1);
	now_ns = bpf_ktime_get_ns();
	if (!peer_may_send(peer, now_ns))
		return;
	event = event_reserve(EVENT_TCP_RETRANS, event_tcp_retrans, now_ns);
	if (!event)
		return;
	event->peer = key;
	event->ifindex = peer->ifindex;
	event->local_port = key.port;
	event->remote_port = bpf_ntohs(BPF_CORE_READ(req, __req_common.skc_dport));
	event->cause = RETRANS_SYNACK;
	event->state = TCP_NEW_SYN_RECV;
	event->backoff = BPF_CORE_READ(req, num_retrans);
	event->min_rtt_us = ~0U;
	event_submit(event);
}

SEC("?tp_btf/tcp_retransmit_synack")
int synack_btf(unsigned long long *ctx)
{
	return RUN(HOOK_TCP_SYNACK, retransmit_synack((void *)ctx[1]));
}

SEC("?raw_tp/tcp_retransmit_synack")
int synack_raw(unsigned long long *ctx)
{
	return RUN(HOOK_TCP_SYNACK, retransmit_synack((void *)ctx[1]));
}

SEC("?tp/tcp/tcp_retransmit_synack")
int synack_tp(struct trace_event_raw_tcp_retransmit_synack *ctx)
{
	return RUN(HOOK_TCP_SYNACK, retransmit_synack(ctx->req));
}

#endif
