/* SPDX-License-Identifier: BSD-2-Clause */
/* test_settings.c - the settings file: what it may say, and where it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/rule.h"
#include "settings.h"

static char path[64];

static int load_bytes(const char *text, size_t len, struct settings *s, struct err *err)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fwrite(text, 1, len, file);
	fclose(file);
	memset(err, 0, sizeof(*err));
	return settings_load(s, path, err);
}

static int load(const char *text, struct settings *s, struct err *err)
{
	memset(s, 0, sizeof(*s));
	return load_bytes(text, strlen(text), s, err);
}

static const struct threshold *any_threshold(void)
{
	for (unsigned int i = 0; i < rule_count; i++)
		if (rule_table[i]->thresholds && rule_table[i]->thresholds[0])
			return rule_table[i]->thresholds[0];
	fail_msg("no rule has a threshold");
	return NULL;
}

static void test_all_sections(void **state)
{
	struct settings s;
	struct err err;

	(void)state;
	assert_int_equal(load("# a comment\n; another\n\n[general]\nclass = network, hardware\n"
			      "window_s = 120\n  tick_s = 0.5\n\tduration = 5m\n"
			      "[probes]\ndisable = block.complete, tcp.retransmit\n"
			      "[watch]\nexclude_peers = 10.0.0.0/8, 2001:db8::/32\n"
			      " [labels]\n # of the site\nsite = fra 1;#2\nRack.no = 7\n",
			      &s, &err),
			 0);
	assert_string_equal(settings_get(&s, "class"), "hardware,network");
	assert_string_equal(settings_get(&s, "window_s"), "120");
	assert_string_equal(settings_get(&s, "probes.disable"), "block.complete,tcp.retransmit");
	assert_string_equal(settings_get(&s, "label.site"), "fra 1;#2");
	assert_string_equal(settings_get(&s, "label.Rack.no"), "7");
	assert_string_equal(settings_get(&s, "watch.exclude_peers"), "10.0.0.0/8,2001:db8::/32");
	assert_int_equal(s.n, 6);
	assert_int_equal(s.tick_ms, 500);
	assert_int_equal(s.duration_ns, 300000000000ULL);
	assert_int_equal(load("", &s, &err), 0);
	assert_int_equal(s.n, 0);
}

static void test_thresholds(void **state)
{
	const struct threshold *t = any_threshold();
	struct settings s;
	struct err err;
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), "[thresholds]\n%s = %.6g\n", t->key, t->value + 1);
	assert_int_equal(load(text, &s, &err), 0);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.list[0].key, t->key);
	snprintf(text, sizeof(text), "[thresholds]\n%sx = 1\n", t->key);
	assert_int_equal(load(text, &s, &err), -EINVAL);
	assert_non_null(strstr(err.text, "did you mean "));
	assert_non_null(strstr(err.text, t->key));
}

static void test_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *says; /* behind "path:" */
	} rows[] = {
		{"[general]\nfoo = 1\n", "2: unknown key 'foo' in [general]"},
		{"[general]\nclas = network\n",
		 "2: unknown key 'clas' in [general] (did you mean class?)"},
		{"\n[generl]\n", "2: unknown section [generl] (did you mean general?)"},
		{"[generl]\nx = 1\n[general]\ny\n",
		 "1: unknown section [generl] (did you mean general?)"},
		{"class = network\n", "1: 'class' stands before any [section]"},
		{"[general] tick_s = 1\n", "1: text after [general]"},
		{"[labels]\na = 1\n\na = 2\n", "4: 'a' is given twice in [labels]"},
		{"[labels]\na = 1\n[general]\n[labels]\na = 2\n",
		 "5: 'a' is given twice in [labels]"},
		{"[labels]\na =\n", "2: label 'a' is empty"},
		{"[labels]\na b = 1\n", "2: label 'a b': only letters, digits, '.', '_' and '-'"},
		{"[general]\nwindow_s = 120 ; why\n",
		 "2: ';' after a value: a comment has a line of its own"},
		{"[sinks]\n\nfile = /x.jsonl\t# main file\n",
		 "3: '#' after a value: a comment has a line of its own"},
		{"[labels]\na = # none\n", "2: '#' after a value"},
		{"[watch]\nexclude_devices = sda,\n  sdb\n",
		 "3: neither a [section] nor key = value"},
		{"[general]\nnonsense\n", "2: neither a [section] nor key = value"},
		{"[general\nclass = network\n", "1: neither a [section] nor key = value"},
		{"[thresholds]\nuplink-loss.client_weight = 0\n",
		 "2: uplink-loss.client_weight: 0 is not between 1 and 1000"},
		{"[general]\nwindow_s = 0\n", "2: window_s: 0 is not between 1 and 86400 seconds"},
		{"[general]\nwindow_s = nan\n", "2: window_s: 'nan' is no number of 0 or more"},
		{"[general]\nwindow_s = 1e999\n", "2: window_s: '1e999' is no number of 0 or more"},
		{"[general]\nwindow_s = 60s\n", "2: window_s: '60s' is no number of 0 or more"},
		{"[general]\ntick_s = 0.01\n", "2: tick_s: 0.01 is not between 0.1 and 60 seconds"},
		{"[general]\nduration = 0\n",
		 "2: duration: duration '0' is too short: at least 0.1 seconds"},
		{"[general]\nclass = disk\n", "2: class: unknown class 'disk'"},
		{"[probes]\ndisable =\n", "2: unknown probe ''"},
		{"[probes]\ndisable = block.complet\n",
		 "2: unknown probe 'block.complet' (did you mean block.complete?)"},
		{"[thresholds]\nno.such = 1\n", "2: unknown threshold 'no.such'"},
		{"[watch]\nexclude_peers = 10.0.0.0/8, 10.0.0.0/33\n",
		 "2: exclude_peers: '10.0.0.0/33' is no address"},
		{"[watch]\nexclude_peers = example.org\n",
		 "2: exclude_peers: 'example.org' is no address"},
		{"[watch]\nexclude_disks = x\n", "2: unknown key 'exclude_disks' in [watch]"},
		{"[watch]\nexclude_devices = ,\n", "2: exclude_devices"},
		{"[sinks]\nfile_max_mb = -1\n", "2: file_max_mb: '-1' is not between 0 and 1e+06"},
		{"[sinks]\nfile_keep = 2.5\n", "2: file_keep: '2.5' is not between 1 and 100"},
		{"[sinks]\nfile_kep = 2\n",
		 "2: unknown key 'file_kep' in [sinks] (did you mean file_keep?)"},
		{"[daemon]\nbudget_cpu = -1\n", "2: budget_cpu: '-1' is no number"},
		{"[daemon]\ngroup = no-such-group\n", "2: group: there is no group no-such-group"},
	};
	struct settings s;
	struct err err;
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(load(rows[i].text, &s, &err), -EINVAL);
		snprintf(want, sizeof(want), "%s:%s", path, rows[i].says);
		if (strncmp(err.text, want, strlen(want)) != 0)
			fail_msg("'%s', not '%s'", err.text, want);
		assert_int_equal(s.n, 0);
	}
}

