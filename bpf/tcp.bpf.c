// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * tcp.bpf.c - connection attempts and their outcome by peer, and with its headers retransmits and the sums over all
 * sockets. Nothing runs per segment: the sockets count these themselves.
 */
#include "vmlinux.h"

#define LEARNS_LISTEN_ZERO

#include "compat.bpf.h"
#include "dns_tcp.bpf.h"
#include "peer.bpf.h"
#include "retrans.bpf.h"
#include "sample.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* errno.h */
#define ENETUNREACH  101
#define ECONNRESET   104
#define ETIMEDOUT    110
#define ECONNREFUSED 111
#define EHOSTUNREACH 113

/* linux/errqueue.h: who says so. */
#define SO_EE_ORIGIN_ICMP  2
#define SO_EE_ORIGIN_ICMP6 3

static __always_inline void conn_event(const struct sock *sk, const struct peer_key *key,
				       struct peer_value *peer, __u8 outcome, int err, bool syn,
				       const struct tcp_sums *sums)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct event_tcp_conn *event;
	__u32 ifindex;

	if (!peer_may_send(peer, now_ns))
		return;
	event = event_reserve(EVENT_TCP_CONN, event_tcp_conn, now_ns);
	if (!event)
		return;
	event->peer = *key;
	ifindex = sock_ifindex(sk, false);
	event->ifindex = ifindex ? ifindex : peer->ifindex;
	event->err = err;
	event->local_port = sock_local_port(sk, false);
	event->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	event->outcome = outcome;
	if (syn)
		event->syn_retrans = sums->segs_retrans > 255 ? 255 : sums->segs_retrans;
	event->segs_out = sums->segs_out;
	event->total_retrans = sums->segs_retrans;
	event->pid = peer->owner_pid;
	event->start_ns = peer->owner_start_ns;
	__builtin_memcpy(event->comm, peer->owner_comm, sizeof(event->comm));
	event_submit(event);
}

/* SYN_SENT -> CLOSE. sk_err is set before; close() and shutdown() leave it 0, and so does a connect()
 * that found no local port or no route: that one has not sent a segment. */
static __always_inline __u8 attempt_failed(struct peer_value *peer, int err,
					   const struct tcp_sums *sums)
{
	switch (err) {
	case ECONNREFUSED:
		ADD(&peer->refused, 1);
		return CONN_REFUSED;
	case ETIMEDOUT:
		ADD(&peer->timed_out, 1);
		return CONN_TIMED_OUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
		ADD(&peer->unreachable, 1);
		return CONN_UNREACHABLE;
	case 0:
		if (sums->segs_out) {
			ADD(&peer->abandoned, 1);
			return CONN_ABANDONED;
		}
	}
	ADD(&peer->failed, 1);
	return CONN_FAILED;
}

/* Before the peer had sent a byte, after seconds in which nobody had sent one, or at the first use after such. */
static __always_inline bool nothing_received(const struct tcp_sock *tp, const bool direct)
{
	return GET(direct, tp, bytes_received) == 0;
}

static __always_inline bool was_idle(const struct tcp_sock *tp, const bool direct)
{
	__u32 now = (__u32)bpf_jiffies64();
	__u32 sent = now - GET(direct, tp, lsndtime);
	__u32 received = now - GET(direct, tp, inet_conn.icsk_ack.lrcvtime);
	__u64 idle = (__u64)(sent < received ? sent : received) * config.jiffy_us;

	return idle >= RESET_IDLE_S * 1000000ULL;
}

/* What was sent after such a rest was reset at once, and not sent twice: rcv_tstamp is of the last acknowledgement,
 * as which a reset does not count. */
static __always_inline bool was_stale(const struct tcp_sock *tp, const bool direct)
{
	__u32 silent = (__u32)bpf_jiffies64() - GET(direct, tp, rcv_tstamp);

	return (__u64)silent * config.jiffy_us >= RESET_IDLE_S * 1000000ULL &&
	       !GET(direct, tp, inet_conn.icsk_retransmits);
}

/* include/net/sock.h: enum sock_flags; SO_LINGER. */
enum sock_flags { SOCK_LINGER };

