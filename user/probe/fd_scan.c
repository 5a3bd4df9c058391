/* SPDX-License-Identifier: BSD-2-Clause */
/* fd_scan.c - what descriptors one process holds; see fd_scan.h. */
#include "probe/fd_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <bpf/bpf.h>

#include <culprit/map_files.h>

#include "peer_rest.h"
#include "probe/fd_heirs.h"
#include "probe/id_table.h"
#include "probe/kernel_read.h"
#include "probe/leak_probe.h"
#include "probe/path_pattern.h"
#include "small_file.h"

#define GROUPS_MAX  4096
#define GROUPS_ROOM (GROUPS_MAX + 64) /* for those that stand for many */
#define GROUPS_SENT 16		      /* the largest, one by one */
#define REST_SENT   8
#define FILES_MAX   65536
#define HEIRS_MAX   4

struct group_key {
	struct peer_key peer;
	__u8 kind;
	__u8 proto;
	__u8 state;
	__u8 pad;
};

struct group {
	struct group_key key;
	__u32 count;
	__u32 fd; /* of the first one, for a name */
	__u32 idle;
	__u32 idle_max_ms;
	char name[32];
	__u32 heirs; /* that programs which it started hold too */
	struct fd_heir heir;
	__u32 more_peers; /* it stands for so many */
};

/* An open file of the process, by a descriptor that is not closed on exec(). */
struct file_seen {
	__u64 file;
	__u32 group; /* its place among them */
	bool counted;
};

struct scanning {
	struct id_table groups;
	struct id_table files; /* struct file_seen; used only when there are heirs */
	struct fd_heir heir[HEIRS_MAX];
	unsigned int n_heirs;
	const struct fd_heir *looked_at;
	__u64 start_ns; /* the process that is meant */
	__u32 fds;
	struct fd_live *live;
	__u32 strangers; /* descriptors of another process with the same number */
	unsigned int n_groups, n_sent;
	__u32 latest[PATHS_MAX]; /* files with the highest numbers: of a leak, the latest */
	unsigned int n_latest;
};

static const struct {
	const char *name;
	enum fd_kind kind;
} anon_kinds[] = {
	/* The names that anon_inode_getfile() gets; some are given in brackets. */
	{"[eventfd]", FD_EVENTFD},   {"[eventpoll]", FD_EPOLL}, {"[timerfd]", FD_TIMERFD},
	{"[signalfd]", FD_SIGNALFD}, {"inotify", FD_INOTIFY},
};

static enum fd_kind kind_of(const struct fd_record *record)
{
	unsigned int i;

	if (record->anon) {
		for (i = 0; i < sizeof(anon_kinds) / sizeof(anon_kinds[0]); i++)
			if (strcmp(record->name, anon_kinds[i].name) == 0)
				return anon_kinds[i].kind;
		return FD_ANON;
	}
	switch (record->mode & S_IFMT) {
	case S_IFREG:
		return FD_FILE;
	case S_IFDIR:
		return FD_DIR;
	case S_IFIFO:
		return FD_PIPE;
	case S_IFSOCK:
		return FD_SOCKET;
	case S_IFCHR:
		return FD_CHAR;
	case S_IFBLK:
		return FD_BLOCK;
	}
	return FD_OTHER;
}

static void note_file(struct scanning *scanning, __u64 file, const struct group *group)
{
	struct file_seen *seen;
	bool is_new;

	seen = id_table_add(&scanning->files, &file, &is_new);
	if (seen && is_new)
		seen->group = (__u32)(group - (struct group *)id_table_at(&scanning->groups, 0));
}

/* A descriptor of a program that it started. */
static int on_heir(void *ctx, const void *data)
{
	const struct fd_record *record = data;
	struct scanning *scanning = ctx;
	struct file_seen *seen = id_table_find(&scanning->files, &record->file);
	struct group *group;

	/* Standard streams are handed on on purpose. */
	if (!seen || seen->counted || record->fd <= STDERR_FILENO)
		return 0;
	seen->counted = true;
	group = id_table_at(&scanning->groups, seen->group);
	if (!group->heirs++)
		group->heir = *scanning->looked_at;
	return 0;
}

static void note_latest(struct scanning *scanning, __u32 fd)
{
	unsigned int least = 0;

	if (scanning->n_latest < PATHS_MAX) {
		scanning->latest[scanning->n_latest++] = fd;
		return;
	}
	for (unsigned int i = 1; i < PATHS_MAX; i++)
		if (scanning->latest[i] < scanning->latest[least])
			least = i;
	if (fd > scanning->latest[least])
		scanning->latest[least] = fd;
}

/* A crawler, or a server on the Internet, has more peers than can be told of one by one: all are one group. */
static struct group_key without_peer(const struct group_key *key)
{
	struct group_key rest = *key;