static void test_bytes(void **state)
{
	struct settings s = {0};
	struct err err;
	char text[600];

	(void)state;
	assert_int_equal(load_bytes("[labels]\na\0b = 1\n", 17, &s, &err), -EINVAL);
	memset(text, 'x', sizeof(text));
	memcpy(text, "[labels]\na = ", 13);
	assert_int_equal(load_bytes(text, sizeof(text), &s, &err), -EINVAL);
	assert_non_null(strstr(err.text, ":2: the line is too long"));
	memset(text, 0xff, sizeof(text));
	assert_int_equal(load_bytes(text, 100, &s, &err), -EINVAL);
	/* The last line may lack its newline. */
	assert_int_equal(load("[labels]\na = 1", &s, &err), 0);
	assert_string_equal(settings_get(&s, "label.a"), "1");
	assert_int_equal(load("\xef\xbb\xbf[labels]\r\na = 1\r\n", &s, &err), 0);
	assert_string_equal(settings_get(&s, "label.a"), "1");
}

static void test_files(void **state)
{
	struct settings s = {0};
	struct err err;
	char name[32];
	int ends[2];

	(void)state;
	assert_int_equal(settings_load(&s, "/nonexistent/x", &err), -ENOENT);
	assert_string_equal(err.text, "cannot read /nonexistent/x: No such file or directory");
	assert_int_equal(settings_load(&s, "/", &err), -EISDIR);
	assert_non_null(strstr(err.text, "Is a directory"));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10); /* it does not wait for who writes */
	assert_int_equal(settings_load(&s, path, &err), -EAGAIN);
	alarm(0);
	assert_non_null(strstr(err.text, "nobody writes to this pipe"));
	unlink(path);
	/* Once it can be read, as a shell's <(...). */
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	assert_int_equal(write(ends[1], "[labels]\na = 1\n", 15), 15);
	close(ends[1]);
	assert_int_equal(settings_load(&s, name, &err), 0);
	assert_int_equal(settings_load(&s, name, &err), -EAGAIN);
	assert_string_equal(settings_get(&s, "label.a"), "1");
	close(ends[0]);
}