/*
 * This end resets where an open connection ends without an error and without a FIN: close() with data
 * unread or with SO_LINGER 0, or connect() to nowhere. What this end is told comes as sk_err.
 */
static __always_inline void aborted(const struct sock *sk, const struct tcp_sock *tp,
				    struct peer_value *peer, const bool direct)
{
	unsigned long flag = 1UL << bpf_core_enum_value(enum sock_flags, SOCK_LINGER);

	ADD(&peer->aborts, 1);
	if (nothing_received(tp, direct))
		ADD(&peer->aborts_early, 1);
	if ((GET(direct, sk, __sk_common.skc_flags) & flag) && !GET(direct, sk, sk_lingertime))
		ADD(&peer->aborts_linger, 1);
}

/* A connection ends; 0 when it ended well. A reset or silence after the local side closed (no struct
 * socket any more) hurts nobody. */
static __always_inline __u8 connection_ended(const struct sock *sk, const struct tcp_sock *tp,
					     struct peer_value *peer, int old, int err,
					     const bool direct)
{
	ADD(&peer->ended, 1);
	switch (err) {
	case 0:
		if (old == TCP_ESTABLISHED || old == TCP_CLOSE_WAIT)
			aborted(sk, tp, peer, direct);
		return 0;
	case ECONNRESET:
		if (old != TCP_ESTABLISHED && !GET(direct, sk, sk_socket))
			return 0;
		ADD(&peer->resets, 1);
		if (nothing_received(tp, direct))
			ADD(&peer->resets_early, 1);
		else if (was_idle(tp, direct))
			ADD(&peer->resets_idle, 1);
		else if (was_stale(tp, direct))
			ADD(&peer->resets_stale, 1);
		return CONN_RESET;
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
		if (old != TCP_ESTABLISHED && !GET(direct, sk, sk_socket))
			return 0;
		ADD(&peer->broken, 1);
		return CONN_BROKEN;
	}
	return 0;
}

/*
 * Who asks getsockopt(SO_ERROR), as every client that does not wait in connect() does, takes the soft error away
 * before it closes. What woke it is still queued: since 6.0 ("tcp: allow traceroute -Mtcp for unpriv users") each ICMP
 * error of an attempt is; before, nobody is woken by a soft one.
 */
static __always_inline int queued_error(const struct sock *sk)
{
	const struct sock_exterr_skb *error;
	const struct sk_buff *skb;
	__u8 origin;

	if (!bpf_core_type_exists(struct sock_exterr_skb) ||
	    !BPF_CORE_READ(sk, sk_error_queue.qlen))
		return 0;
	skb = BPF_CORE_READ(sk, sk_error_queue.next);
	error = (const void *)((const char *)skb + bpf_core_field_offset(struct sk_buff, cb));
	origin = BPF_CORE_READ(error, ee.ee_origin);
	if (origin != SO_EE_ORIGIN_ICMP && origin != SO_EE_ORIGIN_ICMP6)
		return 0;
	return (int)BPF_CORE_READ(error, ee.ee_errno);
}

/* See BRIEF_HELLO; bytes_acked counts the SYN. */
static __always_inline bool was_brief(const struct tcp_sums *sums, __u8 dir)
{
	__u64 hello = dir == PEER_OUT ? sums->bytes_acked : sums->bytes_received;

	return hello > BRIEF_HELLO && sums->bytes_acked <= BRIEF_MOST &&
	       sums->bytes_received <= BRIEF_MOST;
}

