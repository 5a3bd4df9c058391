/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_home.c - where a disk is at home; see disk_home.h. */
#include "rules/disk_home.h"

#include <stdio.h>
#include <string.h>

#include "rules/text.h"

/* As smartctl -i, lsblk and the vendors' manuals have them. */
static const struct {
	const char *part; /* of the model */
	enum disk_home home;
	bool made_up;
} models[] = {
	{"Amazon Elastic Block", HOME_HYPERVISOR, true},
	{"Amazon EC2 NVMe", HOME_HYPERVISOR, false}, /* disks of the machine itself, all alike */
	{"PersistentDisk", HOME_HYPERVISOR, true},
	{"Virtual", HOME_HYPERVISOR, true}, /* "VMware Virtual disk", "Msft Virtual Disk" */
	{"VBOX", HOME_HYPERVISOR, true},
	{"QEMU", HOME_HYPERVISOR, true},
	{"PERC", HOME_HOST, true},
	{"LOGICAL VOLUME", HOME_HOST, true},
	{"MegaRAID", HOME_HOST, true},
	{"LUN", HOME_HOST, true},
};
#define MODELS (sizeof(models) / sizeof(models[0]))

static const struct {
	const char *transport;
	enum disk_home home;
} transports[] = {
	{"fc", HOME_STORAGE},	     {"iscsi", HOME_STORAGE},	{"nvme-tcp", HOME_STORAGE},
	{"nvme-rdma", HOME_STORAGE}, {"nvme-fc", HOME_STORAGE}, {"virtio", HOME_HYPERVISOR},
	{"xen", HOME_HYPERVISOR},
};

enum disk_home disk_home(const struct event_disk *info)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (strcmp(info->transport, transports[i].transport) == 0)
			return transports[i].home;
	for (size_t i = 0; i < MODELS; i++)
		if (models[i].home != HOME_HOST && strstr(info->model, models[i].part))
			return models[i].home;
	if (strncmp(info->name, "vd", 2) == 0 || strncmp(info->name, "xvd", 3) == 0)
		return HOME_HYPERVISOR;
	return HOME_HOST;
}

bool disk_model_is_made_up(const char *model)
{
	for (size_t i = 0; i < MODELS; i++)
		if (models[i].made_up && strstr(model, models[i].part))
			return true;
	return false;
}

void disk_home_look(struct claim *claim, const struct event_disk *info)
{
	bool plain = text_is_plain_word(info->name);

	switch (disk_home(info)) {
	case HOME_STORAGE:
		/* lsblk -S has SCSI devices alone. */
		claim_advice(claim, false, "See which storage it comes from", "%s%s%s",
			     strncmp(info->transport, "nvme", 4) == 0 ? "nvme list-subsys"
								      : "lsblk -S",
			     plain ? " /dev/" : "", plain ? info->name : "");
		break;
	case HOME_HYPERVISOR:
		claim_advice(claim, false, "See what the kernel says of it",
			     "dmesg -T | tail -n 100");
		break;
	case HOME_HOST:
		claim_advice(claim, false, "Read the disk's own error log", "%s%s",
			     plain ? "smartctl -x /dev/" : "", plain ? info->name : "");
		break;
	}
}

bool disk_home_call(struct claim *claim, const struct event_disk *info)
{
	enum disk_home home = disk_home(info);

	if (home == HOME_HOST)
		return false;
	snprintf(claim->call, sizeof(claim->call), "whoever runs the %s under %.20s",
		 home == HOME_STORAGE ? "storage" : "hypervisor or cloud",
		 text_name(info->name, 20).s);
	return true;
}
