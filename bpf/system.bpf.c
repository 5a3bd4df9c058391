// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * system.bpf.c - what happens to the host as a whole: who is killed for lack of memory, who ends badly, who
 * hangs, what the hardware reports, which adapter stops sending (nic.bpf.h). All are rare but the exit of a
 * process, which costs a healthy one three loads and a compare; bad ends are added up by name and cgroup, none is
 * sent.
 */
#include "vmlinux.h"

#define PROBE_RING_BYTES (64 * 1024) /* some 300 events */

#include "compat.bpf.h"
#include "nic.bpf.h"
#include "unit.bpf.h"

#include <culprit/map_system.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* include/linux/sched.h, include/linux/sched/signal.h */
#define TASK_UNINTERRUPTIBLE 0x0002
#define TASK_WAKEKILL	     0x0100
#define TASK_NOLOAD	     0x0400
#define PF_FROZEN	     0x00010000 /* until 6.0; of kernel threads only since */
#define PF_FREEZER_SKIP	     0x40000000 /* until 6.0; a hole since */
#define SIGNAL_UNKILLABLE    0x00000040

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, EXITS_MAX);
	__type(key, struct exit_key);
	__type(value, struct exit_value);
} exits SEC(".maps");

struct system_control control SEC(".data.control") = {};

static const struct exit_value exit_zero;

/* ---- out of memory ---- */

/* A charge is refused before usage is at the limit: it may be for a batch, or for a huge page. */
#define NEAR_PAGES 1024

/*
 * The demand that was refused came from `task`. When one of the memory cgroups it is in is full, this was
 * the limit; when none is, the host's memory was. A full one has less left than a batch, or than one
 * part in 64 of a small limit.
 */
static __always_inline void find_limit(struct task_struct *task, struct event_oom_kill *event)
{
	__u32 offset = bpf_core_field_offset(struct css_set, subsys), i;
	__u64 id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	struct cgroup_subsys_state *css = NULL;
	struct cgroup *full = NULL;
	struct css_set *set = BPF_CORE_READ(task, cgroups);

	bpf_probe_read_kernel(&css, sizeof(css), (void *)set + offset + id * sizeof(css));
	for (i = 0; i < LEVELS_MAX && css; i++) {
		struct mem_cgroup *memcg = (void *)css; /* css is its first member */
		__u64 used = BPF_CORE_READ(memcg, memory.usage.counter);
		__u64 max = BPF_CORE_READ(memcg, memory.max), near;

		near = max / 64 < NEAR_PAGES ? max / 64 : NEAR_PAGES;
		if (near < 64)
			near = 64;
		/* No limit is the largest number of pages that there is. */
		if (max < 1ULL << 40 && used + near >= max) {
			event->limit_bytes = max << config.page_shift;
			event->used_bytes = used << config.page_shift;
			full = BPF_CORE_READ(css, cgroup);
			break;
		}
		css = BPF_CORE_READ(css, parent);
	}
	if (full)
		unit_name(full, event->limit, sizeof(event->limit));
}

static __always_inline void describe_victim(struct task_struct *task, struct event_oom_kill *event)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct cgroup *cgroup = BPF_CORE_READ(leader, cgroups, dfl_cgrp);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	event->pid = BPF_CORE_READ(task, tgid);
	event->start_ns = BPF_CORE_READ(leader, start_boottime);
	event->uid = BPF_CORE_READ(task, cred, uid.val);
	event->score_adj = BPF_CORE_READ(task, signal, oom_score_adj);
	event->cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	unit_name(cgroup, event->unit, sizeof(event->unit));
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), &leader->comm);
	if (mm)
		event->rss_bytes = mm_rss_pages(mm) << config.page_shift;
}

static __always_inline void oom(unsigned long long *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task(), *leader;
	struct event_oom_kill *event;

	event = event_reserve(EVENT_OOM_KILL, event_oom_kill, bpf_ktime_get_ns());
	if (!event)
		return;
	if (config.victim_is_pid)
		event->pid = ctx[0];
	else
		describe_victim((void *)ctx[0], event);
	event->by_pid = bpf_get_current_pid_tgid() >> 32;
	leader = BPF_CORE_READ(task, group_leader);
	bpf_probe_read_kernel_str(event->by_comm, sizeof(event->by_comm), &leader->comm);
	find_limit(task, event);
	event_submit(event);
}

