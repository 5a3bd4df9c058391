/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reach.c - peer-unreachable: a peer stopped answering.
 *
 * A peer is silent when for stuck_s seconds it acknowledged, sent and accepted nothing, while
 *  - sockets to it ran into min_backoff timeouts in a row (RTO 200 ms: 0.2, 0.6, 1.4, 3.0 s), or
 *  - attempts stayed unanswered: two SYNs resent, or one that timed out or was unreachable, or a
 *    connection that broke.
 * Where the path loses 5 % anyway, min_backoff is two more: then four in a row happen by chance.
 * Attempts that fail while something there answers are attempts.c's.
 * What does not leave this host is no silence of the peer's: local-send-error.
 * When no service of the address answers the host is meant, else the one port.
 *
 * Confidence
 *	measured   others by the same interface answered meanwhile (k of them):
 *		   c = 0.95 * (1 - sqrt(p)) * (1 - 0.08 / k)
 *	inferred   none did:	c = 0.70 * (1 - sqrt(p)), times 0.8 when others are silent too
 *	p = 0.1^n: n transmissions in a row get lost by chance on a path that loses 10 %, which is more
 *	than TCP keeps alive on; n: timeouts in a row, or SYNs sent without an answer, at most 6. That is
 *	the false-alarm chance for one silent peer.
 * times 0.7 when the peer's window is closed (then it answers, and does not read).
 *
 * Severity: warning; critical from critical_s on: what depends on the peer is refused service now. Info for a
 * client, which only connects to us: one that is switched off or walks out of reach is no fault of the network;
 * several of one subnet at once are network-partition's. Info too for a name server that answers over UDP.
 * What never answered while watched is a warning at most: a database that was dead before, and a log host that was taken
 * out of use years ago, look alike. At a link-local address it is info: a cloud's metadata service, on no cloud.
 */
#include <stdio.h>
#include <string.h>

#include "rules/attempts.h"
#include "rules/black_hole.h"
#include "rules/families.h"
#include "rules/reach.h"
#include "rules/send_error.h"
#include "rules/subjects.h"
#include "rules/text.h"

/* More are told by network-partition, or are this host's; and as many clients. */
#define CLAIMS_MAX  8
#define SYNS_LEAST  2
#define LOSSY_RATIO 0.05
#define LOSSY_LOST  8.0
#define LOSSY_MORE  2.0
/* What each silent socket resends in the tick in which the silence began: a tail probe, a timeout. */
#define OWN_LOST 2.0

static const struct threshold min_backoff = {
	"peer-unreachable.min_backoff", 4, "{timeout}",
	"four timeouts in a row take 3 s at the least RTO: longer than a switch takes to fail over"};
static const struct threshold stuck_s = {
	"peer-unreachable.stuck_s", 3, "s",
	"a hiccup of one or two seconds heals by itself; after three TCP waits ever longer"};

static double backoff_needed(const struct model *model, const struct path *path)
{
	double need = model_threshold(model, &min_backoff);
	double lost = path->lost - OWN_LOST * path->live_stuck;

	if (lost < LOSSY_LOST || lost < LOSSY_RATIO * (double)path->gain[PEER_SEGS_OUT])
		return need;
	return need + LOSSY_MORE;
}

static __u64 failures(const struct peer *peer, const struct frame *frame)
{
	return peer_window(peer, frame, PEER_TIMED_OUT) +
	       peer_window(peer, frame, PEER_UNREACHABLE) + peer_window(peer, frame, PEER_BROKEN);
}

static bool is_silent(const struct model *model, struct silent *s)
{
	const struct frame *frame = model_frame(model);
	const struct peer *peer = s->peer;
	__u64 least_ns = (__u64)(model_threshold(model, &stuck_s) * 1e9);
	struct refusal refusal;
	bool unanswered;

	if (send_is_refused(model, s->path, &refusal))
		return false;
	s->stuck = peer->stuck_since_ns && frame->now_ns - peer->stuck_since_ns >= least_ns &&
		   peer->max_backoff >= backoff_needed(model, s->path) &&
		   !black_hole_proven(model, s->path);
	unanswered =
		peer->syn_since_ns && frame->now_ns - peer->syn_since_ns >= least_ns &&
		frame->now_ns - peer->unanswered_ns < frame->window_ns &&
		(peer_window(peer, frame, PEER_RETRANS_SYN) >= SYNS_LEAST || failures(peer, frame));
	s->since_ns = peer->stuck_since_ns;
	if (unanswered && (!s->stuck || peer->syn_since_ns < s->since_ns))
		s->since_ns = peer->syn_since_ns;
	return s->stuck || unanswered;
}

