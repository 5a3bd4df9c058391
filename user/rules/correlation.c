/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * correlation.c - which fault explains which, where both stand; see rule.h.
 *
 * The delay is what the way from cause to effect may take: TCP's timeouts for the network, the
 * write-back interval (30 s by default) for disks, the time that a pool of connections takes to
 * pile up for leaks.
 */
#include "rules/rule.h"

#define SECONDS(n) ((n)*1000000000ULL)

const struct correlation correlation_table[] = {
	{"filesystem-error", "disk-media-error", JOIN_SAME_DISK, SECONDS(60)},
	{"filesystem-error", "disk-io-error", JOIN_SAME_DISK, SECONDS(60)},
	{"filesystem-error", "disk-lost", JOIN_SAME_DISK, SECONDS(60)},
	{"filesystem-error", "disk-transport-error", JOIN_SAME_DISK, SECONDS(60)},
	{"filesystem-error", "disk-timeout", JOIN_SAME_DISK, SECONDS(60)},
	{"filesystem-error", "disk-integrity-error", JOIN_SAME_DISK, SECONDS(60)},
	{"writeback-lost", "disk-media-error", JOIN_SAME_DISK, SECONDS(60)},
	{"writeback-lost", "disk-io-error", JOIN_SAME_DISK, SECONDS(60)},
	{"writeback-lost", "disk-lost", JOIN_SAME_DISK, SECONDS(60)},
	{"writeback-lost", "disk-transport-error", JOIN_SAME_DISK, SECONDS(60)},
	{"writeback-lost", "disk-timeout", JOIN_SAME_DISK, SECONDS(60)},
	{"writeback-lost", "disk-integrity-error", JOIN_SAME_DISK, SECONDS(60)},
	{"writeback-lost", "disk-full", JOIN_SAME_DISK, SECONDS(60)},
	{"task-hung", "disk-stuck-io", JOIN_HOST, SECONDS(300)},
	{"process-crash-loop", "memory-exhausted", JOIN_SAME_PROCESS, SECONDS(600)},
	{"memory-exhausted", "memory-pressure", JOIN_HOST, SECONDS(600)},
	{"raid-degraded", "disk-lost", JOIN_SAME_DISK, SECONDS(600)},
	{"raid-degraded", "disk-transport-error", JOIN_SAME_DISK, SECONDS(600)},
	{"raid-degraded", "disk-timeout", JOIN_SAME_DISK, SECONDS(600)},
	{"raid-degraded", "disk-media-error", JOIN_SAME_DISK, SECONDS(600)},
	{"raid-degraded", "disk-integrity-error", JOIN_SAME_DISK, SECONDS(600)},
	{"raid-degraded", "disk-io-error", JOIN_SAME_DISK, SECONDS(600)},
	{"uplink-loss", "nic-link-flap", JOIN_SAME_NIC, SECONDS(30)},
	{"uplink-loss", "nic-errors", JOIN_SAME_NIC, SECONDS(60)},
	{"path-loss", "nic-link-flap", JOIN_SAME_NIC, SECONDS(30)},
	{"path-loss", "link-saturated", JOIN_SAME_NIC, SECONDS(60)},
	{"dns-failure", "peer-unreachable", JOIN_SAME_PEER, SECONDS(60)},
	{"tls-handshake-failure", "clock-step", JOIN_HOST, SECONDS(600)},
	{"tls-handshake-failure", "clock-unsynchronized", JOIN_HOST, SECONDS(86400)},
	{"dns-failure", "nic-link-down", JOIN_HOST, SECONDS(60)},
	{"dns-failure", "network-partition", JOIN_BEHIND, SECONDS(60)},
	{"network-partition", "network-partition", JOIN_OVER, SECONDS(60)},
	{"peer-unreachable", "network-partition", JOIN_OVER, SECONDS(60)},
	{"network-partition", "nic-link-down", JOIN_OVER, SECONDS(60)},
	{"peer-unreachable", "nic-link-down", JOIN_OVER, SECONDS(60)},
	{"uplink-loss", "nic-link-flap", JOIN_OVER, SECONDS(30)},
	{"path-loss", "nic-link-flap", JOIN_OVER, SECONDS(30)},
	{"nic-link-flap", "nic-tx-timeout", JOIN_SAME_NIC, SECONDS(30)},
	{"path-loss", "nic-tx-timeout", JOIN_SAME_NIC, SECONDS(60)},
	{"uplink-loss", "nic-tx-timeout", JOIN_SAME_NIC, SECONDS(60)},
	{"peer-unreachable", "nic-tx-timeout", JOIN_SAME_NIC, SECONDS(60)},
	{"network-partition", "nic-tx-timeout", JOIN_SAME_NIC, SECONDS(60)},
	{"link-saturated", "nic-tx-timeout", JOIN_SAME_NIC, SECONDS(60)},
	{"path-latency", "nic-link-flap", JOIN_SAME_NIC, SECONDS(30)},
	{"peer-unreachable", "nic-link-down", JOIN_SAME_NIC, SECONDS(60)},
	{"peer-unreachable", "nic-link-flap", JOIN_SAME_NIC, SECONDS(60)},
	{"local-send-error", "nic-link-down", JOIN_SAME_NIC, SECONDS(60)},
	{"local-send-error", "nic-link-flap", JOIN_SAME_NIC, SECONDS(60)},
	{"uplink-loss", "nic-link-down", JOIN_SAME_NIC, SECONDS(60)},
	{"path-loss", "nic-link-down", JOIN_SAME_NIC, SECONDS(60)},
	{"path-loss", "nic-errors", JOIN_SAME_NIC, SECONDS(60)},
	{"network-partition", "nic-link-down", JOIN_SAME_NIC, SECONDS(60)},
	{"listen-overflow", "cpu-saturated", JOIN_HOST, SECONDS(60)},
	{"udp-receive-drops", "cpu-saturated", JOIN_HOST, SECONDS(60)},
	{"receiver-backlog", "cpu-saturated", JOIN_HOST, SECONDS(60)},
	{"receiver-backlog", "disk-stuck-io", JOIN_HOST, SECONDS(60)},
	{"socket-leak", "peer-unreachable", JOIN_SAME_PEER, SECONDS(300)},
	{"close-wait-leak", "connection-resets", JOIN_SAME_PEER, SECONDS(300)},
	{"fd-exhaustion", "fd-leak", JOIN_SAME_PROCESS, SECONDS(86400)},
	{"fd-exhaustion", "socket-leak", JOIN_SAME_PROCESS, SECONDS(86400)},
	{"fd-exhaustion", "close-wait-leak", JOIN_SAME_PROCESS, SECONDS(86400)},
};
const unsigned int correlation_count = sizeof(correlation_table) / sizeof(correlation_table[0]);
