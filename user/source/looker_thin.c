/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * looker_thin.c - one look at a mapping: is it a thin pool, and how full? See looker.h. Runs in the child.
 *
 * DM_TABLE_STATUS needs CAP_SYS_ADMIN. With DM_NOFLUSH_FLAG nothing is committed for it; it still waits where the
 * pool's metadata lock is held by one that waits for a dead disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/dm-ioctl.h>

#include <culprit/event.h>

#include "source/dm_text.h"
#include "source/looker.h"

#define DM_CONTROL "/dev/mapper/control"

struct answer {
	struct dm_ioctl head;
	char data[2048];
};

/* The kernel's huge_encode_dev(). */
static __u64 encoded(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | ((__u64)major << 8) | ((__u64)(minor & ~0xffU) << 12);
}

/* The text of its only target, which must be a thin pool; NULL when it is not, or the kernel did not say. */
static const char *ask(int fd, __u32 dev, __u32 flags, struct answer *a, __s32 *ret_err)
{
	struct dm_target_spec spec;
	char *text;

	memset(a, 0, sizeof(*a));
	a->head.version[0] = DM_VERSION_MAJOR;
	a->head.data_size = sizeof(*a);
	a->head.data_start = offsetof(struct answer, data);
	a->head.dev = encoded(dev);
	a->head.flags = flags | DM_NOFLUSH_FLAG;
	if (ioctl(fd, DM_TABLE_STATUS, a) < 0) {
		*ret_err = -errno;
		return NULL;
	}
	*ret_err = -ENOTSUP;
	if (a->head.target_count != 1 || a->head.flags & DM_BUFFER_FULL_FLAG)
		return NULL;
	memcpy(&spec, a->data, sizeof(spec));
	if (strncmp(spec.target_type, "thin-pool", sizeof(spec.target_type)) != 0)
		return NULL;
	a->data[sizeof(a->data) - 1] = '\0';
	text = a->data + sizeof(spec);
	*ret_err = 0;
	return text;
}

void looker_thin(const struct look_request *request, struct look_reply *reply)
{
	int fd = open(DM_CONTROL, O_RDWR | O_CLOEXEC);
	struct dm_thin_status status;
	struct answer answer;
	const char *text;
	__u64 block;

	if (fd < 0) {
		reply->err = -errno;
		return;
	}
	text = ask(fd, request->dev, DM_STATUS_TABLE_FLAG, &answer, &reply->err);
	block = text ? dm_thin_block_bytes(text) : 0;
	if (text)
		text = ask(fd, request->dev, 0, &answer, &reply->err);
	close(fd);
	if (!text)
		return;
	if (!dm_thin_status_parse(text, &status)) {
		reply->err = -EPROTO;
		return;
	}
	reply->flags = status.flags;
	reply->size_bytes = status.data_total * block;
	reply->free_bytes = (status.data_total - status.data_used) * block;
	reply->meta_bytes = status.meta_total * DM_META_BLOCK;
	reply->meta_used = status.meta_used * DM_META_BLOCK;
}
