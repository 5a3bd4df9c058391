/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_loader.c - the probe table, its ways, what happens when one is refused or a capability missing, and
 * that the three counters of a ring add up when nobody reads it.
 */
#include "lib.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <bpf/btf.h>

#include "probe/probe_table.h"

/* Tracepoints that not every kernel is built with: no class rests on them. */
static bool kernel_lacks(const struct probe_row *row)
{
	struct btf *btf = btf__load_vmlinux_btf();
	char name[80];
	bool lacks;

	assert_non_null(btf);
	snprintf(name, sizeof(name), "btf_trace_%s", row->ways[0].target);
	lacks = strcmp(row->ways[0].type, "tp_btf") == 0 && !row->needed_by[0] &&
		btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) < 0;
	btf__free(btf);
	return lacks;
}

/* What has no way but to a function of the kernel's or a library's, where a kernel may refuse that: no class rests
 * on it either. */
static bool may_be_refused(const struct probe_row *row)
{
	return (way_is_function(&row->ways[0]) || strcmp(row->ways[0].type, "uprobe") == 0) &&
	       !row->ways[1].type;
}

static void test_table(void **state)
{
	unsigned int i, k;

	(void)state;
	for (i = 0; i < PROBE_ROWS; i++) {
		/* One row for each hook. */
		assert_true(probe_table[i].hook < HOOKS);
		for (k = 0; k < i; k++)
			assert_int_not_equal(probe_table[i].hook, probe_table[k].hook);
		assert_true(strlen(probe_table[i].name) < sizeof(((struct event_probe *)0)->name));
		for (k = 0; k < PROBE_WAYS && probe_table[i].ways[k].type; k++)
			assert_non_null(probe_table[i].ways[k].program);
		assert_true(k > 0);
	}
}

/* All probes work, by their first way, on every kernel that we know. */
static void test_all(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_probe *probe;
	char via[64];
	unsigned int i, lacking = 0;

	(void)state;
	for (i = 0; i < PROBE_ROWS; i++) {
		probe = bag_probe(bag, probe_table[i].name);
		assert_non_null(probe);
		print_message("%-16s %s %s\n", probe->name, probe->via, probe->reason);
		if (kernel_lacks(&probe_table[i])) {
			assert_int_equal(probe->state, PROBE_UNAVAILABLE);
			lacking++;
			continue;
		}
		/* Not every kernel lets programs be attached to functions: the next way, if any, is as good. */
		if (way_is_function(&probe_table[i].ways[0])) {
			if (may_be_refused(&probe_table[i]) && probe->state == PROBE_UNAVAILABLE) {
				lacking++;
				continue;
			}
			assert_int_equal(probe->state, PROBE_ACTIVE);
			continue;
		}
		snprintf(via, sizeof(via), "%s/%s", probe_table[i].ways[0].type,
			 probe_table[i].ways[0].target);
		assert_string_equal(probe->via, via);
		assert_int_equal(probe->state, PROBE_ACTIVE);
		assert_string_equal(probe->reason, "");
	}
	bag_account(bag);
	/* The two of leak, the two of refused and the three of tls are not loaded. */
	assert_in_range(bag_count(bag, EVENT_HOOK), PROBE_ROWS - lacking - 7, PROBE_ROWS);
	assert_int_equal(
		bag_count(bag, EVENT_RING),
		PROBE_OBJECTS -
			5); /* files, dns and tls have none, leak and refused are not loaded */
	assert_true(probes_map_bytes(bag->probes) > 512 * 1024);
	bag_close(bag);
}

