/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * sock.bpf.h - which peer a TCP or UDP socket talks to, said the same way by every program.
 */
#ifndef CULPRIT_SOCK_BPF_H
#define CULPRIT_SOCK_BPF_H

#include "probe.bpf.h"

#include <culprit/map_tcp.h>

#define AF_INET	    2
#define AF_INET6    10
#define IPPROTO_TCP 6

/* Local ports whose listener has a backlog of 0: learned when it takes a connection, and by iter/tcp,
 * which visits listeners first. The tcp and the files object share it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LISTEN_ZERO_MAX);
	__type(key, struct listen_key);
	__type(value, __u8);
} listen_zero SEC(".maps");

static __always_inline __u32 sock_netns(const struct sock_common *sk, const bool direct)
{
	struct net *net = GET(direct, sk, skc_net.net);

	return net ? GET(direct, net, ns.inum) : 0;
}

/* skc_num is 0 once a closing socket has given its port back (tcp_set_state() does so before it says
 * CLOSE), inet_sport stays. */
static __always_inline __u16 sock_local_port(const struct sock *sk, const bool direct)
{
	struct inet_sock *inet = (void *)sk;
	__u16 num = GET(direct, sk, __sk_common.skc_num);

	return num ? num : bpf_ntohs(GET(direct, inet, inet_sport));
}

/* In the object that learns them: whether it ever did. A lookup costs more than all else of sock_dir(). */
#ifdef LEARNS_LISTEN_ZERO
static volatile __u32 listen_zero_known;
#endif

static __always_inline bool sock_zero_known(const struct listen_key *key)
{
#ifdef LEARNS_LISTEN_ZERO
	if (!listen_zero_known)
		return false;
#endif
	return bpf_map_lookup_elem(&listen_zero, key) != NULL;
}

#ifdef LEARNS_LISTEN_ZERO

static __always_inline void sock_learn_zero(const struct sock *sk, const bool direct)
{
	struct listen_key key = {
		.netns = sock_netns(&sk->__sk_common, direct),
		.port = sock_local_port(sk, direct),
	};
	__u8 one = 1;

	bpf_map_update_elem(&listen_zero, &key, &one, BPF_ANY);
	listen_zero_known = 1;
}
#endif

/*
 * Who opened the connection. An accepted socket is a clone of its listener and inherits its
 * sk_max_ack_backlog, the argument of listen(); a socket that connected never had one. That leaves
 * listen(fd, 0), whose ports are in listen_zero.
 */
static __always_inline __u8 sock_dir(const struct sock *sk, const bool direct)
{
	struct listen_key key = {};

	if (GET(direct, sk, sk_max_ack_backlog))
		return PEER_IN;
	key.netns = sock_netns(&sk->__sk_common, direct);
	key.port = sock_local_port(sk, direct);
	return sock_zero_known(&key) ? PEER_IN : PEER_OUT;
}

/* Fills the whole key but the port; false when it is neither IPv4 nor IPv6. An IPv6 socket that talks
 * IPv4 carries the mapped address already, so both give the same key. */
static __always_inline bool sock_peer_addr(const struct sock_common *sk, __u8 dir,
					   struct peer_key *key, const bool direct)
{
	unsigned short family = GET(direct, sk, skc_family);

	__builtin_memset(key, 0, sizeof(*key));
	if (family == AF_INET) {
		key->addr[10] = 0xff;
		key->addr[11] = 0xff;
		*(__be32 *)&key->addr[12] = GET(direct, sk, skc_daddr);
	} else if (family == AF_INET6 && bpf_core_field_exists(sk->skc_v6_daddr)) {
		bpf_core_read(key->addr, sizeof(key->addr), &sk->skc_v6_daddr);
	} else {
		return false;
	}
	key->netns = sock_netns(sk, direct);
	key->dir = dir;
	return true;
}

static __always_inline bool sock_peer(const struct sock *sk, __u8 dir, struct peer_key *key,
				      const bool direct)
{
	if (!sock_peer_addr(&sk->__sk_common, dir, key, direct))
		return false;
	if (dir == PEER_OUT)
		key->port = bpf_ntohs(GET(direct, sk, __sk_common.skc_dport));
	else
		key->port = sock_local_port(sk, direct);
	return true;
}

/*
 * The interface that it sends through; while no route is cached, as after some timeouts in a row, that
 * which it last received from; 0 = neither. (The device of a received packet's route is no answer: for
 * what is delivered here that is lo.) The number moved from inet_sock to sock between 5.10 and 6.1.
 */
static __always_inline __u32 sock_ifindex(const struct sock *sk, const bool direct)
{
	struct dst_entry *dst = GET(direct, sk, sk_dst_cache);
	struct net_device *dev;

	if (!dst && bpf_core_field_exists(sk->sk_rx_dst_ifindex))
		return GET(direct, sk, sk_rx_dst_ifindex);
	if (!dst)
		return BPF_CORE_READ((const struct inet_sock *)sk, rx_dst_ifindex);
	dev = GET(direct, dst, dev);
	return dev ? GET(direct, dev, ifindex) : 0;
}

#endif
