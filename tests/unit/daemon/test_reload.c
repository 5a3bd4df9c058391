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

static void test_reload(void **state)
{
	struct keeper_options none = {.captures_max = 10};
	char home[] = "/tmp/test_reload.XXXXXX", a[64], b[64], bad[64];
	struct source source = {.ops = &source_ops};
	const struct reload_state *said;
	struct keeper *keeper = NULL;
	struct settings now;
	struct outputs outputs;
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
	r = reload_new("conf", &now, read_wanted, NULL);
	said = reload_state(r);

	/* The file is bad: nothing is changed, and what was wrong is known. */
	refused = 1;
	configured = 99;
	reload_run(r, &outputs, &source, keeper, 5);
	assert_true(said->failed);
	assert_string_equal(said->wrong, "conf:3: no");
	assert_int_equal(configured, 99);
	assert_ptr_equal(outputs.sink[0], first);

	/* The file is good, but a sink cannot be opened: the same. */
	refused = 0;
	wanted = now;
	set(&wanted, "general", "class", "network");
	set(&wanted, "sinks", "file", bad);
	reload_run(r, &outputs, &source, keeper, 6);
	assert_true(said->failed);
	assert_non_null(strstr(said->wrong, bad));
	assert_int_equal(configured, 99);
	assert_int_equal(said->good_ns, 0);
	assert_ptr_equal(outputs.sink[0], first);

	/* Only a setting: the sink stays. */
	set(&wanted, "sinks", "file", a);
	reload_run(r, &outputs, &source, keeper, 7);
	assert_false(said->failed);
	assert_int_equal(said->good_ns, 7);
	assert_int_equal(configured, 1);
	assert_ptr_equal(outputs.sink[0], first);
	assert_string_equal(said->restart, "");

	/* Another file, and what needs a restart. */
	set(&wanted, "sinks", "file", b);
	set(&wanted, "daemon", "metrics", "9899");
	reload_run(r, &outputs, &source, keeper, 8);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_names_are_bounded),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