static void test_list(void **state)
{
	struct settings s = {0};
	struct err err;
	char key[100], value[200];

	(void)state;
	assert_int_equal(settings_set(&s, "pid", "1", &err), 0);
	assert_int_equal(settings_set(&s, "class", "network", &err), 0);
	assert_int_equal(settings_set(&s, "pid", "2", &err), 0);
	assert_int_equal(s.n, 2);
	assert_string_equal(settings_get(&s, "pid"), "2");
	assert_int_equal(settings_set(&s, "pid", "", &err), 0);
	assert_int_equal(s.n, 1);
	assert_null(settings_get(&s, "pid"));
	assert_string_equal(settings_get(&s, "class"), "network");
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(settings_set(&s, key, "1", &err), -ENAMETOOLONG);
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(settings_set(&s, "k", value, &err), -ENAMETOOLONG);
	for (int i = 1; i < SETTINGS_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(settings_set(&s, key, "1", &err), 0);
	}
	assert_int_equal(settings_set(&s, "one.more", "1", &err), -ENOSPC);
}

static int from(struct settings *s, struct err *err, const char *a, const char *b)
{
	char *environment[] = {"PATH=/bin", "CULPRIT_SERVICE_HOST=10.0.0.1",
			       "CULPRIT_",  (char *)a,
			       (char *)b,   NULL};

	memset(err, 0, sizeof(*err));
	return settings_environment(s, environment, err);
}

static void test_environment(void **state)
{
	struct settings s;
	struct err err;

	(void)state;
	assert_int_equal(
		load("[general]\nclass = network\nwindow_s = 120\n[thresholds]\npath-loss.min_segments = 5\n",
		     &s, &err),
		0);
	assert_int_equal(from(&s, &err, "CULPRIT_GENERAL_TICK_S=0.5",
			      "CULPRIT_THRESHOLDS_PATH_LOSS_MIN_SEGMENTS=300"),
			 0);
	assert_int_equal(s.tick_ms, 500);
	assert_string_equal(settings_get(&s, "path-loss.min_segments"), "300");
	assert_string_equal(settings_get(&s, "class"), "network");
	assert_string_equal(settings_get(&s, "window_s"), "120");
	assert_int_equal(from(&s, &err, "CULPRIT_LABELS_SITE=fra 2",
			      "CULPRIT_WATCH_EXCLUDE_PEERS=10.0.0.0/8"),
			 0);
	assert_string_equal(settings_get(&s, "label.site"), "fra 2");
	assert_int_equal(from(&s, &err, "CULPRIT_SINKS_QUEUE_KB=64", "CULPRIT_DAEMON_METRICS=9101"),
			 0);
	assert_int_equal(s.sinks.queue_bytes, 64 << 10);
}

