/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_leak.c - of an armed process: each descriptor that it opens is counted, what it keeps is told from what
 * it closes, and the place in its code that opened what it keeps is named, by each way that this kernel has.
 *
 * The process is this program itself (see leaker()), which does as it is told through a pipe, and opens nothing
 * else.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "source/symbols.h"
#include "source/unwind.h"
#include "ways.h"

#define S_NS	    1000000000ULL
#define SYMBOLS_MAX (10 * S_NS)

/* ---- the process that leaks ---- */

/* The same call as keep_file()'s. */
static __attribute__((noinline)) void open_and_close(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	if (fd < 0 || close(fd))
		_exit(14);
}

static const struct {
	char word;
	const char *way;
} words[] = {{'f', "file"},    {'s', "socket"},	 {'a', "accepted"},   {'p', "pipe"},
	     {'P', "pair"},    {'d', "copy"},	 {'e', "eventfd"},    {'E', "epoll"},
	     {'t', "timerfd"}, {'i', "inotify"}, {'S', "signalfd"},   {'r', "passed"},
	     {'g', "taken"},   {'u', "ring"},	 {'U', "ring-worker"}};

static void do_as_told(char word)
{
	if (word == 'c')
		open_and_close();
	else if (word == 'x')
		ways_close_last();
	else if (word == 'y')
		ways_close_range_last();
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].word == word)
			way_find(words[i].way)->keep();
}

/* Has, before it is armed, what is to be accepted. */
static int leaker(const char *self)
{
	unsigned int port = 0;
	char word;

	ways_prepare(tcp_listen("127.0.0.1", &port, 64));
	for (int i = 0; i < 3; i++)
		if (tcp_connect("127.0.0.1", port) < 0)
			return 1;
	if (write(1, "r", 1) != 1)
		return 1;
	while (read(0, &word, 1) == 1) {
		if (word == '!') {
			execl(self, self, "leaker", NULL);
			return 1;
		}
		do_as_told(word);
		if (write(1, "k", 1) != 1)
			return 1;
	}
	return 0;
}

/* ---- its master ---- */

struct process {
	pid_t pid;
	int to, from;
	__u64 start_ns;
};

static char self[4096];

static void expect_byte(const struct process *p)
{
	char byte;

	assert_int_equal(read(p->from, &byte, 1), 1);
}

static struct process start(struct bag *bag, const char *shell)
{
	struct process p = {0};
	int to[2], from[2];

	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	p.pid = fork();
	if (p.pid == 0) {
		if (dup2(to[0], 0) || dup2(from[1], 1) != 1)
			_exit(1);
		if (shell)
			execl("/bin/sh", "sh", "-c", shell, NULL);
		else
			execl(self, self, "leaker", NULL);
		_exit(1);
	}
	close(to[0]);
	close(from[1]);
	p.to = to[1];
	p.from = from[0];
	expect_byte(&p);
	bag_snapshot(bag);
	assert_non_null(bag_fds(bag, p.pid));
	p.start_ns = bag_fds(bag, p.pid)->start_ns;
	return p;
}

static void tell(const struct process *p, const char *what)
{
	for (; *what; what++) {
		assert_int_equal(write(p->to, what, 1), 1);
		expect_byte(p);
	}
}

static void end(const struct process *p)
{
	kill(p->pid, SIGKILL);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
	close(p->to);
	close(p->from);
}

static int arm(struct bag *bag, const struct process *p)
{
	return probes_arm_fds(bag->probes, (unsigned int)p->pid, p->start_ns, clock_now_ns());
}

static void disarm(struct bag *bag, const struct process *p)
{
	probes_disarm_fds(bag->probes, (unsigned int)p->pid);
}

/* A look at it. */
static struct event_fd_armed look(struct bag *bag, const struct process *p)
{
	const struct event *event;

	bag_clear(bag);
	assert_int_equal(probes_scan_fds(bag->probes, (unsigned int)p->pid, p->start_ns, 1,
					 clock_now_ns(), bag_put, bag),
			 0);
	event = bag_next(bag, NULL, EVENT_FD_ARMED);
	assert_non_null(event);
	return *(const struct event_fd_armed *)event;
}

/* The stack of a site, in words. False: there is none. */
static bool read_stack(struct bag *bag, const struct process *p, __u32 site, struct unwound *ret)
{
	static struct stack_sample sample;

	if (probes_fd_sample(bag->probes, (unsigned int)p->pid, site, clock_now_ns() + 2 * S_NS,
			     &sample))
		return false;
	return unwind((__u32)p->pid, &sample, true, ret);
}

