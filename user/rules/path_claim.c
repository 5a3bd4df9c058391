/* SPDX-License-Identifier: BSD-2-Clause */
/* path_claim.c - what path-loss and uplink-loss say of resends, controls and this host. */
#include <stdio.h>
#include <string.h>

#include "rules/local_claim.h"
#include "rules/nic_leads.h"
#include "rules/path.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

void path_claim_victim(struct claim *claim, const struct model *model, const struct path *path,
		       const struct judgement *judgement)
{
	const struct peer *main = path->main;
	char rtt[32] = "", timeouts[48] = "";

	if (!main)
		return;
	if (path->srtt_us)
		snprintf(rtt, sizeof(rtt), ", RTT %.20s", text_latency(path->srtt_us * 1e3).s);
	if (path->max_backoff)
		snprintf(timeouts, sizeof(timeouts), ", %u timeout%s in a row", path->max_backoff,
			 path->max_backoff == 1 ? "" : "s");
	claim_victim(claim, model, judgement, peer_holder(main), ": %s%s%s",
		     text_plural(path->live, "connection").s, rtt, timeouts);
}

void path_claim_client(struct claim *claim)
{
	claim->severity = SEVERITY_INFO;
	claim_text(claim, ROLE_AGAINST,
		   "it only connects to us: its own line, sooner than a way of ours");
	snprintf(claim->call, sizeof(claim->call), "nobody here: who runs the client's line");
}

void path_claim_loss(struct claim *claim, const __u64 gain[PEER_COUNTERS], double lost,
		     double ratio)
{
	__u64 rto = gain[PEER_RETRANS_RTO] + gain[PEER_RETRANS_LOSS];

	claim_evidence(claim, ROLE_FOR, true, "tcp.lost.ratio", ratio, "1",
		       "%s lost: %s of %s segments", text_percent(ratio).s,
		       text_count((__u64)lost).s, text_count(gain[PEER_SEGS_OUT]).s);
	claim_evidence(claim, ROLE_FOR, true, "tcp.segments.resent",
		       (double)gain[PEER_SEGS_RETRANS], "{segment}",
		       "%s resent: %s fast, %s by timeout, %s tail probes (inferred)",
		       text_count(gain[PEER_SEGS_RETRANS]).s, text_count(gain[PEER_RETRANS_FAST]).s,
		       text_count(rto).s, text_count(gain[PEER_RETRANS_TLP]).s);
}

void path_claim_controls(struct claim *claim, const struct controls *controls)
{
	char second[48] = "";
	const struct path *best = controls->best[0], *next = controls->best[1];

	if (!best)
		return;
	if (next)
		snprintf(second, sizeof(second), "; %.18s: %.8s of %.12s",
			 text_addr(next->addr, 0).s, text_percent(next->ratio).s,
			 text_count(next->gain[PEER_SEGS_OUT]).s);
	claim_evidence(claim, ROLE_CONTROL, true, "tcp.control.lost.ratio",
		       controls->lost / controls->segments, "1", "%s: %s of %s%s",
		       text_addr(best->addr, 0).s, text_percent(best->ratio).s,
		       text_count(best->gain[PEER_SEGS_OUT]).s, second);
}

/*
 * The delay jumps where a quarter of the resends was spurious and every socket saw reordering, or half of
 * both (seen with jumps of 14 to 522 ms and nothing lost: 48 to 87 % spurious; with 5 to 12 % loss: 2 to
 * 16 %). A good part of the resends that were for nothing is never told by DSACK then: what is left after
 * deducting is not loss.
 */
static bool delay_jumps(double spurious, double resent, __u32 live, __u32 live_reord)
{
	return (live_reord >= live && 4.0 * spurious >= resent) ||
	       (2 * live_reord >= live && 2.0 * spurious >= resent);
}

double path_claim_against(struct claim *claim, const __u64 gain[PEER_COUNTERS], double spurious,
			  double lost, __u32 live, __u32 live_reord)
{
	double resent = (double)gain[PEER_SEGS_RETRANS], factor = 1.0;

	if (spurious > 0.0 && resent > 0.0) {
		factor *= 1.0 - 0.2 * (spurious < resent ? spurious / resent : 1.0);
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.segments.spurious", spurious,
			       "{segment}", "%s spurious (DSACK); deducted, %s stay",
			       text_plural((__u64)spurious, "resend").s, text_count((__u64)lost).s);
	}
	if (live_reord) {
		factor *= 0.97;
		if (delay_jumps(spurious, resent, live, live_reord))
			factor *= 0.6;
		claim_evidence(claim, ROLE_AGAINST, false, "tcp.sockets.reordered", live_reord,
			       "{socket}", "%s saw reordering: some resends may be early",
			       text_plural(live_reord, "socket").s);
	}
	return factor;
}

void path_claim_not_us(struct claim *claim, const struct model *model, __u64 send_errors,
		       __u32 zero_windows, __u32 netns, __u32 ifindex)
{
	const struct nic *nic = nics_find(model_nics(model), netns, ifindex);
	__u64 errors = nic ? nic->errors - nic->errors_base : 0;
	char more[40] = "";

	if (nic && nic->errors >= nic->errors_base)
		snprintf(more, sizeof(more), ", %.12s on %.15s", text_plural(errors, "error").s,
			 nic->name);
	/* On a way within this host it is ruled out, and this host is not. */
	claim_evidence(claim, nic_leads_inside(model, netns, ifindex) ? ROLE_AGAINST : ROLE_NOT_US,
		       send_errors == 0 && errors == 0, "tcp.send_errors", (double)send_errors,
		       "{error}", "%s%s; %s", text_plural(send_errors, "send error").s, more,
		       zero_windows ? "a peer's window is closed" : "no peer's window closed");
}

struct text path_nsenter(const struct model *model, const struct path *path)
{
	return text_nsenter(model, path->netns, path->main ? path->main->pid : 0);
}

void path_claim_advice(struct claim *claim, const struct model *model, const struct path *path,
		       const char *question, unsigned int probes)
{
	bool inside = nic_leads_inside(model, path->netns, path->ifindex);
	struct text enter = path_nsenter(model, path);
	char addr[46];

	addr_text(path->addr, addr, sizeof(addr));
	if (!inside && path->port && path->dir == PEER_OUT)
		claim_advice(claim, false, question, "%smtr -T -P %u -n -r -c %u %s", enter.s,
			     path->port, probes, addr);
	else if (!inside)
		claim_advice(claim, false, question, "%smtr -n -r -c %u %s", enter.s, probes, addr);
	claim_advice(claim, false, "Watch the connections themselves", "%sss -tino dst %s", enter.s,
		     text_ss_addr(path->addr).s);
}
