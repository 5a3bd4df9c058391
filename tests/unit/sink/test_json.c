/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_json.c - lines as JSON: fields, formats, hostile names, the bound on a line.
 *
 * Every line that a test makes is kept, and the last test holds them all against the schema.
 */
#include "fixture.h"

#include <json-c/json.h>
#include <unistd.h>

#define LINE_MAX_BYTES 7168
#define PLAIN	       (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
#define LINES_FILE     "test_json.lines"

static const struct rule media_rule = {
	.kind = "disk-media-error", .class = CLASS_HARDWARE, .fault_at = AT_DEVICE};
static const struct rule leak_rule = {
	.kind = "socket-leak", .class = CLASS_LEAK, .fault_at = AT_PROCESS};

static const char *const nasty[] = {
	"a\"b\\c/d",
	"\033[2J\033]0;x\007",
	"tab\tnl\ncr\rbs\bff\f\001\037\177",
	"\xff\xfe\x80",
	"\xed\xa0\x80\xed\xb0\x80",
	"\xc0\xaf\xe0\x80\xaf",
	"\xf4\x90\x80\x80",
	"cut \xe6\xbc",
	"\xc2\x9b\x33J",
	"\xe2\x80\xae"
	"drow",
	"\xf0\x9f\x92\xbe disk",
	"</script>%s%n",
	"\\u0000",
	"\\ud800",
};
#define NASTY (sizeof(nasty) / sizeof(nasty[0]))

static char lines_path[256];
static unsigned int next_seq = 1;

/* The line as text; also kept for the schema. */
static char *text_of(struct line *line)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file;

	line->seq = next_seq++;
	assert_int_equal(json_line(line, &text, &len), 0);
	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	assert_true(len <= LINE_MAX_BYTES);
	assert_int_equal(text[len - 1], '\n');
	for (size_t i = 0; i + 1 < len; i++)
		assert_true((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
	file = fopen(lines_path, "a");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return text;
}

static struct json_object *json_of(struct line *line)
{
	char *text = text_of(line);
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	free(text);
	return o;
}

static struct json_object *field(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no field %s", key);
	return value;
}

static void is_text(struct json_object *o, const char *key, const char *want)
{
	assert_string_equal(json_object_get_string(field(o, key)), want);
}

static void has_not(struct json_object *o, const char *key)
{
	assert_false(json_object_object_get_ex(o, key, NULL));
}

static struct finding *media_finding(struct life *life)
{
	struct finding *f = add_finding(life, &media_rule, SEVERITY_CRITICAL, BASIS_REPORTED, 0.98);
	struct subject *a = &f->claim.affects[0];

	f->claim.subject.type = SUBJECT_DISK;
	f->claim.subject.dev = 8 << 20 | 0;
	strcpy(f->claim.subject.name, "sda");
	strcpy(f->claim.subject.serial, "ZC1A9XYZ");
	f->claim.window_ns = 20 * NS_PER_S;
	add_row(f, ROLE_FOR, "disk.errors", 3, "{error}",
		"3 of 18 reads failed: medium error (sense 3/11/00)");
	add_text(f, ROLE_CHAIN, "sda > ext4 > /data");
	a[0].type = SUBJECT_FILESYSTEM;
	strcpy(a[0].name, "/data");
	strcpy(a[0].source, "/dev/mapper/vg-data");
	a[1].type = SUBJECT_PROCESS;
	a[1].pid = 812;
	strcpy(a[1].comm, "postgres");
	f->claim.n_affects = 2;
	f->claim.affects_total = 2;
	add_step(f, false, "Read the disk's own error log", "smartctl -x /dev/sda");
	return f;
}

/* ---- the contract, field by field ---- */

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

/* ---- hostile names, and too much of everything ---- */

static void test_strings(void **state)
{
	static const struct {
		const char *bytes;
		const char *json;
	} rows[] = {
		{"a\"b\\c/d", "a\\\"b\\\\c/d"},
		{"\033[2J\001\177", "\\u001b[2J\\u0001\\u007f"},
		{"\t\n\r\b\f", "\\t\\n\\r\\b\\f"},
		{"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xe6\xbc!", "\xef\xbf\xbd!"},
		{"\xf0\x9f\x92", "\xef\xbf\xbd"},
		{"\xf0\x9f\x92\xbe", "\xf0\x9f\x92\xbe"},
		{"\xc2\x9b", "\\u009b"},
		{"\xe2\x80\xae", "\\u202e"},
		{"\xc3\xa9", "\xc3\xa9"},
	};
	struct model *model = model_of("db-3", "6.1.0-56-amd64");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct life *life = calloc(1, sizeof(*life));
		struct line line = line_of(LINE_FINDING, model, "m");
		struct finding *f = media_finding(life);
		char want[128], *text;

		snprintf(f->claim.affects[1].comm, EVENT_COMM_LEN, "%s", rows[i].bytes);
		line.finding = f;
		text = text_of(&line);
		snprintf(want, sizeof(want), "\"comm\":\"%s\"", rows[i].json);
		assert_non_null(strstr(text, want));
		free(text);
		free(life);
	}
	model_free(model);
}

