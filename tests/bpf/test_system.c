/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_system.c - how many programs of a name ended badly, who was killed for lack of memory and by which limit, and
 * who waits uninterruptibly: counted exactly, for each way that this kernel allows.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const ways[] = {"tp_btf", "raw_tp"};

/* ---- bad ends ---- */

static void *wait_for_the_end(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

/* A child of this name that ends by a signal, or else with an exit code; in `cgroup` when it has one. */
static void end_one(const char *name, int sig, int code, const char *cgroup, bool with_thread)
{
	struct rlimit no_core = {0, 0};
	pid_t pid = fork();
	pthread_t thread;
	int status;

	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		setrlimit(RLIMIT_CORE, &no_core);
		if (cgroup && !run("echo %d > %s/cgroup.procs", getpid(), cgroup))
			_exit(99);
		if (with_thread)
			pthread_create(&thread, NULL, wait_for_the_end, NULL);
		if (sig) {
			signal(sig, SIG_DFL); /* the test library's */
			kill(getpid(), sig);
		}
		_exit(code);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (sig)
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == sig);
	else
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == code);
}

static const struct event_proc_exits *ends_of(const struct bag *bag, const char *name)
{
	const struct event_proc_exits *last = NULL;
	const struct event *event = NULL;

	while ((event = bag_next(bag, event, EVENT_PROC_EXITS)))
		if (strcmp(((const struct event_proc_exits *)event)->comm, name) == 0)
			last = (const void *)event;
	return last;
}

static void test_bad_ends(void **state)
{
	const struct event_proc_exits *ends;
	char name[16], force[64];
	unsigned int way, i;
	struct bag *bag;

	(void)state;
	for (way = 0; way < 2; way++) {
		snprintf(name, sizeof(name), "ends-%s", ways[way]);
		snprintf(force, sizeof(force), "system.exit=%s", ways[way]);
		bag = bag_open(NULL, force);
		for (i = 0; i < 5; i++)
			end_one(name, 0, 3, NULL, i == 0);
		for (i = 0; i < 4; i++)
			end_one(name, SIGSEGV, 0, NULL, i == 0);
		/* Asked to, or well; 143 is how a shell tells of TERM. */
		end_one(name, SIGTERM, 0, NULL, false);
		end_one(name, SIGKILL, 0, NULL, false);
		end_one(name, 0, 143, NULL, false);
		end_one(name, 0, 0, NULL, false);
		bag_fill(bag);
		ends = ends_of(bag, name);
		assert_non_null(ends);
		assert_int_equal(ends->failed, 9);
		assert_int_equal(ends->crashed, 4);
		assert_int_equal(ends->oom, 0);
		assert_int_equal(ends->apart, 0); /* they live in their parent's cgroup */
		assert_int_equal(ends->exit_code & 0x7f, SIGSEGV);
		assert_string_equal(ends->parent, "test_system");
		assert_true(ends->start_ns > 0 && ends->lived_ms < 60000);
		/* With so many bad ones, somebody looks at this name: good ends count now. */
		for (i = 0; i < 6; i++)
			end_one(name, 0, 0, NULL, false);
		end_one(name, 0, 7, NULL, false);
		bag_clear(bag);
		bag_fill(bag);
		ends = ends_of(bag, name);
		assert_non_null(ends);
		assert_int_equal(ends->failed, 10);
		assert_int_equal(ends->well, 6);
		assert_int_equal(ends->exit_code >> 8, 7);
		/* Nothing new: nothing told. */
		bag_clear(bag);
		bag_fill(bag);
		assert_null(ends_of(bag, name));
		bag_close(bag);
	}
}

#define POD	  "pod0f7e2a4c_91d3_4b52_8c6e_2b7d1a90c3f1.slice"
#define POD_PLAIN "pod0f7e2a4c-91d3-4b52-8c6e-2b7d1a90c3f1"
#define POD_FILE  "pod8b1a9953c4611296a827abf8c47804d7.slice"
#define DIGITS	  "4f1c8a5200000000400080000000000100000000000000000000000000000abc"

/* Alone in a cgroup that its parent is not in: the main process of what this is a unit of. */
static const struct {
	const char *path, *unit;
	__u64 apart; /* of three */
} units[] = {
	{"one.service", "one.service", 3},
	{"one.service/payload", "one.service", 3},
	{"app.slice/app-1.scope", "app-1.scope", 3},
	{"libpod-1.scope/container", "libpod-1.scope", 3}, /* crun */
	{"kubepods-burstable-" POD "/cri-containerd-1.scope", POD, 3},
	{"kubelet-kubepods-" POD_FILE "/crio-1.scope/container", POD_FILE, 3},
	{POD_PLAIN "/" DIGITS, POD_PLAIN, 3},
	{DIGITS, "4f1c8a5200000000400080000000000100000000000000000000000000000ab", 3}, /* Docker */
	{"batch.scope/job_1/step_0/task_0", "task_0", 0},
	{"plain", "plain", 0},
};

