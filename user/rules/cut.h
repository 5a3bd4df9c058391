/* SPDX-License-Identifier: BSD-2-Clause */
/* cut.h - addresses that are silent, and what they have in common: a subnet (partition.c) or an interface
 * (partition_nic.c). */
#ifndef CULPRIT_CUT_H
#define CULPRIT_CUT_H

#include "rules/reach.h"

extern const struct threshold cut_min_peers;
extern const struct threshold cut_together_s;
extern const struct threshold cut_client_weight;

/* What is silent now, as silent_find() has it. */
struct silences {
	const struct model *model;
	const struct paths *paths;
	struct silent list[SILENT_MAX];
	unsigned int n;
};
void silences_find(struct silences *silences, const struct model *model, const struct paths *paths);

struct cut {
	const struct path *first;
	const struct path *silent[2]; /* two of them, to be named */
	unsigned int n;
	unsigned int light;	/* of these: clients, client_weight of which make one */
	unsigned int strangers; /* of these: no clients, and never seen to answer */
	bool mine;
	__u32 sockets;
	__u32 tried;	/* of these, attempts that wait for an answer */
	__u64 since_ns; /* the first and the last of the silences */
	__u64 until_ns;
	__u64 last_ns;
	__u64 answered_ns; /* the last answer of any address that is like them */
};

/*
 * All silent addresses that are like paths->path[at] by `like`, less those that were silent long before others like
 * them answered last: TCP may notice a silence late, but nothing arrives after it. False when one before is of them too
 * (it is told with the first), or this one is not.
 */
bool cut_sum_up(struct cut *cut, const struct silences *silences, unsigned int at,
		bool (*like)(const struct path *a, const struct path *b));
/* So many silent addresses, each light one as a part of one. */
double cut_weight(const struct cut *cut, const struct model *model);
/* Two of its addresses or more, at least min_peers by weight, and none like them answered since the last of these fell
 * silent. */
bool cut_is_one(const struct cut *cut, const struct model *model);

/* The beginning of a claim: severity, count, times. */
void cut_claim_begin(struct claim *claim, const struct model *model, const struct rule *rule,
		     const struct subject *subject, const struct cut *cut);
/* Who is hit, and who is silent; names: of the evidence, how many are silent and how many answer; `place` as in "there"
 * or "by eth0". */
void cut_claim_silent(struct claim *claim, const struct model *model, const struct cut *cut,
		      const char *const names[2], const char *place,
		      const struct judgement *judgement);
/* The factor by which silences that began far apart lower the confidence, with the evidence under `name`. */
double cut_claim_apart(struct claim *claim, const struct model *model, const struct cut *cut,
		       const char *name);

/* partition_nic.c: no peer by an interface answers. */
void partition_nic_judge(const struct silences *silences, const struct judgement *judgement);

#endif