static const struct path *path_of(const struct paths *paths, const struct peer *peer)
{
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *path = &paths->path[i];

		if (path->netns == peer->key.netns && path->ifindex == peer->ifindex &&
		    memcmp(path->addr, peer->key.addr, sizeof(path->addr)) == 0)
			return path;
	}
	return NULL;
}

unsigned int silent_find(const struct model *model, const struct paths *paths,
			 struct silent list[SILENT_MAX])
{
	struct silent clients[SILENT_CLIENTS];
	const struct peer *peer = NULL;
	unsigned int n = 0, n_clients = 0;

	while ((peer = peers_next(model_peers(model), peer))) {
		struct silent s = {.peer = peer};

		if (!peer->stuck_since_ns && !peer->syn_since_ns)
			continue;
		s.path = path_of(paths, peer);
		if (!s.path ||
		    (s.path->inbound ? n_clients == SILENT_CLIENTS : n == SILENT_SERVICES) ||
		    !is_silent(model, &s))
			continue;
		if (s.path->inbound)
			clients[n_clients++] = s;
		else
			list[n++] = s;
	}
	for (unsigned int i = 0; i < n_clients; i++)
		list[n++] = clients[i];
	return n;
}

/* ---- one silence ---- */

static void take(struct silence *x, const struct model *model, const struct silent *s)
{
	const struct frame *frame = model_frame(model);
	const struct peer *peer = s->peer;
	__u64 answered =
		peer_window(peer, frame, PEER_ESTABLISHED) + peer_window(peer, frame, PEER_REFUSED);
	__u64 last_ns = peer->lost_ns > peer->unanswered_ns ? peer->lost_ns : peer->unanswered_ns;

	if (!x->since_ns || s->since_ns < x->since_ns)
		x->since_ns = s->since_ns;
	if (last_ns > x->last_ns)
		x->last_ns = last_ns;
	x->any = peer;
	x->sockets += s->stuck ? peer->live_stuck : 0;
	if (s->stuck && peer->max_backoff > x->backoff)
		x->backoff = peer->max_backoff;
	x->syns += peer_window(peer, frame, PEER_RETRANS_SYN);
	x->failed += failures(peer, frame);
	if (peer_window(peer, frame, PEER_ATTEMPTS) > answered)
		x->tries += peer_window(peer, frame, PEER_ATTEMPTS) - answered;
	x->zero_win += peer->live_zero_win;
}

static bool is_in(const struct silent *list, unsigned int n, const struct path *path)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i].path == path)
			return true;
	return false;
}

static void look_around(struct silence *x, const struct paths *paths, const struct silent *list,
			unsigned int n)
{
	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *other = &paths->path[i];

		if (other == x->path || !paths_share_nic(other, x->path))
			continue;
		if (is_in(list, n, other)) {
			x->silent_too++;
		} else if (other->progress_ns > x->since_ns) {
			x->answering++;
			if (!x->control ||
			    other->gain[PEER_SEGS_OUT] > x->control->gain[PEER_SEGS_OUT])
				x->control = other;
		}
	}
}

/* Both ends are on this host and both wait: the one in our own namespace tells, else the client. */
static bool told_by_twin(const struct model *model, const struct silent *list, unsigned int n,
			 const struct path *path)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct path *other = list[i].path;
		bool ours = !subject_netns(model, path->netns);
		bool theirs = !subject_netns(model, other->netns);

		if (paths_are_twins(path, other) &&
		    (ours != theirs ? theirs : other->dir == PEER_OUT))
			return true;
	}
	return false;
}

/* ---- judging ---- */

