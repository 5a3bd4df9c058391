/* SPDX-License-Identifier: BSD-2-Clause */
/* leak_probe.c - who opens what a process keeps; see leak_probe.h. */
#include "probe/leak_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <culprit/map_files.h>

#include "probe/kernel_read.h"

#define SITES_SENT  8
#define STALE_BATCH 512
#define LIVE_MAX    CENSUS_FDS_MAX
/* A descriptor that lives that long after it was opened has been kept: requests are shorter. */
#define RIPE_NS 3000000000ULL
/* So long must one have lived for its stack to stand for those that are kept. */
#define KEPT_NS 1500000000ULL

struct site_seen {
	struct armed_site_key key;
	__u64 opened_at[LEAK_READS]; /* as of the process's reads */
	struct armed_site_value now;
	/* of the present read */
	__u64 oldest_ns;
	__u32 alive;
	__u32 ripe_alive;
	struct fd_what what; /* the oldest one is */
};

struct stale {
	struct armed_fd_key fd;
	struct armed_site_key site;
};

struct reading {
	struct leak_probe *leak;
	struct armed_process *process;
	const struct fd_live *live;
	__u64 now_ns;
	__u64 ripe_ns; /* what was opened before is ripe */
	__u32 tracked;
	struct stale stale[STALE_BATCH];
	unsigned int n_stale;
	struct stack_sample room;
};

/* ---- what is held ---- */

bool fd_live_add(struct fd_live *live, unsigned int fd, struct fd_what what)
{
	unsigned int size = live->size ? live->size : 256;
	struct fd_what *more;

	if (fd >= LIVE_MAX)
		return false;
	if (fd >= live->size) {
		while (size <= fd)
			size *= 2;
		more = realloc(live->what, size * sizeof(*more));
		if (!more)
			return false;
		memset(more + live->size, 0, (size - live->size) * sizeof(*more));
		live->what = more;
		live->size = size;
	}
	live->what[fd] = what;
	return true;
}

void fd_live_done(struct fd_live *live)
{
	free(live->what);
	memset(live, 0, sizeof(*live));
}

static struct fd_what live_what(const struct fd_live *live, unsigned int fd)
{
	return fd < live->size ? live->what[fd] : (struct fd_what){0};
}

/* ---- arming ---- */

void leak_probe_init(struct leak_probe *leak)
{
	memset(leak, 0, sizeof(*leak));
	id_table_init(&leak->sites, sizeof(struct armed_site_key), sizeof(struct site_seen),
		      ARMED_SITES_MAX);
}

void leak_probe_done(struct leak_probe *leak)
{
	for (unsigned int i = 0; i < leak->n; i++)
		free(leak->process[i].before);
	leak->n = 0;
	id_table_done(&leak->sites);
}

static bool is_armed(const struct leak_probe *leak, __u32 pid)
{
	for (unsigned int i = 0; i < leak->n; i++)
		if (leak->process[i].pid == pid)
			return true;
	return false;
}

struct armed_process *leak_probe_find(struct leak_probe *leak, __u32 pid)
{
	for (unsigned int i = 0; i < leak->n; i++)
		if (leak->process[i].pid == pid)
			return &leak->process[i];
	return NULL;
}

int leak_probe_arm(struct leak_probe *leak, __u32 pid, __u64 start_ns, __u64 now_ns)
{
	struct armed_value value = {0};

	if (leak_probe_find(leak, pid))
		return -EEXIST;
	if (leak->n == ARMED_PIDS_MAX)
		return -ENOSPC;
	if (bpf_map_update_elem(leak->armed_fd, &pid, &value, BPF_ANY))
		return -errno;
	leak->process[leak->n++] =
		(struct armed_process){.pid = pid, .start_ns = start_ns, .since_ns = now_ns};
	return 0;
}

struct forgetting {
	__u32 pid;
	int map_fd;
	struct armed_fd_key key[STALE_BATCH];
	unsigned int n;
};

/* Keys of each of the maps are a pid and a number. */
static int collect(void *ctx, const void *key, const void *value)
{
	struct forgetting *f = ctx;
	const struct armed_fd_key *k = key;

	(void)value;
	if (k->pid == f->pid && f->n < STALE_BATCH)
		f->key[f->n++] = *k;
	return 0;
}

static void forget(int map_fd, size_t value_size, __u32 pid)
{
	struct forgetting f = {.pid = pid, .map_fd = map_fd};

	do {
		f.n = 0;
		map_walk(map_fd, sizeof(struct armed_fd_key), value_size, 1, collect, &f);
		for (unsigned int i = 0; i < f.n; i++)
			bpf_map_delete_elem(map_fd, &f.key[i]);
	} while (f.n == STALE_BATCH);
}

