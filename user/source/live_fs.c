/* SPDX-License-Identifier: BSD-2-Clause */
/* live_fs.c - how full the local file systems are, and what they count of themselves; see live_fs.h. */
#include "source/live_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/id_table.h"
#include "source/looker.h"
#include "small_file.h"

#define S_NS	  1000000000ULL
#define ROUND_NS  (3 * S_NS)
#define HUNG_NS	  (600 * S_NS) /* a mount at which a look hung is left alone for so long */
#define ERRORS_RO "errors=remount-ro"

struct fs_seen {
	__u32 dev;
	__u32 round; /* the last one in which it was mounted */
	__u64 hung_ns;
	bool told;
	bool moved; /* at the last look */
	bool health_told;
	char fstype[16];
	struct event_fs_space space; /* as told; header zero */
	struct event_fs_health health;
};

struct live_fs {
	char root[64];
	struct id_table seen; /* struct fs_seen */
	struct looker looker;
	__u64 round_ns; /* when the next one is due */
	__u32 round;
	unsigned int at; /* mount that is asked for next; 0 after a whole round */
	bool asking;
};

bool live_fs_is_local(const char *fstype)
{
	static const char *const local[] = {"ext2", "ext3",   "ext4",	 "xfs",	  "btrfs",
					    "f2fs", "vfat",   "ntfs3",	 "exfat", "bcachefs",
					    "jfs",  "nilfs2", "reiserfs"};

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (strcmp(fstype, local[i]) == 0)
			return true;
	return false;
}

struct live_fs *live_fs_new(const char *root)
{
	struct live_fs *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return NULL;
	snprintf(fs->root, sizeof(fs->root), "%s", root);
	id_table_init(&fs->seen, sizeof(__u32), sizeof(struct fs_seen), LIVE_FS_MAX);
	looker_init(&fs->looker);
	return fs;
}

void live_fs_free(struct live_fs *fs)
{
	if (!fs)
		return;
	looker_done(&fs->looker);
	id_table_done(&fs->seen);
	free(fs);
}

int live_fs_account(const struct live_fs *fs, struct emit *emit)
{
	return emit_table(emit, "source.filesystems", LIVE_FS_MAX, fs->seen.used, fs->seen.dropped);
}

void live_fs_hurry(struct live_fs *fs)
{
	fs->round_ns = 0;
}

/* ---- ext4's own counts ---- */

static bool ext4_name(const struct live_fs *fs, __u32 dev, char *name, size_t size)
{
	char path[128], target[256];
	const char *slash;

	snprintf(path, sizeof(path), "%s/sys/dev/block/%u:%u", fs->root, dev >> 20, dev & 0xfffff);
	if (!small_file_link(AT_FDCWD, path, target, sizeof(target)))
		return false;
	slash = strrchr(target, '/');
	text_copy(name, size, slash ? slash + 1 : target);
	return true;
}

static __u64 ext4_number(const struct live_fs *fs, const char *name, const char *what)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/sys/fs/ext4/%s/%s", fs->root, name, what);
	return small_file_u64(AT_FDCWD, path);
}

