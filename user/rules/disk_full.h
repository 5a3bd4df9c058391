/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_full.h - what the two judges of the kind disk-full share: disk_full.c (file systems), thin_full.c (pools). */
#ifndef CULPRIT_DISK_FULL_H
#define CULPRIT_DISK_FULL_H

#include "rules/rule.h"

extern const struct threshold disk_full_share;
extern const struct threshold disk_full_critical_share;

/* Claims each thin pool that is full, will be, or has stopped. */
void thin_full_judge(const struct model *model, const struct judgement *judgement);
/* Of a pool: it was told of since, or it is gone. */
bool thin_full_recovered(const struct model *model, const struct subject *subject, __u64 since_ns);

#endif
