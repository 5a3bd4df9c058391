/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * issue.bpf.h - for whom a request was issued, and when. These hooks are attached only while a disk is armed.
 */
#ifndef CULPRIT_ISSUE_BPF_H
#define CULPRIT_ISSUE_BPF_H

#include "compat.bpf.h"

#include <culprit/map_block.h>

/* When a request was issued and for whom, on armed disks. A request that never completes here makes room by age. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct issue_value);
} rq_issue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ARMED_MAX);
	__type(key, __u32);
	__type(value, __u32);
} armed_disks SEC(".maps");

struct block_control control SEC(".data.control") = {};

static __always_inline bool is_armed(struct request *rq, const bool direct)
{
	struct gendisk *disk = request_disk(rq, direct);
	__u32 dev;

	if (!disk)
		return false;
	dev = disk_dev(disk, direct);
	return bpf_map_lookup_elem(&armed_disks, &dev) != NULL;
}

/* What is known of this request, not of an earlier one at its address. */
static __always_inline struct issue_value *issuer_of(struct request *rq, const bool direct)
{
	__u64 key = (__u64)rq;
	struct issue_value *value = bpf_map_lookup_elem(&rq_issue, &key);

	return value && value->made_ns >= GET(direct, rq, start_time_ns) ? value : NULL;
}

/* Keeps that the request is the current task's. A kernel thread's (write-back) stay without a name. */
static __always_inline void keep_issuer(struct request *rq, __u64 now_ns, __u64 issue_ns)
{
	struct issue_value value = {.made_ns = now_ns, .issue_ns = issue_ns};
	struct owner owner = {};
	__u64 key = (__u64)rq;

	if (owner_current(&owner)) {
		value.start_ns = owner.start_ns;
		value.pid = owner.pid;
		__builtin_memcpy(value.comm, owner.comm, sizeof(value.comm));
	}
	bpf_map_update_elem(&rq_issue, &key, &value, BPF_ANY);
}

/*
 * A request goes to the scheduler. Whoever runs the queue next issues it, be it a kernel thread or another
 * program: whose it is can be told here only. What the kernel puts in again (requeued) keeps its name.
 */
static __always_inline void insert_rq(unsigned long long *ctx, const bool direct)
{
	struct request *rq = request_of(ctx);

	if (is_armed(rq, direct) && !issuer_of(rq, direct))
		keep_issuer(rq, bpf_ktime_get_ns(), 0);
}

SEC("?tp_btf/block_rq_insert")
int insert_btf(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_INSERT, insert_rq(ctx, true));
}

SEC("?raw_tp/block_rq_insert")
int insert_raw(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_INSERT, insert_rq(ctx, false));
}

static __always_inline void issue_rq(unsigned long long *ctx, const bool direct)
{
	struct request *rq = request_of(ctx);
	__u64 now_ns = bpf_ktime_get_ns();
	struct issue_value *known;

	if (!is_armed(rq, direct))
		return;
	known = issuer_of(rq, direct);
	if (known)
		known->issue_ns = now_ns;
	else
		keep_issuer(rq, now_ns, now_ns);
}

SEC("?tp_btf/block_rq_issue")
int issue_btf(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_ISSUE, issue_rq(ctx, true));
}

SEC("?raw_tp/block_rq_issue")
int issue_raw(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_ISSUE, issue_rq(ctx, false));
}

#endif
