/* SPDX-License-Identifier: BSD-2-Clause */
/* test_texts.c - the texts of /sys/block and udev, and what else reads or makes text without I/O.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include <culprit/event.h>

#include "source/disk_text.h"
#include "source/dm_text.h"
#include "source/live_clock.h"
#include "source/live_host.h"
#include "small_file.h"
#include "source/utf8.h"

#define DEV(major, minor) ((__u32)(major) << 20 | (minor))

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

static void put_file(const char *path, size_t n)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	while (n--)
		fputc('7', file);
	assert_int_equal(fclose(file), 0);
}

static void test_files_are_read_whole_or_cut(void **state)
{
	static const size_t sizes[] = {0, 1, 8191, 8192, 8193, 16384, 19999, 20000, 20001};
	char path[] = "/tmp/culprit-file-XXXXXX", text[8];
	int fd = mkstemp(path);
	size_t n;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *whole;

		put_file(path, sizes[i]);
		whole = whole_file_read(path, 20000, &n);
		assert_non_null(whole);
		assert_int_equal(n, sizes[i] < 20000 ? sizes[i] : 20000);
		assert_int_equal(strlen(whole), n);
		free(whole);
	}
	assert_int_equal(small_file_read(AT_FDCWD, path, text, sizeof(text)), 7);
	assert_string_equal(text, "7777777");
	put_file(path, 3);
	assert_int_equal(small_file_u64(AT_FDCWD, path), 777);
	unlink(path);
	assert_null(whole_file_read(path, 20000, &n));
	assert_null(whole_file_read("/tmp", 20000, &n));
	assert_int_equal(small_file_read(AT_FDCWD, path, text, sizeof(text)), -ENOENT);
	assert_string_equal(text, "");
	assert_int_equal(small_file_u64(AT_FDCWD, path), 0);
	assert_int_equal(small_file_link(AT_FDCWD, path, text, sizeof(text)), 0);
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

static void test_utf8_by_the_book(void **state)
{
	static const struct {
		const char *text;
		unsigned int n;
	} cases[] = {
		{"a", 1},
		{"~", 1},
		{"\x7f", 0},
		{"\x1f", 0},
		{"", 0},
		{"\xc3\xbc", 2},
		{"\xc3", 0},
		{"\xc0\x80", 0},
		{"\xc1\xbf", 0},
		{"\xc2\x80", 0},
		{"\xc2\x9f", 0},
		{"\xc2\xa0", 2},
		{"\xe2\x82\xac", 3},
		{"\xe2\x82", 0},
		{"\xe0\x80\x80", 0},
		{"\xed\xa0\x80", 0},
		{"\xed\x9f\xbf", 3},
		{"\xf0\x9f\x98\x80", 4},
		{"\xf4\x8f\xbf\xbf", 4},
		{"\xf4\x90\x80\x80", 0},
		{"\xf0\x80\x80\x80", 0},
		{"\xf8\x88\x80\x80\x80", 0},
		{"\x80", 0},
		{"\xbf", 0},
		{"\xfe", 0},
		{"\xff", 0},
		{"\xe2\x80\xae", 0},
		{"\xe2\x81\xa6", 0},
		{"\xe2\x80\xa8", 0},
		{"\xc3"
		 "a",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (utf8_printable((const unsigned char *)cases[i].text) != cases[i].n)
			fail_msg("case %zu", i);
}

/* ---- thin pools ---- */

static void test_thin_status(void **state)
{
	struct dm_thin_status s;

	(void)state;
	assert_true(dm_thin_status_parse("1 138/4096 96/128 - rw no_discard_passdown "
					 "queue_if_no_space - 1024",
					 &s));
	assert_int_equal(s.meta_used, 138);
	assert_int_equal(s.meta_total, 4096);
	assert_int_equal(s.data_used, 96);
	assert_int_equal(s.data_total, 128);
	assert_int_equal(s.flags, 0);
	assert_true(dm_thin_status_parse("0 9/10 128/128 77 out_of_data_space discard_passdown "
					 "error_if_no_space needs_check 64",
					 &s));
	assert_int_equal(s.flags, THIN_NO_SPACE | THIN_ERRORS_IF_FULL | THIN_NEEDS_CHECK);
	assert_true(
		dm_thin_status_parse("0 9/10 1/128 - ro discard_passdown queue_if_no_space -", &s));
	assert_int_equal(s.flags, THIN_READ_ONLY);
	assert_true(dm_thin_status_parse("Fail", &s));
	assert_int_equal(s.flags, THIN_FAILED);
	assert_int_equal(s.data_total, 0);
	assert_false(dm_thin_status_parse("Error", &s));
	assert_false(dm_thin_status_parse("", &s));
	assert_false(dm_thin_status_parse("1 138/4096", &s));
	assert_int_equal(dm_thin_block_bytes("253:0 253:1 128 0 1 skip_block_zeroing"), 65536);
	assert_int_equal(dm_thin_block_bytes("253:0"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dev),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_serial_page),
		cmocka_unit_test(test_udev),
		cmocka_unit_test(test_thin_status),
		cmocka_unit_test(test_text_copy_and_trim),
		cmocka_unit_test(test_files_are_read_whole_or_cut),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_when_the_clock_is_told),
		cmocka_unit_test(test_utf8_by_the_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
