/* SPDX-License-Identifier: BSD-2-Clause */
/* onset.c - when what paths lost began to be lost; see onset.h. */
#include "rules/onset.h"

#include "model/frame.h"

/* What a path always loses a little of did not begin with that. */
#define BEFORE_SHARE 0.1

void onset_add(struct onset *onset, const struct frame *frame, const struct path *path)
{
	__u64 slot = window_slot_ns(frame->window_ns);
	__u64 from = window_from_ns(frame->now_ns, frame->window_ns), by = from + slot;
	double all = 0.0; /* settled or not, as path_since() has it */
	unsigned int i = 0;

	for (unsigned int j = 0; j < path->n_peers; j++)
		all += (double)peer_window(path->peers[j], frame, PEER_SEGS_RETRANS);
	/* While all but a little was resent after the slot, it had not begun within it. */
	while (i + 1 < WINDOW_SLOTS &&
	       path_since(path, frame, PEER_SEGS_RETRANS, by - 1) > (1.0 - BEFORE_SHARE) * all) {
		from = by;
		by += slot;
		i++;
	}
	if (from < path->from_ns)
		from = path->from_ns;
	if (!onset->slot[i].n || from < onset->slot[i].from_ns)
		onset->slot[i].from_ns = from;
	onset->slot[i].by_ns = by;
	onset->slot[i].n++;
	onset->n++;
}

void onset_claim(struct claim *claim, const struct onset *onset)
{
	unsigned int i = 0, n = onset->slot[0].n;

	while (i + 1 < WINDOW_SLOTS && 2 * n < onset->n)
		n += onset->slot[++i].n;
	claim->first_ns = onset->slot[i].from_ns;
	claim->first_by_ns = onset->slot[i].by_ns;
}
