/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * black_hole.h - a path that lets small packets through and loses large ones without a word: somewhere on it a link
 * takes smaller packets than both ends believe, and what would say so (ICMP, RFC 1191, RFC 8201) is filtered.
 */
#ifndef CULPRIT_BLACK_HOLE_H
#define CULPRIT_BLACK_HOLE_H

#include "rules/paths.h"

struct black_hole {
	double p;   /* the chance of it where size does not matter */
	__u64 lost; /* large segments that were sent in vain */
	__u64 passed; /* small packets that came through meanwhile: acknowledged segments, handshakes */
	__u64 handshakes; /* of these */
	__u64 small_lost;
	__u32 sockets;
	__u32 sacked;	  /* of these: a smaller segment behind the lost one was acknowledged */
	__u32 large_size; /* bytes of data, the least of those that are lost */
	__u32 small_size; /* the largest of those that were acknowledged; 0 = not known */
	__u64 since_ns;
};

/*
 * What speaks for a black hole on this path; false when nothing does. It is proven when p is at most BLACK_HOLE_P.
 *
 * Sockets that meet LARGE_TIMEOUTS timeouts in a row on a large segment lost each of its sendings. Meanwhile small ones
 * came through: a smaller segment behind it that the peer acknowledged (SACK), and handshakes with the same address.
 * Fisher's exact test on these four numbers is p. A large segment that was acknowledged meanwhile, on whatever
 * connection to that address, refutes it: then p is 1.
 */
bool black_hole_sought(const struct model *model, const struct path *path, struct black_hole *ret);
#define BLACK_HOLE_P 0.001
bool black_hole_proven(const struct model *model, const struct path *path);

/* The evidence for it, the one command that shows it, and that with all that helps, in a claim about the path. */
void black_hole_evidence(struct claim *claim, const struct black_hole *hole);
void black_hole_ping(struct claim *claim, const struct model *model, const struct path *path,
		     __u32 large_size);
void black_hole_advice(struct claim *claim, const struct model *model, const struct path *path,
		       __u32 large_size);

#endif
