/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_read.h - what sysfs knows of a disk and its partitions.
 *
 * Only attributes that the kernel answers from memory are read. virtio's `serial` is not: it sends
 * a request to the device, which counts as one, and would wait with it if the device hangs. udev's
 * database stands in.
 */
#ifndef CULPRIT_SOURCE_DISK_READ_H
#define CULPRIT_SOURCE_DISK_READ_H

#include <culprit/event.h>

/* Reads disk `name` of the open directory /sys/block into ret_disks[0], its partitions behind it;
 * headers stay zero. The number of entries; 0 when it is gone, or is nothing yet (an unused loop
 * device). */
unsigned int disk_read(int sys_block, const char *name, struct event_disk *ret_disks,
		       unsigned int room, unsigned int *ret_dropped);

#endif
