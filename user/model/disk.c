/* SPDX-License-Identifier: BSD-2-Clause */
/* disk.c - the block devices; see disk.h. What they did and what failed is in disk_io.c. */
#include "model/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/copy.h"
#include "model/disk_before.h"
#include "model/disk_io.h"

static void forget_io(struct disk *disk)
{
	for (unsigned int i = 0; i < BLOCK_OPS; i++) {
		if (disk->op[i])
			window_done(&disk->op[i]->window);
		free(disk->op[i]);
		disk->op[i] = NULL;
	}
	for (unsigned int i = 0; i < disk->n_faults; i++)
		window_done(&disk->fault[i].window);
	free(disk->fault);
	free(disk->error);
	if (disk->queue)
		free(disk->queue->past);
	free(disk->queue);
	free(disk->split);
	disk->queue = NULL;
	disk->split = NULL;
	free(disk->smart);
	disk->smart = NULL;
	disk->fault = NULL;
	disk->error = NULL;
	disk->n_faults = 0;
	disk->n_errors = 0;
}

static void release(void *ctx, void *value)
{
	struct disk *disk = value;

	(void)ctx;
	forget_io(disk);
	free(disk->before);
}

void disks_init(struct disks *disks)
{
	memset(disks, 0, sizeof(*disks));
	table_init(&disks->table, sizeof(__u32), sizeof(struct disk), DISKS_MAX);
	disks->table.release = release;
}

void disks_done(struct disks *disks)
{
	table_done(&disks->table);
	stack_done(&disks->stack);
	free(disks->mount);
	disks->mount = NULL;
	disks->n_mounts = disks->mounts_room = 0;
}

const struct disk *disks_find(const struct disks *disks, __u32 dev)
{
	return table_find(&disks->table, &dev);
}

const struct disk *disks_next(const struct disks *disks, const struct disk *disk)
{
	return table_next(&disks->table, disk);
}

static struct disk *disk_get(struct disks *disks, __u32 dev)
{
	struct disk *disk = table_find(&disks->table, &dev);

	if (disk) {
		table_touch(&disks->table, disk);
		return disk;
	}
	disk = table_add(&disks->table, &dev);
	if (!disk)
		return NULL;
	disk->info.dev = dev;
	snprintf(disk->info.name, sizeof(disk->info.name), "%u:%u", dev >> 20, dev & 0xfffff);
	return disk;
}

/* 1: the same; -1: not the same; 0: one of the two is not known. */
static int compare(const char *kept, const char *told, size_t size)
{
	if (!kept[0] || !told[0])
		return 0;
	return strncmp(kept, told, size - 1) == 0 ? 1 : -1;
}

/*
 * Another device under the same number: what the old one did says nothing of it. A kernel before 5.15 gives no
 * diskseq, a cheap stick no serial: then what went and came is another, unless a name of the device's own says
 * that it is not. Its size says nothing: that of a volume grows under its users.
 */
static bool is_another(const struct disk *disk, const struct event_disk *event)
{
	const struct event_disk *info = &disk->info;
	int serial = compare(info->serial, event->serial, sizeof(info->serial));
	int wwn = compare(info->wwn, event->wwn, sizeof(info->wwn));

	if (serial < 0)
		return true;
	if (info->diskseq && event->diskseq)
		return info->diskseq != event->diskseq;
	if (compare(info->model, event->model, sizeof(info->model)) < 0)
		return true;
	if (serial || wwn)
		return serial + wwn < 0;
	return disk->gone;
}

static int apply_disk(struct disks *disks, const struct event_disk *event)
{
	struct disk *disk = disk_get(disks, event->dev);
	struct event_disk *info;

	if (!disk)
		return -ENOMEM;
	info = &disk->info;
	if (is_another(disk, event)) {
		if (disk_before_keep(disk) < 0)
			return -ENOMEM;
		forget_io(disk);
		disk->others++;
	}
	disk->gone = false;
	disk->gone_ns = 0;
	disk->mounts_lost = 0;
	*info = *event;
	copy_text(info->name, sizeof(info->name), event->name, sizeof(event->name));
	copy_text(info->model, sizeof(info->model), event->model, sizeof(event->model));
	copy_text(info->serial, sizeof(info->serial), event->serial, sizeof(event->serial));
	copy_text(info->wwn, sizeof(info->wwn), event->wwn, sizeof(event->wwn));
	copy_text(info->transport, sizeof(info->transport), event->transport,
		  sizeof(event->transport));
	copy_text(info->backing, sizeof(info->backing), event->backing, sizeof(event->backing));
	return 0;
}

