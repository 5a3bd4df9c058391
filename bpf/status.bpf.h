/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * status.bpf.h - the block layer's operations, flags and status in our own numbers.
 */
#ifndef CULPRIT_STATUS_BPF_H
#define CULPRIT_STATUS_BPF_H

#include "compat.bpf.h"

/* include/linux/blk_types.h, enum req_op (req_opf before 5.20): the numbers of these have not changed
 * since 5.8. SCSI_IN/OUT went away in 5.16; nothing else uses their numbers. */
#define REQ_OP_MASK	    0xff
#define REQ_OP_READ	    0
#define REQ_OP_WRITE	    1
#define REQ_OP_FLUSH	    2
#define REQ_OP_DISCARD	    3
#define REQ_OP_SECURE_ERASE 5
#define REQ_OP_WRITE_ZEROES 9
#define REQ_OP_SCSI_IN	    32
#define REQ_OP_DRV_OUT	    35

static __always_inline __u8 request_op(__u32 cmd_flags)
{
	__u32 op = cmd_flags & REQ_OP_MASK;

	switch (op) {
	case REQ_OP_READ:
		return BLOCK_READ;
	case REQ_OP_WRITE:
		return BLOCK_WRITE;
	case REQ_OP_FLUSH:
		return BLOCK_FLUSH;
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		return BLOCK_DISCARD;
	case REQ_OP_WRITE_ZEROES:
		return BLOCK_WRITE_ZEROES;
	}
	return op >= REQ_OP_SCSI_IN && op <= REQ_OP_DRV_OUT ? BLOCK_PASSTHROUGH : BLOCK_OTHER;
}

/* The bits of cmd_flags move with nearly every release: from the running kernel's enum. */
#define request_flag(bit) (1U << bpf_core_enum_value(enum req_flag_bits, bit))

/* blk_status_t. Up to 13 the numbers are the same since 4.14, then see status_has_zone_resource(). */
static __always_inline __u8 status_of_sts(__u8 sts)
{
	if (sts <= BLOCK_IOERR) /* OK to IOERR: ours are the same */
		return sts;
	switch (sts) {
	case 11:
		return BLOCK_DM_REQUEUE;
	case 12:
		return BLOCK_AGAIN;
	case 13: /* BLK_STS_DEV_RESOURCE */
		return BLOCK_RESOURCE;
	case 19: /* 6.11; not a shifted one: 18 stayed free */
		return BLOCK_INVAL;
	}
	/* As they were numbered with BLK_STS_ZONE_RESOURCE. */
	if (!status_has_zone_resource())
		sts++;
	switch (sts) {
	case 14:
	case 15:
	case 16:
		return BLOCK_ZONE;
	case 17:
		return BLOCK_OFFLINE;
	case 18:
		return BLOCK_DURATION_LIMIT;
	}
	return BLOCK_STATUS_UNKNOWN;
}

/* blk_errors[] of block/blk-core.c, backwards. Several map to EIO there. */
static __always_inline __u8 status_of_errno(int error)
{
	switch (error) {
	case 0:
		return BLOCK_OK;
	case -95: /* EOPNOTSUPP */
		return BLOCK_NOTSUPP;
	case -110: /* ETIMEDOUT */
		return BLOCK_TIMEOUT;
	case -28: /* ENOSPC */
		return BLOCK_NOSPC;
	case -67: /* ENOLINK */
		return BLOCK_TRANSPORT;
	case -121: /* EREMOTEIO */
		return BLOCK_TARGET;
	case -52: /* EBADE */
		return BLOCK_RESV_CONFLICT;
	case -61: /* ENODATA */
		return BLOCK_MEDIUM;
	case -84: /* EILSEQ */
		return BLOCK_PROTECTION;
	case -12: /* ENOMEM */
	case -16: /* EBUSY: BLK_STS_DEV_RESOURCE */
		return BLOCK_RESOURCE;
	case -5: /* EIO */
		return BLOCK_IOERR;
	case -78: /* EREMCHG */
		return BLOCK_DM_REQUEUE;
	case -11: /* EAGAIN */
		return BLOCK_AGAIN;
	case -19: /* ENODEV */
		return BLOCK_OFFLINE;
	case -109: /* ETOOMANYREFS: open zones */
	case -75:  /* EOVERFLOW: active zones */
		return BLOCK_ZONE;
	case -62: /* ETIME */
		return BLOCK_DURATION_LIMIT;
	case -22: /* EINVAL */
		return BLOCK_INVAL;
	}
	return BLOCK_STATUS_UNKNOWN;
}

/* What blk_fill_rwbs() writes: an F for a preflush, the operation, then flags, of which A is
 * read-ahead. N is anything that is not a read, a write, a flush or a discard. */
static __always_inline __u8 op_of_rwbs(const char rwbs[8], __u8 *readahead)
{
	char op = rwbs[0];
	int i;

#pragma unroll
	for (i = 1; i < 8; i++)
		if (rwbs[i] == 'A')
			*readahead = 1;
	if (op == 'F' && (rwbs[1] == 'F' || rwbs[1] == 'W' || rwbs[1] == 'R' || rwbs[1] == 'D'))
		op = rwbs[1];
	switch (op) {
	case 'R':
		return BLOCK_READ;
	case 'W':
		return BLOCK_WRITE;
	case 'F':
		return BLOCK_FLUSH;
	case 'D':
		return BLOCK_DISCARD;
	}
	return BLOCK_OTHER;
}

#endif