static void test_units(void **state)
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
					    "/sys/fs/cgroup/systemd"};
	const struct event_proc_exits *ends;
	char cgroup[64] = "", path[256], name[16];
	struct bag *bag;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3 && !cgroup[0]; i++)
		if (run("test -e %s/cgroup.controllers", roots[i]))
			snprintf(cgroup, sizeof(cgroup), "%s/culprit-test", roots[i]);
	if (!cgroup[0] || !run("mkdir -p %s", cgroup))
		skip();
	bag = bag_open(NULL, NULL);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", cgroup, units[i].path);
		snprintf(name, sizeof(name), "lone-%u", i);
		assert_true(run("mkdir -p %s", path));
		for (unsigned int n = 0; n < 3; n++)
			end_one(name, 0, 1, path, false);
		assert_true(run("cd %s && rmdir -p %s", cgroup, units[i].path));
	}
	bag_fill(bag);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		snprintf(name, sizeof(name), "lone-%u", i);
		ends = ends_of(bag, name);
		assert_non_null(ends);
		assert_string_equal(ends->unit, units[i].unit);
		assert_int_equal(ends->failed, 3);
		assert_int_equal(ends->apart, units[i].apart);
	}
	bag_close(bag);
	assert_true(run("rmdir %s", cgroup));
}

/* ---- out of memory ---- */

#define LIMIT_BYTES (32U << 20)

/* A memory cgroup with a limit, of either version. Empty: there is none. */
static void memory_cgroup(char *to, size_t size)
{
	to[0] = '\0';
	if (run("grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null")) {
		snprintf(to, size, "/sys/fs/cgroup/culprit-oom");
		if (!run("echo +memory > /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; mkdir -p %s && "
			 "echo %u > %s/memory.max && { echo 0 > %s/memory.swap.max || true; }",
			 to, LIMIT_BYTES, to, to))
			to[0] = '\0';
	} else if (run("test -e /sys/fs/cgroup/memory/memory.limit_in_bytes")) {
		snprintf(to, size, "/sys/fs/cgroup/memory/culprit-oom");
		if (!run("mkdir -p %s && echo %u > %s/memory.limit_in_bytes", to, LIMIT_BYTES, to))
			to[0] = '\0';
	}
}

static void test_out_of_memory(void **state)
{
	const struct event_oom_kill *kill_event;
	const struct event *event = NULL;
	char cgroup[96], force[64];
	unsigned int way, n;
	struct bag *bag;
	int status;
	pid_t pid;

	(void)state;
	memory_cgroup(cgroup, sizeof(cgroup));
	if (!cgroup[0])
		skip();
	for (way = 0; way < 2; way++) {
		snprintf(force, sizeof(force), "system.oom=%s", ways[way]);
		bag = bag_open(NULL, force);
		pid = fork();
		if (pid == 0) {
			char *all;

			prctl(PR_SET_NAME, "eater");
			if (!run("echo %d > %s/cgroup.procs", getpid(), cgroup))
				_exit(99);
			all = mmap(NULL, 4 * LIMIT_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			memset(all, 1, 4 * LIMIT_BYTES);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		bag_fill(bag);
		for (n = 0; (event = bag_next(bag, event, EVENT_OOM_KILL));) {
			kill_event = (const void *)event;
			if (kill_event->pid != (__u32)pid)
				continue;
			n++;
			assert_int_equal(kill_event->by_pid, pid);
			assert_string_equal(kill_event->by_comm, "eater");
			assert_int_equal(kill_event->limit_bytes, LIMIT_BYTES);
			assert_true(kill_event->used_bytes > LIMIT_BYTES / 2);
			assert_string_equal(kill_event->limit, "culprit-oom");
		}
		assert_int_equal(n, 1);
		assert_int_equal(ends_of(bag, "eater") ? ends_of(bag, "eater")->oom : 0, 1);
		bag_close(bag);
	}
	assert_true(run("rmdir %s", cgroup));
}

/* ---- who waits ---- */

#define STORE "/tmp/culprit-system.store"
#define MOUNT "/tmp/culprit-system.mount"

struct waiters {
	pid_t pid;
	unsigned int seen;
};

static void on_waiting(void *ctx, const struct waiting_record *record)
{
	struct waiters *w = ctx;

	if (record->pid != (__u32)w->pid)
		return;
	w->seen++;
	assert_string_equal(record->comm, "writer");
	assert_true(record->start_ns > 0);
}

/* A file system that is frozen: who writes to it waits, and nothing wakes it but the thaw. */
static void test_waiting(void **state)
{
	struct waiters w = {0};
	struct bag *bag;
	int status;

	(void)state;
	if (!run("mkdir -p " STORE " " MOUNT " && mount -t tmpfs -o size=20M none " STORE
		 " && truncate -s 16M " STORE "/d && mkfs.ext2 -q -F " STORE
		 "/d && mount -o loop " STORE "/d " MOUNT " && fsfreeze -f " MOUNT)) {
		run("umount -l " MOUNT " 2>/dev/null; umount -l " STORE);
		skip();
	}
	bag = bag_open(NULL, NULL);
	w.pid = fork();
	if (w.pid == 0) {
		prctl(PR_SET_NAME, "writer");
		_exit(open(MOUNT "/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0);
	}
	for (int i = 0; i < 50 && !w.seen; i++) {
		sleep_ms(20);
		assert_int_equal(probes_waiting(bag->probes, on_waiting, &w), 0);
	}
	run("fsfreeze -u " MOUNT);
	assert_int_equal(waitpid(w.pid, &status, 0), w.pid);
	assert_int_equal(status, 0);
	assert_int_equal(w.seen, 1);
	/* It wrote and went: nobody waits. */
	assert_int_equal(probes_waiting(bag->probes, on_waiting, &w), 0);
	assert_int_equal(w.seen, 1);
	bag_close(bag);
	run("umount " MOUNT "; umount -l " STORE "; rmdir " MOUNT " " STORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_ends),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests(tests, world_setup, NULL);
}
