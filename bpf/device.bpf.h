/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * device.bpf.h - what the device itself answered to a request that failed, or that is sent again.
 *
 * The SCSI and NVMe drivers keep it in their own data, right behind struct request (blk_mq_rq_to_pdu()).
 * Where in there is looked up by user space in the types of their modules (user/probe/feature.c), so this
 * needs no hook of the drivers and runs only for failures. Formats: SPC-4 4.5 (sense data), SAM-5 5.3
 * (status), include/scsi/scsi_status.h (host bytes), NVMe base specification 4.2.3 (status field).
 */
#ifndef CULPRIT_DEVICE_BPF_H
#define CULPRIT_DEVICE_BPF_H

#include "status.bpf.h"

#define SENSE_NOT_READY	   0x2
#define SENSE_MEDIUM_ERROR 0x3

#define DID_NO_CONNECT		 0x01
#define DID_TIME_OUT		 0x03
#define DID_BAD_TARGET		 0x04
#define DID_PARITY		 0x06
#define DID_TRANSPORT_DISRUPTED	 0x0e
#define DID_TRANSPORT_FAILFAST	 0x0f
#define DID_TRANSPORT_MARGINAL	 0x14
#define SAM_STAT_CHECK_CONDITION 0x02

#define NVME_SCT_MEDIA 0x2
#define NVME_SCT_PATH  0x3

struct answer {
	__u32 scsi_result;
	__u32 timeout_ms;
	__u16 nvme_status;
	__u8 retries;
	__u8 quiet;
	__u8 sense_key;
	__u8 asc;
	__u8 ascq;
};

/* Fixed format (70h, 71h) or descriptor format (72h, 73h). */
static __always_inline void read_sense(const void *pdu, struct answer *answer)
{
	const void *buffer = NULL;
	__u8 sense[14];

	if (bpf_probe_read_kernel(&buffer, sizeof(buffer), pdu + config.scsi_sense - 1) ||
	    !buffer || bpf_probe_read_kernel(sense, sizeof(sense), buffer))
		return;
	switch (sense[0] & 0x7f) {
	case 0x70:
	case 0x71:
		answer->sense_key = sense[2] & 0xf;
		answer->asc = sense[12];
		answer->ascq = sense[13];
		break;
	case 0x72:
	case 0x73:
		answer->sense_key = sense[1] & 0xf;
		answer->asc = sense[2];
		answer->ascq = sense[3];
	}
}

static __always_inline void read_scsi(const void *pdu, struct answer *answer)
{
	if (config.scsi_result)
		bpf_probe_read_kernel(&answer->scsi_result, sizeof(answer->scsi_result),
				      pdu + config.scsi_result - 1);
	/* Without the status byte the buffer speaks for itself: it is cleared for each command. */
	if (config.scsi_sense &&
	    (!config.scsi_result || (answer->scsi_result & 0xff) == SAM_STAT_CHECK_CONDITION))
		read_sense(pdu, answer);
}

static __always_inline void read_nvme(const void *pdu, struct answer *answer)
{
	if (config.nvme_status)
		bpf_probe_read_kernel(&answer->nvme_status, sizeof(answer->nvme_status),
				      pdu + config.nvme_status - 1);
	if (config.nvme_retries)
		bpf_probe_read_kernel(&answer->retries, sizeof(answer->retries),
				      pdu + config.nvme_retries - 1);
}

static __always_inline void answer_read(const struct request *rq, const struct gendisk *disk,
					struct answer *answer)
{
	const void *pdu = (const void *)rq + bpf_core_type_size(struct request);
	__u32 jiffies = BPF_CORE_READ(rq, timeout);
	char name[4];

	answer->timeout_ms = (__u64)jiffies * config.jiffy_us / 1000;
	if (bpf_probe_read_kernel(name, sizeof(name), &disk->disk_name))
		return;
	if (name[0] == 's' && (name[1] == 'd' || name[1] == 'r'))
		read_scsi(pdu, answer);
	else if (name[0] == 'n' && name[1] == 'v' && name[2] == 'm' && name[3] == 'e')
		read_nvme(pdu, answer);
}

/* Sense that tells of the way to the device, whatever the key: 08h logical unit communication, 47h and
 * 48h parity or CRC on the link, 4Bh data phase (acknowledgements missing), 4Eh overlapped commands. */
static __always_inline bool sense_is_transport(const struct answer *a)
{
	return a->asc == 0x08 || a->asc == 0x47 || a->asc == 0x48 || a->asc == 0x4b ||
	       a->asc == 0x4e;
}

static __always_inline __u8 scsi_status(const struct answer *a)
{
	switch ((a->scsi_result >> 16) & 0xff) {
	case DID_NO_CONNECT:
	case DID_BAD_TARGET:
		return BLOCK_OFFLINE;
	case DID_TIME_OUT:
		return BLOCK_TIMEOUT;
	case DID_PARITY:
	case DID_TRANSPORT_DISRUPTED:
	case DID_TRANSPORT_FAILFAST:
	case DID_TRANSPORT_MARGINAL:
		return BLOCK_TRANSPORT;
	}
	if (a->sense_key == SENSE_MEDIUM_ERROR)
		return BLOCK_MEDIUM;
	/* 10h: a guard, application tag or reference tag that does not match. */
	if (a->asc == 0x10)
		return BLOCK_PROTECTION;
	if (a->sense_key && sense_is_transport(a))
		return BLOCK_TRANSPORT;
	/* 3Ah: the medium was taken out. */
	if (a->sense_key == SENSE_NOT_READY && a->asc == 0x3a)
		return BLOCK_OFFLINE;
	return BLOCK_OK;
}

static __always_inline __u8 nvme_status(const struct answer *a)
{
	__u8 code = a->nvme_status & 0xff;

	switch ((a->nvme_status >> 8) & 0x7) {
	case NVME_SCT_MEDIA:
		/* 82h to 84h: end-to-end guard, application tag, reference tag. */
		if (code >= 0x82 && code <= 0x84)
			return BLOCK_PROTECTION;
		/* 80h write fault, 81h unrecovered read, 86h access denied, 87h deallocated block */
		return code <= 0x81 || code == 0x87 ? BLOCK_MEDIUM : BLOCK_OK;
	case NVME_SCT_PATH:
		return BLOCK_TRANSPORT;
	}
	return BLOCK_OK;
}

/* What the answer says beyond the block layer's status; BLOCK_OK: nothing. */
static __always_inline __u8 answer_status(const struct answer *answer)
{
	__u8 status = scsi_status(answer);

	return status ? status : nvme_status(answer);
}

/*
 * The status of a failure. The block layer's own word holds where it names a cause; IOERR and TARGET are
 * what is left when it knows none. A request that took longer than the driver's timeout has run into it,
 * also where the driver reports no more than IOERR.
 */
static __always_inline __u8 failure_status(__u8 status, const struct answer *answer, __u64 lat_ns)
{
	__u8 said;

	if (status != BLOCK_IOERR && status != BLOCK_TARGET)
		return status;
	said = answer_status(answer);
	if (said)
		return said;
	if (status == BLOCK_IOERR && answer->timeout_ms &&
	    lat_ns >= (__u64)answer->timeout_ms * 1000000)
		return BLOCK_TIMEOUT;
	return status;
}

#endif
