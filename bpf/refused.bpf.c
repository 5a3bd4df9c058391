// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * refused.bpf.c - descriptors that the kernel refuses: to a process at its own limit (EMFILE), to whoever asks when the
 * host's table of open files is full (ENFILE).
 *
 * Loaded and attached only while someone is watched, for a bounded time. The two functions that say no see nothing but
 * what opens; where functions cannot be hooked, the end of each system call is looked at for its result. By the first
 * way F_DUPFD goes past, and what io_uring opens; by the other io_uring does, and what SCM_RIGHTS brings.
 */
#include "vmlinux.h"

#define PROBE_NO_RING
#include "arch.bpf.h"

#include <culprit/map_refused.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ENFILE 23 /* include/uapi/asm-generic/errno-base.h */
#define EMFILE 24

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WATCHED_MAX);
	__type(key, __u32);
	__type(value, struct watched_value);
} watched SEC(".maps");

static __always_inline void refused(__u32 key)
{
	struct watched_value *value = bpf_map_lookup_elem(&watched, &key);

	if (!value)
		return;
	ADD(&value->refused, 1);
	value->last_ns = bpf_ktime_get_ns();
	value->last_pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(value->last_comm, sizeof(value->last_comm));
}

/* ---- the functions that say no ---- */

SEC("?fexit/get_unused_fd_flags")
int BPF_PROG(refused_number, unsigned int flags, int ret)
{
	if (ret != -EMFILE)
		return 0;
	return RUN(HOOK_REFUSED_NUMBER, refused(bpf_get_current_pid_tgid() >> 32));
}

SEC("?fexit/alloc_empty_file")
int BPF_PROG(refused_file, int flags, const struct cred *cred, struct file *ret)
{
	if ((long)ret != -ENFILE)
		return 0;
	return RUN(HOOK_REFUSED_FILE, refused(0));
}

/* ---- by system calls: every one of the host's pays for it while someone is watched ---- */

#ifdef ARCH_KNOWN

/* Of the calls that open: these give the same error for limits of their own (inotify's instances, a user's pipes). */
static __always_inline bool tells_of_descriptors(const struct pt_regs *regs)
{
	__u64 nr = call_nr(regs);

	if (call_is_32bit(regs) || call_has_own_limit(nr))
		return false;
	return call_opens(nr) || nr == NR_SOCKETPAIR || nr == NR_FCNTL;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(refused_number_call, struct pt_regs *regs, long ret)
{
	if (ret != -EMFILE)
		return 0;
	return RUN(HOOK_REFUSED_NUMBER, ({
			   __u64 nr = call_nr(regs);

			   if (tells_of_descriptors(regs) || nr == NR_PIPE || nr == NR_PIPE2)
				   refused(bpf_get_current_pid_tgid() >> 32);
		   }));
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(refused_file_call, struct pt_regs *regs, long ret)
{
	if (ret != -ENFILE)
		return 0;
	return RUN(HOOK_REFUSED_FILE, ({
			   if (tells_of_descriptors(regs))
				   refused(0);
		   }));
}

#endif
