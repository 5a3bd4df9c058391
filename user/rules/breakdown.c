/* SPDX-License-Identifier: BSD-2-Clause */
/* breakdown.c - of which kind the descriptors are that a process gained; see breakdown.h. */
#include "rules/breakdown.h"

#include <string.h>

#include "peer_rest.h"

/* Breakdowns and seconds between first and last, at least: less is a moment, and no growth. */
#define SCANS_LEAST  3
#define SPAN_LEAST_S 3.0
/* So much of the growth is of one kind, or goes to one peer, before it is named. */
#define SHARE_LEAST 0.6

/* include/net/tcp_states.h */
#define TCP_ESTABLISHED 1
#define TCP_CLOSE	7
#define TCP_CLOSE_WAIT	8
#define TCP_LISTEN	10

/* The breakdowns that are held against each other. */
struct between {
	const struct fd_scans *scans;
	unsigned int first, last;
};

typedef bool (*group_filter)(const struct fd_group *g, const void *arg);

static bool is_close_wait(const struct fd_group *g, const void *arg)
{
	(void)arg;
	return g->proto == FD_TCP && g->state == TCP_CLOSE_WAIT;
}

static bool is_socket(const struct fd_group *g, const void *arg)
{
	(void)arg;
	return g->kind == FD_SOCKET;
}

static bool is_kind(const struct fd_group *g, const void *arg)
{
	return g->kind == *(const __u8 *)arg;
}

/* The service that a socket belongs to: of one that we accepted, our port, whoever the client. */
static bool same_service(const struct peer_key *a, const struct peer_key *b)
{
	return a->netns == b->netns && a->port == b->port && a->dir == b->dir &&
	       (a->dir == PEER_IN || memcmp(a->addr, b->addr, sizeof(a->addr)) == 0);
}

struct service_arg {
	const struct peer_key *key;
	bool close_wait;
};

static bool is_service(const struct fd_group *g, const void *arg)
{
	const struct service_arg *s = arg;

	return g->kind == FD_SOCKET && (!s->close_wait || g->state == TCP_CLOSE_WAIT) &&
	       same_service(&g->peer, s->key);
}

/* The sum over the groups that pass, at the given breakdown. */
static __s64 sum(const struct fd_scans *scans, unsigned int scan, group_filter pass,
		 const void *arg)
{
	__s64 n = 0;

	for (unsigned int i = 0; i < scans->n_groups; i++)
		if (pass(&scans->group[i], arg))
			n += scans->group[i].count[scan];
	return n;
}

static __s64 gained(const struct between *of, group_filter pass, const void *arg)
{
	return sum(of->scans, of->last, pass, arg) - sum(of->scans, of->first, pass, arg);
}

static void take(struct breakdown *b, const struct between *of, group_filter pass, const void *arg)
{
	const struct fd_scans *scans = of->scans;
	unsigned int up = 0;

	b->grown = gained(of, pass, arg);
	b->held = (__u32)sum(scans, of->last, pass, arg);
	b->others = b->total - b->grown;
	b->others_held = scans->fds[of->last] > b->held ? scans->fds[of->last] - b->held : 0;
	for (unsigned int i = of->first + 1; i <= of->last; i++)
		up += sum(scans, i, pass, arg) >= sum(scans, i - 1, pass, arg);
	for (unsigned int i = 0; i < scans->n_groups; i++) {
		const struct fd_group *g = &scans->group[i];

		if (!g->heirs || !pass(g, arg))
			continue;
		b->heirs += g->heirs;
		if (!b->heir || g->heirs > b->heir->heirs)
			b->heir = g;
	}
	b->rising = (double)up / (double)(of->last - of->first);
}

static unsigned int peers_of(const struct fd_group *g, unsigned int scan)
{
	if (g->more_peers)
		return g->more_peers;
	return g->peer.dir && g->count[scan];
}

/* Was it, or may it have been, one of the rest at that breakdown, which are not told of one by one? */
static bool was_in_rest(const struct fd_scans *scans, const struct fd_group *g, unsigned int scan)
{
	struct peer_key rest = peer_rest(&g->peer);

	if (g->count[scan])
		return false;
	for (unsigned int i = 0; i < scans->n_groups; i++) {
		const struct fd_group *other = &scans->group[i];

		if (other->count[scan] && other->kind == g->kind && other->proto == g->proto &&
		    other->state == g->state && memcmp(&other->peer, &rest, sizeof(rest)) == 0)
			return true;
	}
	return false;
}

/* What a service gained, from where each of its groups is known to where it is known last. */
static __s64 service_gained(const struct between *of, const struct service_arg *service)
{
	__s64 n = 0;

	for (unsigned int i = 0; i < of->scans->n_groups; i++) {
		const struct fd_group *g = &of->scans->group[i];
		unsigned int first = of->first, last = of->last;

		if (!is_service(g, service))
			continue;
		/* Of those that we accepted the rest is of the service, too. */
		while (g->peer.dir == PEER_OUT && first < last && was_in_rest(of->scans, g, first))
			first++;
		while (g->peer.dir == PEER_OUT && first < last && was_in_rest(of->scans, g, last))
			last--;
		n += (__s64)g->count[last] - (__s64)g->count[first];
	}
	return n;
}

/* By us, to one peer or to many. */
static bool is_opened(const struct fd_group *g)
{
	return g->peer.dir == PEER_OUT || g->more_peers ||
	       (g->proto == FD_TCP && g->state != TCP_CLOSE && g->state != TCP_LISTEN);
}

