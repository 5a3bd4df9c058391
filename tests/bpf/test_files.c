/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_files.c - the census counts every process's descriptors exactly, whoever shares a table with whom;
 * the scan of one process groups them right.
 */
#include "lib.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

static unsigned int proc_count(pid_t pid)
{
	const struct dirent *entry;
	unsigned int n = 0;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			n++;
	closedir(dir);
	/* Reading our own opens one more. */
	return pid == getpid() ? n - 1 : n;
}

/* A child that holds `n` descriptors more than it inherits, says that it is ready, and waits to be killed. */
static pid_t hold(void (*prepare)(unsigned int n), unsigned int n)
{
	int ready[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(ready[0]);
		prepare(n);
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void open_many(unsigned int n)
{
	int null = open("/dev/null", O_RDONLY);

	while (--n)
		if (dup(null) < 0)
			_exit(2);
}

static void test_exact(void **state)
{
	static const unsigned int counts[] = {1, 60, 64, 65, 256, 1000, 100000};
	struct rlimit limit, old;
	const struct event_proc_fds *fds;
	struct bag *bag = bag_open(NULL, NULL);
	unsigned int i, before;
	pid_t pid;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	if (limit.rlim_max < 110000)
		limit.rlim_max = 110000;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max = old.rlim_max;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	before = proc_count(getpid());
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i] + before + 10 > limit.rlim_cur) {
			print_message("%u descriptors are more than this process may open\n",
				      counts[i]);
			continue;
		}
		pid = hold(open_many, counts[i]);
		bag_clear(bag);
		bag_snapshot(bag);
		fds = bag_fds(bag, pid);
		assert_non_null(fds);
		assert_int_equal(fds->fds, proc_count(pid));
		assert_in_range(fds->fds, counts[i], counts[i] + before + 10);
		assert_int_equal(fds->limit, limit.rlim_cur);
		assert_int_equal(fds->uid, geteuid());
		assert_int_equal(fds->netns, world_netns());
		assert_true(fds->start_ns > 0);
		assert_string_equal(fds->comm, "test_files");
		end(pid);
	}
	setrlimit(RLIMIT_NOFILE, &old);
	bag_close(bag);
}

/* Sent once, again when it changes, and its end. Our own process is one of them. */
static void test_changes(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	struct rlimit limit = {.rlim_cur = 333, .rlim_max = 333};
	const struct event *event = NULL;
	unsigned int gone = 0;
	pid_t pid;

	(void)state;
	pid = hold(open_many, 5);
	bag_snapshot(bag);
	assert_non_null(bag_fds(bag, pid));
	assert_non_null(bag_fds(bag, getpid()));
	assert_int_equal(bag_fds(bag, getpid())->fds,
			 proc_count(getpid()) + 1); /* the iterator's own */
	bag_clear(bag);
	bag_snapshot(bag);
	assert_null(bag_fds(bag, pid));
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, &limit, NULL), 0);
	bag_snapshot(bag);
	assert_non_null(bag_fds(bag, pid));
	assert_int_equal(bag_fds(bag, pid)->limit, 333);
	end(pid);
	bag_clear(bag);
	bag_snapshot(bag);
	while ((event = bag_next(bag, event, EVENT_PROC_GONE)))
		gone += ((const struct event_proc_gone *)event)->pid == (__u32)pid;
	assert_int_equal(gone, 1);
	bag_close(bag);
}

static int wait_forever(void *ctx)
{
	(void)ctx;
	for (;;)
		pause();
	return 0;
}

static pid_t sharer;

/* The one child of a process: its number need not be the next, others fork too. */
static pid_t child_of(pid_t pid)
{
	char path[64];
	FILE *file;
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &child), 1);
	fclose(file);
	return child;
}

/* The other process shares our table, as after clone(CLONE_FILES). */
static void share_table(unsigned int n)
{
	static char stack[16384] __attribute__((aligned(16)));

	open_many(n);
	sharer = clone(wait_forever, stack + sizeof(stack), CLONE_FILES | CLONE_VM | SIGCHLD, NULL);
	if (sharer < 0)
		_exit(2);
}

static void test_shared_table(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_proc_fds *fds;
	const struct event *event = NULL;
	unsigned int sum = 0, processes = 0, expected;
	pid_t pid = hold(share_table, 50), other = child_of(pid);

	(void)state;
	bag_snapshot(bag);
	expected = proc_count(pid);
	while ((event = bag_next(bag, event, EVENT_PROC_FDS))) {
		fds = (const void *)event;
		if (fds->pid != (__u32)pid && fds->pid != (__u32)other)
			continue;
		sum += fds->fds;
		processes++;
	}
	assert_int_equal(processes, 2);
	assert_int_equal(sum, expected);
	kill(other, SIGKILL);
	end(pid);
	bag_close(bag);
}

