/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_tcp.h - what dns-failure makes of a name server's connections (TCP, port 53). */
#ifndef CULPRIT_DNS_TCP_H
#define CULPRIT_DNS_TCP_H

#include "model/dns.h"
#include "rules/rule.h"

extern const struct threshold dns_min_tcp;

/* Over the window. */
struct dns_tcp {
	__u64 ended; /* connections whose outcome says something */
	__u64 answered;
	__u64 empty; /* of these: what came back was no longer than what was asked */
	__u64 refused;
	__u64 unreached;
	__u64 mute;
	__u64 bad;	/* refused, unreached, mute */
	__u64 in_a_row; /* of these: since it last answered */
	bool failing;
	bool blank; /* all that it answers has no record; read from lengths alone */
};

/* least_share: of the connections that must fail; least_blank: so many answers without a record. */
void dns_tcp_sum_up(struct dns_tcp *tcp, const struct model *model, const struct dns_server *server,
		    double least_share, double least_blank);
/* Most of what fails is its host's own word. */
bool dns_tcp_is_refused(const struct dns_tcp *tcp);
/* What failed, as evidence; for, or against what is claimed otherwise. */
void dns_tcp_evidence(struct claim *claim, const struct dns_tcp *tcp);
void dns_tcp_blank_evidence(struct claim *claim, const struct dns_tcp *tcp);
/* Its last connections failed, and none was answered since. */
bool dns_tcp_is_down(const struct dns_server *server);

#endif
