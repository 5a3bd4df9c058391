/* SPDX-License-Identifier: BSD-2-Clause */
/* rights.c - gives up what is not needed; see rights.h. */
#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

/* ---- capabilities ---- */

/* What stays, as far as it was there. Without one of these what is said of it does not work, and nothing else. */
static const struct {
	cap_value_t cap;
	unsigned int of;
} kept[] = {
	{CAP_BPF, RIGHTS_DAEMON},     /* reading maps, arming a hook for a suspect */
	{CAP_PERFMON, RIGHTS_DAEMON}, /* the same; running an iterator */
	/* setns(): sockets of containers; BTF of modules; NVMe's log; a binary that was deleted, by /proc/PID/map_files */
	{CAP_SYS_ADMIN, RIGHTS_DAEMON | RIGHTS_SMARTCTL | RIGHTS_SYMBOLS},
	/* /proc/PID of others: descriptors, binaries, namespaces */
	{CAP_SYS_PTRACE, RIGHTS_DAEMON | RIGHTS_SYMBOLS},
	/* the same, and mounts below others' directories; a disk, to be read */
	{CAP_DAC_READ_SEARCH, RIGHTS_DAEMON | RIGHTS_SMARTCTL | RIGHTS_SYMBOLS},
	{CAP_SYS_RAWIO, RIGHTS_PROGRAM | RIGHTS_SMARTCTL}, /* smartctl: a disk's own log */
	{CAP_DAC_OVERRIDE, RIGHTS_WRITER},		   /* log files that are another user's */
};

static bool stays(cap_value_t cap, unsigned int of)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (kept[i].cap == cap && kept[i].of & of)
			return true;
	return false;
}

/* Copies a flag of a capability that stays. What is inheritable stays so: it is how the ambient ones come along. */
static int copy_flag(cap_t from, cap_t to, cap_value_t cap, cap_flag_t flag)
{
	cap_flag_value_t value = CAP_CLEAR;

	if (cap_get_flag(from, cap, flag, &value) < 0)
		return -errno;
	return cap_set_flag(to, flag, 1, &cap, value) < 0 ? -errno : 0;
}

static int drop_capabilities(unsigned int of)
{
	cap_t now = cap_get_proc(), then = cap_init();
	int code = now && then ? 0 : -ENOMEM;

	for (cap_value_t cap = 0; cap < cap_max_bits() && code == 0; cap++) {
		if (!stays(cap, of)) {
			/* Who may not narrow the set (no CAP_SETPCAP) has little to lose in it. */
			if (cap_drop_bound(cap) < 0 && errno != EPERM)
				code = -errno;
			continue;
		}
		code = copy_flag(now, then, cap, CAP_PERMITTED);
		if (code == 0)
			code = copy_flag(now, then, cap, CAP_EFFECTIVE);
		if (code == 0)
			code = copy_flag(now, then, cap, CAP_INHERITABLE);
	}
	if (code == 0 && cap_set_proc(then) < 0)
		code = -errno;
	cap_free(now);
	cap_free(then);
	return code;
}

/* ---- system calls ---- */

/* The names of all architectures: what one has not is skipped. Not among them, for example: mount, ptrace, chroot,
 * unshare, modules, clocks, keys, io_uring, setuid. */
static const char *const reading[] = {
	/* files that are there */
	"read",	     "write",	   "readv",	"writev",     "pread64",   "pwrite64",
	"preadv",    "pwritev",	   "preadv2",	"pwritev2",   "close",	   "close_range",
	"stat",	     "fstat",	   "lstat",	"newfstatat", "fstatat64", "fstat64",
	"stat64",    "lstat64",	   "statx",	"statfs",     "fstatfs",   "statfs64",
	"fstatfs64", "lseek",	   "_llseek",	"access",     "faccessat", "faccessat2",
	"readlink",  "readlinkat", "getdents",	"getdents64", "getcwd",	   "chdir",
	"fchdir",    "dup",	   "dup2",	"dup3",	      "fcntl",	   "fcntl64",
	"pipe",	     "pipe2",	   "fadvise64", NULL};
static const char *const changing[] = {
	/* others, and changing them */
	"open",	     "openat",	  "openat2",	 "flock",	    "fsync",
	"fdatasync", "ftruncate", "ftruncate64", "fallocate",	    "rename",
	"renameat",  "renameat2", "unlink",	 "unlinkat",	    "mkdir",
	"mkdirat",   "rmdir",	  "fchmod",	 "fchmodat",	    "chmod",
	"umask",     "ioctl",	  "sendfile",	 "copy_file_range", NULL};
