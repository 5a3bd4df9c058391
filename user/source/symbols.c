/* SPDX-License-Identifier: BSD-2-Clause */
/* symbols.c - which functions and lines a call site is; see symbols.h. */
#include "source/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rights.h"
#include "small_file.h"
#include "source/unwind.h"

#define TIME_MAX_NS (6 * 1000000000ULL)
#define CPU_MAX_S   3
#define MEMORY_MAX  (768UL << 20) /* address space: the debug information of large programs */
#define NICE	    10
#define ZOMBIES_MAX 4

void symbols_take(struct symbols *symbols, __u32 pid, __u64 start_ns, __u32 site)
{
	for (unsigned int i = 0; i < symbols->n; i++) {
		const struct symbols_ask *ask = &symbols->ask[i];

		if (ask->pid == pid && ask->start_ns == start_ns && ask->site == site)
			return;
	}
	if (symbols->n == SYMBOLS_WAITING_MAX) {
		symbols->dropped++;
		return;
	}
	symbols->ask[symbols->n++] =
		(struct symbols_ask){.pid = pid, .start_ns = start_ns, .site = site};
}

void symbols_forget(struct symbols *symbols, __u32 pid)
{
	for (unsigned int i = 0; i < symbols->n;) {
		if (symbols->ask[i].pid == pid)
			symbols->ask[i] = symbols->ask[--symbols->n];
		else
			i++;
	}
}

/* ---- the child ---- */

static void limit(int what, rlim_t most)
{
	struct rlimit limits = {most, most};

	setrlimit(what, &limits);
}

/* First what is quickly found out, then with the lines: should that take too long, the first stays. */
__attribute__((noreturn)) static void child_run(__u32 pid, const struct stack_sample *sample,
						int out)
{
	struct unwound unwound;
	struct err refused = {0};
	int null = open("/dev/null", O_RDWR);

	/* What it is made to write must not be taken for a line of ours. */
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) != fd)
			_exit(1);
	if (dup2(out, 3) != 3)
		_exit(1);
	close_range(4, ~0U, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where the kernel refuses that, the daemon is refused too, and says so. */
	rights_confine(RIGHTS_SYMBOLS, &refused);
	limit(RLIMIT_CPU, CPU_MAX_S);
	limit(RLIMIT_AS, MEMORY_MAX);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	setpriority(PRIO_PROCESS, 0, NICE);
	/* Nothing is fetched from the network for it. */
	unsetenv("DEBUGINFOD_URLS");
	for (int lines = 0; lines <= 1; lines++)
		if (unwind(pid, sample, lines, &unwound) &&
		    write(3, &unwound, sizeof(unwound)) != sizeof(unwound))
			break;
	_exit(0);
}

static void begin(struct symbols *s, const struct symbols_ask *ask,
		  const struct stack_sample *sample, __u64 now_ns)
{
	int ends[2], pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK)) {
		s->dropped++;
		return;
	}
	pid = fork();
	if (pid == 0)
		child_run(ask->pid, sample, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		s->dropped++;
		return;
	}
	s->child = pid;
	s->pipe_fd = ends[0];
	s->since_ns = now_ns;
	s->now = *ask;
	s->answered = false;
	memset(&s->answer, 0, sizeof(s->answer));
}

/* ---- its answer ---- */

static void take_answer(struct symbols *s)
{
	struct unwound unwound;

	/* Less than PIPE_BUF: whole or not at all. */
	while (read(s->pipe_fd, &unwound, sizeof(unwound)) == sizeof(unwound)) {
		unwound.text[sizeof(unwound.text) - 1] = '\0';
		unwound.build_id[sizeof(unwound.build_id) - 1] = '\0';
		memset(&s->answer, 0, sizeof(s->answer));
		text_copy(s->answer.text, sizeof(s->answer.text), unwound.text);
		text_copy(s->answer.build_id, sizeof(s->answer.build_id), unwound.build_id);
		s->answer.flags = unwound.flags;
		s->answer.frames = unwound.frames;
		s->answered = true;
	}
}

static void reap(struct symbols *s)
{
	for (unsigned int i = 0; i < ZOMBIES_MAX; i++)
		if (s->zombies[i] && waitpid(s->zombies[i], NULL, WNOHANG) != 0)
			s->zombies[i] = 0;
}

/* True when the child is done with, one way or the other. */
static bool is_over(struct symbols *s, __u64 now_ns)
{
	int ended = waitpid(s->child, NULL, WNOHANG);

	take_answer(s);
	if (ended == 0 && now_ns < s->since_ns + TIME_MAX_NS)
		return false;
	if (ended == 0) {
		kill(s->child, SIGKILL);
		for (unsigned int i = 0; i < ZOMBIES_MAX; i++) {
			if (s->zombies[i])
				continue;
			s->zombies[i] = s->child;
			break;
		}
	}
	close(s->pipe_fd);
	s->child = 0;
	return true;
}

static int tell(struct symbols *s, struct emit *emit)
{
	struct event_fd_stack event = s->answer;

	event.pid = s->now.pid;
	event.start_ns = s->now.start_ns;
	event.site = s->now.site;
	if (!s->answered)
		event.flags = STACK_FAILED;
	return EMIT(emit, EVENT_FD_STACK, &event);
}

static bool has_room(const struct symbols *s)
{
	for (unsigned int i = 0; i < ZOMBIES_MAX; i++)
		if (!s->zombies[i])
			return true;
	return false;
}

int symbols_poll(struct symbols *symbols, symbols_sample_fn sample, void *ctx, struct emit *emit)
{
	struct stack_sample *room = NULL;
	int code = 0, got;

	reap(symbols);
	if (symbols->child) {
		if (!is_over(symbols, emit->now_ns))
			return 0;
		code = tell(symbols, emit);
	}
	for (unsigned int i = 0; i < symbols->n && code == 0 && !symbols->child; i++) {
		struct symbols_ask *ask = &symbols->ask[i];

		if (ask->done || !has_room(symbols))
			continue;
		if (!room)
			room = malloc(sizeof(*room));
		if (!room)
			return 0;
		got = sample(ctx, ask->pid, ask->site, emit->now_ns, room);
		if (got == -EAGAIN)
			continue;
		ask->done = true;
		if (got == 0) {
			begin(symbols, ask, room, emit->now_ns);
			continue;
		}
		symbols->now = *ask;
		symbols->answered = false;
		memset(&symbols->answer, 0, sizeof(symbols->answer));
		code = tell(symbols, emit);
	}
	free(room);
	return code;
}

void symbols_done(struct symbols *symbols)
{
	if (symbols->child) {
		kill(symbols->child, SIGKILL);
		waitpid(symbols->child, NULL, WNOHANG);
		close(symbols->pipe_fd);
	}
	memset(symbols, 0, sizeof(*symbols));
}
