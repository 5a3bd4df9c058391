/* SPDX-License-Identifier: BSD-2-Clause */
/* tcp_peers.c - the table of peers as events; see tcp_peers.h and struct peer_value. */
#include "probe/tcp_peers.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include <culprit/map_tcp.h>

#include "probe/kernel_read.h"

/* An entry that nothing happened to for so long makes room for others; sooner, as the table fills up: what finds no
 * room in it is not counted. */
#define IDLE_NS	       (300ULL * 1000000000ULL)
#define IDLE_FULL_NS   (30ULL * 1000000000ULL)
#define FULL_FROM_USED (PEERS_MAX / 4 * 3)
/* Each sample walks the kernel's whole hash table: other namespaces take turns within this a snapshot. */
#define SAMPLE_BUDGET_NS 5000000ULL

/* What was last sent of a peer. Sums never go back, see monotonic(). */
struct peer_seen {
	struct peer_key key;
	struct tcp_sums sums;
	unsigned long long hash;
	unsigned long long changed_ns;
	bool sent;
	bool idle; /* to be dropped after the walk */
};

struct walk {
	struct tcp_peers *peers;
	unsigned long long now_ns;
	unsigned long long idle_ns; /* as above */
	event_fn fn;
	void *ctx;
};

int tcp_peers_init(struct tcp_peers *peers, int map_fd, int control_fd, int link_fd)
{
	memset(peers, 0, sizeof(*peers));
	id_table_init(&peers->seen, sizeof(struct peer_key), sizeof(struct peer_seen), PEERS_MAX);
	peers->map_fd = map_fd;
	peers->control_fd = control_fd;
	peers->link_fd = link_fd;
	return netns_init(&peers->netns);
}

void tcp_peers_done(struct tcp_peers *peers)
{
	id_table_done(&peers->seen);
}

static unsigned long long clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
}

/* The iterator writes the number of its session when it visits a socket; none visited: it stays 0. */
static int sample_one(struct tcp_peers *peers, struct netns *netns)
{
	struct tcp_control control = {0};
	__u64 resent, segments = netns_segments(netns, &resent);
	__u32 sockets = netns_sockets(netns);
	__u32 key = 0;
	int fd, ret;

	/* A walk over the whole hash table (2.5 ms for 262,144 buckets, measured) that would find what the
	 * last one found: that session stays the present one. */
	if (netns->known && segments && segments == netns->segments && sockets == netns->sockets)
		return 0;
	if (peers->rests && peers->each <= 1 && netns->session && !netns->rested &&
	    resent == netns->resent) {
		netns->rested = true;
		return 0;
	}
	netns->rested = false;
	netns->session = 0;
	netns->segments = 0;
	if (!sockets)
		return 0;
	if (bpf_map_update_elem(peers->control_fd, &key, &control, BPF_ANY))
		return -errno;
	fd = netns_iter(netns, peers->link_fd);
	if (fd < 0)
		return fd;
	ret = iter_read(fd, 1, NULL, NULL);
	if (ret)
		return ret;
	if (bpf_map_lookup_elem(peers->control_fd, &key, &control))
		return -errno;
	netns->session = control.session;
	netns->segments = segments;
	netns->resent = resent;
	netns->sockets = sockets;
	return 0;
}

/* Ours each time; the others in turn, as many as the budget allows, at least one. */
static int sample(struct tcp_peers *peers)
{
	struct netns_list *list = &peers->netns;
	unsigned long long begin = clock_ns();
	struct netns *netns;
	unsigned int i;
	int ret;

	for (i = 0; i < list->used; i++)
		list->all[i].sampled = false;
	if (peers->link_fd < 0 || (peers->each && peers->turn++ % peers->each))
		return 0;
	ret = sample_one(peers, &list->all[0]);
	if (ret)
		return ret;
	list->all[0].sampled = true;
	peers->sample_ns = clock_ns() - begin;
	list->refused = 0;
	for (i = 1; i < list->used; i++) {
		if (list->next >= list->used)
			list->next = 1;
		netns = &list->all[list->next++];
		ret = sample_one(peers, netns);
		if (ret == -ENOTRECOVERABLE)
			return ret;
		if (ret == -EPERM || ret == -EACCES)
			list->refused = -ret;
		netns->sampled = ret == 0;
		if (clock_ns() - begin > peers->sample_ns + SAMPLE_BUDGET_NS)
			break;
	}
	return 0;
}

