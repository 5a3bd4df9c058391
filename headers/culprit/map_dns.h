/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* map_dns.h - the maps of name servers: by UDP of the dns object, by TCP of the tcp object; see counters.h. */
#ifndef CULPRIT_MAP_DNS_H
#define CULPRIT_MAP_DNS_H

#include "event_type.h"

#define DNS_SERVERS_MAX 256
/* Names that failed are kept for one to two of these. */
#define DNS_NAMES_NS 30000000000ULL

struct dns_key {
	__u8 addr[16];
	__u32 netns;
	__u32 pad;
};

/* See struct event_dns_server. */
struct dns_value {
	__u64 queries;
	__u64 answers;
	__u64 failed;
	__u64 refused;
	__u64 nxdomain;
	__u64 other;
	__u64 last_answer_ns;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
	__u64 failing[2];  /* names: of this DNS_NAMES_NS, and of the one before */
	__u64 names_epoch; /* the time of the former, in DNS_NAMES_NS */
};

/* Name servers by TCP; see struct event_dns_tcp. */
#define PORT_DNS 53

struct dns_tcp_value {
	__u64 answered;
	__u64 empty;
	__u64 refused;
	__u64 unreached;
	__u64 mute;
	__u64 last_answer_ns;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
};

#endif
