/* SPDX-License-Identifier: BSD-2-Clause */
/* live_smart.c - one bounded run of smartctl for a suspected disk; see live_smart.h. */
#include "source/live_smart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "rights.h"
#include "source/smart_json.h"

#define CPU_S	     2
#define MEMORY_BYTES (256UL << 20)
#define OUTPUT_MAX   (256U << 10)
#define OUTPUT_FIRST (16U << 10)

struct asked {
	__u32 dev;
	__u64 diskseq;
	char name[32];
};

struct live_smart {
	const char *program; /* as it was set; NULL: look for it */
	char program_set[128];
	unsigned int deadline_ms;
	int epoll_fd, timer_fd;
	int pipe_fd; /* -1: nothing is read */
	int pid_fd;
	pid_t pid;  /* 0: none runs */
	bool told;  /* of the one that runs: it is only waited for */
	char *text; /* what it wrote */
	size_t n, room;
	struct asked asked[SMART_DISKS_MAX]; /* in order; before `next`: started */
	unsigned int n_asked, next;
	__u64 dropped;
};

/* ---- life ---- */

static int watch(const struct live_smart *s, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

struct live_smart *live_smart_new(const char *program, unsigned int deadline_ms)
{
	struct live_smart *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (program) {
		snprintf(s->program_set, sizeof(s->program_set), "%s", program);
		s->program = s->program_set;
	}
	s->pipe_fd = s->pid_fd = -1;
	s->deadline_ms = deadline_ms;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->epoll_fd < 0 || s->timer_fd < 0 || watch(s, s->timer_fd) < 0) {
		live_smart_free(s);
		return NULL;
	}
	return s;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A child that was only just forked may still hold it: closing alone would not take it out of the epoll set. */
static void close_watched(const struct live_smart *s, int *fd)
{
	if (*fd >= 0)
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, *fd, NULL);
	close_fd(fd);
}

static void stop_reading(struct live_smart *s)
{
	struct itimerspec never = {0};

	close_watched(s, &s->pipe_fd);
	timerfd_settime(s->timer_fd, 0, &never, NULL);
	free(s->text);
	s->text = NULL;
	s->n = s->room = 0;
}

/* The whole group, as long as its leader is there to be its name. */
static void kill_child(const struct live_smart *s)
{
	if (kill(-s->pid, SIGKILL) < 0)
		kill(s->pid, SIGKILL);
}

/* Takes the child's end, if it has come. */
static bool reap(struct live_smart *s)
{
	if (waitpid(s->pid, NULL, WNOHANG) == 0)
		return false;
	close_watched(s, &s->pid_fd);
	s->pid = 0;
	return true;
}

void live_smart_free(struct live_smart *smart)
{
	if (!smart)
		return;
	if (smart->pid) {
		kill_child(smart);
		reap(smart);
	}
	stop_reading(smart);
	close_watched(smart, &smart->pid_fd);
	close_fd(&smart->timer_fd);
	close_fd(&smart->epoll_fd);
	free(smart);
}

int live_smart_fd(const struct live_smart *smart)
{
	return smart->epoll_fd;
}

int live_smart_account(const struct live_smart *smart, struct emit *emit)
{
	return emit_table(emit, "source.smart", SMART_DISKS_MAX, smart->n_asked, smart->dropped);
}

/* ---- asks ---- */

/* sda, nvme0n1: the name becomes a path and an argument. */
static bool may_ask(const char *name)
{
	bool known = strncmp(name, "sd", 2) == 0 || strncmp(name, "nvme", 4) == 0;

	return known && name[2] && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789")];
}

bool live_smart_ask(struct live_smart *smart, const struct event_disk *disk)
{
	struct live_smart *s = smart;
	struct asked *a;

	if (s->program && strcmp(s->program, "none") == 0)
		return false;
	if (!may_ask(disk->name) || !memchr(disk->name, '\0', sizeof(disk->name)))
		return false;
	for (unsigned int i = 0; i < s->n_asked; i++)
		if (s->asked[i].dev == disk->dev && s->asked[i].diskseq == disk->diskseq)
			return false;
	if (s->n_asked == SMART_DISKS_MAX) {
		s->dropped++;
		return false;
	}
	a = &s->asked[s->n_asked++];
	a->dev = disk->dev;
	a->diskseq = disk->diskseq;
	snprintf(a->name, sizeof(a->name), "%s", disk->name);
	return true;
}

