/* SPDX-License-Identifier: BSD-2-Clause */
/* live_chain.c - which block devices are made of which; see live_chain.h. */
#include "source/live_chain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/disk_text.h"
#include "source/live_raids.h"
#include "source/mountinfo.h"
#include "small_file.h"

/* What a mapping is made of may change without a trace in the list of disks (dmsetup reload). */
#define POLLS_PER_READ 60
/* After an error md retries, rewrites or takes a member out: looked at for so many polls. */
#define POLLS_SUSPECT	4
#define MOUNTS_TEXT_MAX (4U << 20)

struct link {
	__u32 upper, lower, flags;
};

struct links {
	struct link *item;
	unsigned int n, room;
};

struct live_chain {
	char sys_block[128], mountinfo[128]; /* paths */
	struct links known, fresh;	     /* sorted */
	struct live_raids raids;
	__u64 readings; /* of the list of disks, when the links were read */
	unsigned int polls, suspect;
	__u64 dropped;	   /* the most at one time */
	__u64 dropped_now; /* in this reading */
};

struct live_chain *live_chain_new(const char *root)
{
	struct live_chain *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	snprintf(c->sys_block, sizeof(c->sys_block), "%s/sys/block", root);
	snprintf(c->mountinfo, sizeof(c->mountinfo), "%s/proc/self/mountinfo", root);
	return c;
}

void live_chain_free(struct live_chain *chain)
{
	if (!chain)
		return;
	live_raids_done(&chain->raids);
	free(chain->known.item);
	free(chain->fresh.item);
	free(chain);
}

void live_chain_suspect(struct live_chain *chain)
{
	chain->suspect = POLLS_SUSPECT;
}

int live_chain_account(const struct live_chain *chain, struct emit *emit)
{
	int code = emit_table(emit, "source.links", LIVE_LINKS_MAX, chain->known.n, chain->dropped);

	if (code == 0)
		code = emit_table(emit, "source.raids", LIVE_RAIDS_MAX, chain->raids.n,
				  chain->raids.dropped);
	return code;
}

/* ---- links ---- */

static int by_devices(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->upper != y->upper)
		return x->upper < y->upper ? -1 : 1;
	return x->lower < y->lower ? -1 : x->lower > y->lower;
}

static int add_link(struct live_chain *c, __u32 upper, __u32 lower, __u32 flags)
{
	struct links *l = &c->fresh;

	if (l->n == LIVE_LINKS_MAX) {
		c->dropped_now++;
		return 0;
	}
	if (l->n == l->room) {
		unsigned int room = l->room ? 2 * l->room : 16;
		struct link *more = realloc(l->item, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->item = more;
		l->room = room;
	}
	l->item[l->n++] = (struct link){upper, lower, flags};
	return 0;
}

/* What /sys/block/NAME/slaves says that it is made of. */
static int read_slaves(struct live_chain *c, const struct event_disk *disk)
{
	char path[256], text[32];
	struct dirent *entry;
	__u32 lower;
	int code = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/slaves", c->sys_block, disk->name);
	dir = opendir(path);
	while (dir && code == 0 && (entry = readdir(dir))) {
		char dev[NAME_MAX + 8];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(dev, sizeof(dev), "%s/dev", entry->d_name);
		if (small_file_text(dirfd(dir), dev, text, sizeof(text)) &&
		    disk_dev_parse(text, &lower) && lower != disk->dev)
			code = add_link(c, disk->dev, lower, 0);
	}
	if (dir)
		closedir(dir);
	return code;
}

/* How much of `path` a mount point covers; 0: it is not below it. */
static size_t covers(const char *mount, const char *path)
{
	size_t n = strlen(mount);

	if (n == 1)
		return 1;
	return strncmp(mount, path, n) == 0 && path[n] == '/' ? n : 0;
}

/* The device of the file system that a path is in, as far as mount points tell: no stat(), the file may be on
 * a server that is dead. 0: of no block device. */
static __u32 device_of(const char *mounts, const char *path)
{
	const char *line = mounts, *end;
	size_t most = 0;
	__u32 dev = 0;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		struct mountinfo mount;
		size_t n;

		if (!mountinfo_parse(line, (size_t)(end - line), &mount))
			continue;
		n = covers(mount.mount, path);
		if (n == 0 || n < most)
			continue;
		most = n;
		dev = mount.dev;
	}
	return dev >> 20 ? dev : 0;
}

static bool is_loop(const struct event_disk *disk)
{
	return !(disk->flags & DISK_PARTITION) && strncmp(disk->name, "loop", 4) == 0 &&
	       disk->backing[0] == '/';
}

