/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_type.h - the ABI of events: their types and common header; see event.h. */
#ifndef CULPRIT_EVENT_TYPE_H
#define CULPRIT_EVENT_TYPE_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define EVENT_ABI_VERSION 1
#define EVENT_COMM_LEN	  16
#define EVENT_HIST_SLOTS  64

enum event_type {
	/* frame: what the replay needs to be the same run */
	EVENT_CLOCK = 1,
	EVENT_HOST = 2,
	EVENT_CONFIG = 3,
	EVENT_TICK = 4,	 /* a snapshot is complete: rules are evaluated */
	EVENT_PULSE = 5, /* urgent ring events were drained: rules are evaluated */
	EVENT_END = 6,	 /* the window is over: last evaluation, then the verdict */
	/* what the tool says of itself */
	EVENT_PROBE = 10,
	EVENT_RING = 11,
	EVENT_TABLE = 12,
	EVENT_SELF = 13,
	EVENT_HOOK = 14,
	/* disks and their requests */
	EVENT_DISK = 20,
	EVENT_DISK_GONE = 21,
	EVENT_MOUNT = 22,
	EVENT_BLOCK_IO = 23,
	EVENT_BLOCK_STAT = 24,
	EVENT_BLOCK_STATUS = 25,
	EVENT_BLOCK_QUEUE = 28,
	EVENT_IO_LIMIT = 29,
	/* interfaces and peers */
	EVENT_NIC_TIMEOUT = 26,
	EVENT_NIC = 30,
	EVENT_TCP_RETRANS = 31,
	EVENT_TCP_CONN = 32,
	EVENT_TCP_PEER = 33,
	/* TLS handshakes of armed programs */
	EVENT_TLS_ARMED = 27,
	EVENT_TLS_OUTCOME = 73,
	/* processes and their descriptors */
	EVENT_PROC = 40,
	EVENT_PROC_FDS = 41,
	EVENT_PROC_GONE = 42,
	EVENT_FD_GROUP = 43,
	EVENT_FD_SCAN = 44,
	/* who waits for a disk */
	EVENT_TASK_BLOCKED = 60,
	/* what is stacked on what */
	EVENT_DISK_LINK = 70,
	EVENT_RAID = 71,
	EVENT_RAID_MEMBER = 72,
	/* file systems */
	EVENT_FS_SPACE = 75,
	EVENT_FS_WB = 76,
	EVENT_FS_WB_FILE = 77,
	EVENT_FS_HEALTH = 78,
	EVENT_FS_ERROR = 79,
	/* how long disks take */
	EVENT_BLOCK_SPLIT = 80,
	EVENT_DISK_NORM = 81,
	/* the host as a whole */
	EVENT_HOST_LOAD = 85,
	EVENT_HOST_CPU = 86,
	EVENT_OOM_KILL = 87,
	EVENT_PROC_EXITS = 88,
	EVENT_TASK_WAITING = 89,
	EVENT_TASK_HANG = 90,
	EVENT_HARDWARE_REPORT = 91,
	/* what a suspected disk says of itself */
	EVENT_SMART = 95,
	/* descriptors: the system-wide table; what armed processes open */
	EVENT_FILE_TABLE = 100,
	EVENT_FD_SITE = 101,
	EVENT_FD_ARMED = 102,
	EVENT_FD_STACK = 103,
	EVENT_FD_REFUSED = 96,

	EVENT_THIN_POOL = 104,
	/* queues of interfaces; name servers */
	EVENT_NIC_QUEUE = 110,
	EVENT_DNS_SERVER = 111,
	EVENT_DNS_TCP = 83,
	/* what this host's own side of the network turns away, and its clock */
	EVENT_NET_STACK = 120,
	EVENT_SOCKET_UNREAD = 82,
	EVENT_SOCKET_QUEUE = 121,
	EVENT_CONNTRACK = 122,
	EVENT_CLOCK_STATE = 123,
	EVENT_CLOCK_STEP = 124,
};

/* The header of every event. size counts header and payload, in bytes. */
struct event {
	__u64 ts_ns; /* CLOCK_MONOTONIC */
	__u32 type;
	__u32 size;
};

#define EVENT_SIZE_IS(type, size) _Static_assert(sizeof(struct type) == (size), #type)
EVENT_SIZE_IS(event, 16);

#endif
