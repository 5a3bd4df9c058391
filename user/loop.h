/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.h - the one loop: descriptors and signals to callbacks, in one thread.
 *
 * SIGINT, SIGTERM, SIGHUP and SIGUSR1 arrive as calls of on_signal, between callbacks and never inside one,
 * from loop_new() on: one that comes before loop_run() waits for it. SIGPIPE is ignored, so that a
 * reader that went away is an EPIPE of write().
 */
#ifndef CULPRIT_LOOP_H
#define CULPRIT_LOOP_H

#include "err.h"

struct loop;

typedef void (*loop_fn)(void *ctx);
typedef void (*loop_signal_fn)(void *ctx, int signal);

/* Descriptors that one loop takes. */
#define LOOP_SOURCES_MAX 16

/* Holds these signals back until a loop takes them: to be called before what takes time
 * (loading programs into the kernel), so that a Ctrl-C meanwhile ends the run with its report. */
void loop_hold_signals(void);

/* Takes the signals over; loop_free() gives them back. Negative errno with err set. */
int loop_new(struct loop **ret_loop, struct err *err);

/* Calls fn whenever fd is readable (or in error, or hung up). fd -1: always ready, called again and
 * again between looks at everything else. Called in the order in which they were added, but that the place of one
 * that was removed is taken first. The descriptor stays the caller's and must outlive loop_run(). -ENOSPC past
 * LOOP_SOURCES_MAX, or what epoll says. */
int loop_add_source(struct loop *loop, int fd, loop_fn fn, void *ctx, struct err *err);

/* It is called no more; to be called before the descriptor is closed. One that is not there is fine. */
void loop_remove_source(struct loop *loop, int fd);

/* Who hears of them. Without one, SIGINT and SIGTERM end the loop with
 * -EINTR. */
void loop_on_signal(struct loop *loop, loop_signal_fn fn, void *ctx);

/* Runs until loop_stop(); returns its code, or a negative errno with err set when epoll fails. */
int loop_run(struct loop *loop, struct err *err);

/* Ends loop_run() after the present callback. The first code that is given stays. */
void loop_stop(struct loop *loop, int code);

/* NULL is fine. */
void loop_free(struct loop *loop);

#endif