SEC("?tp_btf/mark_victim")
int oom_btf(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_OOM, oom(ctx));
}

SEC("?raw_tp/mark_victim")
int oom_raw(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_OOM, oom(ctx));
}

/* ---- bad ends ---- */

enum { ENDED_WELL, ENDED_ASKED, ENDED_CODE, ENDED_CRASHED };

/* Signals whose cause is the program itself: ILL, TRAP, ABRT, BUS, FPE, SEGV, STKFLT, XCPU, XFSZ, SYS. */
#define CRASH_SIGNALS                                                                              \
	(1U << 4 | 1U << 5 | 1U << 6 | 1U << 7 | 1U << 8 | 1U << 11 | 1U << 16 | 1U << 24 |        \
	 1U << 25 | 1U << 31)
/* Those by which somebody asks it to end: HUP, INT, KILL, PIPE, TERM. A shell and a JVM tell them as
 * 128 + number. */
#define ASKED_SIGNALS (1U << 1 | 1U << 2 | 1U << 9 | 1U << 13 | 1U << 15)

static __always_inline __u32 how_it_ended(__u32 code)
{
	__u32 signal = code & 0x7f, status = code >> 8 & 0xff;

	if (!code)
		return ENDED_WELL;
	if (signal)
		return signal < 32 && CRASH_SIGNALS >> signal & 1 ? ENDED_CRASHED : ENDED_ASKED;
	if (status > 128 && status < 160 && ASKED_SIGNALS >> (status - 128) & 1)
		return ENDED_ASKED;
	return ENDED_CODE;
}

/*
 * The main process of a service: what started it lives in another cgroup, and nobody is left in its own, or
 * it was its container's first process. What somebody runs in a script has its shell beside it; what a batch
 * system runs has a cgroup, but no unit of its own. nr_tasks counts this one and its threads still.
 */
static __always_inline bool is_service(struct task_struct *task, struct task_struct *parent)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct signal_struct *signal = BPF_CORE_READ(task, signal);

	if (BPF_CORE_READ(set, dfl_cgrp) == BPF_CORE_READ(parent, cgroups, dfl_cgrp))
		return false;
	return BPF_CORE_READ(signal, flags) & SIGNAL_UNKILLABLE ||
	       BPF_CORE_READ(set, nr_tasks) <= 1 + BPF_CORE_READ(signal, live.counter);
}

static __always_inline struct exit_value *exit_entry(const struct exit_key *key)
{
	struct exit_value *value = bpf_map_lookup_elem(&exits, key);

	if (!value) {
		bpf_map_update_elem(&exits, key, &exit_zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&exits, key);
		ADD(&control.made, 1);
	}
	if (!value)
		count(COUNTER_NO_ENTRY);
	return value;
}

static __always_inline void note_failure(struct task_struct *task, __u32 code, bool crashed,
					 bool oom_killed, bool unit, struct exit_value *value)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	__u64 start_ns = BPF_CORE_READ(task, start_boottime);

	ADD(&value->failed, 1);
	if (crashed)
		ADD(&value->crashed, 1);
	if (oom_killed)
		ADD(&value->oom, 1);
	if (unit && is_service(task, parent))
		ADD(&value->apart, 1);
	ADD(&value->lived_ms, (bpf_ktime_get_boot_ns() - start_ns) / 1000000);
	value->last_ns = bpf_ktime_get_ns();
	value->start_ns = start_ns;
	value->pid = BPF_CORE_READ(task, tgid);
	value->exit_code = (__s32)code;
	bpf_probe_read_kernel_str(value->parent, sizeof(value->parent), &parent->comm);
	ADD(&control.failures, 1);
}

/* Out of the healthy one's way. */
static __always_inline void ended(struct task_struct *task, __u32 code)
{
	__u32 how = how_it_ended(code);
	struct exit_value *value;
	struct exit_key key = {};
	bool oom_killed, unit;

	oom_killed =
		how == ENDED_ASKED && (code & 0x7f) == 9 && BPF_CORE_READ(task, signal, oom_mm);
	if (how == ENDED_ASKED && !oom_killed)
		return;
	bpf_probe_read_kernel_str(key.comm, sizeof(key.comm), &task->comm);
	unit = unit_name(BPF_CORE_READ(task, cgroups, dfl_cgrp), key.unit, sizeof(key.unit));
	if (how == ENDED_WELL) {
		value = bpf_map_lookup_elem(&exits, &key);
		if (value)
			ADD(&value->well, 1);
		return;
	}
	value = exit_entry(&key);
	if (value)
		note_failure(task, code, how == ENDED_CRASHED, oom_killed, unit, value);
}

