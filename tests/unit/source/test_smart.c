/* SPDX-License-Identifier: BSD-2-Clause */
/* test_smart.c - runs of programs that call themselves smartctl: none of them does harm. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/live_smart.h"

#define DEADLINE_MS 1500
#define GOOD	    "{\"smart_status\":{\"passed\":true},\"scsi_grown_defect_list\":4}"

struct fake {
	char dir[64], path[96], note[96]; /* the note is what a fake leaves */
	struct event_smart seen[8];
	unsigned int n;
	struct emit emit;
	struct live_smart *smart;
};

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000ULL + (__u64)t.tv_nsec;
}

static int keep(void *ctx, const struct event *event)
{
	struct fake *f = ctx;

	assert_int_equal(event->type, EVENT_SMART);
	assert_true(f->n < 8);
	f->seen[f->n++] = *(const struct event_smart *)event;
	return 0;
}

/* A smartctl that does what the lines of shell say; $NOTE is a file of its own. */
static void fake_init(struct fake *f, const char *shell)
{
	FILE *file;

	memset(f, 0, sizeof(*f));
	strcpy(f->dir, "/tmp/test_smart.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/smartctl", f->dir);
	snprintf(f->note, sizeof(f->note), "%s/note", f->dir);
	file = fopen(f->path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nNOTE=%s\n%s\n", f->note, shell);
	fclose(file);
	assert_int_equal(chmod(f->path, 0755), 0);
	f->emit = (struct emit){.fn = keep, .ctx = f};
	f->smart = live_smart_new(f->path, DEADLINE_MS);
	assert_non_null(f->smart);
}

static void fake_done(struct fake *f)
{
	live_smart_free(f->smart);
	unlink(f->note);
	unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
}

static bool ask(struct fake *f, __u32 dev, const char *name)
{
	struct event_disk disk = {.dev = dev};

	snprintf(disk.name, sizeof(disk.name), "%s", name);
	return live_smart_ask(f->smart, &disk);
}

/* As the loop does: sleeps until there is something to do. Returns the longest that one call took, in ms. */
static unsigned int run(struct fake *f, unsigned int events, unsigned int most_ms)
{
	struct pollfd fd = {.fd = live_smart_fd(f->smart), .events = POLLIN};
	__u64 end_ns = now_ns() + most_ms * 1000000ULL, longest = 0;

	do {
		__u64 begin_ns = now_ns();

		assert_int_equal(live_smart_poll(f->smart, &f->emit), 0);
		if (now_ns() - begin_ns > longest)
			longest = now_ns() - begin_ns;
	} while (f->n < events && now_ns() < end_ns && poll(&fd, 1, 100) >= 0);
	return (unsigned int)(longest / 1000000);
}

static bool noted(const struct fake *f, char *text, size_t size)
{
	FILE *file = fopen(f->note, "r");
	size_t n = file ? fread(text, 1, size - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
	return n != 0;
}

static void test_answers(void **state)
{
	char text[256];
	struct fake f;

	(void)state;
	fake_init(&f, "echo \"$@\" >$NOTE; echo '" GOOD "'; exit 4");
	assert_true(ask(&f, 8, "sda"));
	run(&f, 1, 5000);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.seen[0].outcome, SMART_READ);
	assert_int_equal(f.seen[0].dev, 8);
	assert_int_equal(f.seen[0].reallocated, 4);
	assert_int_equal(f.seen[0].exit_status, 4);
	assert_true(noted(&f, text, sizeof(text)));
	assert_string_equal(text, "--json=c -n standby -H -A -l error /dev/sda\n");
	/* Once a disk. */
	assert_false(ask(&f, 8, "sda"));
	run(&f, 2, 300);
	assert_int_equal(f.n, 1);
	/* The next one, and one after another. */
	assert_true(ask(&f, 9, "nvme0n1"));
	assert_true(ask(&f, 10, "sdb"));
	run(&f, 3, 5000);
	assert_int_equal(f.n, 3);
	assert_int_equal(f.seen[1].dev, 9);
	assert_int_equal(f.seen[2].dev, 10);
	fake_done(&f);
}

static void test_what_the_child_has(void **state)
{
	char text[512];
	struct fake f;

	(void)state;
	/* ls itself has one more open. Nothing of ours: no descriptor, no environment, no terminal. */
	assert_int_equal(setenv("CULPRIT_SECRET", "x", 1), 0);
	fake_init(&f, "ls /proc/self/fd | wc -l >$NOTE; env | grep -c SECRET >>$NOTE; pwd >>$NOTE; "
		      "readlink /proc/self/fd/0 >>$NOTE; ulimit -c >>$NOTE; echo '" GOOD "'");
	assert_true(ask(&f, 8, "sda"));
	run(&f, 1, 5000);
	assert_true(noted(&f, text, sizeof(text)));
	assert_string_equal(text, "4\n0\n/\n/dev/null\n0\n");
	fake_done(&f);
}

/* What it writes, and what is made of it. */
static void test_bad_answers(void **state)
{
	static const struct {
		const char *shell;
		enum smart_outcome outcome;
	} rows[] = {
		{"head -c 30000 /dev/urandom", SMART_BROKEN},
		{"echo no JSON", SMART_BROKEN},
		{":", SMART_BROKEN},
		{"echo '{}'; exit 1", SMART_NOTHING},
		{"kill -9 $$", SMART_FAILED},
		{"exit 127", SMART_FAILED},
		{"yes '" GOOD "'", SMART_FLOOD},
		{"exec yes", SMART_FLOOD},
		/* Half of it in time, half later. */
		{"printf '{\"smart_status\":{\"pass'; sleep 0.3; echo 'ed\":true}}'", SMART_READ},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake f;
		unsigned int longest;

		fake_init(&f, rows[i].shell);
		assert_true(ask(&f, 8, "sda"));
		longest = run(&f, 1, 8000);
		if (f.n != 1 || f.seen[0].outcome != rows[i].outcome)
			fail_msg("%s: %u events, outcome %u", rows[i].shell, f.n,
				 f.seen[0].outcome);
		assert_true(longest < 500);
		assert_true(f.seen[0].outcome == SMART_READ || !f.seen[0].known);
		fake_done(&f);
	}
}

static bool alive(const struct fake *f)
{
	char text[32];
	pid_t pid;

	assert_true(noted(f, text, sizeof(text)));
	pid = (pid_t)atoi(text);
	assert_true(pid > 1);
	for (int i = 0; i < 50; i++) {
		char path[64], line[256] = "";
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		stat = fopen(path, "r");
		if (!stat)
			return false;
		if (!fgets(line, sizeof(line), stat))
			line[0] = '\0';
		fclose(stat);
		/* Nobody waits for an orphan where there is no init. */
		if (strstr(line, ") Z "))
			return false;
		usleep(20000);
	}
	return true;
}

static void test_hangs(void **state)
{
	/* Deaf to signals; with its output closed; with a child that it waits for. */
	static const char *const shells[] = {
		"trap '' TERM INT HUP; echo $$ >$NOTE; sleep 60",
		"echo $$ >$NOTE; echo '" GOOD "'; exec >&-; sleep 60",
		"sleep 60 & echo $! >$NOTE; wait",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		__u64 begin_ns = now_ns(), took_ns;
		struct fake f;

		fake_init(&f, shells[i]);
		assert_true(ask(&f, 8, "sda"));
		assert_true(ask(&f, 9, "sdb"));
		assert_true(run(&f, 1, 9000) < 500);
		took_ns = now_ns() - begin_ns;
		assert_int_equal(f.n, 1);
		assert_int_equal(f.seen[0].outcome, SMART_TIMEOUT);
		assert_true(took_ns > (DEADLINE_MS - 200) * 1000000ULL &&
			    took_ns < 5 * 1000000000ULL);
		assert_false(alive(&f));
		/* The second one is under way: it is stopped with the run. */
		run(&f, 2, 300);
		assert_int_equal(live_smart_end(f.smart, &f.emit), 0);
		assert_int_equal(f.n, 2);
		assert_int_equal(f.seen[1].outcome, SMART_LATE);
		assert_int_equal(f.seen[1].dev, 9);
		assert_false(alive(&f));
		fake_done(&f);
	}
}

/* It ends, and leaves a child behind that holds its output open: what it wrote counts, nobody waits. */
static void test_daemonises(void **state)
{
	__u64 begin_ns = now_ns();
	struct fake f;

	(void)state;
	fake_init(&f, "echo '" GOOD "'; sleep 60 & echo $! >$NOTE; exit 0");
	assert_true(ask(&f, 8, "sda"));
	run(&f, 1, 8000);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.seen[0].outcome, SMART_READ);
	assert_true(now_ns() - begin_ns < DEADLINE_MS * 1000000ULL);
	assert_false(alive(&f)); /* of the same group */
	fake_done(&f);
	/* In a session of its own it is out of reach; it does not hold us up. */
	begin_ns = now_ns();
	fake_init(&f, "echo '" GOOD "'; setsid sleep 3 & exit 0");
	assert_true(ask(&f, 8, "sda"));
	run(&f, 1, 8000);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.seen[0].outcome, SMART_READ);
	assert_true(now_ns() - begin_ns < DEADLINE_MS * 1000000ULL);
	fake_done(&f);
}

