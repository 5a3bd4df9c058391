/* SPDX-License-Identifier: BSD-2-Clause */
/* test_words.c - numbers and names in sentences, the statistics, subjects, exposure. */
#include "rules/world.h"

#include <math.h>

#include "rules/stats.h"
#include "rules/subjects.h"
#include "rules/text.h"

static void test_numbers(void **state)
{
	(void)state;
	assert_string_equal(text_count(0).s, "0");
	assert_string_equal(text_count(999).s, "999");
	assert_string_equal(text_count(1000).s, "1,000");
	assert_string_equal(text_count(88120).s, "88,120");
	assert_string_equal(text_count(~0ULL).s, "18,446,744,073,709,551,615");
	assert_string_equal(text_plural(1, "read").s, "1 read");
	assert_string_equal(text_plural(0, "read").s, "0 reads");
	assert_string_equal(text_percent(0.083).s, "8.3 %");
	assert_string_equal(text_percent(0.0).s, "0.0 %");
	assert_string_equal(text_percent(0.0001).s, "< 0.1 %");
	assert_string_equal(text_duration(-3).s, "0 s");
	assert_string_equal(text_duration(119).s, "119 s");
	assert_string_equal(text_duration(196).s, "3 min");
	assert_string_equal(text_duration(7200).s, "2 h");
	assert_string_equal(text_duration(200000).s, "2 days");
	assert_string_equal(text_duration(1e300).s, "years");
	assert_string_equal(text_latency(900000).s, "0.9 ms");
	assert_string_equal(text_latency(12000).s, "12 us");
	assert_string_equal(text_latency(2.1e9).s, "2.1 s");
	assert_string_equal(text_latency(2.5e8).s, "250 ms");
	assert_string_equal(text_size(4000787030016ULL).s, "4.0 TB");
	assert_string_equal(text_size(512).s, "512 B");
}

/* ss takes what follows the last colon for a port. */
static void test_addresses_as_commands_take_them(void **state)
{
	static const __u8 v4[16] = {[10] = 0xff, 0xff, 10, 1, 2, 2};
	static const __u8 v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

	(void)state;
	assert_string_equal(text_addr(v6, 443).s, "[2001:db8::1]:443");
	assert_string_equal(text_ss_addr(v4).s, "10.1.2.2");
	assert_string_equal(text_ss_addr(v6).s, "2001:db8::1/128");
}

static void test_names_are_made_harmless(void **state)
{
	char path[200];

	(void)state;
	assert_string_equal(text_process("a\x1b[2J\"\xff", 7).s, "a?[2J\"?[7]");
	assert_string_equal(text_name("/etc/passwd", 40).s, "/etc/passwd");
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(strlen(text_name(path, 40).s), 40);
	assert_int_equal(strlen(text_name(path, 60).s), 60);
	assert_true(text_is_plain_word("nvme0n1"));
	assert_true(text_is_plain_word("eth0.12"));
	assert_false(text_is_plain_word(""));
	assert_false(text_is_plain_word("-rf"));
	assert_false(text_is_plain_word("a b"));
	assert_false(text_is_plain_word("$(reboot)"));
}

/* A cut command may do something else than the whole one. */
static void test_commands_are_whole_or_none(void **state)
{
	char name[sizeof(((struct advice *)NULL)->command)];
	struct claim claim = {0};

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 4] = '\0';
	claim_advice(&claim, true, "Delete it", "rm %s", name);
	assert_int_equal(strlen(claim.advice[0].command), sizeof(name) - 1);
	name[sizeof(name) - 4] = 'x';
	name[sizeof(name) - 3] = '\0';
	claim_advice(&claim, true, "Delete it", "rm %s", name);
	assert_string_equal(claim.advice[1].text, "Delete it");
	assert_string_equal(claim.advice[1].command, "");
}

static void test_binomial(void **state)
{
	(void)state;
	assert_true(binomial_tail(0, 10, 0.5) >= 1.0);
	assert_true(binomial_tail(11, 10, 0.5) <= 0.0);
	/* 1/1024, 11/1024, 638/1024 */
	assert_float_equal(binomial_tail(10, 10, 0.5), 0.0009765625, 1e-12);
	assert_float_equal(binomial_tail(9, 10, 0.5), 0.0107421875, 1e-12);
	assert_float_equal(binomial_tail(5, 10, 0.5), 0.623046875, 1e-12);
	assert_float_equal(binomial_tail(1, 1000000, 0.5), 1.0, 1e-9);
	assert_true(binomial_tail(600000, 1000000, 0.5) < 1e-100);
	assert_float_equal(rate_test(10, 1000, 0, 1000), 0.0009765625, 1e-12);
	assert_float_equal(rate_test(10, 1000, 10, 1000), 0.588098526, 1e-6);
	assert_true(rate_test(5, 0, 5, 100) >= 1.0);
	/* The lady tasting tea: all four right is 1 in 70, three or more 17 in 70. */
	assert_float_equal(fisher_test(4, 4, 0, 4), 1.0 / 70, 1e-9);
	assert_float_equal(fisher_test(3, 4, 1, 4), 17.0 / 70, 1e-9);
	assert_float_equal(fisher_test(0, 4, 4, 4), 1.0, 1e-9);
	assert_true(fisher_test(5, 4, 0, 4) >= 1.0 && fisher_test(1, 4, 5, 4) >= 1.0);
	assert_float_equal(fisher_test(7, 7, 0, 0), 1.0, 1e-9);
	assert_float_equal(factorial(7), 5040.0, 1e-9);
	assert_float_equal(confidence_round(0.98765), 0.99, 1e-9);
	assert_true(confidence_round(NAN) <= 0.0);
	assert_true(confidence_round(3.0) <= 1.0);
}

