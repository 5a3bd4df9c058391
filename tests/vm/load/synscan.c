/* SPDX-License-Identifier: BSD-2-Clause */
/* A port scan by raw SYNs: seen from the scanned host it comes from a foreign machine, as this
 * kernel has no socket for it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

struct syn {
	struct in_addr from, to;
	uint8_t zero, protocol;
	uint16_t tcp_bytes;
	struct tcphdr tcp;
};

static uint16_t checksum(const void *data, size_t bytes)
{
	const unsigned char *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

int run_synscan(const struct plan *plan)
{
	struct sockaddr_in to = {.sin_family = AF_INET}, from = {.sin_family = AF_INET};
	int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP),
	    route = socket(AF_INET, SOCK_DGRAM, 0);
	double start = now_s(), next = start;
	socklen_t len = sizeof(from);
	struct counts n = {0};

	if (raw < 0)
		die("raw socket");
	to.sin_port = htons(1); /* to learn our own address toward the peer */
	if (inet_pton(AF_INET, plan->addr, &to.sin_addr) != 1 ||
	    connect(route, (void *)&to, sizeof(to)) < 0 ||
	    getsockname(route, (void *)&from, &len) < 0)
		die(plan->addr);
	close(route);
	for (int port = plan->port; port <= plan->last_port && running(start + plan->seconds);
	     port++) {
		struct syn s = {.from = from.sin_addr, .to = to.sin_addr, .protocol = IPPROTO_TCP};

		s.tcp_bytes = htons(sizeof(s.tcp));
		s.tcp.source = htons((uint16_t)(40000 + port % 20000));
		s.tcp.dest = htons((uint16_t)port);
		s.tcp.seq = htonl((uint32_t)random());
		s.tcp.doff = 5;
		s.tcp.syn = 1;
		s.tcp.window = htons(1024);
		s.tcp.check = checksum(&s, sizeof(s));
		to.sin_port = 0;
		if (sendto(raw, &s.tcp, sizeof(s.tcp), 0, (void *)&to, sizeof(to)) ==
		    (ssize_t)sizeof(s.tcp))
			n.opened++;
		else
			n.failed++;
		next += 1 / plan->opens_per_s;
		sleep_until(next);
	}
	print_counts(plan->name, &n);
	return 0;
}
