/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * vmlinux.h - the kernel's types, as far as our programs read them.
 *
 * Kept by hand, so that it is short, reviewable, and the same for every architecture. Offsets and
 * sizes do not matter: each access is relocated against the running kernel's BTF by name (CO-RE),
 * thanks to preserve_access_index below. How to extend it:
 *
 *  - Look the type up in the oldest and the newest kernel that we support
 *    (bpftool btf dump file vmlinux format c), and add only the fields that are read.
 *  - A field's name and kind (integer, pointer, struct, array) must be the kernel's. Members of
 *    anonymous unions and structs are found by name: write them flat.
 *  - Pointers to types that are never followed stay forward declarations.
 *  - What is named or typed differently in another kernel is not for this file: write a flavor
 *    (struct name___suffix) and an accessor in bpf/compat.bpf.h, and cite the change.
 *  - Enumerators that are ABI are given with their value. Those whose value depends on the kernel are
 *    read with bpf_core_enum_value() and only need to be named here.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u32 __wsum;

typedef _Bool bool;
enum { false = 0, true = 1 };

typedef __u32 dev_t;
typedef u64 sector_t;
typedef unsigned short umode_t;

/* ---- bpf: include/uapi/linux/bpf.h ---- */

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };
enum { BPF_RB_NO_WAKEUP = 1 };
enum { BPF_F_USER_STACK = 1 << 8 };
enum bpf_func_id { BPF_FUNC_task_pt_regs = 175 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

/* ---- tasks ---- */

typedef struct {
	unsigned int val;
} kuid_t;

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct net *net_ns;
};

struct cred {
	kuid_t uid;
};

struct kernfs_node {
	u64 id;
	const char *name;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1]; /* as many as there are controllers */
	struct cgroup *dfl_cgrp;
	int nr_tasks;
};

/* Its values depend on the configuration. */
enum cgroup_subsys_id { memory_cgrp_id = 4 };

typedef struct {
	long counter;
} atomic_long_t;

/* In pages. */
struct page_counter {
	atomic_long_t usage;
	unsigned long max;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
};

struct percpu_counter {
	s64 count;
};

struct mm_struct {
	struct percpu_counter rss_stat[4]; /* 6.2: compat.bpf.h */
	unsigned long start_code, end_code, start_stack;
};

struct rlimit {
	unsigned long rlim_cur;
	unsigned long rlim_max;
};

typedef struct {
	int counter;
} atomic_t;

struct core_state;

struct signal_struct {
	struct rlimit rlim[16];
	struct core_state *core_state;
	struct mm_struct *oom_mm;
	short oom_score_adj;
	atomic_t live;
	unsigned int flags;
};

struct fdtable {
	unsigned int max_fds;
	unsigned long *close_on_exec;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r10, ax, cx, dx, di, si, orig_ax, ip, cs, sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
	u64 orig_x0;
	__s32 syscallno;
};
/* What a uprobe's program gets. */
struct user_pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
};
#endif

struct task_struct {
	void *stack;
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct css_set *cgroups;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	int exit_code;
	unsigned long nvcsw;
	unsigned long nivcsw;
};

/* What a machine check leaves (arch/x86); struct mce_hw_err of 6.13 and later begins with it. */
struct mce {
	__u64 status;
	__u64 addr;
	__u64 ipid;
	__u8 cpuvendor;
	__u8 bank;
	__u32 extcpu;
};

/* ---- files ---- */

struct file_system_type {
	const char *name;
};

struct super_block {
	dev_t s_dev;
	struct file_system_type *s_type;
	unsigned long s_magic;
	char s_id[32];
};

struct inode {
	umode_t i_mode;
	struct super_block *i_sb;
	unsigned int i_nlink;
	unsigned long i_ino;
	dev_t i_rdev;
};

struct address_space {
	struct inode *host;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	struct address_space *f_mapping;
	u32 f_wb_err;
	void *private_data;
};

struct socket {
	struct sock *sk;
};

