/* SPDX-License-Identifier: BSD-2-Clause */
/* explains.c - where a suspicion accounts for what looks like a sure fault of more consequence; see rule.h. */
#include <math.h>
#include <string.h>

#include "rules/rule.h"
#include "rules/subjects.h"

/* By chance once in a thousand: what a test of a rule lets pass too. */
#define P_BY_CHANCE 0.001
/* peer-unreachable claims nothing of fewer timeouts in a row. */
#define TIMEOUTS_LEAST 4.0

static bool is_of(const struct model *model, const struct peer *peer, const struct subject *subject)
{
	return memcmp(peer->key.addr, subject->addr, sizeof(peer->key.addr)) == 0 &&
	       (!subject->port || peer->key.port == subject->port) &&
	       subject_netns(model, peer->key.netns) == subject->netns;
}

/*
 * Does the interface lose so much to others that a socket runs into as many timeouts in a row by chance? One comes of
 * a segment that is lost, or what acknowledges it. peer-unreachable reckons with a path that loses a tenth.
 */
static bool loses_as_much(const struct model *model, const struct subject *nic,
			  const struct subject *silent)
{
	const struct frame *frame = model_frame(model);
	const struct peer *peer = NULL;
	double sent = 0.0, lost = 0.0, in_a_row = TIMEOUTS_LEAST, kept;

	while ((peer = peers_next(model_peers(model), peer))) {
		double resent = (double)peer_settled(peer, frame, PEER_SEGS_RETRANS);
		double dsacks = (double)peer_settled(peer, frame, PEER_DSACKS);

		if (is_of(model, peer, silent)) {
			in_a_row = fmax(in_a_row, (double)peer->max_backoff);
		} else if (peer->ifindex == nic->ifindex &&
			   subject_netns(model, peer->key.netns) == nic->netns) {
			sent += (double)peer_settled(peer, frame, PEER_SEGS_OUT);
			lost += fmax(resent - dsacks, 0.0);
		}
	}
	if (sent <= 0.0)
		return true;
	kept = 1.0 - fmin(lost / sent, 1.0);
	return pow(1.0 - kept * kept, in_a_row) > P_BY_CHANCE;
}

const struct explanation explanation_table[] = {
	{"uplink-loss", "peer-unreachable", loses_as_much},
};
const unsigned int explanation_count = sizeof(explanation_table) / sizeof(explanation_table[0]);
