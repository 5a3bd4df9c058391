/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * config.h - the read-only settings of the BPF programs (const volatile, set before load).
 */
#ifndef CULPRIT_CONFIG_H
#define CULPRIT_CONFIG_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

struct bpf_config {
	__u64 slow_io_ns;	      /* a completion slower than this is a slow outlier; 0 = none */
	__u64 peer_event_interval_ns; /* ring events of one peer: a burst of 8, then one per interval */
	__u64 dev_event_interval_ns;  /* slow outliers of one device, the same; errors are not held
				       * back until 64 in one interval */
	__u32 block_error_is_errno;   /* the tracepoint's error is an errno, not a blk_status_t */
	__u32 own_pid;		      /* our tgid: never charged to others */
};

#endif