static int tell(const struct asked *a, struct event_smart *event, struct emit *emit)
{
	event->dev = a->dev;
	return EMIT(emit, EVENT_SMART, event);
}

static int tell_outcome(const struct asked *a, enum smart_outcome outcome, struct emit *emit)
{
	struct event_smart event = {.outcome = outcome};

	return tell(a, &event, emit);
}

/* ---- starting ---- */

/* Nobody but root, and whoever runs us, can have put it there. */
static bool is_ours(const char *path, mode_t type)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == type &&
	       (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
	       (type == S_IFDIR || access(path, X_OK) == 0);
}

static const char *find_program(const struct live_smart *s)
{
	static const struct {
		const char *directory, *program;
	} places[] = {{"/usr/sbin", "/usr/sbin/smartctl"},
		      {"/sbin", "/sbin/smartctl"},
		      {"/usr/local/sbin", "/usr/local/sbin/smartctl"}};

	if (s->program)
		return s->program[0] == '/' && is_ours(s->program, S_IFREG) ? s->program : NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (is_ours(places[i].directory, S_IFDIR) && is_ours(places[i].program, S_IFREG))
			return places[i].program;
	return NULL;
}

static void limit(int resource, rlim_t most)
{
	struct rlimit rlimit = {most, most};

	setrlimit(resource, &rlimit);
}

static void clean_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* In the child. -n standby: a disk that sleeps is left alone. No log is read but what -H and -A need, and
 * -l error, which smartctl asks for only where the disk says that it has it. */
static void become(const char *program, const char *device)
{
	char *const argv[] = {(char *)"smartctl", (char *)"--json=c",
			      (char *)"-n",	  (char *)"standby",
			      (char *)"-H",	  (char *)"-A",
			      (char *)"-l",	  (char *)"error",
			      (char *)device,	  NULL};
	char *const env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C",
			     NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct err refused = {0};

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where the kernel refuses that, the daemon is refused too, and says so. */
	rights_confine(RIGHTS_SMARTCTL, &refused);
	clean_signals();
	limit(RLIMIT_CPU, CPU_S);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, MEMORY_BYTES);
	(void)setpriority(PRIO_PROCESS, 0, 5); /* who gives way more already stays so */
	if (chdir("/") < 0 || null < 0 || dup2(null, 0) < 0 || dup2(CHILD_FD, 1) < 0 ||
	    dup2(null, 2) < 0 || close(CHILD_FD) < 0)
		_exit(126);
	execve(program, argv, env);
	_exit(127);
}

static int run(struct live_smart *s, const char *program, const char *device)
{
	struct itimerspec deadline = {
		.it_value = {s->deadline_ms / 1000, s->deadline_ms % 1000 * 1000000L}};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	/* The child's end may block: it is a pipe like any other to it. */
	if (fcntl(ends[1], F_SETFL, 0) < 0 || (s->pid = child_fork("culprit-smart", ends[1])) < 0) {
		s->pid = 0;
		close(ends[0]);
		close(ends[1]);
		return -EAGAIN;
	}
	if (s->pid == 0)
		become(program, device);
	setpgid(s->pid, s->pid); /* whoever is first */
	close(ends[1]);
	s->pipe_fd = ends[0];
	s->pid_fd = (int)syscall(SYS_pidfd_open, s->pid, 0U);
	s->told = false;
	if (s->pid_fd >= 0 && fcntl(s->pid_fd, F_SETFD, FD_CLOEXEC) == 0 &&
	    watch(s, s->pipe_fd) == 0 && watch(s, s->pid_fd) == 0 &&
	    timerfd_settime(s->timer_fd, 0, &deadline, NULL) == 0)
		return 0;
	kill_child(s);
	stop_reading(s);
	return -EAGAIN;
}

