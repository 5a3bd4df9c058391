/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * arch.bpf.h - what differs between processors: where registers are kept, what a call looks like, the numbers of
 * system calls. One without a part here has no ARCH_KNOWN: its leaks are found, not the line that leaks.
 */
#ifndef CULPRIT_ARCH_BPF_H
#define CULPRIT_ARCH_BPF_H

#include "probe.bpf.h"

#include <culprit/map_leak.h>

#if defined(__TARGET_ARCH_x86)

#define ARCH_KNOWN
#define THREAD_SIZE (4096UL << 2) /* arch/x86/include/asm/page_64_types.h, without KASAN */

static __always_inline __u64 regs_sp(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, sp);
}

static __always_inline __u64 regs_pc(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, ip);
}

/* The return address that is in a register: none. */
static __always_inline __u64 regs_link(struct pt_regs *regs)
{
	(void)regs;
	return 0;
}

/* By their DWARF numbers (System V ABI, AMD64 supplement, 3.6.2); 16 is the return address. */
static __always_inline void regs_copy(struct pt_regs *regs, struct stack_sample *s)
{
	s->regs[3] = BPF_CORE_READ(regs, bx);
	s->regs[6] = BPF_CORE_READ(regs, bp);
	s->regs[7] = BPF_CORE_READ(regs, sp);
	s->regs[12] = BPF_CORE_READ(regs, r12);
	s->regs[13] = BPF_CORE_READ(regs, r13);
	s->regs[14] = BPF_CORE_READ(regs, r14);
	s->regs[15] = BPF_CORE_READ(regs, r15);
	s->regs[16] = BPF_CORE_READ(regs, ip);
}

/* An address as it is on the stack. */
static __always_inline __u64 plain_address(__u64 word)
{
	return word;
}

/* Whether a call stands before it (Intel SDM 2, CALL: E8 rel32; FF /2 by register or memory). A function
 * of its own for the verifier, which else looks at it once for each word of the stack. */
__noinline int follows_call(__u64 at)
{
	__u8 b[8] = {};

	if (bpf_probe_read_user(b, 7, (const void *)(at - 7)))
		return 0;
	if (b[2] == 0xe8)
		return 1;
	if (b[5] == 0xff && ((b[6] & 0xf8) == 0xd0 || (b[6] & 0xf8) == 0x10))
		return 1;
	if (b[4] == 0xff && ((b[5] & 0xf8) == 0x50 || b[5] == 0x14))
		return 1;
	if (b[3] == 0xff && b[4] == 0x54)
		return 1;
	if (b[1] == 0xff && ((b[2] & 0xf8) == 0x90 || b[2] == 0x15))
		return 1;
	return b[0] == 0xff && b[1] == 0x94;
}

#define USER32_CS 0x23 /* arch/x86/include/asm/segment.h: another table of numbers */

static __always_inline bool call_is_32bit(const struct pt_regs *regs)
{
	return regs->cs == USER32_CS;
}

static __always_inline __u64 call_nr(const struct pt_regs *regs)
{
	return regs->orig_ax;
}

/* Arguments, also at the end of the call. */
#define call_arg0(regs) ((regs)->di)
#define call_arg1(regs) ((regs)->si)
#define call_arg3(regs) ((regs)->r10)

#define NR_CLOSE      3
#define NR_PIPE	      22
#define NR_SOCKETPAIR 53
#define NR_FCNTL      72
#define NR_PIPE2      293

/* Of those that open: inotify_init, inotify_init1 and fanotify_init have limits of their own, for which they give
 * EMFILE. */
static __always_inline bool call_has_own_limit(__u64 nr)
{
	return nr == 253 || nr == 294 || nr == 300;
}

/* arch/x86/entry/syscalls/syscall_64.tbl: those that return a new descriptor, up to 423. */
static __always_inline bool own_call_opens(__u64 nr)
{
	switch (nr) {
	case 2:	  /* open */
	case 32:  /* dup */
	case 33:  /* dup2 */
	case 41:  /* socket */
	case 43:  /* accept */
	case 85:  /* creat */
	case 213: /* epoll_create */
	case 253: /* inotify_init */
	case 257: /* openat */
	case 282: /* signalfd */
	case 283: /* timerfd_create */
	case 284: /* eventfd */
	case 288: /* accept4 */
	case 289: /* signalfd4 */
	case 290: /* eventfd2 */
	case 291: /* epoll_create1 */
	case 292: /* dup3 */
	case 294: /* inotify_init1 */
	case 298: /* perf_event_open */
	case 300: /* fanotify_init */
	case 304: /* open_by_handle_at */
	case 319: /* memfd_create */
	case 323: /* userfaultfd */
		return true;
	}
	return false;
}

