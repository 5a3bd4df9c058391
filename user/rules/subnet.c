/* SPDX-License-Identifier: BSD-2-Clause */
/* subnet.c - the neighbourhood of an address; see subnet.h. */
#include "rules/subnet.h"

#include <string.h>

#include "model/addr.h"

#define V4_BYTES 15 /* of the mapped address: /24 */
#define V6_BYTES 8

bool subnet_same(const __u8 a[16], const __u8 b[16])
{
	return addr_is_ipv4(a) == addr_is_ipv4(b) &&
	       memcmp(a, b, addr_is_ipv4(a) ? V4_BYTES : V6_BYTES) == 0;
}

struct subject subnet_subject(const __u8 addr[16], __u32 netns, __u32 ifindex)
{
	struct subject s = {.type = SUBJECT_SUBNET, .netns = netns, .ifindex = ifindex};

	memcpy(s.addr, addr, addr_is_ipv4(addr) ? V4_BYTES : V6_BYTES);
	s.prefix_len = addr_is_ipv4(addr) ? 24 : 64;
	return s;
}

bool subnet_holds(const struct subject *subnet, const __u8 addr[16], __u32 netns)
{
	return subnet->netns == netns && subnet_same(subnet->addr, addr);
}
