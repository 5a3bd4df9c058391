/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * feature.h - what the running kernel's tracepoints pass to a program.
 *
 * Differences in fields are settled inside the programs (bpf/compat.bpf.h); what a tracepoint passes is
 * only in the prototype btf_trace_NAME of the kernel's BTF. Never decided by version: distributions
 * backport.
 */
#ifndef CULPRIT_FEATURE_H
#define CULPRIT_FEATURE_H

#include <culprit/config.h>

#include "err.h"

/* Sets retrans_has_err, issue_has_queue, block_error_is_errno, and where SCSI and NVMe answers are, as far
 * as that can be known (0 else). -ENOTSUP when there is no BTF. */
int feature_read(struct bpf_config *config, struct err *err);

#endif
