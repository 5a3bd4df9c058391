/* SPDX-License-Identifier: BSD-2-Clause */
/* nic.h - the network interfaces: their names, states, losses of the link, and error counters. */
#ifndef CULPRIT_NIC_H
#define CULPRIT_NIC_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"
#include "model/window.h"

/* A container host has a veth for each container; what is beyond is forgotten, oldest first. */
#define NICS_MAX 512
/* A link that flaps is told by its last losses; how many there were is counted. */
#define NIC_LOSSES_KEPT 8
/* Longer than what a driver allows a queue (5 s mostly, 10 s at most) and its reset take together. */
#define NIC_TIMEOUT_RUN_NS (60 * 1000000000ULL)

/* The carrier was lost while the interface was up. */
struct nic_loss {
	__u64 down_ns;
	__u64 up_ns; /* 0 = it is still down */
	bool unseen; /* only counted by the kernel: shorter than it tells of, and times are of the look */
};

enum nic_counter {
	NIC_RX_PACKETS,
	NIC_TX_PACKETS,
	NIC_CRC,    /* wrong checksum, length or alignment */
	NIC_MISSED, /* no room in the adapter or its ring */
	NIC_COUNTERS,
};

struct nic {
	__u32 netns;
	__u32 ifindex;
	__u32 flags; /* enum nic_flag */
	__u32 speed_mbps;
	char name[16];
	__u64 errors;	   /* rx and tx, as counted by the driver since it came up */
	__u64 errors_base; /* at first sight */
	__u64 dropped;
	__u64 dropped_base;
	char kind[16];
	__u32 master;
	__u32 parent;
	__u32 hw_type;	      /* 0 = what follows is not known */
	__u32 carrier_losses; /* the kernel's count */
	__u32 mtu;	      /* 0 = not known */
	__u64 since_ns;	      /* first sight */
	__u64 changed_ns;     /* the state last changed */
	__u64 losses;	      /* all that were seen */
	unsigned int n_loss;
	struct nic_loss loss[NIC_LOSSES_KEPT]; /* the latest ones, oldest first */
	__u64 now[NIC_COUNTERS];
	__u64 base[NIC_COUNTERS];
	__u64 bad_first_ns
		[2]; /* NIC_CRC, NIC_MISSED: when it first and last grew, of the latest run */
	__u64 bad_last_ns[2];
	/* Transmit timeouts: of the latest run, in which none is further than NIC_TIMEOUT_RUN_NS from the one before. */
	__u64 timeouts;
	__u64 timeout_first_ns;
	__u64 timeout_last_ns;
	__u64 timeout_queues;	/* a bit for each queue; those from 63 on share one */
	__u32 timeout_still_ms; /* the longest that one stood still */
	char driver[16];	/* as told with a timeout; empty = not known */
	struct window window;
};

struct nics {
	struct table table; /* struct nic by {netns, ifindex} */
};

void nics_init(struct nics *nics);
void nics_done(struct nics *nics);
/* 0 or -ENOMEM. */
int nics_apply(struct nics *nics, const struct frame *frame, const struct event_nic *event);
/* An adapter that was never told of gets an entry with what the event says. 0 or -ENOMEM. */
int nics_timeout(struct nics *nics, const struct event_nic_timeout *event);
/* The loss that is not over, or NULL. */
const struct nic_loss *nic_down(const struct nic *nic);
/* What a counter gained in the window. */
__u64 nic_window(const struct nic *nic, const struct frame *frame, enum nic_counter counter);

/* NULL when it was never seen. */
const struct nic *nics_find(const struct nics *nics, __u32 netns, __u32 ifindex);
/* The next one, the first when nic is NULL; NULL past the end. */
const struct nic *nics_next(const struct nics *nics, const struct nic *nic);

#endif
