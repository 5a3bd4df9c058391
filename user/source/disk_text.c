/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_text.c - what the texts of /sys/block and of udev say of a disk; see disk_text.h. */
#include "source/disk_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "small_file.h"

bool disk_dev_parse(const char *text, __u32 *ret_dev)
{
	unsigned long major, minor;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	major = strtoul(text, &end, 10);
	if (end[0] != ':' || end[1] < '0' || end[1] > '9')
		return false;
	minor = strtoul(end + 1, NULL, 10);
	if (major > 0xfff || minor > 0xfffff)
		return false;
	*ret_dev = (__u32)(major << 20 | minor);
	return true;
}

bool disk_is_virtual(const char *link)
{
	return strstr(link, "/devices/virtual/block/") != NULL;
}

void disk_transport(const char *link, const char *name, char *to, size_t size)
{
	/* The first that the path goes through, from the most telling to the least. */
	static const struct {
		const char *part;
		const char *transport;
	} ways[] = {
		{"/usb", "usb"},	 {"/ata", "ata"},	{"/nvme", "nvme"},
		{"/mmc_host/", "mmc"},	 {"/session", "iscsi"}, {"/rport-", "fc"},
		{"/end_device-", "sas"}, {"/virtio", "virtio"}, {"/vbd-", "xen"},
		{"/target", "scsi"},
	};
	size_t n;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strstr(link, ways[i].part)) {
			text_copy(to, size, ways[i].transport);
			return;
		}
	}
	to[0] = '\0';
	if (!disk_is_virtual(link))
		return;
	text_copy(to, size, name);
	n = strcspn(to, "-0123456789");
	to[n] = '\0';
}

/* The part of a path that begins with `name` and goes on with a digit; its length, 0 when there is none. */
static size_t path_part(const char *path, const char *name, const char **ret_part)
{
	size_t n = strlen(name);

	for (const char *p = path; (p = strstr(p, name)); p++) {
		if (p == path || p[-1] != '/' || p[n] < '0' || p[n] > '9')
			continue;
		*ret_part = p;
		return strcspn(p, "/");
	}
	return 0;
}

/* The last one of "/usb1/1-2/1-2.3/1-2.3:1.0/": which hub, and which of its ports. */
static size_t usb_port(const char *path, const char **ret_part)
{
	const char *p = strstr(path, "/usb");
	size_t n, found = 0;

	while (p && (p = strchr(p + 1, '/'))) {
		n = strcspn(p + 1, "/");
		if (p[1] < '0' || p[1] > '9' || !memchr(p + 1, '-', n) || memchr(p + 1, ':', n))
			continue;
		*ret_part = p + 1;
		found = n;
	}
	return found;
}

void disk_port(const char *link, char *to, size_t size)
{
	static const char *const parts[] = {"ata", "nvme", "virtio", "host"};
	const char *part = NULL;
	size_t n = usb_port(link, &part);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !n; i++)
		n = path_part(link, parts[i], &part);
	if (n > size - 1)
		n = size - 1;
	if (n)
		memcpy(to, part, n);
	to[n] = '\0';
}

void disk_layer(const char *uuid, char *to, size_t size)
{
	static const char *const layers[] = {"LVM", "CRYPT", "mpath", "VERITY", "DMRAID"};

	to[0] = '\0';
	if (strncmp(uuid, "part", 4) == 0 && strchr(uuid, '-'))
		uuid = strchr(uuid, '-') + 1;
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		if (strncmp(uuid, layers[i], strlen(layers[i])) == 0)
			text_copy(to, size, layers[i]);
}

void disk_model(const char *vendor, const char *model, char *to, size_t size)
{
	if (!vendor[0] || strcmp(vendor, "ATA") == 0 || strncmp(vendor, "0x", 2) == 0 || !model[0])
		text_copy(to, size, model);
	else
		snprintf(to, size, "%s %s", vendor, model);
}

void disk_serial_vpd80(const void *page, size_t length, char *to, size_t size)
{
	const unsigned char *p = page;
	size_t n;

	to[0] = '\0';
	if (length < 4 || p[1] != 0x80)
		return;
	n = (size_t)p[2] << 8 | p[3];
	if (n > length - 4)
		n = length - 4;
	if (n > size - 1)
		n = size - 1;
	memcpy(to, p + 4, n);
	to[n] = '\0';
	text_trim(to);
}

void udev_property(const char *database, const char *key, char *to, size_t size)
{
	size_t key_length = strlen(key);
	const char *line = database;

	to[0] = '\0';
	while (*line) {
		size_t n = strcspn(line, "\n");

		if (n > key_length + 2 && strncmp(line, "E:", 2) == 0 &&
		    strncmp(line + 2, key, key_length) == 0 && line[key_length + 2] == '=') {
			const char *value = line + key_length + 3;
			size_t length = n - key_length - 3;

			if (length > size - 1)
				length = size - 1;
			memcpy(to, value, length);
			to[length] = '\0';
			text_trim(to);
			return;
		}
		line += n + (line[n] == '\n');
	}
}
