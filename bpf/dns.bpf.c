// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * dns.bpf.c - what programs of this host ask name servers over UDP, and what these answer; by server.
 *
 * Three hooks that only datagrams pass: where the kernel sends one (IPv4, IPv6; the whole packet is there, so that no
 * memory of the program is read), and where a program has taken one. What is not of port 53 costs two loads. Of the
 * message only the twelve bytes of its header are read (RFC 1035, 4.1.1); of an answer that is an error also the
 * beginning of its name, of which six bits of a hash are kept: one name that fails is not a server.
 */
#include "vmlinux.h"

#define PROBE_NO_RING
#include "sock.bpf.h"

#include <culprit/map_dns.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define IPPROTO_UDP 17

/* The second 16 bits of a DNS header. */
#define DNS_RESPONSE 0x8000
#define DNS_OPCODE   0x7800
#define DNS_RD	     0x0100
#define DNS_RCODE    0x000f

/* So much of a name tells it from others, mostly. */
#define NAME_LEN       32
#define UDP_HEADER_LEN 8
#define DNS_HEADER_LEN 12

enum dns_rcode { RCODE_OK = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

struct udp_and_dns {
	__be16 source;
	__be16 dest;
	__be16 len;
	__be16 check;
	__be16 id;
	__be16 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DNS_SERVERS_MAX);
	__type(key, struct dns_key);
	__type(value, struct dns_value);
} dns_servers SEC(".maps");

static const struct dns_value dns_zero;

static __always_inline struct dns_value *server(const struct dns_key *key)
{
	struct dns_value *value = bpf_map_lookup_elem(&dns_servers, key);

	if (value)
		return value;
	bpf_map_update_elem(&dns_servers, key, &dns_zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&dns_servers, key);
}

static __always_inline void set_mapped(struct dns_key *key, const void *addr)
{
	key->addr[10] = 0xff;
	key->addr[11] = 0xff;
	bpf_probe_read_kernel(&key->addr[12], 4, addr);
}

/* The headers, as far as the packet is in one piece: false when they are not. */
static __always_inline bool headers(const struct sk_buff *skb, struct udp_and_dns *to)
{
	unsigned char *at = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	unsigned char *end =
		BPF_CORE_READ(skb, data) + BPF_CORE_READ(skb, len) - BPF_CORE_READ(skb, data_len);

	return at + sizeof(*to) <= end && !bpf_probe_read_kernel(to, sizeof(*to), at);
}

/* ---- what is asked ---- */

static __always_inline bool is_query(const struct sk_buff *skb, struct udp_and_dns *udp)
{
	return headers(skb, udp) && udp->dest == bpf_htons(PORT_DNS) &&
	       (bpf_ntohs(udp->flags) & (DNS_RESPONSE | DNS_OPCODE | DNS_RD)) == DNS_RD;
}

/* Sent in the context of who asks, mostly; what a kernel thread or softirq sends is nobody's. */
static __always_inline void query(const struct sk_buff *skb, struct dns_key *key)
{
	const struct sock *sk = BPF_CORE_READ(skb, sk);
	struct dns_value *value;
	struct owner owner = {};

	if (!sk)
		return;
	key->netns = sock_netns(&sk->__sk_common, false);
	value = server(key);
	if (!value)
		return;
	ADD(&value->queries, 1);
	if (!owner_current(&owner))
		return;
	value->pid = owner.pid;
	value->start_ns = owner.start_ns;
	__builtin_memcpy(value->comm, owner.comm, sizeof(value->comm));
}

/* ip_send_skb() sends what raw and TCP sockets give it too: struct iphdr says what it is. */
static __always_inline void query4(const struct sk_buff *skb)
{
	unsigned char *ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	struct dns_key key = {};
	struct udp_and_dns udp;
	__u8 protocol = 0;

	bpf_probe_read_kernel(&protocol, 1, ip + 9);
	if (protocol != IPPROTO_UDP || !is_query(skb, &udp))
		return;
	set_mapped(&key, ip + 16);
	query(skb, &key);
}

/* With extension headers it is not ours to judge: stub resolvers send none. */
static __always_inline void query6(const struct sk_buff *skb)
{
	unsigned char *ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	struct dns_key key = {};
	struct udp_and_dns udp;
	__u8 protocol = 0;

	bpf_probe_read_kernel(&protocol, 1, ip + 6);
	if (protocol != IPPROTO_UDP || !is_query(skb, &udp))
		return;
	bpf_probe_read_kernel(key.addr, sizeof(key.addr), ip + 24);
	query(skb, &key);
}