static void apply_gone(struct disks *disks, const struct event_disk_gone *event)
{
	struct disk *disk = table_find(&disks->table, &event->dev);

	if (!disk || disk->gone)
		return;
	disk->gone = true;
	disk->gone_ns = event->h.ts_ns;
}

static struct disk_mount *mount_get(struct disks *disks, const struct event_mount *event)
{
	for (unsigned int i = 0; i < disks->n_mounts; i++) {
		struct disk_mount *m = &disks->mount[i];

		if (m->dev == event->dev &&
		    strncmp(m->mount, event->mount, sizeof(m->mount) - 1) == 0)
			return m;
	}
	if (disks->n_mounts == disks->mounts_room) {
		unsigned int room = disks->mounts_room ? 2 * disks->mounts_room : 8;
		struct disk_mount *more = realloc(disks->mount, room * sizeof(*more));

		if (!more)
			return NULL;
		disks->mount = more;
		disks->mounts_room = room;
	}
	return &disks->mount[disks->n_mounts++];
}

static void forget_mount(struct disks *disks, const struct event_mount *event)
{
	struct disk_mount *m = disks->mount, *end = m + disks->n_mounts;
	struct disk *disk;

	while (m < end &&
	       (m->dev != event->dev || strncmp(m->mount, event->mount, sizeof(m->mount) - 1) != 0))
		m++;
	if (m == end)
		return;
	disk = table_find(&disks->table, &m->dev);
	if (disk && disk->info.parent)
		disk = table_find(&disks->table, &disk->info.parent);
	if (disk && disk->gone && event->h.ts_ns > disk->gone_ns)
		disk->mounts_lost++;
	memmove(m, m + 1, (size_t)(end - m - 1) * sizeof(*m));
	disks->n_mounts--;
}

static int apply_mount(struct disks *disks, const struct event_mount *event)
{
	struct disk_mount *m;

	if (event->flags & MOUNT_GONE) {
		forget_mount(disks, event);
		return 0;
	}
	if (disks->n_mounts == MOUNTS_MAX) {
		disks->dropped++;
		return 0;
	}
	m = mount_get(disks, event);
	if (!m)
		return -ENOMEM;
	m->dev = event->dev;
	m->fs_dev = event->fs_dev;
	m->read_only = (event->flags & MOUNT_READ_ONLY) != 0;
	copy_text(m->fstype, sizeof(m->fstype), event->fstype, sizeof(event->fstype));
	copy_text(m->mount, sizeof(m->mount), event->mount, sizeof(event->mount));
	copy_text(m->source, sizeof(m->source), event->source, sizeof(event->source));
	return 0;
}

const struct disk_mount *disks_mount_on(const struct disks *disks, __u32 dev, unsigned int i)
{
	struct stack_walk up;

	stack_up(disks, dev, &up);
	for (unsigned int m = 0; m < disks->n_mounts; m++) {
		const struct disk_mount *mount = &disks->mount[m];
		unsigned int at = 0;

		while (at < up.n && up.dev[at] != mount->dev)
			at++;
		if (at < up.n && i-- == 0)
			return mount;
	}
	return NULL;
}

/* The disk, with room for what its queue does; NULL when there is no memory. */
static struct disk *disk_with_queue(struct disks *disks, __u32 dev)
{
	struct disk *disk = disk_get(disks, dev);

	if (disk && !disk->queue)
		disk->queue = calloc(1, sizeof(*disk->queue));
	return disk && disk->queue ? disk : NULL;
}

