/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finding.h - what a rule claims and what becomes of it.
 *
 * A claim is one rule's judgement now; a finding is a claim with a life (life.h). Both are plain
 * data of fixed size: copied, compared and tested by value. Strings may hold any bytes that the
 * system gave us: sinks escape them.
 */
#ifndef CULPRIT_FINDING_H
#define CULPRIT_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

enum fault_class { CLASS_HARDWARE, CLASS_NETWORK, CLASS_LEAK, CLASS_SYSTEM, CLASSES };
enum class_state { STATE_FAULT, STATE_SUSPECT, STATE_BLIND, STATE_IDLE, STATE_CLEAR, STATES };
/* The values are OpenTelemetry's severity numbers. */
enum severity { SEVERITY_INFO = 9, SEVERITY_WARNING = 13, SEVERITY_CRITICAL = 18 };
enum basis { BASIS_REPORTED, BASIS_MEASURED, BASIS_INFERRED };
enum fault_at { AT_DEVICE, AT_PATH, AT_PEER, AT_PROCESS, AT_THIS_HOST };

/* The words of the contract for each of these; never NULL. */
const char *fault_class_name(enum fault_class class); /* "connection-leak" */
const char *class_state_name(enum class_state state); /* "clear" */
const char *severity_name(enum severity severity);    /* "warning" */
const char *basis_name(enum basis basis);
const char *fault_at_name(enum fault_at at);

/* The greatest confidence that a basis allows (DESIGN contract): 0.99, 0.95, 0.70. */
double basis_ceiling(enum basis basis);

enum subject_type {
	SUBJECT_DISK,
	SUBJECT_FILESYSTEM,
	SUBJECT_RAID,
	SUBJECT_NIC,
	SUBJECT_PEER,
	SUBJECT_SUBNET,
	SUBJECT_PROCESS,
	SUBJECT_DEVICE,
	SUBJECT_HOST,
};
const char *subject_type_name(enum subject_type type); /* "disk" */

/* Only the fields of its type are set; the rest is zero. */
struct subject {
	enum subject_type type;
	char name
		[128]; /* disk, raid, nic: kernel name; filesystem: mount point, as long as the model knows it */
	/* disk, raid; of a file system, the device that it is on */
	__u32 dev;
	char model[48];
	char serial[64];
	char wwn[64];
	/* filesystem */
	char fstype[16];
	char source[128];
	/* nic, peer: netns is 0 in the initial (our own) namespace */
	__u32 ifindex;
	__u32 netns;
	__u8 addr[16];
	__u16 port; /* 0 where no port is meant */
	__u8 dir;   /* enum peer_dir, 0 where none is meant */
	__u8 prefix_len;
	/* process */
	__u32 pid;
	__u64 start_ns;
	char comm[EVENT_COMM_LEN];
	char exe[128];
	char cgroup[128];
	char container[16];
};

/* How a subject is called in a sentence: "sda", "10.1.2.2:9092", "client 10.1.3.9 (our port 443)", "orders-api[2210]".
 * Control bytes and non-ASCII bytes of names become '?'; a mount point that is too long keeps its end, after "..".
 * Returns buf. */
const char *subject_label(const struct subject *subject, char *buf, size_t size);
/* The address in text, v4-mapped as dotted quad, IPv6 without brackets. Returns buf (46 bytes do).
 */
const char *addr_text(const __u8 addr[16], char *buf, size_t size);

/* What a line of evidence is for; also its label in the report, in this order. */
enum evidence_role {
	ROLE_DISK,    /* context: the thing, named fully */
	ROLE_CHAIN,   /* context: what is stacked on it */
	ROLE_WHO,     /* context: the process, named fully */
	ROLE_HOLDS,   /* context: what it holds */
	ROLE_OPENED,  /* context: from where */
	ROLE_VICTIM,  /* context: who suffers */
	ROLE_FOR,     /* supports */
	ROLE_CONTROL, /* supports: what was seen to be healthy */
	ROLE_AGAINST, /* speaks against, and lowered the confidence; or an alternative that was
			 ruled out */
	ROLE_NOT_US,  /* supports: this host is not to blame */
	ROLE_UNKNOWN, /* what this evidence cannot tell */
	ROLES,
};
const char *evidence_role_label(enum evidence_role role); /* "not us" */

