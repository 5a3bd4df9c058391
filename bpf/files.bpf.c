// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * files.bpf.c - how many descriptors every process holds (the census), and what one process holds (the
 * scan). Both are iterators: nothing is attached to a system call.
 */
#include "vmlinux.h"

#define PROBE_NO_RING
#include "sock.bpf.h"

#include <culprit/map_files.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define RLIMIT_NOFILE	    7 /* include/uapi/asm-generic/resource.h */
#define IPPROTO_UDP	    17
#define IPPROTO_MPTCP	    262
#define AF_UNIX		    1
#define AF_NETLINK	    16
#define S_IFMT		    00170000
#define S_IFSOCK	    0140000
#define SOCKFS_MAGIC	    0x534f434b /* include/uapi/linux/magic.h */
#define ANON_INODE_FS_MAGIC 0x09041934

#define CHUNK_BYTES 4096
#define CHUNK_WORDS (CHUNK_BYTES / 8)
#define CHUNK_FDS   (CHUNK_BYTES * 8)

struct chunk {
	__u64 words[CHUNK_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct chunk);
} bitmap SEC(".maps");

struct files_control control SEC(".data.control") = {};

static __always_inline __u32 popcount(__u64 word)
{
	word -= (word >> 1) & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + ((word >> 2) & 0x3333333333333333ULL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (word * 0x0101010101010101ULL) >> 56;
}

/* Counts the bits of the chunk in the map. A global function, which the verifier checks once, and not
 * for each call; it finds the chunk itself, as pointers to memory are no arguments before 5.12. */
__noinline __u32 chunk_count(__u32 words)
{
	__u32 key = 0, i, n = 0;
	struct chunk *chunk = bpf_map_lookup_elem(&bitmap, &key);

	if (!chunk)
		return 0;
	for (i = 0; i < CHUNK_WORDS && i < words; i++)
		n += popcount(chunk->words[i]);
	return n;
}

/*
 * Counts the bits of a table. It can be resized meanwhile: fdt is read once, and each read is bounded by
 * that one's own size; a read that fails makes the count unknown. max_fds is a multiple of 64. A bit is
 * also set for a number that is reserved for a descriptor to come (a thread that waits in accept()).
 */
static __always_inline void census_count(struct fdtable *fdt, struct census_record *record)
{
	__u32 max_fds = fdt->max_fds, key = 0, i, done, words;
	unsigned long *open_fds = fdt->open_fds;
	struct chunk *chunk = bpf_map_lookup_elem(&bitmap, &key);

	if (!chunk || !open_fds)
		return;
	for (i = 0; i < CENSUS_FDS_MAX / CHUNK_FDS; i++) {
		done = i * CHUNK_FDS;
		if (done >= max_fds)
			break;
		words = (max_fds - done) / 64;
		if (words > CHUNK_WORDS)
			words = CHUNK_WORDS;
		if (bpf_probe_read_kernel(chunk, words * 8, (void *)open_fds + i * CHUNK_BYTES)) {
			record->flags |= CENSUS_UNKNOWN;
			return;
		}
		record->fds += chunk_count(words);
	}
	if (max_fds > CENSUS_FDS_MAX)
		record->flags |= CENSUS_TRUNCATED;
}

/*
 * All tasks, not only thread-group leaders: a thread may have a table of its own, and a leader may have
 * exited while its threads live on. A thread that shares its leader's table adds nothing. User space
 * counts each table once.
 */
SEC("?iter/task")
int files_census(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *leader;
	struct census_record record = {};
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct fdtable *fdt;

	if (!task)
		return 0;
	count(COUNTER_RUNS + HOOK_FILES_CENSUS);
	if (task->flags & PF_KTHREAD)
		return 0;
	files = task->files;
	leader = task->group_leader;
	if (!files || !leader)
		return 0;
	if (task->pid != task->tgid && leader->files == files)
		return 0;
	fdt = files->fdt;
	if (!fdt)
		return 0;
	census_count(fdt, &record);
	record.start_ns = leader->start_boottime;
	record.limit = task->signal->rlim[RLIMIT_NOFILE].rlim_cur;
	record.hard = task->signal->rlim[RLIMIT_NOFILE].rlim_max;
	record.cgroup_id = leader->cgroups->dfl_cgrp->kn->id;
	record.table = (__u64)files;
	record.pid = task->tgid;
	record.tid = task->pid;
	record.uid = task->cred->uid.val;
	nsproxy = task->nsproxy;
	if (nsproxy)
		record.netns = nsproxy->net_ns->ns.inum;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), &leader->comm);
	/* When the buffer is full the kernel shows us the same task again after the next read. */
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* Both times are a connection's that is, or was, established: zero (and long ago) before. */
static __always_inline __u32 idle_ms(const struct sock *sk)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	__u32 now = (__u32)bpf_jiffies64();
	__u32 sent = BPF_CORE_READ(tp, lsndtime);
	__u32 received = BPF_CORE_READ(tp, inet_conn.icsk_ack.lrcvtime);
	__u32 idle;

	if (!sent)
		return 0;
	idle = now - sent;
	if (received && now - received < idle)
		idle = now - received;
	return (__u64)idle * config.jiffy_us / 1000;
}

