/* SPDX-License-Identifier: BSD-2-Clause */
/* test_smart_json.c - what smartctl writes for disks of each sort, and what is no such thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/smart_json.h"

static struct event_smart parse(const char *text)
{
	struct event_smart smart = {0};
	size_t n = strlen(text);
	char *copy = malloc(n + 1); /* of its size: a byte too far is seen */

	assert_non_null(copy);
	memcpy(copy, text, n);
	smart_json_parse(copy, n, &smart);
	free(copy);
	return smart;
}

#define ATTRIBUTE(id, name, value, raw, string)                                                    \
	"{\"id\":" id ",\"name\":\"" name "\",\"value\":" value ",\"raw\":{\"value\":" raw         \
	",\"string\":\"" string "\"}}"

static void test_ata(void **state)
{
	struct event_smart s = parse(
		"{\"smartctl\":{\"version\":[7,3],\"exit_status\":64},"
		"\"smart_status\":{\"passed\":true},\"ata_smart_attributes\":{\"revision\":10,\"table\":[" ATTRIBUTE("5", "Reallocated_Sector_Ct", "98", "12", "12") "," ATTRIBUTE(
			"187", "Reported_Uncorrect", "93", "7",
			"7") "," ATTRIBUTE("194", "Temperature_Celsius", "64", "197568495652",
					   "36 (Min/Max 21/46)") "," ATTRIBUTE("197",
									       "Current_Pending_Sector",
									       "100", "3",
									       "3") "," ATTRIBUTE("198",
												  "Offline_Uncorrectable",
												  "100",
												  "2",
												  "2") "," ATTRIBUTE("199",
														     "UDMA_CRC_Error_Count",
														     "200",
														     "0",
														     "0") "," ATTRIBUTE("233",
																	"Media_Wearout_Indicator",
																	"97",
																	"0",
																	"0") "]},\"power_on_time\":{\"hours\":21034},\"temperature\":{\"current\":36}}");

	(void)state;
	assert_int_equal(s.outcome, SMART_READ);
	assert_int_equal(s.known, 511);
	assert_int_equal(s.passed, 1);
	assert_int_equal(s.reallocated, 12);
	assert_int_equal(s.media_errors, 7);
	assert_int_equal(s.pending, 3);
	assert_int_equal(s.uncorrectable, 2);
	assert_int_equal(s.link_errors, 0);
	assert_int_equal(s.wear_percent, 3);
	assert_int_equal(s.temperature, 36);
	assert_int_equal(s.hours, 21034);
}

static void test_nvme(void **state)
{
	struct event_smart s = parse(
		"{\"smart_status\":{\"passed\":false,\"nvme\":{\"value\":4}},"
		"\"nvme_smart_health_information_log\":{\"critical_warning\":4,\"temperature\":41,"
		"\"available_spare\":9,\"percentage_used\":104,\"media_errors\":19,"
		"\"num_err_log_entries\":40},\"temperature\":{\"current\":41},"
		"\"power_on_time\":{\"hours\":30000}}");

	(void)state;
	assert_int_equal(s.outcome, SMART_READ);
	assert_true(s.known & SMART_PASSED && !s.passed);
	assert_int_equal(s.wear_percent, 104);
	assert_int_equal(s.media_errors, 19);
	assert_int_equal(s.temperature, 41);
	assert_false(s.known & SMART_REALLOCATED);
}

static void test_scsi(void **state)
{
	struct event_smart s =
		parse("{\"smart_status\":{\"passed\":true},\"scsi_grown_defect_list\":5,"
		      "\"scsi_error_counter_log\":{\"read\":{\"errors_corrected_by_eccfast\":9,"
		      "\"gigabytes_processed\":\"1234.5\",\"total_uncorrected_errors\":2},"
		      "\"write\":{\"total_uncorrected_errors\":1}},"
		      "\"scsi_percentage_used_endurance_indicator\":12}");

	(void)state;
	assert_int_equal(s.reallocated, 5);
	assert_int_equal(s.media_errors, 3);
	assert_int_equal(s.wear_percent, 12);
}

static void test_no_values(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"smartctl\":{\"messages\":[{\"string\":\"Device is in STANDBY "
			       "mode, exit(2)\",\"severity\":\"information\"}],\"exit_status\":2}}")
				 .outcome,
			 SMART_ASLEEP);
	assert_int_equal(parse("{\"smartctl\":{\"messages\":[{\"string\":\"/dev/sda: Unable to "
			       "detect device type\",\"severity\":\"error\"}]}}")
				 .outcome,
			 SMART_NOTHING);
	assert_int_equal(parse("{}").outcome, SMART_NOTHING);
}

static void test_broken(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"[1,2]",
		"12",
		"null",
		"smartctl 7.3 2022-02-28",
		"{\"a\":",
		"{\"a\" 1}",
		"\xff\xfe{}",
		"{\"smart_status\":{\"passed\":true}",
	};
	char deep[400];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct event_smart s = parse(texts[i]);

		if (s.outcome != SMART_BROKEN)
			fail_msg("%s: %u", texts[i], s.outcome);
		assert_int_equal(s.known, 0);
	}
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(parse(deep).outcome, SMART_BROKEN);
}

/* Of the wrong type, or out of all reason: unknown, each by itself. */
static void test_lies(void **state)
{
	struct event_smart s = parse(
		"{\"smart_status\":{\"passed\":\"yes\"},\"temperature\":{\"current\":5000},"
		"\"power_on_time\":{\"hours\":-4},\"endurance_used\":{\"current_percent\":1e9},"
		"\"scsi_grown_defect_list\":9223372036854775807,"
		"\"nvme_smart_health_information_log\":[1,2,3],"
		"\"ata_smart_attributes\":{\"table\":[7,null,{\"id\":5},{\"id\":\"197\"},"
		"{\"id\":197,\"raw\":{\"value\":-1,\"string\":\"-1\"}},"
		"{\"id\":198,\"raw\":{\"string\":\"99999999999999999999999\"}},"
		"{\"id\":199,\"raw\":\"12\"},{\"id\":187,\"raw\":{\"value\":6,\"string\":\"6 of 7\"}}]}}");

	(void)state;
	assert_int_equal(s.known, SMART_MEDIA_ERRORS);
	assert_int_equal(s.media_errors, 6);
	/* A sensor that is not there. */
	assert_int_equal(parse("{\"temperature\":{\"current\":0}}").known, 0);
	assert_int_equal(parse("{\"temperature\":{\"current\":-12}}").temperature, -12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ata),    cmocka_unit_test(test_nvme),
		cmocka_unit_test(test_scsi),   cmocka_unit_test(test_no_values),
		cmocka_unit_test(test_broken), cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
