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

int feature_read(struct bpf_config *config, struct err *err)
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
	btf__free(btf);
	return 0;
}