static int read_loops(struct live_chain *c, const struct live_disks *disks)
{
	const struct event_disk *disk;
	char *mounts = NULL;
	size_t length;
	int code = 0;

	for (unsigned int i = 0; code == 0 && (disk = live_disks_at(disks, i)); i++) {
		__u32 lower;

		if (!is_loop(disk))
			continue;
		if (!mounts)
			mounts = whole_file_read(c->mountinfo, MOUNTS_TEXT_MAX, &length);
		if (!mounts)
			break;
		lower = device_of(mounts, disk->backing);
		if (lower && lower != disk->dev)
			code = add_link(c, disk->dev, lower, DISK_LINK_FILE);
	}
	free(mounts);
	return code;
}

/* A link to a disk that was pulled cannot be read any more, but still holds: what is above it has lost it. */
static int keep_lost(struct live_chain *c, const struct live_disks *disks)
{
	unsigned int read = c->fresh.n;
	int code = 0;

	for (unsigned int i = 0; i < c->known.n && code == 0; i++) {
		const struct link *l = &c->known.item[i];

		if (bsearch(l, c->fresh.item, read, sizeof(*l), by_devices))
			continue;
		if (!live_disks_has(disks, l->lower) && live_disks_has(disks, l->upper))
			code = add_link(c, l->upper, l->lower, l->flags);
	}
	return code;
}

static void sort(struct links *l)
{
	if (l->n)
		qsort(l->item, l->n, sizeof(*l->item), by_devices);
}

static int tell_link(const struct link *l, __u32 flags, struct emit *emit)
{
	struct event_disk_link event = {
		.upper = l->upper, .lower = l->lower, .flags = l->flags | flags};

	return EMIT(emit, EVENT_DISK_LINK, &event);
}

/* Both lists are sorted: what is in one only came or went. */
static int tell_links(struct live_chain *c, struct emit *emit)
{
	unsigned int k = 0, f = 0;
	int code = 0;

	while (code == 0 && (k < c->known.n || f < c->fresh.n)) {
		const struct link *old = k < c->known.n ? &c->known.item[k] : NULL;
		const struct link *new = f < c->fresh.n ? &c->fresh.item[f] : NULL;
		int order = old && new ? by_devices(old, new) : 0;

		if (old && (!new || order < 0))
			code = tell_link(old, DISK_LINK_GONE, emit);
		else if (new && (!old || order > 0))
			code = tell_link(new, 0, emit);
		k += old && (!new || order <= 0);
		f += new && (!old || order >= 0);
	}
	return code;
}

static int read_links(struct live_chain *c, const struct live_disks *disks, struct emit *emit)
{
	const struct event_disk *disk;
	struct links old = c->known;
	int code = 0;

	c->fresh.n = 0;
	c->dropped_now = 0;
	for (unsigned int i = 0; code == 0 && (disk = live_disks_at(disks, i)); i++)
		if (disk->flags & DISK_VIRTUAL && !(disk->flags & DISK_PARTITION) && !is_loop(disk))
			code = read_slaves(c, disk);
	if (code == 0)
		code = read_loops(c, disks);
	sort(&c->fresh);
	if (code == 0)
		code = keep_lost(c, disks);
	sort(&c->fresh);
	if (code == 0)
		code = tell_links(c, emit);
	c->known = c->fresh;
	c->fresh = old;
	if (c->dropped_now > c->dropped)
		c->dropped = c->dropped_now;
	return code;
}

static int look(struct live_chain *c, const struct live_disks *disks, struct emit *emit)
{
	int code;

	if (c->readings != live_disks_readings(disks))
		live_raids_list(&c->raids, disks);
	c->readings = live_disks_readings(disks);
	code = read_links(c, disks, emit);
	return code < 0 ? code : live_raids_tell(&c->raids, c->sys_block, emit);
}

int live_chain_follow(struct live_chain *chain, const struct live_disks *disks, struct emit *emit)
{
	return chain->readings != live_disks_readings(disks) ? look(chain, disks, emit) : 0;
}

int live_chain_poll(struct live_chain *chain, const struct live_disks *disks, struct emit *emit)
{
	bool moved = live_raids_moved(&chain->raids, chain->sys_block);
	bool due = ++chain->polls % POLLS_PER_READ == 0;

	if (!moved && !due && !chain->suspect)
		return live_chain_follow(chain, disks, emit);
	chain->suspect -= chain->suspect > 0;
	return look(chain, disks, emit);
}
