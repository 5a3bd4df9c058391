/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A workload with the manners, good and bad, of real programs: servers, clients, pools and leaks at
 * given rates. Every command ends by itself after -t seconds and prints what it counted. The VM
 * scenarios use it, and it serves to try culprit on any host:
 *
 *   load serve -p 7000 &  load leak-socket -a 127.0.0.1 -p 7000 -o 5
 *
 * A command is a row of defaults for a plan; the options change it. Build: make build/tests/load
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* SIGTERM and SIGINT end a command early, with its counts. The one global: a signal handler has no
 * argument. */
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

bool running(double end)
{
	return !stopped && now_s() < end;
}

void sleep_until(double when)
{
	double left = when - now_s();
	struct timespec t;

	if (left <= 0)
		return;
	t.tv_sec = (time_t)left;
	t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		die("memory");
	return p;
}

void abandon(int fd)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

void print_counts(const char *name, const struct counts *n)
{
	printf("%s: opened %ld established %ld refused %ld timed-out %ld failed %ld closed %ld "
	       "lost %ld open %ld "
	       "sent %ld received %ld\n",
	       name, n->opened, n->established, n->refused, n->timed_out, n->failed, n->closed,
	       n->lost, n->open, n->sent, n->received);
	fflush(stdout);
}

static const struct command {
	const char *name, *help;
	int (*run)(const struct plan *plan);
	struct plan plan;
} commands[] = {
	{"serve",
	 "answer on ports -p (-m echo, sink, neglect, close, drop, reset)",
	 run_server,
	 {.manner = ECHO}},
	{"stream",
	 "-c connections, -r messages of -b bytes a second",
	 run_client,
	 {.count = 4, .msgs_per_s = 100, .bytes = 1000}},
	{"hold", "-c idle connections", run_client, {.count = 100, .bytes = 10}},
	{"pool",
	 "opens -o a second until -c are open, then uses them",
	 run_client,
	 {.count = 50, .opens_per_s = 10, .msgs_per_s = 100, .bytes = 100}},
	{"burst",
	 "-c connections at once, closed after -w seconds, -k times",
	 run_client,
	 {.count = 100, .hold_s = 2, .rounds = 1, .bytes = 10}},
	{"churn",
	 "-o connections a second, each closed after its answer",
	 run_client,
	 {.opens_per_s = 20, .after = CLOSE, .bytes = 100}},
	{"connect",
	 "-o attempts a second, given up after -w seconds",
	 run_client,
	 {.opens_per_s = 5, .after = CLOSE, .bytes = 10}},
	{"probe",
	 "-o connections a second, each reset as soon as it is made",
	 run_client,
	 {.opens_per_s = 5, .after = PROBE, .bytes = 10}},
	{"vanish",
	 "-o connections a second, each gone after its answer without a word",
	 run_client,
	 {.opens_per_s = 5, .after = VANISH, .bytes = 100}},
	{"leak-socket",
	 "-o connections a second never closed, -H closed properly",
	 run_client,
	 {.opens_per_s = 5, .after = FORGET, .healthy_rate = 5, .bytes = 100}},
	{"leak-closewait",
	 "the same, after the peer has closed",
	 run_client,
	 {.opens_per_s = 5, .after = FORGET, .await_eof = true, .healthy_rate = 5, .bytes = 100}},
	{"leak-file",
	 "-o opens of -f a second never closed, -H closed properly",
	 run_files,
	 {.opens_per_s = 5, .healthy_rate = 20}},
	{"leak-way",
	 "-o descriptors a second of the way -f (pipe ...), -H files opened and closed, in -c threads",
	 run_way,
	 {.opens_per_s = 3, .count = 1}},
	{"forks",
	 "-o processes a second that end at once, -c of them",
	 run_forks,
	 {.opens_per_s = 100}},
	{"dump", "a process of -c threads more that ends by SIGABRT, once", run_dump, {.count = 3}},
	{"burst-file",
	 "-c opens of -f at once, closed after -w seconds, -k times",
	 run_files,
	 {.count = 200, .hold_s = 2, .rounds = 1}},
	{"churn-file",
	 "-o opens of -f a second, each closed at once",
	 run_files,
	 {.opens_per_s = 200, .after = CLOSE}},
	{"read", "-o direct reads of -f a second", run_disk, {.opens_per_s = 50}},
	{"write",
	 "-o direct reads and writes of -f a second",
	 run_disk,
	 {.opens_per_s = 50, .write = true}},
	{"nowait", "-o reads of -f a second that must not wait", run_nowait, {.opens_per_s = 50}},
	{"synscan", "-o raw SYNs a second to ports -p of -a", run_synscan, {.opens_per_s = 50}},
};

