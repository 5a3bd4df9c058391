/* SPDX-License-Identifier: BSD-2-Clause */
/* feature.c - what the running kernel's tracepoints pass to a program; see feature.h. */
#include "probe/feature.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* The prototype of a tracepoint; its first parameter is the private data. NULL: no such tracepoint. */
static const struct btf_type *prototype(const struct btf *btf, const char *tracepoint)
{
	const struct btf_type *type;
	char name[64];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return NULL;
	type = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)id)->type);
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = btf__type_by_id(btf, type->type);
	return type && btf_is_func_proto(type) ? type : NULL;
}

static unsigned int arguments(const struct btf *btf, const char *tracepoint)
{
	const struct btf_type *proto = prototype(btf, tracepoint);

	return proto && btf_vlen(proto) ? btf_vlen(proto) - 1 : 0;
}

static bool argument_is_typedef(const struct btf *btf, const char *tracepoint, unsigned int arg,
				const char *name)
{
	const struct btf_type *proto = prototype(btf, tracepoint), *type;

	if (!proto || arg + 1 >= btf_vlen(proto))
		return false;
	type = btf__type_by_id(btf, btf_params(proto)[arg + 1].type);
	return type && btf_is_typedef(type) &&
	       strcmp(btf__name_by_offset(btf, type->name_off), name) == 0;
}

/* ---- where drivers keep the device's answer ---- */

/* Byte offset of a member + 1; 0: there is no such struct or member. */
static __u32 member_at(const struct btf *btf, const char *type, const char *member)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (__u32 i = 0; t && i < btf_vlen(t); i++)
		if (strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), member) == 0)
			return btf_member_bit_offset(t, i) / 8 + 1;
	return 0;
}

/* Calls find() with the kernel's own types, and then, when that found nothing, with the module's. The
 * files are readable by all; a kernel before 5.11 has none for modules. */
static void find_in(const struct btf *vmlinux, const char *module, struct bpf_config *config,
		    bool (*find)(const struct btf *btf, struct bpf_config *config))
{
	struct btf *btf;

	if (find(vmlinux, config))
		return;
	btf = btf__load_module_btf(module, (struct btf *)vmlinux);
	if (!btf || libbpf_get_error(btf))
		return;
	find(btf, config);
	btf__free(btf);
}

static bool find_scsi(const struct btf *btf, struct bpf_config *config)
{
	config->scsi_sense = member_at(btf, "scsi_cmnd", "sense_buffer");
	config->scsi_result = member_at(btf, "scsi_cmnd", "result");
	return config->scsi_sense != 0;
}

static bool find_nvme(const struct btf *btf, struct bpf_config *config)
{
	config->nvme_status = member_at(btf, "nvme_request", "status");
	config->nvme_retries = member_at(btf, "nvme_request", "retries");
	return config->nvme_status != 0;
}

static bool find_xfs(const struct btf *btf, struct bpf_config *config)
{
	config->xfs_super = member_at(btf, "xfs_mount", "m_super");
	return config->xfs_super != 0;
}

/*
 * struct scsi_cmnd and struct nvme_request follow struct request. Up to 5.15 struct scsi_cmnd begins with a
 * struct scsi_request, which the kernel itself knows too: its `sense` is the same buffer, so that the
 * sense is known also where modules have no types. (Its `result` is set for passthrough only.)
 */
static void find_answers(const struct btf *vmlinux, struct bpf_config *config)
{
	find_in(vmlinux, "scsi_mod", config, find_scsi);
	if (!config->scsi_sense)
		config->scsi_sense = member_at(vmlinux, "scsi_request", "sense");
	find_in(vmlinux, "nvme_core", config, find_nvme);
	find_in(vmlinux, "xfs", config, find_xfs);
}

static bool lacks_target(const struct btf *btf, const struct way *way)
{
	if (way_is_function(way))
		return btf__find_by_name_kind(btf, way->target, BTF_KIND_FUNC) < 0;
	return strcmp(way->type, "tp_btf") == 0 && !prototype(btf, way->target);
}

static void find_lacking(const struct btf *btf, unsigned int ret_lacks[PROBE_ROWS])
{
	for (unsigned int i = 0; i < PROBE_ROWS; i++) {
		const struct way *ways = probe_table[i].ways;

		ret_lacks[i] = 0;
		for (unsigned int w = 0; w < PROBE_WAYS && ways[w].type; w++)
			if ((w == 0 || way_is_function(&ways[w])) && lacks_target(btf, &ways[w]))
				ret_lacks[i] |= 1U << w;
	}
}

/*
 * RQF_QUIET, "don't warn about errors". A macro, 1 << 11, until 6.11: 5f89154e8e9e "block: Use enum to define RQF_x bit
 * indexes" numbered them anew. That enum has no name at first (6.12; it is rqf_flags in 6.18), so that no
 * relocation can tell a program its value.
 */
static __u32 quiet_flag(const struct btf *btf)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		for (__u32 i = 0; btf_is_enum(t) && i < btf_vlen(t); i++) {
			const struct btf_enum *value = &btf_enum(t)[i];

			if (strcmp(btf__name_by_offset(btf, value->name_off), "__RQF_QUIET") == 0)
				return value->val >= 0 && value->val < 32 ? 1U << value->val : 0;
		}
	}
	return 1U << 11;
}

int feature_read(struct bpf_config *config, unsigned int ret_lacks[PROBE_ROWS], struct err *err)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf || libbpf_get_error(btf))
		return err_set(err, -ENOTSUP,
			       "this kernel has no type information (BTF): Linux 5.8 or later with "
			       "CONFIG_DEBUG_INFO_BTF is needed");
	/* 6.17: "tcp: trace retransmit failures in tcp_retransmit_skb" adds (.., int err). */
	config->retrans_has_err = arguments(btf, "tcp_retransmit_skb") > 2;
	/* 5.11, and stable 5.10.137: a54895fa057c "block: remove the request_queue to argument request
	 * based tracepoints". */
	config->issue_has_queue = arguments(btf, "block_rq_issue") > 1;
	/* 5.18: the error became a blk_status_t, when block_rq_error came. */
	config->block_error_is_errno =
		!argument_is_typedef(btf, "block_rq_complete", 1, "blk_status_t");
	/* 6.9, and stable kernels before: 72ba14deb40a "mm: update mark_victim tracepoints fields". */
	config->victim_is_pid = arguments(btf, "mark_victim") < 2;
	config->rq_quiet = quiet_flag(btf);
	find_answers(btf, config);
	find_lacking(btf, ret_lacks);
	btf__free(btf);
	return 0;
}
