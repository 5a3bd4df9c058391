/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_read.c - what sysfs knows of a disk and its partitions; see disk_read.h. */
#include "source/disk_read.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/disk_text.h"
#include "small_file.h"

#define SECTOR 512

/* A udev database file is some 2 KiB. */
#define UDEV_MAX 16384

static void read_model(int dir, struct event_disk *disk)
{
	char vendor[32], model[64];

	small_file_text(dir, "device/vendor", vendor, sizeof(vendor));
	if (!small_file_text(dir, "device/model", model, sizeof(model)))
		small_file_text(dir, "device/name", model, sizeof(model)); /* mmc */
	disk_model(vendor, model, disk->model, sizeof(disk->model));
}

static void read_serial(int dir, struct event_disk *disk)
{
	char page[256];
	ssize_t n;

	if (small_file_text(dir, "device/serial", disk->serial, sizeof(disk->serial)))
		return; /* nvme, mmc */
	n = small_file_read(dir, "device/vpd_pg80", page, sizeof(page));
	if (n > 0)
		disk_serial_vpd80(page, (size_t)n, disk->serial, sizeof(disk->serial));
}

/* Fills in what sysfs left empty, from what udev found out when the disk came. */
static void read_udev(struct event_disk *disk)
{
	char path[48], *text;
	size_t length;

	if (disk->serial[0] && disk->wwn[0] && disk->model[0])
		return;
	snprintf(path, sizeof(path), "/run/udev/data/b%u:%u", disk->dev >> 20, disk->dev & 0xfffff);
	text = whole_file_read(path, UDEV_MAX, &length);
	if (!text)
		return;
	if (!disk->serial[0])
		udev_property(text, "ID_SERIAL_SHORT", disk->serial, sizeof(disk->serial));
	if (!disk->serial[0])
		udev_property(text, "ID_SERIAL", disk->serial, sizeof(disk->serial));
	if (!disk->wwn[0])
		udev_property(text, "ID_WWN", disk->wwn, sizeof(disk->wwn));
	if (!disk->model[0])
		udev_property(text, "ID_MODEL", disk->model, sizeof(disk->model));
	free(text);
}

/* Of a namespace that several controllers share, `device` is their subsystem: they are below it. */
static void subsystem_fabric(int dir, char *fabric, size_t size)
{
	int fd = openat(dir, "device", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *subsystem = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	char path[NAME_MAX + 16];

	if (!subsystem) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (!fabric[0] && (entry = readdir(subsystem))) {
		if (strncmp(entry->d_name, "nvme", 4) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/transport", entry->d_name);
		small_file_text(fd, path, fabric, size);
	}
	closedir(subsystem);
}

/* NVMe by a network: "nvme-tcp", "nvme-rdma" or "nvme-fc", as the kernel calls the ways of its controllers. */
static void read_fabric(int dir, struct event_disk *disk)
{
	static const char *const fabrics[] = {"tcp", "rdma", "fc"};
	char fabric[16];

	if (strcmp(disk->transport, "nvme") != 0)
		return;
	if (!small_file_text(dir, "device/transport", fabric, sizeof(fabric)))
		subsystem_fabric(dir, fabric, sizeof(fabric));
	for (size_t i = 0; i < sizeof(fabrics) / sizeof(fabrics[0]); i++)
		if (strcmp(fabric, fabrics[i]) == 0)
			snprintf(disk->transport, sizeof(disk->transport), "nvme-%s", fabrics[i]);
}

static bool read_dev(int dir, const char *path, __u32 *ret_dev)
{
	char text[32];

	return small_file_text(dir, path, text, sizeof(text)) && disk_dev_parse(text, ret_dev);
}

/* False when it is gone, or is nothing yet. */
static bool read_whole(int sys_block, int dir, const char *name, struct event_disk *disk)
{
	char link[512];

	memset(disk, 0, sizeof(*disk));
	if (!read_dev(dir, "dev", &disk->dev))
		return false;
	text_copy(disk->name, sizeof(disk->name), name);
	small_file_link(sys_block, name, link, sizeof(link));
	disk->size_bytes = small_file_u64(dir, "size") * SECTOR;
	if (disk_is_virtual(link))
		disk->flags |= DISK_VIRTUAL;
	if (!disk->size_bytes && disk->flags & DISK_VIRTUAL)
		return false;
	if (small_file_u64(dir, "queue/rotational"))
		disk->flags |= DISK_ROTATIONAL;
	disk->diskseq = small_file_u64(dir, "diskseq");
	disk_transport(link, name, disk->transport, sizeof(disk->transport));
	read_fabric(dir, disk);
	disk_port(link, disk->port, sizeof(disk->port));
	if (!small_file_text(dir, "loop/backing_file", disk->backing, sizeof(disk->backing)))
		small_file_text(dir, "dm/name", disk->backing, sizeof(disk->backing));
	if (small_file_text(dir, "dm/uuid", link, sizeof(link)))
		disk_layer(link, disk->layer, sizeof(disk->layer));
	if (disk->flags & DISK_VIRTUAL)
		return true;
	read_model(dir, disk);
	read_serial(dir, disk);
	if (!small_file_text(dir, "wwid", disk->wwn, sizeof(disk->wwn)))
		small_file_text(dir, "device/wwid", disk->wwn, sizeof(disk->wwn));
	read_udev(disk);
	return true;
}

static bool read_partition(int dir, const char *name, const struct event_disk *whole,
			   struct event_disk *part)
{
	char path[NAME_MAX + 16];

	memset(part, 0, sizeof(*part));
	snprintf(path, sizeof(path), "%s/partition", name);
	if (!small_file_u64(dir, path))
		return false;
	snprintf(path, sizeof(path), "%s/dev", name);
	if (!read_dev(dir, path, &part->dev))
		return false;
	snprintf(path, sizeof(path), "%s/size", name);
	part->size_bytes = small_file_u64(dir, path) * SECTOR;
	part->parent = whole->dev;
	part->diskseq = whole->diskseq;
	part->flags = whole->flags | DISK_PARTITION;
	text_copy(part->name, sizeof(part->name), name);
	text_copy(part->transport, sizeof(part->transport), whole->transport);
	text_copy(part->port, sizeof(part->port), whole->port);
	return true;
}

/* Partitions are the subdirectories that begin with the disk's name. */
static unsigned int read_partitions(DIR *dir, struct event_disk *disks, unsigned int room,
				    unsigned int *ret_dropped)
{
	const char *name = disks[0].name;
	unsigned int n = 1;
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		struct event_disk part;

		if (strncmp(entry->d_name, name, strlen(name)) != 0 ||
		    !read_partition(dirfd(dir), entry->d_name, &disks[0], &part))
			continue;
		if (n < room)
			disks[n++] = part;
		else
			++*ret_dropped;
	}
	return n;
}

unsigned int disk_read(int sys_block, const char *name, struct event_disk *ret_disks,
		       unsigned int room, unsigned int *ret_dropped)
{
	int fd = openat(sys_block, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned int n = 0;
	DIR *dir;

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return 0;
	}
	if (room && read_whole(sys_block, fd, name, &ret_disks[0]))
		n = read_partitions(dir, ret_disks, room, ret_dropped);
	closedir(dir);
	return n;
}
