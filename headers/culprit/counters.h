/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * counters.h - keys and values of the BPF maps, and the records of the BPF iterators.
 *
 * Only user/probe/ and bpf/ include it; what leaves user/probe/ are the events of event.h. Both sides
 * are built from this file and never recorded, so nothing here carries a version.
 */
#ifndef CULPRIT_COUNTERS_H
#define CULPRIT_COUNTERS_H

#include <culprit/event.h>

/* ---- each object's map `counters`: per CPU, one __u64 each ---- */

enum counter {
	COUNTER_PRODUCED = 0,	/* events to send, counted before the reservation */
	COUNTER_LOST = 1,	/* of these: the ring was full */
	COUNTER_SUPPRESSED = 2, /* events held back by a rate limit: neither produced nor lost */
	COUNTER_NO_ENTRY = 3,	/* counts that found their table full: these are lost */
	COUNTER_SYNACK_NEW = 4, /* SYN-ACKs resent to an address that never connected: not kept */
	COUNTER_RUNS = 8,	/* and on: runs of each hook, see enum hook */
	COUNTERS = 56,
};

/* The hooks, whatever their way: COUNTER_RUNS + hook counts the runs. */
enum hook {
	HOOK_TCP_RETRANSMIT = 0,
	HOOK_TCP_STATE = 1,
	HOOK_TCP_SYNACK = 2,
	HOOK_TCP_SAMPLE = 3,
	HOOK_BLOCK_COMPLETE = 4,
	HOOK_BLOCK_ISSUE = 5,
	HOOK_FILES_CENSUS = 6,
	HOOK_FILES_SCAN = 7,
	HOOK_BLOCK_REQUEUE = 8,
	HOOK_FS_WB_SET = 10,
	HOOK_FS_WB_TOLD = 11,
	HOOK_FS_EXT4 = 12,
	HOOK_FS_XFS = 13,
	HOOK_BLOCK_QUEUE = 15,
	HOOK_BLOCK_INSERT = 41,
	HOOK_DNS_QUERY = 36,
	HOOK_DNS_QUERY6 = 37,
	HOOK_DNS_ANSWER = 38,
	HOOK_LEAK_OPEN = 24,
	HOOK_LEAK_CLOSE = 25,
	HOOK_REFUSED_NUMBER = 46,
	HOOK_REFUSED_FILE = 47,
	HOOK_SYSTEM_OOM = 16,
	HOOK_SYSTEM_EXIT = 17,
	HOOK_SYSTEM_HANG = 18,
	HOOK_SYSTEM_WAITING = 19,
	HOOK_SYSTEM_MEMORY = 20,
	HOOK_SYSTEM_MACHINE_CHECK = 21,
	HOOK_SYSTEM_PCIE = 22,
	HOOK_NIC_TIMEOUT = 32,
	HOOK_TLS_HANDSHAKE = 42,
	HOOK_TLS_CONNECT = 43,
	HOOK_TLS_RECEIVE = 44,
	HOOKS = 48,
};

/* ---- tcp ---- */

#define PEERS_MAX 8192

/* What balancers and firewalls call idle is from ten seconds on; a pause within a transfer is shorter. */
#define RESET_IDLE_S 5
/* From so many timeouts in a row on a socket's oldest segment is looked at: 1.4 s at the least RTO. */
#define LARGE_TIMEOUTS 3
/* Large is what fills seven eighths of the segment that the path is thought to take, and more than every path takes
 * (RFC 8200: 1,280 bytes, less headers). */
#define LARGE_SHARE(mss) ((mss) - (mss) / 8)
#define LARGE_LEAST	 1000
/*
 * A connection is brief when whoever opened it sent a ClientHello's worth (BRIEF_HELLO, or more), and neither end
 * more than fits into a handshake: certificates with their chain take 2 to 10 KB.
 */
#define BRIEF_HELLO 40
#define BRIEF_MOST  16384
/* A socket's smoothed round trip is as old as the data that it last sent. */
#define RTT_FRESH_S 2

/* What sockets carry themselves, summed over some of one peer's sockets. */
struct tcp_sums {
	__u64 segs_out;
	__u64 segs_retrans;
	__u64 dsacks;
	__u64 bytes_acked;
	__u64 bytes_received;
};

