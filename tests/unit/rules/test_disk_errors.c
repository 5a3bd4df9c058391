/* SPDX-License-Identifier: BSD-2-Clause */
/* test_disk_errors.c - disk-media-error, disk-io-error: what is a fault, how sure, how bad. */
#include "rules/world.h"

/* A disk with 1,200 reads done, and failures of one kind after it. */
static void fail_reads(struct world *w, enum block_op op, enum block_status status, unsigned int n)
{
	world_init(w);
	put_disk(w, SDA, "sda", 0);
	tick(w);
	wait_s(w, 1);
	put_stat(w, SDA, op, 1200);
	tick(w);
	for (unsigned int i = 0; i < n; i++)
		put_io(w, SDA, op, status, 4660 + 8 * i, 0);
}

static void test_medium_error_is_reported(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 3);
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.claim[0].basis, BASIS_REPORTED);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_true(w.claim[0].confidence >= 0.96);
	assert_int_equal(w.claim[0].count, 3);
	assert_string_equal(w.claim[0].subject.name, "sda");
	assert_string_equal(w.claim[0].message,
			    "DISK: sda has unreadable sectors; 3 of 1,200 reads failed.");
	assert_string_equal(w.claim[0].advice[0].command, "smartctl -x /dev/sda");
	assert_true(find_evidence(&w.claim[0], "disk.sectors.failed")->value == 3);
	assert_int_equal(judge(&w, "disk-io-error"), 0);
	world_done(&w);
}

static void test_what_is_no_fault(void **state)
{
	static const struct {
		enum block_op op;
		enum block_status status;
	} rows[] = {
		{BLOCK_DISCARD, BLOCK_NOTSUPP},	    {BLOCK_DISCARD, BLOCK_IOERR},
		{BLOCK_DISCARD, BLOCK_TARGET},	    {BLOCK_WRITE_ZEROES, BLOCK_NOTSUPP},
		{BLOCK_WRITE_ZEROES, BLOCK_TARGET}, {BLOCK_FLUSH, BLOCK_NOTSUPP},
		{BLOCK_FLUSH, BLOCK_TARGET},	    {BLOCK_READ, BLOCK_AGAIN},
		{BLOCK_PASSTHROUGH, BLOCK_IOERR},   {BLOCK_PASSTHROUGH, BLOCK_MEDIUM},
		{BLOCK_WRITE, BLOCK_RESV_CONFLICT}, {BLOCK_WRITE, BLOCK_NOSPC},
		{BLOCK_READ, BLOCK_RESOURCE},	    {BLOCK_READ, BLOCK_DM_REQUEUE},
		{BLOCK_WRITE, BLOCK_ZONE},	    {BLOCK_READ, BLOCK_DURATION_LIMIT},
		{BLOCK_READ, BLOCK_INVAL},	    {BLOCK_OTHER, BLOCK_IOERR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		fail_reads(&w, rows[i].op, rows[i].status, 20);
		put_status(&w, SDA, rows[i].op, rows[i].status, 20, 0);
		if (judge(&w, "disk-media-error") || judge(&w, "disk-io-error"))
			fail_msg("operation %u, status %u: %s", rows[i].op, rows[i].status,
				 w.claim[0].message);
		assert_int_equal(w.n_asks, 0);
		world_done(&w);
	}
}

static void test_a_status_that_is_not_known_is_kept(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_STATUS_UNKNOWN, 10);
	assert_int_equal(judge(&w, "disk-io-error"), 1);
	/* The kind may be another one: a suspicion, no fault. */
	assert_true(w.claim[0].confidence >= 0.5 && w.claim[0].confidence < 0.8);
	assert_non_null(find_evidence(&w.claim[0], "disk.errors.other_kind"));
	world_done(&w);
}

/* Errors that lie back, while the disk did well since: not forgotten, and no reason to be woken. */
static void test_old_errors_weigh_less(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 3);
	put_mount(&w, SDA, "/data");
	tick(&w);
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	for (unsigned int i = 1; i <= 3; i++) {
		wait_s(&w, 50);
		put_stat(&w, SDA, BLOCK_READ, 1200 + 500 * i);
		tick(&w);
	}
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	world_done(&w);
}

static void put_retries(struct world *w, enum block_status status, unsigned int n)
{
	struct event_block_status e = EVENT(w, event_block_status, EVENT_BLOCK_STATUS);

	e.dev = SDA;
	e.op = BLOCK_READ;
	e.status = status;
	e.retried = n;
	put(w, &e);
}

