/* SPDX-License-Identifier: BSD-2-Clause */
/* test_host_text.c - /proc/loadavg, meminfo, pressure and stat, as they are and as they should not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/host_text.h"

static void test_loadavg(void **state)
{
	static const char *const bad[] = {"",
					  "0.42",
					  "0.42 0.31 0.25",
					  "x 0.31 0.25 2/1043 1",
					  "0.4 0.3 0.2 2/1",
					  "0.42 0.31 0.25 2 1043",
					  "0.42 0.31 0.25 /3 1",
					  "-1.00 0.1 0.2 1/2 3",
					  "0.42  0.31 0.25 2/3"};
	struct event_host_load load = {.running = 77};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(loadavg_parse(bad[i], &load));
	assert_int_equal(load.running, 77);
	assert_true(loadavg_parse("12.05 0.31 0.25 2/1043 81204\n", &load));
	assert_int_equal(load.load1_centi, 1205);
	assert_int_equal(load.running, 2);
	assert_int_equal(load.tasks, 1043);
	assert_true(loadavg_parse("0.00 0.00 0.00 99999999999999999999/99999999999 1", &load));
	assert_int_equal(load.running, ~0U);
}

static void test_meminfo(void **state)
{
	struct event_host_load load = {.mem_total = 5};

	(void)state;
	assert_false(meminfo_parse("", &load));
	assert_false(meminfo_parse("MemTotal: 0 kB\nMemAvailable: 1 kB\n", &load));
	assert_false(meminfo_parse("MemTotal: 16 kB\nMemFree: 1 kB\n", &load));
	assert_false(meminfo_parse("MemTotal: kB\nMemAvailable: 1 kB\n", &load));
	assert_false(meminfo_parse(" MemTotal: 16 kB\nMemAvailable: 1 kB", &load));
	assert_int_equal(load.mem_total, 5);
	assert_true(meminfo_parse("MemTotal:       2048 kB\nMemFree: 1 kB\nMemAvailable:   1024 kB",
				  &load));
	assert_int_equal(load.mem_total, 2048 << 10);
	assert_int_equal(load.mem_available, 1024 << 10);
	assert_int_equal(load.swap_total, 0);
	assert_true(meminfo_parse(
		"MemTotal: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 7 kB\nSwapFree: 6 kB\n", &load));
	assert_int_equal(load.swap_free, 6 << 10);
	assert_true(
		meminfo_parse("MemTotal: 99999999999999999999 kB\nMemAvailable: 1 kB\n", &load));
	assert_true(load.mem_total > 1ULL << 60);
}

static void test_pressure(void **state)
{
	static const char *const bad[] = {"",
					  "some",
					  "some avg10=0.00",
					  "some avg10=0.00 total=",
					  "full avg10=0.00 total=4\n",
					  "some avg10=0.00\nx total=4",
					  "awesome total=4"};
	__u64 some = 1, full = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pressure_parse(bad[i], &some, &full));
	assert_int_equal(some + full, 2);
	assert_true(pressure_parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=123\n"
				   "full avg10=0.00 avg60=0.00 avg300=0.00 total=45\n",
				   &some, &full));
	assert_int_equal(some, 123);
	assert_int_equal(full, 45);
	/* Up to 5.12 /proc/pressure/cpu has no line "full". */
	assert_true(pressure_parse("some avg10=1.00 avg60=0.00 avg300=0.00 total=9", &some, &full));
	assert_int_equal(some, 9);
	assert_int_equal(full, 0);
}

static void test_stat(void **state)
{
	struct event_host_cpu cpu = {.user_ms = 3};

	(void)state;
	assert_false(stat_cpu_parse("", 100, &cpu));
	assert_false(stat_cpu_parse("cpu0 1 2 3 4 5 6 7 8 9 10\n", 100, &cpu));
	assert_false(stat_cpu_parse("cpu  1 2 3 4 5 6 7\n", 100, &cpu));
	assert_false(stat_cpu_parse("cpu  1 2 3 x 5 6 7 8\n", 100, &cpu));
	assert_int_equal(cpu.user_ms, 3);
	assert_true(stat_cpu_parse("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1", 100, &cpu));
	assert_int_equal(cpu.user_ms, 10);
	assert_int_equal(cpu.nice_ms, 20);
	assert_int_equal(cpu.irq_ms, 130);
	assert_int_equal(cpu.steal_ms, 80);
	assert_true(stat_cpu_parse("cpu  99999999999999999999 2 3 4 5 6 7 8", 0, &cpu));
	assert_int_equal(cpu.system_ms, 30);
}

/* Every beginning and every single changed byte of a good text is taken or refused, and nothing is read beyond. */
static void test_damaged(void **state)
{
	static const char *const good[] = {
		"0.42 0.31 0.25 2/1043 81204\n",
		"MemTotal: 2048 kB\nMemAvailable: 1024 kB\nSwapFree: 0 kB\n",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=123\nfull avg10=0.00 total=45\n",
		"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2\n"};
	struct event_host_load load;
	struct event_host_cpu cpu;
	__u64 some, full;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		for (size_t n = 0; n <= strlen(good[i]); n++) {
			for (int change = 0; change < 256; change += 13) {
				/* Of just its size, so that a read beyond it is seen. */
				char *text = strndup(good[i], n);

				assert_non_null(text);
				if (change && n)
					text[n / 2] = (char)change;
				loadavg_parse(text, &load);
				meminfo_parse(text, &load);
				pressure_parse(text, &some, &full);
				stat_cpu_parse(text, 100, &cpu);
				free(text);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loadavg),	 cmocka_unit_test(test_meminfo),
		cmocka_unit_test(test_pressure), cmocka_unit_test(test_stat),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
