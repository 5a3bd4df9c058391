/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rtqdisc.c - rtnetlink's messages on queueing disciplines, whole and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/gen_stats.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "source/rtqdisc.h"

struct message {
	union {
		struct nlmsghdr header;
		unsigned char bytes[512];
	};
	size_t length;
};

static void add(unsigned char *bytes, size_t *length, __u16 type, const void *data, size_t size)
{
	struct nlattr attr = {.nla_len = (__u16)(NLA_HDRLEN + size), .nla_type = type};

	memcpy(bytes + *length, &attr, sizeof(attr));
	memcpy(bytes + *length + NLA_HDRLEN, data, size);
	*length += NLA_ALIGN(NLA_HDRLEN + size);
}

/* Counters are sent without the padding at the end of their struct. */
static void whole(struct message *m, __u32 parent, const char *kind)
{
	struct tcmsg info = {.tcm_ifindex = 7, .tcm_parent = parent, .tcm_handle = 0x80010000};
	struct gnet_stats_basic basic = {.bytes = 5000000000ULL, .packets = 4000};
	struct gnet_stats_queue queue = {
		.qlen = 12, .backlog = 18000, .drops = 33, .requeues = 2, .overlimits = 700};
	unsigned char stats[128];
	size_t length = 0;

	memset(m, 0, sizeof(*m));
	m->header.nlmsg_type = RTM_NEWQDISC;
	memcpy(m->bytes + NLMSG_HDRLEN, &info, sizeof(info));
	m->length = NLMSG_SPACE(sizeof(info));
	add(m->bytes, &m->length, TCA_KIND, kind, strlen(kind) + 1);
	add(stats, &length, TCA_STATS_BASIC, &basic, 12);
	add(stats, &length, TCA_STATS_QUEUE, &queue, sizeof(queue));
	add(m->bytes, &m->length, TCA_STATS2 | NLA_F_NESTED, stats, length);
	m->header.nlmsg_len = (__u32)m->length;
}

static void test_a_whole_one(void **state)
{
	struct event_nic_queue queue = {0};
	struct message m;

	(void)state;
	whole(&m, TC_H_ROOT, "fq_codel");
	assert_true(rtqdisc_parse(m.bytes, m.length, &queue));
	assert_int_equal(queue.ifindex, 7);
	assert_string_equal(queue.kind, "fq_codel");
	assert_int_equal(queue.packets, 4000);
	assert_true(queue.bytes == 5000000000ULL);
	assert_int_equal(queue.drops, 33);
	assert_int_equal(queue.requeues, 2);
	assert_int_equal(queue.overlimits, 700);
	assert_int_equal(queue.backlog, 18000);
	assert_int_equal(queue.queued, 12);
}

static void test_what_is_not_judged(void **state)
{
	struct event_nic_queue queue = {0};
	struct message m;

	(void)state;
	whole(&m, 0x10001, "pfifo_fast"); /* a leaf of another */
	assert_false(rtqdisc_parse(m.bytes, m.length, &queue));
	whole(&m, TC_H_ROOT, "noqueue");
	assert_false(rtqdisc_parse(m.bytes, m.length, &queue));
	whole(&m, TC_H_INGRESS, "ingress");
	assert_false(rtqdisc_parse(m.bytes, m.length, &queue));
	whole(&m, TC_H_ROOT, "fq");
	m.header.nlmsg_type = RTM_DELQDISC;
	assert_false(rtqdisc_parse(m.bytes, m.length, &queue));
	whole(&m, TC_H_ROOT, "a-kind-with-a-very-long-name");
	assert_true(rtqdisc_parse(m.bytes, m.length, &queue));
	assert_string_equal(queue.kind, "a-kind-with-a-v");
}

/* Cut at each byte, and with each length that an attribute may claim: never beyond the message. */
static void test_hostile(void **state)
{
	struct message m;

	(void)state;
	whole(&m, TC_H_ROOT, "tbf");
	for (size_t n = 0; n <= m.length; n++) {
		struct event_nic_queue queue = {0};
		unsigned char *copy = malloc(n + 1);

		memcpy(copy, m.bytes, n);
		if (n >= sizeof(m.header))
			((struct nlmsghdr *)(void *)copy)->nlmsg_len = (__u32)n;
		if (n < m.length)
			assert_false(rtqdisc_parse(copy, n, &queue));
		free(copy);
	}
	for (unsigned int length = 0; length < 0x10000; length += 7) {
		struct event_nic_queue queue = {0};
		unsigned char *copy = malloc(m.length);
		__u16 claimed = (__u16)length;

		memcpy(copy, m.bytes, m.length);
		memcpy(copy + NLMSG_SPACE(sizeof(struct tcmsg)), &claimed, sizeof(claimed));
		rtqdisc_parse(copy, m.length, &queue);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_one),
		cmocka_unit_test(test_what_is_not_judged),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