static __always_inline void closed(const struct sock *sk, int old, const bool direct)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	struct tcp_sums sums = {};
	struct peer_value *peer;
	struct peer_key key;
	__u8 outcome = 0;
	__u32 ifindex;
	int err;

	peer = peer_of(sk, &key, direct);
	if (!peer)
		return;
	sums_read(tp, &sums, direct);
	sums_add_shared(&peer->recent, &sums);
	sums_add_shared(&peer->closed, &sums);
	ifindex = sock_ifindex(sk, direct);
	if (ifindex && peer->ifindex != ifindex)
		peer->ifindex = ifindex;
	err = GET(direct, sk, sk_err);
	/* What a router said while connect() still ran is a soft error: it is why the caller gives up. */
	if (old == TCP_SYN_SENT && !err)
		err = GET(direct, sk, sk_err_soft);
	if (old == TCP_SYN_SENT && !err)
		err = queued_error(sk);
	if (old == TCP_SYN_SENT)
		outcome = attempt_failed(peer, err, &sums);
	else if (old != TCP_SYN_RECV)
		outcome = connection_ended(sk, tp, peer, old, err, direct);
	dns_ended(tp, &key, peer, old, outcome, &sums, direct);
	if (old != TCP_SYN_SENT && was_brief(&sums, key.dir))
		ADD(&peer->brief, 1);
	if (old != TCP_SYN_SENT && sent_large(tp, direct))
		ADD(&peer->large_passed, 1);
	if (outcome)
		conn_event(sk, &key, peer, outcome, err, old == TCP_SYN_SENT, &sums);
}

/*
 * Often runs in softirq, where the current task is anybody. The owner is learned only where the context
 * is the caller's of connect() (CLOSE -> SYN_SENT) or of close() and shutdown() (tcp_close_state()), the
 * latter for connections that were accepted: who connected is known.
 */
static __always_inline void state_change(const struct sock *sk, int old, int new, const bool direct)
{
	struct peer_value *peer;
	struct peer_key key;
	bool begins, done, leaves, ends;

	begins = old == TCP_CLOSE && new == TCP_SYN_SENT;
	done = new == TCP_ESTABLISHED && (old == TCP_SYN_SENT || old == TCP_SYN_RECV);
	leaves = (old == TCP_ESTABLISHED && new == TCP_FIN_WAIT1) ||
		 (old == TCP_CLOSE_WAIT && new == TCP_LAST_ACK);
	/* The end of a listener is not the end of a connection. */
	ends = new == TCP_CLOSE &&old != TCP_CLOSE &&old != TCP_LISTEN;
	/* The clone that will be an accepted socket: the moment to learn listen(fd, 0). */
	if (old == TCP_LISTEN && new == TCP_SYN_RECV && !GET(direct, sk, sk_max_ack_backlog))
		sock_learn_zero(sk, false);
	if (!begins && !done && !leaves && !ends)
		return;
	/* SCTP, MPTCP (the whole, not its subflows) and the like share the tracepoint. */
	if (GET(direct, sk, sk_protocol) != IPPROTO_TCP)
		return;
	/* What the verifier knows to be a TCP socket is read by plain loads: half the cost of a run. */
	if (direct) {
		struct tcp_sock *tp = bpf_skc_to_tcp_sock((struct sock *)sk);

		if (!tp)
			return;
		sk = &tp->inet_conn.icsk_inet.sk;
	}
	if (ends) {
		closed(sk, old, direct);
		return;
	}
	peer = peer_of(sk, &key, direct);
	if (!peer)
		return;
	if (begins)
		ADD(&peer->attempts, 1);
	if (done && key.dir == PEER_OUT)
		ADD(&peer->established, 1);
	if (done && key.dir == PEER_IN)
		ADD(&peer->accepted, 1);
	if (begins || (leaves && (key.dir == PEER_IN || !peer->owner_pid)))
		peer_learn_owner(peer);
}

SEC("?tp_btf/inet_sock_set_state")
int state_btf(unsigned long long *ctx)
{
	return RUN(HOOK_TCP_STATE, state_change((void *)ctx[0], (int)ctx[1], (int)ctx[2], true));
}

SEC("?raw_tp/inet_sock_set_state")
int state_raw(unsigned long long *ctx)
{
	return RUN(HOOK_TCP_STATE, state_change((void *)ctx[0], (int)ctx[1], (int)ctx[2], false));
}

SEC("?tp/sock/inet_sock_set_state")
int state_tp(struct trace_event_raw_inet_sock_set_state *ctx)
{
	return RUN(HOOK_TCP_STATE, state_change(ctx->skaddr, ctx->oldstate, ctx->newstate, false));
}
