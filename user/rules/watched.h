/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watched.h - what findings may be about: the settings of [watch], exclude_X and include_X, each a comma list.
 *
 *	devices		kernel names of disks, arrays and interfaces; of a file system the name of its device, or where
 *			it is mounted
 *	peers		addresses, or networks as ADDRESS/BITS
 *	processes	names (comm), or paths of programs
 *	cgroups		paths below /sys/fs/cgroup
 *
 * All but addresses are patterns of fnmatch(3). A subject is watched when no exclude list has it, and the include
 * list, where there is one, does. It says nothing about evidence: who is excluded may still be a control, a victim,
 * or a part of a number.
 */
#ifndef CULPRIT_WATCHED_H
#define CULPRIT_WATCHED_H

#include "ask.h"
#include "finding/finding.h"
#include "model/model.h"

#define WATCH_PREFIX "watch."

/* The names of the settings, "exclude_devices" and so on; NULL past the end. */
const char *watch_key_at(unsigned int i);
/* Is this an item that the setting can have? */
bool watch_item_sound(const char *key, const char *item);

bool subject_watched(const struct model *model, const struct subject *subject);
/* Is what it costs spent on a subject that is watched? Who a process is may always be asked. */
bool ask_watched(const struct model *model, const struct ask *ask);

#endif
