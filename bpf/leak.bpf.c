// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * leak.bpf.c - which user stack opens the descriptors that an armed process keeps.
 *
 * Loaded and attached only while a process is armed. fd_install() sees every way by which a descriptor comes
 * into a table (io_uring, SCM_RIGHTS and pidfd_getfd too); where fentry is refused, the end of the system
 * calls that open is looked at, and the begin of close(). What goes past both (dup2 over another,
 * close_range, exec, exit) user space corrects by a scan of the table, which is the truth.
 */
#include "vmlinux.h"

#define PROBE_NO_RING
#include "arch.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define LOOK_WORDS	256 /* of the stack are looked at for return addresses */
#define LOOK_FEW	32
#define NO_CHAIN	(~0U) /* no stack could be read */
#define SAMPLE_EVERY_NS 10000000ULL

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ARMED_PIDS_MAX);
	__type(key, __u32);
	__type(value, struct armed_value);
} armed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ARMED_FDS_MAX);
	__type(key, struct armed_fd_key);
	__type(value, struct armed_fd_value);
} armed_fds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ARMED_SITES_MAX);
	__type(key, struct armed_site_key);
	__type(value, struct armed_site_value);
} armed_sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ARMED_SAMPLES_MAX);
	__type(key, struct armed_site_key);
	__type(value, struct stack_sample);
} armed_samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_sample);
} sample_room SEC(".maps");

struct look {
	__u64 words[LOOK_WORDS];
	__u64 calls;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct look);
} look_room SEC(".maps");

#ifdef ARCH_KNOWN

#define LOOK_CALLS 8	       /* and so many of them tell call sites apart */
#define NEAR_STACK (8UL << 20) /* so far above the stack pointer lies no code */
#define NEAR_CODE  (1UL << 30) /* so near to each other libraries are mapped */
#define HASH_PRIME 0x9e3779b97f4a7c15UL

/* The registers that the task entered the kernel with. */
static __always_inline struct pt_regs *entry_regs(void)
{
	struct task_struct *task;

	/* 5.15: dd6e10fbd9fb "bpf: Add bpf_task_pt_regs() helper" */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	task = (struct task_struct *)bpf_get_current_task();
	/* Ours is shorter than the kernel's. */
	return (struct pt_regs *)((__u64)BPF_CORE_READ(task, stack) + THREAD_SIZE -
				  bpf_core_type_size(struct pt_regs));
}

static __always_inline void copy_regs(struct stack_sample *s)
{
	struct pt_regs *regs = entry_regs();

	regs_copy(regs, s);
	s->sp = regs_sp(regs);
}

static __always_inline __u64 hash_add(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * HASH_PRIME;
	return hash ^ hash >> 29;
}

/*
 * A number for the chain of calls that led here: of the return addresses next to the top of the stack. Frame
 * pointers would tell less: without them two places that call open() were one. A word that an earlier call left
 * may be taken in: then one place has a few numbers, and they are put together when they read the same.
 */
__noinline __u32 call_chain(void)
{
	struct pt_regs *regs = entry_regs();
	__u64 sp = regs_sp(regs), ip = regs_pc(regs), hash = ip ^ regs_link(regs);
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u64 text = BPF_CORE_READ(task, mm, start_code);
	__u64 text_size = BPF_CORE_READ(task, mm, end_code) - text;
	struct look *look;
	__u32 zero = 0, i;

	look = bpf_map_lookup_elem(&look_room, &zero);
	if (!look || !sp)
		return NO_CHAIN;
	/* Near the end of the stack there is less; what could not be read is zero. */
	if (bpf_probe_read_user(look->words, sizeof(look->words), (const void *)sp) &&
	    bpf_probe_read_user(look->words, LOOK_FEW * sizeof(__u64), (const void *)sp))
		return NO_CHAIN;
	/* Counted in memory: of a number that the verifier knew it would follow each value. */
	look->calls = 0;
	for (i = 0; i < LOOK_WORDS && look->calls < LOOK_CALLS; i++) {
		__u64 word = plain_address(look->words[i]);

		/* In the program, or in a library: the system call was made from one. To read elsewhere would
		 * cost a fault each time. */
		if (word - text >= text_size &&
		    (word - ip + NEAR_CODE >= 2 * NEAR_CODE || word - sp < NEAR_STACK))
			continue;
		if (!follows_call(word))
			continue;
		hash = hash_add(hash, word);
		look->calls++;
	}
	hash ^= hash >> 32;
	return (__u32)hash == NO_CHAIN ? 0 : (__u32)hash;
}

#else

static __always_inline void copy_regs(struct stack_sample *s)
{
	s->sp = 0;
}

static __always_inline __u32 call_chain(void)
{
	return NO_CHAIN;
}

#endif

/* The registers and the top of the user stack, for one who unwinds it by the tables of the program itself: the
 * C library's system calls have no frame pointer, and many programs have none at all. */
static __noinline void take_sample(struct armed_site_key *key, __u32 fd, __u64 now_ns)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct stack_sample *s;
	__u32 zero = 0, i;

	s = bpf_map_lookup_elem(&sample_room, &zero);
	if (!s)
		return;
	s->len = 0;
	s->fd = fd;
	s->opened_ns = now_ns;
	s->start_stack = BPF_CORE_READ(task, mm, start_stack);
	copy_regs(s);
	if (!s->sp)
		return;
	for (i = 0; i < STACK_SAMPLE_BYTES / STACK_CHUNK; i++) {
		if (bpf_probe_read_user(s->stack + i * STACK_CHUNK, STACK_CHUNK,
					(void *)(s->sp + i * STACK_CHUNK)))
			break;
		s->len += STACK_CHUNK;
	}
	bpf_map_update_elem(&armed_samples, key, s, BPF_ANY);
}

