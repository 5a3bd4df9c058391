/* SPDX-License-Identifier: BSD-2-Clause */
/* victim.h - whom a fault of the network hurts: a process, as the census and /proc know it. */
#ifndef CULPRIT_VICTIM_H
#define CULPRIT_VICTIM_H

#include "model/peer.h"
#include "rules/rule.h"

/* A process, as something that it did names it; pid 0: nobody is known. */
struct holder {
	__u32 pid;
	__u64 start_ns;
	const char *comm; /* EVENT_COMM_LEN bytes */
};
/* Who has the connections to a peer. */
struct holder peer_holder(const struct peer *peer);

/* The row "NAME[PID]" and the text after it; one more with its container or unit, where these are known, else they are
 * asked for; and the process into `affects`. Nothing when nobody is known. */
__attribute__((format(printf, 5, 6))) void claim_victim(struct claim *claim,
							const struct model *model,
							const struct judgement *judgement,
							struct holder holder, const char *fmt, ...);

#endif
