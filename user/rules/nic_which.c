/* SPDX-License-Identifier: BSD-2-Clause */
/* nic_which.c - which interfaces are judged, and what is stacked on them; see nic_link.h. */
#include <stdio.h>
#include <string.h>

#include "rules/nic_link.h"
#include "rules/text.h"

#define HW_ETHERNET   1	 /* ARPHRD_ETHER */
#define HW_INFINIBAND 32 /* ARPHRD_INFINIBAND */

static bool is_bond(const struct nic *nic)
{
	return strcmp(nic->kind, "bond") == 0 || strcmp(nic->kind, "team") == 0;
}

const struct nic *nic_bond(const struct model *model, const struct nic *nic)
{
	const struct nic *master =
		nic->master ? nics_find(model_nics(model), nic->netns, nic->master) : NULL;

	return master && is_bond(master) ? master : NULL;
}

bool nic_is_virtual(const struct nic *nic)
{
	return nic->kind[0] || nic->flags & NIC_VIRTUAL;
}

bool nic_is_judged(const struct model *model, const struct nic *nic)
{
	if (nic->hw_type != HW_ETHERNET && nic->hw_type != HW_INFINIBAND)
		return false;
	if (nic->flags & (NIC_LOOPBACK | NIC_WIRELESS) || subject_netns(model, nic->netns))
		return false;
	if (!nic_is_virtual(nic) || nic_bond(model, nic) || is_bond(nic))
		return true;
	return strcmp(nic->kind, "veth") == 0 && !nic->master && nic->flags & NIC_ADDRESSED;
}

unsigned int bond_members(const struct model *model, const struct nic *bond, unsigned int *ret_up)
{
	const struct nic *nic = NULL;
	unsigned int n = 0, up = 0;

	while ((nic = nics_next(model_nics(model), nic))) {
		if (nic->master != bond->ifindex || nic->netns != bond->netns)
			continue;
		n++;
		up += (nic->flags & NIC_UP && nic->flags & NIC_CARRIER);
	}
	*ret_up = up;
	return n;
}

void nic_context(struct claim *claim, const struct model *model, const struct nic *nic)
{
	const struct nic *bond = nic_bond(model, nic), *other = NULL;
	char on[48] = "", speed[24] = "";
	struct subject s;

	if (bond)
		snprintf(on, sizeof(on), ", member of %.16s", text_name(bond->name, 15).s);
	if (nic->speed_mbps)
		snprintf(speed, sizeof(speed), ", %u Mb/s", nic->speed_mbps);
	claim_text(claim, ROLE_CHAIN, "%s (%s)%s%s", text_name(nic->name, 15).s,
		   nic->kind[0] ? text_name(nic->kind, 15).s : "adapter", on, speed);
	if (nic->master && (other = nics_find(model_nics(model), nic->netns, nic->master))) {
		s = subject_nic(model, other, other->netns, other->ifindex);
		claim_affects(claim, &s);
	}
	other = NULL;
	while ((other = nics_next(model_nics(model), other))) {
		if (other->parent != nic->ifindex || other->netns != nic->netns)
			continue;
		s = subject_nic(model, other, other->netns, other->ifindex);
		claim_affects(claim, &s);
	}
}

bool nic_exposed(const struct model *model, char *buf, size_t size)
{
	const struct nic *nic = NULL;

	while ((nic = nics_next(model_nics(model), nic)))
		if (nic_is_judged(model, nic) && nic->flags & NIC_UP)
			return true;
	snprintf(buf, size, "no adapter that is up");
	return false;
}

const struct nic *nic_of(const struct model *model, const struct subject *subject)
{
	return nics_find(model_nics(model), model_netns(model, subject->netns), subject->ifindex);
}