/* Fields that fill their array to the last byte have no NUL. */
static void fill(char *to, size_t size, const char *bytes)
{
	size_t len = strlen(bytes);

	for (size_t i = 0; i < size; i++)
		to[i] = bytes[i % len];
}
#define FILL(array, bytes) fill(array, sizeof(array), bytes)

static void fill_subject(struct subject *s, int type, const char *bytes)
{
	s->type = (enum subject_type)type;
	s->dev = 0xffffffffU;
	s->pid = 4194304;
	s->netns = 0xffffffffU;
	FILL(s->name, bytes);
	FILL(s->model, bytes);
	FILL(s->serial, bytes);
	FILL(s->wwn, bytes);
	FILL(s->fstype, bytes);
	FILL(s->source, bytes);
	FILL(s->comm, bytes);
	FILL(s->exe, bytes);
	FILL(s->cgroup, bytes);
	FILL(s->container, bytes);
}

static void fill_finding(struct finding *f, int type, const char *bytes)
{
	struct claim *c = &f->claim;

	fill_subject(&c->subject, type, bytes);
	c->n_evidence = CLAIM_EVIDENCE_MAX;
	for (int i = 0; i < CLAIM_EVIDENCE_MAX; i++) {
		struct evidence *e = &c->evidence[i];

		e->role = (enum evidence_role)(i % ROLES);
		e->name = i % 2 ? "disk.errors" : NULL;
		e->value = 1e300;
		e->unit = "{error}";
		FILL(e->text, bytes);
	}
	c->n_affects = CLAIM_AFFECTS_MAX;
	c->affects_total = 1000;
	for (int i = 0; i < CLAIM_AFFECTS_MAX; i++)
		fill_subject(&c->affects[i], (type + i) % (SUBJECT_HOST + 1), bytes);
	c->n_advice = CLAIM_ADVICE_MAX;
	for (int i = 0; i < CLAIM_ADVICE_MAX; i++) {
		FILL(c->advice[i].text, bytes);
		FILL(c->advice[i].command, bytes);
		c->advice[i].changes = i > 0;
	}
	f->n_caused_by = FINDING_CAUSES_MAX;
}

static struct model *hostile_model(const char *bytes)
{
	struct model *model = model_of(bytes, bytes);
	struct event_host host = {.mode = RUN_TRACE, .netns = OWN_NETNS};

	FILL(host.hostname, bytes);
	FILL(host.kernel, bytes);
	snprintf(host.run, sizeof(host.run), "0192f3a1-7c1e-4c55-9d0e-6a1b2c3d4e5f");
	FILL(host.machine_id, bytes);
	FILL(host.boot_id, bytes);
	FILL(host.version, bytes);
	host.hostname[63] = host.kernel[71] = host.machine_id[39] = host.boot_id[39] = '\0';
	host.version[23] = '\0';
	FEED(model, EVENT_HOST, MONO_START, host);
	for (int i = 0; i < 24; i++) {
		struct event_config config = {0};

		snprintf(config.key, sizeof(config.key), "label.l%d%s", i, bytes);
		FILL(config.value, bytes);
		config.value[127] = '\0';
		FEED(model, EVENT_CONFIG, MONO_START, config);
	}
	for (int i = 0; i < 32; i++) {
		struct event_probe probe = {.state = PROBE_DEGRADED};
		struct event_hook hook = {.runs = ~0ULL, .run_ns = ~0ULL};
		struct event_table table = {.limit = ~0ULL, .used = ~0ULL, .dropped = ~0ULL};

		snprintf(probe.name, sizeof(probe.name), "p%d%s", i, bytes);
		snprintf(hook.name, sizeof(hook.name), "h%d%s", i, bytes);
		snprintf(table.name, sizeof(table.name), "t%d%s", i, bytes);
		FILL(probe.via, bytes);
		FILL(probe.reason, bytes);
		probe.via[47] = probe.reason[95] = '\0';
		FEED(model, EVENT_PROBE, MONO_START, probe);
		FEED(model, EVENT_HOOK, MONO_START, hook);
		FEED(model, EVENT_TABLE, MONO_START, table);
	}
	return model;
}

