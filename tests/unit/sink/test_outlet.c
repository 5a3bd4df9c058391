/* SPDX-License-Identifier: BSD-2-Clause */
/* test_outlet.c - a file that is rotated while none can be begun in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/outlet.h"

static char folder[] = "/tmp/test_outlet.XXXXXX";

static const char *name_of(unsigned int n)
{
	static char name[128];

	snprintf(name, sizeof(name), n ? "%s/lines.%u" : "%s/lines", folder, n);
	return name;
}

static void holds(unsigned int n, const char *text)
{
	char buf[256] = "";
	int fd = open(name_of(n), O_RDONLY);

	if (!text) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
	close(fd);
	assert_string_equal(buf, text);
}

/* Files can be renamed, but none be opened: as where a file system has no inode left. */
static void let_open(bool yes)
{
	struct rlimit limit;
	int next = dup(STDERR_FILENO);

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = yes ? limit.rlim_max : (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void begin(struct outlet *o)
{
	struct err err = {0};

	*o = (struct outlet){.row = outlet_find("file"), .fd = -1, .file_max = 8, .file_keep = 2};
	snprintf(o->target, sizeof(o->target), "%s", name_of(0));
	assert_int_equal(o->row->open(o, &err), 0);
}

static void put(struct outlet *o, const char *text)
{
	assert_int_equal(o->row->write(o, text, strlen(text)), 0);
}

static void end(struct outlet *o)
{
	close(o->fd);
	for (unsigned int n = 0; n <= 3; n++)
		unlink(name_of(n));
}

/* No line is lost, nothing more is moved, and the next line that can begins the new one. */
static void test_none_can_be_begun(void **state)
{
	struct outlet o;

	(void)state;
	begin(&o);
	put(&o, "line 1\n");
	put(&o, "line 2\n");
	let_open(false);
	put(&o, "line 3\n");
	assert_non_null(strstr(o.said.text, "cannot open"));
	o.said.code = 0;
	put(&o, "line 4\n");
	assert_int_equal(o.said.code, 0);
	let_open(true);
	holds(0, NULL);
	holds(1, "line 2\nline 3\nline 4\n");
	holds(2, "line 1\n");
	put(&o, "line 5\n");
	put(&o, "line 6\n");
	holds(0, "line 6\n");
	holds(1, "line 5\n");
	holds(2, "line 2\nline 3\nline 4\n");
	end(&o);
}

/* Who opens it anew by SIGHUP meanwhile has done it. */
static void test_opened_anew_meanwhile(void **state)
{
	struct err err = {0};
	struct outlet o;

	(void)state;
	begin(&o);
	put(&o, "line 1\n");
	let_open(false);
	put(&o, "line 2\n");
	let_open(true);
	assert_int_equal(o.row->open(&o, &err), 0);
	put(&o, "3\n");
	put(&o, "4\n");
	holds(0, "3\n4\n");
	holds(1, "line 1\nline 2\n");
	holds(2, NULL);
	end(&o);
}

/* What is no file of ours keeps its name. */
static void test_a_link_in_the_way(void **state)
{
	struct outlet o;
	struct stat st;

	(void)state;
	begin(&o);
	assert_int_equal(symlink("/nowhere", name_of(1)), 0);
	put(&o, "line 1\n");
	put(&o, "line 2\n");
	assert_non_null(strstr(o.said.text, "cannot rotate"));
	holds(0, "line 1\nline 2\n");
	assert_true(lstat(name_of(1), &st) == 0 && S_ISLNK(st.st_mode));
	end(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_can_be_begun),
		cmocka_unit_test(test_opened_anew_meanwhile),
		cmocka_unit_test(test_a_link_in_the_way),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
