/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * err.h - an error with its chain of context, no heap.
 *
 * The innermost layer calls err_set(), each layer above may prefix what it was doing with
 * err_prefix(); the command prints it once. Functions that take a struct err also return the same
 * negative errno.
 */
#ifndef CULPRIT_ERR_H
#define CULPRIT_ERR_H

struct err {
	int code; /* negative errno, 0 = no error */
	char text[384];
};

/* Sets code and message; returns code (negative errno; a positive one is negated, 0 becomes -EIO).
 */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " in front of the message; returns the code. No effect without an error. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
