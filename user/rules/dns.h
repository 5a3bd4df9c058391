/* SPDX-License-Identifier: BSD-2-Clause */
/* dns.h - how a name server does; found by dns.c and dns_tcp.c, worded by dns_claim.c. */
#ifndef CULPRIT_RULES_DNS_H
#define CULPRIT_RULES_DNS_H

#include "rules/dns_tcp.h"

#define PORT_DNS 53
/* What a bad path loses of single datagrams. */
#define DNS_LOST_ONE 0.05

extern const struct threshold dns_wait_s;

/* Over the window. */
struct dns_outcome {
	const struct dns_server *server;
	__u64 asked; /* long enough ago */
	__u64 answers;
	__u64 unanswered;
	__u64 errors; /* SERVFAIL, REFUSED */
	int names;    /* different ones that fail, at least */
	struct dns_tcp tcp;
	bool silent;
	bool unseen; /* silent, and no answer of anyone was seen */
	bool partly; /* silent to some */
	bool failing;
	bool few;   /* all answers are errors, to few names */
	bool well;  /* over UDP: good answers, to the latest queries too, and none of these */
	bool blank; /* over TCP no record, and nothing good over UDP */
};

void dns_sum_up(struct dns_outcome *o, const struct model *model, const struct dns_server *server);
/* How often the hook for answers ran, for whatever came by UDP. */
__u64 dns_answer_runs(const struct model *model);
bool dns_is_faulty(const struct dns_outcome *o);
/* Its latest answer, by whichever way; 0 = none was seen. */
__u64 dns_answered_ns(const struct dns_server *server);

/* A name server that does well over UDP: that it takes no connection harms what needs one only. */
bool dns_udp_works(const struct model *model, const __u8 addr[16], __u32 netns, __u16 port);

void dns_claim(const struct model *model, const struct dns_outcome *o,
	       const struct judgement *judgement);

#endif
