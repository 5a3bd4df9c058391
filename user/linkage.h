/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linkage.h - what differs between the program that is linked against shared libraries and the static one.
 *
 * `make static` takes a source of user/static/ in place of that of user/ which has its name.
 */
#ifndef CULPRIT_LINKAGE_H
#define CULPRIT_LINKAGE_H

struct linkage {
	const char *metrics; /* the ways by which it gives them */
	const char *without; /* what was left out, for people; NULL: nothing */
};

extern const struct linkage linkage;

/* Before anything else: names of groups and hosts are looked up only by what is in the program. */
void linkage_init(void);

#endif
