/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_answer.c - any bytes in the place of what a driver keeps behind a request: as bpf/device.bpf.h decodes them,
 * and as they are worded then.
 *
 * The BPF code is compiled as it is; the helpers that it calls read from the input, and refuse what is not
 * in it, as the kernel's do.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/disk_answer.h"
#include "rules/disk_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a kernel around device.bpf.h ---- */

#define CULPRIT_COMPAT_BPF_H
#undef __always_inline
#define __always_inline inline __attribute__((always_inline, unused))

struct request {
	__u32 timeout;
};
struct gendisk {
	char disk_name[32];
};
enum req_flag_bits { __REQ_RAHEAD = 19, __REQ_NOWAIT = 21 };

static struct {
	__u32 scsi_sense, scsi_result, nvme_status, nvme_retries, jiffy_us;
} config;

static const uint8_t *memory;
static size_t memory_size;

/* Addresses within the memory, and the objects of the caller. */
static long bpf_probe_read_kernel(void *to, unsigned int n, const void *from)
{
	uintptr_t at = (uintptr_t)from, begin = (uintptr_t)memory;

	if (at < begin || at > begin + memory_size || begin + memory_size - at < n) {
		memset(to, 0, n);
		return -14;
	}
	memcpy(to, from, n);
	return 0;
}

#define BPF_CORE_READ(p, member)   ((p)->member)
#define bpf_core_type_size(type)   sizeof(type)
#define bpf_core_enum_value(e, v)  ((unsigned int)(v))
#define status_has_zone_resource() zone_resource

static bool zone_resource;

#include "../../bpf/device.bpf.h"

/* ---- the target ---- */

/* What is laid out in the memory: a disk's name, a request, and what the driver keeps behind it. */
struct laid_out {
	struct gendisk disk;
	struct request rq;
	uint8_t pdu[96];
};

static void check_words(const struct answer *answer, __u8 status)
{
	struct disk_error error = {
		.status = status,
		.sense_key = answer->sense_key,
		.asc = answer->asc,
		.ascq = answer->ascq,
		.retries = answer->retries,
		.nvme_status = answer->nvme_status,
		.scsi_result = answer->scsi_result,
	};
	struct answer_text text = disk_answer_text(&error);

	if (!memchr(text.s, '\0', sizeof(text.s)))
		abort();
	for (const char *p = text.s; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			abort();
	for (unsigned int op = 0; op < BLOCK_OPS; op++)
		if (disk_failure_of(op, status) > FAILURE_OTHER)
			abort();
}

static void decode(struct laid_out *at, const uint8_t *data)
{
	static const char *const names[] = {"sda", "sr0", "nvme0n1", "vda"};
	struct answer answer = {0};
	char rwbs[8];
	__u8 status, ahead = 0;
	const void *sense;

	/* Byte 0: the disk and the status's form; 1 to 4: where things are; 5: the status. */
	strcpy(at->disk.disk_name, names[data[0] & 3]);
	zone_resource = data[0] & 4;
	config.scsi_sense = data[1] % 97;
	config.scsi_result = data[2] % 97;
	config.nvme_status = data[3] % 97;
	config.nvme_retries = data[4] % 97;
	config.jiffy_us = 4000;
	at->rq.timeout = data[0] & 8 ? 7500 : 0;
	/* The sense buffer lies in the driver's data too, or nowhere. */
	sense = data[0] & 16 ? at->pdu + data[6] % 96 : (const void *)(uintptr_t)data[6];
	if (config.scsi_sense && config.scsi_sense + sizeof(sense) <= sizeof(at->pdu))
		memcpy(at->pdu + config.scsi_sense - 1, &sense, sizeof(sense));
	answer_read(&at->rq, &at->disk, &answer);
	status = data[0] & 32 ? status_of_errno(-(int)data[5]) : status_of_sts(data[5]);
	if (status >= BLOCK_STATUSES)
		abort();
	status = failure_status(status, &answer, (__u64)data[7] << 28);
	if (status >= BLOCK_STATUSES)
		abort();
	check_words(&answer, status);
	memcpy(rwbs, data, sizeof(rwbs));
	if (op_of_rwbs(rwbs, &ahead) >= BLOCK_OPS || request_op(data[0]) >= BLOCK_OPS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct laid_out *at;

	if (size < 8)
		return 0;
	at = calloc(1, sizeof(*at));
	if (!at)
		return 0;
	memory = (const uint8_t *)at;
	memory_size = sizeof(*at);
	memcpy(at->pdu, data + 8, size - 8 < sizeof(at->pdu) ? size - 8 : sizeof(at->pdu));
	decode(at, data);
	free(at);
	return 0;
}
