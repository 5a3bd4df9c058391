/* SPDX-License-Identifier: BSD-2-Clause */
/* test_parsers.c - the texts of /proc, /sys and udev, and what else reads without I/O. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "source/disk_text.h"
#include "source/live_clock.h"
#include "source/live_host.h"
#include "source/mountinfo.h"
#include "source/netdev.h"
#include "source/proc_text.h"
#include "source/small_file.h"

#define DEV(major, minor) ((__u32)(major) << 20 | (minor))

/* ---- mountinfo ---- */

static bool mount(const char *line, struct mountinfo *ret_mount)
{
	return mountinfo_parse(line, strlen(line), ret_mount);
}

static void test_mountinfo(void **state)
{
	struct mountinfo m;

	(void)state;
	assert_true(mount("36 35 98:0 / /data rw,noatime master:1 - ext3 /dev/root rw", &m));
	assert_int_equal(m.dev, DEV(98, 0));
	assert_true(m.whole);
	assert_string_equal(m.mount, "/data");
	assert_string_equal(m.fstype, "ext3");
	assert_string_equal(m.source, "/dev/root");
	assert_true(mount("36 35 0:45 /@home /home rw shared:7 master:1 propagate_from:2 - btrfs "
			  "/dev/sda2 rw,subvol=/@home",
			  &m));
	assert_int_equal(m.dev, 45);
	assert_false(m.whole);
	assert_true(mount("1 2 8:17 / /a\\040b\\134c\\011d\\012e rw - fuse.ssh-fs x\\0431 rw", &m));
	assert_string_equal(m.mount, "/a b\\c\td\ne");
	assert_string_equal(m.source, "x#1");
	/* no options behind the dash, a hyphen as an option */
	assert_true(mount("1 2 8:17 / /a rw - xfs /dev/sdb1", &m));
	assert_true(mount("1 2 8:17 / /- - - xfs /dev/sdb1 rw", &m));
	assert_string_equal(m.mount, "/-");
}

static void test_mountinfo_that_is_none(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"36",
		"36 35",
		"36 35 98:0",
		"36 35 98:0 /",
		"36 35 98:0 / /data",
		"36 35 98:0 / /data rw",
		"36 35 98:0 / /data rw - ",
		"36 35 98:0 / /data rw - ext3",
		"36 35 98 / /data rw - ext3 x",
		"36 35 x:0 / /data rw - ext3 x",
		"36 35 4096:0 / /data rw - ext3 x",
		"36 35 8:1048576 / /data rw - ext3 x",
		"36 35 8:99999999999999999999999 / /data rw - ext3 x",
	};
	struct mountinfo m;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (mount(lines[i], &m))
			fail_msg("taken: %s", lines[i]);
}

static void test_mountinfo_long_paths_are_cut(void **state)
{
	char line[1024], path[600];
	struct mountinfo m;

	(void)state;
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	snprintf(line, sizeof(line), "1 2 8:17 / %s rw - xfs /dev/sdb1 rw", path);
	assert_true(mount(line, &m));
	assert_int_equal(strlen(m.mount), sizeof(m.mount) - 1);
	/* An escape at the cut, and one that is none */
	assert_true(mount("1 2 8:17 / /a\\04 rw - xfs \\777\\ rw", &m));
	assert_string_equal(m.mount, "/a\\04");
	assert_string_equal(m.source, "\\777\\");
}

/* ---- /proc/net/dev ---- */

static bool netdev(const char *line, struct event_nic *nic)
{
	return netdev_parse(line, strlen(line), nic);
}

static void test_netdev(void **state)
{
	struct event_nic nic = {.ifindex = 7};

	(void)state;
	assert_true(netdev("  eth0: 10 20 30 40 50 60 70 80 90 100 110 120 130 140 150 160", &nic));
	assert_string_equal(nic.name, "eth0");
	assert_int_equal(nic.ifindex, 7);
	assert_int_equal(nic.rx_packets, 20);
	assert_int_equal(nic.rx_errors, 30);
	assert_int_equal(nic.rx_dropped, 40);
	assert_int_equal(nic.tx_packets, 100);
	assert_int_equal(nic.tx_errors, 110);
	assert_int_equal(nic.tx_dropped, 120);
	assert_true(netdev("eth0:1:18446744073709551615 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7", &nic));
	assert_string_equal(nic.name, "eth0:1");
	assert_true(netdev("abcdefghijklmno: 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6", &nic));
	assert_string_equal(nic.name, "abcdefghijklmno");
}

