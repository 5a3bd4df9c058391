/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_table.c - THE probe table; see probe_table.h. */
#include "probe/probe_table.h"

#include <stddef.h>

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
};
