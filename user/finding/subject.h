/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * subject.h - what makes a subject the same one again.
 *
 * subject_label() and addr_text() are declared in finding.h, with the subject itself.
 */
#ifndef CULPRIT_SUBJECT_H
#define CULPRIT_SUBJECT_H

#include "finding/finding.h"

/* Hash of boot_id, kind and the key that holds for this boot: device number; address, port,
 * direction and namespace; pid and start time; interface index and namespace; or the name. */
__u64 subject_id(const char *boot_id, const char *kind, const struct subject *subject);

/* Hash of machine-id, kind and the durable key: WWN, else serial, else name; address and port; exe
 * (else comm) and cgroup. The same after a reboot. */
__u64 subject_fingerprint(const char *machine_id, const char *kind, const struct subject *subject);

#endif
