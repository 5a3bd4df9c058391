/* SPDX-License-Identifier: BSD-2-Clause */
/* live_disks.c - which disks there are, and which came, changed or went; see live_disks.h. */
#include "source/live_disks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/disk_read.h"
#include "source/hash.h"
#include "source/small_file.h"

#define PARTITIONS_MAX 256	   /* of one disk: as many as the kernel gives minors for, and more */
#define NAMES_SIZE     (1U << 18) /* /proc/partitions: 2048 lines of less than 128 bytes */
#define SECTOR	       512

struct known_disk {
	struct event_disk event; /* as told; the header is zero */
	bool here;
};

struct live_disks {
	struct known_disk *item;
	unsigned int n, room;
	__u64 names_hash; /* of /proc/partitions */
	bool read_once;
	__u64 dropped;
	char (*todo)[32]; /* whole disks to be read again */
	unsigned int n_todo, todo_room;
	struct event_disk fresh[1 + PARTITIONS_MAX];
};

struct live_disks *live_disks_new(void)
{
	return calloc(1, sizeof(struct live_disks));
}

void live_disks_free(struct live_disks *disks)
{
	if (!disks)
		return;
	free(disks->item);
	free(disks->todo);
	free(disks);
}

int live_disks_account(const struct live_disks *disks, struct emit *emit)
{
	return emit_table(emit, "disks", LIVE_DISKS_MAX, disks->n, disks->dropped);
}

/* ---- what is known ---- */

/* Disks keep their order in /sys/block: looking goes on where it ended (*hint) and rarely far. */
static struct known_disk *find_whole(struct live_disks *d, const char *name, unsigned int *hint)
{
	for (unsigned int k = 0; k < d->n; k++) {
		unsigned int i = (*hint + k) % d->n;
		struct known_disk *known = &d->item[i];

		if (!(known->event.flags & DISK_PARTITION) &&
		    strcmp(known->event.name, name) == 0) {
			*hint = i + 1;
			return known;
		}
	}
	return NULL;
}

static struct known_disk *find_dev(struct live_disks *d, __u32 dev)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (d->item[i].event.dev == dev)
			return &d->item[i];
	return NULL;
}

static struct known_disk *add(struct live_disks *d)
{
	if (d->n == d->room) {
		unsigned int room = d->room ? 2 * d->room : 16;
		struct known_disk *more = realloc(d->item, room * sizeof(*more));

		if (!more)
			return NULL;
		d->item = more;
		d->room = room;
	}
	return &d->item[d->n++];
}

/* Tells of all that are not here, and forgets them. */
static int sweep(struct live_disks *d, struct emit *emit)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < d->n; i++) {
		struct event_disk_gone gone = {.dev = d->item[i].event.dev};

		if (d->item[i].here)
			d->item[kept++] = d->item[i];
		else
			EMIT(emit, EVENT_DISK_GONE, &gone);
	}
	d->n = kept;
	return emit->failed;
}

/* ---- looking ---- */

static int add_todo(struct live_disks *d, const char *name)
{
	if (d->n_todo == LIVE_DISKS_MAX) {
		d->dropped++;
		return 0;
	}
	if (d->n_todo == d->todo_room) {
		unsigned int room = d->todo_room ? 2 * d->todo_room : 16;
		void *more = realloc(d->todo, room * sizeof(*d->todo));

		if (!more)
			return -ENOMEM;
		d->todo = more;
		d->todo_room = room;
	}
	text_copy(d->todo[d->n_todo++], sizeof(*d->todo), name);
	return 0;
}

/* Whether a known disk is still the same one, in the same size. */
static bool is_same(int sys_block, const char *name, const struct event_disk *known)
{
	char path[64];

	snprintf(path, sizeof(path), "%.31s/size", name);
	if (small_file_u64(sys_block, path) * SECTOR != known->size_bytes)
		return false;
	if (!known->diskseq)
		return true;
	snprintf(path, sizeof(path), "%.31s/diskseq", name);
	return small_file_u64(sys_block, path) == known->diskseq;
}

static void mark_partitions(struct live_disks *d, __u32 parent)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (d->item[i].event.flags & DISK_PARTITION && d->item[i].event.parent == parent)
			d->item[i].here = true;
}