/* Of the sites that read like that: how many of their descriptors live, and how many were opened. */
static void add_up(struct bag *bag, const struct process *p, const char *place, unsigned int *alive,
		   unsigned int *opened)
{
	const struct event *event = NULL;
	struct unwound words_of;

	*alive = *opened = 0;
	while ((event = bag_next(bag, event, EVENT_FD_SITE))) {
		const struct event_fd_site *s = (const void *)event;

		if (!read_stack(bag, p, s->site, &words_of) || !strstr(words_of.text, place))
			continue;
		*alive += s->alive;
		*opened += (unsigned int)s->opened;
	}
}

static void assert_place(struct bag *bag, const struct process *p, const char *place,
			 unsigned int expected)
{
	unsigned int alive, opened;

	add_up(bag, p, place, &alive, &opened);
	if (alive != expected || opened != expected)
		fail_msg("%s keeps %u of %u, not %u", place, alive, opened, expected);
}

/* Programs of that object that this process holds: nothing is pinned, so there are no others. */
static unsigned int loaded(void)
{
	unsigned int n = 0;

	for (int fd = 3; fd < 256; fd++) {
		struct bpf_prog_info info = {0};
		char path[32], target[64] = "";
		__u32 len = sizeof(info);

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) <= 0 || !strstr(target, "bpf-prog"))
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
			n += strncmp(info.name, "leak_", 5) == 0;
	}
	return n;
}

/* NULL when this kernel refuses that way. */
static struct bag *open_way(const char *way)
{
	struct bag *bag = bag_open(NULL, way);

	if (bag_probe(bag, "leak.open")->state == PROBE_UNAVAILABLE ||
	    bag_probe(bag, "leak.close")->state == PROBE_UNAVAILABLE) {
		print_message("%s: %s\n", way, bag_probe(bag, "leak.open")->reason);
		bag_close(bag);
		return NULL;
	}
	return bag;
}

/* ---- what is counted ---- */

/* Of a process of its own: the places that are told of are a few. */
static void count_others(struct bag *bag)
{
	struct process p = start(bag, NULL);
	struct event_fd_armed a;

	assert_int_equal(arm(bag, &p), 0);
	tell(&p, "tiiSSS");
	a = look(bag, &p);
	assert_int_equal(a.tracked, 6);
	assert_int_equal(a.unknown, 0);
	assert_place(bag, &p, "keep_timerfd+", 1);
	assert_place(bag, &p, "keep_inotify+", 2);
	assert_place(bag, &p, "keep_signalfd+", 3);
	disarm(bag, &p);
	end(&p);
}

