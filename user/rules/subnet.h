/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * subnet.h - the neighbourhood of an address: its /24, or /64 for IPv6, which is what is commonly routed as
 * one. The routes themselves are not read: a wider or narrower route is seen as this.
 */
#ifndef CULPRIT_SUBNET_H
#define CULPRIT_SUBNET_H

#include "finding/finding.h"

bool subnet_same(const __u8 a[16], const __u8 b[16]);
/* The subnet of an address. netns as subjects give it; ifindex: how it is reached, for joins. */
struct subject subnet_subject(const __u8 addr[16], __u32 netns, __u32 ifindex);
/* Is the address, of that namespace (as subjects give it), in the subnet? */
bool subnet_holds(const struct subject *subnet, const __u8 addr[16], __u32 netns);

#endif