static const char *const itself[] = {
	/* memory, time, itself */
	"mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "brk", "mincore", "membarrier",
	"futex", "futex_time64", "set_robust_list", "get_robust_list", "rseq", "set_tid_address",
	"arch_prctl", "prctl", "clock_gettime", "clock_gettime64", "clock_getres", "adjtimex",
	"clock_adjtime", "clock_adjtime64", "clock_nanosleep", "clock_nanosleep_time64",
	"nanosleep", "gettimeofday", "time", "getrandom", "getpid", "getppid", "gettid", "getuid",
	"geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getpgrp", "getpgid",
	"getsid", "uname", "sysinfo", "getrusage", "getrlimit", "ugetrlimit", "setrlimit",
	"prlimit64", "sched_getaffinity", "sched_yield", "getcpu", "getpriority", "setpriority",
	"capget", "times", "restart_syscall",
	/* signals and ends */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigtimedwait",
	"rt_sigpending", "rt_sigsuspend", "sigaltstack", "pause", "alarm", "setitimer", "getitimer",
	"exit", "exit_group", "poll", "ppoll", "ppoll_time64", NULL};
static const char *const talking[] = {
	/* sockets */
	"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto",
	"recvfrom", "send", "recv", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown",
	"getsockname", "getpeername", "setsockopt", "getsockopt", "socketcall",
	/* other processes, and waiting for several */
	"kill", "tgkill", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "select", "_newselect", "pselect6", "pselect6_time64", "eventfd2",
	"signalfd4", "timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime",
	NULL};

#define STARTS (RIGHTS_DAEMON | RIGHTS_SMARTCTL)
static const char *const starting[] = {"fork",	"vfork",  "clone",   "clone3",
				       "wait4", "waitid", "setpgid", NULL};
static const char *const executing[] = {"execve", "execveat", NULL};
/* capset, seccomp: a writer that is started anew gives up the rest. */
static const char *const probing[] = {
	"bpf",	  "perf_event_open", "setns", "pidfd_open", "pidfd_send_signal",
	"capset", "seccomp",	     NULL};

static const struct {
	const char *const *names;
	unsigned int of;
} calls[] = {
	{reading, ~0U},
	{changing, ~(unsigned int)RIGHTS_SYMBOLS},
	{itself, ~0U},
	{talking, ~(unsigned int)RIGHTS_SYMBOLS},
	{starting, STARTS},
	{executing, RIGHTS_PROGRAM | RIGHTS_SMARTCTL},
	{probing, RIGHTS_DAEMON},
};

/* Whoever may open files may open them to be read. */
static const struct {
	const char *name;
	unsigned int flags; /* which argument they are */
} opening[] = {{"open", 1}, {"openat", 2}};

static int allow(scmp_filter_ctx filter, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name), code;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);
	return code == -EDOM || code == -EEXIST ? 0 : code;
}

static int allow_reading(scmp_filter_ctx filter)
{
	int code = 0;

	for (size_t i = 0; i < sizeof(opening) / sizeof(opening[0]) && code == 0; i++) {
		int nr = seccomp_syscall_resolve_name(opening[i].name);

		code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 1,
					SCMP_CMP(opening[i].flags, SCMP_CMP_MASKED_EQ,
						 O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
		code = code == -EDOM || code == -EEXIST ? 0 : code;
	}
	return code;
}

/* What is refused looks as if the kernel were too old for it: libraries then go another way. */
static int filter_calls(unsigned int of)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int code = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (unsigned int n = 0; calls[i].of & of && calls[i].names[n] && code == 0; n++)
			code = allow(filter, calls[i].names[n]);
	if (code == 0 && of == RIGHTS_SYMBOLS)
		code = allow_reading(filter);
	if (code == 0)
		code = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return code;
}

int rights_confine(unsigned int of, struct err *err)
{
	int code = drop_capabilities(of);

	if (code < 0)
		return err_set(err, code, "cannot give up capabilities: %s", strerror(-code));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, -errno, "cannot give up new privileges: %s", strerror(errno));
	code = filter_calls(of);
	if (code < 0)
		return err_set(err, code, "cannot filter system calls: %s", strerror(-code));
	return 0;
}
