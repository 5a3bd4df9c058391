/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * life_impl.h - the life of findings within: life.c moves them on, slots.c says which there is room for,
 * relations.c how they are to each other.
 */
#ifndef CULPRIT_LIFE_IMPL_H
#define CULPRIT_LIFE_IMPL_H

#include "finding/life.h"

/* More open faults than this on one host is one fault that we have no kind for. */
#define LIFE_SLOTS 128

struct slot {
	struct finding finding;
	bool open;     /* an open or update line stands */
	bool claimed;  /* in this evaluation, with enough confidence */
	bool held;     /* a stronger kind is claimed for the same fault */
	bool restored; /* open since a former run, and not claimed in this one */
	bool former; /* open since a former boot: it has to be told that nothing more comes of it */
	bool due;    /* a line is due in this evaluation */
	unsigned int present;	       /* evaluations in a row with a claim, */
	unsigned int absent;	       /* and without */
	enum severity former_severity; /* that a former run told, while it is open; 0: none did */
	__u64 last_line_ns;
	__u64 last_change_ns;
	__u64 told_count;
	enum severity told_severity;
	double told_confidence;
	unsigned int told_causes;
};

struct life {
	struct slot *slot[LIFE_SLOTS];
	unsigned int n;
	struct finding const *open[LIFE_SLOTS]; /* sorted, made by each evaluation */
	unsigned int n_open;
	__u64 dropped;
	__u64 changes; /* openings and ends */
	/* of the evaluation that is under way */
	const struct model *model;
	finding_fn fn;
	void *fn_ctx;
	int code; /* the first that fn returned */
};

/* NULL: there is none of that id. */
struct slot *slot_find(const struct life *life, __u64 id);
/* Room for a claim of that id: a new one, one that is closed, or that of a lesser finding, which is resolved as
 * untracked. NULL: there is none, which is counted. */
struct slot *slot_add(struct life *life, const struct claim *claim, __u64 id);

/* What a former run found has not been looked at long enough in this one to say that it is over. */
bool is_too_soon(const struct life *life, const struct slot *s);
/* Severe and sure enough to be acted on; the rest is a suspicion, or a remark. */
bool is_fault(const struct finding *f);

/* Closes an open finding, and has a line due. */
void slot_close(struct life *life, struct slot *s, enum finding_state state, enum resolution why);

/* Which findings are held back by others that are claimed for the same fault. */
void apply_precedence(struct life *life);
/* Which others caused this one. */
void find_causes(const struct life *life, struct slot *effect);

#endif
