/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rtlink.c - rtnetlink's messages on interfaces, whole and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "source/rtlink.h"

struct message {
	union {
		struct nlmsghdr header;
		unsigned char bytes[1024];
	};
	size_t length;
};

static void begin(struct message *m, __u16 type, unsigned char family, unsigned int flags)
{
	struct ifinfomsg info = {
		.ifi_family = family, .ifi_type = 1, .ifi_index = 7, .ifi_flags = flags};

	memset(m, 0, sizeof(*m));
	m->header.nlmsg_type = type;
	memcpy(m->bytes + NLMSG_HDRLEN, &info, sizeof(info));
	m->length = m->header.nlmsg_len = NLMSG_SPACE(sizeof(info));
}

static void add(struct message *m, __u16 type, const void *data, size_t size)
{
	struct nlattr attr = {.nla_len = (__u16)(NLA_HDRLEN + size), .nla_type = type};

	memcpy(m->bytes + m->length, &attr, sizeof(attr));
	memcpy(m->bytes + m->length + NLA_HDRLEN, data, size);
	m->length += NLA_ALIGN(NLA_HDRLEN + size);
	m->header.nlmsg_len = (__u32)m->length;
}

static void add_u32(struct message *m, __u16 type, __u32 value)
{
	add(m, type, &value, sizeof(value));
}

static void whole(struct message *m)
{
	struct rtnl_link_stats64 stats = {
		.rx_packets = 10,
		.tx_packets = 20,
		.rx_crc_errors = 3,
		.rx_frame_errors = 4,
		.rx_length_errors = 5,
		.rx_missed_errors = 6,
		.rx_fifo_errors = 7,
		.rx_dropped = 8,
	};
	struct {
		struct nlattr attr;
		char kind[8];
	} info = {{.nla_len = sizeof(info), .nla_type = IFLA_INFO_KIND}, "veth"};

	begin(m, RTM_NEWLINK, AF_UNSPEC, IFF_UP | IFF_RUNNING | 0x10000);
	add(m, IFLA_IFNAME, "eth0", 5);
	add_u32(m, IFLA_MASTER, 9);
	add_u32(m, IFLA_LINK, 3);
	add_u32(m, IFLA_CARRIER_DOWN_COUNT, 2);
	add_u32(m, IFLA_MTU, 9000);
	add(m, IFLA_LINKINFO | NLA_F_NESTED, &info, sizeof(info));
	add(m, IFLA_STATS64, &stats, sizeof(stats));
}

static void test_a_whole_one(void **state)
{
	struct event_nic nic = {0};
	struct message m;

	(void)state;
	whole(&m);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_FULL);
	assert_string_equal(nic.name, "eth0");
	assert_string_equal(nic.kind, "veth");
	assert_int_equal(nic.ifindex, 7);
	assert_int_equal(nic.hw_type, 1);
	assert_int_equal(nic.flags, NIC_UP | NIC_RUNNING | NIC_CARRIER);
	assert_int_equal(nic.master, 9);
	assert_int_equal(nic.parent, 3);
	assert_int_equal(nic.carrier_losses, 2);
	assert_int_equal(nic.mtu, 9000);
	assert_int_equal(nic.rx_packets, 10);
	assert_int_equal(nic.tx_packets, 20);
	assert_int_equal(nic.rx_crc_errors, 3);
	assert_int_equal(nic.rx_frame_errors, 9);
	assert_int_equal(nic.rx_missed_errors, 13);
	assert_int_equal(nic.rx_dropped, 14);
}

static void test_what_is_no_state_of_an_interface(void **state)
{
	struct event_nic nic = {0};
	struct message m;

	(void)state;
	begin(&m, RTM_NEWLINK, AF_BRIDGE, IFF_UP);
	add(&m, IFLA_IFNAME, "eth0", 5);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_NONE);
	begin(&m, RTM_NEWLINK, AF_UNSPEC, IFF_UP);
	add(&m, IFLA_IFNAME, "wlan0", 6);
	add(&m, IFLA_WIRELESS, "scan", 4);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_NONE);
	begin(&m, RTM_NEWADDR, AF_UNSPEC, 0);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_NONE);
	begin(&m, RTM_NEWLINK, AF_UNSPEC, 0);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_NONE); /* no name */
}

static void test_gone_and_without_counters(void **state)
{
	struct event_nic nic = {0};
	struct message m;

	(void)state;
	begin(&m, RTM_DELLINK, AF_UNSPEC, 0);
	add(&m, IFLA_IFNAME, "veth1", 6);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_GONE);
	begin(&m, RTM_NEWLINK, AF_UNSPEC, IFF_UP);
	add(&m, IFLA_IFNAME, "abcdefghijklmnopqrstuvwxyz",
	    26); /* longer than a name may be, no NUL */
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_STATE);
	assert_string_equal(nic.name, "abcdefghijklmno");
	begin(&m, RTM_NEWLINK, AF_UNSPEC, IFF_UP);
	add(&m, IFLA_IFNAME, "eth0", 5);
	add_u32(&m, IFLA_LINK, 7);
	add(&m, IFLA_STATS64, "short", 5);
	add(&m, IFLA_MASTER, "x", 1);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_STATE);
	assert_int_equal(nic.master, 0);
	assert_int_equal(nic.parent, 0); /* itself */
	begin(&m, RTM_NEWLINK, AF_UNSPEC, IFF_UP);
	add(&m, IFLA_IFNAME, "eth0", 5);
	add_u32(&m, IFLA_LINK, 3);
	add_u32(&m, IFLA_LINK_NETNSID, 0);
	assert_int_equal(rtlink_parse(m.bytes, m.length, &nic), RTLINK_STATE);
	assert_int_equal(nic.parent, 0); /* of another namespace */
}

/* Cut anywhere, any byte changed: nothing is read outside (the sanitizer watches a copy of its very size). */
static void test_hostile(void **state)
{
	struct message m;

	(void)state;
	whole(&m);
	for (size_t n = 0; n <= m.length; n++) {
		struct event_nic nic = {0};
		unsigned char *copy = malloc(n ? n : 1);

		memcpy(copy, m.bytes, n);
		if (n < m.length)
			assert_int_equal(rtlink_parse(copy, n, &nic), RTLINK_NONE);
		if (n >= NLMSG_HDRLEN) {
			__u32 claims = (__u32)n;

			memcpy(copy, &claims, sizeof(claims));
			rtlink_parse(copy, n, &nic);
		}
		free(copy);
	}
	for (size_t i = 0; i < m.length; i++) {
		for (unsigned int byte = 0; byte < 256; byte += 5) {
			struct event_nic nic = {0};
			unsigned char *copy = malloc(m.length);

			memcpy(copy, m.bytes, m.length);
			copy[i] = (unsigned char)byte;
			rtlink_parse(copy, m.length, &nic);
			assert_non_null(memchr(nic.name, '\0', sizeof(nic.name)));
			assert_non_null(memchr(nic.kind, '\0', sizeof(nic.kind)));
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_one),
		cmocka_unit_test(test_what_is_no_state_of_an_interface),
		cmocka_unit_test(test_gone_and_without_counters),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
