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
#include "small_file.h"
#include "store/norms.h"

#define PARTITIONS_MAX 256 /* of one disk: as many as the kernel gives minors for, and more */
#define NAMES_SIZE     (1U << 18) /* /proc/partitions: 2048 lines of less than 128 bytes */
/* What /proc/partitions does not show (a disk of no size) is seen at every so manieth poll. */
#define POLLS_PER_READ 60

struct known_disk {
	struct event_disk event; /* as told; the header is zero */
	bool here;
	bool shrunk; /* was read without its size: it may be in the middle of going */
};

struct live_disks {
	char sys_block[128], partitions[128]; /* paths */
	struct known_disk *item;
	unsigned int n, room;
	__u64 names_hash; /* of /proc/partitions */
	unsigned int polls;
	bool again; /* a disk is half gone: the next poll reads, whatever /proc/partitions says */
	__u64 readings;
	__u64 dropped;	   /* the most at one time */
	__u64 dropped_now; /* in this reading */
	char (*name)[32];  /* what is in /sys/block */
	unsigned int n_names, names_room;
	const struct norms *norms;
	struct event_disk fresh[1 + PARTITIONS_MAX];
};

struct live_disks *live_disks_new(const char *root)
{
	struct live_disks *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	snprintf(d->sys_block, sizeof(d->sys_block), "%s/sys/block", root);
	snprintf(d->partitions, sizeof(d->partitions), "%s/proc/partitions", root);
	return d;
}

void live_disks_free(struct live_disks *disks)
{
	if (!disks)
		return;
	free(disks->item);
	free(disks->name);
	free(disks);
}

int live_disks_account(const struct live_disks *disks, struct emit *emit)
{
	return emit_table(emit, "source.disks", LIVE_DISKS_MAX, disks->n, disks->dropped);
}

void live_disks_set_norms(struct live_disks *disks, const struct norms *norms)
{
	disks->norms = norms;
}

/* ---- what is known ---- */

static struct known_disk *find_whole(struct live_disks *d, const char *name)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (!(d->item[i].event.flags & DISK_PARTITION) &&
		    strcmp(d->item[i].event.name, name) == 0)
			return &d->item[i];
	return NULL;
}

static struct known_disk *find_dev(struct live_disks *d, __u32 dev)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (d->item[i].event.dev == dev)
			return &d->item[i];
	return NULL;
}

const struct event_disk *live_disks_find(const struct live_disks *disks, __u32 dev)
{
	for (unsigned int i = 0; i < disks->n; i++)
		if (disks->item[i].event.dev == dev)
			return &disks->item[i].event;
	return NULL;
}

bool live_disks_is_whole(const struct live_disks *disks, __u32 dev, unsigned int *hint)
{
	for (unsigned int k = 0; k < disks->n; k++) {
		unsigned int i = (*hint + k) % disks->n;

		if (disks->item[i].event.dev != dev)
			continue;
		*hint = i + 1;
		return !(disks->item[i].event.flags & DISK_PARTITION);
	}
	return false;
}

const struct event_disk *live_disks_at(const struct live_disks *disks, unsigned int i)
{
	return i < disks->n ? &disks->item[i].event : NULL;
}

bool live_disks_has(const struct live_disks *disks, __u32 dev)
{
	for (unsigned int i = 0; i < disks->n; i++)
		if (disks->item[i].event.dev == dev)
			return true;
	return false;
}