void leak_probe_disarm(struct leak_probe *leak, __u32 pid)
{
	struct armed_process *p = leak_probe_find(leak, pid);

	if (!p)
		return;
	bpf_map_delete_elem(leak->armed_fd, &pid);
	free(p->before);
	*p = leak->process[--leak->n];
	for (unsigned int i = 0; i < leak->sites.used;) {
		const struct site_seen *site = id_table_at(&leak->sites, i);

		if (site->key.pid == pid)
			id_table_remove_at(&leak->sites, i);
		else
			i++;
	}
	/* With the last one all maps go. */
	if (leak->n == 0)
		return;
	forget(leak->fds_fd, sizeof(struct armed_fd_value), pid);
	forget(leak->sites_fd, sizeof(struct armed_site_value), pid);
	forget(leak->samples_fd, sizeof(struct stack_sample), pid);
}

/* ---- reading ---- */

static int on_site(void *ctx, const void *key, const void *value)
{
	struct reading *r = ctx;
	const struct armed_site_key *k = key;
	struct site_seen *site;
	bool is_new;

	if (k->pid != r->process->pid)
		return 0;
	site = id_table_add(&r->leak->sites, k, &is_new);
	if (!site)
		return 0;
	site->now = *(const struct armed_site_value *)value;
	site->alive = site->ripe_alive = 0;
	site->what = (struct fd_what){0};
	site->oldest_ns = 0;
	return 0;
}

/* The stack that it stood for goes with it: the next that is opened there gives its own. */
static void drop_stale(struct reading *r)
{
	for (unsigned int i = 0; i < r->n_stale; i++) {
		const struct stale *s = &r->stale[i];

		if (bpf_map_delete_elem(r->leak->fds_fd, &s->fd) == 0)
			r->process->stale++;
		if (bpf_map_lookup_elem(r->leak->samples_fd, &s->site, &r->room) == 0 &&
		    r->room.fd == s->fd.fd)
			bpf_map_delete_elem(r->leak->samples_fd, &s->site);
	}
	r->n_stale = 0;
}

static int on_fd(void *ctx, const void *key, const void *value)
{
	struct reading *r = ctx;
	const struct armed_fd_key *k = key;
	const struct armed_fd_value *v = value;
	struct armed_site_key site_key = {.pid = k->pid, .stack = v->stack};
	struct site_seen *site;
	struct fd_what what;

	if (k->pid != r->process->pid)
		return 0;
	what = live_what(r->live, k->fd);
	if (!what.kind) {
		/* What was opened after the scan began may be missing in it. */
		if (v->opened_ns < r->now_ns && r->n_stale < STALE_BATCH)
			r->stale[r->n_stale++] = (struct stale){.fd = *k, .site = site_key};
		return 0;
	}
	r->tracked++;
	if (k->fd / 8 < r->process->before_size)
		r->process->before[k->fd / 8] &= (__u8) ~(1U << (k->fd % 8));
	site = id_table_find(&r->leak->sites, &site_key);
	if (!site)
		return 0;
	site->alive++;
	site->ripe_alive += v->opened_ns <= r->ripe_ns;
	if (!site->oldest_ns || v->opened_ns < site->oldest_ns) {
		site->oldest_ns = v->opened_ns;
		site->what = what;
	}
	return 0;
}

static void note_before(struct armed_process *p, const struct fd_live *live)
{
	p->before_size = (live->size + 7) / 8;
	p->before = calloc(p->before_size ? p->before_size : 1, 1);
	if (!p->before) {
		p->before_size = 0;
		return;
	}
	for (unsigned int fd = 0; fd < live->size; fd++)
		if (live->what[fd].kind)
			p->before[fd / 8] |= (__u8)(1U << (fd % 8));
}

/* How many are held since before; those that were closed are no longer. */
static __u32 count_before(struct armed_process *p, const struct fd_live *live)
{
	__u32 n = 0;

	for (unsigned int fd = 0; fd < p->before_size * 8; fd++) {
		__u8 bit = (__u8)(1U << (fd % 8));

		if (!live_what(live, fd).kind)
			p->before[fd / 8] &= (__u8)~bit;
		n += (p->before[fd / 8] & bit) != 0;
	}
	return n;
}

static int more_alive(const void *a, const void *b)
{
	const struct site_seen *x = *(const struct site_seen *const *)a,
			       *y = *(const struct site_seen *const *)b;

	if (x->alive != y->alive)
		return x->alive < y->alive ? 1 : -1;
	if (x->now.opened != y->now.opened)
		return x->now.opened < y->now.opened ? 1 : -1;
	return x->key.stack < y->key.stack ? -1 : 1;
}

static int send_site(const struct reading *r, const struct site_seen *site, int ripe_read,
		     event_fn fn, void *ctx)
{
	struct event_fd_site event = {
		.h = {.ts_ns = r->now_ns, .type = EVENT_FD_SITE, .size = sizeof(event)},
		.start_ns = r->process->start_ns,
		.pid = r->process->pid,
		.site = site->key.stack,
		.opened = site->now.opened,
		.ripe = ripe_read < 0 ? 0 : site->opened_at[ripe_read],
		.first_ns = site->now.first_ns,
		.last_ns = site->now.last_ns,
		.oldest_ns = site->oldest_ns,
		.alive = site->alive,
		.ripe_alive = site->ripe_alive,
		.kind = site->what.kind,
		.dir = site->what.dir,
		.port = site->what.port,
	};

	if (event.ripe_alive > event.ripe)
		event.ripe_alive = (__u32)event.ripe;
	return fn(ctx, &event.h);
}

