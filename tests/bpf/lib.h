/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib.h - what the tests of the probes share: collected events, a network of their own, sockets and loop
 * devices with a known number of everything.
 */
#ifndef CULPRIT_TESTS_BPF_LIB_H
#define CULPRIT_TESTS_BPF_LIB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <cmocka.h>

#include <culprit/event.h>

#include "probe/probes.h"

/* ---- probes and what came out of them ---- */

struct bag {
	struct probes *probes;
	unsigned char *data; /* events one after the other */
	size_t used;
	size_t size;
};

/* Attaches; fails the test when it cannot. Ring events are not limited unless limited is given. */
struct bag *bag_open(const char *disable, const char *force_way);
struct bag *bag_open_with(const struct probes_options *options);
void bag_close(struct bag *bag);
/* Empties the rings, makes a snapshot, accounts: all goes into the bag. */
void bag_fill(struct bag *bag);
void bag_drain(struct bag *bag);
void bag_snapshot(struct bag *bag);
void bag_account(struct bag *bag);
void bag_report(struct bag *bag);
void bag_clear(struct bag *bag);
int bag_put(void *bag, const struct event *event);

/* The next event of a type after `from` (NULL: the first); NULL when there is none. */
const struct event *bag_next(const struct bag *bag, const struct event *from, __u32 type);
unsigned int bag_count(const struct bag *bag, __u32 type);
/* The latest of its kind; NULL when there is none. */
const struct event_probe *bag_probe(const struct bag *bag, const char *name);
const struct event_ring *bag_ring(const struct bag *bag, const char *name);
const struct event_table *bag_table(const struct bag *bag, const char *name);
const struct event_tcp_peer *bag_peer(const struct bag *bag, enum peer_dir dir, const char *addr,
				      unsigned int port);
const struct event_proc_fds *bag_fds(const struct bag *bag, pid_t pid);
const struct event_block_stat *bag_stat(const struct bag *bag, __u32 dev, enum block_op op);
const struct event_block_status *bag_status(const struct bag *bag, __u32 dev, enum block_op op,
					    enum block_status status);

unsigned long long clock_now_ns(void);
void sleep_ms(unsigned int ms);

/* ---- the world ---- */

/* A network namespace with only lo up, a mount namespace of its own, tracefs mounted. Once a program. */
int world_setup(void **state);
__u32 world_netns(void);
/* Runs a shell command; true when it exits 0. */
bool run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A netfilter table that is filled by nft commands, and emptied. False: this kernel has none. */
bool filter(const char *rule_fmt, ...) __attribute__((format(printf, 1, 2)));
void filter_clear(void);
/* A counter of /proc/net/netstat or snmp, by name. */
unsigned long long netstat(const char *name);

/* ---- sockets ---- */

/* addr "127.0.0.1", "::1", "::ffff:127.0.0.1". Port 0 picks one. */
int tcp_listen(const char *addr, unsigned int *port, int backlog);
int tcp_connect(const char *addr, unsigned int port);
/* 0, -EINPROGRESS, or the error; *ret_fd is open in any case. */
int tcp_connect_nonblock(const char *addr, unsigned int port, int syn_retries, int *ret_fd);
int tcp_accept(int listener);
/* Closes with a reset. */
void tcp_abort(int fd);

/* ---- disks ---- */

struct loop {
	char path[64]; /* /dev/loopN */
	char backing[64];
	int fd; /* the device, O_DIRECT */
	__u32 dev;
	size_t bytes;
};

/* False when this kernel has no loop devices. */
bool loop_open(struct loop *loop, size_t bytes);
bool loop_open_in(struct loop *loop, const char *dir, size_t bytes);
void loop_close(struct loop *loop);

#endif
