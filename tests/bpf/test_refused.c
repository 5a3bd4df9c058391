/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_refused.c - a process at its limit is refused descriptors: each refusal is counted while it is watched, by
 * each way that this kernel has, and none of another's, nor of another limit's.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include <culprit/map_refused.h>

#define LIMIT 100

/* ---- a process that does as it is told ---- */

struct process {
	pid_t pid;
	int to, from;
	__u64 start_ns;
};

static void fill(void)
{
	while (dup(0) >= 0)
		;
}

/* From now on it may have none: by a limit of its own user namespace, nobody else's. */
static bool no_inotify(void)
{
	static bool done;
	int fd;

	if (done)
		return true;
	if (unshare(CLONE_NEWUSER))
		return false;
	fd = open("/proc/sys/user/max_inotify_instances", O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && write(fd, "0", 1) == 1;
	close(fd);
	return done;
}

/* 'f': a file, 's': a socket, 'p': a pipe, 'P': a pair, 'd': a copy, 'e': an epoll; each is refused at the limit.
 * 'i': an inotify, of which it may have none: that is another limit. '-': gives five back, '+': takes all again. */
static int try(char word)
{
	int pair[2];

	switch (word) {
	case 'f':
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case 's':
		return socket(AF_UNIX, SOCK_STREAM, 0);
	case 'p':
		return pipe2(pair, O_CLOEXEC);
	case 'P':
		return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	case 'd':
		return dup(0);
	case 'e':
		return epoll_create1(0);
	case 'i':
		return no_inotify() ? inotify_init1(IN_CLOEXEC) : 0;
	case '-':
		return close_range(LIMIT - 5, LIMIT - 1, 0);
	case '+':
		fill();
		return 0;
	}
	return -1;
}

static struct process start(struct bag *bag)
{
	struct process p = {0};
	int to[2], from[2];
	char word;

	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	p.pid = fork();
	if (p.pid == 0) {
		struct rlimit limit = {.rlim_cur = LIMIT, .rlim_max = LIMIT};

		/* Whatever it was started with is above. */
		if (dup2(to[0], 0) || dup2(from[1], 1) != 1 || close_range(3, ~0U, 0))
			_exit(1);
		if (setrlimit(RLIMIT_NOFILE, &limit))
			_exit(1);
		fill();
		word = 'r';
		do {
			if (word != 'r')
				word = try(word) < 0 && errno == EMFILE ? 'x' : 'k';
			if (write(1, &word, 1) != 1)
				_exit(1);
		} while (read(0, &word, 1) == 1);
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	p.to = to[1];
	p.from = from[0];
	assert_int_equal(read(p.from, &word, 1), 1);
	bag_snapshot(bag);
	assert_non_null(bag_fds(bag, p.pid));
	assert_int_equal(bag_fds(bag, p.pid)->fds, LIMIT);
	p.start_ns = bag_fds(bag, p.pid)->start_ns;
	return p;
}

/* How many of them were refused, as it saw it itself. */
static unsigned int tell(const struct process *p, const char *words)
{
	unsigned int n = 0;
	char answer;

	for (; *words; words++) {
		assert_int_equal(write(p->to, words, 1), 1);
		assert_int_equal(read(p->from, &answer, 1), 1);
		n += answer == 'x';
	}
	return n;
}

static void end(const struct process *p)
{
	kill(p->pid, SIGKILL);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
	close(p->to);
	close(p->from);
}

/* ---- what is told of it ---- */

static int watch(struct bag *bag, const struct process *p)
{
	return probes_watch_refused(bag->probes, (unsigned int)p->pid, p->start_ns, clock_now_ns());
}

static struct event_fd_refused look(struct bag *bag, __u32 pid)
{
	const struct event *event = NULL;

	bag_clear(bag);
	assert_int_equal(probes_report_refused(bag->probes, clock_now_ns(), bag_put, bag), 0);
	while ((event = bag_next(bag, event, EVENT_FD_REFUSED)))
		if (((const struct event_fd_refused *)event)->pid == pid)
			return *(const struct event_fd_refused *)event;
	fail_msg("nothing was told of %u", pid);
	return (struct event_fd_refused){0};
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
			n += strncmp(info.name, "refused_", 8) == 0;
	}
	return n;
}

static void count_all(const char *way, enum refused_via via)
{
	struct bag *bag = bag_open(NULL, way);
	struct event_fd_refused e;
	struct process p, other;

	if (bag_probe(bag, "files.refused")->state == PROBE_UNAVAILABLE) {
		print_message("%s: %s\n", way, bag_probe(bag, "files.refused")->reason);
		/* What works on every kernel may not be missing. */
		assert_int_equal(via, REFUSED_FUNCTION);
		bag_close(bag);
		return;
	}
	assert_int_equal(loaded(), 0);
	p = start(bag);
	other = start(bag);
	assert_int_equal(watch(bag, &p), 0);
	assert_int_equal(watch(bag, &p), -EEXIST);
	assert_true(loaded() > 0);
	e = look(bag, (__u32)p.pid);
	assert_int_equal(e.via, via);
	assert_true(e.refused == 0 && e.last_ns == 0 && e.start_ns == p.start_ns && e.since_ns);
	assert_int_equal(tell(&p, "fffsspPde"), 9);
	assert_int_equal(tell(&other, "fffff"), 5);
	e = look(bag, (__u32)p.pid);
	assert_int_equal(e.refused, 9);
	assert_int_equal(e.last_pid, p.pid);
	assert_true(e.last_ns > e.since_ns && e.last_ns <= clock_now_ns());
	assert_string_equal(e.last_comm, "test_refused");
	/* With room: nothing is refused, and nothing is told. */
	assert_int_equal(tell(&p, "-fsd"), 0);
	assert_int_equal(look(bag, (__u32)p.pid).refused, 9);
	probes_unwatch_refused(bag->probes, (unsigned int)p.pid);
	assert_int_equal(loaded(), 0);
	end(&p);
	end(&other);
	bag_close(bag);
}

static void test_functions(void **state)
{
	(void)state;
	count_all("files.refused=fexit", REFUSED_FUNCTION);
}

static void test_syscalls(void **state)
{
	(void)state;
	count_all("files.refused=tp_btf", REFUSED_SYSCALLS);
}

/* The same errno for another limit than that on descriptors. */
static void test_another_limit(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	struct process p;

	(void)state;
	p = start(bag);
	assert_int_equal(tell(&p, "-"), 0);
	assert_int_equal(watch(bag, &p), 0);
	assert_int_equal(tell(&p, "iii"), 3);
	assert_int_equal(look(bag, (__u32)p.pid).refused, 0);
	/* It is the same process that is watched. */
	assert_int_equal(tell(&p, "+f"), 1);
	/* One more by each that took all that is left. */
	assert_int_equal(look(bag, (__u32)p.pid).refused, 2);
	end(&p);
	bag_close(bag);
}

static void test_bounds(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	__u64 start = 1;

	(void)state;
	for (unsigned int i = 0; i < WATCHED_PIDS_MAX; i++)
		assert_int_equal(probes_watch_refused(bag->probes, 4194000 + i, start, 1), 0);
	assert_int_equal(probes_watch_refused(bag->probes, 4194200, start, 1), -ENOSPC);
	/* The host has its own place. */
	assert_int_equal(probes_watch_refused(bag->probes, 0, 0, 1), 0);
	assert_int_equal(probes_watch_refused(bag->probes, 0, 0, 1), -EEXIST);
	assert_int_equal(look(bag, 0).refused, 0);
	assert_int_equal(bag_count(bag, EVENT_FD_REFUSED), WATCHED_MAX);
	for (unsigned int i = 0; i < WATCHED_PIDS_MAX; i++)
		probes_unwatch_refused(bag->probes, 4194000 + i);
	assert_true(loaded() > 0);
	/* What is left goes with the probes. */
	bag_close(bag);
	assert_int_equal(loaded(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_syscalls),
		cmocka_unit_test(test_another_limit),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
