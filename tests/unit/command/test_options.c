/* SPDX-License-Identifier: BSD-2-Clause */
/* test_options.c - the command line: options, durations, class lists, suggestions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "options.h"

static const struct command command = {
	.name = "trace",
	.option_mask = OPTION_BIT(OPTION_DURATION) | OPTION_BIT(OPTION_JSON) |
		       OPTION_BIT(OPTION_CLASS) | OPTION_BIT(OPTION_PID) |
		       OPTION_BIT(OPTION_RECORD) | OPTION_BIT(OPTION_EXIT_CODE),
	.summary = "watch",
	.details = "More.\n",
};

static const struct command with_file = {.name = "replay",
					 .operand = "FILE",
					 .option_mask = OPTION_BIT(OPTION_JSON),
					 .summary = "again"};
static const struct command with_kind = {.name = "explain", .operand = "[KIND]", .summary = "what"};

/* Parses the words of `text`, which has at most 8. */
static int parse(const struct command *c, const char *text, struct options *o, struct err *err)
{
	static char copy[256]; /* the options borrow from it */
	char *argv[9] = {0}, *save = NULL;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	memset(err, 0, sizeof(*err));
	return options_parse(c, argc, argv, o, err);
}

static void test_forms(void **state)
{
	static const char *const forms[] = {"-d 5 --json --pid 7", "-d5 --pid=7 --json",
					    "--duration 5 --json --pid=7",
					    "--json --duration=5s --pid 7"};
	struct options o;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(parse(&command, forms[i], &o, &err), 0);
		assert_int_equal(o.duration_ns, 5000000000ULL);
		assert_int_equal(o.pid, 7);
		assert_true(o.json);
		assert_false(o.exit_code);
		assert_null(o.record);
	}
	assert_int_equal(parse(&command, "", &o, &err), 0);
	assert_int_equal(o.duration_ns, 0);
	assert_int_equal(parse(&command, "-h", &o, &err), 0);
	assert_true(o.help);
	assert_int_equal(parse(&command, "-d 5 -d 6", &o, &err), 0);
	assert_int_equal(o.duration_ns, 6000000000ULL);
}

static void test_operands(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(parse(&with_file, "a.gz --json", &o, &err), 0);
	assert_string_equal(o.operand, "a.gz");
	assert_int_equal(parse(&with_file, "--json -- --json", &o, &err), 0);
	assert_string_equal(o.operand, "--json");
	assert_int_equal(parse(&with_file, "-", &o, &err), 0);
	assert_string_equal(o.operand, "-");
	assert_int_equal(parse(&with_file, "--json", &o, &err), -EINVAL);
	assert_string_equal(err.text, "replay needs a FILE");
	assert_int_equal(parse(&with_file, "a b", &o, &err), -EINVAL);
	assert_int_equal(parse(&with_file, "--help", &o, &err), 0);
	assert_int_equal(parse(&with_kind, "", &o, &err), 0);
	assert_null(o.operand);
	assert_int_equal(parse(&command, "now", &o, &err), -EINVAL);
	assert_string_equal(err.text, "trace takes no argument 'now'");
}

