/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * counters.h - the map that each BPF object has: its exact counters.
 *
 * Keys and values of the other maps, and the records of the iterators, are in map_OBJECT.h. Only bpf/ and the part of
 * the program that loads it include these; what leaves it are the events of event.h. Both sides are built from
 * them and they are never recorded, so nothing in them carries a version.
 */
#ifndef CULPRIT_COUNTERS_H
#define CULPRIT_COUNTERS_H

#include "event_type.h"

enum counter {
	COUNTER_PRODUCED = 0,	/* events to send, counted before the reservation */
	COUNTER_LOST = 1,	/* of these: the ring was full */
	COUNTER_SUPPRESSED = 2, /* events held back by a rate limit: neither produced nor lost */
	COUNTER_NO_ENTRY = 3,	/* counts that found their table full: these are lost */
	COUNTER_SYNACK_NEW = 4, /* SYN-ACKs resent to an address that never connected: not kept */
	COUNTER_RUNS = 8,	/* and on: runs of each hook, see enum hook */
	COUNTERS = 56,
};

/* The hooks, whatever their way: COUNTER_RUNS + hook counts the runs. */
enum hook {
	HOOK_TCP_RETRANSMIT = 0,
	HOOK_TCP_STATE = 1,
	HOOK_TCP_SYNACK = 2,
	HOOK_TCP_SAMPLE = 3,
	HOOK_BLOCK_COMPLETE = 4,
	HOOK_BLOCK_ISSUE = 5,
	HOOK_FILES_CENSUS = 6,
	HOOK_FILES_SCAN = 7,
	HOOK_BLOCK_REQUEUE = 8,
	HOOK_FS_WB_SET = 10,
	HOOK_FS_WB_TOLD = 11,
	HOOK_FS_EXT4 = 12,
	HOOK_FS_XFS = 13,
	HOOK_BLOCK_QUEUE = 15,
	HOOK_BLOCK_INSERT = 41,
	HOOK_DNS_QUERY = 36,
	HOOK_DNS_QUERY6 = 37,
	HOOK_DNS_ANSWER = 38,
	HOOK_LEAK_OPEN = 24,
	HOOK_LEAK_CLOSE = 25,
	HOOK_REFUSED_NUMBER = 46,
	HOOK_REFUSED_FILE = 47,
	HOOK_SYSTEM_OOM = 16,
	HOOK_SYSTEM_EXIT = 17,
	HOOK_SYSTEM_HANG = 18,
	HOOK_SYSTEM_WAITING = 19,
	HOOK_SYSTEM_MEMORY = 20,
	HOOK_SYSTEM_MACHINE_CHECK = 21,
	HOOK_SYSTEM_PCIE = 22,
	HOOK_NIC_TIMEOUT = 32,
	HOOK_TLS_HANDSHAKE = 42,
	HOOK_TLS_CONNECT = 43,
	HOOK_TLS_RECEIVE = 44,
	HOOKS = 48,
};

#endif
