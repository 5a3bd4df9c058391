/* SPDX-License-Identifier: BSD-2-Clause */
/* families.h - the rows that the fault families give to THE rule table, and the names they share */
#ifndef CULPRIT_FAMILIES_H
#define CULPRIT_FAMILIES_H

#include "rules/rule.h"

/* Rows of user/probe/probe_table.c. */
#define PROBE_BLOCK	  "block.complete"
#define PROBE_QUEUE	  "block.queue"
#define PROBE_ISSUE	  "block.issue"
#define PROBE_TCP_RETRANS "tcp.retransmit"
#define PROBE_TCP_STATE	  "tcp.state"
#define PROBE_TCP_SAMPLE  "tcp.sample"
#define PROBE_CENSUS	  "files.census"
#define PROBE_SCAN	  "files.scan"

/* disk_errors.c */
extern const struct rule disk_media_error_rule;
extern const struct rule disk_io_error_rule;
extern const struct rule disk_transport_error_rule;
extern const struct rule disk_timeout_rule;
extern const struct rule disk_integrity_error_rule;
extern const struct threshold disk_min_ios;

/* disk_lost.c */
extern const struct rule disk_lost_rule;

/* raid_degraded.c */
extern const struct rule raid_degraded_rule;

/* disk_stuck.c */
extern const struct rule disk_stuck_io_rule;
/* io_throttled.c */
extern const struct rule io_throttled_rule;
/* disk_slow.c, disk_saturated.c */
extern const struct rule disk_slow_rule;
extern const struct rule disk_saturated_rule;

/* path.c */
extern const struct rule path_loss_rule;
extern const struct rule uplink_loss_rule;
extern const struct threshold path_idle_segments;

/* reach.c */
extern const struct rule peer_unreachable_rule;
/* refused.c */
extern const struct rule connect_refused_rule;

/* leak.c */
extern const struct rule fd_leak_rule;
extern const struct rule socket_leak_rule;
extern const struct rule close_wait_leak_rule;
/* fd_exhaustion.c */
extern const struct rule fd_exhaustion_rule;

/* unbuilt_*.c: kinds of the contract that have no judge yet, the most telling first. */
/* clang-format off */
#define UNBUILT_HARDWARE(X)                                                                        \
	X(filesystem_error)                                                                        \
	X(writeback_lost) X(nic_link_down) X(nic_link_flap) X(nic_tx_timeout) X(nic_errors)        \
	X(memory_error) X(machine_check)
#define UNBUILT_NETWORK(X)                                                                         \
	X(network_partition) X(connection_resets) X(path_latency) X(link_saturated)                \
	X(peer_not_reading) X(tls_handshake_failure) X(dns_failure)
#define UNBUILT_SYSTEM(X)                                                                          \
	X(disk_full) X(memory_exhausted)        \
	X(memory_pressure) X(cpu_saturated) X(task_hung) X(listen_overflow) X(receiver_backlog)    \
	X(udp_receive_drops) X(port_exhaustion) X(conntrack_full) X(process_crash_loop)            \
	X(clock_unsynchronized) X(clock_step)
/* clang-format on */

#define UNBUILT_DECLARE(name) extern const struct rule name##_rule;
UNBUILT_HARDWARE(UNBUILT_DECLARE)
UNBUILT_NETWORK(UNBUILT_DECLARE)
UNBUILT_SYSTEM(UNBUILT_DECLARE)

#endif
