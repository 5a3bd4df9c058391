/* SPDX-License-Identifier: BSD-2-Clause */
/* live_mounts.c - what is mounted from which block device; see live_mounts.h. */
#include "source/live_mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "source/hash.h"
#include "source/mountinfo.h"
#include "small_file.h"

#define TEXT_MAX (4U << 20) /* a container host with 10,000 mounts has some 2 MiB */

/* What was told of one mount. */
struct known_mount {
	__u32 dev;
	__u32 id;
	__u64 hash; /* of the whole event */
	char mount[128];
	char fstype[16];
};

struct known_list {
	struct known_mount item[LIVE_MOUNTS_MAX];
	unsigned int n;
};

struct live_mounts {
	char path[128];
	int fd; /* polls POLLPRI when the table changed; -1: read it each time */
	bool read_once;
	bool again; /* to be read although the kernel says nothing */
	__u64 dropped;
	struct known_list known; /* the table when last read */
	struct known_list fresh; /* the one being read */
};

struct live_mounts *live_mounts_new(const char *root)
{
	struct live_mounts *mounts = calloc(1, sizeof(*mounts));

	if (!mounts)
		return NULL;
	snprintf(mounts->path, sizeof(mounts->path), "%s/proc/self/mountinfo", root);
	mounts->fd = root[0] ? -1 : open(mounts->path, O_RDONLY | O_CLOEXEC);
	return mounts;
}

void live_mounts_free(struct live_mounts *mounts)
{
	if (!mounts)
		return;
	if (mounts->fd >= 0)
		close(mounts->fd);
	free(mounts);
}

int live_mounts_account(const struct live_mounts *mounts, struct emit *emit)
{
	return emit_table(emit, "source.mounts", LIVE_MOUNTS_MAX, mounts->known.n, mounts->dropped);
}

static bool changed(struct live_mounts *m)
{
	struct pollfd poll_fd = {.fd = m->fd, .events = POLLPRI};

	if (m->fd < 0 || !m->read_once || m->again)
		return true;
	return poll(&poll_fd, 1, 0) > 0;
}

/* btrfs mounts have a number of no device; the node in /dev that they name has the real one. Nodes
 * in /dev only: what else a source may name could be on a server that is dead. */
static __u32 real_dev(const struct mountinfo *mount)
{
	struct stat st;

	if (mount->dev >> 20 || strncmp(mount->source, "/dev/", 5) != 0 ||
	    strstr(mount->source, "/../"))
		return mount->dev;
	if (stat(mount->source, &st) < 0 || !S_ISBLK(st.st_mode))
		return mount->dev;
	return (__u32)(major(st.st_rdev) << 20 | minor(st.st_rdev));
}

static bool list_has(const struct known_list *list, __u32 dev, __u64 hash)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->item[i].dev == dev && (hash == 0 || list->item[i].hash == hash))
			return true;
	return false;
}

static int take(struct live_mounts *m, const struct mountinfo *mount, struct emit *emit)
{
	struct event_mount event = {.dev = real_dev(mount), .fs_dev = mount->dev};
	struct known_mount *known;
	__u64 hash;

	/* Only what has a disk; of bind mounts (containers make thousands) one is enough. */
	if (event.dev >> 20 == 0)
		return 0;
	if (!mount->whole && strcmp(mount->fstype, "btrfs") != 0 &&
	    list_has(&m->fresh, event.dev, 0))
		return 0;
	text_copy(event.fstype, sizeof(event.fstype), mount->fstype);
	text_copy(event.mount, sizeof(event.mount), mount->mount);
	text_copy(event.source, sizeof(event.source), mount->source);
	event.flags = mount->read_only ? MOUNT_READ_ONLY : 0;
	hash = hash_bytes(HASH_START, &event, sizeof(event));
	if (list_has(&m->fresh, event.dev, hash))
		return 0;
	if (m->fresh.n == LIVE_MOUNTS_MAX) {
		m->dropped++;
		return 0;
	}
	known = &m->fresh.item[m->fresh.n++];
	*known = (struct known_mount){.dev = event.dev, .hash = hash, .id = mount->id};
	text_copy(known->mount, sizeof(known->mount), event.mount);
	text_copy(known->fstype, sizeof(known->fstype), event.fstype);
	if (list_has(&m->known, event.dev, hash))
		return 0;
	return EMIT(emit, EVENT_MOUNT, &event);
}

static bool is_mounted(const struct known_list *list, const struct known_mount *mount)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->item[i].dev == mount->dev &&
		    strcmp(list->item[i].mount, mount->mount) == 0)
			return true;
	return false;
}

/* Of what was told and is no more: it was unmounted. */
static int tell_gone(const struct live_mounts *m, struct emit *emit)
{
	int code = 0;

	for (unsigned int i = 0; i < m->known.n && code == 0; i++) {
		struct event_mount event = {.dev = m->known.item[i].dev, .flags = MOUNT_GONE};

		if (is_mounted(&m->fresh, &m->known.item[i]))
			continue;
		text_copy(event.mount, sizeof(event.mount), m->known.item[i].mount);
		code = EMIT(emit, EVENT_MOUNT, &event);
	}
	return code;
}

int live_mounts_poll(struct live_mounts *mounts, struct emit *emit)
{
	struct live_mounts *m = mounts;
	size_t length;
	char *text, *line, *end;
	int code = 0;

	if (!changed(m))
		return 0;
	m->read_once = true;
	m->again = false;
	text = whole_file_read(m->path, TEXT_MAX, &length);
	if (!text)
		return 0;
	m->fresh.n = 0;
	for (line = text; code == 0 && (end = strchr(line, '\n')); line = end + 1) {
		struct mountinfo mount;

		if (mountinfo_parse(line, (size_t)(end - line), &mount))
			code = take(m, &mount, emit);
	}
	if (code == 0)
		code = tell_gone(m, emit);
	m->known = m->fresh;
	free(text);
	return code;
}

void live_mounts_again(struct live_mounts *mounts)
{
	mounts->again = true;
}

bool live_mounts_at(const struct live_mounts *mounts, unsigned int i, struct live_mount *ret_mount)
{
	const struct known_mount *m = &mounts->known.item[i];

	if (i >= mounts->known.n)
		return false;
	*ret_mount = (struct live_mount){m->dev, m->id, m->mount, m->fstype};
	return true;
}