static void fill_verdict(struct verdict *v, const char *bytes)
{
	for (int c = 0; c < CLASSES; c++) {
		struct class_verdict *class = &v->class[c];

		class->asked = true;
		FILL(class->text, bytes);
		class->n_findings = VERDICT_FINDINGS_MAX;
		class->findings_total = 100;
		class->exposure.n = 8;
		for (int i = 0; i < 8; i++) {
			static const char *const names[] = {"n0", "n1", "n2", "n3",
							    "n4", "n5", "n6", "n7"};

			class->exposure.item[i].name = names[i];
			class->exposure.item[i].value = 1e308;
		}
		for (int i = 0; i < VERDICT_UNJUDGED_MAX; i++)
			add_lack(v, c, "some-kind-with-a-long-name", "not-implemented");
	}
}

static void test_too_much(void **state)
{
	static const enum line_type types[] = {LINE_FINDING, LINE_VERDICT, LINE_STATUS};

	(void)state;
	for (size_t n = 0; n < NASTY; n++) {
		struct model *model = hostile_model(nasty[n]);
		struct life *life = calloc(1, sizeof(*life));
		struct verdict v = verdict_of(life, "");
		struct finding *f =
			add_finding(life, &leak_rule, SEVERITY_CRITICAL, BASIS_MEASURED, 0.9);

		fill_verdict(&v, nasty[n]);
		for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
			for (int s = SUBJECT_DISK; s <= SUBJECT_HOST; s++) {
				struct line line = line_of(types[t], model, "");

				FILL(line.message, nasty[n]);
				line.message[MESSAGE_LEN - 1] = '\0';
				fill_finding(f, s, nasty[n]);
				if (types[t] == LINE_FINDING)
					line.finding = f;
				else
					line.verdict = &v;
				free(text_of(&line));
			}
		}
		free(life);
		model_free(model);
	}
}

/* What is cut is counted, and the first of a list stays longest. */
static void test_cut_is_counted(void **state)
{
	struct model *model = model_of("db-3", "6.1.0-56-amd64");
	struct life *life = calloc(1, sizeof(*life));
	struct finding *f = media_finding(life);
	struct line line = line_of(LINE_FINDING, model, "m");
	struct json_object *o, *evidence;

	(void)state;
	fill_finding(f, SUBJECT_DISK, "\001");
	line.finding = f;
	o = json_of(&line);
	assert_int_equal(json_object_get_int(field(o, "affects_total")), 1000);
	assert_int_equal(json_object_get_int(field(o, "evidence_total")), CLAIM_EVIDENCE_MAX / 2);
	evidence = field(o, "evidence");
	assert_in_range(json_object_array_length(evidence), 1, CLAIM_EVIDENCE_MAX / 2 - 1);
	json_object_put(o);
	free(life);
	model_free(model);
}

static void test_schema(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "tests/cli/validate.py docs/culprit-1.schema.json < %s",
		 lines_path);
	assert_int_equal(system(command), 0);
	remove(lines_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finding),	       cmocka_unit_test(test_finding_ends),
		cmocka_unit_test(test_subjects),       cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_status_and_gap), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),	       cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_cut_is_counted), cmocka_unit_test(test_schema),
	};
	const char *dir = getenv("TMPDIR");

	snprintf(lines_path, sizeof(lines_path), "%s/%s.%d", dir ? dir : "/tmp", LINES_FILE,
		 (int)getpid());
	remove(lines_path);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