static __always_inline void exited(unsigned long long *ctx, const bool direct)
{
	struct task_struct *task = (void *)ctx[0];
	int pid = GET(direct, task, pid);
	__u32 code;

	if (pid != GET(direct, task, tgid))
		return;
	code = GET(direct, task, exit_code);
	if (!code && !control.watching)
		return;
	if (GET(direct, task, flags) & PF_KTHREAD)
		return;
	ended(task, code);
}

SEC("?tp_btf/sched_process_exit")
int exit_btf(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_EXIT, exited(ctx, true));
}

SEC("?raw_tp/sched_process_exit")
int exit_raw(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_EXIT, exited(ctx, false));
}

/* ---- tasks that hang ---- */

static __always_inline void hangs(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0], *leader;
	struct event_task_hang *event;

	event = event_reserve(EVENT_TASK_HANG, event_task_hang, bpf_ktime_get_ns());
	if (!event)
		return;
	leader = BPF_CORE_READ(task, group_leader);
	event->start_ns = BPF_CORE_READ(leader, start_boottime);
	event->pid = BPF_CORE_READ(task, tgid);
	event->tid = BPF_CORE_READ(task, pid);
	event->kthread = (BPF_CORE_READ(task, flags) & PF_KTHREAD) != 0;
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), &task->comm);
	event_submit(event);
}

SEC("?tp_btf/sched_process_hang")
int hang_btf(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_HANG, hangs(ctx));
}

SEC("?raw_tp/sched_process_hang")
int hang_raw(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_HANG, hangs(ctx));
}

/* Its threads wait until that is written. Before 5.16 they had PF_FREEZER_SKIP, and mm had the state. */
static __always_inline bool dumps_core(const struct task_struct *task)
{
	return bpf_core_field_exists(task->signal->core_state) &&
	       BPF_CORE_READ(task, signal, core_state);
}

/* Who sleeps so that only the end of its wait wakes it: as the kernel's watchdog looks at it
 * (kernel/hung_task.c): killable waits (NFS, vfork), idle kernel threads, and who is frozen (a container that is
 * paused) are no such sleep. Nor are, unlike there, the threads that wait until a core is written. */
SEC("?iter/task")
int system_waiting(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *leader;
	struct waiting_record record = {};
	unsigned int state;

	if (!task)
		return 0;
	count(COUNTER_RUNS + HOOK_SYSTEM_WAITING);
	state = task_state(task);
	if (!(state & TASK_UNINTERRUPTIBLE) || state & (TASK_WAKEKILL | TASK_NOLOAD) ||
	    task->flags & (PF_KTHREAD | PF_FROZEN | PF_FREEZER_SKIP) || dumps_core(task))
		return 0;
	leader = task->group_leader;
	if (!leader)
		return 0;
	record.start_ns = leader->start_boottime;
	record.switches = task->nvcsw + task->nivcsw;
	record.pid = task->tgid;
	record.tid = task->pid;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), &task->comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* ---- what the hardware reports ---- */

/* By enum hw_event_mc_err_type (include/linux/edac.h). Not ending with 0: that would be a string to clang, in
 * a section that libbpf cannot describe to the kernel. */
static const __u8 memory_severity[6] = {REPORT_CORRECTED, REPORT_UNCORRECTED, REPORT_DEFERRED,
					REPORT_FATAL,	  REPORT_INFO,	      REPORT_UNCORRECTED};

/* mc_event(err_type, error_msg, label, error_count, mc_index, top_layer, mid_layer, low_layer, address,
 * grain_bits, syndrome, driver_detail) */
