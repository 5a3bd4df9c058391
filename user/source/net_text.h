/* SPDX-License-Identifier: BSD-2-Clause */
/* net_text.h - what /proc says of a network namespace's stack (proc(5), RFC 4022, RFC 4113). No I/O. */
#ifndef CULPRIT_SOURCE_NET_TEXT_H
#define CULPRIT_SOURCE_NET_TEXT_H

#include <stdbool.h>

#include <culprit/event.h>

/* The number of `name` in the group `group` of /proc/net/snmp or netstat: a line of names, then one of numbers,
 * each after "GROUP: ". False when there is none. */
bool net_counter(const char *text, const char *group, const char *name, __u64 *ret);
/* The number after `name` at the start of a line of /proc/net/snmp6. */
bool net_counter6(const char *text, const char *name, __u64 *ret);
/* The number after the word `name` in the line "PROTO: ..." of /proc/net/sockstat. */
bool net_gauge(const char *text, const char *proto, const char *name, __u64 *ret);
/* /proc/sys/net/ipv4/ip_local_port_range: "32768	60999". */
bool net_port_range(const char *text, __u16 *ret_low, __u16 *ret_high);
/* /proc/net/stat/nf_conntrack: the sums of the columns "drop" and "early_drop", hexadecimal, a line a processor. */
bool net_conntrack_drops(const char *text, __u64 *ret_drops, __u64 *ret_early);

#endif
