/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_report.c - the report against its golden files, and its bounds under hostile input.
 *
 * GOLDEN=write rewrites tests/unit/sink/golden/ from what is printed now; read the difference.
 */
#include "fixture.h"

#include <time.h>

#define GOLDEN_DIR "tests/unit/sink/golden/"

static const struct rule media_rule = {
	.kind = "disk-media-error", .class = CLASS_HARDWARE, .fault_at = AT_DEVICE};
static const struct rule path_rule = {
	.kind = "path-loss", .class = CLASS_NETWORK, .fault_at = AT_PATH};
static const struct rule leak_rule = {
	.kind = "socket-leak", .class = CLASS_LEAK, .fault_at = AT_PROCESS};

static struct sink *open_plain(FILE *out)
{
	struct err err = {0};
	struct sink *sink;

	assert_int_equal(sink_report_new(out, false, &sink, &err), 0);
	return sink;
}

static struct sink *open_color(FILE *out)
{
	struct err err = {0};
	struct sink *sink;

	assert_int_equal(sink_report_new(out, true, &sink, &err), 0);
	return sink;
}

/* The promise of the page: 24 lines of 80 columns, printable ASCII. */
static void check_page(const char *text)
{
	unsigned int lines = 0, column = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '\n') {
			lines++;
			column = 0;
			continue;
		}
		assert_true(*p >= 0x20 && *p <= 0x7e);
		assert_true(++column <= 80);
		assert_false(*p == ' ' && p[1] == '\n');
	}
	assert_true(lines <= 24);
	assert_int_equal(column, 0);
}

