/* SPDX-License-Identifier: BSD-2-Clause */
/* fs_text.c - what the rules on file systems share; see fs_text.h. */
#include "rules/fs_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/copy.h"
#include "rules/subjects.h"
#include "rules/text.h"

struct subject subject_fs(const struct fs *fs)
{
	struct subject s;

	if (fs->mount.mount[0]) {
		s = subject_mount(&fs->mount);
		s.dev = fs->dev;
		return s;
	}
	s = (struct subject){.type = SUBJECT_FILESYSTEM, .dev = fs->dev};
	if (fs->id[0])
		copy_text(s.name, sizeof(s.name), fs->id, sizeof(fs->id));
	else
		snprintf(s.name, sizeof(s.name), "%u:%u", fs->dev >> 20, fs->dev & 0xfffff);
	copy_text(s.fstype, sizeof(s.fstype), fs->files.now.fstype, sizeof(fs->files.now.fstype));
	return s;
}

const char *fs_device(const struct model *model, const struct fs *fs)
{
	const struct disk *disk = disks_find(model_disks(model), fs->dev);

	return disk && text_is_plain_word(disk->info.name) && !strchr(disk->info.name, ':')
		       ? disk->info.name
		       : "";
}

void fs_claim_chain(struct claim *claim, const struct model *model, const struct fs *fs)
{
	const struct disk *on = disks_find(model_disks(model), fs->dev);
	const struct disk *disk =
		on && on->info.parent ? disks_find(model_disks(model), on->info.parent) : NULL;
	char whole[24] = "";

	if (!on || !fs->mount.mount[0])
		return;
	if (disk)
		snprintf(whole, sizeof(whole), "%.15s > ", disk->info.name);
	claim_text(claim, ROLE_CHAIN, "%s%.15s > %.10s > %.32s", whole, on->info.name,
		   fs->mount.fstype, text_name(fs->mount.mount, 32).s);
}

const struct fs *fs_of_subject(const struct model *model, const struct subject *subject)
{
	return filesystems_find(model_filesystems(model), subject->dev);
}

bool fs_present(const struct model *model, const struct subject *subject)
{
	const struct fs *fs = fs_of_subject(model, subject);
	struct subject now;

	if (!fs || subject->type != SUBJECT_FILESYSTEM)
		return true;
	now = subject_fs(fs);
	return strcmp(now.name, subject->name) == 0;
}

const char *fs_errno_text(__u32 err)
{
	switch (err) {
	case EIO:
		return "I/O error";
	case ENOSPC:
		return "no space left";
	case EDQUOT:
		return "quota exceeded";
	case EROFS:
		return "read-only file system";
	case ETIMEDOUT:
		return "timed out";
	case ESTALE:
		return "stale file handle";
	case ENOTCONN:
		return "not connected";
	case EACCES:
	case EPERM:
		return "permission denied";
	case EFBIG:
		return "file too large";
	case ENODEV:
	case ENXIO:
		return "no such device";
	case EUCLEAN:
		return "structure needs cleaning";
	default:
		return "error";
	}
}

bool fs_exposed(const struct model *model, char *buf, size_t size)
{
	const struct fs *fs = NULL;

	while ((fs = filesystems_next(model_filesystems(model), fs)))
		if (fs->space.h.ts_ns || fs->health.h.ts_ns)
			return true;
	snprintf(buf, size, "no local file system was looked at");
	return false;
}
