/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replaceable.h - what is written beside and then renamed takes the place of whatever has that name.
 *
 * A device node, a pipe or a link of that name is somebody else's, or meant to be written to: none of ours takes its place.
 */
#ifndef CULPRIT_REPLACEABLE_H
#define CULPRIT_REPLACEABLE_H

#include "err.h"

/* 0: a regular file has that name, or nothing, or it cannot be looked at (what is wrong then the writing says). With err
 * set: -ELOOP: a symbolic link; -EINVAL: something else. */
int replaceable(const char *path, struct err *err);

#endif