static void test_subjects_meet_and_are_present(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct subject port, host, other, nic, process, disk;
	struct world w;

	(void)state;
	world_init(&w);
	put_nic(&w, 2, "eth0", NIC_UP);
	put_peer(&w, &e);
	port = subject_peer(w.model, e.peer.addr, NETNS, 80, PEER_OUT, 2);
	host = subject_peer(w.model, e.peer.addr, NETNS, 0, 0, 2);
	other = subject_peer(w.model, e.peer.addr, NETNS, 81, PEER_OUT, 2);
	nic = subject_nic(w.model, nics_find(model_nics(w.model), NETNS, 2), NETNS, 2);
	assert_int_equal(port.netns, 0);
	assert_true(subjects_meet(w.model, &port, &host, JOIN_SAME_SUBJECT));
	assert_false(subjects_meet(w.model, &port, &other, JOIN_SAME_SUBJECT));
	assert_true(subjects_meet(w.model, &port, &other, JOIN_SAME_PEER));
	assert_true(subjects_meet(w.model, &nic, &port, JOIN_SAME_NIC));
	nic.ifindex = 3;
	assert_false(subjects_meet(w.model, &nic, &port, JOIN_SAME_NIC));
	assert_true(subject_present(w.model, &port));
	assert_true(subject_present(w.model, &host));
	assert_false(subject_present(w.model, &other));

	put_fds(&w, 7, SEC, 3, 10);
	put_group(&w, 7, SEC, 1, FD_SOCKET, 1, &e.peer, 2);
	put_scan(&w, 7, SEC, 1, 3);
	process = subject_process(processes_find(model_processes(w.model), 7, SEC));
	assert_true(subjects_meet(w.model, &process, &port, JOIN_SAME_PEER));
	assert_false(subjects_meet(w.model, &process, &other, JOIN_SAME_PEER));
	assert_true(subject_present(w.model, &process));
	put_gone(&w, 7, SEC);
	assert_false(subject_present(w.model, &process));

	put_disk(&w, SDA, "sda", 0);
	disk = subject_disk(disks_find(model_disks(w.model), SDA));
	assert_true(subject_present(w.model, &disk));
	disk.dev++;
	assert_false(subject_present(w.model, &disk));
	world_done(&w);
}

static void test_exposure(void **state)
{
	struct event_tcp_peer e = peer_out(1, 80);
	struct exposure x;
	struct world w;

	(void)state;
	world_init(&w);
	put_nic(&w, 2, "eth0", NIC_UP | NIC_RUNNING);
	put_disk(&w, SDA, "sda", 0);
	put_fds(&w, 7, SEC, 3, 10);
	tick(&w);
	put_stat(&w, SDA, BLOCK_READ, 212);
	put_status(&w, SDA, BLOCK_DISCARD, BLOCK_NOTSUPP, 9, 0);
	class_exposure(w.model, CLASS_HARDWARE, &x);
	assert_string_equal(x.text, "sda 212 I/Os, p99 1.4 ms, 0 errors; eth0 up");
	assert_string_equal(x.item[1].name, "ios");
	assert_true(x.item[1].value == 212);
	put_status(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 2, 0);
	class_exposure(w.model, CLASS_HARDWARE, &x);
	assert_true(x.item[2].value == 2);
	e.segs_out = 88120;
	e.segs_retrans = 2;
	put_peer(&w, &e);
	class_exposure(w.model, CLASS_NETWORK, &x);
	assert_string_equal(x.text, "1 peer, 2 of 88,120 segments resent");
	class_exposure(w.model, CLASS_LEAK, &x);
	assert_string_equal(x.text, "1 process, no lasting growth");
	wait_s(&w, 1);
	put_fds(&w, 7, SEC, 5, 10);
	wait_s(&w, 4);
	tick(&w);
	class_exposure(w.model, CLASS_LEAK, &x);
	assert_string_equal(x.text, "1 process, largest change +2 (proc-7[7])");
	class_exposure(w.model, CLASS_SYSTEM, &x);
	assert_true(strlen(x.text) > 0);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_addresses_as_commands_take_them),
		cmocka_unit_test(test_names_are_made_harmless),
		cmocka_unit_test(test_commands_are_whole_or_none),
		cmocka_unit_test(test_binomial),
		cmocka_unit_test(test_subjects_meet_and_are_present),
		cmocka_unit_test(test_exposure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