/* A cluster's services that have our name, or one that begins with it. */
static void test_environment_of_services(void **state)
{
	static const char *const variables[] = {
		"CULPRIT_SERVICE_HOST=10.0.0.1",
		"CULPRIT_PORT=tcp://10.0.0.1:80",
		"CULPRIT_DAEMON_SERVICE_HOST=10.0.0.1",
		"CULPRIT_DAEMON_SERVICE_PORT=9899",
		"CULPRIT_DAEMON_SERVICE_PORT_METRICS=9899",
		"CULPRIT_DAEMON_PORT=tcp://10.0.0.1:9899",
		"CULPRIT_DAEMON_PORT_9899_TCP=tcp://10.0.0.1:9899",
		"CULPRIT_DAEMON_PORT_9899_TCP_PROTO=tcp",
		"CULPRIT_DAEMON_PORT_53_UDP_ADDR=10.0.0.1",
		"CULPRIT_DAEMONS_SERVICE_HOST=10.0.0.1",
		"CULPRIT_SINKS_OF_MINE_SERVICE_PORT=1",
	};
	struct settings s;
	struct err err;

	(void)state;
	settings_init(&s);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (from(&s, &err, variables[i], "CULPRIT_GENERAL_TICK_S=2") < 0)
			fail_msg("%s", err.text);
	assert_int_equal(s.tick_ms, 2000);
	assert_int_equal(s.n, 0);
	assert_int_equal(
		from(&s, &err, "CULPRIT_LABELS_SERVICE_HOST=a", "CULPRIT_LABELS_PORT=tcp://b"), 0);
	assert_string_equal(settings_get(&s, "label.service_host"), "a");
	assert_string_equal(settings_get(&s, "label.port"), "tcp://b");
}

static void test_environment_wrong(void **state)
{
	static const struct {
		const char *variable, *says;
	} wrong[] = {
		{"CULPRIT_GENERAL_TICK=1", "CULPRIT_GENERAL_TICK: unknown key 'tick' in [general]"},
		{"CULPRIT_GENERAL_TICK_S=0", "CULPRIT_GENERAL_TICK_S: tick_s: "},
		{"CULPRIT_GENERAL_=1", "CULPRIT_GENERAL_: "},
		{"CULPRIT_THRESHOLDS_PATH_LOSS_MIN_SEGMENT=1", "unknown threshold"},
		{"CULPRIT_THRESHOLDS_CONNECT_REFUSED_SCAN_PORT=9", "unknown threshold"},
		{"CULPRIT_THRESHOLDS_PATH_LOSS_MIN_SEGMENTS=-1",
		 "CULPRIT_THRESHOLDS_PATH_LOSS_MIN_SEGMENTS: "},
		{"CULPRIT_DEAMON_SOCKET=none",
		 "CULPRIT_DEAMON_SOCKET: no section 'deamon' (did you mean daemon?)"},
		{"CULPRIT_SINKS_PRINTER=yes", "CULPRIT_SINKS_PRINTER: "},
	};
	struct settings s, before;
	struct err err;

	(void)state;
	assert_int_equal(load("[general]\nclass = network\n", &s, &err), 0);
	before = s;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		/* Nothing of it is taken, of the good one before it neither. */
		assert_int_equal(from(&s, &err, "CULPRIT_GENERAL_WINDOW_S=30", wrong[i].variable),
				 -EINVAL);
		if (!strstr(err.text, wrong[i].says))
			fail_msg("%s: %s", wrong[i].variable, err.text);
		assert_memory_equal(&s, &before, sizeof(s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sections),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_environment_of_services),
		cmocka_unit_test(test_environment_wrong),
	};
	int fd, failed;

	snprintf(path, sizeof(path), "/tmp/test_settings.XXXXXX");
	fd = mkstemp(path);
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