static void test_retries_that_helped_are_info(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_OK, 0);
	put_retries(&w, BLOCK_TRANSPORT, 4);
	tick(&w);
	assert_int_equal(judge(&w, "disk-transport-error"), 0);
	wait_s(&w, 1);
	put_retries(&w, BLOCK_TRANSPORT, 9);
	tick(&w);
	assert_int_equal(judge(&w, "disk-transport-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_INFO);
	assert_int_equal(w.claim[0].count, 9);
	assert_true(find_evidence(&w.claim[0], "disk.retries")->value == 9);
	assert_true(w.claim[0].first_ns && w.claim[0].first_ns < w.claim[0].last_ns);
	/* One fails for good: a fault, and the retries are evidence. */
	put_io(&w, SDA, BLOCK_READ, BLOCK_TRANSPORT, 4660, 0);
	assert_int_equal(judge(&w, "disk-transport-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_true(find_evidence(&w.claim[0], "disk.retries")->value == 9);
	world_done(&w);
}

/* What the status names is the kind, and only that one. */
static void test_named_kinds(void **state)
{
	static const struct {
		enum block_status status;
		const char *kind, *message;
	} rows[] = {
		{BLOCK_TRANSPORT, "disk-transport-error",
		 "DISK: sda cannot be reached reliably; 4 of 1,200 reads failed."},
		{BLOCK_TIMEOUT, "disk-timeout",
		 "DISK: sda does not answer in time; 4 of 1,200 reads failed."},
		{BLOCK_PROTECTION, "disk-integrity-error",
		 "DISK: sda returns data that does not match; 4 of 1,200 reads failed."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;
		double sure;

		fail_reads(&w, BLOCK_READ, rows[i].status, 4);
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			assert_int_equal(judge(&w, rows[k].kind), i == k);
		assert_int_equal(judge(&w, "disk-io-error"), 0);
		assert_int_equal(judge(&w, rows[i].kind), 1);
		assert_string_equal(w.claim[0].message, rows[i].message);
		assert_int_equal(w.claim[0].basis, BASIS_REPORTED);
		sure = w.claim[0].confidence;
		assert_true(sure >= 0.8);
		world_done(&w);
		/* One failure that hundreds of others did not share may have been an accident. */
		fail_reads(&w, BLOCK_READ, rows[i].status, 1);
		wait_s(&w, 1);
		put_stat(&w, SDA, BLOCK_READ, 2400);
		tick(&w);
		wait_s(&w, 1);
		put_stat(&w, SDA, BLOCK_READ, 3600);
		tick(&w);
		assert_int_equal(judge(&w, rows[i].kind), 1);
		assert_true(w.claim[0].confidence < sure);
		assert_non_null(find_evidence(&w.claim[0], "disk.requests.after"));
		world_done(&w);
	}
}

/* A disk with a bad medium may drop its link over it: less sure of the link. */
static void test_a_bad_medium_speaks_against_the_link(void **state)
{
	struct world w;
	double alone;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_TRANSPORT, 4);
	assert_int_equal(judge(&w, "disk-transport-error"), 1);
	alone = w.claim[0].confidence;
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 9999, 0);
	assert_int_equal(judge(&w, "disk-transport-error"), 1);
	assert_true(w.claim[0].confidence < alone);
	assert_non_null(find_evidence(&w.claim[0], "disk.errors.medium"));
	world_done(&w);
}

/* The device's own answer stands in the evidence. */
static void test_what_the_device_said(void **state)
{
	struct event_block_io e;
	bool said = false, took = false;
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_TIMEOUT, 1);
	e = (struct event_block_io)EVENT(&w, event_block_io, EVENT_BLOCK_IO);
	e.dev = SDA;
	e.status = BLOCK_TIMEOUT;
	e.reason = BLOCK_IO_ERROR;
	e.sector = 8;
	e.bytes = 4096;
	e.sense_key = 0xb;
	e.asc = 0x4b;
	e.ascq = 3;
	e.lat_ns = 36 * SEC;
	e.timeout_ms = 30000;
	put(&w, &e.h);
	assert_int_equal(judge(&w, "disk-timeout"), 1);
	for (unsigned int i = 0; i < w.claim[0].n_evidence; i++) {
		said |= strcmp(w.claim[0].evidence[i].text,
			       "the device said: sense b/4b/03, ack/nak timeout (1 of 2)") == 0;
		took |= strcmp(w.claim[0].evidence[i].text,
			       "one took 36.0 s; the timeout is 30.0 s") == 0;
	}
	assert_true(said);
	assert_true(took);
	world_done(&w);
}

static void test_io_error(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_IOERR, 5);
	assert_int_equal(judge(&w, "disk-io-error"), 1);
	assert_true(w.claim[0].confidence >= 0.9);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_int_equal(judge(&w, "disk-media-error"), 0);
	world_done(&w);
	fail_reads(&w, BLOCK_WRITE, BLOCK_IOERR, 1);
	assert_int_equal(judge(&w, "disk-io-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	world_done(&w);
}

static void test_severity_by_mounts(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 2);
	put_mount(&w, SDA, "/data");
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_int_equal(w.claim[0].n_affects, 1);
	assert_string_equal(w.claim[0].affects[0].name, "/data");
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 1, 0);
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	put_setting(&w, "disk.critical_errors", "4");
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	world_done(&w);
}

