/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.h - the state of each class, by one function from the rule table, and the verdict over
 * all.
 */
#ifndef CULPRIT_VERDICT_H
#define CULPRIT_VERDICT_H

#include "finding/finding.h"
#include "rules/rule.h"

/* At and above this an open finding is a fault, below it a suspicion (the contract). */
#define CONFIDENCE_FAULT 0.8

#define VERDICT_FINDINGS_MAX 16
#define VERDICT_UNJUDGED_MAX 48

struct unjudged {
	const char *kind;
	const char *reason;
	char why[72]; /* of what has to be armed, why it is not; else empty */
};

struct class_verdict {
	bool asked; /* false: --class left it out; nothing else is set then */
	enum class_state state;
	__u64 findings[VERDICT_FINDINGS_MAX]; /* ids of the open ones of warning or above, worst
						 first */
	unsigned int n_findings;
	unsigned int findings_total;
	struct exposure exposure;
	char text[MESSAGE_LEN]; /* why it is blind, idle or clear, or at what the fault is */
	struct unjudged unjudged[VERDICT_UNJUDGED_MAX];
	unsigned int n_unjudged;
};

struct life;

struct verdict {
	double window_s;
	struct class_verdict class[CLASSES];
	/* Over all rings and the run. */
	__u64 produced;
	__u64 delivered;
	__u64 lost;
	/* Own cost over the window; negative when it was not measured. */
	double cpu_percent;
	__u64 rss_bytes;
	__u64 map_bytes;
	enum severity severity;	   /* the worst open finding's, else info */
	char message[MESSAGE_LEN]; /* the report's first line */
	__u64 lead;		   /* the id of the finding that it tells of; 0: of none */
	const struct life *life;   /* the open findings, worst first: life_open_at() */
};

/* Is the class asked for, by the setting "class" (a comma list; absent: all)? */
bool class_asked(const struct model *model, enum fault_class class);

/* Judges now. */
void verdict_make(const struct model *model, const struct life *life, struct verdict *ret);

/* The exit status of --exit-code: 3 a class is in fault; 4 none is, but one of hardware, network,
 * connection-leak is suspect or blind; 0 otherwise. */
int verdict_exit_code(const struct verdict *verdict);

#endif