	rest.peer = peer_rest(&key->peer);
	return rest;
}

static struct group *group_of(struct scanning *scanning, const struct group_key *key, bool *ret_new)
{
	struct id_table *groups = &scanning->groups;
	struct group_key rest;
	struct group *group = id_table_find(groups, key);

	*ret_new = false;
	if (group || groups->used < GROUPS_MAX)
		return group ? group : id_table_add(groups, key, ret_new);
	rest = without_peer(key);
	group = id_table_add(groups, &rest, ret_new);
	if (group && key->peer.dir)
		group->more_peers++;
	return group;
}

static int on_record(void *ctx, const void *data)
{
	const struct fd_record *record = data;
	struct scanning *scanning = ctx;
	struct group_key key = {
		.peer = record->peer, .proto = record->proto, .state = record->state};
	struct group *group;
	bool is_new;

	if (!scanning->start_ns)
		scanning->start_ns = record->start_ns;
	if (record->start_ns != scanning->start_ns) {
		scanning->strangers++;
		return 0;
	}
	scanning->fds++;
	key.kind = (__u8)kind_of(record);
	if (scanning->live)
		fd_live_add(scanning->live, record->fd,
			    (struct fd_what){.kind = key.kind,
					     .dir = record->peer.dir,
					     .port = record->peer.port});
	group = group_of(scanning, &key, &is_new);
	if (!group)
		return 0;
	if (key.kind == FD_FILE)
		note_latest(scanning, record->fd);
	/* The highest number: of a leak, the latest; the lowest are what the process began with. */
	if (is_new || record->fd > group->fd) {
		group->fd = record->fd;
		memcpy(group->name, record->name, sizeof(group->name));
	}
	group->count++;
	if (scanning->n_heirs && record->kept)
		note_file(scanning, record->file, group);
	group->idle += record->idle_ms >= FD_IDLE_MS;
	if (record->idle_ms > group->idle_max_ms)
		group->idle_max_ms = record->idle_ms;
	return 0;
}

static int larger_first(const void *a, const void *b)
{
	const struct group *left = a, *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	/* A fixed order among equals, so that two scans of the same say the same. */
	return memcmp(&left->key, &right->key, sizeof(left->key));
}

/* Of two groups one. */
static void merge(struct group *into, const struct group *group)
{
	if (group->fd >= into->fd) {
		into->fd = group->fd;
		memcpy(into->name, group->name, sizeof(into->name));
	}
	if (group->heirs && !into->heirs)
		into->heir = group->heir;
	into->count += group->count;
	into->idle += group->idle;
	into->heirs += group->heirs;
	if (group->idle_max_ms > into->idle_max_ms)
		into->idle_max_ms = group->idle_max_ms;
	into->more_peers += group->more_peers ? group->more_peers : group->key.peer.dir != 0;
}

/* Sorts them, and puts those that are not sent one by one together: else the sum of a kind would lack them, and a
 * leak to a thousand peers would be one of no kind. */
static void sum_up(struct scanning *scanning)
{
	struct id_table *groups = &scanning->groups, rest;
	struct group_key key;
	struct group *into;
	bool is_new;

	scanning->n_groups = scanning->n_sent = groups->used;
	if (groups->used)
		qsort(groups->entries, groups->used, sizeof(struct group), larger_first);
	if (groups->used <= GROUPS_SENT)
		return;
	id_table_init(&rest, sizeof(struct group_key), sizeof(struct group), GROUPS_ROOM);
	for (unsigned int i = GROUPS_SENT; i < groups->used; i++) {
		const struct group *group = id_table_at(groups, i);

		key = without_peer(&group->key);
		into = id_table_add(&rest, &key, &is_new);
		if (into)
			merge(into, group);
	}
	scanning->n_sent = GROUPS_SENT + (rest.used < REST_SENT ? rest.used : REST_SENT);
	if (rest.used) {
		qsort(rest.entries, rest.used, sizeof(struct group), larger_first);
		memcpy(id_table_at(groups, GROUPS_SENT), rest.entries,
		       rest.used * sizeof(struct group));
	}
	id_table_done(&rest);
}

/* The link's text is made by the kernel from what it knows: no file system is asked. */
static void name_sample(char *ret_name, size_t size, unsigned int pid, const struct group *group)
{
	char path[48];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, group->fd);
	len = readlink(path, ret_name, size - 1);
	if (len > 0)
		ret_name[len] = '\0';
	else
		snprintf(ret_name, size, "%.*s", (int)sizeof(group->name), group->name);
}

