/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_table.c - THE probe table; see probe_table.h. */
#include "probe/probe_table.h"

#include <stddef.h>
#include <string.h>

#include <culprit/map_block.h>

/*
 * tp_btf first: it depends on nothing but the tracepoint's name and the kernel's types. raw_tp does the
 * same without the kernel's knowledge of the argument types. A classic tracepoint needs tracefs, and
 * CAP_DAC_READ_SEARCH where that is root's.
 */
const struct probe_row probe_table[PROBE_ROWS] = {
	{
		.name = "tcp.retransmit",
		.object = OBJECT_TCP,
		.hook = HOOK_TCP_RETRANSMIT,
		.needed_by = "network",
		.ways = {{"tp_btf", "tcp_retransmit_skb", "retransmit_btf", NULL},
			 {"raw_tp", "tcp_retransmit_skb", "retransmit_raw", NULL},
			 {"tp", "tcp/tcp_retransmit_skb", "retransmit_tp", NULL}},
	},
	{
		.name = "tcp.state",
		.object = OBJECT_TCP,
		.hook = HOOK_TCP_STATE,
		.needed_by = "network",
		.ways = {{"tp_btf", "inet_sock_set_state", "state_btf", NULL},
			 {"raw_tp", "inet_sock_set_state", "state_raw", NULL},
			 {"tp", "sock/inet_sock_set_state", "state_tp", NULL}},
	},
	{
		.name = "tcp.synack",
		.object = OBJECT_TCP,
		.hook = HOOK_TCP_SYNACK,
		.needed_by = "network",
		.ways = {{"tp_btf", "tcp_retransmit_synack", "synack_btf", NULL},
			 {"raw_tp", "tcp_retransmit_synack", "synack_raw", NULL},
			 {"tp", "tcp/tcp_retransmit_synack", "synack_tp", NULL}},
	},
	{
		.name = "tcp.sample",
		.object = OBJECT_TCP,
		.hook = HOOK_TCP_SAMPLE,
		.needed_by = "network",
		.ways = {{"iter", "tcp", "tcp_sample", NULL}},
	},
	{
		.name = "block.complete",
		.object = OBJECT_BLOCK,
		.hook = HOOK_BLOCK_COMPLETE,
		.needed_by = "hardware",
		.ways = {{"tp_btf", "block_rq_complete", "complete_btf", NULL},
			 {"raw_tp", "block_rq_complete", "complete_raw", NULL},
			 {"tp", "block/block_rq_complete", "complete_tp",
			  "no latencies; passthrough requests not told apart"}},
	},
	{
		.name = "block.issue",
		.object = OBJECT_BLOCK,
		.hook = HOOK_BLOCK_ISSUE,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"tp_btf", "block_rq_issue", "issue_btf", NULL},
			 {"raw_tp", "block_rq_issue", "issue_raw", NULL}},
	},
	{
		.name = "block.insert",
		.object = OBJECT_BLOCK,
		.hook = HOOK_BLOCK_INSERT,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"tp_btf", "block_rq_insert", "insert_btf", NULL},
			 {"raw_tp", "block_rq_insert", "insert_raw", NULL}},
	},
	{
		.name = "block.requeue",
		.object = OBJECT_BLOCK,
		.hook = HOOK_BLOCK_REQUEUE,
		.needed_by = "",
		.ways = {{"tp_btf", "block_rq_requeue", "requeue_btf", NULL},
			 {"raw_tp", "block_rq_requeue", "requeue_raw", NULL}},
	},
	{
		.name = "block.queue",
		.object = OBJECT_BLOCK,
		.hook = HOOK_BLOCK_QUEUE,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"run", "queue_walk", "queue_walk", NULL}},
	},
	{
		.name = "files.census",
		.object = OBJECT_FILES,
		.hook = HOOK_FILES_CENSUS,
		.needed_by = "connection-leak",
		.ways = {{"iter", "task", "files_census", NULL}},
	},
	{
		.name = "files.scan",
		.object = OBJECT_FILES,
		.hook = HOOK_FILES_SCAN,
		.on_demand = true,
		.needed_by = "connection-leak",
		.ways = {{"iter", "task_file", "files_scan", NULL}},
	},
	{
		.name = "leak.open",
		.object = OBJECT_LEAK,
		.hook = HOOK_LEAK_OPEN,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"fentry", "fd_install", "leak_install", NULL},
			 {"tp_btf", "sys_exit", "leak_sys_exit", NULL}},
	},
	{
		.name = "leak.close",
		.object = OBJECT_LEAK,
		.hook = HOOK_LEAK_CLOSE,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"fentry", "file_close_fd", "leak_close_file", NULL},
			 {"fentry", "close_fd", "leak_close", NULL},
			 {"fentry", "__close_fd", "leak_close_old", NULL},
			 {"tp_btf", "sys_enter", "leak_sys_enter", NULL}},
	},
	{
		.name = "files.refused",
		.object = OBJECT_REFUSED,
		.hook = HOOK_REFUSED_NUMBER,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"fexit", "get_unused_fd_flags", "refused_number", NULL},
			 {"tp_btf", "sys_exit", "refused_number_call", NULL}},
	},
	{
		.name = "files.table_full",
		.object = OBJECT_REFUSED,
		.hook = HOOK_REFUSED_FILE,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"fexit", "alloc_empty_file", "refused_file", NULL},
			 {"tp_btf", "sys_exit", "refused_file_call", NULL}},
	},
	{
		.name = "fs.writeback",
		.object = OBJECT_FS,
		.hook = HOOK_FS_WB_SET,
		.needed_by = "",
		.ways = {{"tp_btf", "filemap_set_wb_err", "wb_set_btf", NULL},
			 {"raw_tp", "filemap_set_wb_err", "wb_set_raw", NULL}},
	},
	{
		.name = "fs.fsync",
		.object = OBJECT_FS,
		.hook = HOOK_FS_WB_TOLD,
		.needed_by = "",
		.ways = {{"tp_btf", "file_check_and_advance_wb_err", "wb_told_btf", NULL},
			 {"raw_tp", "file_check_and_advance_wb_err", "wb_told_raw", NULL}},
	},
	/* Modules on most systems: a raw tracepoint goes by name alone, and only once the module is loaded. */
	{
		.name = "fs.ext4",
		.object = OBJECT_FS,
		.hook = HOOK_FS_EXT4,
		.needed_by = "",
		.ways = {{"raw_tp", "ext4_error", "ext4_error_raw", NULL}},
	},
	{
		.name = "fs.xfs",
		.object = OBJECT_FS,
		.hook = HOOK_FS_XFS,
		.needed_by = "",
		.ways = {{"raw_tp", "xfs_force_shutdown", "xfs_shutdown_raw", NULL}},
	},
	{
		.name = "system.oom",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_SYSTEM_OOM,
		.needed_by = "system",
		.ways = {{"tp_btf", "mark_victim", "oom_btf", NULL},
			 {"raw_tp", "mark_victim", "oom_raw", NULL}},
	},
	{
		.name = "system.exit",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_SYSTEM_EXIT,
		.needed_by = "",
		.ways = {{"tp_btf", "sched_process_exit", "exit_btf", NULL},
			 {"raw_tp", "sched_process_exit", "exit_raw", NULL}},
	},
	{
		.name = "system.hang",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_SYSTEM_HANG,
		.needed_by = "",
		.ways = {{"tp_btf", "sched_process_hang", "hang_btf", NULL},
			 {"raw_tp", "sched_process_hang", "hang_raw", NULL}},
	},
	{
		.name = "system.memory",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_SYSTEM_MEMORY,
		.needed_by = "",
		.ways = {{"tp_btf", "mc_event", "memory_btf", NULL},
			 {"raw_tp", "mc_event", "memory_raw", NULL}},
	},
	{
		.name = "system.machine_check",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_SYSTEM_MACHINE_CHECK,
		.needed_by = "",
		.ways = {{"tp_btf", "mce_record", "mce_btf", NULL},
			 {"raw_tp", "mce_record", "mce_raw", NULL}},
	},
	{
		.name = "system.pcie",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_SYSTEM_PCIE,
		.needed_by = "",
		.ways = {{"tp_btf", "aer_event", "pcie_btf", NULL},
			 {"raw_tp", "aer_event", "pcie_raw", NULL}},
	},
	{
		.name = "nic.timeout",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_NIC_TIMEOUT,
		.needed_by = "",
		.ways = {{"tp_btf", "net_dev_xmit_timeout", "nic_timeout_btf", NULL},
			 {"raw_tp", "net_dev_xmit_timeout", "nic_timeout_raw", NULL}},
	},
	{
		.name = "system.waiting",
		.object = OBJECT_SYSTEM,
		.hook = HOOK_SYSTEM_WAITING,
		.needed_by = "",
		.ways = {{"iter", "task", "system_waiting", NULL}},
	},
	/* No tracepoint is of datagrams alone: those that see them see every packet or every call. */
	{
		.name = "dns.query",
		.object = OBJECT_DNS,
		.hook = HOOK_DNS_QUERY,
		.needed_by = "",
		.ways = {{"fentry", "ip_send_skb", "dns_query", NULL}},
	},
	{
		.name = "dns.query6",
		.object = OBJECT_DNS,
		.hook = HOOK_DNS_QUERY6,
		.needed_by = "",
		.ways = {{"fentry", "ip6_send_skb", "dns_query6", NULL}},
	},
	{
		.name = "dns.answer",
		.object = OBJECT_DNS,
		.hook = HOOK_DNS_ANSWER,
		.needed_by = "",
		.ways = {{"fentry", "skb_consume_udp", "dns_answer", NULL}},
	},
	/* The other programs of the object are loaded and attached with it (user/probe/tls_probe.c). */
	{
		.name = "tls.handshake",
		.object = OBJECT_TLS,
		.hook = HOOK_TLS_HANDSHAKE,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"uprobe", "SSL_do_handshake", "tls_openssl_leave", NULL}},
	},
	{
		.name = "tls.connect",
		.object = OBJECT_TLS,
		.hook = HOOK_TLS_CONNECT,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"tp_btf", "inet_sock_set_state", "tls_connect_btf", NULL},
			 {"raw_tp", "inet_sock_set_state", "tls_connect_raw", NULL}},
	},
	{
		.name = "tls.receive",
		.object = OBJECT_TLS,
		.hook = HOOK_TLS_RECEIVE,
		.on_demand = true,
		.needed_by = "",
		.ways = {{"tp_btf", "tcp_rcv_space_adjust", "tls_receive_btf", NULL},
			 {"raw_tp", "tcp_rcv_space_adjust", "tls_receive_raw", NULL}},
	},
};

bool way_is_function(const struct way *way)
{
	return strcmp(way->type, "fentry") == 0 || strcmp(way->type, "fexit") == 0;
}

bool probe_listed(const char *list, const char *name, const char **ret_value)
{
	size_t len = strlen(name);

	while (list && *list) {
		size_t item = strcspn(list, ",");

		if (item >= len && strncmp(list, name, len) == 0 &&
		    (item == len || list[len] == '=')) {
			if (ret_value)
				*ret_value = item == len ? "" : list + len + 1;
			return true;
		}
		list += item + (list[item] == ',');
	}
	return false;
}