static void test_netdev_that_is_none(void **state)
{
	static const char *const lines[] = {
		"",
		":",
		"eth0",
		"eth0:",
		" face |bytes    packets errs drop fifo",
		"Inter-|   Receive                           |  Transmit",
		"eth0: 1 2 3",
		"eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
		"eth0: 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 x",
		"abcdefghijklmnop: 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6",
		"eth0: -1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6",
	};
	struct event_nic nic;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (netdev(lines[i], &nic))
			fail_msg("taken: %s", lines[i]);
}

/* ---- /proc/PID ---- */

static void test_stat(void **state)
{
	struct proc_stat stat;

	(void)state;
	assert_true(proc_stat_parse("812 (postgres) S 1 812 812 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 "
				    "1 0 113996 1 2",
				    &stat));
	assert_string_equal(stat.comm, "postgres");
	assert_int_equal(stat.ppid, 1);
	assert_int_equal(stat.start_ticks, 113996);
	assert_true(proc_stat_parse("1 (a) R 7 (b\n) S 42 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
				    "19 20 5",
				    &stat));
	assert_string_equal(stat.comm, "a) R 7 (b\n");
	assert_int_equal(stat.ppid, 42);
	assert_int_equal(stat.start_ticks, 20);
	assert_true(proc_stat_parse("1 (kworker/u4:2-events_unbound) I 2 0 0 0 -1 1 2 3 4 5 6 7 8 "
				    "9 1 2 3 4 55",
				    &stat));
	assert_string_equal(stat.comm, "kworker/u4:2-ev");
	assert_int_equal(stat.start_ticks, 55);
	assert_false(proc_stat_parse("", &stat));
	assert_false(proc_stat_parse("1 (a", &stat));
	assert_false(proc_stat_parse("1 )a(", &stat));
	assert_false(proc_stat_parse("1 (a) S 1 2 3", &stat));
	assert_false(proc_stat_parse("1 (a)", &stat));
	assert_false(
		proc_stat_parse("1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x", &stat));
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(proc_status_uid("Name:\tx\nUid:\t1000\t1001\t1002\t1003\n"), 1000);
	assert_int_equal(proc_status_uid("Name:\tUid:\t5\nUid:\t0\t0\n"), 0);
	assert_int_equal(proc_status_uid(""), ~0U);
}

static const char *cgroup(const char *text, bool *ret_unified)
{
	static char path[128];

	proc_cgroup_path(text, path, sizeof(path), ret_unified);
	return path;
}

static void test_cgroup(void **state)
{
	bool unified;

	(void)state;
	assert_string_equal(cgroup("0::/system.slice/ssh.service\n", &unified),
			    "/system.slice/ssh.service");
	assert_true(unified);
	assert_string_equal(cgroup("9:name=systemd:/a\n4:memory:/b\n0::/c\n", &unified), "/c");
	assert_true(unified);
	assert_string_equal(cgroup("4:memory:/b\n9:name=systemd:/a\n0::/\n", &unified), "/a");
	assert_false(unified);
	assert_string_equal(cgroup("9:name=systemd:/\n4:memory:/b:c\n1:cpu:/d\n0::/\n", &unified),
			    "/b:c");
	assert_false(unified);
	assert_string_equal(cgroup("0::/\n", &unified), "/");
	assert_true(unified);
	assert_string_equal(cgroup("", &unified), "");
	assert_string_equal(cgroup("nonsense\n:\n", &unified), "");
}

static void test_cgroup_is_cut(void **state)
{
	char text[400], path[128];
	bool unified;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "0::/", 4);
	text[sizeof(text) - 1] = '\0';
	proc_cgroup_path(text, path, sizeof(path), &unified);
	assert_int_equal(strlen(path), sizeof(path) - 1);
}

static void test_container(void **state)
{
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const char *const with[] = {
		"0::/docker/" ID "\n",
		"0::/system.slice/docker-" ID ".scope\n",
		"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n",
		"4:memory:/x/" ID,
		ID,
	};
	static const char *const without[] = {
		"0::/",
		"",
		"0::/user.slice/user-1000.slice",
		"0::/docker/" ID "0",
		"0::/docker/0123456789abcdef",
		"0::/docker/0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
	};
	char id[16];

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		proc_container(with[i], id);
		assert_string_equal(id, "0123456789ab");
	}
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		proc_container(without[i], id);
		assert_string_equal(id, "");
	}
}