/* ---- sockets ---- */

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned long skc_flags;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
};

struct device_driver {
	const char *name;
};

struct device {
	struct device *parent;
	struct device_driver *driver;
};

struct netdev_queue {
	unsigned long trans_start;
};

struct net_device {
	char name[16];
	int ifindex;
	possible_net_t nd_net;
	struct netdev_queue *_tx;
	struct device dev;
};

struct dst_entry {
	struct net_device *dev;
};

struct rb_node {
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct sk_buff_head {
	struct sk_buff *next;
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	int sk_rx_dst_ifindex; /* 6.1; not 5.10 */
	struct dst_entry *sk_dst_cache;
	struct rb_root tcp_rtx_queue;
	u16 sk_protocol;
	struct sk_buff_head sk_error_queue;
	int sk_err;
	int sk_err_soft;
	u32 sk_max_ack_backlog;
	struct socket *sk_socket;
	unsigned long sk_lingertime;
};

struct request_sock {
	struct sock_common __req_common;
	u8 num_retrans;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
	int rx_dst_ifindex; /* 5.10; not 6.1 */
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	__u32 icsk_rto;
	__u8 icsk_ca_state : 5;
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_probes_out;
	struct {
		__u32 lrcvtime;
	} icsk_ack;
};

struct minmax_sample {
	u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u64 bytes_received;
	u32 segs_out;
	u32 data_segs_out;
	u64 bytes_acked;
	u32 dsack_dups;
	u32 snd_wnd;
	u32 packets_out;
	u32 srtt_us;
	struct minmax rtt_min;
	u32 reord_seen;
	u32 snd_cwnd;
	u32 undo_marker;
	u32 total_retrans;
	u32 snd_nxt;
	u32 write_seq;
	u32 lsndtime;
	u32 rcv_tstamp;
	u32 mss_cache;
};

struct sk_buff {
	struct rb_node rbnode;
	struct sock *sk;
	char cb[48];
	unsigned int len;
	unsigned int data_len;
	__u16 transport_header;
	__u16 network_header;
	unsigned char *head;
	unsigned char *data;
};

struct sock_extended_err {
	__u32 ee_errno;
	__u8 ee_origin;
};

/* What sk_buff.cb is in an error queue. */
struct sock_exterr_skb {
	struct sock_extended_err ee;
};

/* What TCP keeps in cb. */
struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	__u16 tcp_gso_segs;
	__u8 sacked;
};

enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_FIN_WAIT2 = 5,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_CLOSING = 11,
	TCP_NEW_SYN_RECV = 12,
};

enum tcp_ca_state {
	TCP_CA_Open = 0,
	TCP_CA_Disorder = 1,
	TCP_CA_CWR = 2,
	TCP_CA_Recovery = 3,
	TCP_CA_Loss = 4,
};

/* ---- block ---- */

struct gendisk {
	int major;
	int first_minor;
	char disk_name[32];
};

/* Private to block/blk-throttle.c; only with CONFIG_BLK_DEV_THROTTLING. */
struct throtl_data {
	unsigned int nr_queued[2];
};

struct blk_mq_tags {
	unsigned int nr_tags;
	struct request **rqs;
};

struct blk_mq_tag_set {
	unsigned int nr_hw_queues;
	struct blk_mq_tags **tags;
};

struct request_queue {
	struct gendisk *disk;
	struct throtl_data *td;
	struct blk_mq_tag_set *tag_set;
};

enum mq_rq_state { MQ_RQ_IDLE = 0, MQ_RQ_IN_FLIGHT = 1, MQ_RQ_COMPLETE = 2 };

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int rq_flags;
	unsigned int __data_len;
	sector_t __sector;
	u64 start_time_ns;
	unsigned int timeout;
	enum mq_rq_state state;
};

/* Bit numbers within cmd_flags: they move between kernels, so never use these values. */
enum req_flag_bits { __REQ_RAHEAD, __REQ_NOWAIT };

#pragma clang attribute pop

#endif
