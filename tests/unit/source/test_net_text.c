/* SPDX-License-Identifier: BSD-2-Clause */
/* test_net_text.c - /proc/net/netstat, snmp, sockstat, nf_conntrack and sock_diag, as they are and as they should
 * not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "source/net_text.h"
#include "source/sockdiag.h"

static const char snmp[] = "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
			   "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\n"
			   "Udp: 44 1 2 45 17\n"
			   "UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\n"
			   "UdpLite: 5 0 0 0 9\n";

static void test_counter(void **state)
{
	static const char *const bad[] = {
		"",
		"Udp",
		"Udp:",
		"Udp: InDatagrams",
		"Udp: InDatagrams\n",
		"Udp: InDatagrams\nUdp:\n",
		"Udp: InDatagrams\nTcp: 4\n",
		"Udp: InDatagrams\nUdp: -4\n",
		"Udp: InDatagrams\nUdp: 4x\n",
		"Udp: InDatagrams2\nUdp: 4\n",
		"Udp: NoPorts InDatagrams\nUdp: 4\n",
	};
	__u64 value = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(net_counter(bad[i], "Udp", "InDatagrams", &value));
	assert_int_equal(value, 77);
	assert_true(net_counter(snmp, "Udp", "InDatagrams", &value));
	assert_int_equal(value, 44);
	assert_true(net_counter(snmp, "Udp", "RcvbufErrors", &value));
	assert_int_equal(value, 17);
	assert_true(net_counter(snmp, "UdpLite", "RcvbufErrors", &value));
	assert_int_equal(value, 9);
	assert_false(net_counter(snmp, "Udp", "MemErrors", &value));
	assert_false(net_counter(snmp, "Icmp", "InMsgs", &value));
}

static void test_counter6(void **state)
{
	static const char text[] =
		"Ip6InReceives        \t12\nUdp6InDatagrams                 \t7\n"
		"Udp6RcvbufErrors \t3";
	__u64 value = 1;

	(void)state;
	assert_true(net_counter6(text, "Udp6InDatagrams", &value));
	assert_int_equal(value, 7);
	assert_true(net_counter6(text, "Udp6RcvbufErrors", &value));
	assert_int_equal(value, 3);
	assert_false(net_counter6(text, "InReceives", &value));
	assert_false(net_counter6("Udp6InDatagrams", "Udp6InDatagrams", &value));
	assert_false(net_counter6("Udp6InDatagrams\n4", "Udp6InDatagrams", &value));
	assert_false(net_counter6(" Udp6InDatagrams 4", "Udp6InDatagrams", &value));
}

static void test_gauge(void **state)
{
	static const char text[] =
		"sockets: used 19\nTCP: inuse 5 orphan 0 tw 1200 alloc 7 mem 30\n"
		"UDP: inuse 2 mem 0\n";
	__u64 value = 1;

	(void)state;
	assert_true(net_gauge(text, "TCP", "tw", &value));
	assert_int_equal(value, 1200);
	assert_true(net_gauge(text, "UDP", "inuse", &value));
	assert_int_equal(value, 2);
	assert_false(net_gauge(text, "TCP", "used", &value));
	assert_false(net_gauge(text, "TCP", "5", &value));
	assert_false(net_gauge("TCP: inuse", "TCP", "inuse", &value));
	assert_false(net_gauge("TCP: tw x", "TCP", "tw", &value));
}

static void test_port_range(void **state)
{
	static const char *const bad[] = {"", "1", "0 5", "5 4", "1 65536", "x 5", "5 x", "-1 5"};
	__u16 low = 1, high = 2;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(net_port_range(bad[i], &low, &high));
	assert_int_equal(low + high, 3);
	assert_true(net_port_range("32768\t60999", &low, &high));
	assert_int_equal(low, 32768);
	assert_int_equal(high, 60999);
}

static void test_conntrack(void **state)
{
	/* 5.10 and 6.18: the columns are not the same. */
	static const char text[] =
		"entries  searched found new invalid ignore delete delete_list insert insert_failed "
		"drop early_drop icmp_error\n"
		"0000000a  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
		"00000000 000000ff 00000010 00000000\n"
		"0000000a  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
		"00000000 00000001 00000002 00000000\n";
	__u64 drops = 5, early = 6;

	(void)state;
	assert_false(net_conntrack_drops("", &drops, &early));
	assert_false(net_conntrack_drops("entries drop\n1 2\n", &drops, &early));
	assert_false(net_conntrack_drops("entries drop early_drop\n1 2\n", &drops, &early));
	assert_false(net_conntrack_drops("drop early_drop\nx 2\n", &drops, &early));
	assert_int_equal(drops + early, 11);
	assert_true(net_conntrack_drops(text, &drops, &early));
	assert_int_equal(drops, 0x100);
	assert_int_equal(early, 0x12);
}

struct message {
	struct nlmsghdr header;
	struct inet_diag_msg diag;
	struct nlattr attr;
	__u32 memory[9];
};

