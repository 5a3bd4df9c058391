/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * probe.bpf.h - what every BPF object has: its settings, its ring, its exact counters.
 *
 * Included once per object, after vmlinux.h (an object that sends no
 * events defines PROBE_NO_RING before). A hook's body is within RUN(); an event is sent with
 * event_reserve(), fill, event_submit().
 */
#ifndef CULPRIT_PROBE_BPF_H
#define CULPRIT_PROBE_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include <culprit/config.h>
#include <culprit/counters.h>
#include <culprit/event.h>

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

/*
 * Reads a field of a kernel object: by a plain load where the verifier knows the pointer's type (tp_btf,
 * iterators: `direct`), else by bpf_probe_read_kernel (raw_tp, classic tracepoints). `direct` is a
 * constant at each call, so one shared body serves all ways.
 */
#define GET(direct, ptr, field) ((direct) ? (ptr)->field : BPF_CORE_READ(ptr, field))

/* A section of its own, so that user space finds it by name in any object. */
const volatile struct bpf_config config SEC(".rodata.config") = {};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Per CPU, and atomic still: a hook in process context can be interrupted by the same counter's user in
 * softirq, and a plain increment would lose that count. Fetching atomics need 5.12: none is used. */
#define ADD(ptr, n) ((void)__sync_fetch_and_add(ptr, n))

static __always_inline void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		ADD(value, 1);
}

/*
 * One run of a hook, whatever the way. From 6.1 on the kernel does not run a program on a CPU on which it is
 * running already (05b24ff9b2cf "bpf: Prevent bpf program recursion for raw tracepoint probes"): what a softirq
 * brings while it interrupts the program is kept from it, and where tracepoints are preemptible (7.0 or so)
 * also what other tasks bring meanwhile. On 7.2 some hundred of 16,000 runs were missed so while four threads
 * connected as fast as they could. The kernel counts these (recursion_misses), and the table "HOOK.nested"
 * reports them.
 */
#define RUN(hook, body)                                                                            \
	({                                                                                         \
		count(COUNTER_RUNS + (hook));                                                      \
		body;                                                                              \
		0;                                                                                 \
	})

#ifndef PROBE_NO_RING

/* Its pages are mapped twice into the reader, and resident from the start: an object whose events are rare takes less. */
#ifndef PROBE_RING_BYTES
#define PROBE_RING_BYTES (256 * 1024)
#endif

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, PROBE_RING_BYTES);
} ring SEC(".maps");

/*
 * Room for one event in the ring, zeroed, header filled; NULL when the ring is full. Produced is counted
 * before the reservation, lost where it fails, so the three counters add up with what user space took.
 */
static __always_inline void *event_room(__u32 type, __u64 size, __u64 now_ns)
{
	struct event *event;

	count(COUNTER_PRODUCED);
	event = bpf_ringbuf_reserve(&ring, size, 0);
	if (!event) {
		count(COUNTER_LOST);
		return NULL;
	}
	__builtin_memset(event, 0, size);
	event->ts_ns = now_ns;
	event->type = type;
	event->size = size;
	return event;
}

#define event_reserve(type, st, now_ns) ((struct st *)event_room(type, sizeof(struct st), now_ns))

/* Waking the reader costs 6 us (measured): with no flag the kernel does so only when the reader has seen
 * all that was before, and the reader lets 50 ms of events gather before it looks. So an idle ring costs
 * no wake-up, and a storm twenty a second. */
static __always_inline void event_submit(void *event)
{
	bpf_ringbuf_submit(event, 0);
}

#endif

/*
 * Takes one of the tokens that are left; at each interval one more is given, up to `burst`. Two CPUs may
 * take the same one: a limit may be off by that, counts never are.
 */
static __always_inline bool take_token(__u64 *given_ns, __u32 *tokens, __u32 give, __u32 burst,
				       __u64 interval_ns, __u64 now_ns)
{
	__u64 gained;

	if (!interval_ns)
		return true;
	if (!*given_ns) { /* new */
		*given_ns = now_ns;
		*tokens = burst;
	}
	gained = (now_ns - *given_ns) / interval_ns;
	if (gained) {
		gained = gained > burst ? burst : gained * give;
		*tokens = *tokens + gained > burst ? burst : *tokens + gained;
		*given_ns = now_ns;
	}
	if (!*tokens) {
		count(COUNTER_SUPPRESSED);
		return false;
	}
	*tokens -= 1;
	return true;
}

/* The identity of the process whose context this is; false for kernel threads and for ourselves, who do
 * no I/O of our own: a hook that runs "in" us interrupted us. */
struct owner {
	__u64 start_ns;
	__u32 pid;
	char comm[EVENT_COMM_LEN];
};

static __always_inline bool owner_current(struct owner *owner)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct task_struct *leader;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return false;
	owner->pid = bpf_get_current_pid_tgid() >> 32;
	if (owner->pid == 0 || owner->pid == config.own_pid)
		return false;
	leader = BPF_CORE_READ(task, group_leader);
	owner->start_ns = BPF_CORE_READ(leader, start_boottime);
	bpf_probe_read_kernel_str(owner->comm, sizeof(owner->comm), &leader->comm);
	return true;
}

#endif