/*
 * Map `peers`: struct peer_key -> struct peer_value. `closed` gets a socket's figures when it closes;
 * `live` is the sum over the sockets that iter/tcp saw in the session `epoch`. A socket that closes
 * after it was visited would be counted twice, so what closed since the session's first touch is also
 * in `recent`: total = closed + live - recent (when epoch is the present session), which lacks at
 * worst what just closed, for one snapshot, and never counts anything twice. Exact when nothing closes
 * between the iteration and the read.
 */
struct peer_value {
	struct tcp_sums closed;
	struct tcp_sums recent;
	struct tcp_sums live;
	__u64 epoch;
	__u64 retrans[RETRANS_CAUSES];
	__u64 send_errors;
	__u64 attempts;
	__u64 established;
	__u64 accepted;
	__u64 refused;
	__u64 timed_out;
	__u64 unreachable;
	__u64 abandoned;
	__u64 failed;
	__u64 resets;
	__u64 broken;
	__u64 ended; /* connections that ended, in whatever way */
	/* Of resets: before the peer had sent a byte; after RESET_IDLE_S without data either way. */
	__u64 resets_early;
	__u64 resets_idle;
	__u64 aborts; /* connections that this end reset, and of these: */
	__u64 aborts_early;
	__u64 aborts_linger; /* by SO_LINGER 0, which is asked for; else with data unread */
	__u64 large_passed;  /* as in struct event_tcp_peer, like the large_* below */
	__u64 brief;	     /* as there */
	/* Gauges over the live sockets of `epoch`. */
	__u64 srtt_sum_us;
	__u32 srtt_samples;
	__u32 min_rtt_us; /* ~0 = no sample */
	__u32 sockets;
	__u32 syn;
	__u32 stuck;
	__u32 max_backoff;
	__u32 zero_win;
	__u32 reord;
	__u32 close_wait;
	__u32 zero_wait_ms;
	__u32 fresh;
	__u32 fresh_srtt_us; /* ~0 = none */
	__u32 fresh_queued;
	__u32 large_stuck;
	__u32 large_resends;
	__u32 large_sacked;
	__u32 small_lost;
	__u32 large_passing;
	__u16 large_size; /* ~0 = none */
	__u16 small_size;
	__u32 unsent;
	__u32 unsent_tries;
	__u32 ifindex;
	/* The owner last seen in its own context. */
	__u64 owner_start_ns;
	__u32 owner_pid;
	__u32 tokens; /* ring events that may still follow at once */
	char owner_comm[EVENT_COMM_LEN];
	__u64 event_ns; /* when tokens were last given */
};

/* Written by the iterator (section .data.control): the session that it is in. */
struct tcp_control {
	__u64 session;
};

/* Map `listen_zero`: local ports whose listener has a backlog of 0, see sock_dir(). */
#define LISTEN_ZERO_MAX 256
struct listen_key {
	__u32 netns;
	__u32 port; /* host byte order */
};

/* ---- refused ---- */

/* Map `watched`: pid -> what it was refused; pid 0: the host's table of open files. */
#define WATCHED_PIDS_MAX 8
#define WATCHED_MAX	 (WATCHED_PIDS_MAX + 1)

struct watched_value {
	__u64 refused;
	__u64 last_ns;
	__u32 last_pid;
	__u32 pad;
	char last_comm[EVENT_COMM_LEN];
};

/* ---- tls: what armed programs' libraries say of their handshakes ---- */

#define TLS_ARMED_MAX	 4
#define TLS_CALLS_MAX	 1024
#define TLS_OUTCOMES_MAX 512

/* Map `tls_armed`: the name of a process (its leader's comm). */
struct tls_name {
	char comm[EVENT_COMM_LEN];
};

/* Map `tls_outcomes`. */
struct tls_outcome_key {
	struct peer_key peer;
	__s32 reason;
	__u32 detail;
	__u8 library;
	__u8 outcome;
	__u8 pad[2];
};
struct tls_outcome_value {
	__u64 count;
	__u64 last_ns;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
};

