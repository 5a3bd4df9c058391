/* SPDX-License-Identifier: BSD-2-Clause */
/* What the workload's parts share: the plan that a command makes, what is counted, and small
 * helpers. */
#ifndef TESTS_VM_LOAD_H
#define TESTS_VM_LOAD_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_FD = 20000, MAX_BYTES = 1 << 20, BLOCK = 4096 };

/* What a client does with a connection after its first answer; PROBE: resets it as soon as it is made; VANISH: is gone
 * and the server is not told, as a host that loses its power. */
enum after { KEEP, CLOSE, FORGET, PROBE, VANISH };

/* What a server does with what it reads; NEGLECT: as ECHO, and never closes; DROP: resets at the first byte, RESET:
 * answers that and resets at the next. */
enum manner { ECHO, SINK, NEGLECT, ANSWER_AND_CLOSE, DROP, RESET };

struct plan {
	const char *addr, *path, *name;
	int port, last_port;
	double seconds, delay_s;
	double opens_per_s;  /* 0: all at the start */
	double msgs_per_s;   /* over all open connections, in turn */
	double hold_s;	     /* close this long after opening; 0: keep */
	double give_up_s;    /* how long to wait for a connection; 0: as long as the kernel does */
	double healthy_rate; /* proper opens and closes a second beside a leak */
	long count;	     /* how many to have open (threads to have); 0: no limit */
	long rounds;	     /* how often a burst comes */
	long bytes;
	enum after after;
	enum manner manner;
	bool await_eof; /* forget only after the peer has closed */
	bool write;
};

struct counts {
	long opened, established, refused, timed_out, failed, closed, lost, open, sent, received;
};

/* Monotonic time in seconds. */
double now_s(void);
/* Whether to go on: the time end is not reached and nobody asked to stop. */
bool running(double end);
/* Sleeps until the monotonic time when; returns at once if that is past. */
void sleep_until(double when);
/* Says what failed, with errno, and exits 1. */
void die(const char *what);
/* Zeroed memory, or die. */
void *xcalloc(size_t count, size_t size);
/*
 * Closes a connection by a reset: nothing of it stays to be sent again once the command has ended. (Before Linux 6.11
 * an orphaned socket cannot even be killed from outside.)
 */
void abandon(int fd);
/* One line on stdout. */
void print_counts(const char *name, const struct counts *n);

/* Each runs a plan to its end and returns the exit status. */
int run_client(const struct plan *plan);
int run_server(const struct plan *plan);
/* Opens files at a rate: keeps them (a leak), or holds count of them for hold_s, or closes each at
 * once. */
int run_files(const struct plan *plan);
/* Gets descriptors in the way that `path` names (tests/bpf/ways.h) and keeps them, in one of count threads that all
 * open and close files too. */
int run_way(const struct plan *plan);
/* Starts processes that end at once, count of them if one is given; 1 when there were fewer. */
int run_forks(const struct plan *plan);
int run_dump(const struct plan *plan);
/* Reads (or writes and now and then syncs) random blocks of a file or device past the page cache.
 */
int run_disk(const struct plan *plan);
/* Reads random blocks that must not wait. */
int run_nowait(const struct plan *plan);
/* Raw SYNs to a range of ports, as from a foreign host: this kernel has no socket for them. */
int run_synscan(const struct plan *plan);

#endif
