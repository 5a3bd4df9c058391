/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_smart.h - what a suspected disk says of itself: asked for once, told as evidence.
 *
 * It never opens a finding, nor moves a confidence or a severity: many disks fail without a word (Pinheiro et
 * al., FAST '07: 36 % of failed drives had no such signal), and smartctl may be anything that answers to the name.
 */
#ifndef CULPRIT_DISK_SMART_H
#define CULPRIT_DISK_SMART_H

#include "model/disk.h"
#include "rules/rule.h"

/* Asks for it, where the disk is one that can tell, was not asked before, and has nothing stuck in its queue. */
void disk_smart_ask(const struct model *model, const struct disk *disk,
		    const struct judgement *judgement);
/* What it said, or why it said nothing; nothing while there is no answer. */
void disk_smart_claim(struct claim *claim, const struct disk *disk);

#endif