#elif defined(__TARGET_ARCH_arm64)

#define ARCH_KNOWN
#define THREAD_SIZE (1UL << 14) /* arch/arm64/include/asm/memory.h, pages of 4 KiB, without KASAN */

static __always_inline __u64 regs_sp(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, sp);
}

static __always_inline __u64 regs_pc(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, pc);
}

/* An address as it is on the stack: signed where the program authenticates its pointers (above 48 bits). */
static __always_inline __u64 plain_address(__u64 word)
{
	return word & ((1ULL << 48) - 1);
}

static __always_inline __u64 regs_link(struct pt_regs *regs)
{
	return plain_address(BPF_CORE_READ(regs, regs[30]));
}

/* By their DWARF numbers (DWARF for the Arm 64-bit Architecture, 4.1): x0 to x30, then sp; pc has none, it is put
 * last. */
static __always_inline void regs_copy(struct pt_regs *regs, struct stack_sample *s)
{
	bpf_core_read(s->regs, 31 * sizeof(__u64), &regs->regs);
	s->regs[31] = BPF_CORE_READ(regs, sp);
	s->regs[32] = BPF_CORE_READ(regs, pc);
}

/* Whether a call stands before it (Arm ARM, C6.2: BL; BLR, BLRAA and the like). */
__noinline int follows_call(__u64 at)
{
	__u32 insn = 0;

	if (at & 3 || bpf_probe_read_user(&insn, sizeof(insn), (const void *)(at - 4)))
		return 0;
	return (insn & 0xfc000000) == 0x94000000 || (insn & 0xfefff000) == 0xd63f0000;
}

#define PSR_MODE32_BIT	0x10 /* arch/arm64/include/uapi/asm/ptrace.h: another table of numbers */

static __always_inline bool call_is_32bit(const struct pt_regs *regs)
{
	return regs->pstate & PSR_MODE32_BIT;
}

static __always_inline __u64 call_nr(const struct pt_regs *regs)
{
	return (__u32)regs->syscallno;
}

/* Arguments, also at the end of the call: x0 is the result then. */
#define call_arg0(regs) ((regs)->orig_x0)
#define call_arg1(regs) ((regs)->regs[1])
#define call_arg3(regs) ((regs)->regs[3])

#define NR_CLOSE      57
#define NR_PIPE	      (~0ULL) /* there is none */
#define NR_SOCKETPAIR 199
#define NR_FCNTL      25
#define NR_PIPE2      59

/* Of those that open: inotify_init1 and fanotify_init have limits of their own, for which they give EMFILE. */
static __always_inline bool call_has_own_limit(__u64 nr)
{
	return nr == 26 || nr == 262;
}

/* include/uapi/asm-generic/unistd.h: those that return a new descriptor, up to 423. */
static __always_inline bool own_call_opens(__u64 nr)
{
	switch (nr) {
	case 19:  /* eventfd2 */
	case 20:  /* epoll_create1 */
	case 23:  /* dup */
	case 24:  /* dup3 */
	case 26:  /* inotify_init1 */
	case 56:  /* openat */
	case 74:  /* signalfd4 */
	case 85:  /* timerfd_create */
	case 198: /* socket */
	case 202: /* accept */
	case 241: /* perf_event_open */
	case 242: /* accept4 */
	case 262: /* fanotify_init */
	case 265: /* open_by_handle_at */
	case 279: /* memfd_create */
	case 282: /* userfaultfd */
		return true;
	}
	return false;
}

#endif

#ifdef ARCH_KNOWN

/* Whether a system call returns a new descriptor. From 424 on all have the same numbers. */
static __always_inline bool call_opens(__u64 nr)
{
	switch (nr) {
	case 425: /* io_uring_setup */
	case 428: /* open_tree */
	case 434: /* pidfd_open */
	case 437: /* openat2 */
	case 438: /* pidfd_getfd */
	case 447: /* memfd_secret */
		return true;
	}
	return own_call_opens(nr);
}

#endif

#endif
