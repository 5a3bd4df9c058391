/* SPDX-License-Identifier: BSD-2-Clause */
/* nic_leads.h - where an interface leads: out of this host, or to what runs on it; whom that concerns. */
#ifndef CULPRIT_NIC_LEADS_H
#define CULPRIT_NIC_LEADS_H

#include "rules/rule.h"

/* Is it an adapter, or made of one: a bond, a VLAN, a bridge with a port to the outside? No tunnel is: what it leads to
 * may be anything, this host too. */
bool nic_leads_outside(const struct model *model, __u32 netns, __u32 ifindex);
/* Does it end within this host: loopback, the host's end of a container's cable, a bridge whose ports all are such, or
 * ends of VMs? False of what is not known; of a tunnel neither is true. */
bool nic_leads_inside(const struct model *model, __u32 netns, __u32 ifindex);

/* Whom to call about what such an interface leads to. */
void inside_call(struct claim *claim);
/* The same in a claim about the way to peers by it, with what is not known, and the command that shows the queues on that
 * way; who has to act is this host. */
void inside_claim(struct claim *claim, const char *enter);

#endif