static void count_all(struct bag *bag, bool sees_all)
{
	struct process p = start(bag, NULL);
	struct event_fd_armed a;

	assert_int_equal(arm(bag, &p), 0);
	assert_int_equal(loaded(), 2);
	tell(&p, "fffcccccccccc");
	a = look(bag, &p);
	assert_int_equal(a.since_ns > 0, 1);
	assert_int_equal(a.opened, 13);
	assert_int_equal(a.closed, 10);
	assert_int_equal(a.tracked, 3);
	assert_int_equal(a.unknown, 0);
	assert_int_equal(a.dropped, 0);
	assert_int_equal(a.stale, 0);
	assert_place(bag, &p, "keep_file+", 3);
	assert_place(bag, &p, "open_and_close+", 0);
	tell(&p, "sssssaapPPd");
	a = look(bag, &p);
	assert_int_equal(a.opened, 13 + 5 + 2 + 2 + 4 + 1);
	assert_int_equal(a.tracked, 3 + 5 + 2 + 2 + 4 + 1);
	assert_int_equal(a.unknown, 0);
	assert_place(bag, &p, "keep_socket+", 5);
	assert_place(bag, &p, "keep_accepted+", 2);
	assert_place(bag, &p, "keep_pipe+", 2);
	assert_place(bag, &p, "keep_pair+", 4);
	assert_place(bag, &p, "keep_copy+", 1);
	/* Closed again, the last six; the numbers are used anew, from elsewhere. */
	tell(&p, "xxxxxxxeeeE");
	a = look(bag, &p);
	assert_int_equal(a.opened, 27 + 4);
	assert_int_equal(a.closed, 10 + 7);
	assert_int_equal(a.tracked, 17 - 7 + 4);
	assert_place(bag, &p, "keep_eventfd+", 3);
	assert_place(bag, &p, "keep_epoll+", 1);
	assert_place(bag, &p, "keep_pair+", 0);
	/* Past the calls that are watched: the scan of the table has it. */
	tell(&p, "yy");
	a = look(bag, &p);
	assert_int_equal(a.tracked, 12);
	assert_int_equal(a.stale + a.closed, 17 + 2);
	tell(&p, "rr");
	a = look(bag, &p);
	assert_int_equal(a.tracked, sees_all ? 14 : 12);
	assert_int_equal(a.unknown, sees_all ? 0 : 2);
	assert_place(bag, &p, "keep_passed+", sees_all ? 2 : 0);
	/* Taken out of a process by its pidfd. */
	tell(&p, "ggg");
	a = look(bag, &p);
	assert_int_equal(a.tracked, sees_all ? 17 : 15);
	assert_place(bag, &p, "keep_taken+", 3);
	/* By io_uring, in the caller's own context: the place is where the ring was entered. And by a worker of
	 * the kernel's, which has no user stack: counted, and no place is made up. */
	tell(&p, "uuUUU");
	a = look(bag, &p);
	assert_int_equal(a.tracked, sees_all ? 22 : 15);
	assert_int_equal(a.unknown, sees_all ? 0 : 7);
	assert_place(bag, &p, "keep_ring_here+", sees_all ? 2 : 0);
	assert_place(bag, &p, "keep_ring_worker+", 0);
	disarm(bag, &p);
	assert_int_equal(loaded(), 0);
	end(&p);
	count_others(bag);
}

#define BY_INSTALL "leak.open=fentry,leak.close=fentry"

static void test_install(void **state)
{
	struct bag *bag = open_way(BY_INSTALL);

	(void)state;
	assert_non_null(bag);
	count_all(bag, true);
	bag_close(bag);
}

static void test_syscalls(void **state)
{
	struct bag *bag = open_way("leak.open=tp_btf,leak.close=tp_btf");

	(void)state;
	assert_non_null(bag);
	count_all(bag, false);
	bag_close(bag);
}

/* ---- how many, and for how long ---- */

static void test_bounds(void **state)
{
	struct process p[ARMED_PIDS_MAX + 1];
	struct bag *bag = bag_open(NULL, NULL);

	(void)state;
	for (unsigned int i = 0; i <= ARMED_PIDS_MAX; i++) {
		p[i] = start(bag, NULL);
		assert_int_equal(arm(bag, &p[i]), i < ARMED_PIDS_MAX ? 0 : -ENOSPC);
	}
	assert_int_equal(arm(bag, &p[0]), -EEXIST);
	for (unsigned int i = 0; i <= ARMED_PIDS_MAX; i++)
		tell(&p[i], "ff");
	for (unsigned int i = 0; i < ARMED_PIDS_MAX; i++)
		assert_int_equal(look(bag, &p[i]).tracked, 2);
	/* What is asked of one that ended is answered: it is not there. */
	end(&p[1]);
	assert_int_equal(probes_scan_fds(bag->probes, (unsigned int)p[1].pid, p[1].start_ns, 1,
					 clock_now_ns(), bag_put, bag),
			 -ESRCH);
	disarm(bag, &p[1]);
	assert_int_equal(arm(bag, &p[ARMED_PIDS_MAX]), 0);
	tell(&p[ARMED_PIDS_MAX], "fff");
	assert_int_equal(look(bag, &p[ARMED_PIDS_MAX]).tracked, 3);
	assert_int_equal(look(bag, &p[0]).tracked, 2);
	for (unsigned int i = 0; i <= ARMED_PIDS_MAX; i++) {
		assert_int_equal(loaded(), 2);
		disarm(bag, &p[i]);
	}
	assert_int_equal(loaded(), 0);
	/* And all goes when the probes go. */
	assert_int_equal(arm(bag, &p[0]), 0);
	bag_close(bag);
	assert_int_equal(loaded(), 0);
	for (unsigned int i = 0; i <= ARMED_PIDS_MAX; i++)
		if (i != 1)
			end(&p[i]);
}

/* ---- which stacks ---- */

static __u32 first_site(struct bag *bag)
{
	const struct event *event = bag_next(bag, NULL, EVENT_FD_SITE);

	assert_non_null(event);
	return ((const struct event_fd_site *)event)->site;
}

