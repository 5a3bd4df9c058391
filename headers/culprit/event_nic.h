/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_nic.h - the ABI of events: network interfaces; see event.h. */
#ifndef CULPRIT_EVENT_NIC_H
#define CULPRIT_EVENT_NIC_H

#include "event_type.h"

enum nic_flag {
	NIC_UP = 1, /* by the administrator */
	NIC_RUNNING = 2,
	NIC_LOOPBACK = 4,
	NIC_VIRTUAL = 8,
	NIC_CARRIER = 16,   /* there is a link */
	NIC_ADDRESSED = 32, /* it has an address of its own that is not link-local */
	NIC_WIRELESS = 64,
	NIC_GONE = 128, /* it was removed, or moved to another namespace: forget it */
};

struct event_nic {
	struct event h;
	__u32 ifindex;
	__u32 netns;
	__u32 flags;
	__u32 speed_mbps; /* 0 = unknown */
	char name[16];
	__u64 rx_packets;
	__u64 tx_packets;
	__u64 rx_errors;
	__u64 tx_errors;
	__u64 rx_dropped;
	__u64 tx_dropped;
	char kind[16];	      /* of a virtual one: "veth", "bond", "vlan" */
	__u32 master;	      /* ifindex of the bond or bridge that it is a member of; 0 = none */
	__u32 parent;	      /* ifindex of what it is stacked on (VLAN, macvlan); 0 = none */
	__u32 hw_type;	      /* ARPHRD_*; 1 = Ethernet. 0 = unknown: then nothing below is known */
	__u32 carrier_losses; /* since it was made */
	__u64 rx_crc_errors;  /* frames whose checksum was wrong */
	__u64 rx_frame_errors;	 /* frames of a wrong length or alignment */
	__u64 rx_missed_errors;	 /* frames that found no room in the adapter or its ring */
	__u64 tx_carrier_errors; /* frames that were lost with the carrier */
	__u32 mtu;		 /* 0 = unknown */
	__u32 pad;
};

/* An adapter did not send what it was given: a queue of it stood still for longer than its driver allows (the kernel's
 * dev_watchdog(), which looks only while there is a link), and the driver is asked to reset it. */
struct event_nic_timeout {
	struct event h;
	__u32 ifindex;
	__u32 netns;
	__u32 queue;	/* of those that send */
	__u32 still_ms; /* since it last took a frame; 0 = not known */
	char name[16];
	char driver[16]; /* of the device under it; empty: there is none */
};

/* The root queueing discipline of an interface (tc -s qdisc): sent when it changed. */
struct event_nic_queue {
	struct event h;
	__u32 ifindex;
	__u32 netns;
	__u64 packets; /* that left it, since it was put there */
	__u64 bytes;
	__u64 drops;	  /* packets that it, or one below it, did not take or threw away */
	__u64 requeues;	  /* that the driver gave back */
	__u64 overlimits; /* times that it had to wait: a shaper counts each */
	__u32 backlog;	  /* gauge: bytes in it */
	__u32 queued;	  /* gauge: packets in it */
	char kind[16];	  /* "fq_codel", "tbf", "mq" */
};

EVENT_SIZE_IS(event_nic, 168);
EVENT_SIZE_IS(event_nic_timeout, 64);
EVENT_SIZE_IS(event_nic_queue, 88);

#endif
