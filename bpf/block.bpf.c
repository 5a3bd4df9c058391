// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * block.bpf.c - what every disk did: requests, bytes, latencies and errors by disk and operation, at
 * completion. One hook: an error is a completion whose status is not 0, so block_rq_error (absent in
 * 5.10) is not needed. Device-mapper and md disks have no requests of their own.
 */
#include "vmlinux.h"

#include "device.bpf.h"
#include "issue.bpf.h"
#include "queue.bpf.h"

#include <culprit/hist.h>
#include <culprit/map_block.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* max_entries is set before load: eight per disk that is there, and at least 64. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, struct block_key);
	__type(value, struct block_value);
} block_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, BLOCK_ERRORS_MAX);
	__type(key, struct block_error_key);
	__type(value, struct block_error_value);
} block_errors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct block_limit);
} block_limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, BLOCK_SPLITS_MAX);
	__type(key, struct split_key);
	__type(value, struct split_value);
} block_splits SEC(".maps");

static const struct block_value block_zero;
static const struct block_error_value error_zero;
static const struct block_limit limit_zero;
static const struct split_value split_zero;

/* One completion, as far as this way could see it. */
struct completion {
	__u64 rq; /* 0: this way does not know the request */
	__u64 now_ns;
	__u64 lat_ns; /* 0 = unknown */
	__u64 sector;
	__u64 bytes;
	__u64 queue; /* 0: this way does not know it */
	__u32 dev;
	__u8 op;
	__u8 status;
	__u8 last; /* nothing of the request is left after this */
	__u8 readahead;
	__u8 nowait;
	struct answer answer; /* of a failed one */
};

static __always_inline struct block_error_value *error_value(__u32 dev, __u8 op, __u8 status)
{
	struct block_error_key key = {.dev = dev, .op = op, .status = status};
	struct block_error_value *value = bpf_map_lookup_elem(&block_errors, &key);

	if (!value) {
		bpf_map_update_elem(&block_errors, &key, &error_zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&block_errors, &key);
	}
	if (!value)
		count(COUNTER_NO_ENTRY);
	return value;
}

static __always_inline void count_error(const struct completion *c)
{
	struct block_error_value *value = error_value(c->dev, c->op, c->status);

	if (!value)
		return;
	ADD(&value->count, 1);
	if (c->readahead || c->nowait)
		ADD(&value->harmless, 1);
}

static __always_inline bool may_send(const struct completion *c)
{
	struct block_limit *limit = bpf_map_lookup_elem(&block_limits, &c->dev);

	if (!limit) {
		bpf_map_update_elem(&block_limits, &c->dev, &limit_zero, BPF_NOEXIST);
		limit = bpf_map_lookup_elem(&block_limits, &c->dev);
	}
	if (!limit)
		return true;
	if (c->status)
		return take_token(&limit->error_ns, &limit->errors, CONFIG_ERROR_BURST,
				  CONFIG_ERROR_BURST, config.dev_event_interval_ns, c->now_ns);
	return take_token(&limit->slow_ns, &limit->slow, 1, CONFIG_EVENT_BURST,
			  config.dev_event_interval_ns, c->now_ns);
}

static __always_inline void send(const struct completion *c, const struct issue_value *issuer)
{
	struct event_block_io *event;

	if (!may_send(c))
		return;
	event = event_reserve(EVENT_BLOCK_IO, event_block_io, c->now_ns);
	if (!event)
		return;
	event->sector = c->sector;
	event->bytes = c->bytes;
	event->lat_ns = c->lat_ns;
	event->dev = c->dev;
	event->op = c->op;
	event->status = c->status;
	event->reason = c->status ? BLOCK_IO_ERROR : BLOCK_IO_SLOW;
	event->readahead = c->readahead;
	event->nowait = c->nowait;
	event->sense_key = c->answer.sense_key;
	event->asc = c->answer.asc;
	event->ascq = c->answer.ascq;
	event->scsi_result = c->answer.scsi_result;
	event->nvme_status = c->answer.nvme_status;
	event->retries = c->answer.retries;
	event->quiet = c->answer.quiet;
	event->timeout_ms = c->answer.timeout_ms;
	if (issuer) {
		event->pid = issuer->pid;
		event->start_ns = issuer->start_ns;
		__builtin_memcpy(event->comm, issuer->comm, sizeof(event->comm));
	}
	event_submit(event);
}