/* Map `tls_calls`: what a thread of an armed program is about; by pid and tid. */
struct tls_call {
	struct peer_key peer; /* of the TCP socket that it last opened or read from; port 0: none */
	__u64 status;	      /* GnuTLS: where the answer about a certificate will be */
	__s32 reason;
	__u32 detail;
	__u8 library; /* whose handshake it is in; 0: in none */
	__u8 alerted; /* GnuTLS: the last one was ended by an alert that was not asked for yet */
	__u8 pad[6];
};

/* ---- block ---- */

/* Map `block_stats`, per CPU. */
struct block_key {
	__u32 dev;
	__u32 op; /* enum block_op */
};

struct block_value {
	__u64 requests;
	__u64 bytes;
	__u64 errors;
	__u64 unknown_start;
	__u64 queue;   /* struct request_queue *: where to look when completions stop */
	__u64 last_ns; /* of the latest completion on this CPU: which queue is the present one */
	__u64 hist[EVENT_HIST_SLOTS];
};

/* Map `block_errors`, per CPU. */
#define BLOCK_ERRORS_MAX 1024
struct block_error_key {
	__u32 dev;
	__u16 op;
	__u16 status; /* enum block_status */
};

struct block_error_value {
	__u64 count;
	__u64 harmless;
	__u64 retried;
};

/* Map `block_limits`: dev -> the rate limit of its ring events. */
struct block_limit {
	__u64 error_ns; /* when errors were last given */
	__u64 slow_ns;
	__u32 errors; /* error events that may still follow in this interval */
	__u32 slow;
};

/* Map `rq_issue`: struct request * -> when it was issued and for whom, while the disk is armed. */
struct issue_value {
	__u64 made_ns; /* before the request began: left over from one at the same address (merged, or not looked at) */
	__u64 issue_ns; /* 0: it waits in the scheduler */
	__u64 start_ns; /* of the issuer; it and pid are 0 for kernel threads */
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
};
#define ARMED_MAX 16

/* Map `block_splits`, per CPU: what armed disks' requests took; see struct event_block_split. */
#define BLOCK_SPLITS_MAX (ARMED_MAX * 4)
struct split_key {
	__u32 dev;
	__u16 op;
	__u16 large;
};

struct split_value {
	__u64 requests;
	__u64 bytes;
	__u64 queue_ns;
	__u64 device_ns;
	__u64 hist[EVENT_HIST_SLOTS];
};

/* Written by user space while the programs run (section .data.control). */
struct block_control {
	__u32 armed; /* number of armed disks: the completion looks for issuers only when there are any */
	__u32 pad;
};

/*
 * Map `walk`, one entry: what to look at, and what was seen. Written by user space before a run of the
 * program queue_walk, which looks at QUEUE_WALK_TAGS tags of one hardware queue and adds to the counts.
 */
#define QUEUE_WALK_TAGS 256
struct queue_walk {
	__u64 queue;	 /* in: struct request_queue * */
	__u64 tags;	 /* out: identity of the tag table: hardware queues may share one */
	__u64 oldest_ns; /* out: start of the oldest request in flight, CLOCK_MONOTONIC; 0 = none */
	__u32 dev;	 /* in: whose queue it is */
	__u32 hw;	 /* in: which hardware queue */
	__u32 first;	 /* in: first tag */
	__u32 n_hw;	 /* out: hardware queues; 0: this is not the queue of dev */
	__u32 n_tags;	 /* out: tags of this hardware queue */
	__u32 held[2];	 /* out: bios that blk-throttle holds back, reads and writes */
	__u32 in_flight[3];  /* out, added to: reads, writes, others */
	__u32 unknown_start; /* out, added to: of these without a start time */
	__u32 pad;
};

/* ---- files ---- */

enum census_flag {
	CENSUS_UNKNOWN = 1, /* the bitmap could not be read: fds means nothing */
	CENSUS_TRUNCATED =
		2, /* more than CENSUS_FDS_MAX numbers: fds is what the first ones hold */
};

#define CENSUS_FDS_MAX (1U << 20)

/* iter/task writes one for each thread-group leader, and for each thread with a table of its own. */
struct census_record {
	__u64 start_ns; /* the leader's start_boottime */
	__u64 cgroup_id;
	__u64 limit;
	__u64 table; /* identity of the files_struct: processes may share one */
	__u32 pid;   /* tgid */
	__u32 tid;
	__u32 fds;
	__u32 uid;
	__u32 netns;
	__u32 flags; /* enum census_flag */
	char comm[EVENT_COMM_LEN];
};

