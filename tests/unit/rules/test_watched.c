/* SPDX-License-Identifier: BSD-2-Clause */
/* test_watched.c - the lists of [watch]: what findings may be about. */
#include "rules/world.h"

#include <arpa/inet.h>

#include "rules/subjects.h"
#include "rules/watched.h"

static struct subject named(enum subject_type type, const char *name)
{
	struct subject s = {.type = type};

	snprintf(s.name, sizeof(s.name), "%s", name);
	return s;
}

static struct subject peer(const char *text)
{
	struct subject s = {.type = SUBJECT_PEER};

	s.addr[10] = s.addr[11] = 0xff;
	if (inet_pton(AF_INET, text, s.addr + 12) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, s.addr), 1);
	return s;
}

static struct subject process(const char *comm, const char *exe, const char *cgroup)
{
	struct subject s = {.type = SUBJECT_PROCESS};

	snprintf(s.comm, sizeof(s.comm), "%s", comm);
	snprintf(s.exe, sizeof(s.exe), "%s", exe);
	snprintf(s.cgroup, sizeof(s.cgroup), "%s", cgroup);
	return s;
}

static bool watched(const struct world *w, struct subject s)
{
	return subject_watched(w->model, &s);
}

static void test_devices(void **state)
{
	struct subject fs = named(SUBJECT_FILESYSTEM, "/mnt/scratch");
	struct world w;

	(void)state;
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	fs.dev = SDA;
	assert_true(watched(&w, named(SUBJECT_DISK, "loop0")));
	put_setting(&w, "watch.exclude_devices", "loop*,veth?,/mnt/*");
	assert_false(watched(&w, named(SUBJECT_DISK, "loop0")));
	assert_false(watched(&w, named(SUBJECT_NIC, "veth1")));
	assert_true(watched(&w, named(SUBJECT_NIC, "veth10")));
	assert_true(watched(&w, named(SUBJECT_DISK, "sda")));
	assert_false(watched(&w, fs));
	put_setting(&w, "watch.exclude_devices", "sda");
	assert_false(watched(&w, fs));
	put_setting(&w, "watch.exclude_devices", "");
	put_setting(&w, "watch.include_devices", "sd[a-c]");
	assert_true(watched(&w, named(SUBJECT_DISK, "sda")));
	assert_false(watched(&w, named(SUBJECT_DISK, "sdd")));
	/* One list is of one type. */
	assert_true(watched(&w, peer("10.1.2.3")));
	assert_true(watched(&w, named(SUBJECT_HOST, "")));
	put_setting(&w, "watch.exclude_devices", "sdb");
	assert_false(watched(&w, named(SUBJECT_DISK, "sdb")));
	world_done(&w);
}

static void test_peers(void **state)
{
	struct subject net = peer("10.1.2.0");
	struct world w;

	(void)state;
	world_init(&w);
	put_setting(&w, "watch.exclude_peers", "10.1.0.0/16,2001:db8::/33,192.0.2.7,::1");
	assert_false(watched(&w, peer("10.1.255.255")));
	assert_true(watched(&w, peer("10.2.0.0")));
	assert_false(watched(&w, peer("192.0.2.7")));
	assert_true(watched(&w, peer("192.0.2.6")));
	assert_false(watched(&w, peer("2001:db8:7fff::1")));
	assert_true(watched(&w, peer("2001:db8:8000::1")));
	assert_false(watched(&w, peer("::1")));
	/* A network is excluded when all of it is. */
	net.type = SUBJECT_SUBNET;
	net.prefix_len = 24;
	assert_false(watched(&w, net));
	put_setting(&w, "watch.exclude_peers", "10.1.2.0/25");
	assert_true(watched(&w, net));
	put_setting(&w, "watch.exclude_peers", "0.0.0.0/0");
	assert_false(watched(&w, peer("8.8.8.8")));
	assert_true(watched(&w, peer("2001:db8::1")));
	world_done(&w);
}

static void test_processes(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put_setting(&w, "watch.exclude_processes", "bench-*,/opt/test/*");
	put_setting(&w, "watch.include_cgroups", "/system.slice/*");
	assert_true(watched(&w, process("db", "/usr/bin/db", "/system.slice/db.service")));
	assert_false(watched(&w, process("bench-1", "", "/system.slice/db.service")));
	assert_false(watched(&w, process("x", "/opt/test/x", "/system.slice/db.service")));
	assert_false(watched(&w, process("db", "/usr/bin/db", "/user.slice/x")));
	/* Nobody knows yet where it is. */
	assert_false(watched(&w, process("db", "", "")));
	world_done(&w);
}

static void test_asks(void **state)
{
	struct ask smart = {.what = ASK_SMART, .dev = SDA}, who = {.what = ASK_PROC, .pid = 7};
	struct ask opens = {.what = ASK_FD_OPENS, .pid = 7, .start_ns = 9};
	struct world w;

	(void)state;
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	put_fds(&w, 7, 9, 3, 1024);
	assert_true(ask_watched(w.model, &smart) && ask_watched(w.model, &opens));
	put_setting(&w, "watch.exclude_devices", "sd*");
	put_setting(&w, "watch.include_processes", "nobody");
	assert_false(ask_watched(w.model, &smart));
	assert_false(ask_watched(w.model, &opens));
	assert_true(ask_watched(w.model, &who));
	world_done(&w);
}

static void test_items(void **state)
{
	(void)state;
	assert_true(watch_item_sound("exclude_peers", "10.0.0.0/0"));
	assert_true(watch_item_sound("include_peers", "fe80::1/128"));
	assert_false(watch_item_sound("exclude_peers", "10.0.0.0/33"));
	assert_false(watch_item_sound("exclude_peers", "10.0.0.0/"));
	assert_false(watch_item_sound("exclude_peers", "10.0.0.0/-1"));
	assert_false(watch_item_sound("exclude_peers", "10.0.0/8"));
	assert_false(watch_item_sound("exclude_peers", "::/129"));
	assert_true(watch_item_sound("exclude_devices", "10.0.0/8"));
	assert_false(watch_item_sound("exclude_devices", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices),	  cmocka_unit_test(test_peers),
		cmocka_unit_test(test_processes), cmocka_unit_test(test_asks),
		cmocka_unit_test(test_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