/* Another program lies at these addresses: nothing is said, instead of something wrong. */
static void test_exec(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	struct process p = start(bag, NULL);
	struct unwound words_of;
	__u32 site;

	(void)state;
	assert_int_equal(arm(bag, &p), 0);
	tell(&p, "fff");
	look(bag, &p);
	site = first_site(bag);
	assert_true(read_stack(bag, &p, site, &words_of));
	assert_non_null(strstr(words_of.text, "keep_file+"));
	assert_non_null(strstr(words_of.text, "(lib_ways.c:"));
	assert_true(words_of.flags & STACK_LINES);
	tell(&p, "!");
	assert_false(read_stack(bag, &p, site, &words_of));
	/* What was open stays so, and what is opened now has stacks again. */
	tell(&p, "ss");
	assert_true(look(bag, &p).tracked >= 5);
	assert_place(bag, &p, "keep_socket+", 2);
	end(&p);
	assert_false(read_stack(bag, &p, site, &words_of));
	bag_close(bag);
}

/* The stack is of a descriptor that is kept, not of the first one. */
static void test_of_a_survivor(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	struct process p = start(bag, NULL);
	static struct stack_sample sample;
	__u64 begin_ns;
	__u32 site;

	(void)state;
	assert_int_equal(arm(bag, &p), 0);
	begin_ns = clock_now_ns();
	/* After the same call both times: it leaves the same words beyond the top of the stack. */
	tell(&p, "cf");
	look(bag, &p);
	site = first_site(bag);
	assert_int_equal(
		probes_fd_sample(bag->probes, (unsigned int)p.pid, site, begin_ns, &sample),
		-EAGAIN); /* it has not lived long */
	tell(&p, "x");
	assert_int_equal(probes_fd_sample(bag->probes, (unsigned int)p.pid, site,
					  clock_now_ns() + 9 * S_NS, &sample),
			 -EAGAIN);
	sleep_ms(20);
	tell(&p, "cf");
	assert_int_equal(probes_fd_sample(bag->probes, (unsigned int)p.pid, site,
					  clock_now_ns() + 9 * S_NS, &sample),
			 0);
	disarm(bag, &p);
	assert_int_equal(probes_fd_sample(bag->probes, (unsigned int)p.pid, site,
					  clock_now_ns() + 9 * S_NS, &sample),
			 -ENOENT);
	end(&p);
	bag_close(bag);
}

/* Its file is in a root of its own, by a name that means nothing in ours. */
static void test_own_root(void **state)
{
	char dir[] = "/tmp/culprit-root-XXXXXX", shell[8192];
	struct bag *bag = bag_open(NULL, NULL);
	struct process p;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(
		shell, sizeof(shell),
		"cd %s && exec unshare -m sh -c 'mount --bind / . && cd %s && mount -t proc none proc && "
		"mount -t tmpfs none mnt && cp %s mnt/only-here && exec chroot . /mnt/only-here leaker'",
		dir, dir, self);
	p = start(bag, shell);
	assert_int_not_equal(access("/mnt/only-here", F_OK), 0);
	assert_int_equal(arm(bag, &p), 0);
	tell(&p, "ffff");
	look(bag, &p);
	assert_place(bag, &p, "keep_file+", 4);
	end(&p);
	bag_close(bag);
	assert_int_equal(rmdir(dir), 0);
}

/* ---- files that are made to do harm ---- */

struct bad {
	pid_t pid;
	__u64 at; /* where its file is mapped */
	char file[32];
};

