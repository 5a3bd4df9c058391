/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_tcp.c - what dns-failure makes of a name server's connections; see dns_tcp.h, and dns.c for the formula. */
#include "rules/dns_tcp.h"

#include "rules/text.h"

/* A resolver that asks for IPv4 and IPv6 by two connections has none for the latter, half of the time. */
#define BLANK_SHARE 0.9

const struct threshold dns_min_tcp = {
	"dns-failure.min_tcp", 3, "{connection}",
	"a lookup by TCP is one connection, or two; a server that starts again refuses so many"};

void dns_tcp_sum_up(struct dns_tcp *tcp, const struct model *model, const struct dns_server *server,
		    double least_share, double least_blank)
{
	const struct frame *frame = model_frame(model);
	double least = model_threshold(model, &dns_min_tcp);

	tcp->answered = dns_tcp_window(server, frame, DNS_TCP_ANSWERED);
	tcp->empty = dns_tcp_window(server, frame, DNS_TCP_EMPTY);
	tcp->refused = dns_tcp_window(server, frame, DNS_TCP_REFUSED);
	tcp->unreached = dns_tcp_window(server, frame, DNS_TCP_UNREACHED);
	tcp->mute = dns_tcp_window(server, frame, DNS_TCP_MUTE);
	tcp->bad = tcp->refused + tcp->unreached + tcp->mute;
	tcp->ended = tcp->bad + tcp->answered;
	tcp->in_a_row = server->tcp_in_a_row < tcp->bad ? server->tcp_in_a_row : tcp->bad;
	tcp->failing = tcp->bad && (double)tcp->bad >= least && dns_tcp_is_down(server) &&
		       ((double)tcp->in_a_row >= least ||
			(double)tcp->bad >= least_share * (double)tcp->ended);
	tcp->blank = tcp->empty && (double)tcp->empty >= least_blank &&
		     (double)tcp->empty >= BLANK_SHARE * (double)tcp->answered;
}

bool dns_tcp_is_refused(const struct dns_tcp *tcp)
{
	return 2 * tcp->refused >= tcp->bad;
}

void dns_tcp_evidence(struct claim *claim, const struct dns_tcp *tcp)
{
	if (tcp->bad)
		claim_evidence(
			claim, ROLE_FOR, true, "dns.tcp.failed", (double)tcp->bad, "{connection}",
			"over TCP %s of %s failed: %s refused, %s unanswered",
			text_count(tcp->bad).s, text_plural(tcp->ended, "connection").s,
			text_count(tcp->refused).s, text_count(tcp->unreached + tcp->mute).s);
	else if (tcp->answered)
		claim_evidence(claim, ROLE_AGAINST, false, "dns.tcp.answered",
			       (double)tcp->answered, "{connection}",
			       "over TCP it answered on all %s",
			       text_plural(tcp->answered, "connection").s);
}

void dns_tcp_blank_evidence(struct claim *claim, const struct dns_tcp *tcp)
{
	claim_evidence(claim, ROLE_FOR, true, "dns.tcp.empty", (double)tcp->empty, "{connection}",
		       "over TCP %s of %s brought no more than was asked", text_count(tcp->empty).s,
		       text_plural(tcp->answered, "connection").s);
	claim_text(claim, ROLE_UNKNOWN, "what it said: of TCP only lengths are known");
	claim_text(claim, ROLE_AGAINST, "a zone transfer that is refused looks the same");
}

bool dns_tcp_is_down(const struct dns_server *server)
{
	return server->tcp_failed_ns && server->tcp_failed_ns >= server->tcp_answered_ns;
}