/* Severity at the boundaries of number, spread, age and work done since. */
static void test_severity_boundaries(void **state)
{
	static const struct {
		unsigned int sectors, each; /* failures: sectors * each */
		double age_s;
		__u64 since; /* reads */
		enum severity severity;
	} rows[] = {
		{2, 1, 0, 0, SEVERITY_WARNING},	      {3, 1, 0, 0, SEVERITY_CRITICAL},
		{1, 15, 0, 0, SEVERITY_WARNING},      {2, 2, 0, 0, SEVERITY_CRITICAL},
		{3, 1, 119, 2000, SEVERITY_CRITICAL}, {3, 1, 121, 2000, SEVERITY_WARNING},
		{3, 1, 121, 999, SEVERITY_CRITICAL},  {3, 1, 121, 1000, SEVERITY_WARNING},
		{1, 3, 121, 1000, SEVERITY_INFO},     {2, 1, 121, 1000, SEVERITY_INFO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 0);
		put_mount(&w, SDA, "/data");
		for (unsigned int k = 0; k < rows[i].sectors * rows[i].each; k++)
			put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 4660 + 8 * (k % rows[i].sectors),
			       0);
		wait_s(&w, 0.5);
		put_stat(&w, SDA, BLOCK_READ, 1300);
		wait_s(&w, rows[i].age_s - 0.5);
		put_stat(&w, SDA, BLOCK_READ, 1300 + rows[i].since);
		tick(&w);
		assert_int_equal(judge(&w, "disk-media-error"), 1);
		if (w.claim[0].severity != rows[i].severity)
			fail_msg("row %zu: %s", i, severity_name(w.claim[0].severity));
		world_done(&w);
	}
}

/* What is lost stays lost, unless its sectors were seen to be written after all. */
static void test_severity_of_lost_writes(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_WRITE, BLOCK_IOERR, 1);
	for (unsigned int i = 1; i <= 3; i++) {
		wait_s(&w, 60);
		put_stat(&w, SDA, BLOCK_WRITE, 1200 + 1000 * i);
		tick(&w);
	}
	assert_int_equal(judge(&w, "disk-io-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	put_io(&w, SDA, BLOCK_WRITE, BLOCK_OK, 4660, 0);
	assert_int_equal(judge(&w, "disk-io-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_INFO);
	world_done(&w);
	fail_reads(&w, BLOCK_FLUSH, BLOCK_IOERR, 1);
	assert_int_equal(judge(&w, "disk-io-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	world_done(&w);
}

/* A retry loop on one sector of a path that is down: the sector says nothing. */
static void test_severity_of_a_dead_path(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_OK, 0);
	put_mount(&w, SDA, "/data");
	for (unsigned int i = 0; i < 3; i++)
		put_io(&w, SDA, BLOCK_READ, BLOCK_TRANSPORT, 4660, 0);
	assert_int_equal(judge(&w, "disk-transport-error"), 1);
	assert_int_equal(w.claim[0].severity, SEVERITY_CRITICAL);
	world_done(&w);
}

static double confidence_now(struct world *w, const char *kind)
{
	assert_int_equal(judge(w, kind), 1);
	return w->claim[0].confidence;
}

static void test_against_a_lone_failure(void **state)
{
	struct world w;
	double before;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_IOERR, 1);
	before = confidence_now(&w, "disk-io-error");
	wait_s(&w, 1);
	put_stat(&w, SDA, BLOCK_READ, 1300);
	wait_s(&w, 1);
	put_stat(&w, SDA, BLOCK_READ, 1319);
	assert_true(confidence_now(&w, "disk-io-error") == before);
	wait_s(&w, 1);
	put_stat(&w, SDA, BLOCK_READ, 1320);
	assert_true(confidence_now(&w, "disk-io-error") < before);
	assert_false(find_evidence(&w.claim[0], "disk.requests.after")->supports);
	world_done(&w);
}

static void test_against_healed_sectors(void **state)
{
	struct world w;
	double before;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 2);
	before = confidence_now(&w, "disk-media-error");
	put_io(&w, SDA, BLOCK_READ, BLOCK_OK, 4660, 0);
	assert_true(confidence_now(&w, "disk-media-error") < before - 0.05);
	assert_true(find_evidence(&w.claim[0], "disk.sectors.healed")->value == 1);
	world_done(&w);
}

static void test_against_a_virtual_disk(void **state)
{
	struct world w;
	struct event_disk e;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 3);
	e = (struct event_disk)EVENT(&w, event_disk, EVENT_DISK);
	e.dev = SDA;
	e.flags = DISK_VIRTUAL;
	strcpy(e.name, "loop7");
	strcpy(e.backing, "/srv/images/\x1b[2Jdisk.img");
	put(&w, &e);
	assert_true(confidence_now(&w, "disk-media-error") < 0.9);
	assert_string_equal(w.claim[0].advice[0].command, "losetup -l /dev/loop7");
	for (unsigned int i = 0; i < w.claim[0].n_evidence; i++)
		assert_null(strchr(w.claim[0].evidence[i].text, '\x1b'));
	world_done(&w);
}

static void test_no_odd_name_in_a_command(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 3);
	put_disk(&w, SDA, "x;reboot", 0);
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_string_equal(w.claim[0].advice[0].command, "");
	world_done(&w);
}