static void test_sockdiag(void **state)
{
	struct message m = {
		.diag = {.idiag_family = AF_INET,
			 .idiag_state = 10,
			 .idiag_rqueue = 129,
			 .idiag_wqueue = 128,
			 .idiag_uid = 33,
			 .idiag_inode = 4711},
		.attr = {.nla_len = sizeof(m.attr) + sizeof(m.memory),
			 .nla_type = INET_DIAG_SKMEMINFO},
		.memory = {6912, 212992, 0, 0, 0, 0, 0, 0, 77},
	};
	struct event_socket_queue s = {.inode = 1};

	(void)state;
	m.diag.id.idiag_sport = htons(8080);
	m.diag.id.idiag_src[0] = htonl(0x0a010203);
	for (size_t n = 0; n < NLMSG_HDRLEN + sizeof(m.diag); n++)
		assert_false(sockdiag_parse(&m, n, FD_TCP, &s));
	assert_int_equal(s.inode, 1);
	assert_true(sockdiag_parse(&m, sizeof(m), FD_TCP, &s));
	assert_int_equal(s.inode, 4711);
	assert_int_equal(s.port, 8080);
	assert_int_equal(s.queued, 129);
	assert_int_equal(s.limit, 128);
	assert_int_equal(s.drops, 77);
	assert_int_equal(s.uid, 33);
	assert_int_equal(s.addr[10], 0xff);
	assert_int_equal(s.addr[15], 3);
	m.diag.id.idiag_src[0] = 0;
	assert_true(sockdiag_parse(&m, sizeof(m), FD_UDP, &s));
	assert_int_equal(s.queued, 6912);
	assert_int_equal(s.limit, 212992);
	assert_int_equal(s.addr[10], 0); /* any */
	/* The attribute cut short: what is there counts. */
	m.attr.nla_len = sizeof(m.attr) + 8;
	assert_true(sockdiag_parse(&m, sizeof(m) - 28, FD_UDP, &s));
	assert_int_equal(s.limit, 212992);
	assert_int_equal(s.drops, 0);
	m.diag.idiag_state = 1;
	assert_false(sockdiag_parse(&m, sizeof(m), FD_TCP, &s));
	m.diag.idiag_family = AF_UNIX;
	assert_false(sockdiag_parse(&m, sizeof(m), FD_UDP, &s));
}

/* As the kernel writes it: attributes begin at multiples of four. */
struct connection {
	struct nlmsghdr header;
	struct inet_diag_msg diag;
	struct nlattr memory_attr;
	__u32 memory[9];
	struct nlattr info_attr;
	struct tcp_info info;
} __attribute__((packed));

static void test_sockdiag_connection(void **state)
{
	struct connection m = {
		.diag = {.idiag_family = AF_INET6,
			 .idiag_state = 1,
			 .idiag_rqueue = 60000,
			 .idiag_inode = 4711},
		.memory_attr = {.nla_len = sizeof(m.memory_attr) + sizeof(m.memory),
				.nla_type = INET_DIAG_SKMEMINFO},
		.memory = {130000, 131072},
		.info_attr = {.nla_len = sizeof(m.info_attr) + sizeof(m.info),
			      .nla_type = INET_DIAG_INFO},
		.info = {.tcpi_last_data_recv = 7100},
	};
	size_t needed = offsetof(struct connection, info) +
			offsetof(struct tcp_info, tcpi_last_data_recv) + sizeof(__u32);
	struct event_socket_unread s = {.inode = 1};

	(void)state;
	m.diag.id.idiag_sport = htons(8080);
	m.diag.id.idiag_dport = htons(40000);
	m.diag.id.idiag_dst[3] = htonl(9);
	for (size_t n = 0; n < offsetof(struct connection, info); n++)
		assert_false(sockdiag_parse_connection(&m, n, &s));
	assert_int_equal(s.inode, 1);
	assert_true(sockdiag_parse_connection(&m, sizeof(m), &s));
	assert_int_equal(s.inode, 4711);
	assert_int_equal(s.port, 8080);
	assert_int_equal(s.peer_port, 40000);
	assert_int_equal(s.peer[15], 9);
	assert_int_equal(s.unread, 60000);
	assert_int_equal(s.memory, 130000);
	assert_int_equal(s.limit, 131072);
	assert_int_equal(s.wait_ms, 7100);
	/* An older kernel tells less of it, but that much. */
	m.info_attr.nla_len = (__u16)(needed - offsetof(struct connection, info_attr));
	assert_true(sockdiag_parse_connection(&m, needed, &s));
	m.info_attr.nla_len -= 4;
	assert_false(sockdiag_parse_connection(&m, needed - 4, &s));
	m.diag.idiag_state = 10;
	assert_false(sockdiag_parse_connection(&m, sizeof(m), &s));
}

/* Every beginning and every changed byte of a good text is taken or refused, and nothing is read beyond. */
static void test_damaged(void **state)
{
	static const char *const good[] = {snmp, "TCP: inuse 5 orphan 0 tw 1200 alloc 7 mem 30\n",
					   "32768\t60999\n", "Udp6InDatagrams \t7\n",
					   "entries drop early_drop\n0000000a 00000001 00000002\n"};
	__u64 a, b;
	__u16 low, high;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		for (size_t n = 0; n <= strlen(good[i]); n++) {
			for (int change = 0; change < 256; change += 13) {
				char *text = strndup(good[i], n);

				assert_non_null(text);
				if (change && n)
					text[n / 2] = (char)change;
				net_counter(text, "Udp", "RcvbufErrors", &a);
				net_counter6(text, "Udp6InDatagrams", &a);
				net_gauge(text, "TCP", "tw", &a);
				net_port_range(text, &low, &high);
				net_conntrack_drops(text, &a, &b);
				free(text);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter),
		cmocka_unit_test(test_counter6),
		cmocka_unit_test(test_gauge),
		cmocka_unit_test(test_port_range),
		cmocka_unit_test(test_conntrack),
		cmocka_unit_test(test_sockdiag),
		cmocka_unit_test(test_sockdiag_connection),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