static int apply_queue(struct disks *disks, const struct frame *frame,
		       const struct event_block_queue *event)
{
	struct disk *disk = disk_with_queue(disks, event->dev);
	struct look_time time = {.interval_ns = frame->tick_ns};

	/* Most disks of a large host do nothing: these have no past. */
	if (disk && !disk->queue->past && disk->queue->first.h.ts_ns &&
	    disk_queue_done(event) > disk_queue_done(&disk->queue->now))
		disk->queue->past = calloc(1, sizeof(*disk->queue->past));
	if (!disk)
		return -ENOMEM;
	/* What changed is told with each tick, under its time. */
	time.next = frame->ticked_ns && disk->queue->now.h.ts_ns == frame->ticked_ns;
	disk_queue_apply(disk->queue, event, &time, disk->split);
	return 0;
}

static int apply_split(struct disks *disks, const struct event_block_split *event)
{
	struct disk *disk;

	if (event->op >= PAST_OPS || event->large >= PAST_SIZES)
		return 0;
	disk = disk_get(disks, event->dev);
	if (disk && !disk->split)
		disk->split = calloc(1, sizeof(*disk->split));
	if (!disk || !disk->split)
		return -ENOMEM;
	disk_split_apply(disk->split, event);
	return 0;
}

static int apply_norm(struct disks *disks, const struct event_disk_norm *event)
{
	struct disk *disk;

	if (event->op >= PAST_OPS || event->slot >= DISK_DEPTH_SLOTS)
		return 0;
	disk = disk_with_queue(disks, event->dev);
	if (disk && !disk->queue->past)
		disk->queue->past = calloc(1, sizeof(*disk->queue->past));
	if (!disk || !disk->queue->past)
		return -ENOMEM;
	disk_past_restore(disk->queue->past, event);
	return 0;
}

static int apply_smart(struct disks *disks, const struct event_smart *event)
{
	struct disk *disk = disk_get(disks, event->dev);

	if (disk && !disk->smart)
		disk->smart = calloc(1, sizeof(*disk->smart));
	if (!disk || !disk->smart)
		return -ENOMEM;
	*disk->smart = *event;
	return 0;
}

/* The device number that an I/O event is about. */
static __u32 io_dev(const struct event *event)
{
	switch (event->type) {
	case EVENT_BLOCK_IO:
		return ((const struct event_block_io *)event)->dev;
	case EVENT_BLOCK_STAT:
		return ((const struct event_block_stat *)event)->dev;
	default:
		return ((const struct event_block_status *)event)->dev;
	}
}

int disks_apply(struct disks *disks, const struct frame *frame, const struct event *event)
{
	struct event_block_status status;
	struct event_block_stat stat;
	struct disk *disk;

	switch (event->type) {
	case EVENT_DISK:
		return apply_disk(disks, (const struct event_disk *)event);
	case EVENT_DISK_GONE:
		apply_gone(disks, (const struct event_disk_gone *)event);
		return stack_apply(&disks->stack, event);
	case EVENT_DISK_LINK:
	case EVENT_RAID:
	case EVENT_RAID_MEMBER:
		return stack_apply(&disks->stack, event);
	case EVENT_MOUNT:
		return apply_mount(disks, (const struct event_mount *)event);
	case EVENT_BLOCK_QUEUE:
		return apply_queue(disks, frame, (const struct event_block_queue *)event);
	case EVENT_BLOCK_SPLIT:
		return apply_split(disks, (const struct event_block_split *)event);
	case EVENT_DISK_NORM:
		return apply_norm(disks, (const struct event_disk_norm *)event);
	case EVENT_SMART:
		return apply_smart(disks, (const struct event_smart *)event);
	case EVENT_IO_LIMIT:
		disk_waits_limit(&disks->waits, (const struct event_io_limit *)event);
		return 0;
	case EVENT_TASK_BLOCKED:
		disk_waits_blocked(&disks->waits, (const struct event_task_blocked *)event);
		return 0;
	default:
		break;
	}
	disk = disk_get(disks, io_dev(event));
	if (!disk)
		return -ENOMEM;
	switch (event->type) {
	case EVENT_BLOCK_IO:
		return disk_apply_io(disk, frame, (const struct event_block_io *)event,
				     &disks->dropped);
	case EVENT_BLOCK_STAT:
		stat = *(const struct event_block_stat *)event;
		disk_before_off_stat(disk, &stat);
		return disk_apply_stat(disk, frame, &stat);
	default:
		status = *(const struct event_block_status *)event;
		disk_before_off_status(disk, &status);
		return disk_apply_status(disk, frame, &status, &disks->dropped);
	}
}
