/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule.h - THE rule table: one row a kind.
 *
 * A rule reads the model and states claims with evidence for and against. It keeps nothing, does no
 * I/O, and knows no other rule. Kinds without a rule yet have a row too (judge is NULL): `explain`
 * and `unjudged` speak of them.
 */
#ifndef CULPRIT_RULE_H
#define CULPRIT_RULE_H

#include "ask.h"
#include "finding/finding.h"
#include "model/model.h"

/* Where a rule's answers go. */
struct judgement {
	void (*claim)(void *ctx, const struct claim *claim);
	ask_fn ask;
	void *ctx;
};

#define RULE_NEEDS_MAX 4

/* Of what a claim takes: with less than that it is over. Any service has a stray event now and then, and at the
 * threshold itself a finding would come and go. */
#define RECOVER_SHARE 0.5

struct rule {
	const char *kind;
	enum fault_class class;
	enum fault_at fault_at;
	bool core; /* its blindness or idleness is its class's */
	/* What it means; what speaks against it; what to do: `culprit explain`. */
	const char *meaning;
	const char *against;
	const char *todo;
	/* Probes it cannot judge without; tables whose drops cost it counts. */
	const char *needs[RULE_NEEDS_MAX];
	const char *tables[RULE_NEEDS_MAX];
	const struct threshold *const *thresholds; /* ends with NULL; may be NULL */
	/* Has enough happened to judge? Writes what it lacks ("4 connections, 61 segments; loss
	 * needs 500") when not. */
	bool (*exposed)(const struct model *model, char *buf, size_t size);
	/* Of a kind that is not core, and could not judge by what exposed() says: did so much happen that its class is
	 * not clear without it? May be NULL: no. */
	bool (*doubted)(const struct model *model);
	/* States all claims that hold now, whatever was said before. */
	void (*judge)(const struct model *model, const struct judgement *judgement);
	/* Asked of an open finding that is claimed no longer: was the subject seen healthy under
	 * load since `since_ns`? NULL: silence for close_evals is enough only if the rule says so
	 * by leaving it NULL *and* the subject is still there; prefer to give it. */
	bool (*recovered)(const struct model *model, const struct subject *subject, __u64 since_ns);
	/* Asked of the same: does it go on for certain, and is told of what it explains, though too little happens to claim
	 * it? NULL: no. */
	bool (*lasts)(const struct model *model, const struct subject *subject, __u64 since_ns);
	/* Asked of the same: is there still what it was found by, where that may go and the subject stay? NULL: yes. */
	bool (*present)(const struct model *model, const struct subject *subject);
	/* A run that begins in the middle of a fault sees less of it. What a former run of the daemon told of one that is
	 * still open stands: as grave, where it is claimed as a fault; open though it recovered, when it was critical. */
	bool keeps_severity;
	bool keeps_critical;
	/* Hysteresis: evaluations in a row with the claim before it opens, without it before it
	 * closes. */
	unsigned int open_evals;
	unsigned int close_evals;
	/* The reason when exposed() says no; NULL: "too-few". */
	const char *unexposed;
};

/* All rows, class by class, the most telling kind first; the count. */
extern const struct rule *const rule_table[];
extern const unsigned int rule_count;

/* NULL when there is no such kind. */
const struct rule *rule_find(const char *kind);

/* Is the subject still there (disk present, process alive, peer known)? For "gone". */
bool subject_present(const struct model *model, const struct subject *subject);

/* The numbers of a class: for the verdict, whatever its state. */
struct exposure {
	struct {
		const char *name;
		double value;
	} item[8];
	unsigned int n;
	char text[60]; /* "sda 212 I/Os, p99 0.9 ms, 0 errors": the report's line */
};
void class_exposure(const struct model *model, enum fault_class class, struct exposure *ret);

/* ---- static tables that know more than one kind ---- */

/* loser is superseded when winner is open on the same subject key */
struct precedence {
	const char *winner;
	const char *loser;
	bool same_subject; /* else: the subjects need only meet (subjects_meet) */
};
extern const struct precedence precedence_table[];
extern const unsigned int precedence_count;
/* The same, where the winner is claimed and the loser is open only, and no longer claimed: what came of it. */
extern const struct precedence precedence_after[];
extern const unsigned int precedence_after_count;
/* The same, where the winner's disk lies under the loser's, which passes its errors on. */
extern const struct precedence precedence_below[];
extern const unsigned int precedence_below_count;

/* The same, where the winner's subnet holds the loser's peer. */
extern const struct precedence precedence_within[];
extern const unsigned int precedence_within_count;

/* A suspicion holds no sure fault of more consequence back, unless it accounts for it: by numbers that both have. Nor
 * does a sure one hold anything back, where that is always asked. */
struct explanation {
	const char *winner;
	const char *loser;
	bool (*explains)(const struct model *model, const struct subject *winner,
			 const struct subject *loser);
	bool always;
};
extern const struct explanation explanation_table[];
extern const unsigned int explanation_count;

enum join {
	JOIN_SAME_SUBJECT,
	JOIN_SAME_DISK, /* the same, or one is stacked on the other */
	JOIN_BELOW,	/* the first is what the second is made of, wholly or in part */
	JOIN_WITHIN, /* one is a subnet, the other a peer in it; or an interface, and what is reached by it */
	JOIN_SAME_PEER,
	JOIN_SAME_NIC,
	JOIN_OVER, /* the second is an interface of the host's, the first what a container or one stacked on it reaches */
	JOIN_BEHIND, /* the first is a name server that is reached by the second, or may be */
	JOIN_SAME_PROCESS,
	JOIN_HOST
};
struct correlation {
	const char *effect;
	const char *cause;
	enum join join;
	__u64 max_delay_ns; /* the effect's first fault after the cause's first one, at most */
};
extern const struct correlation correlation_table[];
extern const unsigned int correlation_count;

/* Do the two subjects meet in the sense of `join`: a peer and the interface it is reached by, a
 * process and the peer it leaks to, a disk and its file system. */
bool subjects_meet(const struct model *model, const struct subject *a, const struct subject *b,
		   enum join join);

#endif
