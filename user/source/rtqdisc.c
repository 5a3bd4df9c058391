/* SPDX-License-Identifier: BSD-2-Clause */
/* rtqdisc.c - one rtnetlink message on a queueing discipline; see rtqdisc.h. */
#include "source/rtqdisc.h"

#include <linux/gen_stats.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "source/rtlink.h"

static bool take(void *to, size_t size, const struct rtattr_view *attr)
{
	if (attr->length < size)
		return false;
	memcpy(to, attr->data, size);
	return true;
}

/* TCA_STATS_BASIC has 32 bits of packets; TCA_STATS_PKT64, after it, all, where they do not fit. */
static bool read_stats(const struct rtattr_view *stats, struct event_nic_queue *queue)
{
	const unsigned char *at = stats->data;
	struct gnet_stats_queue counts;
	struct gnet_stats_basic basic;
	bool has_basic = false, has_counts = false;
	size_t left = stats->length;
	struct rtattr_view attr;

	while (rtattr_next(&at, &left, &attr)) {
		/* The struct ends in padding, which is not sent. */
		if (attr.type == TCA_STATS_BASIC && attr.length >= 12) {
			memset(&basic, 0, sizeof(basic));
			memcpy(&basic, attr.data,
			       attr.length < sizeof(basic) ? attr.length : sizeof(basic));
			queue->bytes = basic.bytes;
			queue->packets = basic.packets;
			has_basic = true;
		} else if (attr.type == TCA_STATS_QUEUE && take(&counts, sizeof(counts), &attr)) {
			queue->queued = counts.qlen;
			queue->backlog = counts.backlog;
			queue->drops = counts.drops;
			queue->requeues = counts.requeues;
			queue->overlimits = counts.overlimits;
			has_counts = true;
		}
	}
	return has_basic && has_counts;
}

bool rtqdisc_parse(const void *message, size_t length, struct event_nic_queue *queue)
{
	const unsigned char *at = message;
	struct nlmsghdr header;
	struct rtattr_view attr;
	struct tcmsg info;
	bool stats = false;
	size_t left, n;

	if (length < NLMSG_LENGTH(sizeof(info)))
		return false;
	memcpy(&header, at, sizeof(header));
	memcpy(&info, at + NLMSG_HDRLEN, sizeof(info));
	if (header.nlmsg_type != RTM_NEWQDISC || header.nlmsg_len < NLMSG_LENGTH(sizeof(info)) ||
	    header.nlmsg_len > length || info.tcm_parent != TC_H_ROOT || info.tcm_ifindex <= 0)
		return false;
	at += NLMSG_SPACE(sizeof(info));
	left = header.nlmsg_len > NLMSG_SPACE(sizeof(info))
		       ? header.nlmsg_len - NLMSG_SPACE(sizeof(info))
		       : 0;
	queue->ifindex = (__u32)info.tcm_ifindex;
	memset(queue->kind, 0, sizeof(queue->kind));
	while (rtattr_next(&at, &left, &attr)) {
		if (attr.type == TCA_KIND) {
			n = strnlen((const char *)attr.data, attr.length);
			memcpy(queue->kind, attr.data,
			       n < sizeof(queue->kind) ? n : sizeof(queue->kind) - 1);
		} else if (attr.type == TCA_STATS2) {
			stats = read_stats(&attr, queue);
		}
	}
	return stats && queue->kind[0] && strcmp(queue->kind, "noqueue") != 0;
}
