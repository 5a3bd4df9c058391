/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * dns_tcp.bpf.h - how connections to name servers end (TCP, port 53), by server.
 *
 * Told from what the socket itself counted, once, at its end: nothing runs for a segment, and no byte of what is
 * said is read. What an answer says is therefore not known but for this: one that is no longer than the question
 * has no record, as SERVFAIL and REFUSED have none.
 */
#ifndef CULPRIT_DNS_TCP_BPF_H
#define CULPRIT_DNS_TCP_BPF_H

#include "sock.bpf.h"

#include <culprit/map_dns.h>

/* The length before a message, and its header (RFC 1035, 4.2.2 and 4.1.1): an answer is no shorter. */
#define DNS_TCP_LEAST 14
/* Who gives up earlier had no time to lose, or an answer from elsewhere: nobody was silent. */
#define DNS_TCP_WAIT_US 1000000ULL
/* As often is a question sent again within a second; each is taken for waiting. */
#define DNS_TCP_RESENDS 2

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DNS_SERVERS_MAX);
	__type(key, struct dns_key);
	__type(value, struct dns_tcp_value);
} dns_tcp SEC(".maps");

static const struct dns_tcp_value dns_tcp_zero;

enum dns_tcp_end {
	DNS_TCP_NOTHING,
	DNS_TCP_ANSWER,
	DNS_TCP_REFUSED,
	DNS_TCP_UNREACHED,
	DNS_TCP_MUTE
};

/* One that was never made. */
static __always_inline enum dns_tcp_end dns_not_made(__u8 outcome, const struct tcp_sums *sums)
{
	switch (outcome) {
	case CONN_REFUSED:
		return DNS_TCP_REFUSED;
	case CONN_TIMED_OUT:
	case CONN_UNREACHABLE:
		return DNS_TCP_UNREACHED;
	case CONN_ABANDONED: /* the first SYN is sent again after a second */
		return sums->segs_retrans ? DNS_TCP_UNREACHED : DNS_TCP_NOTHING;
	}
	return DNS_TCP_NOTHING;
}

/* One that was made. Whoever closes first when nothing was said: the server that does will not answer. */
static __always_inline enum dns_tcp_end dns_was_made(const struct tcp_sock *tp, int old,
						     __u8 outcome, const struct tcp_sums *sums,
						     const bool direct)
{
	__u32 waited = (__u32)bpf_jiffies64() - GET(direct, tp, lsndtime);

	if (sums->bytes_received >= DNS_TCP_LEAST)
		return DNS_TCP_ANSWER;
	if (!GET(direct, tp, data_segs_out))
		return DNS_TCP_NOTHING;
	if (outcome || old == TCP_CLOSE_WAIT || old == TCP_LAST_ACK ||
	    sums->segs_retrans >= DNS_TCP_RESENDS ||
	    (__u64)waited * config.jiffy_us >= DNS_TCP_WAIT_US)
		return DNS_TCP_MUTE;
	return DNS_TCP_NOTHING;
}

static __always_inline void dns_tcp_count(const struct peer_key *peer_key,
					  const struct peer_value *peer, enum dns_tcp_end end,
					  const struct tcp_sums *sums)
{
	struct dns_key key = {.netns = peer_key->netns};
	struct dns_tcp_value *value;

	__builtin_memcpy(key.addr, peer_key->addr, sizeof(key.addr));
	value = bpf_map_lookup_elem(&dns_tcp, &key);
	if (!value) {
		bpf_map_update_elem(&dns_tcp, &key, &dns_tcp_zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&dns_tcp, &key);
		if (!value)
			return;
	}
	value->pid = peer->owner_pid;
	value->start_ns = peer->owner_start_ns;
	__builtin_memcpy(value->comm, peer->owner_comm, sizeof(value->comm));
	switch (end) {
	case DNS_TCP_ANSWER:
		ADD(&value->answered, 1);
		/* Both are a byte more for a FIN, the former for the SYN too. */
		if (sums->bytes_acked >= sums->bytes_received)
			ADD(&value->empty, 1);
		value->last_answer_ns = bpf_ktime_get_ns();
		break;
	case DNS_TCP_REFUSED:
		ADD(&value->refused, 1);
		break;
	case DNS_TCP_UNREACHED:
		ADD(&value->unreached, 1);
		break;
	default:
		ADD(&value->mute, 1);
	}
}

/* To be called at the end of a connection, which costs those to other ports one comparison. outcome: 0 = it ended
 * well. */
static __always_inline void dns_ended(const struct tcp_sock *tp, const struct peer_key *key,
				      const struct peer_value *peer, int old, __u8 outcome,
				      const struct tcp_sums *sums, const bool direct)
{
	enum dns_tcp_end end;

	if (key->port != PORT_DNS || key->dir != PEER_OUT)
		return;
	if (old == TCP_SYN_SENT)
		end = dns_not_made(outcome, sums);
	else
		end = dns_was_made(tp, old, outcome, sums, direct);
	if (end != DNS_TCP_NOTHING)
		dns_tcp_count(key, peer, end, sums);
}

#endif