/* iter/task_file writes one for each descriptor. */
struct fd_record {
	__u32 fd;
	__u16 mode; /* i_mode */
	__u8 anon;  /* an anonymous inode: name says which */
	__u8 proto; /* enum fd_proto */
	__u8 state; /* TCP_* */
	__u8 kept;  /* across exec(): close-on-exec is not set */
	__u8 pad[2];
	__u32 idle_ms; /* of TCP: since something was last sent or received; 0 = not known */
	struct peer_key peer;
	__u64 start_ns; /* of the process, to be sure that it is the one that was meant */
	__u64 file; /* the open file: the same for all descriptors that are copies; never told to others */
	char name[32]; /* last part of the path, or the anonymous inode's name; may be cut */
};

struct files_control {
	__u32 scan_pid; /* the tgid to scan */
	__u32 pad;
};

/* ---- leak: while at least one process is armed ---- */

#define ARMED_PIDS_MAX	   8
#define ARMED_FDS_MAX	   16384
#define ARMED_SITES_MAX	   1024
#define ARMED_SAMPLES_MAX  64
#define STACK_SAMPLE_BYTES 8192
#define STACK_CHUNK	   512

/* Map `armed`: tgid -> what was seen since. */
struct armed_value {
	__u64 opened;
	__u64 closed;
	__u64 dropped; /* opened, but a table was full */
};

/* Map `armed_fds`. */
struct armed_fd_key {
	__u32 pid;
	__u32 fd;
};
struct armed_fd_value {
	__u64 opened_ns;
	__u32 stack; /* a number for the chain of calls; ~0: it could not be read */
	__u32 pad;
};

/* Map `armed_sites`. */
struct armed_site_key {
	__u32 pid;
	__u32 stack;
};
struct armed_site_value {
	__u64 opened;
	__u64 first_ns;
	__u64 last_ns;
	__u64 sampled_ns; /* its stack was taken last */
};

/* Map `armed_samples`, one for a site: registers by their DWARF numbers (bpf/arch.bpf.h), and the stack from sp on. */
#define STACK_SAMPLE_REGS 33
struct stack_sample {
	__u64 regs[STACK_SAMPLE_REGS];
	__u64 sp;
	__u64 opened_ns;
	__u64 start_stack; /* where the program's stack begins: another after exec() */
	__u32 len;	   /* bytes of `stack` that could be read */
	__u32 fd;	   /* opened there, and not closed since */
	__u8 stack[STACK_SAMPLE_BYTES];
};

/* ---- file systems ---- */

/* Map `fs_wb`: what write-back lost, by file system. Rare: one copy, atomic additions. */
#define FS_WB_MAX 256
struct fs_wb_key {
	__u32 dev;  /* the super block's; of a block device's own pages: the device */
	__u32 bdev; /* 1: the block device's own pages */
};

struct fs_wb_value {
	__u64 ranges;
	__u64 files;
	__u64 heard;
	__u64 told;
	__u64 deleted;
	__u64 ino;
	__u64 event_ns; /* when tokens were last given */
	__u32 tokens;	/* ring events that may still follow at once */
	__u32 err;
	__u32 magic;
	__u32 pad;
	char fstype[16];
	char id[32];
};

/* Map `fs_untold`, the files whose error nobody was told: when the first came. */
#define FS_UNTOLD_MAX 1024
struct fs_file_key {
	__u64 ino;
	__u32 dev;
	__u32 bdev;
};

EVENT_SIZE_IS(fs_wb_key, 8);
EVENT_SIZE_IS(fs_wb_value, 120);
EVENT_SIZE_IS(fs_file_key, 16);

/* ---- system ---- */

/* Map `exits`, LRU: who ended badly, by name and cgroup (its name: a service gets a new cgroup, and thus
 * another id, with each start). */
#define EXITS_MAX 512
struct exit_key {
	char comm[EVENT_COMM_LEN];
	char unit[64];
};

/* As in struct event_proc_exits. */
struct exit_value {
	__u64 failed;
	__u64 crashed;
	__u64 oom;
	__u64 apart;
	__u64 well;
	__u64 lived_ms;
	__u64 last_ns;
	__u64 start_ns;
	__u32 pid;
	__s32 exit_code;
	char parent[EVENT_COMM_LEN];
};

