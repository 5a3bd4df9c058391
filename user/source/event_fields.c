/* SPDX-License-Identifier: BSD-2-Clause */
/* event_fields.c - THE field table; see event_fields.h. */
#include "source/event_fields.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- closed sets of numbers ---- */

#define VALUES(set, ...)                                                                           \
	static const char *const set##_names[] = {__VA_ARGS__};                                    \
	static const struct field_values set = {set##_names, COUNT(set##_names)}

VALUES(run_modes, [RUN_TRACE] = "trace", [RUN_DAEMON] = "daemon");
VALUES(end_reasons, [END_DURATION] = "duration", [END_INTERRUPTED] = "interrupted",
       [END_DAMAGED] = "damaged", [END_DUMP] = "dump");
VALUES(probe_states, [PROBE_ACTIVE] = "active", [PROBE_DEGRADED] = "degraded",
       [PROBE_UNAVAILABLE] = "unavailable");
VALUES(block_ops, [BLOCK_READ] = "read", [BLOCK_WRITE] = "write", [BLOCK_FLUSH] = "flush",
       [BLOCK_DISCARD] = "discard", [BLOCK_WRITE_ZEROES] = "write_zeroes",
       [BLOCK_PASSTHROUGH] = "passthrough", [BLOCK_OTHER] = "other");
VALUES(block_statuses, [BLOCK_OK] = "ok", [BLOCK_NOTSUPP] = "notsupp", [BLOCK_TIMEOUT] = "timeout",
       [BLOCK_NOSPC] = "nospc", [BLOCK_TRANSPORT] = "transport", [BLOCK_TARGET] = "target",
       [BLOCK_RESV_CONFLICT] = "resv_conflict", [BLOCK_MEDIUM] = "medium",
       [BLOCK_PROTECTION] = "protection", [BLOCK_RESOURCE] = "resource", [BLOCK_IOERR] = "ioerr",
       [BLOCK_AGAIN] = "again", [BLOCK_OFFLINE] = "offline", [BLOCK_DM_REQUEUE] = "dm_requeue",
       [BLOCK_ZONE] = "zone", [BLOCK_DURATION_LIMIT] = "duration_limit", [BLOCK_INVAL] = "inval",
       [BLOCK_STATUS_UNKNOWN] = "unknown");
VALUES(block_io_reasons, [BLOCK_IO_ERROR] = "error", [BLOCK_IO_SLOW] = "slow");
VALUES(smart_outcomes, [SMART_READ] = "read", [SMART_NOTHING] = "nothing",
       [SMART_ASLEEP] = "asleep", [SMART_MISSING] = "missing", [SMART_FAILED] = "failed",
       [SMART_TIMEOUT] = "timeout", [SMART_FLOOD] = "flood", [SMART_BROKEN] = "broken",
       [SMART_LATE] = "late");
VALUES(peer_dirs, [PEER_OUT] = "out", [PEER_IN] = "in");
VALUES(retrans_causes, [RETRANS_RTO] = "rto", [RETRANS_FAST] = "fast", [RETRANS_LOSS] = "loss",
       [RETRANS_TLP] = "tlp", [RETRANS_SYN] = "syn", [RETRANS_SYNACK] = "synack",
       [RETRANS_OTHER] = "other");
VALUES(conn_outcomes, [CONN_ESTABLISHED] = "established", [CONN_REFUSED] = "refused",
       [CONN_TIMED_OUT] = "timed_out", [CONN_UNREACHABLE] = "unreachable", [CONN_RESET] = "reset",
       [CONN_ABANDONED] = "abandoned", [CONN_FAILED] = "failed", [CONN_BROKEN] = "broken");
VALUES(tls_libraries, [TLS_OPENSSL] = "openssl", [TLS_GNUTLS] = "gnutls");
VALUES(tls_armed_states, [TLS_ARMED] = "armed", [TLS_OVER] = "over",
       [TLS_NO_LIBRARY] = "no_library", [TLS_REFUSED] = "refused", [TLS_GONE] = "gone");
VALUES(tls_outcomes, [TLS_DONE] = "done", [TLS_FAILED] = "failed", [TLS_LATE] = "late",
       [TLS_DETAIL] = "detail");
VALUES(fd_kinds, [FD_FILE] = "file", [FD_DIR] = "dir", [FD_PIPE] = "pipe", [FD_SOCKET] = "socket",
       [FD_CHAR] = "char", [FD_BLOCK] = "block", [FD_EVENTFD] = "eventfd", [FD_EPOLL] = "epoll",
       [FD_TIMERFD] = "timerfd", [FD_SIGNALFD] = "signalfd", [FD_INOTIFY] = "inotify",
       [FD_ANON] = "anon", [FD_OTHER] = "other");
VALUES(report_sources, [REPORT_MEMORY] = "memory", [REPORT_MACHINE_CHECK] = "machine_check",
       [REPORT_PCIE] = "pcie");
VALUES(report_severities, [REPORT_INFO] = "info", [REPORT_CORRECTED] = "corrected",
       [REPORT_DEFERRED] = "deferred", [REPORT_UNCORRECTED] = "uncorrected",
       [REPORT_FATAL] = "fatal");
VALUES(fd_protos, [FD_PROTO_NONE] = "none", [FD_TCP] = "tcp", [FD_UDP] = "udp", [FD_UNIX] = "unix",
       [FD_NETLINK] = "netlink", [FD_PROTO_OTHER] = "other");

VALUES(armed_vias, [ARMED_INSTALL] = "install", [ARMED_SYSCALLS] = "syscalls");
VALUES(refused_vias, [REFUSED_FUNCTION] = "function", [REFUSED_SYSCALLS] = "syscalls");

/* ---- the rows; T is the type's struct, id counts within the type ---- */

#define ROW(T, member, field_name, field_id, field_kind, set)                                      \
	{                                                                                          \
		.name = (field_name), .id = (field_id), .offset = offsetof(struct T, member),      \
		.length = sizeof(((struct T *)NULL)->member), .kind = (field_kind),                \
		.values = (set),                                                                   \
	}
#define F(T, id, kind, member)	    ROW(T, member, #member, id, FIELD_##kind, NULL)
#define E(T, id, kind, member, set) ROW(T, member, #member, id, FIELD_##kind, &(set))
#define PAD(T, member)		    ROW(T, member, "", 0, FIELD_PAD, NULL)
#define PEER(T, id)                                                                                \
	ROW(T, peer.addr, "peer.addr", id, FIELD_ADDR, NULL),                                      \
		ROW(T, peer.netns, "peer.netns", (id) + 1, FIELD_U32, NULL),                       \
		ROW(T, peer.port, "peer.port", (id) + 2, FIELD_U16, NULL),                         \
		ROW(T, peer.dir, "peer.dir", (id) + 3, FIELD_U8, &peer_dirs), PAD(T, peer.pad)

/* clang-format off */
static const struct event_field clock_fields[] = {
	F(event_clock, 1, U64, boottime_ns),
	F(event_clock, 2, U64, realtime_ns),
};

static const struct event_field host_fields[] = {
	F(event_host, 1, STR, hostname),
	F(event_host, 2, STR, machine_id),
	F(event_host, 3, STR, boot_id),
	F(event_host, 4, STR, kernel),
	F(event_host, 5, STR, run),
	F(event_host, 6, STR, version),
	F(event_host, 7, U32, netns),
	F(event_host, 8, U32, cpus),
	E(event_host, 9, U32, mode, run_modes),
	PAD(event_host, pad),
};

static const struct event_field config_fields[] = {
	F(event_config, 1, STR, key),
	F(event_config, 2, STR, value),
};

static const struct event_field tick_fields[] = {
	F(event_tick, 1, U32, seq),
	F(event_tick, 2, U32, interval_ms),
};

static const struct event_field end_fields[] = {
	E(event_end, 1, U32, reason, end_reasons),
	PAD(event_end, pad),
};

static const struct event_field probe_fields[] = {
	F(event_probe, 1, STR, name),
	F(event_probe, 2, STR, via),
	F(event_probe, 3, STR, reason),
	E(event_probe, 4, U32, state, probe_states),
	PAD(event_probe, pad),
};

static const struct event_field ring_fields[] = {
	F(event_ring, 1, STR, name),
	F(event_ring, 2, U64, produced),
	F(event_ring, 3, U64, delivered),
	F(event_ring, 4, U64, lost),
	F(event_ring, 5, U64, suppressed),
};

static const struct event_field table_fields[] = {
	F(event_table, 1, STR, name),
	F(event_table, 2, U64, limit),
	F(event_table, 3, U64, used),
	F(event_table, 4, U64, dropped),
};

static const struct event_field self_fields[] = {
	F(event_self, 1, U64, cpu_ns),
	F(event_self, 2, U64, wall_ns),
	F(event_self, 3, U64, rss_bytes),
	F(event_self, 4, U64, map_bytes),
	F(event_self, 5, U64, hooks_ns),
};

static const struct event_field hook_fields[] = {
	F(event_hook, 1, STR, name),
	F(event_hook, 2, U64, runs),
	F(event_hook, 3, U64, run_ns),
};

static const struct event_field disk_fields[] = {
	F(event_disk, 1, DEV, dev),
	F(event_disk, 2, DEV, parent),
	F(event_disk, 3, U64, diskseq),
	F(event_disk, 4, U64, size_bytes),
	F(event_disk, 5, U32, flags),
	F(event_disk, 6, STR, name),
	F(event_disk, 7, STR, model),
	F(event_disk, 8, STR, serial),
	F(event_disk, 9, STR, wwn),
	F(event_disk, 10, STR, transport),
	F(event_disk, 11, STR, backing),
	F(event_disk, 12, STR, port),
	F(event_disk, 13, STR, layer),
	PAD(event_disk, pad),
};

static const struct event_field disk_gone_fields[] = {
	F(event_disk_gone, 1, DEV, dev),
	PAD(event_disk_gone, pad),
};

static const struct event_field mount_fields[] = {
	F(event_mount, 1, DEV, dev),
	F(event_mount, 2, STR, fstype),
	F(event_mount, 3, STR, mount),
	F(event_mount, 4, STR, source),
	F(event_mount, 5, U32, flags),
	F(event_mount, 6, DEV, fs_dev),
	PAD(event_mount, pad),
};

static const struct event_field block_io_fields[] = {
	F(event_block_io, 1, DEV, dev),
	E(event_block_io, 2, U8, op, block_ops),
	E(event_block_io, 3, U8, status, block_statuses),
	E(event_block_io, 4, U8, reason, block_io_reasons),
	F(event_block_io, 5, U64, sector),
	F(event_block_io, 6, U64, bytes),
	F(event_block_io, 7, U64, lat_ns),
	F(event_block_io, 8, U8, readahead),
	F(event_block_io, 9, U8, nowait),
	F(event_block_io, 10, U32, pid),
	F(event_block_io, 11, U64, start_ns),
	F(event_block_io, 12, STR, comm),
	F(event_block_io, 13, U8, sense_key),
	F(event_block_io, 14, U8, asc),
	F(event_block_io, 15, U8, ascq),
	F(event_block_io, 16, U32, scsi_result),
	F(event_block_io, 17, U16, nvme_status),
	F(event_block_io, 18, U8, retries),
	F(event_block_io, 19, U32, timeout_ms),
	F(event_block_io, 20, U8, quiet),
	PAD(event_block_io, pad2),
};

static const struct event_field block_stat_fields[] = {
	F(event_block_stat, 1, DEV, dev),
	E(event_block_stat, 2, U32, op, block_ops),
	F(event_block_stat, 3, U64, requests),
	F(event_block_stat, 4, U64, bytes),
	F(event_block_stat, 5, U64, errors),
	F(event_block_stat, 6, U64, unknown_start),
	F(event_block_stat, 7, HIST, hist),
};

static const struct event_field block_status_fields[] = {
	F(event_block_status, 1, DEV, dev),
	E(event_block_status, 2, U16, op, block_ops),
	E(event_block_status, 3, U16, status, block_statuses),
	F(event_block_status, 4, U64, count),
	F(event_block_status, 5, U64, harmless),
	F(event_block_status, 6, U64, retried),
};

static const struct event_field block_queue_fields[] = {
	F(event_block_queue, 1, DEV, dev),
	F(event_block_queue, 2, U32, flags),
	F(event_block_queue, 3, U32, in_flight),
	F(event_block_queue, 4, U32, writes),
	F(event_block_queue, 5, U32, others),
	F(event_block_queue, 6, U32, held),
	F(event_block_queue, 7, U64, age_ns),
	F(event_block_queue, 8, U64, reads_done),
	F(event_block_queue, 9, U64, writes_done),
	F(event_block_queue, 10, U64, others_done),
	F(event_block_queue, 11, U64, read_bytes),
	F(event_block_queue, 12, U64, write_bytes),
	F(event_block_queue, 13, U64, read_ms),
	F(event_block_queue, 14, U64, write_ms),
	F(event_block_queue, 15, U64, busy_ms),
	F(event_block_queue, 16, U64, queue_ms),
	F(event_block_queue, 17, U64, discard_ms),
	F(event_block_queue, 18, U32, lengthy),
	PAD(event_block_queue, pad),
};

static const struct event_field block_split_fields[] = {
	F(event_block_split, 1, DEV, dev),
	E(event_block_split, 2, U16, op, block_ops),
	F(event_block_split, 3, U16, large),
	F(event_block_split, 4, U64, requests),
	F(event_block_split, 5, U64, bytes),
	F(event_block_split, 6, U64, queue_ns),
	F(event_block_split, 7, U64, device_ns),
	F(event_block_split, 8, HIST, hist),
};

static const struct event_field disk_norm_fields[] = {
	F(event_disk_norm, 1, DEV, dev),
	E(event_disk_norm, 2, U16, op, block_ops),
	F(event_disk_norm, 3, U16, slot),
	F(event_disk_norm, 4, U64, looks),
	F(event_disk_norm, 5, U64, lat_ns),
	F(event_disk_norm, 6, U64, bytes),
	F(event_disk_norm, 7, U32, spread_milli),
	F(event_disk_norm, 8, U32, depth_milli),
};

static const struct event_field io_limit_fields[] = {
	F(event_io_limit, 1, DEV, dev),
	F(event_io_limit, 2, U64, cgroup_id),
	F(event_io_limit, 3, U64, read_bps),
	F(event_io_limit, 4, U64, write_bps),
	F(event_io_limit, 5, U64, read_iops),
	F(event_io_limit, 6, U64, write_iops),
	F(event_io_limit, 7, U64, pressure_us),
	F(event_io_limit, 8, STR, cgroup),
	PAD(event_io_limit, pad),
};

static const struct event_field disk_link_fields[] = {
	F(event_disk_link, 1, DEV, upper),
	F(event_disk_link, 2, DEV, lower),
	F(event_disk_link, 3, U32, flags),
	PAD(event_disk_link, pad),
};

static const struct event_field thin_pool_fields[] = {
	F(event_thin_pool, 1, DEV, dev),
	F(event_thin_pool, 2, U64, data_used),
	F(event_thin_pool, 3, U64, data_bytes),
	F(event_thin_pool, 4, U64, meta_used),
	F(event_thin_pool, 5, U64, meta_bytes),
	F(event_thin_pool, 6, U32, flags),
};

static const struct event_field raid_fields[] = {
	F(event_raid, 1, DEV, dev),
	F(event_raid, 2, U32, disks),
	F(event_raid, 3, U32, degraded),
	F(event_raid, 4, STR, level),
	F(event_raid, 5, STR, state),
	F(event_raid, 6, STR, sync_action),
	F(event_raid, 7, U64, sync_done),
	F(event_raid, 8, U64, sync_total),
	PAD(event_raid, pad),
};

static const struct event_field raid_member_fields[] = {
	F(event_raid_member, 1, DEV, dev),
	F(event_raid_member, 2, DEV, member),
	F(event_raid_member, 3, S32, slot),
	F(event_raid_member, 4, U32, flags),
	F(event_raid_member, 5, U64, corrected),
	F(event_raid_member, 6, STR, name),
};

static const struct event_field task_blocked_fields[] = {
	F(event_task_blocked, 1, U32, pid),
	F(event_task_blocked, 2, U64, start_ns),
	F(event_task_blocked, 3, U32, total),
	F(event_task_blocked, 4, STR, comm),
};

static const struct event_field fs_space_fields[] = {
	F(event_fs_space, 1, DEV, dev),
	F(event_fs_space, 2, U32, flags),
	F(event_fs_space, 3, U64, size_bytes),
	F(event_fs_space, 4, U64, free_bytes),
	F(event_fs_space, 5, U64, avail_bytes),
	F(event_fs_space, 6, U64, inodes),
	F(event_fs_space, 7, U64, inodes_free),
};

static const struct event_field fs_wb_fields[] = {
	F(event_fs_wb, 1, DEV, dev),
	F(event_fs_wb, 2, U64, ranges),
	F(event_fs_wb, 3, U64, files),
	F(event_fs_wb, 4, U64, heard),
	F(event_fs_wb, 5, U64, told),
	F(event_fs_wb, 6, U64, deleted),
	F(event_fs_wb, 7, U64, ino),
	F(event_fs_wb, 8, U32, err),
	F(event_fs_wb, 9, U32, magic),
	F(event_fs_wb, 10, U32, bdev),
	F(event_fs_wb, 11, STR, fstype),
	F(event_fs_wb, 12, STR, id),
};

static const struct event_field fs_wb_file_fields[] = {
	F(event_fs_wb_file, 1, DEV, dev),
	F(event_fs_wb_file, 2, U64, ino),
	F(event_fs_wb_file, 3, U32, err),
	F(event_fs_wb_file, 4, U8, told),
	F(event_fs_wb_file, 5, U8, bdev),
	F(event_fs_wb_file, 6, U32, pid),
	F(event_fs_wb_file, 7, U64, start_ns),
	F(event_fs_wb_file, 8, STR, comm),
	PAD(event_fs_wb_file, pad),
};

static const struct event_field fs_health_fields[] = {
	F(event_fs_health, 1, DEV, dev),
	F(event_fs_health, 2, U32, flags),
	F(event_fs_health, 3, U64, errors),
	F(event_fs_health, 4, U64, write_errs),
	F(event_fs_health, 5, U64, read_errs),
	F(event_fs_health, 6, U64, corruptions),
	F(event_fs_health, 7, U64, ino),
	F(event_fs_health, 8, U32, err),
	F(event_fs_health, 9, STR, where),
	PAD(event_fs_health, pad),
};

static const struct event_field fs_error_fields[] = {
	F(event_fs_error, 1, DEV, dev),
	F(event_fs_error, 2, STR, fstype),
	F(event_fs_error, 3, STR, id),
	F(event_fs_error, 4, STR, where),
	F(event_fs_error, 5, U32, line),
	F(event_fs_error, 6, U32, shutdown),
	F(event_fs_error, 7, U32, pid),
	F(event_fs_error, 8, STR, comm),
};

static const struct event_field smart_fields[] = {
	F(event_smart, 1, DEV, dev),
	E(event_smart, 2, U32, outcome, smart_outcomes),
	F(event_smart, 3, U32, known),
	F(event_smart, 4, U32, passed),
	F(event_smart, 5, U64, reallocated),
	F(event_smart, 6, U64, pending),
	F(event_smart, 7, U64, uncorrectable),
	F(event_smart, 8, U64, media_errors),
	F(event_smart, 9, U64, link_errors),
	F(event_smart, 10, U64, hours),
	F(event_smart, 11, U32, wear_percent),
	F(event_smart, 12, S32, temperature),
	F(event_smart, 13, U32, exit_status),
	PAD(event_smart, pad),
};

static const struct event_field dns_server_fields[] = {
	F(event_dns_server, 1, ADDR, addr),
	F(event_dns_server, 2, U32, netns),
	F(event_dns_server, 3, U32, pid),
	F(event_dns_server, 4, U64, queries),
	F(event_dns_server, 5, U64, answers),
	F(event_dns_server, 6, U64, failed),
	F(event_dns_server, 7, U64, refused),
	F(event_dns_server, 8, U64, nxdomain),
	F(event_dns_server, 9, U64, other),
	F(event_dns_server, 10, U64, last_answer_ns),
	F(event_dns_server, 11, U64, start_ns),
	F(event_dns_server, 12, STR, comm),
	F(event_dns_server, 13, U64, failing_names),
};

static const struct event_field dns_tcp_fields[] = {
	F(event_dns_tcp, 1, ADDR, addr),
	F(event_dns_tcp, 2, U32, netns),
	F(event_dns_tcp, 3, U32, pid),
	F(event_dns_tcp, 4, U64, answered),
	F(event_dns_tcp, 5, U64, empty),
	F(event_dns_tcp, 6, U64, refused),
	F(event_dns_tcp, 7, U64, unreached),
	F(event_dns_tcp, 8, U64, mute),
	F(event_dns_tcp, 9, U64, last_answer_ns),
	F(event_dns_tcp, 10, U64, start_ns),
	F(event_dns_tcp, 11, STR, comm),
};

static const struct event_field nic_timeout_fields[] = {
	F(event_nic_timeout, 1, U32, ifindex),
	F(event_nic_timeout, 2, U32, netns),
	F(event_nic_timeout, 3, U32, queue),
	F(event_nic_timeout, 4, U32, still_ms),
	F(event_nic_timeout, 5, STR, name),
	F(event_nic_timeout, 6, STR, driver),
};

static const struct event_field nic_queue_fields[] = {
	F(event_nic_queue, 1, U32, ifindex),
	F(event_nic_queue, 2, U32, netns),
	F(event_nic_queue, 3, U64, packets),
	F(event_nic_queue, 4, U64, bytes),
	F(event_nic_queue, 5, U64, drops),
	F(event_nic_queue, 6, U64, requeues),
	F(event_nic_queue, 7, U64, overlimits),
	F(event_nic_queue, 8, U32, backlog),
	F(event_nic_queue, 9, U32, queued),
	F(event_nic_queue, 10, STR, kind),
};

static const struct event_field nic_fields[] = {
	F(event_nic, 1, STR, name),
	F(event_nic, 2, U32, ifindex),
	F(event_nic, 3, U32, netns),
	F(event_nic, 4, U32, flags),
	F(event_nic, 5, U32, speed_mbps),
	F(event_nic, 6, U64, rx_packets),
	F(event_nic, 7, U64, tx_packets),
	F(event_nic, 8, U64, rx_errors),
	F(event_nic, 9, U64, tx_errors),
	F(event_nic, 10, U64, rx_dropped),
	F(event_nic, 11, U64, tx_dropped),
	F(event_nic, 12, STR, kind),
	F(event_nic, 13, U32, master),
	F(event_nic, 14, U32, parent),
	F(event_nic, 15, U32, hw_type),
	F(event_nic, 16, U32, carrier_losses),
	F(event_nic, 17, U64, rx_crc_errors),
	F(event_nic, 18, U64, rx_frame_errors),
	F(event_nic, 19, U64, rx_missed_errors),
	F(event_nic, 20, U64, tx_carrier_errors),
	F(event_nic, 21, U32, mtu),
	PAD(event_nic, pad),
};

static const struct event_field tcp_retrans_fields[] = {
	PEER(event_tcp_retrans, 1),
	E(event_tcp_retrans, 5, U8, cause, retrans_causes),
	F(event_tcp_retrans, 6, U8, state),
	F(event_tcp_retrans, 7, U8, backoff),
	F(event_tcp_retrans, 8, S32, err),
	F(event_tcp_retrans, 9, U32, ifindex),
	F(event_tcp_retrans, 10, U16, local_port),
	F(event_tcp_retrans, 11, U16, remote_port),
	F(event_tcp_retrans, 12, U32, segs_out),
	F(event_tcp_retrans, 13, U32, total_retrans),
	F(event_tcp_retrans, 14, U32, srtt_us),
	F(event_tcp_retrans, 15, U32, min_rtt_us),
	F(event_tcp_retrans, 16, U32, rto_us),
	F(event_tcp_retrans, 17, U32, snd_wnd),
	F(event_tcp_retrans, 18, U32, snd_cwnd),
	F(event_tcp_retrans, 19, U32, dsack_dups),
	F(event_tcp_retrans, 20, U32, pid),
	F(event_tcp_retrans, 21, STR, comm),
	F(event_tcp_retrans, 22, U64, start_ns),
	PAD(event_tcp_retrans, pad),
	PAD(event_tcp_retrans, pad2),
};

static const struct event_field tcp_conn_fields[] = {
	PEER(event_tcp_conn, 1),
	E(event_tcp_conn, 5, U8, outcome, conn_outcomes),
	F(event_tcp_conn, 6, U32, err),
	F(event_tcp_conn, 7, U8, syn_retrans),
	F(event_tcp_conn, 8, U32, ifindex),
	F(event_tcp_conn, 9, U16, local_port),
	F(event_tcp_conn, 10, U16, remote_port),
	F(event_tcp_conn, 11, U32, segs_out),
	F(event_tcp_conn, 12, U32, total_retrans),
	F(event_tcp_conn, 13, U32, pid),
	F(event_tcp_conn, 14, STR, comm),
	F(event_tcp_conn, 15, U64, start_ns),
	PAD(event_tcp_conn, pad),
	PAD(event_tcp_conn, pad2),
};

static const struct event_field tcp_peer_fields[] = {
	PEER(event_tcp_peer, 1),
	F(event_tcp_peer, 5, U32, ifindex),
	F(event_tcp_peer, 6, U32, flags),
	F(event_tcp_peer, 7, U64, segs_out),
	F(event_tcp_peer, 8, U64, segs_retrans),
	F(event_tcp_peer, 9, U64, dsacks),
	F(event_tcp_peer, 10, U64, bytes_acked),
	F(event_tcp_peer, 11, U64, bytes_received),
	F(event_tcp_peer, 12, U64S, retrans),
	F(event_tcp_peer, 13, U64, send_errors),
	F(event_tcp_peer, 14, U64, attempts),
	F(event_tcp_peer, 15, U64, established),
	F(event_tcp_peer, 16, U64, accepted),
	F(event_tcp_peer, 17, U64, refused),
	F(event_tcp_peer, 18, U64, timed_out),
	F(event_tcp_peer, 19, U64, unreachable),
	F(event_tcp_peer, 20, U64, abandoned),
	F(event_tcp_peer, 21, U64, failed),
	F(event_tcp_peer, 22, U64, resets),
	F(event_tcp_peer, 23, U64, broken),
	F(event_tcp_peer, 24, U64, closed),
	F(event_tcp_peer, 25, U32, live),
	F(event_tcp_peer, 26, U32, live_syn),
	F(event_tcp_peer, 27, U32, live_stuck),
	F(event_tcp_peer, 28, U32, max_backoff),
	F(event_tcp_peer, 29, U32, live_zero_win),
	F(event_tcp_peer, 30, U32, live_reord),
	F(event_tcp_peer, 31, U32, srtt_us),
	F(event_tcp_peer, 32, U32, min_rtt_us),
	F(event_tcp_peer, 33, U32, pid),
	F(event_tcp_peer, 34, U32, close_wait),
	F(event_tcp_peer, 35, STR, comm),
	F(event_tcp_peer, 36, U64, start_ns),
	F(event_tcp_peer, 37, U64, resets_early),
	F(event_tcp_peer, 38, U64, resets_idle),
	F(event_tcp_peer, 39, U64, aborts),
	F(event_tcp_peer, 40, U64, aborts_early),
	F(event_tcp_peer, 41, U64, aborts_linger),
	F(event_tcp_peer, 42, U32, zero_wait_ms),
	F(event_tcp_peer, 43, U32, fresh),
	F(event_tcp_peer, 44, U32, fresh_srtt_us),
	F(event_tcp_peer, 45, U32, fresh_queued),
	F(event_tcp_peer, 46, U32, large_stuck),
	F(event_tcp_peer, 47, U32, large_resends),
	F(event_tcp_peer, 48, U32, large_sacked),
	F(event_tcp_peer, 49, U32, small_lost),
	F(event_tcp_peer, 50, U32, large_passing),
	F(event_tcp_peer, 51, U16, large_size),
	F(event_tcp_peer, 52, U16, small_size),
	F(event_tcp_peer, 53, U64, large_passed),
	F(event_tcp_peer, 54, U32, unsent),
	F(event_tcp_peer, 55, U32, unsent_tries),
	F(event_tcp_peer, 56, U64, brief),
	F(event_tcp_peer, 57, U64, resets_stale),
};

static const struct event_field tls_armed_fields[] = {
	F(event_tls_armed, 1, U32, pid),       F(event_tls_armed, 2, U64, start_ns),
	F(event_tls_armed, 3, U64, since_ns),  E(event_tls_armed, 4, U32, state, tls_armed_states),
	F(event_tls_armed, 5, U32, libraries), F(event_tls_armed, 6, U32, err),
	F(event_tls_armed, 7, STR, comm),
};

static const struct event_field tls_outcome_fields[] = {
	PEER(event_tls_outcome, 1),
	F(event_tls_outcome, 5, U64, count),
	F(event_tls_outcome, 6, U64, last_ns),
	F(event_tls_outcome, 7, U64, start_ns),
	F(event_tls_outcome, 8, U32, pid),
	F(event_tls_outcome, 9, S32, reason),
	F(event_tls_outcome, 10, U32, detail),
	E(event_tls_outcome, 11, U8, library, tls_libraries),
	E(event_tls_outcome, 12, U8, outcome, tls_outcomes),
	PAD(event_tls_outcome, pad),
	F(event_tls_outcome, 13, STR, comm),
};

static const struct event_field proc_fields[] = {
	F(event_proc, 1, U32, pid),
	F(event_proc, 2, U64, start_ns),
	F(event_proc, 3, U32, ppid),
	F(event_proc, 4, U32, uid),
	F(event_proc, 5, STR, comm),
	F(event_proc, 6, STR, exe),
	F(event_proc, 7, STR, cgroup),
	F(event_proc, 8, U64, cgroup_id),
	F(event_proc, 9, STR, container),
	F(event_proc, 10, U32, netns),
};

static const struct event_field proc_fds_fields[] = {
	F(event_proc_fds, 1, U32, pid),
	F(event_proc_fds, 2, U64, start_ns),
	F(event_proc_fds, 3, U32, fds),
	F(event_proc_fds, 4, U64, limit),
	F(event_proc_fds, 5, STR, comm),
	F(event_proc_fds, 6, U32, uid),
	F(event_proc_fds, 7, U64, cgroup_id),
	F(event_proc_fds, 8, U32, netns),
	F(event_proc_fds, 9, U64, hard),
};

static const struct event_field proc_gone_fields[] = {
	F(event_proc_gone, 1, U32, pid),
	F(event_proc_gone, 2, U64, start_ns),
	PAD(event_proc_gone, pad),
};

static const struct event_field fd_group_fields[] = {
	F(event_fd_group, 1, U32, pid),
	F(event_fd_group, 2, U64, start_ns),
	F(event_fd_group, 3, U32, scan),
	F(event_fd_group, 4, U32, count),
	E(event_fd_group, 5, U8, kind, fd_kinds),
	E(event_fd_group, 6, U8, proto, fd_protos),
	F(event_fd_group, 7, U8, state),
	PEER(event_fd_group, 8),
	F(event_fd_group, 12, STR, name),
	F(event_fd_group, 13, U32, idle),
	F(event_fd_group, 14, U32, idle_max_ms),
	F(event_fd_group, 15, U32, heirs),
	F(event_fd_group, 16, U32, heir_pid),
	F(event_fd_group, 17, STR, heir_comm),
	F(event_fd_group, 18, U16, looked_at),
	F(event_fd_group, 19, U16, alike),
	F(event_fd_group, 20, U16, deleted),
	F(event_fd_group, 21, U16, more_peers),
	PAD(event_fd_group, pad),
};

static const struct event_field fd_scan_fields[] = {
	F(event_fd_scan, 1, U32, pid),
	F(event_fd_scan, 2, U64, start_ns),
	F(event_fd_scan, 3, U32, scan),
	F(event_fd_scan, 4, U32, fds),
	F(event_fd_scan, 5, U32, groups),
	F(event_fd_scan, 6, U32, sent),
	PAD(event_fd_scan, pad),
};

static const struct event_field file_table_fields[] = {
	F(event_file_table, 1, U64, open),
	F(event_file_table, 2, U64, limit),
};

static const struct event_field fd_site_fields[] = {
	F(event_fd_site, 1, U32, pid),
	F(event_fd_site, 2, U64, start_ns),
	F(event_fd_site, 3, U32, site),
	F(event_fd_site, 4, U64, opened),
	F(event_fd_site, 5, U64, ripe),
	F(event_fd_site, 6, U32, alive),
	F(event_fd_site, 7, U32, ripe_alive),
	F(event_fd_site, 8, U64, first_ns),
	F(event_fd_site, 9, U64, last_ns),
	F(event_fd_site, 10, U64, oldest_ns),
	E(event_fd_site, 11, U8, kind, fd_kinds),
	E(event_fd_site, 12, U8, dir, peer_dirs),
	F(event_fd_site, 13, U16, port),
	PAD(event_fd_site, pad),
};

static const struct event_field fd_armed_fields[] = {
	F(event_fd_armed, 1, U32, pid),
	F(event_fd_armed, 2, U64, start_ns),
	F(event_fd_armed, 3, U64, since_ns),
	F(event_fd_armed, 4, U64, opened),
	F(event_fd_armed, 5, U64, closed),
	F(event_fd_armed, 6, U64, stale),
	F(event_fd_armed, 7, U64, dropped),
	F(event_fd_armed, 8, U64, runs),
	F(event_fd_armed, 9, U32, tracked),
	F(event_fd_armed, 10, U32, before),
	F(event_fd_armed, 11, U32, unknown),
	E(event_fd_armed, 12, U32, via, armed_vias),
	PAD(event_fd_armed, pad),
};

static const struct event_field fd_refused_fields[] = {
	F(event_fd_refused, 1, U32, pid),
	F(event_fd_refused, 2, U64, start_ns),
	F(event_fd_refused, 3, U64, since_ns),
	F(event_fd_refused, 4, U64, refused),
	F(event_fd_refused, 5, U64, last_ns),
	F(event_fd_refused, 6, U32, last_pid),
	F(event_fd_refused, 7, STR, last_comm),
	E(event_fd_refused, 8, U32, via, refused_vias),
	PAD(event_fd_refused, pad),
};

static const struct event_field fd_stack_fields[] = {
	F(event_fd_stack, 1, U32, pid),
	F(event_fd_stack, 2, U64, start_ns),
	F(event_fd_stack, 3, U32, site),
	F(event_fd_stack, 4, U32, flags),
	F(event_fd_stack, 5, U32, frames),
	F(event_fd_stack, 6, STR, text),
	F(event_fd_stack, 7, STR, build_id),
};

static const struct event_field host_load_fields[] = {
	F(event_host_load, 1, U64, mem_total),
	F(event_host_load, 2, U64, mem_available),
	F(event_host_load, 3, U64, swap_total),
	F(event_host_load, 4, U64, swap_free),
	F(event_host_load, 5, U64, cpu_some_us),
	F(event_host_load, 6, U64, mem_some_us),
	F(event_host_load, 7, U64, mem_full_us),
	F(event_host_load, 8, U64, oom_kills),
	F(event_host_load, 9, U32, cpus),
	F(event_host_load, 10, U32, running),
	F(event_host_load, 11, U32, tasks),
	F(event_host_load, 12, U32, load1_centi),
	F(event_host_load, 13, U32, flags),
	PAD(event_host_load, pad),
};

static const struct event_field host_cpu_fields[] = {
	F(event_host_cpu, 1, U64, user_ms),
	F(event_host_cpu, 2, U64, nice_ms),
	F(event_host_cpu, 3, U64, system_ms),
	F(event_host_cpu, 4, U64, idle_ms),
	F(event_host_cpu, 5, U64, iowait_ms),
	F(event_host_cpu, 6, U64, irq_ms),
	F(event_host_cpu, 7, U64, steal_ms),
};

static const struct event_field oom_kill_fields[] = {
	F(event_oom_kill, 1, U32, pid),
	F(event_oom_kill, 2, U64, start_ns),
	F(event_oom_kill, 3, U32, uid),
	F(event_oom_kill, 4, STR, comm),
	F(event_oom_kill, 5, U64, cgroup_id),
	F(event_oom_kill, 6, STR, unit),
	F(event_oom_kill, 7, U64, rss_bytes),
	F(event_oom_kill, 8, S32, score_adj),
	F(event_oom_kill, 9, U64, limit_bytes),
	F(event_oom_kill, 10, U64, used_bytes),
	F(event_oom_kill, 11, STR, limit),
	F(event_oom_kill, 12, U32, by_pid),
	F(event_oom_kill, 13, STR, by_comm),
};

static const struct event_field proc_exits_fields[] = {
	F(event_proc_exits, 1, STR, comm),
	F(event_proc_exits, 2, STR, unit),
	F(event_proc_exits, 3, U64, failed),
	F(event_proc_exits, 4, U64, crashed),
	F(event_proc_exits, 5, U64, oom),
	F(event_proc_exits, 6, U64, apart),
	F(event_proc_exits, 7, U64, well),
	F(event_proc_exits, 8, U64, lived_ms),
	F(event_proc_exits, 9, U64, last_ns),
	F(event_proc_exits, 10, U64, start_ns),
	F(event_proc_exits, 11, U32, pid),
	F(event_proc_exits, 12, S32, exit_code),
	F(event_proc_exits, 13, STR, parent),
};

static const struct event_field task_waiting_fields[] = {
	F(event_task_waiting, 1, U32, pid),
	F(event_task_waiting, 2, U64, start_ns),
	F(event_task_waiting, 3, U32, tid),
	F(event_task_waiting, 4, U64, since_ns),
	F(event_task_waiting, 5, U32, total),
	F(event_task_waiting, 6, STR, comm),
	F(event_task_waiting, 7, STR, wchan),
	PAD(event_task_waiting, pad),
};

static const struct event_field task_hang_fields[] = {
	F(event_task_hang, 1, U32, pid),
	F(event_task_hang, 2, U64, start_ns),
	F(event_task_hang, 3, U32, tid),
	F(event_task_hang, 4, U32, kthread),
	F(event_task_hang, 5, STR, comm),
	PAD(event_task_hang, pad),
};

static const struct event_field hardware_report_fields[] = {
	E(event_hardware_report, 1, U8, source, report_sources),
	E(event_hardware_report, 2, U8, severity, report_severities),
	F(event_hardware_report, 3, U32, count),
	F(event_hardware_report, 4, STR, where),
	F(event_hardware_report, 5, STR, what),
	F(event_hardware_report, 6, U64, address),
	F(event_hardware_report, 7, U64, status),
	F(event_hardware_report, 8, U32, cpu),
	F(event_hardware_report, 9, U16, bank),
	F(event_hardware_report, 10, U32, flags),
};

static const struct event_field net_stack_fields[] = {
	F(event_net_stack, 1, U32, netns),
	F(event_net_stack, 2, U64, accepted),
	F(event_net_stack, 3, U64, listen_overflows),
	F(event_net_stack, 4, U64, listen_drops),
	F(event_net_stack, 5, U64, syn_drops),
	F(event_net_stack, 6, U64, syn_cookies),
	F(event_net_stack, 7, U64, udp_in),
	F(event_net_stack, 8, U64, udp_drops),
	F(event_net_stack, 9, U32, time_wait),
	F(event_net_stack, 10, U32, tcp_inuse),
	F(event_net_stack, 11, U16, port_low),
	F(event_net_stack, 12, U16, port_high),
	F(event_net_stack, 13, U64, send_fails),
	F(event_net_stack, 14, U64, no_routes),
};

static const struct event_field socket_queue_fields[] = {
	F(event_socket_queue, 1, U64, inode),
	E(event_socket_queue, 2, U8, proto, fd_protos),
	F(event_socket_queue, 3, ADDR, addr),
	F(event_socket_queue, 4, U16, port),
	F(event_socket_queue, 5, U32, netns),
	F(event_socket_queue, 6, U64, drops),
	F(event_socket_queue, 7, U32, queued),
	F(event_socket_queue, 8, U32, limit),
	F(event_socket_queue, 9, U32, uid),
	F(event_socket_queue, 10, U32, flags),
	F(event_socket_queue, 11, U32, pid),
	F(event_socket_queue, 12, U64, start_ns),
	F(event_socket_queue, 13, STR, comm),
	PAD(event_socket_queue, pad),
};

static const struct event_field socket_unread_fields[] = {
	F(event_socket_unread, 1, U64, inode),
	F(event_socket_unread, 2, ADDR, addr),
	F(event_socket_unread, 3, U16, port),
	F(event_socket_unread, 4, ADDR, peer),
	F(event_socket_unread, 5, U16, peer_port),
	F(event_socket_unread, 6, U32, netns),
	F(event_socket_unread, 7, U32, unread),
	F(event_socket_unread, 8, U32, memory),
	F(event_socket_unread, 9, U32, limit),
	F(event_socket_unread, 10, U32, wait_ms),
	F(event_socket_unread, 11, U32, uid),
	F(event_socket_unread, 12, U32, flags),
	F(event_socket_unread, 13, U32, pid),
	F(event_socket_unread, 14, U64, start_ns),
	F(event_socket_unread, 15, STR, comm),
	PAD(event_socket_unread, pad),
};

static const struct event_field conntrack_fields[] = {
	F(event_conntrack, 1, U64, entries),
	F(event_conntrack, 2, U64, limit),
	F(event_conntrack, 3, U64, drops),
	F(event_conntrack, 4, U64, early_drops),
	F(event_conntrack, 5, U32, flags),
	PAD(event_conntrack, pad),
};

static const struct event_field clock_state_fields[] = {
	F(event_clock_state, 1, U64, boottime_ns),
	F(event_clock_state, 2, U32, status),
	F(event_clock_state, 3, U32, state),
	F(event_clock_state, 4, U64, max_error_us),
	F(event_clock_state, 5, U64, est_error_us),
};

static const struct event_field clock_step_fields[] = {
	F(event_clock_step, 1, U64, boottime_ns),
	F(event_clock_step, 2, U64, realtime_ns),
	F(event_clock_step, 3, U64, expected_ns),
	F(event_clock_step, 4, U32, status),
	F(event_clock_step, 5, U32, leap),
};

/* ---- the types ---- */

#define TYPE(NUMBER, text) \
	{ #text, NUMBER, sizeof(struct event_##text), text##_fields, COUNT(text##_fields) }

static const struct event_desc descs[] = {
	TYPE(EVENT_CLOCK, clock),
	TYPE(EVENT_HOST, host),
	TYPE(EVENT_CONFIG, config),
	TYPE(EVENT_TICK, tick),
	{ "pulse", EVENT_PULSE, sizeof(struct event_pulse), NULL, 0 },
	TYPE(EVENT_END, end),
	TYPE(EVENT_PROBE, probe),
	TYPE(EVENT_RING, ring),
	TYPE(EVENT_TABLE, table),
	TYPE(EVENT_SELF, self),
	TYPE(EVENT_HOOK, hook),
	TYPE(EVENT_DISK, disk),
	TYPE(EVENT_DISK_GONE, disk_gone),
	TYPE(EVENT_MOUNT, mount),
	TYPE(EVENT_BLOCK_IO, block_io),
	TYPE(EVENT_BLOCK_STAT, block_stat),
	TYPE(EVENT_BLOCK_STATUS, block_status),
	TYPE(EVENT_BLOCK_QUEUE, block_queue),
	TYPE(EVENT_BLOCK_SPLIT, block_split),
	TYPE(EVENT_DISK_NORM, disk_norm),
	TYPE(EVENT_IO_LIMIT, io_limit),
	TYPE(EVENT_TASK_BLOCKED, task_blocked),
	TYPE(EVENT_FS_SPACE, fs_space),
	TYPE(EVENT_FS_WB, fs_wb),
	TYPE(EVENT_FS_WB_FILE, fs_wb_file),
	TYPE(EVENT_FS_HEALTH, fs_health),
	TYPE(EVENT_FS_ERROR, fs_error),
	TYPE(EVENT_HOST_LOAD, host_load),
	TYPE(EVENT_HOST_CPU, host_cpu),
	TYPE(EVENT_OOM_KILL, oom_kill),
	TYPE(EVENT_PROC_EXITS, proc_exits),
	TYPE(EVENT_TASK_WAITING, task_waiting),
	TYPE(EVENT_TASK_HANG, task_hang),
	TYPE(EVENT_HARDWARE_REPORT, hardware_report),
	TYPE(EVENT_THIN_POOL, thin_pool),
	TYPE(EVENT_SMART, smart),
	TYPE(EVENT_DISK_LINK, disk_link),
	TYPE(EVENT_RAID, raid),
	TYPE(EVENT_RAID_MEMBER, raid_member),
	TYPE(EVENT_NIC, nic),
	TYPE(EVENT_NIC_TIMEOUT, nic_timeout),
	TYPE(EVENT_NIC_QUEUE, nic_queue),
	TYPE(EVENT_DNS_SERVER, dns_server),
	TYPE(EVENT_DNS_TCP, dns_tcp),
	TYPE(EVENT_TCP_RETRANS, tcp_retrans),
	TYPE(EVENT_TCP_CONN, tcp_conn),
	TYPE(EVENT_TCP_PEER, tcp_peer),
	TYPE(EVENT_TLS_ARMED, tls_armed),
	TYPE(EVENT_TLS_OUTCOME, tls_outcome),
	TYPE(EVENT_PROC, proc),
	TYPE(EVENT_PROC_FDS, proc_fds),
	TYPE(EVENT_PROC_GONE, proc_gone),
	TYPE(EVENT_FD_GROUP, fd_group),
	TYPE(EVENT_FD_SCAN, fd_scan),
	TYPE(EVENT_FILE_TABLE, file_table),
	TYPE(EVENT_FD_SITE, fd_site),
	TYPE(EVENT_FD_ARMED, fd_armed),
	TYPE(EVENT_FD_STACK, fd_stack),
	TYPE(EVENT_FD_REFUSED, fd_refused),
	TYPE(EVENT_NET_STACK, net_stack),
	TYPE(EVENT_SOCKET_QUEUE, socket_queue),
	TYPE(EVENT_SOCKET_UNREAD, socket_unread),
	TYPE(EVENT_CONNTRACK, conntrack),
	TYPE(EVENT_CLOCK_STATE, clock_state),
	TYPE(EVENT_CLOCK_STEP, clock_step),
};
/* clang-format on */

const struct event_desc *event_desc_at(unsigned int i)
{
	return i < COUNT(descs) ? &descs[i] : NULL;
}