/* One name of /sys/block. */
static int look(struct live_disks *d, int sys_block, const char *name, bool reread,
		unsigned int *hint)
{
	struct known_disk *known = find_whole(d, name, hint);

	if (known) {
		known->here = true;
		mark_partitions(d, known->event.dev);
		if (!reread && is_same(sys_block, name, &known->event))
			return 0;
	} else if (!reread) {
		char path[64];

		/* Most loop devices are unused, and have no size. */
		snprintf(path, sizeof(path), "%.31s/size", name);
		if (!small_file_u64(sys_block, path))
			return 0;
	}
	return add_todo(d, name);
}

/* Marks what is here, and notes what must be read. */
static int look_at_all(struct live_disks *d, int sys_block, bool reread)
{
	unsigned int hint = 0;
	struct dirent *entry;
	int fd = dup(sys_block), code = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < d->n; i++)
		d->item[i].here = false;
	d->n_todo = 0;
	rewinddir(dir);
	while (code == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			code = look(d, sys_block, entry->d_name, reread, &hint);
	closedir(dir);
	return code;
}

/* ---- telling ---- */

/* A disk and its partitions have been read: `n` entries of d->fresh. */
static int tell_gone(struct live_disks *d, const char *name, unsigned int n, struct emit *emit)
{
	unsigned int hint = 0;
	struct known_disk *whole = find_whole(d, name, &hint);
	__u32 dev;

	if (!whole)
		return 0;
	dev = whole->event.dev;
	for (unsigned int i = 0; i < d->n; i++) {
		struct known_disk *known = &d->item[i];
		bool is_part = known->event.flags & DISK_PARTITION && known->event.parent == dev;

		if (known != whole && !is_part)
			continue;
		known->here = false;
		for (unsigned int k = 0; k < n && !known->here; k++)
			known->here = known->event.dev == d->fresh[k].dev &&
				      strcmp(known->event.name, d->fresh[k].name) == 0;
	}
	return sweep(d, emit);
}

static int tell(struct live_disks *d, const struct event_disk *fresh, struct emit *emit)
{
	struct known_disk *known = find_dev(d, fresh->dev);
	struct event_disk event = *fresh;

	if (known && memcmp(&known->event, fresh, sizeof(*fresh)) == 0)
		return 0;
	if (!known && d->n == LIVE_DISKS_MAX) {
		d->dropped++;
		return 0;
	}
	if (!known)
		known = add(d);
	if (!known)
		return -ENOMEM;
	known->event = *fresh;
	known->here = true;
	return EMIT(emit, EVENT_DISK, &event);
}

static int read_and_tell(struct live_disks *d, int sys_block, const char *name, struct emit *emit)
{
	unsigned int dropped = 0;
	unsigned int n = disk_read(sys_block, name, d->fresh, 1 + PARTITIONS_MAX, &dropped);
	int code = tell_gone(d, name, n, emit);

	d->dropped += dropped;
	for (unsigned int i = 0; i < n && code == 0; i++)
		code = tell(d, &d->fresh[i], emit);
	return code;
}

/* Partitions come and go without their disk changing; this one file tells. */
static bool names_changed(struct live_disks *d)
{
	size_t length;
	char *text = whole_file_read("/proc/partitions", NAMES_SIZE, &length);
	__u64 hash = text ? hash_bytes(HASH_START, text, length) : 0;
	bool changed = hash != d->names_hash;

	free(text);
	d->names_hash = hash;
	return changed;
}

int live_disks_poll(struct live_disks *disks, struct emit *emit)
{
	struct live_disks *d = disks;
	bool reread = names_changed(d) || !d->read_once;
	int sys_block = open("/sys/block", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code;

	if (sys_block < 0)
		return 0;
	code = look_at_all(d, sys_block, reread);
	if (code == 0)
		code = sweep(d, emit);
	for (unsigned int i = 0; i < d->n_todo && code == 0; i++)
		code = read_and_tell(d, sys_block, d->todo[i], emit);
	d->read_once = true;
	close(sys_block);
	return code;
}
