/* SPDX-License-Identifier: BSD-2-Clause */
/* paths.c - the peers summed up by address; see paths.h. */
#include "rules/paths.h"

#include <stdlib.h>
#include <string.h>

#include "rules/subjects.h"

static int by_path(const void *a, const void *b)
{
	const struct peer *x = *(const struct peer *const *)a, *y = *(const struct peer *const *)b;

	if (x->key.netns != y->key.netns)
		return x->key.netns < y->key.netns ? -1 : 1;
	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static bool same_path(const struct peer *a, const struct peer *b)
{
	return a->key.netns == b->key.netns && a->ifindex == b->ifindex &&
	       memcmp(a->key.addr, b->key.addr, sizeof(a->key.addr)) == 0;
}

/*
 * Resends that say nothing of the path:
 *  - SYNs, and data on connections that never got any acknowledged (the peer's accept queue may be full:
 *    its kernel then drops both, and a slow server looks like a lossy path; seen under emulation with 150
 *    connects at once);
 *  - what a shrunken path MTU made resend, and what this host failed to send;
 *  - those to a peer that answered nothing at that time: these belong to peer-unreachable.
 */
static double excused(const __u64 gain[PEER_COUNTERS])
{
	return (double)(gain[PEER_RETRANS_SYN] + gain[PEER_RETRANS_SYNACK] +
			gain[PEER_RETRANS_OTHER] + gain[PEER_RETRANS_UNSERVED] +
			gain[PEER_SEND_ERRORS] + gain[PEER_RETRANS_SILENT]);
}

static void add_peer(struct path *path, const struct model *model, const struct peer *peer)
{
	const struct frame *frame = model_frame(model);
	__u64 gain[PEER_COUNTERS];
	__u32 pid = asked_pid(model);

	for (unsigned int i = 0; i < PEER_COUNTERS; i++) {
		gain[i] = i < PEER_SETTLING && i != PEER_DSACKS ? peer_settled(peer, frame, i)
								: peer_window(peer, frame, i);
		path->gain[i] += gain[i];
	}
	path->excused += excused(gain);
	/* On loopback both ends of a connection are here: one service, called as the client does */
	if (path->n_services == 0 || path->port != peer->key.port ||
	    (path->dir != peer->key.dir && !path->loopback)) {
		path->n_services++;
		path->port = peer->key.port;
		path->dir = peer->key.dir;
	}
	if (peer->pid &&
	    (!path->main || gain[PEER_SEGS_OUT] > peer_window(path->main, frame, PEER_SEGS_OUT)))
		path->main = peer;
	path->mine |= !pid || pid == peer->pid;
	path->inbound &= peer->key.dir == PEER_IN;
	path->bytes_acked += peer->bytes_acked;
	path->bytes_received += peer->bytes_received;
	path->live += peer->live;
	path->live_syn += peer->live_syn;
	path->live_stuck += peer->live_stuck;
	path->live_reord += peer->live_reord;
	path->live_zero_win += peer->live_zero_win;
	if (peer->max_backoff > path->max_backoff)
		path->max_backoff = peer->max_backoff;
	if (peer->srtt_us > path->srtt_us)
		path->srtt_us = peer->srtt_us;
	if (peer->lost_ns > path->lost_ns)
		path->lost_ns = peer->lost_ns;
	if (peer->progress_ns > path->progress_ns)
		path->progress_ns = peer->progress_ns;
	if (peer->moved_ns > path->moved_ns)
		path->moved_ns = peer->moved_ns;
	if (!path->from_ns || peer->first_ns < path->from_ns)
		path->from_ns = peer->first_ns;
}

static void finish(struct path *path, const struct model *model)
{
	const struct frame *frame = model_frame(model);
	double resent = (double)path->gain[PEER_SEGS_RETRANS];
	__u64 window_from = window_from_ns(frame->now_ns, frame->window_ns);

	if (path->n_services > 1)
		path->port = path->dir = 0;
	path->spurious = (double)path->gain[PEER_DSACKS];
	path->lost = resent - path->spurious - path->excused;
	if (path->lost < 0.0)
		path->lost = 0.0;
	if (path->gain[PEER_SEGS_OUT])
		path->ratio = path->lost / (double)path->gain[PEER_SEGS_OUT];
	if (path->from_ns < window_from)
		path->from_ns = window_from;
}

static void path_begin(struct path *path, const struct model *model,
		       const struct peer *const *peers)
{
	const struct peer *peer = *peers;

	path->peers = peers;
	path->inbound = true;
	memcpy(path->addr, peer->key.addr, sizeof(path->addr));
	path->netns = peer->key.netns;
	path->ifindex = peer->ifindex;
	path->loopback = peer_is_loopback(peer, model_nics(model));
}

/* A peer that was never active beyond what was before us has no window. */
static bool is_active(const struct peer *peer)
{
	return peer->window.then || peer->stuck_since_ns || peer->syn_since_ns;
}

/* All active peers, sorted by path; *ret_n of them. NULL when there is none, or no memory. */
static const struct peer **active_peers(const struct model *model, unsigned int *ret_n)
{
	const struct peer **list, *peer = NULL;
	unsigned int n = 0, i = 0;

	while ((peer = peers_next(model_peers(model), peer)))
		n += is_active(peer);
	*ret_n = n;
	list = n ? calloc(n, sizeof(const struct peer *)) : NULL;
	if (!list)
		return NULL;
	while (i < n && (peer = peers_next(model_peers(model), peer)))
		if (is_active(peer))
			list[i++] = peer;
	qsort(list, n, sizeof(const struct peer *), by_path);
	return list;
}

void paths_init(struct paths *paths, const struct model *model)
{
	unsigned int n, n_paths = 0;
	const struct peer **list = active_peers(model, &n);
	struct path *path = NULL;

	memset(paths, 0, sizeof(*paths));
	for (unsigned int i = 0; list && i < n; i++)
		n_paths += i == 0 || !same_path(list[i - 1], list[i]);
	if (n_paths)
		path = calloc(n_paths, sizeof(*path));
	if (!path) {
		free(list);
		return;
	}
	paths->path = path;
	paths->n = n_paths;
	paths->peers = list;
	for (unsigned int i = 0; i < n; i++) {
		if (i && !same_path(list[i - 1], list[i]))
			finish(path++, model);
		if (i == 0 || !same_path(list[i - 1], list[i]))
			path_begin(path, model, &list[i]);
		path->n_peers++;
		add_peer(path, model, list[i]);
	}
	finish(path, model);
}

void paths_done(struct paths *paths)
{
	free(paths->path);
	free(paths->peers);
	memset(paths, 0, sizeof(*paths));
}

double path_since(const struct path *path, const struct frame *frame, enum peer_counter counter,
		  __u64 since_ns)
{
	double sum = 0.0;

	for (unsigned int i = 0; i < path->n_peers; i++)
		sum += (double)peer_since(path->peers[i], frame, counter, since_ns);
	return sum;
}

bool peer_ever_answered(const struct peer *peer)
{
	return peer->progress_ns || peer->bytes_acked || peer->bytes_received;
}

bool path_ever_answered(const struct path *path)
{
	for (unsigned int i = 0; i < path->n_peers; i++)
		if (peer_ever_answered(path->peers[i]))
			return true;
	return false;
}

bool paths_share_nic(const struct path *a, const struct path *b)
{
	return a->netns == b->netns && a->ifindex == b->ifindex;
}

struct subject path_subject(const struct model *model, const struct path *path)
{
	return subject_peer(model, path->addr, path->netns, path->port, path->dir, path->ifindex);
}

/* What is on its way, or was lost, is in one of the counts only. */
#define ON_THE_WAY 16384

static bool is_near(__u64 a, __u64 b)
{
	__u64 most = a > b ? a : b, least = a > b ? b : a;

	return most - least <= ON_THE_WAY + most / 4;
}

bool paths_are_twins(const struct path *a, const struct path *b)
{
	return a != b && a->port && a->port == b->port && a->dir != b->dir &&
	       (a->netns != b->netns || (a->loopback && b->loopback)) &&
	       is_near(a->bytes_acked, b->bytes_received) &&
	       is_near(a->bytes_received, b->bytes_acked);
}

bool peers_are_twins(const struct model *model, const struct peer *a, const struct peer *b)
{
	return a->key.port == b->key.port && a->key.dir != b->key.dir &&
	       (a->key.netns != b->key.netns || peer_is_loopback(a, model_nics(model))) &&
	       is_near(a->bytes_acked, b->bytes_received) &&
	       is_near(a->bytes_received, b->bytes_acked);
}
