/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.h - the daemon's control socket: culprit status and culprit dump ask, the daemon answers.
 *
 * A stream socket; one request a connection: "status", "status json" or "dump SECONDS" (0: all), and a newline.
 * The answer is "ok\n" and what was asked for, up to the end of the stream, or "error TEXT\n". Who may ask:
 * root, the daemon's own user, and members of the socket's group (its mode is 0660; the peer's credentials are
 * checked besides). A child process reads and answers, so that no peer can hold the daemon up: it ends after ten
 * seconds (a dump when nothing of it went out for ten seconds), and there are at most four.
 */
#ifndef CULPRIT_CONTROL_H
#define CULPRIT_CONTROL_H

#include <sys/types.h>

#include "err.h"

#define CONTROL_PATH	    "/run/culprit/control"
#define CONTROL_REQUEST_MAX 64
#define CONTROL_ANSWER_S    10U /* so long an answer may take, or stand still where it is a long one */

struct control;

/* Answers one request, in the child: writes what was asked for to fd, which it may close. A negative errno
 * with err set is told to the peer when nothing was written yet. */
typedef int (*control_fn)(void *ctx, const char *request, int fd, struct err *err);

/* The group of that name; NULL or empty: (gid_t)-1, nobody's. -EINVAL: there is none. */
int control_group(const char *name, gid_t *ret_group, struct err *err);

/*
 * Listens at `path`; its directory is made (0755) when it is missing, a socket that nobody listens at is
 * replaced. `group`: who may ask besides root; NULL or empty = nobody. -EADDRINUSE: another daemon answers
 * there; -EINVAL: no such group, or the path is too long.
 */
int control_new(const char *path, const char *group, control_fn fn, void *ctx,
		struct control **ret_control, struct err *err);
/* Stops listening and removes the socket; children that still answer are left to end. NULL is fine. */
void control_free(struct control *control);

/* Readable when somebody asks. */
int control_fd(const struct control *control);
/* Where its socket was deleted or replaced: listens anew, by another descriptor, and returns 1; 0: it is there. Errors as
 * control_new() has them, and -EPERM or -ENOSYS where a group's socket cannot be made any more (rights.h); then it is as
 * it was. */
int control_renew(struct control *control, struct err *err);
/* Takes whoever waits. */
void control_dispatch(struct control *control);
/* Gathers children that have ended. To be called now and then. */
void control_reap(struct control *control);

/* The peer's side: sends the request; *ret_fd is where the answer's contents follow. -ENOENT and the like: no
 * daemon there; -EACCES; -EREMOTEIO with the daemon's own words. */
int control_ask(const char *path, const char *request, int *ret_fd, struct err *err);

#endif