/* (struct net *, struct sk_buff *) */
SEC("?fentry/ip_send_skb")
int dns_query(unsigned long long *ctx)
{
	return RUN(HOOK_DNS_QUERY, query4((void *)ctx[1]));
}

SEC("?fentry/ip6_send_skb")
int dns_query6(unsigned long long *ctx)
{
	return RUN(HOOK_DNS_QUERY6, query6((void *)ctx[0]));
}

/* ---- what is answered ---- */

static __always_inline bool answer_from(const struct sk_buff *skb, struct dns_key *key)
{
	unsigned char *ip = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	__u8 version = 0;

	if (bpf_probe_read_kernel(&version, 1, ip))
		return false;
	if (version >> 4 == 4)
		set_mapped(key, ip + 12);
	else
		bpf_probe_read_kernel(key->addr, sizeof(key->addr), ip + 8);
	return true;
}

/* One bit of 64 for the name that was asked. It ends with a label of no length, within the packet; what is read behind
 * that is the rest of the same buffer, and not looked at. */
static __always_inline __u64 name_bit(const unsigned char *at)
{
	unsigned char name[NAME_LEN] = {};
	__u64 hash = 0;

	bpf_probe_read_kernel(name, sizeof(name), at);
	for (int i = 0; i < NAME_LEN && name[i]; i++)
		hash = hash * 31 + (name[i] | 0x20); /* in whichever case */
	return 1ULL << (hash * 0x9e3779b97f4a7c15ULL >> 58);
}

static __always_inline void note_failing(struct dns_value *value, const unsigned char *name)
{
	__u64 epoch = value->last_answer_ns / DNS_NAMES_NS;

	if (value->names_epoch != epoch) {
		value->failing[1] = value->names_epoch + 1 == epoch ? value->failing[0] : 0;
		value->failing[0] = 0;
		value->names_epoch = epoch;
	}
	/* Two processors at once may lose one: who asks for it asks again. */
	value->failing[0] |= name_bit(name);
}

static __always_inline void answer(const struct sock *sk, const struct sk_buff *skb)
{
	unsigned char *at = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	struct udp_and_dns udp = {};
	struct dns_key key = {};
	struct dns_value *value;
	__be16 source = 0;
	__u16 flags, rcode;
	bool read;

	if (bpf_probe_read_kernel(&source, sizeof(source), at) || source != bpf_htons(PORT_DNS))
		return;
	read = headers(skb, &udp);
	flags = bpf_ntohs(udp.flags);
	/* Answers to what was asked without recursion: not counted as asked either. */
	if (read && (flags & (DNS_RESPONSE | DNS_OPCODE | DNS_RD)) != (DNS_RESPONSE | DNS_RD))
		return;
	if (!answer_from(skb, &key))
		return;
	key.netns = sock_netns(&sk->__sk_common, false);
	value = bpf_map_lookup_elem(&dns_servers, &key);
	if (!value) /* asked before us */
		return;
	ADD(&value->answers, 1);
	value->last_answer_ns = bpf_ktime_get_ns();
	rcode = flags & DNS_RCODE;
	if (!read)
		ADD(&value->other, 1);
	else if (rcode == RCODE_SERVFAIL)
		ADD(&value->failed, 1);
	else if (rcode == RCODE_REFUSED)
		ADD(&value->refused, 1);
	else if (rcode == RCODE_NXDOMAIN)
		ADD(&value->nxdomain, 1);
	else if (rcode != RCODE_OK)
		ADD(&value->other, 1);
	if (read && (rcode == RCODE_SERVFAIL || rcode == RCODE_REFUSED))
		note_failing(value, at + UDP_HEADER_LEN + DNS_HEADER_LEN);
}

/* (struct sock *, struct sk_buff *, int): the length; negative when it was only looked at (MSG_PEEK), and stays. */
SEC("?fentry/skb_consume_udp")
int dns_answer(unsigned long long *ctx)
{
	if ((int)ctx[2] < 0)
		return 0;
	return RUN(HOOK_DNS_ANSWER, answer((void *)ctx[0], (void *)ctx[1]));
}
