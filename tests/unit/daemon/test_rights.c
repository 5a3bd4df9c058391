/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rights.c - what is left after rights were given up: each look is in a child, for there is no way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rights.h"

/* What a child saw comes back as its exit status: 0, or the number of the first thing that was not as wanted. */
static int in_child(unsigned int of, int (*look)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = {0};

		if (rights_confine(of, &err) < 0)
			_exit(99);
		_exit(look());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int run_true(void)
{
	int status;
	pid_t pid = (pid_t)syscall(SYS_fork);

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(errno == ENOSYS ? 77 : 78);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

#define REFUSED(n, call)                                                                           \
	do {                                                                                       \
		errno = 0;                                                                         \
		if ((call) != -1 || errno != ENOSYS)                                               \
			return n;                                                                  \
	} while (0)

static int nobody_needs_these(void)
{
	REFUSED(1, mount("none", "/nowhere", "tmpfs", 0, ""));
	REFUSED(2, ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	REFUSED(3, unshare(CLONE_NEWNS));
	REFUSED(4, chroot("/"));
	REFUSED(5, setuid(getuid()));
	REFUSED(6, syscall(SYS_init_module, NULL, 0, ""));
	REFUSED(7, syscall(SYS_kexec_load, 0, 0, NULL, 0));
	REFUSED(8, syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0));
	REFUSED(9, syscall(SYS_io_uring_setup, 1, NULL));
	REFUSED(10, syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 11;
}

static int the_daemon_works(void)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC), pair[2];
	char text[64];

	if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
		return 1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return 2;
	errno = 0;
	syscall(SYS_bpf, 0, NULL, 0);
	if (errno == ENOSYS)
		return 3;
	return run_true();
}

static int the_writer_works(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "x", 1) != 1)
		return 1;
	REFUSED(2, syscall(SYS_bpf, 0, NULL, 0));
	REFUSED(3, syscall(SYS_fork));
	REFUSED(4, syscall(SYS_setns, -1, 0));
	REFUSED(5, execl("/bin/true", "true", NULL));
	return socket(AF_UNIX, SOCK_DGRAM, 0) < 0 ? 6 : 0;
}

static int smartctl_works(void)
{
	REFUSED(1, syscall(SYS_bpf, 0, NULL, 0));
	REFUSED(2, syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
	REFUSED(3, syscall(SYS_setns, -1, 0));
	return run_true();
}

/* It reads a binary; whatever the binary makes of it writes, sends and starts nothing. */
static int who_reads_binaries_works(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char text[4];

	if (fd < 0 || read(fd, text, sizeof(text)) != sizeof(text) ||
	    memcmp(text, "\177ELF", 4) != 0)
		return 1;
	REFUSED(2, syscall(SYS_bpf, 0, NULL, 0));
	REFUSED(3, syscall(SYS_fork));
	REFUSED(4, execl("/bin/true", "true", NULL));
	REFUSED(5, socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(6, kill(getppid(), 0));
	REFUSED(7, open("/dev/null", O_WRONLY | O_CLOEXEC));
	REFUSED(8, open("/tmp/test_rights.none", O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
	REFUSED(9, open("/dev/null", O_RDONLY | O_TRUNC | O_CLOEXEC));
	REFUSED(10, syscall(SYS_open, "/dev/null", O_RDWR));
	REFUSED(11, unlink("/tmp/test_rights.none"));
	REFUSED(12, rename("/tmp/test_rights.none", "/tmp/test_rights.other"));
	REFUSED(13, syscall(SYS_setns, -1, 0));
	return 0;
}

static int has_exactly(const cap_value_t *want, unsigned int n)
{
	cap_t caps = cap_get_proc();

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		cap_flag_value_t permitted, effective;
		int wanted = 0;

		for (unsigned int i = 0; i < n; i++)
			wanted |= want[i] == cap;
		cap_get_flag(caps, cap, CAP_PERMITTED, &permitted);
		cap_get_flag(caps, cap, CAP_EFFECTIVE, &effective);
		if ((int)permitted != wanted || (int)effective != wanted ||
		    cap_get_bound(cap) != wanted)
			return cap + 1;
	}
	return 0;
}

static int daemon_caps(void)
{
	static const cap_value_t want[] = {CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, CAP_SYS_PTRACE,
					   CAP_DAC_READ_SEARCH};

	return has_exactly(want, 5);
}

static int writer_caps(void)
{
	static const cap_value_t want[] = {CAP_DAC_OVERRIDE};

	return has_exactly(want, 1);
}

static int smartctl_caps(void)
{
	static const cap_value_t want[] = {CAP_SYS_RAWIO, CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH};

	return has_exactly(want, 3);
}

static int symbols_caps(void)
{
	static const cap_value_t want[] = {CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH};

	return has_exactly(want, 3);
}

static void test_calls(void **state)
{
	(void)state;
	assert_int_equal(in_child(RIGHTS_DAEMON | RIGHTS_PROGRAM, nobody_needs_these), 0);
	assert_int_equal(in_child(RIGHTS_WRITER, nobody_needs_these), 0);
	assert_int_equal(in_child(RIGHTS_DAEMON | RIGHTS_PROGRAM, the_daemon_works), 0);
	assert_int_equal(in_child(RIGHTS_DAEMON, run_true),
			 77); /* no smartctl: nothing else is started either */
	assert_int_equal(in_child(RIGHTS_WRITER, the_writer_works), 0);
	assert_int_equal(in_child(RIGHTS_SMARTCTL, smartctl_works), 0);
	assert_int_equal(in_child(RIGHTS_SMARTCTL, nobody_needs_these), 0);
	assert_int_equal(in_child(RIGHTS_SYMBOLS, who_reads_binaries_works), 0);
	assert_int_equal(in_child(RIGHTS_SYMBOLS, nobody_needs_these), 0);
}

static void test_capabilities(void **state)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t admin;

	(void)state;
	cap_get_flag(caps, CAP_SYS_ADMIN, CAP_PERMITTED, &admin);
	cap_free(caps);
	if (geteuid() != 0 || admin != CAP_SET)
		skip();
	assert_int_equal(in_child(RIGHTS_DAEMON, daemon_caps), 0);
	assert_int_equal(in_child(RIGHTS_WRITER, writer_caps), 0);
	assert_int_equal(in_child(RIGHTS_SMARTCTL, smartctl_caps), 0);
	assert_int_equal(in_child(RIGHTS_SYMBOLS, symbols_caps), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls),
					   cmocka_unit_test(test_capabilities)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