/* Each way of each row, all rows at once. */
static void test_each_way(void **state)
{
	const struct event_probe *probe;
	char force[2048];
	struct bag *bag;
	unsigned int i, k;
	size_t at;

	(void)state;
	for (k = 0; k < PROBE_WAYS; k++) {
		for (i = 0, at = 0, force[0] = '\0'; i < PROBE_ROWS; i++)
			if (probe_table[i].ways[k].type)
				at += (size_t)snprintf(force + at, sizeof(force) - at, "%s=%s,",
						       probe_table[i].name,
						       probe_table[i].ways[k].type);
		if (!at)
			break;
		bag = bag_open(NULL, force);
		for (i = 0; i < PROBE_ROWS; i++) {
			const struct way *way = &probe_table[i].ways[k];

			probe = bag_probe(bag, probe_table[i].name);
			if (!way->type)
				continue;
			if (probe->state != PROBE_UNAVAILABLE) {
				assert_memory_equal(probe->via, way->type, strlen(way->type));
				continue;
			}
			print_message("%s by %s is refused here: %s\n", probe->name, way->type,
				      probe->reason);
			if (!kernel_lacks(&probe_table[i]))
				assert_true(strcmp(way->type, "tp") == 0 || way_is_function(way));
		}
		bag_close(bag);
	}
}

/* A refused way: the next one is taken, and said; the other probes of the object do not notice. */
static void test_fallback(void **state)
{
	const struct event_probe *probe;
	struct bag *bag;

	(void)state;
	bag = bag_open(NULL, "tcp.state=-tp_btf,block.complete=-tp_btf,files.census=-iter");
	probe = bag_probe(bag, "tcp.state");
	assert_int_equal(probe->state, PROBE_ACTIVE);
	assert_string_equal(probe->via, "raw_tp/inet_sock_set_state");
	assert_string_equal(probe->reason, "tp_btf: Operation not permitted");
	assert_string_equal(bag_probe(bag, "tcp.retransmit")->via, "tp_btf/tcp_retransmit_skb");
	assert_string_equal(bag_probe(bag, "block.complete")->via, "raw_tp/block_rq_complete");
	/* No other way is left. */
	probe = bag_probe(bag, "files.census");
	assert_int_equal(probe->state, PROBE_UNAVAILABLE);
	assert_string_equal(probe->via, "");
	assert_string_equal(probe->reason, "iter: Operation not permitted");
	assert_int_equal(bag_probe(bag, "files.scan")->state, PROBE_ACTIVE);
	/* And what remains works. */
	bag_fill(bag);
	assert_int_equal(bag_count(bag, EVENT_PROC_FDS), 0);
	bag_close(bag);
}

/* Without tracefs a classic tracepoint really is refused. */
static void test_refused_by_kernel(void **state)
{
	const struct event_probe *probe;
	struct bag *bag;

	(void)state;
	if (mount("none", "/sys/kernel/tracing", "tmpfs", 0, NULL))
		skip();
	if (access("/sys/kernel/debug/tracing/events", F_OK) == 0)
		mount("none", "/sys/kernel/debug", "tmpfs", 0, NULL);
	bag = bag_open(NULL, "block.complete=tp");
	umount("/sys/kernel/tracing");
	umount("/sys/kernel/debug");
	probe = bag_probe(bag, "block.complete");
	assert_int_equal(probe->state, PROBE_UNAVAILABLE);
	print_message("%s\n", probe->reason);
	assert_memory_equal(probe->reason, "tp: ", 4);
	assert_int_equal(bag_probe(bag, "block.issue")->state, PROBE_ACTIVE);
	bag_close(bag);
}

/* Each probe: it is off and says so, the others work. */
static void test_forced_off(void **state)
{
	const struct event_probe *probe;
	struct bag *bag;
	unsigned int i, k;

	(void)state;
	for (i = 0; i < PROBE_ROWS; i++) {
		bag = bag_open(probe_table[i].name, NULL);
		for (k = 0; k < PROBE_ROWS; k++) {
			probe = bag_probe(bag, probe_table[k].name);
			if (i != k &&
			    (kernel_lacks(&probe_table[k]) || may_be_refused(&probe_table[k])))
				continue;
			assert_int_equal(probe->state, i == k ? PROBE_UNAVAILABLE : PROBE_ACTIVE);
			if (i == k || !way_is_function(&probe_table[k].ways[0]))
				assert_string_equal(probe->reason, i == k ? "forced off" : "");
		}
		bag_fill(bag);
		if (probe_table[i].hook == HOOK_BLOCK_ISSUE)
			assert_int_equal(probes_arm_issue(bag->probes, 1), -ENOTSUP);
		if (probe_table[i].hook == HOOK_FILES_SCAN)
			assert_int_equal(probes_scan_fds(bag->probes, (unsigned int)getpid(), 0, 1,
							 1, bag_put, bag),
					 -ENOTSUP);
		bag_close(bag);
	}
}

