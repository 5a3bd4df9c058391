/* SPDX-License-Identifier: BSD-2-Clause */
/* rtlink.c - one rtnetlink message on an interface; see rtlink.h. */
#include "source/rtlink.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* Not in <net/if.h>, and <linux/if.h> cannot be included beside it. */
#define LINK_LOWER_UP 0x10000U

bool rtattr_next(const unsigned char **at, size_t *left, struct rtattr_view *ret_attr)
{
	struct nlattr attr;
	size_t whole;

	if (*left < sizeof(attr))
		return false;
	memcpy(&attr, *at, sizeof(attr));
	if (attr.nla_len < sizeof(attr) || attr.nla_len > *left)
		return false;
	ret_attr->type = attr.nla_type & NLA_TYPE_MASK;
	ret_attr->data = *at + sizeof(attr);
	ret_attr->length = attr.nla_len - sizeof(attr);
	whole = NLA_ALIGN(attr.nla_len);
	if (whole > *left)
		whole = *left;
	*at += whole;
	*left -= whole;
	return true;
}

bool rtattr_find(const unsigned char *attrs, size_t length, unsigned int type,
		 struct rtattr_view *ret_attr)
{
	struct rtattr_view attr;

	while (rtattr_next(&attrs, &length, &attr)) {
		if (attr.type != type)
			continue;
		*ret_attr = attr;
		return true;
	}
	return false;
}

static __u32 attr_u32(const struct rtattr_view *attr)
{
	__u32 value = 0;

	if (attr->length >= sizeof(value))
		memcpy(&value, attr->data, sizeof(value));
	return value;
}

static void attr_text(const struct rtattr_view *attr, char *to, size_t size)
{
	size_t n = strnlen((const char *)attr->data, attr->length);

	if (n >= size)
		n = size - 1;
	memset(to, 0, size);
	memcpy(to, attr->data, n);
}

static bool attr_stats(const struct rtattr_view *attr, struct event_nic *nic)
{
	struct rtnl_link_stats64 s;

	/* It grows at its end from kernel to kernel. */
	if (attr->length < offsetof(struct rtnl_link_stats64, rx_compressed))
		return false;
	memset(&s, 0, sizeof(s));
	memcpy(&s, attr->data, attr->length < sizeof(s) ? attr->length : sizeof(s));
	nic->rx_packets = s.rx_packets;
	nic->tx_packets = s.tx_packets;
	nic->rx_errors = s.rx_errors;
	nic->tx_errors = s.tx_errors;
	/* As /proc/net/dev tells it. */
	nic->rx_dropped = s.rx_dropped + s.rx_missed_errors;
	nic->tx_dropped = s.tx_dropped;
	nic->rx_crc_errors = s.rx_crc_errors;
	nic->rx_frame_errors = s.rx_frame_errors + s.rx_length_errors;
	nic->rx_missed_errors = s.rx_missed_errors + s.rx_fifo_errors + s.rx_over_errors;
	nic->tx_carrier_errors = s.tx_carrier_errors;
	return true;
}

static __u32 flags_of(unsigned int kernel)
{
	return (kernel & IFF_UP ? NIC_UP : 0U) | (kernel & IFF_RUNNING ? NIC_RUNNING : 0U) |
	       (kernel & IFF_LOOPBACK ? NIC_LOOPBACK : 0U) |
	       (kernel & LINK_LOWER_UP ? NIC_CARRIER : 0U);
}

enum rtlink_kind rtlink_parse(const void *message, size_t length, struct event_nic *nic)
{
	const unsigned char *at = message;
	struct rtattr_view attr, inner;
	bool wireless = false, foreign = false, stats = false;
	struct nlmsghdr header;
	struct ifinfomsg info;
	size_t left;

	if (length < NLMSG_LENGTH(sizeof(info)))
		return RTLINK_NONE;
	memcpy(&header, at, sizeof(header));
	memcpy(&info, at + NLMSG_HDRLEN, sizeof(info));
	if ((header.nlmsg_type != RTM_NEWLINK && header.nlmsg_type != RTM_DELLINK) ||
	    header.nlmsg_len < NLMSG_LENGTH(sizeof(info)) || header.nlmsg_len > length)
		return RTLINK_NONE;
	/* Bridge ports and IPv6 settings are told with the same message types. */
	if (info.ifi_family != AF_UNSPEC || info.ifi_index <= 0)
		return RTLINK_NONE;
	at += NLMSG_SPACE(sizeof(info));
	left = header.nlmsg_len > NLMSG_SPACE(sizeof(info))
		       ? header.nlmsg_len - NLMSG_SPACE(sizeof(info))
		       : 0;
	nic->ifindex = (__u32)info.ifi_index;
	nic->flags = flags_of(info.ifi_flags);
	nic->hw_type = info.ifi_type;
	nic->name[0] = '\0';
	nic->master = nic->parent = 0;
	memset(nic->kind, 0, sizeof(nic->kind));
	while (rtattr_next(&at, &left, &attr)) {
		switch (attr.type) {
		case IFLA_IFNAME:
			attr_text(&attr, nic->name, sizeof(nic->name));
			break;
		case IFLA_MASTER:
			nic->master = attr_u32(&attr);
			break;
		case IFLA_LINK:
			nic->parent = attr_u32(&attr);
			break;
		case IFLA_LINK_NETNSID: /* the parent is one of another namespace: a veth's */
			foreign = true;
			break;
		case IFLA_MTU:
			nic->mtu = attr_u32(&attr);
			break;
		case IFLA_CARRIER_DOWN_COUNT:
			nic->carrier_losses = attr_u32(&attr);
			break;
		case IFLA_STATS64:
			stats = attr_stats(&attr, nic);
			break;
		case IFLA_WIRELESS:
			wireless = true;
			break;
		case IFLA_LINKINFO:
			if (rtattr_find(attr.data, attr.length, IFLA_INFO_KIND, &inner))
				attr_text(&inner, nic->kind, sizeof(nic->kind));
			break;
		default:
			break;
		}
	}
	if (foreign || nic->parent == nic->ifindex)
		nic->parent = 0;
	if (!nic->name[0] || wireless)
		return RTLINK_NONE;
	if (header.nlmsg_type == RTM_DELLINK)
		return RTLINK_GONE;
	return stats ? RTLINK_FULL : RTLINK_STATE;
}