static void check_golden(const char *name, const struct model *model, const struct verdict *verdict)
{
	struct line line = line_of(LINE_VERDICT, model, verdict->message);
	char path[128], want[4096];
	size_t n;
	char *text;
	FILE *file;

	line.verdict = verdict;
	text = printed(open_plain, &line);
	check_page(text);
	snprintf(path, sizeof(path), GOLDEN_DIR "%s.txt", name);
	if (getenv("GOLDEN")) {
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(want, 1, sizeof(want) - 1, file);
	want[n] = '\0';
	fclose(file);
	assert_string_equal(text, want);
	free(text);
}

/* ---- the four reports of the design ---- */

static void test_disk(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v;
	struct finding *f;

	(void)state;
	f = add_finding(life, &media_rule, SEVERITY_WARNING, BASIS_REPORTED, 0.99);
	f->claim.subject.type = SUBJECT_DISK;
	strcpy(f->claim.subject.name, "sdb");
	add_row(f, ROLE_FOR, "disk.errors", 3, "{error}",
		"3 of 1,204 reads failed: sense 3/11/00, unrecovered read error");
	add_row(f, ROLE_FOR, "disk.sectors", 3, "{sector}",
		"sectors 4660, 4661, 9320; first 19:21:44, last 19:21:58");
	add_row(f, ROLE_AGAINST, "disk.transport_errors", 0, "{error}",
		"not the link: 0 transport errors; not md0: sda read 1,198, 0 errors");
	add_text(f, ROLE_VICTIM, "postgres[812]: 3 reads took up to 2.1 s, none failed");
	add_text(f, ROLE_DISK, "ST4000NM0035, serial ZC1A9XYZ, 4.0 TB, ata3");
	add_text(f, ROLE_CHAIN, "sdb > sdb1 > md0 (raid1: sda1 sdb1) > vg-data > ext4 > /data");
	add_step(f, false, "Read the disk's own error log", "smartctl -x /dev/sdb");
	add_step(f, true, "add a spare first", "mdadm /dev/md0 --replace /dev/sdb1");
	v = verdict_of(
		life,
		"DISK: sdb has unreadable sectors; md0 healed them, no data lost. Replace sdb.");
	set_class(&v, CLASS_HARDWARE, STATE_FAULT, "at device: sdb");
	set_class(&v, CLASS_NETWORK, STATE_CLEAR, "12 peers, 2 of 88,120 segments resent");
	set_class(&v, CLASS_LEAK, STATE_CLEAR, "311 processes, no lasting growth");
	set_cost(&v, 0.03, 5.0, 1042);
	check_golden("disk", model, &v);
	free(life);
	model_free(model);
}

static void test_network(void **state)
{
	struct model *model = model_of("col-7", "6.12.48+deb13-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v;
	struct finding *f;

	(void)state;
	f = add_finding(life, &path_rule, SEVERITY_WARNING, BASIS_MEASURED, 0.93);
	set_addr(&f->claim.subject, 10, 1, 2, 2, 9092);
	f->claim.subject.ifindex = 2;
	feed_nic(model, 2, "eth0");
	add_row(f, ROLE_FOR, "tcp.retransmitted", 8.3, "%",
		"8.3 % resent: 731 of 8,806 segments (655 fast, 61 RTO, 15 TLP*)");
	add_row(f, ROLE_CONTROL, "tcp.retransmitted.others", 0.1, "%",
		"10.1.1.2: 0.1 % of 8,790; 10.1.3.2: 0.0 % of 8,802");
	add_row(f, ROLE_AGAINST, "tcp.spurious", 3, "{segment}",
		"3 resends were spurious (DSACK); deducted, 8.3 % stays");
	add_row(f, ROLE_NOT_US, "tcp.send_errors", 0, "{error}",
		"0 send errors, 0 qdisc drops; peer window never closed");
	add_text(f, ROLE_UNKNOWN, "where on the path, and which direction");
	add_text(f, ROLE_VICTIM, "vector[731]: 4 connections, RTT 3 ms, up to 3 timeouts in a row");
	add_step(f, false, "Find the lossy hop", "mtr -T -P 9092 -n -r -c 50 10.1.2.2");
	strcpy(f->claim.call, "the network team; not the owner of this host");
	v = verdict_of(
		life,
		"NETWORK: the path to 10.1.2.2 loses packets; 2 other peers via eth0 are fine.");
	set_class(&v, CLASS_HARDWARE, STATE_CLEAR,
		  "sda 4,120 I/Os, p99 1.2 ms, 0 errors; eth0 0 errors");
	set_class(&v, CLASS_NETWORK, STATE_FAULT, "at path: 1 of 3 peers");
	set_class(&v, CLASS_LEAK, STATE_CLEAR, "118 processes, no lasting growth");
	set_cost(&v, 0.04, 5.1, 2310);
	check_golden("network", model, &v);
	free(life);
	model_free(model);
}

static void test_leak(void **state)
{
	struct model *model = model_of("app-2", "5.10.0-36-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v;
	struct finding *f;

	(void)state;
	f = add_finding(life, &leak_rule, SEVERITY_CRITICAL, BASIS_MEASURED, 0.94);
	f->claim.subject.type = SUBJECT_PROCESS;
	f->claim.subject.pid = 2210;
	strcpy(f->claim.subject.comm, "orders-api");
	add_text(f, ROLE_WHO, "/srv/orders/api, orders.service, up 22 min");
	add_text(f, ROLE_HOLDS, "812 sockets to 10.0.3.7:5432; 843 of 1,024 descriptors");
	add_text(f, ROLE_OPENED, "db_connect+0x41 (pool.c:118) < handle_order+0x9c (api.c:77)");
	add_row(f, ROLE_FOR, "fds.growth", 31, "{fd}",
		"+31 in 30 s, 0 closed; floor rose in 6 of 6 buckets");
	add_row(f, ROLE_FOR, "fds.silent", 31, "{fd}",
		"31 of 31 carried no byte after their first second");
	add_row(f, ROLE_AGAINST, "fds.plateau", 0, "{bucket}",
		"none held: not starting up, no plateau, other sockets steady at 19");
	add_step(f, false, "See the connections", "ss -tnpo dst 10.0.3.7");
	add_step(f, true, "buys about 2 h", "prlimit --pid 2210 --nofile=8192:");
	strcpy(f->claim.call, "the owner of orders-api: close() is missing after pool.c:118");
	v = verdict_of(life,
		       "LEAK: orders-api[2210] keeps sockets to 10.0.3.7:5432; fd limit in 3 min.");
	set_class(&v, CLASS_HARDWARE, STATE_CLEAR, "nvme0n1 9,914 I/Os, p99 0.4 ms, 0 errors");
	set_class(&v, CLASS_NETWORK, STATE_CLEAR, "9 peers, 11 of 40,771 segments resent");
	set_class(&v, CLASS_LEAK, STATE_FAULT, "at process: orders-api");
	set_cost(&v, 0.05, 6.2, 1377);
	check_golden("leak", model, &v);
	free(life);
	model_free(model);
}

static struct verdict quiet_verdict(const struct life *life)
{
	struct verdict v = verdict_of(
		life, "NOTHING FOUND in 30 s: disk and leak clear, network too idle to judge.");

	set_class(&v, CLASS_HARDWARE, STATE_CLEAR, "sda 212 I/Os, p99 0.9 ms, 0 errors; eth0 up");
	set_class(&v, CLASS_NETWORK, STATE_IDLE, "4 connections, 61 segments; loss needs 500");
	set_class(&v, CLASS_LEAK, STATE_CLEAR, "94 processes, largest change +2 (sshd[611])");
	add_lack(&v, CLASS_HARDWARE, "disk-slow", "no-baseline");
	add_lack(&v, CLASS_NETWORK, "tls-handshake-failure", "not-armed");
	set_cost(&v, 0.02, 4.9, 96);
	return v;
}

static void test_nothing(void **state)
{
	struct model *model = model_of("col-9", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v = quiet_verdict(life);

	(void)state;
	check_golden("nothing", model, &v);
	free(life);
	model_free(model);
}

/* ---- forms beside the four ---- */

static void test_blind(void **state)
{
	struct model *model = model_of("old-1", "5.10.0-36-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v = quiet_verdict(life);

	(void)state;
	feed_probe(model, "tcp.retransmit", PROBE_ACTIVE, "tp_btf/tcp_retransmit_skb", "");
	feed_probe(model, "block.complete", PROBE_UNAVAILABLE, "", "forced off by probes.disable");
	strcpy(v.message, "CANNOT TELL: blind for disk; leak clear, network too idle to judge.");
	set_class(&v, CLASS_HARDWARE, STATE_BLIND, "block.complete not attached: forced off");
	v.class[CLASS_HARDWARE].n_unjudged = 0;
	add_lack(&v, CLASS_HARDWARE, "disk-media-error", "not-attached");
	add_lack(&v, CLASS_HARDWARE, "disk-io-error", "not-attached");
	v.cpu_percent = -1;
	check_golden("blind", model, &v);
	free(life);
	model_free(model);
}

/* What is over leads the verdict: it is told in full too, with its time and how it ended. */
static void test_over(void **state)
{
	struct model *model = model_of("col-7", "6.12.48+deb13-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v = quiet_verdict(life);
	struct finding *f;

	(void)state;
	f = add_finding(life, &path_rule, SEVERITY_WARNING, BASIS_MEASURED, 0.93);
	set_addr(&f->claim.subject, 10, 1, 2, 2, 9092);
	add_text(f, ROLE_FOR, "8.3 % resent: 731 of 8,806 segments");
	add_step(f, false, "Find the lossy hop", "mtr -T -P 9092 -n -r -c 50 10.1.2.2");
	add_step(f, false, "See the connections", "ss -tin dst 10.1.2.2");
	strcpy(f->claim.call, "the network team; not the owner of this host");
	f->first_seen_ns = MONO_START + 2 * NS_PER_S;
	f->last_seen_ns = MONO_START + 14 * NS_PER_S;
	f->state = FINDING_RESOLVED;
	f->resolution = RESOLVED_RECOVERED;
	life->past = *f;
	life->has_past = true;
	life->n = 0;
	v.lead = life->past.id;
	strcpy(v.message, "OVER NOW, but earlier: NETWORK: the path to 10.1.2.2 loses packets.");
	set_class(&v, CLASS_NETWORK, STATE_SUSPECT, "earlier, at path: 10.1.2.2:9092; recovered");
	check_golden("over", model, &v);
	free(life);
	model_free(model);
}

static void test_budget_is_told(void **state)
{
	struct model *model = model_of("col-9", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v = quiet_verdict(life);
	struct line line = line_of(LINE_VERDICT, model, v.message);
	char *text;

	(void)state;
	line.verdict = &v;
	feed_probe(model, "tcp.state", PROBE_DEGRADED, "tp", "no reason of a reset in this kernel");
	text = printed(open_plain, &line);
	assert_null(strstr(text, "  less "));
	free(text);
	feed_probe(model, "leak.enter", PROBE_DEGRADED, "tp", "not armed: 34 MB, budget 32 MB");
	feed_probe(model, "leak.exit", PROBE_DEGRADED, "tp", "not armed: 34 MB, budget 32 MB");
	text = printed(open_plain, &line);
	assert_non_null(strstr(text, "  less     2 probes, not armed: 34 MB, budget 32 MB\n"));
	free(text);
	free(life);
	model_free(model);
}

static void test_not_asked(void **state)
{
	struct model *model = model_of("col-9", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v = quiet_verdict(life);

	(void)state;
	memset(&v.class[CLASS_HARDWARE], 0, sizeof(v.class[0]));
	memset(&v.class[CLASS_SYSTEM], 0, sizeof(v.class[0]));
	strcpy(v.message, "NOTHING FOUND in 30 s: leak clear, network too idle to judge.");
	check_golden("not-asked", model, &v);
	free(life);
	model_free(model);
}

static void fill_huge(struct life *life, const char *bytes, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct finding *f =
			add_finding(life, &leak_rule, SEVERITY_CRITICAL, BASIS_MEASURED, 0.9);

		f->claim.subject.type = SUBJECT_PROCESS;
		f->claim.subject.pid = 4194304;
		snprintf(f->claim.subject.comm, sizeof(f->claim.subject.comm), "%s", bytes);
		for (int k = 0; k < CLAIM_EVIDENCE_MAX; k++)
			add_text(f, (enum evidence_role)(k % ROLES), bytes);
		for (int k = 0; k < CLAIM_ADVICE_MAX; k++)
			add_step(f, k > 0, bytes, bytes);
		snprintf(f->claim.call, sizeof(f->claim.call), "%s", bytes);
	}
}

/* Whatever the names and however much there is: a page, plain, that says that it was cut. */
static void test_hostile(void **state)
{
	static const char *const nasty[] = {
		"\033[2J\033]0;owned\007 \x9b\x32J \xc2\x9b\x33J\r\n\t\b\x7f %s%n %p \xff\xfe\xed\xa0\x80 end",
		"wordswithoutanyspacewordswithoutanyspacewordswithoutanyspacewordswithoutanyspacewordswithoutanyspace",
		"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s t u v w",
		"\xe6\xbc\xa2\xe5\xad\x97 names; are. fine; too. but; not; here. and; so; on. until; it; is. long; enough.",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
		for (unsigned int n = 1; n <= 48; n = n * 3 + 1) {
			struct model *model = model_of(nasty[i], nasty[i]);
			struct life *life = calloc(1, sizeof(*life));
			struct verdict v;
			struct line line;
			char *text;

			fill_huge(life, nasty[i], n);
			v = verdict_of(life, nasty[i]);
			for (int c = 0; c < CLASSES; c++)
				set_class(&v, c, STATE_SUSPECT, nasty[i]);
			set_cost(&v, 99.5, 123456.7, 4294967295U);
			v.lost = ~0ULL;
			line = line_of(LINE_VERDICT, model, "");
			line.verdict = &v;
			text = printed(open_plain, &line);
			check_page(text);
			assert_non_null(strstr(text, "more line"));
			assert_non_null(strstr(text, "\n  next"));
			assert_non_null(strstr(text, "\n  for"));
			free(text);
			free(life);
			model_free(model);
		}
	}
}

/* A command is never cut: what is pasted must be what was meant. */
static void test_long_command(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct finding *f = add_finding(life, &path_rule, SEVERITY_WARNING, BASIS_MEASURED, 0.9);
	const char *command =
		"ping -c 100 -i 0.2 -I eth0 2001:db8:85a3:8d3:1319:8a2e:370:7348 -s 1400 -q";
	struct verdict v;
	struct line line;
	char *text;

	(void)state;
	set_addr(&f->claim.subject, 10, 1, 2, 2, 9092);
	add_text(f, ROLE_FOR, "x");
	add_step(f, false, "t", command);
	v = verdict_of(life, "NETWORK: x");
	line = line_of(LINE_VERDICT, model, "");
	line.verdict = &v;
	text = printed(open_plain, &line);
	check_page(text);
	assert_non_null(strstr(text, "  next     ping -c 100 -i 0.2 -I eth0 "
				     "2001:db8:85a3:8d3:1319:8a2e:370:7348 -s \\\n"
				     "           1400 -q                       "));
	free(text);
	free(life);
	model_free(model);
}

static void test_color_only_when_asked(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct finding *f = add_finding(life, &media_rule, SEVERITY_WARNING, BASIS_REPORTED, 0.99);
	struct verdict v;
	struct line line;
	char *text;

	(void)state;
	strcpy(f->claim.subject.name, "sdb");
	v = verdict_of(life, "DISK: sdb is bad.");
	set_class(&v, CLASS_HARDWARE, STATE_FAULT, "at device: sdb");
	line = line_of(LINE_VERDICT, model, "");
	line.verdict = &v;
	text = printed(open_color, &line);
	assert_non_null(strstr(text, "\033[1mDISK: sdb is bad.\033[0m\n"));
	assert_non_null(
		strstr(text, "  hardware         \033[1;31mFAULT\033[0m  at device: sdb\n"));
	assert_non_null(
		strstr(text, "\n\033[1;31mWARNING\033[0m disk-media-error sdb, confidence 0.99"));
	free(text);
	free(life);
	model_free(model);
}

static void test_zone_is_said(void **state)
{
	struct model *model = model_of("col-9", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v = quiet_verdict(life);
	struct line line = line_of(LINE_VERDICT, model, "");
	char *text;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	line.verdict = &v;
	text = printed(open_plain, &line);
	assert_non_null(strstr(text, "19:21:31 to 19:22:01 UTC (30 s)\n"));
	free(text);
	setenv("TZ", "UTC0", 1);
	tzset();
	free(life);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disk),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_leak),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_budget_is_told),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_long_command),
		cmocka_unit_test(test_color_only_when_asked),
		cmocka_unit_test(test_zone_is_said),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