/*
 * A request may complete in parts, each with a status of its own (a SCSI disk that reads half of it
 * before the bad sector): bytes and errors are added for each part, the request and its latency are
 * counted once, with the last.
 */
static __always_inline void account(const struct completion *c)
{
	struct block_key key = {.dev = c->dev, .op = c->op};
	struct block_value *value = bpf_map_lookup_elem(&block_stats, &key);

	if (!value) {
		bpf_map_update_elem(&block_stats, &key, &block_zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&block_stats, &key);
	}
	if (value) {
		value->queue = c->queue;
		value->last_ns = c->now_ns;
		ADD(&value->bytes, c->bytes);
		if (c->status)
			ADD(&value->errors, 1);
		if (c->last) {
			ADD(&value->requests, 1);
			if (c->lat_ns)
				ADD(&value->hist[hist_slot(c->lat_ns)], 1);
			else
				ADD(&value->unknown_start, 1);
		}
	} else {
		count(COUNTER_NO_ENTRY);
	}
	if (c->status)
		count_error(c);
}

/* Of an armed disk: the time before and after its issue. A request that was sent again counts from the last. */
static __always_inline void split(const struct completion *c, const struct issue_value *issue)
{
	struct split_key key = {.dev = c->dev, .op = c->op};
	__u64 device_ns = c->now_ns - issue->issue_ns;
	struct split_value *value;

	if (!c->last || c->status || c->op > BLOCK_WRITE || !issue->issue_ns || !c->lat_ns)
		return;
	key.large = c->bytes > BLOCK_LARGE_BYTES;
	value = bpf_map_lookup_elem(&block_splits, &key);
	if (!value) {
		bpf_map_update_elem(&block_splits, &key, &split_zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&block_splits, &key);
	}
	if (!value) {
		count(COUNTER_NO_ENTRY);
		return;
	}
	ADD(&value->requests, 1);
	ADD(&value->bytes, c->bytes);
	ADD(&value->queue_ns, c->lat_ns - device_ns);
	ADD(&value->device_ns, device_ns);
	ADD(&value->hist[hist_slot(device_ns)], 1);
}

static __always_inline void completed(const struct completion *c)
{
	bool slow = config.slow_io_ns && c->lat_ns >= config.slow_io_ns;
	struct issue_value *issuer = NULL;

	account(c);
	if (control.armed && c->rq)
		issuer = bpf_map_lookup_elem(&rq_issue, &c->rq);
	if (issuer && c->lat_ns && issuer->made_ns < c->now_ns - c->lat_ns)
		issuer = NULL;
	if (c->status || slow)
		send(c, issuer);
	if (!issuer)
		return;
	split(c, issuer);
	if (c->last)
		bpf_map_delete_elem(&rq_issue, &c->rq);
}

/*
 * block_rq_complete(rq, error, nr_bytes). rq still describes what was left before these nr_bytes. A read
 * or write without data is the end of a flush sequence (blk-flush.c): its flush and its data completed
 * before, as requests of their own.
 */
