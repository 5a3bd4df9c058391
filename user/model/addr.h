/* SPDX-License-Identifier: BSD-2-Clause */
/* addr.h - what an address of the events says by itself: 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
#ifndef CULPRIT_ADDR_H
#define CULPRIT_ADDR_H

#include <stdbool.h>

#include <linux/types.h>

bool addr_is_ipv4(const __u8 addr[16]);
/* 127.0.0.0/8, ::1 */
bool addr_is_loopback(const __u8 addr[16]);
/* 169.254.0.0/16 (RFC 3927): no router forwards it. Clouds answer there, at 169.254.169.254 above all, and nobody does
 * on other hosts, where their tools ask all the same. */
bool addr_is_link_local4(const __u8 addr[16]);
/* Of a network that somebody runs for themselves: RFC 1918, shared (RFC 6598), link-local, unique local (RFC 4193). */
bool addr_is_private(const __u8 addr[16]);

#endif
