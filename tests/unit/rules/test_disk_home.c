/* SPDX-License-Identifier: BSD-2-Clause */
/* test_disk_home.c - which disks are in this host, in a storage, or a hypervisor's. */
#include "rules/disk_home.h"

#include "rules/world.h"

static void test_homes(void **state)
{
	static const struct {
		const char *name, *transport, *model;
		enum disk_home home;
	} disks[] = {
		{"sda", "ata", "ST4000NM0035", HOME_HOST},
		{"sda", "scsi", "DELL PERC H730", HOME_HOST},
		{"nvme0n1", "nvme", "SAMSUNG MZQL2960HCJR", HOME_HOST},
		{"sda", "usb", "SanDisk", HOME_HOST},
		{"sdb", "fc", "3PARdata VV", HOME_STORAGE},
		{"sdb", "fc", "HPE Virtual Volume", HOME_STORAGE},
		{"sdc", "iscsi", "VIRTUAL-DISK", HOME_STORAGE},
		{"nvme3n1", "nvme-tcp", "Linux", HOME_STORAGE},
		{"nvme3n1", "nvme-rdma", "PowerStore", HOME_STORAGE},
		{"nvme3n1", "nvme-fc", "NetApp ONTAP Controller", HOME_STORAGE},
		{"vda", "virtio", "", HOME_HYPERVISOR},
		{"sda", "virtio", "QEMU HARDDISK", HOME_HYPERVISOR},
		{"xvda", "xen", "", HOME_HYPERVISOR},
		{"xvda", "", "", HOME_HYPERVISOR},
		{"sda", "ata", "QEMU HARDDISK", HOME_HYPERVISOR},
		{"sda", "scsi", "VMware Virtual disk", HOME_HYPERVISOR},
		{"sda", "scsi", "Msft Virtual Disk", HOME_HYPERVISOR},
		{"sda", "scsi", "Google PersistentDisk", HOME_HYPERVISOR},
		{"nvme1n1", "nvme", "Amazon Elastic Block Store", HOME_HYPERVISOR},
		{"nvme2n1", "nvme", "Amazon EC2 NVMe Instance Storage", HOME_HYPERVISOR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		struct event_disk info = {0};

		snprintf(info.name, sizeof(info.name), "%s", disks[i].name);
		snprintf(info.transport, sizeof(info.transport), "%s", disks[i].transport);
		snprintf(info.model, sizeof(info.model), "%s", disks[i].model);
		if (disk_home(&info) != disks[i].home)
			fail_msg("%s by %s, %s", info.name, info.transport, info.model);
	}
}

/* What is presented under one name for all is no sibling; what is a disk of a cloud's machine is one. */
static void test_made_up(void **state)
{
	(void)state;
	assert_true(disk_model_is_made_up("Amazon Elastic Block Store"));
	assert_true(disk_model_is_made_up("DELL PERC H730"));
	assert_false(disk_model_is_made_up("Amazon EC2 NVMe Instance Storage"));
	assert_false(disk_model_is_made_up("ST4000NM0035"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_homes),
		cmocka_unit_test(test_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
