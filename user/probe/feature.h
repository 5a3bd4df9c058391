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
#include "probe/probe_table.h"

/*
 * Sets retrans_has_err, issue_has_queue, block_error_is_errno, rq_quiet, and where SCSI and NVMe answers are, as far
 * as that can be known (0 else); and ret_lacks[i] for each row of THE probe table, bit by bit those of its ways whose
 * target the kernel itself does not have: a first way that is tp_btf (modules' tracepoints have no way but by
 * name), and functions. Nothing is to be loaded for these: a failed load costs a reading of all of the kernel's
 * types, and one more for each probe of the object. -ENOTSUP when there is no BTF.
 */
int feature_read(struct bpf_config *config, unsigned int ret_lacks[PROBE_ROWS], struct err *err);

#endif