static void test_wrong(void **state)
{
	static const struct {
		const char *words;
		const char *says;
	} rows[] = {
		{"--jsn", "trace knows no option '--jsn' (did you mean --json?)"},
		{"--exitcode", "trace knows no option '--exitcode' (did you mean --exit-code?)"},
		{"--rec x", "trace knows no option '--rec' (did you mean --record?)"},
		{"--events", "trace knows no option '--events'"},
		{"-x", "trace knows no option '-x'"},
		{"-djson",
		 "-d: 'json' is no duration: seconds above 0 (30, 1.5), or with a unit (30s, 5m, 1h)"},
		{"-d", "-d needs a value: SECONDS"},
		{"--json=yes", "--json takes no value"},
		{"--pid=", "--pid: '' is no process id: a number from 1 to 4194304"},
		{"--pid 0", "--pid: '0' is no process id: a number from 1 to 4194304"},
		{"--pid -1", "--pid: '-1' is no process id: a number from 1 to 4194304"},
		{"--pid 99999999999999999999",
		 "--pid: '99999999999999999999' is no process id: a number from 1 to 4194304"},
		{"--record=", "--record: the file name is empty"},
		{"--class=netwrk",
		 "--class: unknown class 'netwrk' (did you mean network?): hardware, network, "
		 "connection-leak, system"},
		{"--class=",
		 "--class: unknown class '': hardware, network, connection-leak, system"},
		{"--class=system,",
		 "--class: unknown class '': hardware, network, connection-leak, system"},
	};
	struct options o, before;
	struct err err;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o = before;
		assert_int_equal(parse(&command, rows[i].words, &o, &err), -EINVAL);
		assert_string_equal(err.text, rows[i].says);
		assert_memory_equal(&o, &before, sizeof(o));
	}
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		unsigned long long ns; /* 0 = refused */
	} rows[] = {
		{"30", 30000000000ULL},
		{"1.5", 1500000000ULL},
		{"0.1", 100000000ULL},
		{"30s", 30000000000ULL},
		{"5m", 300000000000ULL},
		{"1h", 3600000000000ULL},
		{"0.5h", 1800000000000ULL},
		{"168h", 604800000000000ULL},
		{"604800", 604800000000000ULL},
		{"0.002m", 120000000ULL},
		{"1.0000000001", 1000000000ULL},
		{"007", 7000000000ULL},
		{"0", 0},
		{"0.0", 0},
		{"0.09", 0},
		{"-1", 0},
		{"-0", 0},
		{"", 0},
		{" 5", 0},
		{"5 ", 0},
		{"nan", 0},
		{"NaN", 0},
		{"inf", 0},
		{"1e3", 0},
		{"0x10", 0},
		{"5d", 0},
		{"5ms", 0},
		{"5.", 0},
		{".5", 0},
		{"1,5", 0},
		{"604801", 0},
		{"604800.1", 0},
		{"169h", 0},
		{"10081m", 0},
		{"+5", 0},
		{"99999999999999999999999999", 0},
		{"18446744073709551616", 0},
		{"1.2.3", 0},
		{"s", 0},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned long long ns = 1;
		int ret = parse_duration(rows[i].text, &ns, &err);

		if ((ret == 0) != (rows[i].ns != 0))
			fail_msg("duration '%s': %d", rows[i].text, ret);
		assert_int_equal(ns, rows[i].ns ? rows[i].ns : 1);
	}
}

static void test_class_lists(void **state)
{
	char list[64];
	struct err err;

	(void)state;
	assert_int_equal(parse_class_list("network,hardware,network", list, sizeof(list), &err), 0);
	assert_string_equal(list, "hardware,network");
	assert_int_equal(parse_class_list("system", list, sizeof(list), &err), 0);
	assert_string_equal(list, "system");
	assert_int_equal(parse_class_list("system,connection-leak,network,hardware", list,
					  sizeof(list), &err),
			 0);
	assert_string_equal(list, "");
	assert_int_equal(parse_class_list("hardware, network", list, sizeof(list), &err), -EINVAL);
	assert_int_equal(parse_class_list("Hardware", list, sizeof(list), &err), -EINVAL);
}

static const char *name_at(const void *table, unsigned int i)
{
	return ((const char *const *)table)[i];
}

static void test_suggest(void **state)
{
	static const char *const names[] = {"trace",  "daemon", "replay", "explain",
					    "probes", "schema", NULL};
	static const struct {
		const char *text;
		const char *meant;
	} rows[] = {
		{"tarce", "trace"},  {"traces", "trace"},  {"tr", "trace"},
		{"demon", "daemon"}, {"repaly", "replay"}, {"xplain", "explain"},
		{"probe", "probes"}, {"scheme", "schema"}, {"frobnicate", NULL},
		{"x", NULL},	     {"", NULL},	   {"zzzzz", NULL},
	};
	char long_text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *meant = suggest(rows[i].text, names, 7, name_at);

		if (!rows[i].meant)
			assert_null(meant);
		else
			assert_string_equal(meant, rows[i].meant);
	}
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_null(suggest(long_text, names, 7, name_at));
}

static void test_help(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	options_help(&command, out);
	fclose(out);
	assert_memory_equal(
		text, "usage: culprit trace [-d SECONDS] [--json] [--class LIST] [--pid PID] ", 60);
	assert_non_null(strstr(text, "  -d, --duration SECONDS"));
	assert_non_null(strstr(text, "\nMore.\n"));
	assert_null(strstr(text, "--output"));
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		assert_true(end - line <= 80);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	    cmocka_unit_test(test_operands),
		cmocka_unit_test(test_wrong),	    cmocka_unit_test(test_durations),
		cmocka_unit_test(test_class_lists), cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
