/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_answer.c - what a device answered to a failed request, in words; see disk_answer.h. */
#include "rules/disk_answer.h"

#include <scsi/sg_lib.h>
#include <stdio.h>
#include <string.h>

/* NVMe base specification 4.2.3: status code type, status code, do not retry; as struct event_block_io. */
#define NVME_SCT(status) ((status) >> 8 & 7)
#define NVME_SC(status)	 ((status)&0xff)
#define NVME_DNR	 0x4000
#define NVME_SCT_PATH	 3
/* include/scsi/scsi_status.h */
#define DID_ERROR 0x07
/* SAM-5 5.3 */
#define STATUS_CHECK_CONDITION 0x02

/* include/scsi/scsi_status.h: what the host adapter or the SCSI layer says in the place of the device. */
static const char *host_byte_text(unsigned int byte)
{
	static const char *const texts[] = {
		[0x01] = "no connection to the device",
		[0x02] = "the bus stayed busy",
		[0x03] = "the command timed out",
		[0x04] = "bad target",
		[0x05] = "the command was aborted",
		[0x06] = "parity error on the way",
		[0x07] = "internal error of the adapter",
		[0x08] = "the bus was reset",
		[0x09] = "unexpected interrupt",
		[0x0b] = "soft error of the adapter",
		[0x0c] = "to be sent again at once",
		[0x0d] = "to be requeued",
		[0x0e] = "the transport was disrupted",
		[0x0f] = "the transport failed fast",
		[0x10] = "permanent failure of the target",
		[0x11] = "failure of the nexus",
		[0x12] = "allocation failure of the target",
		[0x13] = "medium error",
		[0x14] = "the transport is marginal",
	};

	return byte < sizeof(texts) / sizeof(texts[0]) && texts[byte] ? texts[byte] : "not known";
}

/* NVMe base specification, figure "Path Related Status": libsgutils2 has none of these. */
static const char *nvme_path_text(unsigned int code)
{
	switch (code) {
	case 0x00:
		return "internal path error";
	case 0x01:
		return "persistent loss of access by this path";
	case 0x02:
		return "this path is inaccessible";
	case 0x03:
		return "this path is in transition";
	case 0x60:
		return "controller pathing error";
	case 0x70:
		return "host pathing error";
	case 0x71:
		return "the host aborted the command";
	}
	return "path error";
}

/* Tables write "Unrecovered read error", and words that are names ("LBA out of range"). */
static void lower_first(char *text)
{
	if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z')
		text[0] = (char)(text[0] - 'A' + 'a');
}

static void lower_all(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static void sense(struct answer_text *to, const struct disk_error *e)
{
	static const char leader[] = "Additional sense: ";
	char words[96] = "";
	char *text = words;

	/* 00/00: no additional sense; the key alone speaks. */
	if (!e->asc && !e->ascq) {
		sg_get_sense_key_str(e->sense_key, sizeof(words), words);
		lower_all(words);
	} else {
		sg_get_asc_ascq_str(e->asc, e->ascq, sizeof(words), words);
		if (strncmp(text, leader, sizeof(leader) - 1) == 0)
			text += sizeof(leader) - 1;
	}
	if (strncmp(text, "vendor specific", 15) == 0)
		text[15] = '\0';
	if (strncmp(text, "ASC=", 4) == 0) { /* a code that the list does not have */
		text = words;
		sg_get_sense_key_str(e->sense_key, sizeof(words), words);
		lower_all(words);
	}
	lower_first(text);
	snprintf(to->s, sizeof(to->s), "sense %x/%02x/%02x, %.60s", e->sense_key, e->asc, e->ascq,
		 text);
}

static void nvme(struct answer_text *to, const struct disk_error *e)
{
	unsigned int type = NVME_SCT(e->nvme_status), code = NVME_SC(e->nvme_status);
	char words[64] = "";

	if (type == NVME_SCT_PATH)
		snprintf(words, sizeof(words), "%s", nvme_path_text(code));
	else if (type == 7)
		snprintf(words, sizeof(words), "vendor specific");
	else
		sg_get_nvme_cmd_status_str((uint16_t)(type << 8 | code), sizeof(words), words);
	if (strncmp(words, "Reserved", 8) == 0)
		snprintf(words, sizeof(words), "not known");
	lower_first(words);
	snprintf(to->s, sizeof(to->s), "NVMe status %x/%02x, %.50s", type, code, words);
}

bool disk_answer_is_final(const struct disk_error *e)
{
	return e->nvme_status & NVME_DNR;
}

struct answer_text disk_answer_text(const struct disk_error *e)
{
	unsigned int host = e->scsi_result >> 16 & 0xff, status = e->scsi_result & 0xff;
	struct answer_text to = {""};
	char words[48] = "";

	if (e->sense_key) {
		sense(&to, e);
	} else if (e->nvme_status) {
		nvme(&to, e);
	} else if (host) {
		snprintf(to.s, sizeof(to.s), "host byte 0x%02x, %s", host, host_byte_text(host));
	} else if (status && status != STATUS_CHECK_CONDITION) {
		sg_get_scsi_status_str((int)status, sizeof(words), words);
		lower_all(words);
		snprintf(to.s, sizeof(to.s), "SCSI status 0x%02x, %.40s", status, words);
	}
	return to;
}

/* SPC-6 annex D: not ready in asymmetric access state transition, standby or unavailable (2/04/0a to 0c). 5/94/01 is what
 * RDAC storage says of a controller that does not own the LUN (scsi_dh_rdac.c). Once the kernel knows that state it fails
 * what is sent there itself, quietly and as if by an error of the adapter (alua_prep_fn(), rdac_prep_fn()). */
bool disk_answer_is_path_state(const struct disk_error *e)
{
	unsigned int host = e->scsi_result >> 16 & 0xff;

	if (e->sense_key == 2)
		return e->asc == 0x04 && e->ascq >= 0x0a && e->ascq <= 0x0c;
	if (e->sense_key == 5)
		return e->asc == 0x94 && e->ascq == 0x01;
	return e->quiet && !e->sense_key && !e->nvme_status && e->status == BLOCK_IOERR &&
	       (!host || host == DID_ERROR);
}

bool disk_answer_same(const struct disk_error *a, const struct disk_error *b)
{
	return a->sense_key == b->sense_key && a->asc == b->asc && a->ascq == b->ascq &&
	       a->nvme_status == b->nvme_status && a->scsi_result == b->scsi_result;
}