static __always_inline void memory(unsigned long long *ctx)
{
	struct event_hardware_report *event;
	__u32 type = ctx[0];

	event = event_reserve(EVENT_HARDWARE_REPORT, event_hardware_report, bpf_ktime_get_ns());
	if (!event)
		return;
	event->source = REPORT_MEMORY;
	event->severity = type < 6 ? memory_severity[type] : REPORT_UNCORRECTED;
	event->count = (__u32)ctx[3];
	event->bank = (__u8)ctx[4];
	event->address = ctx[8];
	bpf_probe_read_kernel_str(event->where, sizeof(event->where), (void *)ctx[2]);
	bpf_probe_read_kernel_str(event->what, sizeof(event->what), (void *)ctx[1]);
	event_submit(event);
}

SEC("?tp_btf/mc_event")
int memory_btf(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_MEMORY, memory(ctx));
}

SEC("?raw_tp/mc_event")
int memory_raw(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_MEMORY, memory(ctx));
}

/* MCi_STATUS (Intel SDM 3B, 15.3.2.2; AMD APM 2, 9.3.2) */
#define MCE_UNCORRECTED	 (1ULL << 61)
#define MCE_DEFERRED	 (1ULL << 44) /* AMD; Intel counts errors there */
#define X86_VENDOR_AMD	 2
#define X86_VENDOR_HYGON 9
#define MCE_CORRUPT	 (1ULL << 57) /* the processor's context is */
/* MCA_IPID, HardwareID: 0x96 is a memory controller (AMD PPR, "MCA_IPID"; arch/x86/kernel/cpu/mce/amd.c). */
#define IPID_HARDWARE(ipid) ((ipid) >> 32 & 0xfff)
#define IPID_MEMORY	    0x96

static __always_inline void machine_check(unsigned long long *ctx)
{
	struct mce *mce = (void *)ctx[0];
	struct event_hardware_report *event;
	__u64 status = BPF_CORE_READ(mce, status);
	__u8 vendor = BPF_CORE_READ(mce, cpuvendor);
	bool amd = vendor == X86_VENDOR_AMD || vendor == X86_VENDOR_HYGON;

	event = event_reserve(EVENT_HARDWARE_REPORT, event_hardware_report, bpf_ktime_get_ns());
	if (!event)
		return;
	event->source = REPORT_MACHINE_CHECK;
	event->severity = REPORT_CORRECTED;
	if (status & MCE_UNCORRECTED)
		event->severity = status & MCE_CORRUPT ? REPORT_FATAL : REPORT_UNCORRECTED;
	else if (status & MCE_DEFERRED && amd)
		event->severity = REPORT_DEFERRED;
	if (amd && IPID_HARDWARE(BPF_CORE_READ(mce, ipid)) == IPID_MEMORY)
		event->flags = REPORT_OF_MEMORY;
	event->count = 1;
	event->status = status;
	event->address = BPF_CORE_READ(mce, addr);
	event->bank = BPF_CORE_READ(mce, bank);
	event->cpu = BPF_CORE_READ(mce, extcpu);
	event_submit(event);
}

SEC("?tp_btf/mce_record")
int mce_btf(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_MACHINE_CHECK, machine_check(ctx));
}

SEC("?raw_tp/mce_record")
int mce_raw(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_MACHINE_CHECK, machine_check(ctx));
}

/* By AER_NONFATAL, AER_FATAL, AER_CORRECTABLE (include/linux/aer.h). */
static const __u8 pcie_severity[3] = {REPORT_UNCORRECTED, REPORT_FATAL, REPORT_CORRECTED};

/* aer_event(dev_name, status, severity, ...) */
static __always_inline void pcie(unsigned long long *ctx)
{
	struct event_hardware_report *event;
	__u32 severity = (__u8)ctx[2];

	event = event_reserve(EVENT_HARDWARE_REPORT, event_hardware_report, bpf_ktime_get_ns());
	if (!event)
		return;
	event->source = REPORT_PCIE;
	event->severity = severity < 3 ? pcie_severity[severity] : REPORT_UNCORRECTED;
	event->count = 1;
	event->status = (__u32)ctx[1];
	bpf_probe_read_kernel_str(event->where, sizeof(event->where), (void *)ctx[0]);
	event_submit(event);
}

SEC("?tp_btf/aer_event")
int pcie_btf(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_PCIE, pcie(ctx));
}

SEC("?raw_tp/aer_event")
int pcie_raw(unsigned long long *ctx)
{
	return RUN(HOOK_SYSTEM_PCIE, pcie(ctx));
}