static void test_all_off(void **state)
{
	char all[PROBE_ROWS * 34] = "";
	struct probes_options options = {.disable = all};
	struct probes *probes;
	struct err err = {0};

	(void)state;
	for (unsigned int i = 0; i < PROBE_ROWS; i++) {
		strcat(all, i ? "," : "");
		strcat(all, probe_table[i].name);
	}
	assert_int_equal(probes_new(&options, &probes, &err), 0);
	assert_int_equal(probes_attach(probes, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "forced off"));
	probes_free(probes);
}

/* In a child: drops all capabilities but those of the list, and attaches. Its exit status says how it went:
 * 0 attached, 1 attached in part, 2 refused with the missing capability named. */
static int attach_with(const cap_value_t *caps, int n, const char *missing)
{
	struct probes_options options = {0};
	struct bag bag = {0};
	struct err err = {0};
	const struct event *event = NULL;
	cap_t set = cap_init();
	int ret, partly = 0;

	cap_set_flag(set, CAP_PERMITTED, n, caps, CAP_SET);
	cap_set_flag(set, CAP_EFFECTIVE, n, caps, CAP_SET);
	if (cap_set_proc(set) || probes_new(&options, &bag.probes, &err))
		return 10;
	ret = probes_attach(bag.probes, &err);
	if (ret == -EPERM)
		return strstr(err.text, missing) ? 2 : 11;
	if (ret)
		return 12;
	if (probes_report(bag.probes, 1, bag_put, &bag))
		return 13;
	while ((event = bag_next(&bag, event, EVENT_PROBE)))
		for (unsigned int i = 0; i < PROBE_ROWS; i++)
			if (strcmp(probe_table[i].name,
				   ((const struct event_probe *)event)->name) == 0 &&
			    ((const struct event_probe *)event)->state != PROBE_ACTIVE &&
			    !kernel_lacks(&probe_table[i]) && !may_be_refused(&probe_table[i]))
				partly = 1;
	if (probes_snapshot(bag.probes, clock_now_ns(), true, bag_put, &bag))
		return 14;
	return partly;
}

static int in_child(const cap_value_t *caps, int n, const char *missing)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(attach_with(caps, n, missing));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_capabilities(void **state)
{
	/* Before 5.11 maps count against RLIMIT_MEMLOCK, which CAP_SYS_RESOURCE may raise. */
	static const cap_value_t enough[] = {CAP_BPF, CAP_PERFMON, CAP_SYS_RESOURCE};
	static const cap_value_t no_bpf[] = {CAP_PERFMON, CAP_NET_ADMIN};
	static const cap_value_t no_perfmon[] = {CAP_BPF, CAP_NET_ADMIN};
	cap_flag_value_t have = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	(void)state;
	cap_get_flag(caps, CAP_SYS_RESOURCE, CAP_PERMITTED, &have);
	cap_free(caps);
	assert_int_equal(in_child(enough, have == CAP_SET ? 3 : 2, ""), 0);
	assert_int_equal(in_child(no_bpf, 2, "CAP_BPF"), 2);
	assert_int_equal(in_child(no_perfmon, 2, "CAP_PERFMON"), 2);
	assert_int_equal(in_child(NULL, 0, "CAP_BPF"), 2);
}

#define INJECTED 5000

