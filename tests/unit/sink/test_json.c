/* SPDX-License-Identifier: BSD-2-Clause */
/* test_json.c - lines as JSON: fields and formats, as the contract has them. */
#include "lines.h"

#include "reload_state.h"

static void test_finding(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct line line = line_of(LINE_FINDING, model, "DISK: sda has unreadable sectors.");
	char *text;

	(void)state;
	feed_setting(model, "label.site", "fra1");
	line.finding = media_finding(life);
	line.severity = SEVERITY_CRITICAL;
	text = text_of(&line);
	assert_string_equal(
		text,
		"{\"schema\":\"culprit/1\",\"type\":\"finding\",\"time\":\"2026-11-22T19:22:01.000000000Z\","
		"\"seq\":1,\"run\":\"0192f3a1-7c1e-4c55-9d0e-6a1b2c3d4e5f\",\"severity\":\"critical\","
		"\"severity_number\":18,\"message\":\"DISK: sda has unreadable sectors.\","
		"\"host\":{\"name\":\"db-3\",\"id\":\"0123456789abcdef0123456789abcdef\","
		"\"boot_id\":\"8c1b0b4e-45e1-4a9c-8a0e-3f9c1d2e4b5a\",\"kernel\":\"6.1.0-56-amd64\","
		"\"labels\":{\"site\":\"fra1\"}},\"id\":\"b1946ac92492d234\","
		"\"fingerprint\":\"77d0000000000001\",\"episode\":1,\"state\":\"open\",\"class\":\"hardware\","
		"\"kind\":\"disk-media-error\",\"fault_at\":\"device\",\"confidence\":0.98,"
		"\"basis\":\"reported\",\"subject\":{\"type\":\"disk\",\"name\":\"sda\",\"dev\":\"8:0\","
		"\"serial\":\"ZC1A9XYZ\"},\"affects\":[{\"type\":\"filesystem\",\"mount\":\"/data\","
		"\"source\":\"/dev/mapper/vg-data\"},{\"type\":\"process\",\"pid\":812,\"comm\":\"postgres\"}],"
		"\"evidence\":[{\"name\":\"disk.errors\",\"role\":\"for\",\"value\":3,\"unit\":\"{error}\","
		"\"supports\":true,\"text\":\"3 of 18 reads failed: medium error (sense 3/11/00)\"}],"
		"\"context\":[{\"label\":\"chain\",\"text\":\"sda > ext4 > /data\"}],\"caused_by\":[],"
		"\"advice\":[{\"text\":\"Read the disk's own error log\",\"command\":\"smartctl -x /dev/sda\","
		"\"effect\":\"reads\"}],\"first_seen\":\"2026-11-22T19:21:44.000000000Z\","
		"\"last_seen\":\"2026-11-22T19:21:58.000000000Z\",\"count\":3,\"window_s\":20}\n");
	free(text);
	free(life);
	model_free(model);
}

static void test_finding_ends(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct line line = line_of(LINE_FINDING, model, "m");
	struct finding *f = media_finding(life);
	struct json_object *o;

	(void)state;
	line.finding = f;
	f->state = FINDING_SUPERSEDED;
	f->by = 0xabc;
	f->caused_by[0] = 0xffffffffffffffffULL;
	f->n_caused_by = 1;
	o = json_of(&line);
	is_text(o, "state", "superseded");
	is_text(o, "by", "0000000000000abc");
	has_not(o, "resolution");
	assert_string_equal(
		json_object_get_string(json_object_array_get_idx(field(o, "caused_by"), 0)),
		"ffffffffffffffff");
	json_object_put(o);
	f->state = FINDING_RESOLVED;
	f->resolution = RESOLVED_GONE;
	o = json_of(&line);
	is_text(o, "resolution", "gone");
	has_not(o, "by");
	json_object_put(o);
	free(life);
	model_free(model);
}

static struct json_object *subject_of(const struct model *model, const struct subject *subject)
{
	struct life *life = calloc(1, sizeof(*life));
	struct line line = line_of(LINE_FINDING, model, "m");
	struct finding *f = media_finding(life);
	struct json_object *o, *s;

	f->claim.subject = *subject;
	line.finding = f;
	o = json_of(&line);
	s = json_object_get(field(o, "subject"));
	json_object_put(o);
	free(life);
	return s;
}

