/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * peer.bpf.h - the table of peers: everything that TCP does with one is added up here.
 */
#ifndef CULPRIT_PEER_BPF_H
#define CULPRIT_PEER_BPF_H

#include "sock.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PEERS_MAX);
	__type(key, struct peer_key);
	__type(value, struct peer_value);
} peers SEC(".maps");

static const struct peer_value peer_zero = {
	.min_rtt_us = ~0U, .fresh_srtt_us = ~0U, .large_size = (__u16)~0U};

/* The entry of a peer, made when there is none; NULL (and counted) when the table is full. */
static __always_inline struct peer_value *peer_get(const struct peer_key *key)
{
	struct peer_value *peer = bpf_map_lookup_elem(&peers, key);

	if (peer)
		return peer;
	/* Fails with EEXIST when another CPU was faster: then it is there. */
	bpf_map_update_elem(&peers, key, &peer_zero, BPF_NOEXIST);
	peer = bpf_map_lookup_elem(&peers, key);
	if (!peer)
		count(COUNTER_NO_ENTRY);
	return peer;
}

static __always_inline struct peer_value *peer_of(const struct sock *sk, struct peer_key *key,
						  const bool direct)
{
	if (!sock_peer(sk, sock_dir(sk, direct), key, direct))
		return NULL;
	return peer_get(key);
}

/* To be called where the context is the owner's only. Two CPUs that write at once can mix two owners of
 * one peer; the next of its calls puts that right. */
static __always_inline void peer_learn_owner(struct peer_value *peer)
{
	struct owner owner = {};

	if (peer->owner_pid && peer->owner_pid == (__u32)(bpf_get_current_pid_tgid() >> 32)) {
		struct task_struct *task = (struct task_struct *)bpf_get_current_task();

		/* Mostly the one that we know: its name need not be read again. */
		if (peer->owner_start_ns == BPF_CORE_READ(task, group_leader, start_boottime))
			return;
	}
	if (!owner_current(&owner))
		return;
	peer->owner_start_ns = owner.start_ns;
	peer->owner_pid = owner.pid;
	__builtin_memcpy(peer->owner_comm, owner.comm, sizeof(owner.comm));
}

/* Set by who costs too much: single segments and connections are counted, and nothing more is told of them. */
volatile __u32 quiet SEC(".data.quiet");

static __always_inline bool peer_may_send(struct peer_value *peer, __u64 now_ns)
{
	if (quiet) {
		count(COUNTER_SUPPRESSED);
		return false;
	}
	return take_token(&peer->event_ns, &peer->tokens, 1, CONFIG_EVENT_BURST,
			  config.peer_event_interval_ns, now_ns);
}

static __always_inline void sums_read(const struct tcp_sock *tp, struct tcp_sums *sums,
				      const bool direct)
{
	sums->segs_out = GET(direct, tp, segs_out);
	sums->segs_retrans = GET(direct, tp, total_retrans);
	sums->dsacks = GET(direct, tp, dsack_dups);
	sums->bytes_acked = GET(direct, tp, bytes_acked);
	sums->bytes_received = GET(direct, tp, bytes_received);
}

/* Many CPUs close sockets of one peer. Most connections resent nothing: adding nothing costs an atomic, too. */
static __always_inline void sums_add_shared(struct tcp_sums *to, const struct tcp_sums *sums)
{
	ADD(&to->segs_out, sums->segs_out);
	if (sums->segs_retrans)
		ADD(&to->segs_retrans, sums->segs_retrans);
	if (sums->dsacks)
		ADD(&to->dsacks, sums->dsacks);
	ADD(&to->bytes_acked, sums->bytes_acked);
	ADD(&to->bytes_received, sums->bytes_received);
}

/* Only the one iterator writes these. */
static __always_inline void sums_add(struct tcp_sums *to, const struct tcp_sums *sums)
{
	to->segs_out += sums->segs_out;
	to->segs_retrans += sums->segs_retrans;
	to->dsacks += sums->dsacks;
	to->bytes_acked += sums->bytes_acked;
	to->bytes_received += sums->bytes_received;
}

/* Were large segments acknowledged? They were where the mean of all was large: resends are none of it. */
static __always_inline bool sent_large(const struct tcp_sock *tp, const bool direct)
{
	__u32 sent = GET(direct, tp, data_segs_out), resent = GET(direct, tp, total_retrans);
	__u32 large = LARGE_SHARE(GET(direct, tp, mss_cache));

	return large >= LARGE_LEAST && sent > resent &&
	       GET(direct, tp, bytes_acked) >= (__u64)(sent - resent) * large;
}

/* First touch in a session: what was live before is summed anew. */
static __always_inline void peer_start_session(struct peer_value *peer, __u64 session)
{
	if (peer->epoch == session)
		return;
	__builtin_memset(&peer->live, 0, sizeof(peer->live));
	__builtin_memset(&peer->recent, 0, sizeof(peer->recent));
	peer->srtt_sum_us = 0;
	peer->srtt_samples = 0;
	peer->min_rtt_us = ~0U;
	peer->sockets = 0;
	peer->syn = 0;
	peer->stuck = 0;
	peer->max_backoff = 0;
	peer->zero_win = 0;
	peer->reord = 0;
	peer->close_wait = 0;
	peer->zero_wait_ms = 0;
	peer->fresh = 0;
	peer->fresh_srtt_us = ~0U;
	peer->fresh_queued = 0;
	peer->large_stuck = 0;
	peer->large_resends = 0;
	peer->large_sacked = 0;
	peer->small_lost = 0;
	peer->large_passing = 0;
	peer->large_size = (__u16)~0U;
	peer->small_size = 0;
	peer->unsent = 0;
	peer->unsent_tries = 0;
	peer->epoch = session;
}

#endif