/*
 * A socket that closed between the iteration and this read may be missing from the sum for one snapshot
 * (see struct peer_value): then the last sum stands.
 */
static __u64 monotonic(__u64 *last, __u64 sum)
{
	if (sum > *last)
		*last = sum;
	return *last;
}

static void fill_sums(struct event_tcp_peer *event, struct peer_seen *seen,
		      const struct peer_value *value, bool live)
{
	static const struct tcp_sums none;
	const struct tcp_sums *closed = &value->closed;
	const struct tcp_sums *add = live ? &value->live : &none;
	const struct tcp_sums *off = live ? &value->recent : &none;
	struct tcp_sums *last = &seen->sums;

#define TOTAL(field) monotonic(&last->field, closed->field + add->field - off->field)
	event->segs_out = TOTAL(segs_out);
	event->segs_retrans = TOTAL(segs_retrans);
	event->dsacks = TOTAL(dsacks);
	event->bytes_acked = TOTAL(bytes_acked);
	event->bytes_received = TOTAL(bytes_received);
#undef TOTAL
}

static void fill_gauges(struct event_tcp_peer *event, const struct peer_value *value)
{
	event->live = value->sockets;
	event->live_syn = value->syn;
	event->live_stuck = value->stuck;
	event->max_backoff = value->max_backoff;
	event->live_zero_win = value->zero_win;
	event->live_reord = value->reord;
	event->close_wait = value->close_wait;
	event->zero_wait_ms = value->zero_wait_ms;
	event->fresh = value->fresh;
	event->fresh_queued = value->fresh_queued;
	if (value->fresh_srtt_us != ~0U)
		event->fresh_srtt_us = value->fresh_srtt_us;
	event->large_stuck = value->large_stuck;
	event->large_resends = value->large_resends;
	event->large_sacked = value->large_sacked;
	event->small_lost = value->small_lost;
	event->large_passing = value->large_passing;
	event->small_size = value->small_size;
	event->unsent = value->unsent;
	event->unsent_tries = value->unsent_tries;
	if (value->large_stuck)
		event->large_size = value->large_size;
	if (value->srtt_samples)
		event->srtt_us = (__u32)(value->srtt_sum_us / value->srtt_samples);
	if (value->min_rtt_us != ~0U)
		event->min_rtt_us = value->min_rtt_us;
}

static void fill(struct event_tcp_peer *event, struct peer_seen *seen,
		 const struct peer_value *value, bool live)
{
	memset(event, 0, sizeof(*event));
	event->h.type = EVENT_TCP_PEER;
	event->h.size = sizeof(*event);
	event->peer = seen->key;
	event->ifindex = value->ifindex;
	fill_sums(event, seen, value, live);
	memcpy(event->retrans, value->retrans, sizeof(event->retrans));
	event->send_errors = value->send_errors;
	event->attempts = value->attempts;
	event->established = value->established;
	event->accepted = value->accepted;
	event->refused = value->refused;
	event->timed_out = value->timed_out;
	event->unreachable = value->unreachable;
	event->abandoned = value->abandoned;
	event->failed = value->failed;
	event->resets = value->resets;
	event->broken = value->broken;
	event->closed = value->ended;
	event->resets_early = value->resets_early;
	event->resets_idle = value->resets_idle;
	event->resets_stale = value->resets_stale;
	event->aborts = value->aborts;
	event->aborts_early = value->aborts_early;
	event->aborts_linger = value->aborts_linger;
	event->large_passed = value->large_passed;
	event->brief = value->brief;
	if (live)
		fill_gauges(event, value);
	event->pid = value->owner_pid;
	event->start_ns = value->owner_start_ns;
	memcpy(event->comm, value->owner_comm, sizeof(event->comm));
}