static void test_subjects(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct subject s = {0};
	struct json_object *o;

	(void)state;
	feed_nic(model, 2, "eth0");
	set_addr(&s, 10, 1, 2, 2, 9092);
	s.ifindex = 2;
	o = subject_of(model, &s);
	assert_string_equal(
		json_object_to_json_string_ext(o, PLAIN),
		"{\"type\":\"peer\",\"addr\":\"10.1.2.2\",\"port\":9092,\"direction\":\"out\","
		"\"ifindex\":2,\"interface\":\"eth0\"}");
	json_object_put(o);

	memset(&s, 0, sizeof(s));
	s.type = SUBJECT_SUBNET;
	memset(s.addr, 0, sizeof(s.addr));
	s.addr[0] = 0x20;
	s.addr[1] = 0x01;
	s.prefix_len = 64;
	s.netns = 4026532001U;
	o = subject_of(model, &s);
	is_text(o, "prefix", "2001::/64");
	assert_int_equal(json_object_get_int64(field(o, "netns")), 4026532001LL);
	json_object_put(o);

	memset(&s, 0, sizeof(s));
	s.type = SUBJECT_PROCESS;
	s.pid = 2210;
	s.start_ns = MONO_START + 5 * NS_PER_S; /* boottime and monotonic agree here */
	strcpy(s.comm, "orders-api");
	strcpy(s.cgroup, "/system.slice/orders.service");
	o = subject_of(model, &s);
	is_text(o, "start_time", "2026-11-22T19:21:36.000000000Z");
	is_text(o, "cgroup", "/system.slice/orders.service");
	has_not(o, "exe");
	json_object_put(o);

	for (int type = SUBJECT_DISK; type <= SUBJECT_HOST; type++) {
		memset(&s, 0, sizeof(s));
		s.type = (enum subject_type)type;
		strcpy(s.name, "x");
		o = subject_of(model, &s);
		is_text(o, "type", subject_type_name(s.type));
		has_not(o, "netns");
		json_object_put(o);
	}
	model_free(model);
}

static void test_verdict(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct verdict v = verdict_of(life, "NOTHING FOUND");
	struct line line = line_of(LINE_VERDICT, model, v.message);
	struct json_object *o, *class;

	(void)state;
	set_class(&v, CLASS_HARDWARE, STATE_CLEAR, "sda 212 I/Os");
	v.class[CLASS_HARDWARE].exposure.n = 2;
	v.class[CLASS_HARDWARE].exposure.item[0].name = "ios";
	v.class[CLASS_HARDWARE].exposure.item[0].value = 81204;
	v.class[CLASS_HARDWARE].exposure.item[1].name = "p99_ms";
	v.class[CLASS_HARDWARE].exposure.item[1].value = 1.25;
	add_lack(&v, CLASS_HARDWARE, "disk-slow", "no-baseline");
	v.produced = 18446744073709551615ULL;
	v.cpu_percent = 0.03;
	v.rss_bytes = 5242880;
	line.verdict = &v;
	o = json_of(&line);
	assert_string_equal(json_object_to_json_string_ext(field(o, "events"), PLAIN),
			    "{\"produced\":18446744073709551615,\"delivered\":0,\"lost\":0}");
	assert_string_equal(json_object_to_json_string_ext(field(o, "overhead"), PLAIN),
			    "{\"cpu_percent\":0.03,\"rss_bytes\":5242880}");
	has_not(field(o, "classes"), "network");
	class = field(field(o, "classes"), "hardware");
	assert_string_equal(
		json_object_to_json_string_ext(class, PLAIN),
		"{\"state\":\"clear\",\"findings\":[],\"exposure\":{\"ios\":81204,\"p99_ms\":1.25},"
		"\"text\":\"sda 212 I/Os\",\"unjudged\":[{\"kind\":\"disk-slow\","
		"\"reason\":\"no-baseline\"}]}");
	json_object_put(o);
	v.cpu_percent = -1;
	v.rss_bytes = 0;
	o = json_of(&line);
	has_not(o, "overhead");
	json_object_put(o);
	free(life);
	model_free(model);
}

/* What became of the settings file. */
static void test_status_has_the_settings(void **state)
{
	struct reload_state settings = {.file = "/etc/culprit/culprit.conf"};
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct line line = line_of(LINE_STATUS, model, "");
	struct json_object *o;

	(void)state;
	line_status(&line, model, &settings);
	assert_int_equal(line.severity, SEVERITY_INFO);
	o = json_of(&line);
	assert_string_equal(json_object_to_json_string_ext(field(o, "settings"), PLAIN),
			    "{\"file\":\"/etc/culprit/culprit.conf\","
			    "\"in_force_since\":\"2026-11-22T19:21:31.000000000Z\"}");
	json_object_put(o);
	settings.tried_ns = settings.good_ns = MONO_START + NS_PER_S;
	snprintf(settings.restart, sizeof(settings.restart), "tick_s, socket");
	o = json_of(&line);
	assert_string_equal(json_object_to_json_string_ext(field(o, "settings"), PLAIN),
			    "{\"file\":\"/etc/culprit/culprit.conf\","
			    "\"in_force_since\":\"2026-11-22T19:21:32.000000000Z\","
			    "\"restart_needed\":\"tick_s, socket\","
			    "\"last_reload\":{\"time\":\"2026-11-22T19:21:32.000000000Z\","
			    "\"successful\":true}}");
	json_object_put(o);
	/* A file may have anything in it, and much of it. */
	settings.failed = true;
	settings.tried_ns += NS_PER_S;
	settings.restart[0] = '\0';
	memset(settings.wrong, '\x01', sizeof(settings.wrong) - 1);
	memcpy(settings.wrong, "conf:3: ", 8);
	line_status(&line, model, &settings);
	assert_int_equal(line.severity, SEVERITY_WARNING);
	assert_non_null(strstr(line.message, "settings not changed: conf:3: "));
	o = json_of(&line);
	assert_non_null(strstr(json_object_to_json_string_ext(field(o, "settings"), PLAIN),
			       "\"successful\":false,\"error\":\"conf:3: "));
	json_object_put(o);
	model_free(model);
}

