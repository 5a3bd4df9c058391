/* SPDX-License-Identifier: BSD-2-Clause */
/* test_keeper.c - what the daemon keeps: when a capture is made, and what is said of a child that failed. */
#include "rules/world.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

#define WAIT_MS 10000

struct setup {
	char home[64];
	struct world world;
	struct keeper *keeper;
	pid_t parent;
	bool kill_children; /* as soon as they look at the model */
	int log[2], saved;  /* what it says */
};

static void view(void *ctx, struct keeper_view *ret)
{
	struct setup *s = ctx;

	if (s->kill_children && getpid() != s->parent)
		raise(SIGKILL);
	*ret = (struct keeper_view){.model = s->world.model};
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->parent = getpid();
	snprintf(s->home, sizeof(s->home), "/tmp/test_keeper.XXXXXX");
	assert_non_null(mkdtemp(s->home));
	world_init(&s->world);
	tick(&s->world);
	assert_int_equal(pipe(s->log), 0);
	assert_int_equal(fcntl(s->log[0], F_SETFL, O_NONBLOCK), 0);
	s->saved = dup(STDERR_FILENO);
	dup2(s->log[1], STDERR_FILENO);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;
	DIR *dir = opendir(s->home);
	const struct dirent *entry;

	dup2(s->saved, STDERR_FILENO);
	close(s->saved);
	close(s->log[0]);
	close(s->log[1]);
	keeper_free(s->keeper);
	world_done(&s->world);
	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(s->home);
	free(s);
	return 0;
}

static void make(struct setup *s, const char *metrics_file)
{
	struct keeper_options options = {
		.flight = {.keep_ns = 600 * SEC, .bytes = 1 << 20},
		.captures_max = 10,
		.capture_bytes = 1 << 20,
		.capture_from = SEVERITY_CRITICAL,
	};
	struct err err = {0};

	snprintf(options.captures, sizeof(options.captures), "%s", s->home);
	snprintf(options.metrics_file, sizeof(options.metrics_file), "%s", metrics_file);
	assert_int_equal(keeper_new(&options, &s->keeper, &err), 0);
	keeper_set_view(s->keeper, view, s);
}

