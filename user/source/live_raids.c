/* SPDX-License-Identifier: BSD-2-Clause */
/* live_raids.c - the state of md arrays and of their members; see live_raids.h. */
#include "source/live_raids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/disk_text.h"
#include "source/raid_text.h"
#include "small_file.h"

/* How far a rebuild is, is told at every so manieth poll. */
#define POLLS_PER_PROGRESS 5

/* ---- the list ---- */

static struct live_raid *find(struct live_raids *r, __u32 dev)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->item[i].told.dev == dev)
			return &r->item[i];
	return NULL;
}

static void forget_gone(struct live_raids *r)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < r->n; i++) {
		if (r->item[i].here)
			r->item[kept++] = r->item[i];
		else
			free(r->item[i].member);
	}
	r->n = kept;
}

void live_raids_list(struct live_raids *raids, const struct live_disks *disks)
{
	const struct event_disk *disk;

	raids->dropped_now = 0;
	for (unsigned int i = 0; i < raids->n; i++)
		raids->item[i].here = false;
	for (unsigned int i = 0; (disk = live_disks_at(disks, i)); i++) {
		struct live_raid *raid;

		if (disk->flags & DISK_PARTITION || strncmp(disk->name, "md", 2) != 0)
			continue;
		raid = find(raids, disk->dev);
		if (!raid && raids->n == LIVE_RAIDS_MAX) {
			raids->dropped_now++;
			continue;
		}
		if (!raid) {
			raid = &raids->item[raids->n++];
			*raid = (struct live_raid){.told.dev = disk->dev, .new = true};
			text_copy(raid->name, sizeof(raid->name), disk->name);
		}
		raid->here = true;
	}
	forget_gone(raids);
}

void live_raids_done(struct live_raids *raids)
{
	for (unsigned int i = 0; i < raids->n; i++)
		free(raids->item[i].member);
	raids->n = 0;
}

/* ---- one array ---- */

