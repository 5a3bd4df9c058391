/* SPDX-License-Identifier: BSD-2-Clause */
/* loop.c - the one loop: descriptors and signals to callbacks; see loop.h. */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct loop_source {
	loop_fn fn;
	void *ctx;
	int fd; /* -1: called on each turn */
	bool used;
};

struct loop {
	int epoll_fd;
	int signal_fd;
	bool stopped;
	int code;
	bool took_signals;
	sigset_t old_mask;
	struct sigaction old_pipe;
	loop_signal_fn signal_fn;
	void *signal_ctx;
	unsigned int n_sources;
	unsigned int n_always;
	struct loop_source sources[LOOP_SOURCES_MAX];
};

/* The epoll tag of the signals; sources have their index. */
#define TAG_SIGNALS LOOP_SOURCES_MAX

static int watch(struct loop *loop, int fd, unsigned int tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static sigset_t our_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGUSR1);
	return mask;
}

void loop_hold_signals(void)
{
	sigset_t mask = our_signals();

	sigprocmask(SIG_BLOCK, &mask, NULL);
}

/* Blocks the signals and opens a descriptor that reads them. */
static int take_signals(struct loop *loop)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t mask = our_signals();

	if (sigprocmask(SIG_BLOCK, &mask, &loop->old_mask) < 0)
		return -errno;
	sigaction(SIGPIPE, &ignore, &loop->old_pipe);
	loop->took_signals = true;
	loop->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signal_fd < 0)
		return -errno;
	return watch(loop, loop->signal_fd, TAG_SIGNALS);
}

int loop_new(struct loop **ret_loop, struct err *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int code;

	if (!loop)
		return err_set(err, -ENOMEM, "out of memory");
	loop->signal_fd = -1;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	code = loop->epoll_fd < 0 ? -errno : take_signals(loop);
	if (code < 0) {
		loop_free(loop);
		return err_set(err, code, "cannot set up the event loop: %s", strerror(-code));
	}
	*ret_loop = loop;
	return 0;
}

int loop_add_source(struct loop *loop, int fd, loop_fn fn, void *ctx, struct err *err)
{
	unsigned int i = 0;
	int code = 0;

	while (i < loop->n_sources && loop->sources[i].used)
		i++;
	if (i == LOOP_SOURCES_MAX)
		return err_set(err, -ENOSPC, "too many descriptors for the event loop");
	if (fd >= 0)
		code = watch(loop, fd, i);
	if (code < 0)
		return err_set(err, code, "cannot wait for a descriptor: %s", strerror(-code));
	loop->sources[i] = (struct loop_source){.fn = fn, .ctx = ctx, .fd = fd, .used = true};
	loop->n_always += fd < 0;
	loop->n_sources += i == loop->n_sources;
	return 0;
}

void loop_remove_source(struct loop *loop, int fd)
{
	for (unsigned int i = 0; i < loop->n_sources; i++) {
		if (!loop->sources[i].used || loop->sources[i].fd != fd)
			continue;
		if (fd >= 0)
			epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		loop->n_always -= fd < 0;
		loop->sources[i].used = false;
		return;
	}
}

void loop_on_signal(struct loop *loop, loop_signal_fn fn, void *ctx)
{
	loop->signal_fn = fn;
	loop->signal_ctx = ctx;
}

static void dispatch_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (!loop->stopped && read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (loop->signal_fn)
			loop->signal_fn(loop->signal_ctx, (int)info.ssi_signo);
		else if (info.ssi_signo != SIGHUP && info.ssi_signo != SIGUSR1)
			loop_stop(loop, -EINTR);
	}
}

static void call(struct loop *loop, unsigned int i)
{
	/* One that was removed may still be among what was ready. */
	if (!loop->stopped && loop->sources[i].used)
		loop->sources[i].fn(loop->sources[i].ctx);
}

int loop_run(struct loop *loop, struct err *err)
{
	struct epoll_event events[LOOP_SOURCES_MAX + 1];

	while (!loop->stopped) {
		int n = epoll_wait(loop->epoll_fd, events, LOOP_SOURCES_MAX + 1,
				   loop->n_always ? 0 : -1);

		if (n < 0 && errno != EINTR)
			return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
		/* Signals first: a busy source must not keep Ctrl-C waiting. */
		for (int i = 0; i < n; i++)
			if (events[i].data.u32 == TAG_SIGNALS)
				dispatch_signals(loop);
		for (int i = 0; i < n; i++)
			if (events[i].data.u32 != TAG_SIGNALS)
				call(loop, events[i].data.u32);
		for (unsigned int i = 0; loop->n_always && i < loop->n_sources; i++)
			if (loop->sources[i].fd < 0)
				call(loop, i);
	}
	return loop->code;
}

void loop_stop(struct loop *loop, int code)
{
	if (loop->stopped)
		return;
	loop->stopped = true;
	loop->code = code;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->took_signals) {
		struct signalfd_siginfo late;

		/* A second Ctrl-C that came too late to be heard must not kill us now. */
		while (loop->signal_fd >= 0 &&
		       read(loop->signal_fd, &late, sizeof(late)) == sizeof(late))
			continue;
		sigaction(SIGPIPE, &loop->old_pipe, NULL);
		sigprocmask(SIG_SETMASK, &loop->old_mask, NULL);
	}
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	free(loop);
}
