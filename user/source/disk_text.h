/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_text.h - what the texts of /sys/block and of udev's database say of a disk. No I/O. */
#ifndef CULPRIT_SOURCE_DISK_TEXT_H
#define CULPRIT_SOURCE_DISK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

/* "8:16" (with or without newline) to dev. */
bool disk_dev_parse(const char *text, __u32 *ret_dev);

/* The way to the disk, from the target of its /sys/block link and its name: "ata", "usb", "nvme"
 * ...; for what has no hardware, the kind: "loop", "dm". */
void disk_transport(const char *link, const char *name, char *to, size_t size);

/* Where it is plugged in, from the same link: "ata3", "nvme0", "1-2" (USB: bus and ports), "virtio2", else the
 * SCSI host ("host0"); empty for what has no hardware. */
void disk_port(const char *link, char *to, size_t size);

/* Who made a mapping, from dm/uuid: "LVM", "CRYPT", "mpath" (of "part1-mpath-..." too); else empty. */
void disk_layer(const char *uuid, char *to, size_t size);

/* No hardware of its own: loop, zram, md, dm. The heads of NVMe multipath are virtual only in
 * sysfs. */
bool disk_is_virtual(const char *link);

/* "SEAGATE", "ST4000NM0035" to one text. "ATA" and PCI ids ("0x1af4") are no vendors. */
void disk_model(const char *vendor, const char *model, char *to, size_t size);

/* The serial number in a SCSI vital product data page 0x80 (SPC-4, 7.8.15), trimmed; empty when
 * there is none. */
void disk_serial_vpd80(const void *page, size_t length, char *to, size_t size);

/* The value of "E:KEY=" in a file of udev's database; empty when there is none. */
void udev_property(const char *database, const char *key, char *to, size_t size);

#endif