static void test_asks_who_issued_and_names_victims(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 1);
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 9320, 812);
	put_io(&w, SDA, BLOCK_READ, BLOCK_MEDIUM, 9328, 812);
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.n_asks, 3);
	assert_int_equal(w.ask[0].what, ASK_BLOCK_ISSUE);
	assert_int_equal(w.ask[0].dev, SDA);
	assert_true(w.ask[0].until_ns > w.now);
	assert_int_equal(w.ask[1].what, ASK_PROC);
	assert_int_equal(w.ask[1].pid, 812);
	assert_int_equal(w.ask[2].what, ASK_SMART);
	assert_int_equal(w.ask[2].dev, SDA);
	assert_int_equal(w.claim[0].affects[0].type, SUBJECT_PROCESS);
	assert_string_equal(w.claim[0].affects[0].comm, "io-812");
	/* --pid narrows victims, not disks. */
	put_setting(&w, "pid", "99");
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_int_equal(w.claim[0].n_affects, 0);
	world_done(&w);
}

static bool asks_smart(struct world *w)
{
	assert_int_equal(judge(w, "disk-media-error"), 1);
	for (unsigned int i = 0; i < w->n_asks; i++)
		if (w->ask[i].what == ASK_SMART)
			return true;
	return false;
}

static void put_transport(struct world *w, const char *name, const char *transport, __u32 flags)
{
	struct event_disk e = EVENT(w, event_disk, EVENT_DISK);

	e.dev = SDA;
	e.flags = flags;
	snprintf(e.name, sizeof(e.name), "%s", name);
	snprintf(e.transport, sizeof(e.transport), "%s", transport);
	put(w, &e);
}

/* A disk that can tell, is not asked yet, and answers what it is asked. */
static void test_asks_what_the_disk_says(void **state)
{
	struct event_block_queue stuck;
	struct event_smart said;
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 3);
	assert_true(asks_smart(&w));
	put_transport(&w, "sda", "usb", 0);
	assert_false(asks_smart(&w));
	put_transport(&w, "loop0", "loop", DISK_VIRTUAL);
	assert_false(asks_smart(&w));
	put_transport(&w, "sda", "iscsi", 0);
	assert_false(asks_smart(&w));
	put_transport(&w, "vda", "virtio", 0);
	assert_false(asks_smart(&w));
	put_transport(&w, "sda", "sata", 0);
	assert_true(asks_smart(&w));
	for (unsigned int i = 0; i < 4; i++) {
		stuck = (struct event_block_queue)EVENT(&w, event_block_queue, EVENT_BLOCK_QUEUE);
		stuck.dev = SDA;
		stuck.in_flight = 3;
		stuck.reads_done = 1200;
		put(&w, &stuck);
		wait_s(&w, 1);
		tick(&w);
	}
	assert_false(asks_smart(&w));
	stuck.h.ts_ns = w.now;
	stuck.reads_done = 1203;
	stuck.in_flight = 0;
	put(&w, &stuck);
	assert_true(asks_smart(&w));
	said = (struct event_smart)EVENT(&w, event_smart, EVENT_SMART);
	said.dev = SDA;
	said.outcome = SMART_TIMEOUT;
	put(&w, &said);
	assert_false(asks_smart(&w));
	world_done(&w);
}

