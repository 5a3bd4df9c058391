/* SPDX-License-Identifier: BSD-2-Clause */
/* nic_link.h - which interfaces are judged, and what is stacked on them; shared by the rules on adapters. */
#ifndef CULPRIT_NIC_LINK_H
#define CULPRIT_NIC_LINK_H

#include "rules/rule.h"
#include "rules/subjects.h"

/* The bond or team that it is a member of, or NULL. */
const struct nic *nic_bond(const struct model *model, const struct nic *nic);
/* Is it one whose link is this host's business: an adapter, a member of a bond, a bond, or the virtual cable that the
 * host's own addresses are on. Never: wireless, loopback, tunnels, dummies, bridges, VLANs (their parent is judged),
 * and the host's ends of containers. */
bool nic_is_judged(const struct model *model, const struct nic *nic);
/* No hardware of its own. */
bool nic_is_virtual(const struct nic *nic);
/* Of a bond: how many members it has, and how many of these have a link. */
unsigned int bond_members(const struct model *model, const struct nic *bond, unsigned int *ret_up);
/* Its line, what is stacked on it (affects), in a claim. */
void nic_context(struct claim *claim, const struct model *model, const struct nic *nic);
/* Is there one to judge? For the rules' exposed(). */
bool nic_exposed(const struct model *model, char *buf, size_t size);
/* The judged one that a subject means, or NULL. */
const struct nic *nic_of(const struct model *model, const struct subject *subject);

#endif
