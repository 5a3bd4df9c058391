/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_system.h - the ABI of events: the host as a whole; see event.h. */
#ifndef CULPRIT_EVENT_SYSTEM_H
#define CULPRIT_EVENT_SYSTEM_H

#include "event_type.h"

enum host_load_flag {
	HOST_PRESSURE = 1, /* the times of /proc/pressure are known */
};

/* How busy the host is, each tick: /proc/loadavg, /proc/meminfo, /proc/pressure. */
struct event_host_load {
	struct event h;
	__u64 mem_total; /* bytes */
	__u64 mem_available;
	__u64 swap_total;
	__u64 swap_free;
	__u64 cpu_some_us; /* since boot: time in which at least one task waited for a processor */
	__u64 mem_some_us; /* in which at least one waited for memory, */
	__u64 mem_full_us; /* and in which nothing ran while some did */
	__u64 oom_kills;   /* counted by the probe since it was attached */
	__u32 cpus;	   /* gauge: online */
	__u32 running;	   /* gauge: tasks that run or want to, without ourselves */
	__u32 tasks;	   /* gauge */
	__u32 load1_centi; /* gauge: the load average of one minute, in hundredths */
	__u32 flags;	   /* enum host_load_flag */
	__u32 pad;
};

/* What the processors did since boot (/proc/stat): each tick while tasks queue, else each tenth. */
struct event_host_cpu {
	struct event h;
	__u64 user_ms;
	__u64 nice_ms; /* user time of tasks with a positive nice value */
	__u64 system_ms;
	__u64 idle_ms;
	__u64 iowait_ms;
	__u64 irq_ms; /* hard and soft */
	__u64 steal_ms;
};

/* The kernel chose a process to be killed for lack of memory (oom:mark_victim). */
struct event_oom_kill {
	struct event h;
	__u64 start_ns;	   /* the victim's start_boottime; 0 = unknown */
	__u64 cgroup_id;   /* the victim's */
	__u64 rss_bytes;   /* what it held in memory; 0 = unknown */
	__u64 limit_bytes; /* of the cgroup that was full; 0 = none was: the host's memory was */
	__u64 used_bytes;  /* of this cgroup */
	__u32 pid;	   /* the victim's tgid */
	__u32 uid;
	__u32 by_pid; /* whose demand could not be met, tgid */
	__s32 score_adj;
	char comm[EVENT_COMM_LEN]; /* empty = unknown */
	char by_comm[EVENT_COMM_LEN];
	char unit
		[64]; /* of the victim's cgroup: "x.service", "x.scope", "pod<uid>[.slice]"; else the last part
			  of its path */
	char limit[64]; /* the same of the cgroup that was full */
};

/* Processes of one name in one cgroup that ended badly; sent when that grew. Counted since the probe was
 * attached. What was asked to end (TERM, INT, HUP, PIPE, KILL, and exit codes that say so) counts as well. */
struct event_proc_exits {
	struct event h;
	__u64 failed;	 /* ended by a signal of its own making, or with an exit code of its own */
	__u64 crashed;	 /* of these by a signal: SEGV, ABRT, BUS, ILL, FPE, SYS, TRAP ... */
	__u64 oom;	 /* of these killed for lack of memory */
	__u64 apart;	 /* of these a unit's main process: its parent lives in another cgroup */
	__u64 well;	 /* ended well, since somebody looks at this name */
	__u64 lived_ms;	 /* that the failed ones lived, together */
	__u64 last_ns;	 /* CLOCK_MONOTONIC: when the latest one failed */
	__u64 start_ns;	 /* its start_boottime */
	__u32 pid;	 /* of the latest one */
	__s32 exit_code; /* as wait(2) tells it: status << 8 | core dumped 0x80 | signal */
	char comm[EVENT_COMM_LEN];
	char parent[EVENT_COMM_LEN];
	char unit[64]; /* as of event_oom_kill */
};

/* A task that sleeps uninterruptibly (and not killably) and was not run since since_ns. */
struct event_task_waiting {
	struct event h;
	__u64 start_ns; /* the process's start_boottime */
	__u64 since_ns; /* CLOCK_MONOTONIC: the first look that saw it wait */
	__u32 pid;
	__u32 tid;
	__u32 total; /* tasks that wait so at this look */
	__u32 pad;
	char comm[EVENT_COMM_LEN];
	char wchan[40]; /* the kernel function in which it waits; empty = unknown */
};

/* The kernel's own watchdog (khungtaskd) says so. */
struct event_task_hang {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 tid;
	__u32 kthread;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
};

enum report_source { REPORT_MEMORY = 1, REPORT_MACHINE_CHECK = 2, REPORT_PCIE = 3 };
enum report_severity {
	REPORT_INFO = 0,
	REPORT_CORRECTED = 1,
	REPORT_DEFERRED = 2, /* not corrected, and not used by anyone yet */
	REPORT_UNCORRECTED = 3,
	REPORT_FATAL = 4,
};

enum report_flag {
	REPORT_OF_MEMORY =
		1, /* machine check: the bank is a memory controller's, by its MCA_IPID (AMD) */
};

/* What memory controllers (ras:mc_event), processors (mce:mce_record) and PCIe ports (ras:aer_event) report. */
struct event_hardware_report {
	struct event h;
	__u64 address;	/* physical; 0 = unknown */
	__u64 status;	/* the bank's MCi_STATUS, or the AER status register */
	__u32 count;	/* errors in this report */
	__u32 cpu;	/* machine check only */
	__u16 bank;	/* machine check: bank; memory: controller */
	__u8 source;	/* enum report_source */
	__u8 severity;	/* enum report_severity */
	__u32 flags;	/* enum report_flag */
	char where[64]; /* memory: the DIMM's label; PCIe: the device's address */
	char what[64];	/* memory: the driver's message */
};

EVENT_SIZE_IS(event_host_load, 104);
EVENT_SIZE_IS(event_host_cpu, 72);
EVENT_SIZE_IS(event_oom_kill, 232);
EVENT_SIZE_IS(event_proc_exits, 184);
EVENT_SIZE_IS(event_task_waiting, 104);
EVENT_SIZE_IS(event_task_hang, 56);
EVENT_SIZE_IS(event_hardware_report, 176);

#endif
