/* SPDX-License-Identifier: BSD-2-Clause */
/* test_subject.c - labels and identities of subjects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "finding/subject.h"

static struct subject peer(const char *v6, __u16 port)
{
	struct subject s = {.type = SUBJECT_PEER, .port = port, .dir = PEER_OUT};

	assert_int_equal(inet_pton(AF_INET6, v6, s.addr), 1);
	return s;
}

static const char *label(const struct subject *s)
{
	static char buf[80];

	return subject_label(s, buf, sizeof(buf));
}

static void test_addresses_as_rfc5952(void **state)
{
	static const char *const addrs[] = {
		"::",
		"::1",
		"1::",
		"2001:db8::1",
		"2001:db8:0:1:1:1:1:1",
		"1:0:0:2::3",
		"fe80::1:0:0:1",
		"1:2:3:4:5:6:7:8",
		"::2:0:0:0:1",
		"ff02::fb",
	};
	char buf[46], want[46];

	(void)state;
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		struct subject s = peer(addrs[i], 0);

		inet_ntop(AF_INET6, s.addr, want, sizeof(want));
		assert_string_equal(addr_text(s.addr, buf, sizeof(buf)), want);
	}
}

static void test_labels(void **state)
{
	struct subject v4 = peer("::ffff:10.1.2.2", 9092), v6 = peer("2001:db8::1", 443);
	struct subject host = peer("::ffff:10.1.2.2", 0);
	struct subject client = v4;
	struct subject proc = {.type = SUBJECT_PROCESS, .pid = 7, .comm = "a\x1b[2J\xff"};
	struct subject disk = {.type = SUBJECT_DISK, .name = "sda"};

	(void)state;
	client.dir = PEER_IN;
	assert_string_equal(label(&client), "client 10.1.2.2 (our port 9092)");
	assert_string_equal(label(&v4), "10.1.2.2:9092");
	assert_string_equal(label(&v6), "[2001:db8::1]:443");
	assert_string_equal(label(&host), "10.1.2.2");
	assert_string_equal(label(&proc), "a?[2J?[7]");
	assert_string_equal(label(&disk), "sda");
}

static void test_id_is_of_boot_kind_and_subject(void **state)
{
	struct subject a = peer("::ffff:10.1.2.2", 9092), b = a;
	__u64 id = subject_id("boot", "path-loss", &a);

	(void)state;
	strcpy(b.comm, "says nothing");
	assert_true(id == subject_id("boot", "path-loss", &b));
	assert_true(id != subject_id("boot2", "path-loss", &a));
	assert_true(id != subject_id("boot", "uplink-loss", &a));
	b.port++;
	assert_true(id != subject_id("boot", "path-loss", &b));
	b = a;
	b.netns = 1;
	assert_true(id != subject_id("boot", "path-loss", &b));
	b = a;
	b.dir = PEER_IN;
	assert_true(id != subject_id("boot", "path-loss", &b));
}

static void test_fingerprint_outlives_the_boot(void **state)
{
	struct subject disk = {.type = SUBJECT_DISK, .dev = 1, .name = "sda", .serial = "S1"};
	struct subject proc = {.type = SUBJECT_PROCESS, .pid = 7, .start_ns = 9, .exe = "/bin/a"};
	struct subject other = disk;

	(void)state;
	other.dev = 2;
	strcpy(other.name, "sdb");
	assert_true(subject_fingerprint("m", "k", &disk) == subject_fingerprint("m", "k", &other));
	strcpy(other.serial, "S2");
	assert_true(subject_fingerprint("m", "k", &disk) != subject_fingerprint("m", "k", &other));
	other = proc;
	other.pid = 8;
	other.start_ns = 10;
	assert_true(subject_fingerprint("m", "k", &proc) == subject_fingerprint("m", "k", &other));
	strcpy(other.cgroup, "/x");
	assert_true(subject_fingerprint("m", "k", &proc) != subject_fingerprint("m", "k", &other));
}

/* Volumes of one pod: named by their ends, told apart by their devices, the same ones as before names were so long. */
static void test_long_mount_points(void **state)
{
	static const char pod[] = "/var/lib/kubelet/pods/12345678-1234-1234-1234-123456789012";
	struct subject a = {.type = SUBJECT_FILESYSTEM, .dev = 1, .source = "/dev/sda1"};
	struct subject b = {.type = SUBJECT_FILESYSTEM, .dev = 2, .source = "/dev/sda2"};
	struct subject cut = a;
	char label[20];

	(void)state;
	snprintf(a.name, sizeof(a.name), "%s/volumes/kubernetes.io~csi/pvc-a/mount", pod);
	snprintf(b.name, sizeof(b.name), "%s/volumes/kubernetes.io~csi/pvc-b/mount", pod);
	memcpy(cut.name, a.name, 63);
	assert_string_equal(subject_label(&a, label, sizeof(label)), "..o~csi/pvc-a/mount");
	assert_string_equal(subject_label(&b, label, 4), "..t");
	assert_true(subject_id("boot", "k", &a) != subject_id("boot", "k", &b));
	assert_true(subject_id("boot", "k", &a) == subject_id("boot", "k", &cut));
	assert_true(subject_fingerprint("m", "k", &a) != subject_fingerprint("m", "k", &b));
	assert_true(subject_fingerprint("m", "k", &a) == subject_fingerprint("m", "k", &cut));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_as_rfc5952),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_id_is_of_boot_kind_and_subject),
		cmocka_unit_test(test_fingerprint_outlives_the_boot),
		cmocka_unit_test(test_long_mount_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