static void test_end_before_the_answer(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "sleep 60");
	assert_true(ask(&f, 8, "sda"));
	run(&f, 1, 200);
	assert_true(ask(&f, 9, "sdb"));
	assert_int_equal(live_smart_end(f.smart, &f.emit), 0);
	assert_int_equal(f.n, 2);
	assert_int_equal(f.seen[0].outcome, SMART_LATE);
	assert_int_equal(f.seen[1].outcome, SMART_LATE);
	fake_done(&f);
}

static void test_who_may_be_run(void **state)
{
	struct live_smart *none;
	struct event_disk disk = {.dev = 8, .name = "sda"};
	struct fake f;

	(void)state;
	/* Others could have written it. */
	fake_init(&f, "echo '" GOOD "'");
	assert_int_equal(chmod(f.path, 0777), 0);
	assert_true(ask(&f, 8, "sda"));
	run(&f, 1, 2000);
	assert_int_equal(f.seen[0].outcome, SMART_MISSING);
	fake_done(&f);
	/* It is no program. */
	fake_init(&f, "echo '" GOOD "'");
	assert_int_equal(chmod(f.path, 0644), 0);
	assert_true(ask(&f, 8, "sda"));
	run(&f, 1, 2000);
	assert_int_equal(f.seen[0].outcome, SMART_MISSING);
	fake_done(&f);
	/* Switched off. */
	none = live_smart_new("none", DEADLINE_MS);
	assert_false(live_smart_ask(none, &disk));
	live_smart_free(none);
	none = live_smart_new("smartctl", DEADLINE_MS);
	assert_true(live_smart_ask(none, &disk));
	f.n = 0;
	assert_int_equal(live_smart_poll(none, &f.emit), 0);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.seen[0].outcome, SMART_MISSING);
	live_smart_free(none);
}

static void test_names(void **state)
{
	static const char *const refused[] = {"",	  "sd",	     "loop0",	   "vda",    "dm-0",
					      "md0",	  "sd/../x", "sda;reboot", "sda -x", "SDA",
					      "nvme0n1 ", "zram0",   "nbd0"};
	struct fake f;

	(void)state;
	fake_init(&f, "exit 0");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (ask(&f, 100 + (__u32)i, refused[i]))
			fail_msg("'%s' was taken", refused[i]);
	for (unsigned int i = 0; i < SMART_DISKS_MAX; i++)
		assert_true(ask(&f, 1000 + i, "sdzz"));
	assert_false(ask(&f, 5000, "sda"));
	fake_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),	       cmocka_unit_test(test_what_the_child_has),
		cmocka_unit_test(test_bad_answers),    cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_daemonises),     cmocka_unit_test(test_end_before_the_answer),
		cmocka_unit_test(test_who_may_be_run), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
