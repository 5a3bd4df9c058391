/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * not_reading.c - peer-not-reading: the peer's window is closed and stays so: its program does not read.
 *
 * Judged by what the sockets say at each sample: the window that the peer announced is zero, data waits, and
 * the last data was sent closed_s ago or more. The peer's kernel answers each probe of the window: the path
 * works, which is why this wins over peer-unreachable. A consumer that is slow but reads opens the window
 * now and then; each time data is sent, and the time begins anew.
 *
 * Basis: reported (the peer's own announcement). Confidence, t being the seconds that the window is closed:
 *	c = 0.99 * (1 - 0.7 / t)
 * times 0.8 when sockets also run into timeouts: then the probes are not answered, and it may be gone.
 *
 * Severity: warning; critical from critical_s on: whoever sends to it stands still. Info for a client, which only
 * connects to us: a download that is paused, a viewer that fell asleep.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rules/families.h"
#include "rules/local_claim.h"
#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"
#include "rules/victim.h"

static const struct threshold closed_s = {
	"peer-not-reading.closed_s", 4, "s",
	"a garbage collection or a slow disk stops a reader for a second or two, seldom for four"};
static const struct threshold critical_s = {
	"peer-not-reading.critical_s", 30, "s",
	"after half a minute senders have full buffers and their own callers wait"};

static double closed_for_s(const struct peer *peer)
{
	return peer->live && peer->live_zero_win ? peer->zero_wait_ms / 1e3 : 0.0;
}

/* Both ends on this host: the sender, who waits, tells of it. The reader has no data waiting. */
static void control(struct claim *claim, const struct model *model, const struct peer *peer)
{
	const struct frame *frame = model_frame(model);
	const struct peer *other = NULL, *best = NULL;
	__u64 since_ns = frame->now_ns - (__u64)peer->zero_wait_ms * 1000000ULL;

	while ((other = peers_next(model_peers(model), other)))
		if (other->key.netns == peer->key.netns && other->ifindex == peer->ifindex &&
		    memcmp(other->key.addr, peer->key.addr, sizeof(peer->key.addr)) != 0 &&
		    other->progress_ns > since_ns && !other->live_zero_win &&
		    (!best || peer_window(other, frame, PEER_SEGS_OUT) >
				      peer_window(best, frame, PEER_SEGS_OUT)))
			best = other;
	if (best)
		claim_evidence(claim, ROLE_CONTROL, true, "tcp.control.zero_window", 0.0,
			       "{socket}", "%s reads: %s segments, no window closed",
			       text_addr(best->key.addr, 0).s,
			       text_count(peer_window(best, frame, PEER_SEGS_OUT)).s);
}

static void advise(struct claim *claim, const struct model *model, const struct peer *peer)
{
	struct text enter = text_nsenter(model, peer->key.netns, peer->pid);

	claim_advice(claim, false, "See which sockets wait (timer persist), and since when",
		     "%sss -tinpo dst %s", enter.s, text_ss_addr(peer->key.addr).s);
	/* A client's port is ours. */
	if (peer->key.dir == PEER_IN)
		snprintf(claim->call, sizeof(claim->call), "the owner of client %.46s",
			 text_addr(peer->key.addr, 0).s);
	else
		snprintf(claim->call, sizeof(claim->call), "the owner of what serves %.42s",
			 text_addr(peer->key.addr, peer->key.port).s);
}

static void claim_closed(const struct model *model, const struct peer *peer,
			 const struct judgement *judgement)
{
	bool client = peer->key.dir == PEER_IN;
	struct subject subject =
		subject_peer(model, peer->key.addr, peer->key.netns, client ? 0 : peer->key.port,
			     peer->key.dir, peer->ifindex);
	double seconds = closed_for_s(peer), c = 0.99 * (1.0 - 0.7 / seconds);
	__u64 now_ns = model_now(model);
	struct claim claim;
	char label[80];

	subject_label(&subject, label, sizeof(label));
	claim_init(&claim, &peer_not_reading_rule, &subject);
	claim.basis = BASIS_REPORTED;
	if (client)
		claim.severity = SEVERITY_INFO;
	else if (seconds >= model_threshold(model, &critical_s))
		claim.severity = SEVERITY_CRITICAL;
	claim.count = peer->live_zero_win;
	claim.first_ns = now_ns - (__u64)(seconds * 1e9);
	claim.last_ns = now_ns;
	claim.window_ns = (__u64)(seconds * 1e9);
	claim_message(&claim, "NETWORK: %s%s does not read; its host and the path are well.",
		      client ? "client " : "", label);
	if (strlen(claim.message) > 80)
		claim_message(&claim, "NETWORK: %s does not read.", label);
	claim_victim(&claim, model, judgement, peer_holder(peer), ": cannot send");
	claim_evidence(&claim, ROLE_FOR, true, "tcp.sockets.zero_window", peer->live_zero_win,
		       "{socket}", "%s of %u with a closed window, data waits",
		       text_plural(peer->live_zero_win, "socket").s, peer->live);
	claim_evidence(&claim, ROLE_FOR, true, "tcp.zero_window.time", floor(seconds), "s",
		       "closed for %s, not open once meanwhile", text_duration(seconds).s);
	control(&claim, model, peer);
	if (peer->live_stuck) {
		c *= 0.8;
		claim_evidence(&claim, ROLE_AGAINST, false, "tcp.sockets.stuck", peer->live_stuck,
			       "{socket}", "%s in timeouts too: it may be gone",
			       text_plural(peer->live_stuck, "socket").s);
	} else {
		claim_text(&claim, ROLE_AGAINST,
			   "not the path: the peer's kernel answers each probe of its window");
	}
	claim_text(&claim, ROLE_UNKNOWN, "whether its program is stopped, stuck or overloaded");
	claim.confidence = confidence_round(c);
	advise(&claim, model, peer);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	double least = model_threshold(model, &closed_s);
	const struct peer *peer = NULL;
	__u32 pid = asked_pid(model);

	while ((peer = peers_next(model_peers(model), peer)))
		if ((!pid || peer->pid == pid) && closed_for_s(peer) >= least)
			claim_closed(model, peer, judgement);
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer)))
		if (peer->live)
			return true;
	snprintf(buf, size, "no connection to any peer");
	return false;
}

/* Data was acknowledged since, and no window is closed for long: that of a slow reader often is for a moment. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	double least = RECOVER_SHARE * model_threshold(model, &closed_s);
	const struct peer *peer = NULL;
	bool well = false;

	while ((peer = peers_next(model_peers(model), peer))) {
		struct subject s = subject_peer(model, peer->key.addr, peer->key.netns,
						peer->key.port, peer->key.dir, peer->ifindex);

		if (!subjects_meet(model, &s, subject, JOIN_SAME_SUBJECT))
			continue;
		if (closed_for_s(peer) >= least)
			return false;
		well |= peer->progress_ns > since_ns;
	}
	return well;
}

static const struct threshold *const thresholds[] = {&closed_s, &critical_s, NULL};

const struct rule peer_not_reading_rule = {
	.kind = "peer-not-reading",
	.class = CLASS_NETWORK,
	.fault_at = AT_PEER,
	.meaning =
		"The peer's window is closed and stays so: its program does not read, the path is well.",
	.against =
		"A window that opens now and then: a slow consumer, a short pause. Timeouts beside it: then "
		"the peer does not answer either.",
	.todo = "Ask the owner of the peer's program why it does not read: stopped, stuck or overloaded.",
	.needs = {PROBE_TCP_SAMPLE},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
