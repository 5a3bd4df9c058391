/* SPDX-License-Identifier: BSD-2-Clause */
/* test_reload.c - SIGHUP: what is put in force, what is not, and that a bad file changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"
#include "reload.h"
#include "source/live_settings.h"

/* ---- what cannot be changed ---- */

static void set(struct settings *s, const char *section, const char *key, const char *value)
{
	struct err err = {0};

	if (settings_take(s, section, key, value, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_fixed(void **state)
{
	struct settings now, next;
	char names[256];

	(void)state;
	settings_init(&now);
	set(&now, "general", "class", "network");
	set(&now, "probes", "disable", "tcp.synack");
	next = now;
	settings_keep_fixed(&now, &next, names, sizeof(names));
	assert_string_equal(names, "");

	set(&next, "general", "class", "hardware");
	set(&next, "general", "tick_s", "2");
	set(&next, "general", "store", "/x/store");
	set(&next, "daemon", "socket", "/x/socket");
	set(&next, "daemon", "captures_max", "3");
	set(&next, "probes", "disable", "fs.fsync");
	set(&next, "general", "smartctl", "none");
	settings_keep_fixed(&now, &next, names, sizeof(names));
	assert_string_equal(names, "tick_s, store, socket, disable, smartctl");
	assert_string_equal(settings_get(&next, "class"), "hardware");
	assert_string_equal(settings_get(&next, "probes.disable"), "tcp.synack");
	assert_null(settings_get(&next, "smartctl"));
	assert_int_equal(next.tick_ms, now.tick_ms);
	assert_string_equal(next.memory.path, now.memory.path);
	assert_string_equal(next.keeper.socket, now.keeper.socket);
	assert_int_equal(next.keeper.captures_max, 3);
}

/* What a longer text left behind a shorter one is no change. */
static void test_texts_that_are_the_same(void **state)
{
	struct settings now, next;
	char names[256];

	(void)state;
	settings_init(&now);
	next = now;
	set(&now, "daemon", "socket", "/x/socket");
	set(&next, "daemon", "socket", "/a/much/longer/path/to/a/socket");
	set(&next, "daemon", "socket", "/x/socket");
	set(&now, "daemon", "metrics", "none");
	set(&next, "daemon", "metrics", "127.0.0.1:9899");
	set(&next, "daemon", "metrics", "none");
	set(&now, "general", "store", "/x");
	set(&next, "general", "store", "/x");
	memset(next.memory.path + 3, 'y', 9);
	settings_keep_fixed(&now, &next, names, sizeof(names));
	assert_string_equal(names, "");
}

static void test_names_are_bounded(void **state)
{
	struct settings now, next;
	char names[8];

	(void)state;
	settings_init(&now);
	next = now;
	next.tick_ms = 7;
	next.confine = !now.confine;
	settings_keep_fixed(&now, &next, names, sizeof(names));
	assert_string_equal(names, "tick_s,");
	assert_int_equal(next.confine, now.confine);
}

/* ---- settings as events ---- */

static char told[512];

static int hear(void *ctx, const struct event *event)
{
	const struct event_config *config = (const struct event_config *)event;
	size_t at = strlen(told);

	(void)ctx;
	assert_int_equal(event->type, EVENT_CONFIG);
	snprintf(told + at, sizeof(told) - at, "%s=%s;", config->key, config->value);
	return 0;
}

static void test_changes(void **state)
{
	static const struct setting first[] = {
		{"class", "network"}, {"label.site", "fra"}, {"window_s", "30"}};
	static const struct setting other[] = {
		{"label.rack", "7"}, {"window_s", "60"}, {"class", "network"}};
	struct emit emit = {.fn = hear};
	struct live_settings s;

	(void)state;
	assert_int_equal(live_settings_init(&s, first, 3), 0);
	told[0] = '\0';
	assert_int_equal(live_settings_tell(&s, &emit), 0);
	assert_string_equal(told, "class=network;label.site=fra;window_s=30;");
	told[0] = '\0';
	assert_int_equal(live_settings_tell_changes(&s, &emit), 0);
	assert_string_equal(told, "");
	/* Two in a row before anything was told: only the last counts. */
	assert_int_equal(live_settings_replace(&s, first, 1), 0);
	assert_int_equal(live_settings_replace(&s, other, 3), 0);
	assert_string_equal(live_settings_get(&s, "window_s"), "30");
	assert_int_equal(live_settings_tell_changes(&s, &emit), 0);
	assert_string_equal(told, "label.site=;label.rack=7;window_s=60;");
	assert_string_equal(live_settings_get(&s, "window_s"), "60");
	assert_null(live_settings_get(&s, "label.site"));
	live_settings_done(&s);
}

/* ---- a whole reload ---- */

static struct settings wanted;
static int refused;
static unsigned int configured;

static int read_wanted(const void *ctx, struct settings *ret, struct err *err)
{
	(void)ctx;
	if (refused)
		return err_set(err, -EINVAL, "conf:3: no");
	*ret = wanted;
	return 0;
}

static int configure(struct source *source, const struct setting *list, unsigned int n)
{
	(void)source;
	(void)list;
	configured = n;
	return 0;
}

static const struct source_ops source_ops = {.configure = configure};

static void open_first(struct settings *s, struct outputs *outputs, const char *path)
{
	struct sink *sinks[OUTPUTS_MAX];
	struct err err = {0};
	unsigned int n;

	settings_init(s);
	s->sinks.confine = false;
	set(s, "sinks", "file", path);
	assert_int_equal(sinks_open(&s->sinks, sinks, &n, &err), 0);
	assert_int_equal(n, 1);
	outputs_init(outputs, sinks, n);
}

static long long ms_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The loop's part, until it is known what becomes of it. */
static void finish(struct reload *r, const struct reload_to *to)
{
	struct pollfd poll_fd = {.fd = reload_fd(r), .events = POLLIN};

	while (reload_state(r)->opening && poll(&poll_fd, 1, 10000) > 0)
		reload_dispatch(r, to);
	assert_false(reload_state(r)->opening);
}

static void run(struct reload *r, struct reload_to *to, __u64 now_ns)
{
	to->now_ns = now_ns;
	reload_start(r, to);
	finish(r, to);
}

static void test_reload(void **state)
{
	struct keeper_options none = {.captures_max = 10};
	char home[] = "/tmp/test_reload.XXXXXX", a[64], b[64], bad[64];
	struct source source = {.ops = &source_ops};
	const struct reload_state *said;
	struct keeper *keeper = NULL;
	struct settings now;
	struct outputs outputs;
	struct reload_to to = {.outputs = &outputs, .source = &source};
	struct err err = {0};
	struct sink *first;
	struct reload *r;

	(void)state;
	assert_non_null(mkdtemp(home));
	snprintf(a, sizeof(a), "%s/a", home);
	snprintf(b, sizeof(b), "%s/b", home);
	snprintf(bad, sizeof(bad), "%s/none/c", home);
	open_first(&now, &outputs, a);
	first = outputs.sink[0];
	assert_int_equal(keeper_new(&none, &keeper, &err), 0);
	to.keeper = keeper;
	r = reload_new("conf", &now, read_wanted, NULL);
	said = reload_state(r);

	/* The file is bad: nothing is changed, and what was wrong is known. */
	refused = 1;
	configured = 99;
	run(r, &to, 5);
	assert_true(said->failed);
	assert_string_equal(said->wrong, "conf:3: no");
	assert_int_equal(configured, 99);
	assert_ptr_equal(outputs.sink[0], first);

	/* The file is good, but a sink cannot be opened: the same. */
	refused = 0;
	wanted = now;
	set(&wanted, "general", "class", "network");
	set(&wanted, "sinks", "file", bad);
	run(r, &to, 6);
	assert_true(said->failed);
	assert_non_null(strstr(said->wrong, bad));
	assert_int_equal(configured, 99);
	assert_int_equal(said->good_ns, 0);
	assert_ptr_equal(outputs.sink[0], first);

	/* Only a setting: the sink stays. */
	set(&wanted, "sinks", "file", a);
	run(r, &to, 7);
	assert_false(said->failed);
	assert_int_equal(said->good_ns, 7);
	assert_int_equal(configured, 1);
	assert_ptr_equal(outputs.sink[0], first);
	assert_string_equal(said->restart, "");

	/* Another file, and what needs a restart. */
	set(&wanted, "sinks", "file", b);
	set(&wanted, "daemon", "metrics", "9899");
	run(r, &to, 8);
	assert_false(said->failed);
	assert_int_equal(outputs.n, 1);
	assert_int_equal(access(b, F_OK), 0);
	assert_string_equal(said->restart, "metrics");

	outputs_close(&outputs);
	reload_free(r);
	keeper_free(keeper);
	unlink(a);
	unlink(b);
	rmdir(home);
}

/* One connection is what its backlog takes, and that is ours: the next one waits for accept(). */
static int listen_deaf(const char *path, int *ret_first)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 0), 0);
	*ret_first = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(*ret_first, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A peer that does not accept holds up neither who asks for the change nor, for longer than it may, the change. */
static void test_deaf_peer(void **state)
{
	struct keeper_options none = {.captures_max = 10};
	char home[] = "/tmp/test_reload.XXXXXX", a[64], b[64];
	struct source source = {.ops = &source_ops};
	struct settings now;
	struct outputs outputs;
	struct reload_to to = {.outputs = &outputs, .source = &source, .now_ns = 5};
	struct err err = {0};
	struct reload *r;
	long long began;
	int fd, first;

	(void)state;
	assert_non_null(mkdtemp(home));
	snprintf(a, sizeof(a), "%s/a", home);
	snprintf(b, sizeof(b), "%s/b", home);
	fd = listen_deaf(b, &first);
	open_first(&now, &outputs, a);
	assert_int_equal(keeper_new(&none, &to.keeper, &err), 0);
	r = reload_new("conf", &now, read_wanted, NULL);
	wanted = now;
	set(&wanted, "sinks", "unix_stream", b);

	/* Given up: all stays as it was. */
	began = ms_now();
	reload_start(r, &to);
	assert_true(ms_now() - began < 1000);
	assert_true(reload_state(r)->opening);
	assert_int_equal(outputs.n, 1);
	reload_cancel(r, &outputs);
	assert_false(reload_state(r)->opening);
	assert_int_equal(reload_state(r)->good_ns, 0);

	/* Waited for, which the next one ends, and then taken as it is: its lines wait. */
	reload_start(r, &to);
	assert_true(reload_state(r)->opening);
	began = ms_now();
	reload_start(r, &to);
	assert_true(ms_now() - began < 1000);
	assert_true(reload_state(r)->opening);
	finish(r, &to);
	assert_true(ms_now() - began >= 1900);
	assert_false(reload_state(r)->failed);
	assert_int_equal(outputs.n, 2);

	began = ms_now();
	outputs_close(&outputs);
	assert_true(ms_now() - began < 1000);
	reload_free(r);
	keeper_free(to.keeper);
	close(first);
	close(fd);
	unlink(a);
	unlink(b);
	rmdir(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_texts_that_are_the_same),
		cmocka_unit_test(test_names_are_bounded),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_deaf_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
