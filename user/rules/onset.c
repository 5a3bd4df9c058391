/* SPDX-License-Identifier: BSD-2-Clause */
/* onset.c - when what paths lost began to be lost; see onset.h. */
#include "rules/onset.h"

#include "model/frame.h"

/* What a path always loses a little of did not begin with that. */
#define BEFORE_SHARE 0.1

static double resent_since(const struct path *path, const struct frame *frame, __u64 ns)
{
	double sum = 0.0;

	for (unsigned int i = 0; i < path->n_peers; i++)
		sum += (double)peer_since(path->peers[i], frame, PEER_SEGS_RETRANS, ns);
	return sum;
}

void onset_add(struct onset *onset, const struct frame *frame, const struct path *path)
{
	__u64 slot = window_slot_ns(frame->window_ns);
	__u64 from = window_from_ns(frame->now_ns, frame->window_ns), by = from + slot;
	double all = 0.0; /* settled or not, as resent_since() has it */

	for (unsigned int i = 0; i < path->n_peers; i++)
		all += (double)peer_window(path->peers[i], frame, PEER_SEGS_RETRANS);
	/* While all but a little was resent after the slot, it had not begun within it. */
	while (by <= frame->now_ns &&
	       resent_since(path, frame, by - 1) > (1.0 - BEFORE_SHARE) * all) {
		from = by;
		by += slot;
	}
	if (from < path->from_ns)
		from = path->from_ns;
	if (!onset->by_ns || from < onset->from_ns)
		onset->from_ns = from;
	if (!onset->by_ns || by < onset->by_ns)
		onset->by_ns = by;
}

void onset_claim(struct claim *claim, const struct onset *onset)
{
	claim->first_ns = onset->from_ns;
	claim->first_by_ns = onset->by_ns;
}