static int send_sites(struct reading *r, int ripe_read, event_fn fn, void *ctx)
{
	const struct id_table *sites = &r->leak->sites;
	const struct site_seen **list = calloc(sites->used + 1, sizeof(struct site_seen *));
	unsigned int n = 0;
	int ret = 0;

	if (!list)
		return -ENOMEM;
	for (unsigned int i = 0; i < sites->used; i++) {
		const struct site_seen *site = id_table_at(sites, i);

		if (site->key.pid == r->process->pid)
			list[n++] = site;
	}
	qsort(list, n, sizeof(struct site_seen *), more_alive);
	for (unsigned int i = 0; i < n && i < SITES_SENT && ret >= 0; i++)
		ret = send_site(r, list[i], ripe_read, fn, ctx);
	free(list);
	return ret;
}

/* The latest read that is RIPE_NS ago; -1: none is. */
static int find_ripe(const struct armed_process *p, __u64 now_ns)
{
	for (unsigned int back = 1; back <= LEAK_READS && back <= p->reads; back++) {
		unsigned int i = (p->reads - back) % LEAK_READS;

		if (p->read_ns[i] + RIPE_NS <= now_ns + RIPE_NS / 10)
			return (int)i;
	}
	return -1;
}

static void keep_read(struct leak_probe *leak, struct armed_process *p, __u64 now_ns)
{
	unsigned int at = p->reads++ % LEAK_READS;

	p->read_ns[at] = now_ns;
	for (unsigned int i = 0; i < leak->sites.used; i++) {
		struct site_seen *site = id_table_at(&leak->sites, i);

		if (site->key.pid == p->pid)
			site->opened_at[at] = site->now.opened;
	}
}

static __u32 count_live(const struct fd_live *live)
{
	__u32 n = 0;

	for (unsigned int fd = 0; fd < live->size; fd++)
		n += live->what[fd].kind != 0;
	return n;
}

int leak_probe_report(struct leak_probe *leak, __u32 pid, const struct fd_live *live, __u64 runs,
		      __u64 now_ns, event_fn fn, void *ctx)
{
	struct armed_process *p = leak_probe_find(leak, pid);
	struct reading r = {.leak = leak, .process = p, .live = live, .now_ns = now_ns};
	struct armed_value value;
	int ripe_read, ret;
	__u32 before;

	if (!p || bpf_map_lookup_elem(leak->armed_fd, &pid, &value))
		return 0;
	if (!p->reads)
		note_before(p, live);
	ripe_read = find_ripe(p, now_ns);
	r.ripe_ns = ripe_read < 0 ? 0 : p->read_ns[ripe_read];
	ret = map_walk(leak->sites_fd, sizeof(struct armed_site_key),
		       sizeof(struct armed_site_value), 1, on_site, &r);
	if (ret == 0)
		ret = map_walk(leak->fds_fd, sizeof(struct armed_fd_key),
			       sizeof(struct armed_fd_value), 1, on_fd, &r);
	if (ret < 0)
		return ret;
	drop_stale(&r);
	before = count_before(p, live);
	ret = send_sites(&r, ripe_read, fn, ctx);
	keep_read(leak, p, now_ns);
	if (ret >= 0) {
		struct event_fd_armed event = {
			.h = {.ts_ns = now_ns, .type = EVENT_FD_ARMED, .size = sizeof(event)},
			.start_ns = p->start_ns,
			.since_ns = p->since_ns,
			.opened = value.opened,
			.closed = value.closed,
			.stale = p->stale,
			.dropped = value.dropped,
			.runs = runs,
			.pid = pid,
			.tracked = r.tracked,
			.before = before,
			.via = leak->by_syscalls ? ARMED_SYSCALLS : ARMED_INSTALL,
		};
		__u32 all = count_live(live);

		event.unknown = all > r.tracked + before ? all - r.tracked - before : 0;
		ret = fn(ctx, &event.h);
	}
	return ret < 0 ? ret : 0;
}

int leak_probe_sample(const struct leak_probe *leak, __u32 pid, __u32 stack, __u64 now_ns,
		      struct stack_sample *ret_sample)
{
	struct armed_site_key key = {.pid = pid, .stack = stack};
	struct armed_fd_key fd_key = {.pid = pid};
	struct armed_fd_value fd;

	if (leak->n == 0)
		return -ENOENT;
	if (bpf_map_lookup_elem(leak->samples_fd, &key, ret_sample))
		return is_armed(leak, pid) ? -EAGAIN : -ENOENT;
	fd_key.fd = ret_sample->fd;
	if (bpf_map_lookup_elem(leak->fds_fd, &fd_key, &fd) ||
	    fd.opened_ns != ret_sample->opened_ns)
		return -EAGAIN;
	return ret_sample->opened_ns + KEPT_NS <= now_ns ? 0 : -EAGAIN;
}
