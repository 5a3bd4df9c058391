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