/* Whatever it says: neither confidence nor severity move. */
static void test_smart_is_evidence_only(void **state)
{
	struct event_smart said;
	struct world w;
	double alone;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 3);
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	alone = w.claim[0].confidence;
	said = (struct event_smart)EVENT(&w, event_smart, EVENT_SMART);
	said.dev = SDA;
	said.outcome = SMART_READ;
	said.known = SMART_PASSED | SMART_PENDING | SMART_REALLOCATED | SMART_TEMPERATURE;
	said.pending = 3;
	said.temperature = 41;
	put(&w, &said);
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	assert_true(w.claim[0].confidence == alone);
	assert_int_equal(w.claim[0].severity, SEVERITY_WARNING);
	assert_true(find_evidence(&w.claim[0], "disk.smart.pending")->value == 3);
	assert_true(find_evidence(&w.claim[0], "disk.smart.failing")->value == 1);
	assert_true(find_evidence(&w.claim[0], "disk.smart.temperature")->value == 41);
	assert_null(find_evidence(&w.claim[0], "disk.smart.reallocated"));
	world_done(&w);
}

static void test_threshold_moves_the_boundary(void **state)
{
	struct world w;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_MEDIUM, 3);
	put_setting(&w, "disk-media-error.min_errors", "3");
	assert_int_equal(judge(&w, "disk-media-error"), 1);
	put_setting(&w, "disk-media-error.min_errors", "4");
	assert_int_equal(judge(&w, "disk-media-error"), 0);
	world_done(&w);
	fail_reads(&w, BLOCK_READ, BLOCK_IOERR, 3);
	put_setting(&w, "disk-io-error.min_errors", "4");
	assert_int_equal(judge(&w, "disk-io-error"), 0);
	put_io(&w, SDA, BLOCK_READ, BLOCK_IOERR, 1, 0);
	assert_int_equal(judge(&w, "disk-io-error"), 1);
	world_done(&w);
}

static void test_recovers_only_by_healthy_work(void **state)
{
	struct world w;
	__u64 last;

	(void)state;
	fail_reads(&w, BLOCK_READ, BLOCK_IOERR, 3);
	judge(&w, "disk-io-error");
	last = w.claim[0].last_ns;
	wait_s(&w, 120);
	tick(&w);
	assert_false(recovered(&w, "disk-io-error", &w.claim[0].subject, last));
	put_stat(&w, SDA, BLOCK_READ, 1200 + 999);
	assert_false(recovered(&w, "disk-io-error", &w.claim[0].subject, last));
	put_stat(&w, SDA, BLOCK_READ, 1200 + 1000);
	assert_true(recovered(&w, "disk-io-error", &w.claim[0].subject, last));
	world_done(&w);
}

static void test_exposure_is_requests(void **state)
{
	struct world w;
	char why[80] = "";

	(void)state;
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	tick(&w);
	put_stat(&w, SDA, BLOCK_READ, 9);
	assert_false(rule_find("disk-io-error")->exposed(w.model, why, sizeof(why)));
	assert_string_equal(why, "1 disk, 9 I/Os; errors need 10");
	put_stat(&w, SDA, BLOCK_WRITE, 1);
	assert_true(rule_find("disk-io-error")->exposed(w.model, why, sizeof(why)));
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_medium_error_is_reported),
		cmocka_unit_test(test_what_is_no_fault),
		cmocka_unit_test(test_a_status_that_is_not_known_is_kept),
		cmocka_unit_test(test_old_errors_weigh_less),
		cmocka_unit_test(test_retries_that_helped_are_info),
		cmocka_unit_test(test_named_kinds),
		cmocka_unit_test(test_a_bad_medium_speaks_against_the_link),
		cmocka_unit_test(test_what_the_device_said),
		cmocka_unit_test(test_io_error),
		cmocka_unit_test(test_severity_by_mounts),
		cmocka_unit_test(test_severity_boundaries),
		cmocka_unit_test(test_severity_of_lost_writes),
		cmocka_unit_test(test_severity_of_a_dead_path),
		cmocka_unit_test(test_against_a_lone_failure),
		cmocka_unit_test(test_against_healed_sectors),
		cmocka_unit_test(test_against_a_virtual_disk),
		cmocka_unit_test(test_no_odd_name_in_a_command),
		cmocka_unit_test(test_asks_who_issued_and_names_victims),
		cmocka_unit_test(test_asks_what_the_disk_says),
		cmocka_unit_test(test_smart_is_evidence_only),
		cmocka_unit_test(test_threshold_moves_the_boundary),
		cmocka_unit_test(test_recovers_only_by_healthy_work),
		cmocka_unit_test(test_exposure_is_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
