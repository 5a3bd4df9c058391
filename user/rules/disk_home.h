/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_home.h - where a disk is at home: in this host, in a storage that is reached by a network of its own, or in the
 * hypervisor or cloud under this host. It says who can do something about it, and what is of use to look at. */
#ifndef CULPRIT_DISK_HOME_H
#define CULPRIT_DISK_HOME_H

#include "finding/finding.h"

enum disk_home { HOME_HOST, HOME_STORAGE, HOME_HYPERVISOR };
/* By its transport; else by its name, or by what clouds and hypervisors call what they present. */
enum disk_home disk_home(const struct event_disk *info);
/* Hypervisors, clouds and RAID controllers call all that they present the same, be it of flash or of old rotating
 * disks: two of such a model are no siblings. */
bool disk_model_is_made_up(const char *model);

/* The first thing to read about a disk that fails: its own error log, where it has one that this host can ask for. */
void disk_home_look(struct claim *claim, const struct event_disk *info);
/* Whom to call for a disk that is not in this host; returns false, and says nothing, of one that is. */
bool disk_home_call(struct claim *claim, const struct event_disk *info);

#endif
