/* SPDX-License-Identifier: BSD-2-Clause */
/* writer.c - the child behind a queue; see writer.h. */
#include "sink/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rights.h"

#define LINE_ROOM 8192
#define RETRY_MS  1000

static void reply(int fd, enum writer_what what, int code, const char *text)
{
	struct writer_reply r = {.code = code, .what = what};

	snprintf(r.text, sizeof(r.text), "%s", text);
	if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) != (ssize_t)sizeof(r))
		_exit(0);
}

static void reopen(int fd, struct outlet *outlet)
{
	struct err err = {0};
	int code = outlet->row->open(outlet, &err);

	reply(fd, WRITER_OPENED, code, code < 0 ? err.text : "");
}

/* What is sent meanwhile is one word at most: to open the outlet anew. Otherwise its parent has ended. */
static void wait_before_retry(int fd, struct outlet *outlet)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char word[sizeof(WRITER_REOPEN)];

	if (poll(&poll_fd, 1, RETRY_MS) <= 0)
		return;
	if (recv(fd, word, sizeof(word), 0) <= 0)
		_exit(0);
	reopen(fd, outlet);
}

static int try_line(struct outlet *outlet, const char *text, size_t len, struct err *err)
{
	char name[160];
	int code = 0;

	if (outlet->fd < 0)
		code = outlet->row->open(outlet, err);
	if (code < 0)
		return code;
	code = outlet->row->write(outlet, text, len);
	if (code == 0)
		return 0;
	if (outlet->row->ends_with_peer && (code == -EPIPE || code == -EBADF))
		_exit(WRITER_PEER_GONE);
	return err_set(err, code, "%s: %s", outlet_name(outlet, name, sizeof(name)),
		       strerror(-code));
}

static void deliver(int fd, struct outlet *outlet, const char *text, size_t len)
{
	bool told = false;

	for (;;) {
		struct err err = {0};
		bool was_open = outlet->fd >= 0;

		if (try_line(outlet, text, len, &err) == 0)
			break;
		/* A peer that was started anew takes the next connection. */
		if (was_open && outlet->fd < 0)
			continue;
		if (!told)
			reply(fd, WRITER_TROUBLE, err.code, err.text);
		told = true;
		wait_before_retry(fd, outlet);
	}
	reply(fd, WRITER_TOOK, outlet->said.code, outlet->said.text);
	outlet->said = (struct err){0};
}

/* What its parent's terminal or service manager tells the whole group is for the parent; the last lines are still to
 * come. */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ};
	sigset_t none;

	for (unsigned int i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A pipe has as many writers as there are copies of it: only the one that writes keeps it. */
static void leave_standard_files(const struct outlet *outlet)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	if (outlet->target[0])
		dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

void writer_run(int fd, pid_t parent, struct outlet *outlet)
{
	struct err refused = {0};
	char text[LINE_ROOM];
	ssize_t n;

	/* Where it hangs in the kernel, the end of its socket does not reach it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	ignore_signals();
	leave_standard_files(outlet);
	/* Where the kernel refuses that, the daemon is refused too, and says so. */
	if (outlet->confine)
		rights_confine(RIGHTS_WRITER, &refused);
	reopen(fd, outlet);
	while ((n = recv(fd, text, sizeof(text), 0)) > 0) {
		if (n == 1 && text[0] == WRITER_REOPEN[0])
			reopen(fd, outlet);
		else
			deliver(fd, outlet, text, (size_t)n);
	}
	_exit(0);
}
