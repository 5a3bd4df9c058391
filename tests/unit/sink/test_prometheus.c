/* SPDX-License-Identifier: BSD-2-Clause */
/* test_prometheus.c - the metrics' text: every family declared once, no series twice, labels bounded. */
#include "fixture.h"

#include "rules/rule.h"
#include "sink/prometheus.h"

#define SERIES_MAX 2048

static char *text;
static size_t text_len;

static void count_one(const struct sink *sink, struct sink_counts *ret)
{
	(void)sink;
	*ret = (struct sink_counts){.name = "file", .written = 7, .lost = 2, .waiting_bytes = 100};
}

static const char *print(const struct keeper_view *view)
{
	FILE *out;

	free(text);
	out = open_memstream(&text, &text_len);
	prometheus_print(view, out);
	fclose(out);
	return text;
}

static void has(const char *line)
{
	if (!strstr(text, line))
		fail_msg("no %s in\n%s", line, text);
}

/* A disk and its partition. */
static void feed_disk(struct model *m, __u32 i, const char *model)
{
	struct event_disk disk = {.dev = 8 << 20 | (i + 1) << 4};

	snprintf(disk.model, sizeof(disk.model), "%s", model);
	FEED(m, EVENT_DISK, MONO_START, disk);
	disk.parent = disk.dev;
	disk.dev++;
	FEED(m, EVENT_DISK, MONO_START, disk);
}

static struct model *full_model(void)
{
	struct model *m = model_of("db-3", "6.1\"\\\n\xff");
	struct event_ring ring = {.name = "tcp", .produced = 12, .delivered = 10, .lost = 2};
	struct event_table table = {.name = "tcp.peers", .limit = 100, .used = 5, .dropped = 1};
	struct event_hook hook = {.name = "state_btf", .runs = 4, .run_ns = 2000};
	struct event_self self = {
		.cpu_ns = 1500000000, .wall_ns = 1, .rss_bytes = 4096, .map_bytes = 512};

	feed_disk(m, 0, "ST4000NM0035");
	feed_disk(m, 1, "ST4000NM0035");
	feed_disk(m, 2, "M\x01");
	feed_disk(m, 3, "M\x02");
	feed_probe(m, "block.complete", PROBE_ACTIVE, "tp_btf/x", "");
	feed_probe(m, "files.census", PROBE_UNAVAILABLE, "", "no right");
	FEED(m, EVENT_RING, MONO_START, ring);
	FEED(m, EVENT_TABLE, MONO_START, table);
	FEED(m, EVENT_HOOK, MONO_START, hook);
	FEED(m, EVENT_SELF, MONO_START, self);
	return m;
}

static void test_values(void **state)
{
	static const struct sink_ops ops = {.counts = count_one}, none = {.counts = NULL};
	struct sink counts = {&ops}, silent = {&none}, *const sinks[] = {&counts, &silent};
	struct model *m = full_model();
	struct life life = {0};
	struct verdict v = verdict_of(&life, "x");
	struct keeper_view view = {
		.model = m, .life = &life, .verdict = &v, .sinks = sinks, .n_sinks = 2};
	char want[160];

	(void)state;
	for (unsigned int r = 0; r < 2; r++) {
		struct finding *f =
			add_finding(&life, rule_table[0], SEVERITY_CRITICAL, BASIS_REPORTED, 0.9);

		f->claim.subject.type = SUBJECT_HOST;
	}
	set_class(&v, CLASS_HARDWARE, STATE_FAULT, "");
	print(&view);
	has("culprit_build_info{version=\"" CULPRIT_VERSION "\",kernel=\"6.1\\\"\\\\??\"} 1\n");
	has("culprit_class_state{class=\"hardware\",state=\"fault\"} 1\n");
	has("culprit_class_state{class=\"hardware\",state=\"clear\"} 0\n");
	snprintf(want, sizeof(want),
		 "culprit_findings_open{class=\"%s\",kind=\"%s\",severity=\"critical\"} 2\n",
		 fault_class_name(rule_table[0]->class), rule_table[0]->kind);
	has(want);
	has("culprit_probe_state{probe=\"block.complete\",state=\"active\"} 1\n");
	has("culprit_probe_state{probe=\"files.census\",state=\"unavailable\"} 1\n");
	has("culprit_probe_state{probe=\"files.census\",state=\"active\"} 0\n");
	has("culprit_events_produced_total{ring=\"tcp\"} 12\n");
	has("culprit_events_lost_total{ring=\"tcp\"} 2\n");
	has("culprit_table_dropped_total{table=\"tcp.peers\"} 1\n");
	has("culprit_hook_runs_total{hook=\"state_btf\"} 4\n");
	has("culprit_hook_seconds_total{hook=\"state_btf\"} 1.9999999999999999e-06\n");
	has("culprit_cpu_seconds_total 1.5\n");
	has("culprit_lines_lost_total{sink=\"file\"} 2\n");
	has("culprit_lines_waiting_bytes{sink=\"file\"} 100\n");
	has(",subject_type=\"host\",subject=\"this host\"}");
	model_free(m);
}

static const struct rule *rule_of(const char *kind)
{
	for (unsigned int r = 0; r < rule_count; r++)
		if (strcmp(rule_table[r]->kind, kind) == 0)
			return rule_table[r];
	fail_msg("no rule for %s", kind);
	return NULL;
}