/* False when other namespaces of this host had events meanwhile: then the numbers say nothing. */
static bool overflow_once(void)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_tcp_peer *peer;
	const struct event_ring *ring;
	unsigned int i, delivered;
	bool quiet;

	for (i = 0; i < INJECTED; i++)
		assert_int_equal(tcp_connect("127.0.0.1", 4444), -ECONNREFUSED);
	bag_snapshot(bag);
	bag_account(bag);
	peer = bag_peer(bag, PEER_OUT, "127.0.0.1", 4444);
	assert_non_null(peer);
	assert_int_equal(peer->attempts, INJECTED);
	assert_int_equal(peer->refused, INJECTED);
	assert_int_equal(peer->segs_out, INJECTED);
	ring = bag_ring(bag, "tcp");
	assert_true(ring->lost > 0);
	assert_int_equal(ring->delivered, 0);
	bag_drain(bag);
	delivered = bag_count(bag, EVENT_TCP_CONN) + bag_count(bag, EVENT_TCP_RETRANS);
	bag_account(bag);
	ring = bag_ring(bag, "tcp");
	print_message("produced %llu = delivered %llu + lost %llu, suppressed %llu\n",
		      (unsigned long long)ring->produced, (unsigned long long)ring->delivered,
		      (unsigned long long)ring->lost, (unsigned long long)ring->suppressed);
	assert_int_equal(ring->produced, ring->delivered + ring->lost);
	assert_int_equal(ring->delivered, delivered);
	assert_int_equal(ring->suppressed, 0);
	assert_true(ring->delivered * sizeof(struct event_tcp_conn) > 128 * 1024);
	quiet = ring->produced == INJECTED;
	bag_close(bag);
	return quiet;
}

/* Nobody reads the ring: events are lost, counts are not. */
static void test_overflow(void **state)
{
	(void)state;
	assert_true(overflow_once() || overflow_once() || overflow_once());
}

/* The default limit: eight at once, then one a second; the rest is suppressed and counted. */
static void test_limit(void **state)
{
	struct probes_options options = {0};
	struct bag *bag = bag_open_with(&options);
	const struct event_ring *ring;
	const struct event *event = NULL;
	unsigned int i, seen = 0;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(tcp_connect("127.0.0.1", 4445), -ECONNREFUSED);
	bag_fill(bag);
	while ((event = bag_next(bag, event, EVENT_TCP_CONN)))
		seen += ((const struct event_tcp_conn *)event)->peer.netns == world_netns();
	assert_in_range(seen, 8, 10);
	assert_int_equal(bag_peer(bag, PEER_OUT, "127.0.0.1", 4445)->refused, 100);
	ring = bag_ring(bag, "tcp");
	assert_true(ring->suppressed >= 100 - seen);
	bag_close(bag);
}

/* The ids of the BPF programs that this process holds open. */
static unsigned int held_programs(__u32 *ret_ids, unsigned int max)
{
	const struct dirent *entry;
	char path[300], line[128];
	unsigned int n = 0;
	DIR *dir = opendir("/proc/self/fdinfo");
	FILE *file;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			if (n < max && sscanf(line, "prog_id: %u", &ret_ids[n]) == 1)
				n++;
		if (file)
			fclose(file);
	}
	closedir(dir);
	return n;
}

/* All is detached and freed when the probes go. */
static void test_detach(void **state)
{
	unsigned int i, k, n;
	__u32 ids[64], left[4];
	struct bag *bag = bag_open(NULL, NULL);
	int fd = 0;

	(void)state;
	n = held_programs(ids, 64);
	/* Less what this kernel lacks or refuses, and what is loaded when it is armed. */
	assert_true(n >= PROBE_ROWS - 10);
	bag_close(bag);
	assert_int_equal(held_programs(left, 4), 0);
	/* The kernel frees programs a moment later. */
	for (i = 0; i < n; i++) {
		for (k = 0; k < 100 && (fd = bpf_prog_get_fd_by_id(ids[i])) >= 0; k++) {
			close(fd);
			sleep_ms(20);
		}
		assert_true(fd < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_each_way),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_refused_by_kernel),
		cmocka_unit_test(test_forced_off),
		cmocka_unit_test(test_all_off),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_detach),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