static void usage(FILE *out)
{
	fprintf(out, "usage: load COMMAND [-a ADDR] [-p PORT[-LAST]] [-f FILE] [-t SECONDS] [-d "
		     "DELAY] [-N NAME]\n"
		     "            [-o OPENS/S] [-c COUNT] [-r MESSAGES/S] [-b BYTES] [-w SECONDS] "
		     "[-k ROUNDS]\n"
		     "            [-H HEALTHY/S] [-m echo|sink|neglect|close|drop|reset]\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-15s %s\n", commands[i].name, commands[i].help);
	exit(out == stderr ? 2 : 0);
}

static void set_option(struct plan *p, int opt, char *arg)
{
	char *dash;

	switch (opt) {
	case 'a':
		p->addr = arg;
		break;
	case 'f':
		p->path = arg;
		break;
	case 'N':
		p->name = arg;
		break;
	case 't':
		p->seconds = atof(arg);
		break;
	case 'd':
		p->delay_s = atof(arg);
		break;
	case 'o':
		p->opens_per_s = atof(arg);
		break;
	case 'c':
		p->count = atol(arg);
		break;
	case 'r':
		p->msgs_per_s = atof(arg);
		break;
	case 'b':
		p->bytes = atol(arg) < MAX_BYTES ? atol(arg) : MAX_BYTES;
		break;
	case 'w':
		p->hold_s = p->give_up_s = atof(arg);
		break;
	case 'k':
		p->rounds = atol(arg);
		break;
	case 'H':
		p->healthy_rate = atof(arg);
		break;
	case 'm':
		p->manner = *arg == 'c'	  ? ANSWER_AND_CLOSE
			    : *arg == 's' ? SINK
			    : *arg == 'n' ? NEGLECT
			    : *arg == 'd' ? DROP
			    : *arg == 'r' ? RESET
					  : ECHO;
		break;
	case 'p':
		dash = strchr(arg, '-');
		p->port = atoi(arg);
		p->last_port = dash ? atoi(dash + 1) : p->port;
		break;
	default:
		usage(stderr);
	}
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction on_stop = {.sa_handler = stop}; /* no SA_RESTART: waits return */
	struct rlimit files;
	const struct command *command;
	struct plan plan;
	int opt;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
		usage(stdout);
	command = argc > 1 ? find_command(argv[1]) : NULL;
	if (!command)
		usage(stderr);
	plan = command->plan;
	plan.name = command->name;
	plan.addr = "127.0.0.1";
	plan.path = "/etc/hostname";
	plan.port = plan.last_port = 7000;
	plan.seconds = 30;
	while ((opt = getopt(argc - 1, argv + 1, "a:p:f:t:d:N:o:c:r:b:w:k:H:m:")) != -1)
		set_option(&plan, opt, optarg);

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < MAX_FD ? files.rlim_max : MAX_FD;
	setrlimit(RLIMIT_NOFILE, &files);
	prctl(PR_SET_NAME, plan.name);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &on_stop, NULL);
	sigaction(SIGINT, &on_stop, NULL);
	sleep_until(now_s() + plan.delay_s);
	return command->run(&plan);
}