static int open_md(const char *sys_block, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/md", sys_block, name);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* "clean" and "active" alternate with each write. */
static void calm_state(char *state, size_t size)
{
	static const char *const writing[] = {"active", "active-idle", "write-pending"};

	for (size_t i = 0; i < sizeof(writing) / sizeof(writing[0]); i++)
		if (strcmp(state, writing[i]) == 0)
			text_copy(state, size, "clean");
}

/* What moves when something happens to an array. */
static void read_state(int md, struct event_raid *raid)
{
	small_file_text(md, "array_state", raid->state, sizeof(raid->state));
	calm_state(raid->state, sizeof(raid->state));
	small_file_text(md, "sync_action", raid->sync_action, sizeof(raid->sync_action));
	raid->degraded = (__u32)small_file_u64(md, "degraded");
}

/* Of what is left of a degraded array: a write that fails there changes nothing else. */
static bool member_moved(int md, const struct live_raid *raid)
{
	char path[NAME_MAX + 16], text[128];

	for (unsigned int i = 0; i < raid->n; i++) {
		snprintf(path, sizeof(path), "dev-%s/state", raid->member[i].name);
		if (small_file_read(md, path, text, sizeof(text)) >= 0 &&
		    raid_member_flags(text) != raid->member[i].flags)
			return true;
	}
	return false;
}

bool live_raids_moved(struct live_raids *raids, const char *sys_block)
{
	bool progress = ++raids->turn % POLLS_PER_PROGRESS == 0, moved = false;

	for (unsigned int i = 0; i < raids->n && !moved; i++) {
		const struct event_raid *told = &raids->item[i].told;
		struct event_raid now = {0};
		int md = open_md(sys_block, raids->item[i].name);

		if (md < 0)
			continue;
		read_state(md, &now);
		moved = now.degraded != told->degraded || strcmp(now.state, told->state) != 0 ||
			strcmp(now.sync_action, told->sync_action) != 0 ||
			(now.degraded && member_moved(md, &raids->item[i]));
		close(md);
		if (now.sync_action[0] && strcmp(now.sync_action, "idle") != 0)
			moved = moved || progress;
	}
	return moved;
}

static void read_raid(int md, struct event_raid *raid)
{
	char text[64];

	read_state(md, raid);
	raid->disks = (__u32)small_file_u64(md, "raid_disks");
	small_file_text(md, "level", raid->level, sizeof(raid->level));
	if (small_file_text(md, "sync_completed", text, sizeof(text)))
		raid_sync_completed(text, &raid->sync_done, &raid->sync_total);
}

static int tell_raid(struct live_raid *raid, int md, struct emit *emit)
{
	struct event_raid event = {.dev = raid->told.dev};

	read_raid(md, &event);
	if (!event.level[0] || (!raid->new &&memcmp(&event, &raid->told, sizeof(event)) == 0))
		return 0;
	raid->new = false;
	raid->told = event;
	return EMIT(emit, EVENT_RAID, &event);
}

/* ---- its members ---- */

static struct event_raid_member *member_named(struct live_raid *raid, const char *name)
{
	for (unsigned int i = 0; i < raid->n; i++)
		if (strcmp(raid->member[i].name, name) == 0)
			return &raid->member[i];
	return NULL;
}

static struct event_raid_member *member_add(struct live_raid *raid)
{
	if (raid->n == raid->room) {
		unsigned int room = raid->room ? 2 * raid->room : 4;
		void *more = realloc(raid->member, room * sizeof(*raid->member));

		if (!more)
			return NULL;
		raid->member = more;
		raid->room = room;
	}
	return memset(&raid->member[raid->n++], 0, sizeof(*raid->member));
}

/* `entry` is its directory below md: "dev-sda1". False when it went meanwhile. */
static bool read_member(int md, const char *entry, struct event_raid_member *m)
{
	char path[NAME_MAX + 16], text[128];

	text_copy(m->name, sizeof(m->name), entry + 4);
	snprintf(path, sizeof(path), "%s/state", entry);
	if (small_file_read(md, path, text, sizeof(text)) < 0)
		return false;
	m->flags = raid_member_flags(text);
	snprintf(path, sizeof(path), "%s/slot", entry);
	small_file_text(md, path, text, sizeof(text));
	m->slot = raid_member_slot(text);
	snprintf(path, sizeof(path), "%s/errors", entry);
	m->corrected = small_file_u64(md, path);
	snprintf(path, sizeof(path), "%s/block/dev", entry);
	if (!small_file_text(md, path, text, sizeof(text)) || !disk_dev_parse(text, &m->member))
		m->member = 0;
	return true;
}

static int tell_member(struct live_raids *r, struct live_raid *raid, int md, const char *entry,
		       struct emit *emit)
{
	struct event_raid_member event = {.dev = raid->told.dev};
	struct event_raid_member *known;

	if (!read_member(md, entry, &event))
		return 0;
	known = member_named(raid, event.name);
	if (known && !event.member) /* its disk is gone: it is still the same one */
		event.member = known->member;
	if (known && memcmp(known, &event, sizeof(event)) == 0)
		return 0;
	if (!known && raid->n == LIVE_MEMBERS_MAX) {
		r->dropped_now++;
		return 0;
	}
	if (!known)
		known = member_add(raid);
	if (!known)
		return -ENOMEM;
	*known = event;
	return EMIT(emit, EVENT_RAID_MEMBER, &event);
}

/* Those that are no more in the array. */
static int tell_removed(struct live_raid *raid, int md, struct emit *emit)
{
	char path[64];

	for (unsigned int i = 0; i < raid->n;) {
		struct event_raid_member event = raid->member[i];

		snprintf(path, sizeof(path), "dev-%s", event.name);
		if (faccessat(md, path, F_OK, 0) == 0) {
			i++;
			continue;
		}
		raid->member[i] = raid->member[--raid->n];
		event.flags = RAID_MEMBER_GONE;
		if (EMIT(emit, EVENT_RAID_MEMBER, &event) < 0)
			break;
	}
	return emit->failed;
}

static int tell_members(struct live_raids *r, struct live_raid *raid, int md, struct emit *emit)
{
	int fd = dup(md), code = tell_removed(raid, md, emit);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return code;
	}
	rewinddir(dir);
	while (code == 0 && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "dev-", 4) == 0)
			code = tell_member(r, raid, md, entry->d_name, emit);
	closedir(dir);
	return code;
}

int live_raids_tell(struct live_raids *raids, const char *sys_block, struct emit *emit)
{
	int code = 0;

	for (unsigned int i = 0; i < raids->n && code == 0; i++) {
		int md = open_md(sys_block, raids->item[i].name);

		if (md < 0)
			continue;
		code = tell_raid(&raids->item[i], md, emit);
		if (code == 0)
			code = tell_members(raids, &raids->item[i], md, emit);
		close(md);
	}
	if (raids->dropped_now > raids->dropped)
		raids->dropped = raids->dropped_now;
	return code;
}
