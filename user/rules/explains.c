/* SPDX-License-Identifier: BSD-2-Clause */
/* explains.c - where one fault accounts for what looks like another one, by numbers that both have; see rule.h. */
#include <math.h>
#include <string.h>

#include "model/nic_queue.h"
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

/* Of what was lost. What was sent again had no need to be, now and then; and a drop may be of several segments. */
#define DROPS_LEAST 0.5

/* Since then, by all who are reached by the interface. */
static double lost_since(const struct model *model, const struct subject *nic, __u64 since_ns)
{
	const struct frame *frame = model_frame(model);
	const struct peer *peer = NULL;
	double lost = 0.0;

	while ((peer = peers_next(model_peers(model), peer)))
		if (peer->ifindex == nic->ifindex &&
		    subject_netns(model, peer->key.netns) == nic->netns)
			lost += fmax((double)peer_since(peer, frame, PEER_SEGS_RETRANS, since_ns) -
					     (double)peer_since(peer, frame, PEER_DSACKS, since_ns),
				     0.0);
	return lost;
}

/* Does the interface's own queue drop what is lost behind it? Over the looks at it that are kept. */
static bool drops_as_much(const struct model *model, const struct subject *nic,
			  const struct subject *uplink)
{
	const struct nic_queue *queue = nic_queues_find(
		model_nic_queues(model), model_netns(model, nic->netns), nic->ifindex);
	const struct frame *frame = model_frame(model);
	__u64 from_ns = window_from_ns(frame->now_ns, frame->window_ns), since_ns = frame->now_ns;
	const struct queue_look *look;
	double drops = 0.0;

	for (unsigned int i = 0; queue && (look = nic_queue_look(queue, i)); i++) {
		if (look->ns <= from_ns)
			break;
		drops += look->drops;
		since_ns = look->ns - look->span_ns;
	}
	return drops >= DROPS_LEAST * lost_since(model, uplink, since_ns);
}

const struct explanation explanation_table[] = {
	{"uplink-loss", "peer-unreachable", loses_as_much, false},
	{"link-saturated", "uplink-loss", drops_as_much, true},
};
const unsigned int explanation_count = sizeof(explanation_table) / sizeof(explanation_table[0]);