static void *own_table(void *ctx)
{
	if (unshare(CLONE_FILES))
		_exit(3);
	open_many(*(unsigned int *)ctx);
	wait_forever(NULL);
	return NULL;
}

static void thread_with_own_table(unsigned int n)
{
	static unsigned int copy;
	pthread_t thread;

	copy = n;
	if (pthread_create(&thread, NULL, own_table, &copy))
		_exit(2);
	sleep_ms(200);
}

static void test_unshared_table(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_proc_fds *fds;
	pid_t pid = hold(thread_with_own_table, 40);

	(void)state;
	bag_snapshot(bag);
	fds = bag_fds(bag, pid);
	assert_non_null(fds);
	/* Both tables: the thread's is a copy, with 40 more. */
	assert_int_equal(fds->fds, 2 * proc_count(pid) + 40);
	end(pid);
	bag_close(bag);
}

static void *thread_stays(void *ctx)
{
	int ready = *(int *)ctx;

	open_many(30);
	sleep_ms(200); /* the leader is gone by then */
	if (write(ready, "r", 1) != 1)
		_exit(4);
	wait_forever(NULL);
	return NULL;
}

/* The thread-group leader has exited, a thread lives on with the descriptors. */
static void test_dead_leader(void **state)
{
	static int ready[2];
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_proc_fds *fds;
	pthread_t thread;
	unsigned int before;
	pid_t pid;
	char byte;

	(void)state;
	before = proc_count(getpid());
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (pthread_create(&thread, NULL, thread_stays, &ready[1]))
			_exit(2);
		pthread_exit(NULL);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	bag_snapshot(bag);
	fds = bag_fds(bag, pid);
	assert_non_null(fds);
	assert_int_equal(fds->fds, before + 2 + 30);
	end(pid);
	close(ready[0]);
	close(ready[1]);
	bag_close(bag);
}

static unsigned int scan_port;

static void open_zoo(unsigned int n)
{
	int listener, fds[64], pair[2];
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	sigset_t set;
	unsigned int i;

	for (i = 3; i < 64; i++)
		if (fcntl((int)i, F_GETFD) >= 0 && !(fcntl((int)i, F_GETFD) & FD_CLOEXEC))
			close((int)i);
	/* What the tests were started with may be anything. */
	fds[0] = open("/dev/null", O_RDWR);
	if (dup2(fds[0], 0) || dup2(fds[0], 1) != 1 || dup2(fds[0], 2) != 2)
		_exit(2);
	sigemptyset(&set);
	scan_port = 4500;
	listener = tcp_listen("127.0.0.1", &scan_port, 64);
	for (i = 0; i < n; i++) {
		tcp_connect("127.0.0.1", scan_port);
		fds[i] = tcp_accept(listener);
	}
	/* Five get the FIN of their peer: CLOSE_WAIT here, FIN_WAIT2 there. */
	for (i = 0; i < 5; i++)
		shutdown(fds[i], SHUT_WR);
	for (i = 0; i < 4; i++) {
		int udp = socket(AF_INET, SOCK_DGRAM, 0);

		if (getsockname(listener, (struct sockaddr *)&sa, &len) ||
		    connect(udp, (struct sockaddr *)&sa, len))
			_exit(2);
	}
	for (i = 0; i < 3; i++)
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(pair))
			_exit(2);
	socket(AF_NETLINK, SOCK_RAW, 0);
	for (i = 0; i < 7; i++)
		eventfd(0, 0);
	epoll_create1(0);
	timerfd_create(CLOCK_MONOTONIC, 0);
	signalfd(-1, &set, 0);
	inotify_init();
	open("/", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < 11; i++)
		memfd_create("zoo", 0);
	sleep_ms(50);
}

static const struct event_fd_group *group_of(const struct bag *bag, enum fd_kind kind,
					     enum fd_proto proto, unsigned int state,
					     unsigned int dir)
{
	const struct event_fd_group *group;
	const struct event *event = NULL;

	while ((event = bag_next(bag, event, EVENT_FD_GROUP))) {
		group = (const void *)event;
		if (group->kind == kind && group->proto == proto && group->state == state &&
		    group->peer.dir == dir)
			return group;
	}
	fail_msg("no group of kind %d proto %d state %u dir %u", kind, proto, state, dir);
	return NULL;
}

static char spool[64];