static int show_peer(void *ctx, const void *key, const void *data)
{
	const struct peer_value *value = data;
	struct walk *walk = ctx;
	struct tcp_peers *peers = walk->peers;
	struct event_tcp_peer event;
	struct peer_seen *seen;
	unsigned long long hash;
	struct netns *netns;
	bool live, is_new;

	peers->used++;
	netns = netns_find(&peers->netns, ((const struct peer_key *)key)->netns);
	/* Its turn did not come: without its living sockets the sums would jump. */
	if (netns && !netns->sampled && peers->link_fd >= 0 && !peers->netns.refused)
		return 0;
	live = netns && netns->session && value->epoch == netns->session;
	seen = id_table_add(&peers->seen, key, &is_new);
	if (!seen)
		return 0;
	fill(&event, seen, value, live);
	hash = id_hash(&event.peer, sizeof(event) - sizeof(event.h));
	if (is_new || hash != seen->hash)
		seen->changed_ns = walk->now_ns;
	else if (!event.live && walk->now_ns - seen->changed_ns > walk->idle_ns)
		seen->idle = true;
	if (!is_new && hash == seen->hash)
		return 0;
	seen->hash = hash;
	if (!seen->sent && (!netns || !netns->known))
		event.flags |= TCP_PEER_BASE;
	seen->sent = true;
	event.h.ts_ns = walk->now_ns;
	return walk->fn(walk->ctx, &event.h);
}

/* Drops what was idle, in the kernel and here. What is counted in between, after so long, in these
 * microseconds, is lost. */
static int drop_idle(struct tcp_peers *peers, struct walk *walk)
{
	struct peer_value value;
	struct event_tcp_peer event;
	struct peer_seen *seen;
	unsigned int i = 0;
	int ret;

	while (i < peers->seen.used) {
		seen = id_table_at(&peers->seen, i);
		if (!seen->idle) {
			i++;
			continue;
		}
		if (bpf_map_lookup_elem(peers->map_fd, &seen->key, &value))
			memset(&value, 0, sizeof(value));
		fill(&event, seen, &value, false);
		event.flags = TCP_PEER_GONE;
		event.h.ts_ns = walk->now_ns;
		bpf_map_delete_elem(peers->map_fd, &seen->key);
		id_table_remove_at(&peers->seen, i);
		ret = walk->fn(walk->ctx, &event.h);
		if (ret < 0)
			return ret;
	}
	return 0;
}

void tcp_peers_sample_each(struct tcp_peers *peers, unsigned int each)
{
	peers->each = each;
	peers->turn = 0;
}

void tcp_peers_rest(struct tcp_peers *peers)
{
	peers->rests = true;
}

int tcp_peers_snapshot(struct tcp_peers *peers, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct walk walk = {.peers = peers, .now_ns = now_ns, .fn = fn, .ctx = ctx};
	unsigned int i;
	int ret;

	/* By what the last snapshot found. */
	walk.idle_ns = peers->used >= FULL_FROM_USED ? IDLE_FULL_NS : IDLE_NS;
	ret = sample(peers);
	if (ret)
		return ret;
	peers->used = 0;
	ret = map_walk(peers->map_fd, sizeof(struct peer_key), sizeof(struct peer_value), 0,
		       show_peer, &walk);
	if (ret == 0)
		ret = drop_idle(peers, &walk);
	for (i = 0; i < peers->netns.used; i++)
		if (peers->netns.all[i].sampled || peers->link_fd < 0)
			peers->netns.all[i].known = true;
	return ret;
}