static void test_start_times(void **state)
{
	(void)state;
	assert_true(proc_start_matches(100, 1000000000ULL, 100));
	assert_true(proc_start_matches(100, 1009999999ULL, 100));
	assert_true(proc_start_matches(100, 1019999999ULL, 100));
	assert_true(proc_start_matches(100, 990000000ULL, 100));
	assert_false(proc_start_matches(100, 1020000000ULL, 100));
	assert_false(proc_start_matches(100, 989999999ULL, 100));
	assert_false(proc_start_matches(100, 0, 100));
	assert_true(proc_start_matches(0, 5, 0));
}

/* ---- disks ---- */

static void test_dev(void **state)
{
	__u32 dev = 1;

	(void)state;
	assert_true(disk_dev_parse("8:16\n", &dev));
	assert_int_equal(dev, DEV(8, 16));
	assert_true(disk_dev_parse("4095:1048575", &dev));
	assert_int_equal(dev, ~0U);
	assert_false(disk_dev_parse("", &dev));
	assert_false(disk_dev_parse("8", &dev));
	assert_false(disk_dev_parse("8:", &dev));
	assert_false(disk_dev_parse(":8", &dev));
	assert_false(disk_dev_parse("-8:1", &dev));
	assert_false(disk_dev_parse("8:-1", &dev));
	assert_false(disk_dev_parse("4096:0", &dev));
	assert_false(disk_dev_parse("0:1048576", &dev));
}