/* A site has the stack of one of its descriptors that live: when that one is closed it is taken again, so
 * that at last it is that of one that stays. Not each time: it is 8 KiB. */
static __always_inline void sample(struct armed_site_value *site, struct armed_site_key *key,
				   __u32 fd, __u64 now_ns)
{
	if (now_ns - site->sampled_ns < SAMPLE_EVERY_NS || bpf_map_lookup_elem(&armed_samples, key))
		return;
	site->sampled_ns = now_ns;
	take_sample(key, fd, now_ns);
}

static __always_inline void opened(__u32 fd)
{
	struct armed_fd_key key = {.pid = bpf_get_current_pid_tgid() >> 32, .fd = fd};
	struct armed_value *process = bpf_map_lookup_elem(&armed, &key.pid);
	struct armed_site_key site_key = {.pid = key.pid};
	struct armed_fd_value value = {};
	struct armed_site_value *site, fresh = {};

	if (!process)
		return;
	ADD(&process->opened, 1);
	site_key.stack = call_chain();
	value.opened_ns = bpf_ktime_get_ns();
	value.stack = site_key.stack;
	site = bpf_map_lookup_elem(&armed_sites, &site_key);
	if (!site) {
		fresh.first_ns = value.opened_ns;
		bpf_map_update_elem(&armed_sites, &site_key, &fresh, BPF_NOEXIST);
		site = bpf_map_lookup_elem(&armed_sites, &site_key);
	}
	if (site) {
		ADD(&site->opened, 1);
		site->last_ns = value.opened_ns;
		sample(site, &site_key, fd, value.opened_ns);
	} else {
		ADD(&process->dropped, 1);
	}
	/* A number that is there already was closed past us: it is overwritten. */
	if (bpf_map_update_elem(&armed_fds, &key, &value, BPF_ANY))
		ADD(&process->dropped, 1);
}

static __always_inline void closed(__u32 fd)
{
	struct armed_fd_key key = {.pid = bpf_get_current_pid_tgid() >> 32, .fd = fd};
	struct armed_value *process = bpf_map_lookup_elem(&armed, &key.pid);
	struct armed_site_key site_key = {.pid = key.pid};
	struct armed_fd_value *value;
	struct stack_sample *sample;

	if (!process)
		return;
	value = bpf_map_lookup_elem(&armed_fds, &key);
	if (!value)
		return;
	site_key.stack = value->stack;
	if (bpf_map_delete_elem(&armed_fds, &key))
		return;
	ADD(&process->closed, 1);
	sample = bpf_map_lookup_elem(&armed_samples, &site_key);
	if (sample && sample->fd == fd)
		bpf_map_delete_elem(&armed_samples, &site_key);
}

/* ---- the way that sees everything ---- */

SEC("?fentry/fd_install")
int BPF_PROG(leak_install, unsigned int fd)
{
	return RUN(HOOK_LEAK_OPEN, opened(fd));
}

/* 6.6: a88c955fcfb4 "file: s/close_fd_get_file()/file_close_fd()/g" and close(2) goes by it. */
SEC("?fentry/file_close_fd")
int BPF_PROG(leak_close_file, unsigned int fd)
{
	return RUN(HOOK_LEAK_CLOSE, closed(fd));
}

/* 5.11: 8760c909f54a "file: Rename __close_fd to close_fd and remove the files parameter" */
SEC("?fentry/close_fd")
int BPF_PROG(leak_close, unsigned int fd)
{
	return RUN(HOOK_LEAK_CLOSE, closed(fd));
}

SEC("?fentry/__close_fd")
int BPF_PROG(leak_close_old, struct files_struct *files, unsigned int fd)
{
	return RUN(HOOK_LEAK_CLOSE, closed(fd));
}

/* ---- by system calls: every one of the host's pays for it while a process is armed ---- */

#ifdef ARCH_KNOWN

#define F_DUPFD		0
#define F_DUPFD_CLOEXEC 1030

static __always_inline bool is_armed(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&armed, &pid) != NULL;
}

static __always_inline void opened_pair(const void *user)
{
	int fds[2];

	if (bpf_probe_read_user(fds, sizeof(fds), user))
		return;
	opened((__u32)fds[0]);
	opened((__u32)fds[1]);
}

static __always_inline bool duplicates(const struct pt_regs *regs)
{
	__u32 command = (__u32)call_arg1(regs);

	return call_nr(regs) == NR_FCNTL && (command == F_DUPFD || command == F_DUPFD_CLOEXEC);
}

static __always_inline void call_ended(struct pt_regs *regs, long ret)
{
	__u64 nr = call_nr(regs);

	if (ret < 0 || call_is_32bit(regs) || !is_armed())
		return;
	if (call_opens(nr) || duplicates(regs))
		opened((__u32)ret);
	else if (nr == NR_PIPE || nr == NR_PIPE2)
		opened_pair((const void *)call_arg0(regs));
	else if (nr == NR_SOCKETPAIR)
		opened_pair((const void *)call_arg3(regs));
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(leak_sys_exit, struct pt_regs *regs, long ret)
{
	return RUN(HOOK_LEAK_OPEN, call_ended(regs, ret));
}

/* At the begin: at the end the number may be another descriptor's already. */
SEC("?tp_btf/sys_enter")
int BPF_PROG(leak_sys_enter, struct pt_regs *regs, long nr)
{
	if (nr != NR_CLOSE)
		return 0;
	return RUN(HOOK_LEAK_CLOSE, ({
			   if (!call_is_32bit(regs))
				   closed((__u32)call_arg0(regs));
		   }));
}

#endif