/* What joins hosts stands in labels of its own; what any user can name is escaped; what has no value is absent. */
static void test_named(void **state)
{
	struct model *m = full_model();
	struct life life = {0};
	struct keeper_view view = {.model = m, .life = &life};
	struct finding *f = add_finding(&life, rule_of("disk-media-error"), SEVERITY_CRITICAL,
					BASIS_REPORTED, 0.9);

	(void)state;
	f->claim.subject = (struct subject){
		.type = SUBJECT_DISK, .name = "sda", .model = "ST4000NM0035", .serial = "ZC1A9XYZ"};
	strcpy(f->opened, "DISK: sda has unreadable sectors; 3 of 160 reads failed.");
	strcpy(f->claim.message, "DISK: sda has unreadable sectors; 9 of 999 reads failed.");
	f = add_finding(&life, rule_of("path-loss"), SEVERITY_WARNING, BASIS_MEASURED, 0.9);
	f->claim.subject = (struct subject){
		.type = SUBJECT_PEER,
		.addr = {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1, [14] = 2, [15] = 2},
		.port = 9092};
	f->n_caused_by = 1;
	f = add_finding(&life, rule_of("socket-leak"), SEVERITY_WARNING, BASIS_MEASURED, 0.9);
	f->claim.subject =
		(struct subject){.type = SUBJECT_PROCESS, .comm = "a\"b\\c\n\xff", .pid = 7};
	print(&view);
	has("culprit_finding_info{id=\"b1946ac92492d234\",class=\"hardware\",kind=\"disk-media-error\","
	    "severity=\"critical\",role=\"cause\",fault_at=\"device\",subject_type=\"disk\","
	    "subject=\"sda\",model=\"ST4000NM0035\","
	    "message=\"DISK: sda has unreadable sectors; 3 of 160 reads failed.\"} 1\n");
	has("severity=\"warning\",role=\"effect\",fault_at=\"path\",subject_type=\"peer\","
	    "subject=\"10.1.2.2:9092\",peer=\"10.1.2.2\"} 1\n");
	has("subject=\"a\\\"b\\\\c??[7]\"} 1\n");
	has("culprit_findings_unnamed 0\n");
	has("culprit_disks{model=\"ST4000NM0035\"} 2\n");
	has("culprit_disks{model=\"M?\"} 2\n"); /* what labels cannot tell apart is one series */
	assert_null(strstr(text, "ZC1A9XYZ"));
	model_free(m);
}

/* However many are open: so many are named, the first ones, and the rest is counted. */
static void test_bound(void **state)
{
	struct model *m = full_model();
	struct life life = {0};
	struct keeper_view view = {.model = m, .life = &life};
	unsigned int named = 0, models = 0;
	char want[80];

	(void)state;
	for (unsigned int i = 0; i < PROMETHEUS_FINDINGS + 5; i++) {
		struct finding *f = add_finding(&life, rule_of("disk-io-error"), SEVERITY_WARNING,
						BASIS_REPORTED, 0.9);

		f->claim.subject.type = SUBJECT_DISK;
		snprintf(f->claim.subject.name, sizeof(f->claim.subject.name), "sd%u", i);
		snprintf(want, sizeof(want), "MODEL %u", i);
		feed_disk(m, 10 + i, want);
	}
	print(&view);
	for (const char *at = text; (at = strstr(at, "\nculprit_finding_info{")); at++)
		named++;
	assert_int_equal(named, PROMETHEUS_FINDINGS);
	for (const char *at = text; (at = strstr(at, "\nculprit_disks{")); at++)
		models++;
	assert_int_equal(models, PROMETHEUS_MODELS);
	has("culprit_findings_unnamed 5\n");
	snprintf(want, sizeof(want), "subject=\"sd%u\"", PROMETHEUS_FINDINGS - 1);
	has(want);
	snprintf(want, sizeof(want), "subject=\"sd%u\"", PROMETHEUS_FINDINGS);
	assert_null(strstr(text, want));
	model_free(m);
}

/* The exposition format's own rules; promtool's are held in tests/bpf/test_service.py. */
static void test_format(void **state)
{
	struct model *m = full_model();
	struct life life = {0};
	struct verdict v = verdict_of(&life, "x");
	struct keeper_view view = {.model = m, .life = &life, .verdict = &v};
	char *series[SERIES_MAX], *save = NULL, current[80] = "";
	unsigned int n = 0;

	(void)state;
	print(&view);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t len = strcspn(line, "{ ");

		if (strncmp(line, "# HELP ", 7) == 0) {
			snprintf(current, sizeof(current), "%.*s", (int)strcspn(line + 7, " "),
				 line + 7);
			continue;
		}
		if (strncmp(line, "# TYPE ", 7) == 0) {
			assert_memory_equal(line + 7, current, strlen(current));
			continue;
		}
		assert_int_equal(len, strlen(current));
		assert_memory_equal(line, current, len);
		*strrchr(line, ' ') = '\0';
		for (unsigned int i = 0; i < n; i++)
			assert_string_not_equal(series[i], line);
		assert_true(n < SERIES_MAX);
		series[n++] = line;
	}
	assert_true(n > 40);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_named),
		cmocka_unit_test(test_bound), cmocka_unit_test(test_format)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(text);
	return failed;
}