static void test_status_and_gap(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct event_hook hook = {.name = "on_block_done", .runs = 4, .run_ns = 1302};
	struct event_hook quiet = {.name = "on_tcp", .runs = 7};
	struct event_table table = {.name = "peers", .limit = 4096, .used = 3, .dropped = 1};
	struct line line = line_of(LINE_STATUS, model, "1 of 2 probes active");
	struct gap gap = {.what = "events",
			  .from_ns = MONO_START,
			  .to_ns = MONO_END,
			  .lost = 1200,
			  .probe = "tcp",
			  .reason = "ring-full"};
	struct json_object *o;

	(void)state;
	feed_probe(model, "tcp.retransmit", PROBE_ACTIVE, "tp_btf/tcp_retransmit_skb", "");
	feed_probe(model, "block.complete", PROBE_UNAVAILABLE, "", "forced off");
	FEED(model, EVENT_HOOK, MONO_START, hook);
	FEED(model, EVENT_HOOK, MONO_START, quiet);
	FEED(model, EVENT_TABLE, MONO_START, table);
	o = json_of(&line);
	assert_string_equal(json_object_to_json_string_ext(field(o, "probes"), PLAIN),
			    "[{\"name\":\"tcp.retransmit\",\"state\":\"active\","
			    "\"via\":\"tp_btf/tcp_retransmit_skb\"},{\"name\":\"block.complete\","
			    "\"state\":\"unavailable\",\"reason\":\"forced off\"}]");
	assert_string_equal(json_object_to_json_string_ext(field(o, "hooks"), PLAIN),
			    "[{\"name\":\"on_block_done\",\"runs\":4,\"ns_per_run\":325.5},"
			    "{\"name\":\"on_tcp\",\"runs\":7}]");
	json_object_put(o);

	line.type = LINE_GAP;
	line.gap = &gap;
	o = json_of(&line);
	is_text(o, "from", "2026-11-22T19:21:31.000000000Z");
	assert_int_equal(json_object_get_int64(field(o, "lost")), 1200);
	is_text(o, "probe", "tcp");
	json_object_put(o);
	gap.what = "lines";
	gap.seq_from = 7;
	gap.seq_to = 31;
	o = json_of(&line);
	assert_int_equal(json_object_get_int64(field(o, "seq_to")), 31);
	has_not(o, "lost");
	json_object_put(o);
	model_free(model);
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *text; /* NULL: absent */
	} rows[] = {
		{0.98, "0.98"},
		{8.3, "8.3"},
		{0, "0"},
		{-0.0, "0"},
		{3, "3"},
		{8.301158301, "8.30116"},
		{1.0 / 3, "0.333333"},
		{81204.5, "81204.5"},
		{4000000000000.0, "4000000000000"},
		{1234567.875, "1234567.875"},
		{1e-7, "1e-07"},
		{9007199254740991.0, "9007199254740991"},
		{-2.5, "-2.5"},
		{0.0 / 0.0, NULL},
		{1.0 / 0.0, NULL},
	};
	struct model *model = model_of("db-3", "6.1.0-56-amd64");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct life *life = calloc(1, sizeof(*life));
		struct line line = line_of(LINE_VERDICT, model, "m");
		struct verdict v = verdict_of(life, "m");
		char *text, want[64];

		v.class[CLASS_SYSTEM].exposure.n = 1;
		v.class[CLASS_SYSTEM].exposure.item[0].name = "x";
		v.class[CLASS_SYSTEM].exposure.item[0].value = rows[i].value;
		if (!rows[i].text)
			v.class[CLASS_SYSTEM].exposure.item[0].name = "unknown";
		line.verdict = &v;
		text = text_of(&line);
		snprintf(want, sizeof(want), "\"exposure\":{\"x\":%s}",
			 rows[i].text ? rows[i].text : "");
		if (rows[i].text)
			assert_non_null(strstr(text, want));
		else
			assert_null(strstr(text, "unknown"));
		free(text);
		free(life);
	}
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finding),
		cmocka_unit_test(test_finding_ends),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_status_has_the_settings),
		cmocka_unit_test(test_status_and_gap),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_schema),
	};

	keep_lines("test_json");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
