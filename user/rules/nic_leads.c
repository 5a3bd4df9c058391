/* SPDX-License-Identifier: BSD-2-Clause */
/* nic_leads.c - where an interface leads; see nic_leads.h. */
#include "rules/nic_leads.h"

#include <stdio.h>
#include <string.h>

#include "rules/nic_link.h"

static bool leads_outside(const struct model *model, const struct nic *nic, unsigned int depth)
{
	const struct nic *port = NULL;

	if (!nic || !nic_is_virtual(nic))
		return nic;
	if (!depth)
		return false;
	if (nic->parent &&
	    leads_outside(model, nics_find(model_nics(model), nic->netns, nic->parent), depth - 1))
		return true;
	while ((port = nics_next(model_nics(model), port)))
		if (port->netns == nic->netns && port->master == nic->ifindex &&
		    leads_outside(model, port, depth - 1))
			return true;
	return false;
}

bool nic_leads_outside(const struct model *model, __u32 netns, __u32 ifindex)
{
	return leads_outside(model, nics_find(model_nics(model), netns, ifindex), NIC_STOREYS);
}

static bool is_kind(const struct nic *nic, const char *kind)
{
	return strcmp(nic->kind, kind) == 0;
}

/* A port of a bridge: a container's cable, a VM's tap, what libvirt keeps the bridge's address with. Any other may go on
 * to other hosts: an adapter, a VXLAN. */
static bool is_port_inside(const struct nic *port)
{
	return is_kind(port, "veth") || is_kind(port, "tun") || is_kind(port, "dummy");
}

/* One that has none is a container itself, or a VM of which nothing is known. */
static bool has_adapter(const struct model *model, __u32 netns)
{
	const struct nic *nic = NULL;

	while ((nic = nics_next(model_nics(model), nic)))
		if (nic->netns == netns && !(nic->flags & NIC_LOOPBACK) && !nic_is_virtual(nic))
			return true;
	return false;
}

bool nic_leads_inside(const struct model *model, __u32 netns, __u32 ifindex)
{
	const struct nic *nic = nics_find(model_nics(model), netns, ifindex), *port = NULL;

	if (!nic || nic->flags & NIC_LOOPBACK)
		return nic;
	/* Where this host is a container itself its own cable, with its address, leads out. */
	if (is_kind(nic, "veth"))
		return !(nic->flags & NIC_ADDRESSED) && has_adapter(model, netns);
	if (!is_kind(nic, "bridge"))
		return false;
	while ((port = nics_next(model_nics(model), port)))
		if (port->netns == netns && port->master == ifindex && !is_port_inside(port))
			return false;
	return true;
}

void inside_call(struct claim *claim)
{
	snprintf(claim->call, sizeof(claim->call), "who runs this host's containers or VMs");
}

void inside_claim(struct claim *claim, const char *enter)
{
	claim->fault_at = AT_THIS_HOST;
	claim_text(claim, ROLE_UNKNOWN, "which: a container or VM, its limits, or this host");
	claim_advice(claim, false, "See whether a queue within this host drops or holds packets",
		     "%stc -s qdisc show", enter);
	inside_call(claim);
}