/* All silent services of the address at list[i], or only list[i] when others of it answer. */
static bool judge_one(const struct model *model, const struct paths *paths,
		      const struct silent *list, unsigned int n, unsigned int i,
		      const struct judgement *judgement)
{
	struct silence x = {.path = list[i].path};
	bool answers = x.path->progress_ns > list[i].since_ns;

	for (unsigned int j = 0; j < i && !answers; j++)
		if (list[j].path == x.path)
			return false; /* told with the first one */
	for (unsigned int j = i; j < n; j++)
		if (j == i || (!answers && list[j].path == x.path))
			take(&x, model, &list[j]);
	if (answers)
		x.service = list[i].peer;
	x.never = x.service ? !peer_ever_answered(x.service) : !path_ever_answered(x.path);
	look_around(&x, paths, list, n);
	silence_claim(model, &x, judgement);
	return true;
}

/* Told of as silent, itself or with all of its address. */
static bool is_told(const struct silent *list, unsigned int n, const struct path *path,
		    const struct peer *peer)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i].peer == peer ||
		    (list[i].path == path && path->progress_ns <= list[i].since_ns))
			return true;
	return false;
}

static void judge_attempts(const struct model *model, const struct paths *paths,
			   const struct silent *list, unsigned int n,
			   const struct judgement *judgement)
{
	__u32 pid = asked_pid(model);
	unsigned int claims = 0;

	for (unsigned int i = 0; i < paths->n; i++) {
		const struct path *path = &paths->path[i];

		for (unsigned int j = 0; j < path->n_peers && claims < CLAIMS_MAX; j++) {
			const struct peer *peer = path->peers[j];
			struct attempts attempts;

			if ((pid && peer->pid != pid) ||
			    !attempts_fail(model, path, peer, &attempts) ||
			    is_told(list, n, path, peer))
				continue;
			attempts_claim(model, &attempts, judgement);
			claims++;
		}
	}
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	struct silent list[SILENT_MAX];
	unsigned int n, claims = 0, clients = 0;
	struct paths paths;

	paths_init(&paths, model);
	n = silent_find(model, &paths, list);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int *told = list[i].path->inbound ? &clients : &claims;

		if (*told < CLAIMS_MAX && list[i].path->mine &&
		    !told_by_twin(model, list, n, list[i].path))
			*told += judge_one(model, &paths, list, n, i, judgement);
	}
	judge_attempts(model, &paths, list, n, judgement);
	paths_done(&paths);
}

bool reach_exposed(const struct model *model, char *buf, size_t size)
{
	const struct peer *peer = NULL;

	while ((peer = peers_next(model_peers(model), peer)))
		if (peer->live || peer_total(peer, PEER_ATTEMPTS) ||
		    peer_total(peer, PEER_ACCEPTED))
			return true;
	snprintf(buf, size, "no connection to any peer");
	return false;
}

bool reach_recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct peer *peer = NULL;
	bool answered = false;

	while ((peer = peers_next(model_peers(model), peer))) {
		struct subject s = subject_peer(model, peer->key.addr, peer->key.netns,
						peer->key.port, peer->key.dir, peer->ifindex);

		if (!subjects_meet(model, &s, subject, JOIN_SAME_SUBJECT))
			continue;
		if (peer->stuck_since_ns || peer->syn_since_ns)
			return false;
		answered |= peer->progress_ns > since_ns;
	}
	return answered;
}

static const struct threshold *const thresholds[] = {&min_backoff,	  &stuck_s,
						     &reach_critical_s,	  &attempts_min_failed,
						     &attempts_min_share, &attempts_min_given_up,
						     &attempts_lasting_s, NULL};

const struct rule peer_unreachable_rule = {
	.kind = "peer-unreachable",
	.class = CLASS_NETWORK,
	.fault_at = AT_PEER,
	.core = true,
	.meaning =
		"A peer stopped answering: timeouts in a row without progress, or SYNs unanswered, all or a large share.",
	.against =
		"Other connections to it that make progress; other peers that are silent too; a closed "
		"window; a path that loses much anyway; a silence of under three seconds. What never answered while "
		"watched may be gone for long: a warning at most, where a former run of the daemon had "
		"not told more.",
	.todo = "See whether the peer is up; if it is, see how far packets get.",
	.needs = {PROBE_TCP_SAMPLE, PROBE_TCP_STATE, PROBE_TCP_RETRANS},
	.tables = {"tcp.peers", "model.peers"},
	.thresholds = thresholds,
	.exposed = reach_exposed,
	.judge = judge,
	.recovered = reach_recovered,
	.keeps_severity = true,
	.open_evals = 1,
	.close_evals = 2,
};
