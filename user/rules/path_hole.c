/* SPDX-License-Identifier: BSD-2-Clause */
/* path_hole.c - path-loss of large packets only, an MTU black hole; see path.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rules/black_hole.h"
#include "rules/families.h"
#include "rules/nic_leads.h"
#include "rules/path.h"
#include "rules/stats.h"
#include "rules/text.h"

void path_claim_hole(const struct model *model, const struct path *path,
		     const struct black_hole *hole, const struct judgement *judgement)
{
	struct subject subject = path_subject(model, path);
	struct claim claim;

	claim_init(&claim, &path_loss_rule, &subject);
	claim.basis = BASIS_MEASURED;
	claim.count = hole->lost;
	claim.first_ns = hole->since_ns;
	claim.last_ns = path->lost_ns > hole->since_ns ? path->lost_ns : hole->since_ns;
	claim.window_ns = model_now(model) - hole->since_ns;
	claim_message(&claim, "NETWORK: the path to %s loses large packets; small ones pass (MTU).",
		      text_addr(path->addr, 0).s);
	if (strlen(claim.message) > 80)
		claim_message(&claim, "NETWORK: %s loses large packets; small ones pass (MTU).",
			      text_addr(path->addr, 0).s);
	path_claim_victim(&claim, model, path, judgement);
	black_hole_evidence(&claim, hole);
	if (hole->small_lost)
		claim_evidence(&claim, ROLE_AGAINST, false, "tcp.small.lost",
			       (double)hole->small_lost, "{segment}", "%s lost too",
			       text_plural(hole->small_lost, "small packet").s);
	else
		claim_evidence(&claim, ROLE_AGAINST, true, "tcp.small.lost", 0, "{segment}",
			       "not loss of all sizes: no small packet was lost meanwhile");
	path_claim_not_us(&claim, model, path->gain[PEER_SEND_ERRORS], path->live_zero_win,
			  path->netns, path->ifindex);
	claim_text(&claim, ROLE_UNKNOWN,
		   "which link takes smaller packets, and who drops the ICMP");
	claim.confidence = confidence_round(0.95 * (1.0 - sqrt(hole->p)));
	black_hole_advice(&claim, model, path, hole->large_size);
	if (nic_leads_inside(model, path->netns, path->ifindex))
		inside_call(&claim);
	else
		snprintf(claim.call, sizeof(claim.call),
			 "the network team: MTU, or ICMP that is filtered");
	judgement->claim(judgement->ctx, &claim);
}
