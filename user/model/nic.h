/* SPDX-License-Identifier: BSD-2-Clause */
/* nic.h - the network interfaces: their names, states and error counters. */
#ifndef CULPRIT_NIC_H
#define CULPRIT_NIC_H

#include <stdbool.h>

#include <culprit/event.h>

#include "model/frame.h"
#include "model/table.h"

/* A container host has a veth for each container; what is beyond is forgotten, oldest first. */
#define NICS_MAX 512

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
};

struct nics {
	struct table table; /* struct nic by {netns, ifindex} */
};

void nics_init(struct nics *nics);
void nics_done(struct nics *nics);
/* 0 or -ENOMEM. */
int nics_apply(struct nics *nics, const struct event_nic *event);

/* NULL when it was never seen. */
const struct nic *nics_find(const struct nics *nics, __u32 netns, __u32 ifindex);
/* The next one, the first when nic is NULL; NULL past the end. */
const struct nic *nics_next(const struct nics *nics, const struct nic *nic);

#endif
