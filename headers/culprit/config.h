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
	__u64 slow_io_ns; /* a completion slower than this is a slow outlier; 0 = none */
	__u64 peer_event_interval_ns; /* ring events of one peer: a burst of 8, then one per interval */
	__u64 dev_event_interval_ns; /* slow outliers of one device, the same; errors are not held
				       * back until 64 in one interval */
	__u32 block_error_is_errno;  /* the tracepoint's error is an errno, not a blk_status_t */
	__u32 own_pid;		     /* our tgid: never charged to others */
	__u32 retrans_has_err;	     /* tcp_retransmit_skb passes what sending returned */
	__u32 issue_has_queue;	     /* block_rq_issue passes the queue before the request */
	__u32 jiffy_us;		     /* the kernel's tick: TCP's timers count in it */
	/* Where a driver keeps the device's answer, in the data that follows struct request. Byte
	 * offset + 1; 0 = unknown. */
	__u32 scsi_sense;    /* pointer to the sense buffer */
	__u32 scsi_result;   /* int */
	__u32 nvme_status;   /* u16 */
	__u32 nvme_retries;  /* u8 */
	__u32 xfs_super;     /* in struct xfs_mount: the super block, the same way */
	__u32 victim_is_pid; /* oom:mark_victim passes a number, not the task */
	__u32 page_shift;    /* of the kernel's pages */
	__u32 rq_quiet;	     /* RQF_QUIET, of struct request's rq_flags */
	__u32 pad;
};

/* Ring events of one peer or device that may follow each other at once. */
#define CONFIG_EVENT_BURST 8
/* Error events of one device in one interval. */
#define CONFIG_ERROR_BURST 64

#endif
