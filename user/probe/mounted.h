/* SPDX-License-Identifier: BSD-2-Clause */
/* mounted.h - what must be mounted before anything is tried: in a bare root or rescue system it may not be. */
#ifndef CULPRIT_MOUNTED_H
#define CULPRIT_MOUNTED_H

#include "err.h"

/* 0 when /proc and /sys are there; else -ENOENT, with the command that mounts what is not. */
int mounted_check(struct err *err);

#endif