/* The service that most of the growth goes to, or at least who opened those connections. */
static void find_peer(struct breakdown *b, const struct between *of, bool close_wait)
{
	const struct fd_scans *scans = of->scans;
	__s64 best = 0, n, in = 0, out = 0;

	for (unsigned int i = 0; i < scans->n_groups; i++) {
		const struct fd_group *g = &scans->group[i];
		struct service_arg arg = {.key = &g->peer, .close_wait = close_wait};

		if (g->kind != FD_SOCKET || (close_wait && g->state != TCP_CLOSE_WAIT))
			continue;
		b->peers += peers_of(g, of->last);
		n = (__s64)g->count[of->last] - (__s64)g->count[of->first];
		if (g->peer.dir == PEER_IN)
			in += n;
		else if (is_opened(g))
			out += n;
		if (!g->peer.dir)
			continue;
		n = service_gained(of, &arg);
		if (n > best) {
			best = n;
			b->peer = &g->peer;
			b->proto = g->proto;
		}
	}
	if ((double)best < SHARE_LEAST * (double)b->grown)
		b->peer = NULL;
	if ((double)in >= SHARE_LEAST * (double)b->grown)
		b->dir = PEER_IN;
	else if ((double)out >= SHARE_LEAST * (double)b->grown)
		b->dir = PEER_OUT;
	if (b->peer) {
		struct service_arg arg = {.key = b->peer, .close_wait = close_wait};

		b->dir = b->peer->dir;
		b->held = (__u32)sum(scans, of->last, is_service, &arg);
	}
}

/* How many of the sockets that leak rest: a pool's that nobody gives back are all idle. */
static void find_idle(struct breakdown *b, const struct between *of, bool close_wait)
{
	struct service_arg arg = {.key = b->peer, .close_wait = close_wait};

	for (unsigned int i = 0; i < of->scans->n_groups; i++) {
		const struct fd_group *g = &of->scans->group[i];
		__s64 n;

		if (b->peer	 ? !is_service(g, &arg)
		    : close_wait ? !is_close_wait(g, NULL)
				 : !is_socket(g, NULL))
			continue;
		n = (__s64)g->count[of->last] - (__s64)g->count[of->first];
		b->open += g->count[of->last];
		b->open_gained += n;
		if (g->proto == FD_TCP && g->state == TCP_ESTABLISHED)
			b->timed_gained += n;
		b->idle += g->idle[of->last];
		b->idle_gained += (__s64)g->idle[of->last] - (__s64)g->idle[of->first];
		if (g->idle_max_ms > b->idle_max_ms)
			b->idle_max_ms = g->idle_max_ms;
	}
}

const char *breakdown_kind_text(enum fd_kind kind)
{
	static const char *const texts[] = {
		[FD_FILE] = "files",	    [FD_DIR] = "directories",
		[FD_PIPE] = "pipes",	    [FD_SOCKET] = "sockets",
		[FD_CHAR] = "devices",	    [FD_BLOCK] = "block devices",
		[FD_EVENTFD] = "eventfds",  [FD_EPOLL] = "epolls",
		[FD_TIMERFD] = "timerfds",  [FD_SIGNALFD] = "signalfds",
		[FD_INOTIFY] = "inotifies", [FD_ANON] = "descriptors",
		[FD_OTHER] = "descriptors",
	};

	return kind < sizeof(texts) / sizeof(texts[0]) && texts[kind] ? texts[kind] : "descriptors";
}

/* The kind of descriptor that grew most, and a sample of its largest growth. */
static void find_kind(struct breakdown *b, const struct between *of)
{
	const struct fd_scans *scans = of->scans;
	__s64 best = 0, best_group = 0;
	__u8 kind = 0;

	for (unsigned int i = 0; i < scans->n_groups; i++) {
		__s64 n = gained(of, is_kind, &scans->group[i].kind);

		if (n > best) {
			best = n;
			kind = scans->group[i].kind;
		}
	}
	if (!best) {
		b->kind = LEAK_UNKNOWN;
		return;
	}
	take(b, of, is_kind, &kind);
	b->what = breakdown_kind_text(kind);
	for (unsigned int i = 0; i < scans->n_groups; i++) {
		const struct fd_group *g = &scans->group[i];
		__s64 n = (__s64)g->count[of->last] - (__s64)g->count[of->first];

		if (g->kind == kind && n > best_group) {
			best_group = n;
			b->sample = g;
		}
	}
}

void breakdown_of(const struct process *process, __u64 since_ns, struct breakdown *ret)
{
	const struct fd_scans *scans = process->scans;
	struct between of = {.scans = scans};
	double most;

	memset(ret, 0, sizeof(*ret));
	ret->what = "descriptors";
	if (!scans || scans->n < SCANS_LEAST)
		return;
	of.last = scans->n - 1;
	while (of.first + SCANS_LEAST <= of.last && scans->ts_ns[of.first + 1] <= since_ns)
		of.first++;
	ret->scans = of.last - of.first + 1;
	ret->span_s = (double)(scans->ts_ns[of.last] - scans->ts_ns[of.first]) / 1e9;
	ret->total = (__s64)scans->fds[of.last] - (__s64)scans->fds[of.first];
	if (ret->span_s < SPAN_LEAST_S || ret->total <= 0)
		return;
	most = SHARE_LEAST * (double)ret->total;
	if ((double)gained(&of, is_close_wait, NULL) >= most) {
		ret->kind = LEAK_CLOSE_WAIT;
		ret->what = "closed sockets";
		take(ret, &of, is_close_wait, NULL);
		find_peer(ret, &of, true);
		find_idle(ret, &of, true);
	} else if ((double)gained(&of, is_socket, NULL) >= most) {
		ret->kind = LEAK_SOCKETS;
		ret->what = "sockets";
		take(ret, &of, is_socket, NULL);
		find_peer(ret, &of, false);
		find_idle(ret, &of, false);
	} else {
		ret->kind = LEAK_FDS;
		find_kind(ret, &of);
	}
}
