/* SPDX-License-Identifier: BSD-2-Clause */
/* families.h - the rows that the fault families give to THE rule table, and the names they share */
#ifndef CULPRIT_FAMILIES_H
#define CULPRIT_FAMILIES_H

#include "rules/rule.h"

/* Rows of user/probe/probe_table.c. */
#define PROBE_BLOCK		"block.complete"
#define PROBE_QUEUE		"block.queue"
#define PROBE_ISSUE		"block.issue"
#define PROBE_TCP_RETRANS	"tcp.retransmit"
#define PROBE_TCP_STATE		"tcp.state"
#define PROBE_TCP_SAMPLE	"tcp.sample"
#define PROBE_DNS_QUERY		"dns.query"
#define PROBE_DNS_ANSWER	"dns.answer"
#define PROBE_CENSUS		"files.census"
#define PROBE_SCAN		"files.scan"
#define PROBE_WRITEBACK		"fs.writeback"
#define PROBE_FSYNC		"fs.fsync"
#define PROBE_OOM		"system.oom"
#define PROBE_EXIT		"system.exit"
#define PROBE_WAITING		"system.waiting"
#define PROBE_RAS_MEMORY	"system.memory"
#define PROBE_NIC_TIMEOUT	"nic.timeout"
#define PROBE_RAS_MACHINE_CHECK "system.machine_check"
/* What the live source reads of /proc (user/source/live_load.c). */
#define PROBE_LOAD     "host.load"
#define PROBE_PRESSURE "host.pressure"
/* What it hears by rtnetlink. */
#define PROBE_LINKS  "host.links"
#define PROBE_QUEUES "host.queues"
/* What the kernel counts of its own network stack (user/source/live_net.c). */
#define PROBE_STACK "host.stack"
/* Whether the clock is kept right, and whether it was set (user/source/live_ntp.c). */
#define PROBE_CLOCK "host.clock"

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

/* filesystem_error.c, writeback.c, disk_full.c */
extern const struct rule filesystem_error_rule;
extern const struct rule writeback_lost_rule;
extern const struct rule disk_full_rule;
/* nic_link.c */
extern const struct rule nic_link_down_rule;
extern const struct rule nic_link_flap_rule;
/* nic_timeout.c */
extern const struct rule nic_tx_timeout_rule;
/* nic_errors.c */
extern const struct rule nic_errors_rule;

/* path.c */
extern const struct rule path_loss_rule;
extern const struct rule uplink_loss_rule;
extern const struct threshold path_idle_segments;

/* latency.c */
extern const struct rule path_latency_rule;

/* link_saturated.c */
extern const struct rule link_saturated_rule;

/* dns.c */
extern const struct rule dns_failure_rule;
/* tls.c */
extern const struct rule tls_handshake_failure_rule;

/* reach.c */
extern const struct rule peer_unreachable_rule;
/* refused.c */
extern const struct rule connect_refused_rule;
/* partition.c */
extern const struct rule network_partition_rule;
/* resets.c */
extern const struct rule connection_resets_rule;
/* not_reading.c */
extern const struct rule peer_not_reading_rule;

/* leak.c */
extern const struct rule fd_leak_rule;
extern const struct rule socket_leak_rule;
extern const struct rule close_wait_leak_rule;
/* fd_exhaustion.c */
extern const struct rule fd_exhaustion_rule;

/* memory.c */
extern const struct rule memory_exhausted_rule;
extern const struct rule memory_pressure_rule;
/* cpu.c */
extern const struct rule cpu_saturated_rule;
/* hung.c */
extern const struct rule task_hung_rule;
/* crash_loop.c */
extern const struct rule process_crash_loop_rule;
/* listen_overflow.c, udp_drops.c */
extern const struct rule listen_overflow_rule;
extern const struct rule udp_receive_drops_rule;
/* receiver_backlog.c */
extern const struct rule receiver_backlog_rule;
/* send_error.c */
extern const struct rule local_send_error_rule;
/* port_exhaustion.c, conntrack_full.c */
extern const struct rule port_exhaustion_rule;
extern const struct rule conntrack_full_rule;
/* clock.c */
extern const struct rule clock_unsynchronized_rule;
extern const struct rule clock_step_rule;
/* ras.c */
extern const struct rule memory_error_rule;
extern const struct rule machine_check_rule;

#endif