/* Whole captures whose name has that in it; halves with a name that begins with a dot. */
static unsigned int count(const struct setup *s, const char *word, bool halves)
{
	DIR *dir = opendir(s->home);
	const struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strstr(entry->d_name, ".capture") && strstr(entry->d_name, word) &&
		     (entry->d_name[0] == '.') == halves;
	closedir(dir);
	return n;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static bool comes(const struct setup *s, const char *word)
{
	for (int ms = 0; ms < WAIT_MS && !count(s, word, false); ms += 10)
		pause_ms(10);
	return count(s, word, false) > 0;
}

static void next_minute(struct setup *s)
{
	wait_s(&s->world, 61);
	tick(&s->world);
	keeper_settle(s->keeper);
}

/* What was said since the last call. */
static const char *said(const struct setup *s)
{
	static char text[4096];
	ssize_t n = read(s->log[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Settles until something is said, or the time is over. */
static const char *settle_until_said(struct setup *s, int most_ms)
{
	const char *text = said(s);

	for (int ms = 0; ms < most_ms && !text[0]; ms += 10) {
		keeper_settle(s->keeper);
		pause_ms(10);
		text = said(s);
	}
	return text;
}

static void tell(struct setup *s, __u64 id, enum finding_state finding_state,
		 enum severity severity, enum severity worst_told)
{
	struct finding finding = {.id = id, .state = finding_state, .worst_told = worst_told};

	finding.claim.severity = severity;
	keeper_finding(s->keeper, &finding);
	keeper_settle(s->keeper);
}

static void test_when_it_opens_or_gets_worse(void **state)
{
	struct setup *s = *state;

	make(s, "");
	tell(s, 0xa1, FINDING_OPEN, SEVERITY_WARNING, 0);
	tell(s, 0xa1, FINDING_UPDATE, SEVERITY_CRITICAL, SEVERITY_WARNING);
	assert_true(comes(s, "00a1"));
	next_minute(s);
	tell(s, 0xa2, FINDING_OPEN, SEVERITY_CRITICAL, 0);
	assert_true(comes(s, "00a2"));
	/* It had one: by this run, or by the one that it is left from. */
	next_minute(s);
	tell(s, 0xa3, FINDING_UPDATE, SEVERITY_CRITICAL, SEVERITY_CRITICAL);
	tell(s, 0xa4, FINDING_RESOLVED, SEVERITY_CRITICAL, SEVERITY_WARNING);
	tell(s, 0xa5, FINDING_OPEN, SEVERITY_CRITICAL, 0);
	assert_true(comes(s, "00a5"));
	assert_int_equal(count(s, "", false), 3);
}

/* Not with the next look, which may be a minute away. */
static void test_asked_for_it_is_made_at_once(void **state)
{
	struct setup *s = *state;

	make(s, "");
	keeper_capture(s->keeper);
	assert_true(comes(s, "asked"));
	assert_string_equal(said(s), "");
}

static void test_a_writer_that_is_killed(void **state)
{
	struct setup *s = *state;
	char half[128];
	int fd;

	make(s, "");
	snprintf(half, sizeof(half), "%s/.culprit-20261128T100000Z-asked.capture", s->home);
	fd = open(half, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	s->kill_children = true;
	keeper_capture(s->keeper);
	assert_string_equal(settle_until_said(s, WAIT_MS),
			    "culprit: warning: no capture: who wrote it was "
			    "ended by a signal: Killed\n");
	s->kill_children = false;
	for (int ms = 0; ms < WAIT_MS && count(s, "", true); ms += 10) {
		keeper_settle(s->keeper);
		pause_ms(10);
	}
	assert_int_equal(count(s, "", true), 0);
	assert_int_equal(count(s, "", false), 0);
}

static void test_metrics_that_cannot_be_written(void **state)
{
	struct setup *s = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/none/metrics", s->home);
	make(s, path);
	assert_non_null(strstr(settle_until_said(s, WAIT_MS), "cannot write beside"));
	for (int i = 0; i < 3; i++) {
		pause_ms(100); /* its child has ended */
		wait_s(&s->world, 16);
		tick(&s->world);
		keeper_settle(s->keeper);
	}
	assert_string_equal(settle_until_said(s, 300), "");
}

static bool can_be_asked(const struct setup *s, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct pollfd poll_fd = {.fd = keeper_fd(s->keeper), .events = POLLIN};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool can;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	can = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	      poll(&poll_fd, 1, 1000) == 1;
	keeper_dispatch(s->keeper);
	close(fd);
	return can;
}

/* Who tidies up /run does not have to end the daemon. */
static void test_a_socket_that_was_deleted(void **state)
{
	struct keeper_options options = {0};
	struct setup *s = *state;
	struct stat before, after;
	struct err err = {0};

	snprintf(options.socket, sizeof(options.socket), "%s/control", s->home);
	assert_int_equal(keeper_new(&options, &s->keeper, &err), 0);
	keeper_set_view(s->keeper, view, s);
	assert_true(can_be_asked(s, options.socket));
	assert_int_equal(stat(options.socket, &before), 0);
	keeper_reopen(s->keeper);
	assert_int_equal(stat(options.socket, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_string_equal(said(s), "");
	assert_int_equal(unlink(options.socket), 0);
	keeper_reopen(s->keeper);
	assert_non_null(strstr(said(s), "is made anew"));
	assert_true(can_be_asked(s, options.socket));
	/* What is in its place is no socket of ours. */
	assert_int_equal(unlink(options.socket), 0);
	assert_int_equal(mkdir(options.socket, 0700), 0);
	keeper_reopen(s->keeper);
	assert_non_null(strstr(said(s), "nobody can ask this daemon"));
	assert_int_equal(rmdir(options.socket), 0);
	keeper_reopen(s->keeper);
	assert_true(can_be_asked(s, options.socket));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_when_it_opens_or_gets_worse), T(test_asked_for_it_is_made_at_once),
		T(test_a_writer_that_is_killed),     T(test_metrics_that_cannot_be_written),
		T(test_a_socket_that_was_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
