/* SPDX-License-Identifier: BSD-2-Clause */
/* test_parsers.c - the texts of /proc: mounts, interfaces, processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "source/diskstats.h"
#include "source/io_max.h"
#include "source/mountinfo.h"
#include "source/netdev.h"
#include "proc_text.h"

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

/* ---- /proc/diskstats ---- */

static bool diskstats(const char *line, struct event_block_queue *queue)
{
	memset(queue, 0, sizeof(*queue));
	return diskstats_parse(line, strlen(line), queue);
}

static void test_diskstats(void **state)
{
	struct event_block_queue q;

	(void)state;
	assert_true(diskstats(" 254       0 vda 10 11 12 13 20 21 22 23 3 40 50 60 61 62 63 70 71",
			      &q));
	assert_int_equal(q.dev, DEV(254, 0));
	assert_int_equal(q.reads_done, 10);
	assert_int_equal(q.read_bytes, 12 * 512);
	assert_int_equal(q.read_ms, 13);
	assert_int_equal(q.writes_done, 20);
	assert_int_equal(q.write_bytes, 22 * 512);
	assert_int_equal(q.write_ms, 23);
	assert_int_equal(q.in_flight, 3);
	assert_int_equal(q.busy_ms, 40);
	assert_int_equal(q.queue_ms, 50);
	assert_int_equal(q.others_done, 60 + 70);
	assert_int_equal(q.discard_ms, 63);
	/* 4.17 and before: neither discards nor flushes. */
	assert_true(diskstats("8 1 sda1 1 2 3 4 5 6 7 8 9 10 11", &q));
	assert_int_equal(q.in_flight, 9);
	assert_int_equal(q.others_done, 0);
	assert_int_equal(q.discard_ms, 0);
}

static void test_diskstats_that_is_none(void **state)
{
	static const char *const lines[] = {"",
					    "8",
					    "8 0",
					    "8 0 sda",
					    "8 0 sda 1 2 3 4 5 6 7 8 9 10",
					    "8:0 sda 1 2 3 4 5 6 7 8 9 10 11",
					    "x 0 sda 1 2 3 4 5 6 7 8 9 10 11",
					    "8 0 sda 1 2 -3 4 5 6 7 8 9 10 11",
					    "4096 0 sda 1 2 3 4 5 6 7 8 9 10 11",
					    "8 1048576 sda 1 2 3 4 5 6 7 8 9 10 11"};
	struct event_block_queue q;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (diskstats(lines[i], &q))
			fail_msg("taken: %s", lines[i]);
}

/* ---- a cgroup's io.max and io.pressure ---- */

static void test_io_max(void **state)
{
	const char *at = "8:0 rbps=1048576 wbps=max riops=max wiops=120\nnonsense\n"
			 "259:1 rbps=max wbps=2 riops=3 wiops=max\n";
	struct event_io_limit limit = {.cgroup_id = 7};

	(void)state;
	assert_true(io_max_next(&at, &limit));
	assert_int_equal(limit.dev, DEV(8, 0));
	assert_int_equal(limit.read_bps, 1048576);
	assert_int_equal(limit.write_bps, 0);
	assert_int_equal(limit.read_iops, 0);
	assert_int_equal(limit.write_iops, 120);
	assert_true(io_max_next(&at, &limit));
	assert_int_equal(limit.dev, DEV(259, 1));
	assert_int_equal(limit.read_bps, 0);
	assert_int_equal(limit.write_bps, 2);
	assert_int_equal(limit.read_iops, 3);
	assert_false(io_max_next(&at, &limit));
	assert_int_equal(limit.cgroup_id, 7);
}

static void test_io_pressure(void **state)
{
	(void)state;
	assert_int_equal(
		io_pressure_total("some avg10=1.53 avg60=0.00 avg300=0.00 total=5670486\n"
				  "full avg10=0.00 avg60=0.00 avg300=0.00 total=4312845\n"),
		5670486);
	assert_true(io_pressure_total("") == ~0ULL);
	assert_true(io_pressure_total("full avg10=0.00 total=4312845\n") == ~0ULL);
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
	assert_int_equal(stat.flags, 4194304);
	assert_int_equal(stat.start_ticks, 113996);
	assert_true(proc_stat_parse("1 (a) R 7 (b\n) S 42 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
				    "19 20 5",
				    &stat));
	assert_string_equal(stat.comm, "a) R 7 (b\n");
	assert_int_equal(stat.ppid, 42);
	assert_int_equal(stat.flags, 7);
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
		("0::/docker/" ID "0"),
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mountinfo),
		cmocka_unit_test(test_mountinfo_that_is_none),
		cmocka_unit_test(test_mountinfo_long_paths_are_cut),
		cmocka_unit_test(test_diskstats),
		cmocka_unit_test(test_diskstats_that_is_none),
		cmocka_unit_test(test_io_max),
		cmocka_unit_test(test_io_pressure),
		cmocka_unit_test(test_netdev),
		cmocka_unit_test(test_netdev_that_is_none),
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_cgroup_is_cut),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_start_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