struct evidence {
	enum evidence_role role;
	bool supports; /* of FOR, CONTROL, AGAINST, NOT_US: does it raise or lower the confidence */
	const char *name; /* static, dotted: "disk.errors"; NULL: text only, not in the JSON's
			     evidence */
	double value;
	const char *unit; /* static, UCUM as OpenTelemetry has it: "{error}", "ms", "%" */
	char text[96];	  /* at most 69 characters are shown in the report; empty: a number for
			     programs, of which another line tells people */
};

struct advice {
	/* What it is for. One that begins with a small letter is a condition or a remark: it is read together with the
	 * command, and a report may not leave it out. */
	char text[80];
	char command[128]; /* from numbers, addresses and kernel-made names only; may be empty */
	bool changes;	   /* the effect: false = reads, true = changes */
};

#define CLAIM_EVIDENCE_MAX 16
#define CLAIM_AFFECTS_MAX  6
#define CLAIM_ADVICE_MAX   4
#define MESSAGE_LEN	   121

struct rule;

struct claim {
	const struct rule *rule;
	struct subject subject;
	enum fault_at fault_at; /* the rule's, unless this case is another's to act on */
	enum severity severity;
	enum basis basis;
	double confidence;
	char message[MESSAGE_LEN]; /* "DISK: sda has unreadable sectors; 3 reads failed." */
	__u64 count;		   /* faults seen, in the unit that the rule says */
	__u64 first_ns;		   /* first and last of them */
	__u64 first_by_ns;	   /* the latest that it may have been; 0: first_ns is exact */
	__u64 last_ns;
	__u64 window_ns; /* what was looked at */
	struct evidence evidence[CLAIM_EVIDENCE_MAX];
	unsigned int n_evidence;
	struct subject affects[CLAIM_AFFECTS_MAX];
	unsigned int n_affects;
	unsigned int affects_total;
	struct advice advice[CLAIM_ADVICE_MAX]; /* the first one only reads */
	unsigned int n_advice;
	char call[70]; /* whom to call, for the report; may be empty */
};

/* Builders for rules. Each keeps to the bounds above and drops what is too much. */
void claim_init(struct claim *claim, const struct rule *rule, const struct subject *subject);
void claim_message(struct claim *claim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of evidence with a number. */
void claim_evidence(struct claim *claim, enum evidence_role role, bool supports, const char *name,
		    double value, const char *unit, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* A line of text only (context). */
void claim_text(struct claim *claim, enum evidence_role role, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void claim_affects(struct claim *claim, const struct subject *subject);
/* A command that does not fit is left out: one that is cut may do something else. */
void claim_advice(struct claim *claim, bool changes, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

enum finding_state { FINDING_OPEN, FINDING_UPDATE, FINDING_SUPERSEDED, FINDING_RESOLVED };
enum resolution {
	RESOLVED_NOT,
	RESOLVED_RECOVERED,
	RESOLVED_GONE,
	RESOLVED_EXPIRED,
	/* It is not followed any more: its class was switched off, its subject excluded, its room needed, or the host
	 * booted anew. */
	RESOLVED_UNTRACKED,
};
const char *finding_state_name(enum finding_state state);
const char *resolution_name(enum resolution resolution); /* NULL for RESOLVED_NOT */

#define FINDING_CAUSES_MAX 4

struct finding {
	struct claim claim; /* the latest judgement */
	char opened
		[MESSAGE_LEN]; /* its message when this episode opened: the later ones have later numbers */
	__u64 id;	       /* hash of boot_id, kind, subject; printed as 16 hex digits */
	__u64 fingerprint; /* hash of machine-id, kind and the subject's durable key */
	unsigned int episode;
	enum finding_state state; /* of the latest line written */
	enum resolution resolution;
	enum severity
		worst_told; /* of its lines of this episode before this one; 0: there was none */
	__u64 by;	    /* superseded: the winner's id */
	__u64 caused_by[FINDING_CAUSES_MAX];
	unsigned int n_caused_by;
	__u64 first_seen_ns;
	__u64 first_by_ns; /* as in the claim */
	__u64 last_seen_ns;
	__u64 count;
};

#endif