static int higher_first(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* What the latest files have in common: which they are, not only one of them. */
static void name_files(struct event_fd_group *event, struct scanning *scanning)
{
	char paths[PATHS_MAX][PATH_ROOM], link[48];
	struct path_pattern pattern;
	unsigned int n = 0;

	qsort(scanning->latest, scanning->n_latest, sizeof(scanning->latest[0]), higher_first);
	for (unsigned int i = 0; i < scanning->n_latest; i++) {
		snprintf(link, sizeof(link), "/proc/%u/fd/%u", event->pid, scanning->latest[i]);
		if (small_file_link(AT_FDCWD, link, paths[n], sizeof(paths[n])))
			n++;
	}
	if (!n)
		return;
	path_pattern(paths, n, &pattern);
	memcpy(event->name, pattern.text, sizeof(event->name));
	event->looked_at = (__u16)n;
	event->alike = (__u16)pattern.alike;
	event->deleted = (__u16)pattern.deleted;
}

static int send_groups(struct scanning *scanning, const struct fd_scan_request *request,
		       event_fn fn, void *ctx)
{
	struct event_fd_scan end = {
		.h = {.ts_ns = request->now_ns, .type = EVENT_FD_SCAN, .size = sizeof(end)},
		.start_ns = scanning->start_ns,
		.pid = request->pid,
		.scan = request->scan,
		.fds = scanning->fds,
		.groups = scanning->n_groups,
		.sent = scanning->n_sent,
	};
	unsigned int i;
	int ret;

	for (i = 0; i < end.sent; i++) {
		const struct group *group = id_table_at(&scanning->groups, i);
		struct event_fd_group event = {
			.h = {.ts_ns = request->now_ns,
			      .type = EVENT_FD_GROUP,
			      .size = sizeof(event)},
			.start_ns = scanning->start_ns,
			.pid = request->pid,
			.scan = request->scan,
			.count = group->count,
			.kind = group->key.kind,
			.proto = group->key.proto,
			.state = group->key.state,
			.peer = group->key.peer,
			.idle = group->idle,
			.idle_max_ms = group->idle_max_ms,
			.heirs = group->heirs,
			.heir_pid = group->heir.pid,
			.more_peers = group->more_peers < 65535 ? (__u16)group->more_peers : 65535,
		};

		memcpy(event.heir_comm, group->heir.comm, sizeof(event.heir_comm));
		name_sample(event.name, sizeof(event.name), request->pid, group);
		if (event.kind == FD_FILE)
			name_files(&event, scanning);
		ret = fn(ctx, &event.h);
		if (ret < 0)
			return ret;
	}
	return fn(ctx, &end.h);
}

static int iterate(struct fd_scan *scan, unsigned int pid, iter_record_fn fn,
		   struct scanning *scanning)
{
	union bpf_iter_link_info info = {.task = {.pid = pid}};
	LIBBPF_OPTS(bpf_iter_attach_opts, options);
	struct files_control control = {.scan_pid = pid};
	struct bpf_link *link;
	__u32 key = 0;
	int fd, ret;

	if (bpf_map_update_elem(scan->control_fd, &key, &control, BPF_ANY))
		return -errno;
	if (scan->for_one) {
		options.link_info = &info;
		options.link_info_len = sizeof(info);
	}
	link = bpf_program__attach_iter(scan->program, &options);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	ret = fd < 0 ? -errno : iter_read(fd, sizeof(struct fd_record), fn, scanning);
	bpf_link__destroy(link);
	return ret;
}

static bool exists(unsigned int pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return access(path, F_OK) == 0;
}

int fd_scan_run(struct fd_scan *scan, const struct fd_scan_request *request, event_fn fn, void *ctx)
{
	struct scanning scanning = {.start_ns = request->start_ns, .live = request->live};
	int ret;

	id_table_init(&scanning.groups, sizeof(struct group_key), sizeof(struct group),
		      GROUPS_ROOM);
	id_table_init(&scanning.files, sizeof(__u64), sizeof(struct file_seen), FILES_MAX);
	/* Where each costs a walk over all processes: one of them. */
	scanning.n_heirs =
		fd_heirs_find(request->pid, scanning.heir, scan->for_one ? HEIRS_MAX : 1);
	ret = iterate(scan, request->pid, on_record, &scanning);
	for (unsigned int i = 0; i < scanning.n_heirs && ret == 0; i++) {
		scanning.looked_at = &scanning.heir[i];
		ret = iterate(scan, scanning.heir[i].pid, on_heir, &scanning);
		/* It may have ended by now. */
		if (ret == -ESRCH || ret == -EINVAL)
			ret = 0;
	}
	/* Nothing found: it holds nothing, or is not there any more, or its number is another's. */
	if (ret == 0 && !scanning.fds && (scanning.strangers || !exists(request->pid)))
		ret = -ESRCH;
	if (ret == 0) {
		sum_up(&scanning);
		ret = send_groups(&scanning, request, fn, ctx);
	}
	id_table_done(&scanning.groups);
	id_table_done(&scanning.files);
	return ret;
}