/* Starts what is next; says at once what cannot be. */
static int start(struct live_smart *s, struct emit *emit)
{
	const char *program = s->next < s->n_asked ? find_program(s) : NULL;

	while (!s->pid && s->next < s->n_asked && !emit->failed) {
		const struct asked *a = &s->asked[s->next++];
		char device[48];

		snprintf(device, sizeof(device), "/dev/%s", a->name);
		if (!program) {
			tell_outcome(a, SMART_MISSING, emit);
		} else if (run(s, program, device) < 0) {
			s->told = true;
			tell_outcome(a, SMART_FAILED, emit);
		}
	}
	return emit->failed;
}

/* ---- reading ---- */

static bool grow(struct live_smart *s)
{
	size_t room = s->room ? 2 * s->room : OUTPUT_FIRST;
	char *more = room <= OUTPUT_MAX ? realloc(s->text, room) : NULL;

	if (!more)
		return false;
	s->text = more;
	s->room = room;
	return true;
}

/* False when there is more than is taken. */
static bool read_some(struct live_smart *s)
{
	while (s->pipe_fd >= 0) {
		ssize_t n;

		if (s->n == s->room && !grow(s))
			return false;
		n = read(s->pipe_fd, s->text + s->n, s->room - s->n);
		if (n > 0)
			s->n += (size_t)n;
		else if (n == 0)
			close_watched(s,
				      &s->pipe_fd); /* it may go on without: the deadline holds */
		else if (errno != EINTR)
			break;
	}
	return true;
}

/* Whether it has ended, while it can still be waited for: until then its number is its own. */
static bool has_ended(const struct live_smart *s, siginfo_t *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	return waitid(P_PID, (id_t)s->pid, ret_info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       ret_info->si_pid == s->pid;
}

static int finish(struct live_smart *s, const siginfo_t *info, struct emit *emit)
{
	const struct asked *a = &s->asked[s->next - 1];
	struct event_smart event = {.outcome = SMART_FAILED};

	/* 126, 127: not started. */
	if (info->si_code == CLD_EXITED && info->si_status < 126) {
		smart_json_parse(s->text ? s->text : "", s->n, &event);
		event.exit_status = (__u32)info->si_status & 0xff;
	}
	s->told = true;
	stop_reading(s);
	return tell(a, &event, emit);
}

/* What runs: reads it, and ends it when its time or its room is over. */
static void follow(struct live_smart *s, struct emit *emit)
{
	const struct asked *a = &s->asked[s->next - 1];
	enum smart_outcome stopped = 0;
	siginfo_t info;
	__u64 times;

	if (!s->told) {
		bool ended = has_ended(s, &info); /* before reading: then all is read */

		if (!read_some(s))
			stopped = SMART_FLOOD;
		else if (ended)
			finish(s, &info, emit);
		else if (read(s->timer_fd, &times, sizeof(times)) == sizeof(times))
			stopped = SMART_TIMEOUT;
	}
	if (stopped) {
		s->told = true;
		stop_reading(s);
		tell_outcome(a, stopped, emit);
	}
	if (s->told) {
		kill_child(s);
		reap(s);
	}
}

int live_smart_poll(struct live_smart *smart, struct emit *emit)
{
	if (smart->pid)
		follow(smart, emit);
	return emit->failed ? emit->failed : start(smart, emit);
}

int live_smart_end(struct live_smart *smart, struct emit *emit)
{
	struct live_smart *s = smart;

	if (s->pid)
		follow(s, emit);
	if (s->pid && !s->told) {
		s->told = true;
		stop_reading(s);
		kill_child(s);
		reap(s);
		tell_outcome(&s->asked[s->next - 1], SMART_LATE, emit);
	}
	while (s->next < s->n_asked && !emit->failed)
		tell_outcome(&s->asked[s->next++], SMART_LATE, emit);
	return emit->failed;
}