/* One that it keeps from its begin, then n of a spool, of which every other one is removed. */
static void open_spool(unsigned int n)
{
	char path[128];

	if (open("/etc/passwd", O_RDONLY) < 0)
		_exit(3);
	for (unsigned int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/job-%u.tmp", spool, 1000 + i);
		if (open(path, O_CREAT | O_WRONLY, 0600) < 0 || (i % 2 && unlink(path)))
			_exit(3);
	}
}

/* Which files they are: by what the paths of the latest have in common. */
static void test_files_are_named_alike(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_fd_group *group;
	char expected[96];
	pid_t pid;

	(void)state;
	snprintf(spool, sizeof(spool), "/tmp/culprit-spool-XXXXXX");
	assert_non_null(mkdtemp(spool));
	pid = hold(open_spool, 40);
	bag_snapshot(bag);
	assert_int_equal(probes_scan_fds(bag->probes, (unsigned int)pid,
					 bag_fds(bag, pid)->start_ns, 1, clock_now_ns(), bag_put,
					 bag),
			 0);
	group = group_of(bag, FD_FILE, FD_PROTO_NONE, 0, 0);
	snprintf(expected, sizeof(expected), "%s/job-*.tmp", spool);
	assert_string_equal(group->name, expected);
	assert_in_range(group->count, 41, 50);
	assert_int_equal(group->looked_at, 16);
	assert_int_equal(group->alike, 16);
	assert_int_equal(group->deleted, 8);
	end(pid);
	assert_true(run("rm -r %s", spool));
	bag_close(bag);
}

static void test_scan(void **state)
{
	enum { ESTABLISHED = 1, FIN_WAIT2 = 5, CLOSE_WAIT = 8, LISTEN = 10 };
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_fd_group *group;
	const struct event_fd_scan *scan;
	const struct event *event = NULL;
	unsigned int sum = 0, groups = 0;
	pid_t pid = hold(open_zoo, 20);

	(void)state;
	sleep_ms(1200);
	bag_snapshot(bag);
	assert_int_equal(probes_scan_fds(bag->probes, (unsigned int)pid,
					 bag_fds(bag, pid)->start_ns, 7, clock_now_ns(), bag_put,
					 bag),
			 0);
	while ((event = bag_next(bag, event, EVENT_FD_GROUP))) {
		group = (const void *)event;
		assert_int_equal(group->scan, 7);
		assert_int_equal(group->pid, pid);
		sum += group->count;
		groups++;
	}
	scan = (const void *)bag_next(bag, NULL, EVENT_FD_SCAN);
	assert_non_null(scan);
	assert_int_equal(scan->scan, 7);
	assert_int_equal(scan->fds, proc_count(pid));
	assert_int_equal(scan->sent, groups);
	assert_true(groups <= 24 && scan->groups >= groups);
	assert_true(sum <= scan->fds);
	group = group_of(bag, FD_SOCKET, FD_TCP, ESTABLISHED, PEER_OUT);
	assert_int_equal(group->count, 15);
	assert_int_equal(group->peer.port, 4500);
	assert_int_equal(group->peer.netns, world_netns());
	assert_memory_equal(group->peer.addr, "\0\0\0\0\0\0\0\0\0\0\377\377\177\0\0\1", 16);
	/* Nothing was sent since they were opened, a moment ago. */
	assert_int_equal(group->idle, 0);
	assert_in_range(group->idle_max_ms, 1000, 9000);
	assert_int_equal(group_of(bag, FD_SOCKET, FD_TCP, ESTABLISHED, PEER_IN)->count, 15);
	assert_int_equal(group_of(bag, FD_SOCKET, FD_TCP, CLOSE_WAIT, PEER_OUT)->count, 5);
	assert_int_equal(group_of(bag, FD_SOCKET, FD_TCP, FIN_WAIT2, PEER_IN)->count, 5);
	assert_int_equal(group_of(bag, FD_SOCKET, FD_UDP, 0, PEER_OUT)->count, 4);
	assert_int_equal(group_of(bag, FD_SOCKET, FD_UNIX, 0, 0)->count, 6);
	assert_int_equal(group_of(bag, FD_FILE, FD_PROTO_NONE, 0, 0)->count, 11);
	assert_string_equal(group_of(bag, FD_FILE, FD_PROTO_NONE, 0, 0)->name, "/memfd:zoo");
	assert_int_equal(group_of(bag, FD_FILE, FD_PROTO_NONE, 0, 0)->looked_at, 11);
	assert_int_equal(group_of(bag, FD_FILE, FD_PROTO_NONE, 0, 0)->alike, 11);
	assert_int_equal(group_of(bag, FD_FILE, FD_PROTO_NONE, 0, 0)->deleted, 11);
	assert_true(group_of(bag, FD_PIPE, FD_PROTO_NONE, 0, 0)->count >= 7);
	assert_int_equal(group_of(bag, FD_EVENTFD, FD_PROTO_NONE, 0, 0)->count, 7);
	/* Not that process (any more). */
	assert_int_equal(
		probes_scan_fds(bag->probes, (unsigned int)pid, 1, 8, clock_now_ns(), bag_put, bag),
		-ESRCH);
	end(pid);
	assert_int_equal(
		probes_scan_fds(bag->probes, (unsigned int)pid, 0, 9, clock_now_ns(), bag_put, bag),
		-ESRCH);
	bag_close(bag);
}