static __always_inline void scan_inet(const struct sock *sk, struct fd_record *record)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	bool tcp = protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;

	if (tcp) {
		record->proto = FD_TCP;
		record->state = state;
		/* Not connected: there is no peer. */
		if (state == TCP_CLOSE)
			return;
		sock_peer(sk, sock_dir(sk, false), &record->peer, false);
		if (state == TCP_LISTEN) {
			record->peer.dir = PEER_IN;
			record->peer.port = sock_local_port(sk, false);
		} else if (protocol == IPPROTO_TCP &&
			   (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT)) {
			record->idle_ms = idle_ms(sk);
		}
	} else if (protocol == IPPROTO_UDP) {
		record->proto = FD_UDP;
		if (state == TCP_ESTABLISHED) /* connect() was called */
			sock_peer(sk, PEER_OUT, &record->peer, false);
	} else {
		record->proto = FD_PROTO_OTHER;
	}
}

static __always_inline void scan_socket(struct file *file, struct fd_record *record)
{
	struct socket *socket = file->private_data;
	struct sock *sk = BPF_CORE_READ(socket, sk);

	if (!sk)
		return;
	switch (BPF_CORE_READ(sk, __sk_common.skc_family)) {
	case AF_INET:
	case AF_INET6:
		scan_inet(sk, record);
		break;
	case AF_UNIX:
		record->proto = FD_UNIX;
		break;
	case AF_NETLINK:
		record->proto = FD_NETLINK;
		break;
	default:
		record->proto = FD_PROTO_OTHER;
	}
}

/* Whether it stays open across exec(). The table can be resized meanwhile: see census_count(). */
static __always_inline bool kept_on_exec(struct task_struct *task, __u32 fd)
{
	struct fdtable *fdt = task->files->fdt;
	__u64 word;

	if (!fdt || fd >= fdt->max_fds ||
	    bpf_probe_read_kernel(&word, sizeof(word), fdt->close_on_exec + fd / 64))
		return false;
	return !(word & (1ULL << (fd % 64)));
}

/* From 6.1 on the iterator is made for one process; before, it walks all, and we pick. */
SEC("?iter/task_file")
int files_scan(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task, *leader;
	struct file *file = ctx->file;
	struct fd_record record = {};
	struct inode *inode;
	__u64 magic;

	if (!task || !file)
		return 0;
	if ((__u32)task->tgid != control.scan_pid)
		return 0;
	count(COUNTER_RUNS + HOOK_FILES_SCAN);
	leader = task->group_leader;
	inode = file->f_inode;
	if (!leader || !inode)
		return 0;
	if (task->pid != task->tgid && leader->files == task->files)
		return 0;
	record.fd = ctx->fd;
	record.file = (__u64)file;
	record.kept = kept_on_exec(task, ctx->fd);
	record.start_ns = leader->start_boottime;
	record.mode = inode->i_mode;
	magic = inode->i_sb->s_magic;
	record.anon = magic == ANON_INODE_FS_MAGIC;
	if ((record.mode & S_IFMT) == S_IFSOCK && magic == SOCKFS_MAGIC)
		scan_socket(file, &record);
	bpf_probe_read_kernel_str(record.name, sizeof(record.name),
				  file->f_path.dentry->d_name.name);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