/* One word a line in here, as the file system was really mounted, defaults too. */
static __u32 ext4_flags(const struct live_fs *fs, const char *name)
{
	char path[192], text[2048];
	__u32 flags = 0;

	snprintf(path, sizeof(path), "%s/proc/fs/ext4/%s/options", fs->root, name);
	if (small_file_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return 0;
	if (strncmp(text, "ro\n", 3) == 0 || strstr(text, "\nemergency_ro\n"))
		flags |= FS_READ_ONLY;
	if (strstr(text, "\nshutdown\n"))
		flags |= FS_SHUT_DOWN;
	if (strstr(text, "\n" ERRORS_RO "\n"))
		flags |= FS_ERRORS_RO;
	return flags;
}

static void ext4_health(const struct live_fs *fs, const struct fs_seen *seen,
			struct event_fs_health *now)
{
	char path[192], name[64];

	if (!ext4_name(fs, seen->dev, name, sizeof(name)))
		return;
	now->errors = ext4_number(fs, name, "errors_count");
	if (!now->errors)
		return;
	now->ino = ext4_number(fs, name, "last_error_ino");
	now->err = (__u32)ext4_number(fs, name, "last_error_errcode");
	now->flags = ext4_flags(fs, name);
	snprintf(path, sizeof(path), "%s/sys/fs/ext4/%s/last_error_func", fs->root, name);
	small_file_text(AT_FDCWD, path, now->where, sizeof(now->where));
}

/* ---- what is told ---- */

static int tell_health(struct fs_seen *seen, struct event_fs_health *now,
		       struct live_mounts *mounts, struct emit *emit)
{
	struct event_fs_health event;
	bool worse = seen->health_told &&
		     (now->errors > seen->health.errors || now->flags & ~seen->health.flags);

	now->dev = seen->dev;
	if (seen->health_told && memcmp(now, &seen->health, sizeof(*now)) == 0)
		return 0;
	if (worse)
		live_mounts_again(mounts);
	seen->health = *now;
	seen->health_told = true;
	event = *now;
	return EMIT(emit, EVENT_FS_HEALTH, &event);
}

static int tell_space(struct fs_seen *seen, const struct event_fs_space *now,
		      struct live_mounts *mounts, struct emit *emit)
{
	bool moved = !seen->told || memcmp(now, &seen->space, sizeof(*now)) != 0;
	struct event_fs_space event = *now;

	/* It went read-only: the mount table says so, but not that it changed. */
	if (seen->told && now->flags & ~seen->space.flags & FS_READ_ONLY)
		live_mounts_again(mounts);
	if (!moved && !seen->moved)
		return 0;
	seen->moved = moved && seen->told;
	seen->told = true;
	seen->space = *now;
	return EMIT(emit, EVENT_FS_SPACE, &event);
}

static int take(struct live_fs *fs, const struct look_reply *reply, struct live_mounts *mounts,
		struct emit *emit)
{
	struct fs_seen *seen = id_table_find(&fs->seen, &reply->dev);
	struct event_fs_space space = {.dev = reply->dev};
	struct event_fs_health health = {0};
	int code;

	if (!seen)
		return 0;
	if (reply->err) {
		if (reply->err != -ETIMEDOUT || !seen->told)
			return 0;
		space = seen->space;
		space.flags |= FS_UNANSWERED;
		return tell_space(seen, &space, mounts, emit);
	}
	space.size_bytes = reply->size_bytes;
	space.free_bytes = reply->free_bytes;
	space.avail_bytes = reply->avail_bytes;
	space.inodes = reply->inodes;
	space.inodes_free = reply->inodes_free;
	space.flags = reply->flags & FS_READ_ONLY;
	code = tell_space(seen, &space, mounts, emit);
	if (code < 0)
		return code;
	if (strncmp(seen->fstype, "ext", 3) == 0) {
		ext4_health(fs, seen, &health);
	} else if (strcmp(seen->fstype, "btrfs") == 0 && !reply->has_counts) {
		return 0; /* it could not be asked: that is not none */
	} else {
		health.errors = reply->write_errs + reply->read_errs + reply->corruptions;
		health.write_errs = reply->write_errs;
		health.read_errs = reply->read_errs;
		health.corruptions = reply->corruptions;
		health.flags = reply->flags & FS_SHUT_DOWN;
	}
	return tell_health(seen, &health, mounts, emit);
}

/* ---- asking ---- */

static bool ask(struct live_fs *fs, const struct live_mount *mount, __u64 now_ns)
{
	struct look_request request = {.dev = mount->dev, .mount_id = mount->id};
	struct fs_seen *seen;
	bool is_new;

	/* A path that was cut names another place. */
	if (!live_fs_is_local(mount->fstype) || strlen(mount->mount) + 1 >= sizeof(request.mount))
		return true;
	seen = id_table_add(&fs->seen, &mount->dev, &is_new);
	if (!seen || seen->round == fs->round ||
	    (seen->hung_ns && now_ns < seen->hung_ns + HUNG_NS))
		return true;
	if (!is_new && strcmp(seen->fstype, mount->fstype) != 0) {
		/* Another one was made there. */
		memset(&seen->hung_ns, 0, sizeof(*seen) - offsetof(struct fs_seen, hung_ns));
	}
	text_copy(seen->fstype, sizeof(seen->fstype), mount->fstype);
	text_copy(request.fstype, sizeof(request.fstype), mount->fstype);
	text_copy(request.mount, sizeof(request.mount), mount->mount);
	if (!looker_ask(&fs->looker, &request, now_ns))
		return false;
	seen->round = fs->round;
	return true;
}

/* What was not mounted in the last whole round is forgotten. */
static void sweep(struct live_fs *fs)
{
	for (unsigned int i = 0; i < fs->seen.used;) {
		const struct fs_seen *seen = id_table_at(&fs->seen, i);

		if (seen->round != fs->round && !seen->hung_ns)
			id_table_remove_at(&fs->seen, i);
		else
			i++;
	}
}

static void ask_all(struct live_fs *fs, const struct live_mounts *mounts, __u64 now_ns)
{
	struct live_mount mount;

	if (!fs->asking) {
		if (now_ns < fs->round_ns || fs->root[0])
			return;
		fs->round_ns = now_ns + ROUND_NS;
		fs->round++;
		fs->asking = true;
		fs->at = 0;
	}
	while (live_mounts_at(mounts, fs->at, &mount)) {
		if (!ask(fs, &mount, now_ns))
			return;
		fs->at++;
	}
	fs->asking = false;
	sweep(fs);
}

int live_fs_poll(struct live_fs *fs, struct live_mounts *mounts, struct emit *emit)
{
	struct look_reply reply;
	struct fs_seen *seen;
	int code = 0, got;

	while (code == 0 && (got = looker_answer(&fs->looker, &reply, emit->now_ns))) {
		if (got < 0) {
			seen = id_table_find(&fs->seen, &reply.dev);
			if (seen)
				seen->hung_ns = emit->now_ns;
		}
		code = take(fs, &reply, mounts, emit);
	}
	if (code == 0)
		ask_all(fs, mounts, emit->now_ns);
	return code;
}