struct system_control {
	__u64 failures; /* exits that went into the map: it is read when this grew */
	__u64 made;	/* entries made */
	__u32 watching; /* set by user space: somebody fails again and again, count the good ends too */
	__u32 pad;
};

/* iter/task writes one for each task that sleeps uninterruptibly. */
struct waiting_record {
	__u64 start_ns; /* the leader's start_boottime */
	__u64 switches; /* how often it was run */
	__u32 pid;	/* tgid */
	__u32 tid;
	char comm[EVENT_COMM_LEN];
};

EVENT_SIZE_IS(exit_key, 80);
EVENT_SIZE_IS(exit_value, 88);
EVENT_SIZE_IS(system_control, 24);
EVENT_SIZE_IS(waiting_record, 40);
EVENT_SIZE_IS(tcp_sums, 40);
EVENT_SIZE_IS(peer_value, 480);
EVENT_SIZE_IS(tls_outcome_key, 36);
EVENT_SIZE_IS(tls_outcome_value, 48);
EVENT_SIZE_IS(tls_call, 48);
EVENT_SIZE_IS(block_value, 560);
EVENT_SIZE_IS(queue_walk, 72);
EVENT_SIZE_IS(block_error_key, 8);
EVENT_SIZE_IS(block_limit, 24);
EVENT_SIZE_IS(issue_value, 48);
EVENT_SIZE_IS(split_key, 8);
EVENT_SIZE_IS(split_value, 544);
EVENT_SIZE_IS(census_record, 72);
EVENT_SIZE_IS(fd_record, 88);

/*
 * The histogram slot of a latency. Slot i counts latencies from 2^(i/2) us up to 2^((i+1)/2) us: two
 * slots an octave. Slot 0 also holds what is shorter, the last slot what is longer than 2^31.5 us.
 * In eighths of a microsecond, so that the odd slots are right from 1 us on.
 */
static inline __attribute__((always_inline)) __u32 hist_slot(__u64 lat_ns)
{
	__u64 eighths = lat_ns / 125, mantissa, rest;
	__u32 log2 = 0;

	if (eighths < 8)
		return 0;
	if (eighths >> 35)
		return EVENT_HIST_SLOTS - 1;
	rest = eighths;
	if (rest >> 32) {
		rest >>= 32;
		log2 += 32;
	}
	if (rest >> 16) {
		rest >>= 16;
		log2 += 16;
	}
	if (rest >> 8) {
		rest >>= 8;
		log2 += 8;
	}
	if (rest >> 4) {
		rest >>= 4;
		log2 += 4;
	}
	if (rest >> 2) {
		rest >>= 2;
		log2 += 2;
	}
	log2 += (rest >> 1) & 1;
	/* The leading bit at position 31: from sqrt(2) * 2^31 on it is the upper half octave. */
	mantissa = log2 > 31 ? eighths >> (log2 - 31) : eighths << (31 - log2);
	return ((log2 - 3) * 2 + (mantissa >= 0xb504f334)) & (EVENT_HIST_SLOTS - 1);
}

/* ---- names ---- */

#define DNS_SERVERS_MAX 256
/* Names that failed are kept for one to two of these. */
#define DNS_NAMES_NS 30000000000ULL

struct dns_key {
	__u8 addr[16];
	__u32 netns;
	__u32 pad;
};

/* See struct event_dns_server. */
struct dns_value {
	__u64 queries;
	__u64 answers;
	__u64 failed;
	__u64 refused;
	__u64 nxdomain;
	__u64 other;
	__u64 last_answer_ns;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
	__u64 failing[2];  /* names: of this DNS_NAMES_NS, and of the one before */
	__u64 names_epoch; /* the time of the former, in DNS_NAMES_NS */
};

/* Name servers by TCP; see struct event_dns_tcp. */
#define PORT_DNS 53

struct dns_tcp_value {
	__u64 answered;
	__u64 empty;
	__u64 refused;
	__u64 unreached;
	__u64 mute;
	__u64 last_answer_ns;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
	char comm[EVENT_COMM_LEN];
};

#endif