static void test_transport(void **state)
{
	static const struct {
		const char *link, *name, *transport;
		bool is_virtual;
	} cases[] = {
#define PCI "../devices/pci0000:00/0000:00:1f.2/"
		{PCI "ata3/host2/target2:0:0/2:0:0:0/block/sda", "sda", "ata", false},
		{PCI "usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb", "sdb", "usb", false},
		{PCI "nvme/nvme0/nvme0n1", "nvme0n1", "nvme", false},
		{"../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "nvme0n1", "nvme",
		 false},
		{PCI "virtio1/block/vda", "vda", "virtio", false},
		{PCI "virtio2/host0/target0:0:0/0:0:0:0/block/sda", "sda", "virtio", false},
		{PCI "host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0/block/sda", "sda", "sas",
		 false},
		{PCI "host1/rport-1:0-2/target1:0:0/1:0:0:0/block/sda", "sda", "fc", false},
		{"../devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda", "sda", "iscsi",
		 false},
		{"../devices/pseudo_0/adapter0/host2/target2:0:0/2:0:0:0/block/sda", "sda", "scsi",
		 false},
		{"../devices/virtual/block/loop0", "loop0", "loop", true},
		{"../devices/virtual/block/dm-3", "dm-3", "dm", true},
		{"../devices/virtual/block/md127", "md127", "md", true},
		{"../devices/strange/sda", "sda", "", false},
		{"", "sda", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char transport[16];

		disk_transport(cases[i].link, cases[i].name, transport, sizeof(transport));
		assert_string_equal(transport, cases[i].transport);
		assert_int_equal(disk_is_virtual(cases[i].link), cases[i].is_virtual);
	}
}

static void test_model(void **state)
{
	char model[16];

	(void)state;
	disk_model("ATA", "ST4000NM0035", model, sizeof(model));
	assert_string_equal(model, "ST4000NM0035");
	disk_model("0x1af4", "", model, sizeof(model));
	assert_string_equal(model, "");
	disk_model("Linux", "scsi_debug", model, sizeof(model));
	assert_string_equal(model, "Linux scsi_debu");
	disk_model("", "CT1000P3", model, sizeof(model));
	assert_string_equal(model, "CT1000P3");
}

static void test_serial_page(void **state)
{
	char serial[8];

	(void)state;
	disk_serial_vpd80("\0\x80\0\x06 ZC1A ", 10, serial, sizeof(serial));
	assert_string_equal(serial, "ZC1A");
	disk_serial_vpd80("\0\x80\x01\x00ZC1A2345678", 15, serial, sizeof(serial));
	assert_string_equal(serial, "ZC1A234");
	disk_serial_vpd80("\0\x80\0\x03"
			  "ABCD",
			  8, serial, sizeof(serial));
	assert_string_equal(serial, "ABC");
	disk_serial_vpd80("\0\x83\0\x03"
			  "ABC",
			  7, serial, sizeof(serial));
	assert_string_equal(serial, "");
	disk_serial_vpd80("\0\x80\0", 3, serial, sizeof(serial));
	assert_string_equal(serial, "");
	disk_serial_vpd80("\0\x80\0\xff", 4, serial, sizeof(serial));
	assert_string_equal(serial, "");
}

static void test_udev(void **state)
{
	static const char text[] = "S:disk/by-id/x\nI:12345\nE:ID_SERIAL=QEMU_1 \nE:ID_WWN=0x5000\n"
				   "E:ID_MODEL=\nG:systemd";
	char value[16];

	(void)state;
	udev_property(text, "ID_SERIAL", value, sizeof(value));
	assert_string_equal(value, "QEMU_1");
	udev_property(text, "ID_WWN", value, 4);
	assert_string_equal(value, "0x5");
	udev_property(text, "ID_MODEL", value, sizeof(value));
	assert_string_equal(value, "");
	udev_property(text, "ID_SER", value, sizeof(value));
	assert_string_equal(value, "");
	udev_property("", "ID_SER", value, sizeof(value));
	assert_string_equal(value, "");
}

/* ---- the rest ---- */

static void test_text_copy_and_trim(void **state)
{
	char to[5], text[] = " \t a b \n\v";

	(void)state;
	text_copy(to, sizeof(to), "abc");
	assert_string_equal(to, "abc");
	text_copy(to, sizeof(to), "abcdefgh");
	assert_string_equal(to, "abcd");
	text_copy(to, sizeof(to), "abc\xe2\x82\xac");
	assert_string_equal(to, "abc");
	text_copy(to, sizeof(to), "\x80\x80\x80\x80\x80\x80");
	assert_string_equal(to, "");
	assert_int_equal(text_trim(text), 3);
	assert_string_equal(text, "a b");
	strcpy(text, "  ");
	assert_int_equal(text_trim(text), 0);
	assert_string_equal(text, "");
}

static void test_uuid(void **state)
{
	static const unsigned char ones[10] = {0xff, 0xff, 0xff, 0xff, 0xff,
					       0xff, 0xff, 0xff, 0xff, 0xff};
	static const unsigned char zeros[10] = {0};
	char text[37];

	(void)state;
	uuid7_text(text, 0x0192f3a1b2c3ULL, ones);
	assert_string_equal(text, "0192f3a1-b2c3-7fff-bfff-ffffffffffff");
	uuid7_text(text, 0x0192f3a1b2c3ULL, zeros);
	assert_string_equal(text, "0192f3a1-b2c3-7000-8000-000000000000");
}

static void test_when_the_clock_is_told(void **state)
{
	static const __u64 ms = 1000000, s = 1000 * ms;
	struct clocks none = {0}, told = {100 * s, 150 * s, 1700000000 * s}, now;

	(void)state;
	assert_true(clocks_due(&none, &told));
	assert_false(clocks_due(&told, &told));
	now = (struct clocks){130 * s, 180 * s, 1700000030 * s + 30 * ms};
	assert_false(clocks_due(&told, &now)); /* slewed */
	now.realtime_ns += 21 * ms;
	assert_true(clocks_due(&told, &now)); /* stepped */
	now.realtime_ns -= 120 * ms;
	assert_true(clocks_due(&told, &now)); /* stepped back */
	now = (struct clocks){130 * s, 181 * s, 1700000030 * s};
	assert_true(clocks_due(&told, &now)); /* slept */
	now = (struct clocks){160 * s, 210 * s, 1700000060 * s};
	assert_true(clocks_due(&told, &now)); /* a minute */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mountinfo),
		cmocka_unit_test(test_mountinfo_that_is_none),
		cmocka_unit_test(test_mountinfo_long_paths_are_cut),
		cmocka_unit_test(test_netdev),
		cmocka_unit_test(test_netdev_that_is_none),
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_cgroup_is_cut),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_start_times),
		cmocka_unit_test(test_dev),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_serial_page),
		cmocka_unit_test(test_udev),
		cmocka_unit_test(test_text_copy_and_trim),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_when_the_clock_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
