/* SPDX-License-Identifier: BSD-2-Clause */
/* test_disk_answer.c - what devices answer, in words. */
#include "rules/disk_answer.h"
#include "rules/world.h"

static void says(const struct disk_error *e, const char *text)
{
	assert_string_equal(disk_answer_text(e).s, text);
}

static void test_sense(void **state)
{
	static const struct {
		__u8 key, asc, ascq;
		const char *text;
	} rows[] = {
		{0x3, 0x11, 0x00, "sense 3/11/00, unrecovered read error"},
		{0x3, 0x0c, 0x03, "sense 3/0c/03, write error - recommend reassignment"},
		{0xb, 0x4b, 0x03, "sense b/4b/03, ack/nak timeout"},
		{0xb, 0x10, 0x01, "sense b/10/01, logical block guard check failed"},
		{0x5, 0x20, 0x00, "sense 5/20/00, invalid command operation code"},
		{0x2, 0x3a, 0x00, "sense 2/3a/00, medium not present"},
		/* No additional sense: the key's own name. */
		{0x4, 0x00, 0x00, "sense 4/00/00, hardware error"},
		/* The list has no such code; a code of the vendor. */
		{0x3, 0x11, 0x7f, "sense 3/11/7f, medium error"},
		{0x9, 0x80, 0x12, "sense 9/80/12, vendor specific"},
		/* By number: a failed component. */
		{0x4, 0x40, 0x85, "sense 4/40/85, diagnostic failure on component [0x85]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct disk_error e = {
			.sense_key = rows[i].key, .asc = rows[i].asc, .ascq = rows[i].ascq};

		says(&e, rows[i].text);
	}
}

static void test_nvme(void **state)
{
	static const struct {
		__u16 status;
		const char *text;
	} rows[] = {
		{0x0281, "NVMe status 2/81, unrecovered read error"},
		{0x4281, "NVMe status 2/81, unrecovered read error"},
		{0x0280, "NVMe status 2/80, write fault"},
		{0x4282, "NVMe status 2/82, end-to-end guard check error"},
		{0x0303, "NVMe status 3/03, this path is in transition"},
		{0x0371, "NVMe status 3/71, the host aborted the command"},
		{0x0006, "NVMe status 0/06, internal error"},
		{0x0080, "NVMe status 0/80, LBA out of range"},
		{0x02f3, "NVMe status 2/f3, not known"},
		{0x07ff, "NVMe status 7/ff, vendor specific"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct disk_error e = {.nvme_status = rows[i].status};

		says(&e, rows[i].text);
		assert_int_equal(disk_answer_is_final(&e), rows[i].status >= 0x4000);
	}
}

static void test_scsi_without_sense(void **state)
{
	struct disk_error e = {.scsi_result = 0x00030000};

	(void)state;
	says(&e, "host byte 0x03, the command timed out");
	e.scsi_result = 0x00010000;
	says(&e, "host byte 0x01, no connection to the device");
	e.scsi_result = 0x00ff0000;
	says(&e, "host byte 0xff, not known");
	e.scsi_result = 0x18;
	says(&e, "SCSI status 0x18, reservation conflict");
	/* A check condition whose sense was not read, and nothing at all. */
	e.scsi_result = 0x02;
	says(&e, "");
	e.scsi_result = 0;
	says(&e, "");
}

/* Whatever a device sends: a text that ends, of printable characters, none longer than a line. */
static void test_each_answer_is_a_text(void **state)
{
	(void)state;
	for (unsigned int code = 0; code < 0x10000; code++) {
		struct disk_error sense = {.sense_key = (__u8)(1 + code % 15),
					   .asc = (__u8)(code >> 8),
					   .ascq = (__u8)code};
		struct disk_error nvme = {.nvme_status = (__u16)code};
		struct answer_text text[2] = {disk_answer_text(&sense), disk_answer_text(&nvme)};

		for (int i = 0; i < 2; i++) {
			size_t n = strlen(text[i].s);

			assert_true(n < sizeof(text[i].s));
			for (size_t k = 0; k < n; k++)
				assert_true(text[i].s[k] >= 0x20 && text[i].s[k] < 0x7f);
		}
	}
}

/* Standby, unavailable, in transition; RDAC's other controller; what the kernel refuses itself: no other failures. */
static void test_path_state(void **state)
{
	static const struct {
		struct disk_error e;
		bool is;
	} answers[] = {
		{{.sense_key = 2, .asc = 4, .ascq = 0x0a, .status = BLOCK_IOERR}, true},
		{{.sense_key = 2, .asc = 4, .ascq = 0x0c, .status = BLOCK_IOERR}, true},
		{{.sense_key = 2, .asc = 4, .ascq = 0x02, .status = BLOCK_IOERR}, false},
		{{.sense_key = 5, .asc = 0x94, .ascq = 1, .status = BLOCK_TARGET}, true},
		{{.sense_key = 5, .asc = 0x25, .ascq = 0, .status = BLOCK_TARGET}, false},
		{{.quiet = true, .scsi_result = 0x070000, .status = BLOCK_IOERR}, true},
		{{.quiet = true, .status = BLOCK_IOERR}, true},
		{{.scsi_result = 0x070000, .status = BLOCK_IOERR}, false},
		{{.quiet = true, .scsi_result = 0x010000, .status = BLOCK_OFFLINE}, false},
		{{.quiet = true, .sense_key = 3, .asc = 0x11, .status = BLOCK_MEDIUM}, false},
		{{.quiet = true, .nvme_status = 0x281, .status = BLOCK_IOERR}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		assert_int_equal(disk_answer_is_path_state(&answers[i].e), answers[i].is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sense),
		cmocka_unit_test(test_nvme),
		cmocka_unit_test(test_scsi_without_sense),
		cmocka_unit_test(test_each_answer_is_a_text),
		cmocka_unit_test(test_path_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