/* A process that maps a file as code. */
static struct bad map_bad(const void *data, size_t size)
{
	struct bad bad = {.file = "/tmp/culprit-bad-XXXXXX"};
	int ready[2], fd = mkstemp(bad.file);
	char byte;
	void *at;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	/* At the same address in the child. */
	at = mmap(NULL, 1 << 20, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	assert_true(at != MAP_FAILED);
	bad.at = (__u64)at;
	bad.pid = fork();
	if (bad.pid == 0) {
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	munmap(at, 1 << 20);
	close(ready[0]);
	close(ready[1]);
	close(fd);
	return bad;
}

static __u64 start_stack_of(pid_t pid)
{
	char path[32], text[1024];
	const char *field;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	field = strrchr(text, ')');
	for (int i = 2; i < 28; i++)
		field = strchr(field + 1, ' ');
	return strtoull(field, NULL, 10);
}

static int bad_sample(void *ctx, __u32 pid, __u32 site, __u64 now_ns, struct stack_sample *ret)
{
	const struct bad *bad = ctx;
	__u64 *words_of = (__u64 *)ret->stack;

	(void)site;
	(void)now_ns;
	memset(ret, 0, sizeof(*ret));
	ret->start_stack = start_stack_of((pid_t)pid);
	ret->sp = ret->regs[7] = 0x7ffc00000000;
	ret->regs[16] = bad->at + 0x100;
	ret->len = STACK_SAMPLE_BYTES;
	for (unsigned int i = 0; i < STACK_SAMPLE_BYTES / 8; i++)
		words_of[i] = bad->at + i * 64;
	return 0;
}

/* It is answered, within the time, and nothing of it is left. */
static void ask_about(const struct bad *bad)
{
	struct symbols symbols = {0};
	struct bag bag = {0};
	struct emit emit = {.fn = bag_put, .ctx = &bag};
	__u64 begin_ns = clock_now_ns();

	symbols_take(&symbols, (__u32)bad->pid, 1, 7);
	while (!bag_count(&bag, EVENT_FD_STACK)) {
		emit.now_ns = clock_now_ns();
		assert_true(emit.now_ns < begin_ns + SYMBOLS_MAX);
		assert_int_equal(symbols_poll(&symbols, bad_sample, (void *)(uintptr_t)bad, &emit),
				 0);
		sleep_ms(5);
	}
	assert_int_equal(
		((const struct event_fd_stack *)bag_next(&bag, NULL, EVENT_FD_STACK))->site, 7);
	symbols_done(&symbols);
	unlink(bad->file);
	while (waitpid(bad->pid, NULL, WNOHANG) == 0 && kill(bad->pid, SIGKILL) == 0)
		sleep_ms(1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	free(bag.data);
}

static void test_bad_files(void **state)
{
	size_t size = 512 * 1024, cut[] = {0, 1, 4, 63, 64, 65, 200, 4096, 100000};
	unsigned char *good = calloc(1, size), *bad_data = malloc(size);
	int fd = open(self, O_RDONLY | O_CLOEXEC);
	unsigned int seed = 20261126;
	struct bad bad;
	ssize_t len;

	(void)state;
	assert_true(good && bad_data && fd >= 0);
	len = read(fd, good, size);
	assert_true(len > 100000);
	close(fd);
	for (unsigned int i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		bad = map_bad(good, cut[i]);
		ask_about(&bad);
	}
	/* Sections without end: e_shoff, e_shnum, e_shentsize, e_shstrndx; segments likewise. */
	memcpy(bad_data, good, size);
	memset(bad_data + 0x28, 0x7f, 7);
	memset(bad_data + 0x3a, 0xff, 6);
	bad = map_bad(bad_data, (size_t)len);
	ask_about(&bad);
	memcpy(bad_data, good, size);
	memset(bad_data + 0x20, 0x7f, 7);
	memset(bad_data + 0x36, 0xff, 4);
	bad = map_bad(bad_data, (size_t)len);
	ask_about(&bad);
	for (unsigned int round = 0; round < 24; round++) {
		memcpy(bad_data, good, size);
		for (unsigned int i = 0; i < 4000; i++)
			bad_data[(size_t)rand_r(&seed) % (i % 2 ? (size_t)len : 1024)] =
				(unsigned char)rand_r(&seed);
		memcpy(bad_data, good, 16); /* that it looks like one */
		bad = map_bad(bad_data, (size_t)len);
		ask_about(&bad);
	}
	free(good);
	free(bad_data);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syscalls), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_exec),	 cmocka_unit_test(test_of_a_survivor),
		cmocka_unit_test(test_own_root), cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_install),
	};
	size_t n = sizeof(tests) / sizeof(tests[0]);
	void *state = NULL;
	struct bag *bag;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return 1;
	if (argc > 1 && strcmp(argv[1], "leaker") == 0)
		return leaker(self);
	if (world_setup(&state))
		return 1;
	/* Where the kernel refuses fentry it is no test of this kernel; those that allow it run it. */
	bag = open_way(BY_INSTALL);
	if (!bag) {
		print_message("test_install is not for this kernel: no fentry\n");
		n--;
	} else {
		bag_close(bag);
	}
	return _cmocka_run_group_tests("leak", tests, n, NULL, NULL);
}
