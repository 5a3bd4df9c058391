/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev.c - one line of /proc/net/dev; see netdev.h. */
#include "source/netdev.h"

#include <string.h>

/* Numbers of a line: 8 received, 8 sent (net/core/net-procfs.c). */
enum {
	RX_PACKETS = 1,
	RX_ERRORS = 2,
	RX_DROPPED = 3,
	TX_PACKETS = 9,
	TX_ERRORS = 10,
	TX_DROPPED = 11,
	NUMBERS = 16
};

static bool next_number(const char **p, const char *end, __u64 *ret_value)
{
	__u64 value = 0;
	const char *from;

	while (*p < end && **p == ' ')
		++*p;
	for (from = *p; *p < end && **p >= '0' && **p <= '9'; ++*p)
		value = value * 10 + (__u64)(**p - '0');
	*ret_value = value;
	return *p > from;
}

/* "  eth0: 736451040   13579    0 ..." */
bool netdev_parse(const char *line, size_t length, struct event_nic *nic)
{
	const char *p = line, *end = line + length, *colon;
	__u64 number[NUMBERS];
	size_t n;

	while (p < end && *p == ' ')
		p++;
	/* The last one: an alias ("eth0:1") has one in its name. */
	colon = memrchr(p, ':', (size_t)(end - p));
	n = colon ? (size_t)(colon - p) : 0;
	if (n == 0 || n >= sizeof(nic->name) || memchr(p, '\0', n))
		return false;
	for (const char *q = (colon + 1); q < end; q++)
		if (*q != ' ' && (*q < '0' || *q > '9'))
			return false;
	memset(nic->name, 0, sizeof(nic->name));
	memcpy(nic->name, p, n);
	p = colon + 1;
	for (unsigned int i = 0; i < NUMBERS; i++)
		if (!next_number(&p, end, &number[i]))
			return false;
	nic->rx_packets = number[RX_PACKETS];
	nic->rx_errors = number[RX_ERRORS];
	nic->rx_dropped = number[RX_DROPPED];
	nic->tx_packets = number[TX_PACKETS];
	nic->tx_errors = number[TX_ERRORS];
	nic->tx_dropped = number[TX_DROPPED];
	return true;
}