__u64 live_disks_readings(const struct live_disks *disks)
{
	return disks->readings;
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

static int add_name(struct live_disks *d, const char *name)
{
	if (d->n_names == LIVE_DISKS_MAX) {
		d->dropped_now++;
		return 0;
	}
	if (d->n_names == d->names_room) {
		unsigned int room = d->names_room ? 2 * d->names_room : 16;
		void *more = realloc(d->name, room * sizeof(*d->name));

		if (!more)
			return -ENOMEM;
		d->name = more;
		d->names_room = room;
	}
	text_copy(d->name[d->n_names++], sizeof(*d->name), name);
	return 0;
}

/* Lists /sys/block in d->name. */
static int list_names(struct live_disks *d)
{
	DIR *dir = opendir(d->sys_block);
	struct dirent *entry;
	int code = 0;

	d->n_names = 0;
	if (!dir)
		return 0;
	while (code == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			code = add_name(d, entry->d_name);
	closedir(dir);
	return code;
}

/* Names keep their order: looking goes on where it ended (*hint), and rarely far. */
static bool is_here(const struct live_disks *d, const char *name, unsigned int *hint)
{
	for (unsigned int k = 0; k < d->n_names; k++) {
		unsigned int i = (*hint + k) % d->n_names;

		if (strcmp(d->name[i], name) == 0) {
			*hint = i + 1;
			return true;
		}
	}
	return false;
}

/* Marks what is gone as such, partitions with their disks. */
static void mark_gone(struct live_disks *d)
{
	unsigned int hint = 0;

	for (unsigned int i = 0; i < d->n; i++) {
		const struct event_disk *disk = &d->item[i].event;

		if (disk->flags & DISK_PARTITION || is_here(d, disk->name, &hint))
			continue;
		for (unsigned int k = 0; k < d->n; k++)
			if (d->item[k].event.dev == disk->dev ||
			    d->item[k].event.parent == disk->dev)
				d->item[k].here = false;
	}
}

/* Disks and partitions come, go and change their size: this one file tells. */
static bool names_changed(struct live_disks *d)
{
	size_t length;
	char *text = whole_file_read(d->partitions, NAMES_SIZE, &length);
	__u64 hash = text ? hash_bytes(HASH_START, text, length) : 0;
	bool changed = hash != d->names_hash;

	free(text);
	d->names_hash = hash;
	return changed;
}

/* Another disk under the same name, in the same size: only this number tells. */
static bool diskseq_changed(const struct live_disks *d)
{
	for (unsigned int i = 0; i < d->n; i++) {
		const struct event_disk *disk = &d->item[i].event;
		char path[sizeof(d->sys_block) + 48];

		if (disk->flags & DISK_PARTITION || !disk->diskseq)
			continue;
		snprintf(path, sizeof(path), "%s/%s/diskseq", d->sys_block, disk->name);
		if (small_file_u64(AT_FDCWD, path) != disk->diskseq)
			return true;
	}
	return false;
}

/* ---- telling ---- */

/* A disk and its partitions have been read: `n` entries of d->fresh. */
static int tell_gone(struct live_disks *d, const char *name, unsigned int n, struct emit *emit)
{
	struct known_disk *whole = find_whole(d, name);
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

static int tell_norms(const struct live_disks *d, const struct event_disk *disk, struct emit *emit)
{
	struct event_disk_norm norm;

	for (unsigned int i = 0; d->norms && norms_of(d->norms, disk, i, &norm); i++)
		EMIT(emit, EVENT_DISK_NORM, &norm);
	return emit->failed;
}

static int tell(struct live_disks *d, const struct event_disk *fresh, struct emit *emit)
{
	struct known_disk *known = find_dev(d, fresh->dev);
	struct event_disk event = *fresh;

	if (known && memcmp(&known->event, fresh, sizeof(*fresh)) == 0)
		return 0;
	if (!known && d->n == LIVE_DISKS_MAX) {
		d->dropped_now++;
		return 0;
	}
	if (!known)
		known = add(d);
	if (!known)
		return -ENOMEM;
	known->event = *fresh;
	known->here = true;
	known->shrunk = false;
	EMIT(emit, EVENT_DISK, &event);
	return tell_norms(d, fresh, emit);
}

/* A disk that goes loses its size, and its name in /proc/partitions, before it leaves /sys: what is read of it then is
 * not told. It has until the next poll to be gone. */
static bool is_going(struct live_disks *d, const char *name, unsigned int n)
{
	struct known_disk *known = find_whole(d, name);

	if (!known || !n || d->fresh[0].size_bytes || !known->event.size_bytes)
		return false;
	known->shrunk = !known->shrunk;
	d->again |= known->shrunk;
	return known->shrunk;
}

static int read_and_tell(struct live_disks *d, int sys_block, const char *name, struct emit *emit)
{
	unsigned int dropped = 0;
	unsigned int n = disk_read(sys_block, name, d->fresh, 1 + PARTITIONS_MAX, &dropped);
	int code = 0;

	d->dropped_now += dropped;
	if (is_going(d, name, n))
		return 0;
	code = tell_gone(d, name, n, emit);
	for (unsigned int i = 0; i < n && code == 0; i++)
		code = tell(d, &d->fresh[i], emit);
	return code;
}

int live_disks_poll(struct live_disks *disks, struct emit *emit)
{
	struct live_disks *d = disks;
	bool changed = names_changed(d) || d->again;
	int sys_block, code;

	if (d->polls++ % POLLS_PER_READ && !changed && !diskseq_changed(d))
		return 0;
	sys_block = open(d->sys_block, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sys_block < 0)
		return 0;
	d->again = false;
	d->dropped_now = 0;
	d->readings++;
	code = list_names(d);
	if (code == 0) {
		mark_gone(d);
		code = sweep(d, emit);
	}
	for (unsigned int i = 0; i < d->n_names && code == 0; i++)
		code = read_and_tell(d, sys_block, d->name[i], emit);
	if (d->dropped_now > d->dropped)
		d->dropped = d->dropped_now;
	close(sys_block);
	return code;
}
