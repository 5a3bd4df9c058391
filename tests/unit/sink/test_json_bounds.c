/* SPDX-License-Identifier: BSD-2-Clause */
/* test_json_bounds.c - lines as JSON: hostile names, and too much of everything. */
#include "lines.h"

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
	"\xe2\x80\xae drow",
	"\xf0\x9f\x92\xbe disk",
	"</script>%s%n",
	"\\u0000",
	"\\ud800",
};
#define NASTY (sizeof(nasty) / sizeof(nasty[0]))

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
			add_lack(v, c, "some-kind-with-a-long-name", "not-attached-not");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_cut_is_counted),
		cmocka_unit_test(test_schema),
	};

	keep_lines("test_json_bounds");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