static __always_inline void complete_rq(unsigned long long *ctx, const bool direct)
{
	struct request *rq = (void *)ctx[0];
	__u32 nr_bytes = ctx[2], flags, left;
	struct completion c = {};
	struct gendisk *disk;
	__u64 start_ns;

	disk = request_disk(rq, direct);
	if (!disk)
		return;
	flags = GET(direct, rq, cmd_flags);
	left = GET(direct, rq, __data_len);
	c.op = request_op(flags);
	if (c.op <= BLOCK_WRITE && !left)
		return;
	c.dev = disk_dev(disk, direct);
	c.rq = (__u64)rq;
	c.queue = (__u64)GET(direct, rq, q);
	c.bytes = nr_bytes;
	c.last = nr_bytes >= left;
	c.sector = ~0ULL;
	if (c.op != BLOCK_FLUSH && c.op != BLOCK_PASSTHROUGH)
		c.sector = GET(direct, rq, __sector);
	c.status = config.block_error_is_errno ? status_of_errno((int)ctx[1])
					       : status_of_sts((__u8)ctx[1]);
	c.readahead = (flags & request_flag(__REQ_RAHEAD)) != 0;
	c.nowait = (flags & request_flag(__REQ_NOWAIT)) != 0;
	/* 0: this queue does not account I/O, so when it began is unknown. */
	start_ns = GET(direct, rq, start_time_ns);
	c.now_ns = bpf_ktime_get_ns();
	if (start_ns && start_ns < c.now_ns)
		c.lat_ns = c.now_ns - start_ns;
	if (c.status && c.op <= BLOCK_FLUSH) {
		answer_read(rq, disk, &c.answer);
		c.answer.quiet = (GET(direct, rq, rq_flags) & config.rq_quiet) != 0;
		c.status = failure_status(c.status, &c.answer, c.lat_ns);
	}
	completed(&c);
}

SEC("?tp_btf/block_rq_complete")
int complete_btf(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_COMPLETE, complete_rq(ctx, true));
}

SEC("?raw_tp/block_rq_complete")
int complete_raw(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_COMPLETE, complete_rq(ctx, false));
}

/* No request here: no latency, and a request that completes in parts counts once for each. */
static __always_inline void complete_record(void *ctx)
{
	struct trace_event_raw_block_rq_completion *event = ctx;
	struct trace_event_raw_block_rq_complete *old = ctx;
	struct completion c = {.last = 1};
	const char *rwbs;
	char ops[8];

	if (bpf_core_type_exists(struct trace_event_raw_block_rq_completion)) {
		c.dev = event->dev;
		c.sector = event->sector;
		c.bytes = (__u64)event->nr_sector << 9;
		c.status = status_of_errno(event->error);
		rwbs = event->rwbs;
	} else {
		c.dev = old->dev;
		c.sector = old->sector;
		c.bytes = (__u64)old->nr_sector << 9;
		c.status = status_of_errno(old->error);
		rwbs = old->rwbs;
	}
	if (!c.dev || bpf_probe_read_kernel(ops, sizeof(ops), rwbs))
		return;
	c.op = op_of_rwbs(ops, &c.readahead);
	if (c.op <= BLOCK_WRITE && !c.bytes)
		return;
	if (c.op == BLOCK_FLUSH)
		c.sector = ~0ULL;
	c.now_ns = bpf_ktime_get_ns();
	completed(&c);
}

SEC("?tp/block/block_rq_complete")
int complete_tp(void *ctx)
{
	return RUN(HOOK_BLOCK_COMPLETE, complete_record(ctx));
}

/* ---- requeue ---- */

/*
 * The driver sends a request again. Counted where the device's answer says why: a queue that was full, or
 * a device that was busy, are no faults. Rare: no path of a healthy request leads here.
 */
static __always_inline void requeue_rq(unsigned long long *ctx, const bool direct)
{
	struct request *rq = request_of(ctx);
	struct block_error_value *value;
	struct answer answer = {};
	struct gendisk *disk;
	__u8 op, status;

	disk = request_disk(rq, direct);
	if (!disk)
		return;
	op = request_op(GET(direct, rq, cmd_flags));
	if (op > BLOCK_FLUSH)
		return;
	answer_read(rq, disk, &answer);
	status = answer_status(&answer);
	if (!status)
		return;
	value = error_value(disk_dev(disk, direct), op, status);
	if (value)
		ADD(&value->retried, 1);
}

SEC("?tp_btf/block_rq_requeue")
int requeue_btf(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_REQUEUE, requeue_rq(ctx, true));
}

SEC("?raw_tp/block_rq_requeue")
int requeue_raw(unsigned long long *ctx)
{
	return RUN(HOOK_BLOCK_REQUEUE, requeue_rq(ctx, false));
}
