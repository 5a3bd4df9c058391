/* SPDX-License-Identifier: BSD-2-Clause */
/* addr.c - what an address says by itself; see addr.h. */
#include "model/addr.h"

#include <string.h>

bool addr_is_ipv4(const __u8 addr[16])
{
	static const __u8 mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(addr, mapped, sizeof(mapped)) == 0;
}

bool addr_is_loopback(const __u8 addr[16])
{
	static const __u8 v6_loopback[16] = {[15] = 1};

	return (addr_is_ipv4(addr) && addr[12] == 127) ||
	       memcmp(addr, v6_loopback, sizeof(v6_loopback)) == 0;
}

bool addr_is_link_local4(const __u8 addr[16])
{
	return addr_is_ipv4(addr) && addr[12] == 169 && addr[13] == 254;
}

bool addr_is_private(const __u8 addr[16])
{
	const __u8 *v4 = addr + 12;

	if (!addr_is_ipv4(addr))
		return (addr[0] & 0xfe) == 0xfc || (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80);
	return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) ||
	       (v4[0] == 192 && v4[1] == 168) || addr_is_link_local4(addr) ||
	       (v4[0] == 100 && (v4[1] & 0xc0) == 64);
}