/* One socket to each of n addresses, and five to one more. */
static void open_to_many(unsigned int n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};

	for (unsigned int i = 0; i < n + 5; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		to.sin_addr.s_addr = htonl(0x7f010100U + (i < n ? i : n));
		if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
			_exit(2);
	}
}

/* More peers than are told of one by one: none is missing in the sum. */
static void test_many_peers(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_fd_group *group;
	const struct event *event = NULL;
	unsigned int sockets = 0, peers = 0, most = 0;
	pid_t pid = hold(open_to_many, 60);

	(void)state;
	bag_snapshot(bag);
	assert_int_equal(probes_scan_fds(bag->probes, (unsigned int)pid,
					 bag_fds(bag, pid)->start_ns, 1, clock_now_ns(), bag_put,
					 bag),
			 0);
	while ((event = bag_next(bag, event, EVENT_FD_GROUP))) {
		group = (const void *)event;
		if (group->kind != FD_SOCKET || group->proto != FD_UDP)
			continue;
		sockets += group->count;
		peers += group->more_peers ? group->more_peers : 1;
		if (group->peer.dir && group->count > most)
			most = group->count;
	}
	assert_int_equal(sockets, 65);
	assert_int_equal(peers, 61);
	assert_int_equal(most, 5);
	end(pid);
	bag_close(bag);
}

/*
 * Six sockets that pass to programs it starts and three that do not; a program, and a worker that has them all.
 * The program has one of the three too, by numbers of its own: handed to it on purpose.
 */
static void open_for_heirs(unsigned int n)
{
	int own = -1;

	for (unsigned int i = 0; i < n; i++)
		if (socket(AF_INET, SOCK_DGRAM, 0) < 0 ||
		    (i % 2 && (own = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0))
			_exit(2);
	if (fork() == 0) {
		if (dup2(own, 0) || dup2(own, 60) != 60)
			_exit(2);
		execl("/bin/sleep", "sleep", "60", NULL);
		_exit(2);
	}
	if (fork() == 0) {
		alarm(60);
		for (;;)
			pause();
	}
}

/* Ends what it started. */
static void end_children(pid_t pid)
{
	char path[64];
	int child;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fscanf(file, "%d", &child) == 1)
		kill(child, SIGKILL);
	fclose(file);
}

static void test_heirs(void **state)
{
	struct bag *bag = bag_open(NULL, NULL);
	const struct event_fd_group *group;
	pid_t pid = hold(open_for_heirs, 6);

	(void)state;
	sleep_ms(300);
	assert_int_equal(
		probes_scan_fds(bag->probes, (unsigned int)pid, 0, 3, clock_now_ns(), bag_put, bag),
		0);
	group = group_of(bag, FD_SOCKET, FD_UDP, 0, 0);
	assert_int_equal(group->count, 9);
	assert_int_equal(group->heirs, 6);
	assert_string_equal(group->heir_comm, "sleep");
	assert_int_not_equal(group->heir_pid, 0);
	/* The worker alone is no heir. */
	assert_int_equal(kill((pid_t)group->heir_pid, SIGKILL), 0);
	sleep_ms(100);
	bag_clear(bag);
	assert_int_equal(
		probes_scan_fds(bag->probes, (unsigned int)pid, 0, 4, clock_now_ns(), bag_put, bag),
		0);
	group = group_of(bag, FD_SOCKET, FD_UDP, 0, 0);
	assert_int_equal(group->count, 9);
	assert_int_equal(group->heirs, 0);
	end_children(pid);
	end(pid);
	bag_close(bag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),	     cmocka_unit_test(test_changes),
		cmocka_unit_test(test_shared_table), cmocka_unit_test(test_unshared_table),
		cmocka_unit_test(test_dead_leader),  cmocka_unit_test(test_files_are_named_alike),
		cmocka_unit_test(test_scan),	     cmocka_unit_test(test_heirs),
		cmocka_unit_test(test_many_peers),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
