/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * event.h - the ABI: everything that happens is one struct event.
 *
 * The same records come out of the BPF rings, are made by the user-side pollers, travel through the
 * model, and are written to and read from captures. Fixed-width types only, explicit padding, every
 * size a multiple of 8 and statically asserted. Numbers of types are never reused. The text names
 * of types and fields are in user/source/event_fields.c, the one table that drives encode, decode
 * and validation.
 *
 * All counters are cumulative since the probes were attached, unless a comment says "gauge".
 */
#ifndef CULPRIT_EVENT_H
#define CULPRIT_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define EVENT_ABI_VERSION 1
#define EVENT_COMM_LEN	  16
#define EVENT_HIST_SLOTS  64

enum event_type {
	/* frame: what the replay needs to be the same run */
	EVENT_CLOCK = 1,
	EVENT_HOST = 2,
	EVENT_CONFIG = 3,
	EVENT_TICK = 4,	 /* a snapshot is complete: rules are evaluated */
	EVENT_PULSE = 5, /* urgent ring events were drained: rules are evaluated */
	EVENT_END = 6,	 /* the window is over: last evaluation, then the verdict */
	/* what the tool says of itself */
	EVENT_PROBE = 10,
	EVENT_RING = 11,
	EVENT_TABLE = 12,
	EVENT_SELF = 13,
	EVENT_HOOK = 14,
	/* block */
	EVENT_DISK = 20,
	EVENT_DISK_GONE = 21,
	EVENT_MOUNT = 22,
	EVENT_BLOCK_IO = 23,
	EVENT_BLOCK_STAT = 24,
	EVENT_BLOCK_STATUS = 25,
	EVENT_BLOCK_QUEUE = 28,
	EVENT_IO_LIMIT = 29,
	/* network */
	EVENT_NIC = 30,
	EVENT_TCP_RETRANS = 31,
	EVENT_TCP_CONN = 32,
	EVENT_TCP_PEER = 33,
	/* processes and their descriptors */
	EVENT_PROC = 40,
	EVENT_PROC_FDS = 41,
	EVENT_PROC_GONE = 42,
	EVENT_FD_GROUP = 43,
	EVENT_FD_SCAN = 44,
	/* who waits for a disk */
	EVENT_TASK_BLOCKED = 60,
	/* how long disks take */
	EVENT_BLOCK_SPLIT = 80,
	EVENT_DISK_NORM = 81,
	/* descriptors: the system-wide table; 101-109: what armed processes open */
	EVENT_FILE_TABLE = 100,
	/* what is stacked on what */
	EVENT_DISK_LINK = 70,
	EVENT_RAID = 71,
	EVENT_RAID_MEMBER = 72,
	/* file systems */
	EVENT_FS_SPACE = 75,
	EVENT_FS_WB = 76,
	EVENT_FS_WB_FILE = 77,
	EVENT_FS_HEALTH = 78,
	EVENT_FS_ERROR = 79,
	/* the host as a whole */
	EVENT_HOST_LOAD = 85,
	EVENT_HOST_CPU = 86,
	EVENT_OOM_KILL = 87,
	EVENT_PROC_EXITS = 88,
	EVENT_TASK_WAITING = 89,
	EVENT_TASK_HANG = 90,
	EVENT_HARDWARE_REPORT = 91,
	/* what a suspected disk says of itself */
	EVENT_SMART = 95,
	EVENT_FD_SITE = 101,
	EVENT_FD_ARMED = 102,
	EVENT_FD_STACK = 103,
	/* what this host's own side of the network turns away, and its clock */
	EVENT_NET_STACK = 120,
	EVENT_SOCKET_QUEUE = 121,
	EVENT_CONNTRACK = 122,
	EVENT_CLOCK_STATE = 123,
	EVENT_CLOCK_STEP = 124,
	/* 110-119: queues of interfaces; names */
	EVENT_NIC_QUEUE = 110,
	EVENT_DNS_SERVER = 111,
};

/* The header of every event. size counts header and payload, in bytes. */
struct event {
	__u64 ts_ns; /* CLOCK_MONOTONIC */
	__u32 type;
	__u32 size;
};

/* ---- frame ---- */

struct event_clock {
	struct event h;
	__u64 boottime_ns;
	__u64 realtime_ns; /* since the epoch, UTC */
};

struct event_host {
	struct event h;
	char hostname[64];
	char machine_id[40];
	char boot_id[40];
	char kernel[72];
	char run[40]; /* UUID of this run */
	char version[24];
	__u32 netns; /* inode of the initial (our own) network namespace */
	__u32 cpus;
	__u32 mode; /* enum run_mode */
	__u32 pad;
};

enum run_mode { RUN_TRACE = 1, RUN_DAEMON = 2 };

/* A setting in force: "path-loss.min_segments" = "500", "class" = "hardware,network", "pid" =
 * "812", "duration_s" = "30", "label.site" = "...". Only settings that differ from the default are
 * sent. */
struct event_config {
	struct event h;
	char key[64];
	char value[128];
};

struct event_tick {
	struct event h;
	__u32 seq; /* from 0: the baseline snapshot */
	__u32 interval_ms;
};

struct event_pulse {
	struct event h;
};

struct event_end {
	struct event h;
	__u32 reason; /* enum end_reason */
	__u32 pad;
};

enum end_reason {
	END_DURATION = 1,
	END_INTERRUPTED = 2,
	END_DAMAGED = 3,
	END_DUMP = 4, /* of a flight recorder that goes on */
};

/* ---- self ---- */

enum probe_state { PROBE_ACTIVE = 1, PROBE_DEGRADED = 2, PROBE_UNAVAILABLE = 3 };

struct event_probe {
	struct event h;
	char name[32]; /* row of the probe table: "block.complete" */
	char via[48];  /* the way that attached: "tp_btf/block_rq_complete"; empty when none did */
	char reason[96]; /* why degraded or unavailable, for a person */
	__u32 state;	 /* enum probe_state */
	__u32 pad;
};

/* One BPF object's ring. produced = delivered + lost, once the ring is drained. */
struct event_ring {
	struct event h;
	char name[16];	  /* "tcp", "block", "files" */
	__u64 produced;	  /* counted in BPF before the reservation */
	__u64 delivered;  /* counted in user space */
	__u64 lost;	  /* failed reservations */
	__u64 suppressed; /* held back by a rate limit; counters have them, no loss */
};

/* A bounded table, in the kernel or here. */
struct event_table {
	struct event h;
	char name[32];
	__u64 limit;
	__u64 used;    /* gauge */
	__u64 dropped; /* entries evicted, or not taken because it was full: counts were lost */
};

struct event_self {
	struct event h;
	__u64 cpu_ns;	 /* this process, user + system, since start */
	__u64 wall_ns;	 /* since start */
	__u64 rss_bytes; /* gauge */
	__u64 map_bytes; /* gauge: memory of BPF maps and rings */
};

struct event_hook {
	struct event h;
	char name[32]; /* BPF program name */
	__u64 runs;
	__u64 run_ns; /* 0 = unknown (kernel.bpf_stats_enabled is off) */
};

/* ---- block ---- */

/* Operations as we fold them; from REQ_OP_* of the request's cmd_flags. */
enum block_op {
	BLOCK_READ = 0,
	BLOCK_WRITE = 1,
	BLOCK_FLUSH = 2,
	BLOCK_DISCARD = 3, /* discard, secure erase */
	BLOCK_WRITE_ZEROES = 4,
	BLOCK_PASSTHROUGH = 5, /* REQ_OP_DRV_*, REQ_OP_SCSI_*: sent by user programs or drivers */
	BLOCK_OTHER = 6,
	BLOCK_OPS = 7,
};

/* blk_status_t by meaning (include/linux/blk_types.h); an errno (kernels whose tracepoint passes
 * one) is mapped back by blk_errors[] of block/blk-core.c. Numbers are ours: the kernel's own have
 * shifted. Where the device's own answer (SCSI sense, host byte, NVMe status) or the time that the
 * request took says more than IOERR or TARGET, that is what counts: see bpf/device.bpf.h. */
enum block_status {
	BLOCK_OK = 0,
	BLOCK_NOTSUPP = 1,
	BLOCK_TIMEOUT = 2,
	BLOCK_NOSPC = 3,
	BLOCK_TRANSPORT = 4,
	BLOCK_TARGET = 5,
	BLOCK_RESV_CONFLICT = 6,
	BLOCK_MEDIUM = 7,
	BLOCK_PROTECTION = 8,
	BLOCK_RESOURCE = 9,
	BLOCK_IOERR = 10,
	BLOCK_AGAIN = 11,
	BLOCK_OFFLINE = 12,
	BLOCK_DM_REQUEUE = 13,
	BLOCK_ZONE = 14,
	BLOCK_DURATION_LIMIT = 15,
	BLOCK_INVAL = 16,
	BLOCK_STATUS_UNKNOWN = 17,
	BLOCK_STATUSES = 18,
};

enum disk_flag {
	DISK_PARTITION = 1, /* parent is the whole disk */
	DISK_VIRTUAL = 2,   /* loop, zram, ram, md, dm: no hardware of its own */
	DISK_ROTATIONAL = 4,
};

/* dev is (major << 20) | minor, as the kernel's dev_t. */
struct event_disk {
	struct event h;
	__u32 dev;
	__u32 parent;  /* whole disk of a partition, else 0 */
	__u64 diskseq; /* 0 where the kernel has none */
	__u64 size_bytes;
	__u32 flags; /* enum disk_flag */
	__u32 pad;
	char name[32];
	char model[48];
	char serial[64];
	char wwn[64];
	char transport[16]; /* "sata", "nvme", "scsi", "virtio", "usb", "loop" ... */
	char backing[128];  /* loop: the backing file; dm: the mapping's name */
	char port[24];	    /* where it is plugged in: "ata3", "host0", "nvme0", "1-2" (usb) */
	char layer[16];	    /* dm: who made the mapping, from its uuid: "LVM", "CRYPT", "mpath" */
};

struct event_disk_gone {
	struct event h;
	__u32 dev;
	__u32 pad;
};

enum mount_flag {
	MOUNT_GONE = 1,	     /* it was unmounted: dev and mount say which */
	MOUNT_READ_ONLY = 2, /* the file system itself: nothing is written to it by any mount */
};

struct event_mount {
	struct event h;
	__u32 dev;
	__u32 flags; /* enum mount_flag */
	char fstype[16];
	char mount[128];
	char source[128];
	__u32 fs_dev; /* as the kernel's super block has it: 0:N where that is no device (btrfs) */
	__u32 pad;
};

enum block_io_reason { BLOCK_IO_ERROR = 1, BLOCK_IO_SLOW = 2 };

struct event_block_io {
	struct event h;
	__u64 sector; /* 512 bytes each; ~0 where the operation has none */
	__u64 bytes;
	__u64 lat_ns;	/* start of the request to its completion; 0 = unknown */
	__u64 start_ns; /* identity of the issuer: start_boottime; 0 = unknown */
	__u32 dev;
	__u32 pid;	/* issuer's tgid, where the armed issue hook saw it; 0 = unknown */
	__u8 op;	/* enum block_op */
	__u8 status;	/* enum block_status */
	__u8 reason;	/* enum block_io_reason */
	__u8 readahead; /* REQ_RAHEAD */
	__u8 nowait;	/* REQ_NOWAIT */
	/* What the device answered, for a failed one; all 0 = it sent no sense, or unknown. */
	__u8 sense_key; /* SCSI: SPC's sense key, and additional sense code and qualifier */
	__u8 asc;
	__u8 ascq;
	char comm[EVENT_COMM_LEN];
	__u32 scsi_result; /* host byte << 16 | status byte; 0 = good, or unknown */
	__u16 nvme_status; /* status code type << 8 | status code, DNR 0x4000; 0 = good, or unknown */
	__u8 retries;	   /* NVMe: so often it was sent again before */
	__u8 pad;
	__u32 timeout_ms; /* the driver's timeout for it; 0 = unknown */
	__u32 pad2;
};

/* Slot i of hist counts latencies with us in [2^(i/2), ...): half octaves, see hist_slot_ns(). */
struct event_block_stat {
	struct event h;
	__u32 dev;
	__u32 op; /* enum block_op */
	__u64 requests;
	__u64 bytes;
	__u64 errors;	     /* completed with a status other than OK */
	__u64 unknown_start; /* completions whose request carried no start time */
	__u64 hist[EVENT_HIST_SLOTS];
};

struct event_block_status {
	struct event h;
	__u32 dev;
	__u16 op;
	__u16 status;
	__u64 count;
	__u64 harmless; /* of these: read-ahead or NOWAIT requests */
	__u64 retried;	/* not in count: the driver sent the request again after this answer */
};

enum block_queue_flag {
	BLOCK_QUEUE_WALKED =
		1, /* the requests themselves were looked at: in_flight, writes, others and
				   age_ns are of these; else in_flight is /proc/diskstats', which counts
				   discards too and passthrough never */
	BLOCK_QUEUE_HELD = 2, /* held is known */
};

/* What a whole disk's queue holds, and what /proc/diskstats counts: sent while that moves, or while
 * something is in flight or held back. Counters are since boot; flushes from 5.5 on. */
struct event_block_queue {
	struct event h;
	__u32 dev;
	__u32 flags;	 /* enum block_queue_flag */
	__u32 in_flight; /* gauge */
	__u32 writes;	 /* gauge: of these */
	__u32 others;	 /* gauge: of these: flushes, discards, passthrough */
	__u32 held;	 /* gauge: bios that blk-throttle holds back before they become requests */
	__u64 age_ns;	 /* gauge: of the oldest read, write or flush in flight; 0 = unknown */
	__u64 reads_done;
	__u64 writes_done;
	__u64 others_done; /* discards and flushes */
	__u64 read_bytes;
	__u64 write_bytes;
	__u64 read_ms; /* time that all reads together took, queue and device */
	__u64 write_ms;
	__u64 busy_ms;	/* time with something in flight */
	__u64 queue_ms; /* time that all requests together took: its rate is the mean depth */
};

/* Requests that are larger are counted apart: their transfer takes time of its own. */
#define BLOCK_LARGE_BYTES 65536

/* Of an armed disk: what its requests of one operation and size took, in the queue (insertion to issue) and
 * in the device (issue to completion). Counted from when it was armed: a smaller count is a new beginning. */
struct event_block_split {
	struct event h;
	__u32 dev;
	__u16 op;    /* BLOCK_READ, BLOCK_WRITE */
	__u16 large; /* 1: of more than BLOCK_LARGE_BYTES */
	__u64 requests;
	__u64 bytes;
	__u64 queue_ns;
	__u64 device_ns;
	__u64 hist[EVENT_HIST_SLOTS]; /* of the time in the device */
};

/* What a disk took in former runs, by operation and octave of depth (model/disk_past.h): from the store, told
 * with the disk. */
struct event_disk_norm {
	struct event h;
	__u32 dev;
	__u16 op;   /* BLOCK_READ, BLOCK_WRITE */
	__u16 slot; /* of DISK_DEPTH_SLOTS */
	__u64 looks;
	__u64 lat_ns;	    /* geometric mean over looks of the mean latency, queue and device */
	__u64 bytes;	    /* mean size of a request */
	__u32 spread_milli; /* standard deviation of ln(latency), in thousandths */
	__u32 depth_milli;  /* mean depth, in thousandths */
};

/* A cgroup's io.max for one disk: sent at each look while something is held back there. */
struct event_io_limit {
	struct event h;
	__u64 cgroup_id;
	__u64 read_bps; /* 0 = no limit */
	__u64 write_bps;
	__u64 read_iops;
	__u64 write_iops;
	__u64 pressure_us; /* time that tasks of the cgroup waited for I/O, ever (io.pressure: some);
			      ~0 = unknown */
	__u32 dev;
	__u32 pad;
	char cgroup[128]; /* path below the cgroup root; its end when it is longer */
};

/* A task that waits uninterruptibly (state D) at two looks while a disk answers nothing. */
struct event_task_blocked {
	struct event h;
	__u64 start_ns; /* start_boottime, to 10 ms: /proc tells it in ticks */
	__u32 pid;
	__u32 total; /* tasks in state D at this look */
	char comm[EVENT_COMM_LEN];
};

/* ---- file systems ---- */

enum fs_flag {
	FS_READ_ONLY = 1,  /* nothing is written any more */
	FS_SHUT_DOWN = 2,  /* everything fails: EIO */
	FS_ERRORS_RO = 4,  /* ext4: it is set to take no more writes after an error */
	FS_UNANSWERED = 8, /* the look did not come back: what is told is older */
};

/* How full a file system is (statvfs): sent when it moved, at a look each few seconds. */
struct event_fs_space {
	struct event h;
	__u64 size_bytes;
	__u64 free_bytes;  /* with what is reserved for root */
	__u64 avail_bytes; /* for everybody */
	__u64 inodes;	   /* 0 = it has no fixed number */
	__u64 inodes_free;
	__u32 dev;   /* as in struct event_mount */
	__u32 flags; /* enum fs_flag: READ_ONLY, UNANSWERED */
};

/* What write-back lost on one file system: sent when it moves. The error of a file is told to whoever has it
 * open and calls fsync (each once); nobody else ever hears of it. */
struct event_fs_wb {
	struct event h;
	__u64 ranges;  /* page ranges that could not be written */
	__u64 files;   /* files whose error was new: none was untold before it */
	__u64 heard;   /* of these: told to an fsync caller */
	__u64 told;    /* fsync callers that were told */
	__u64 deleted; /* ranges of files that had no name any more: not in files */
	__u64 ino;     /* of the latest one */
	__u32 dev;     /* fs_dev of its mount; of a block device's own pages: that device */
	__u32 err;     /* errno of the latest one */
	__u32 magic;   /* of the file system */
	__u32 bdev;    /* 1: the pages of the block device itself, as metadata is, or dd to it */
	char fstype[16];
	char id[32]; /* how the kernel's messages call it: "sda1", "dm-3" */
};

/* One file's error: found by write-back, or told to an fsync caller. */
struct event_fs_wb_file {
	struct event h;
	__u64 ino;
	__u64 start_ns; /* told: the caller's start_boottime */
	__u32 dev;	/* as in struct event_fs_wb */
	__u32 err;	/* errno */
	__u32 pid;	/* told: the caller */
	__u8 told;
	__u8 bdev;
	__u8 pad[2];
	char comm[EVENT_COMM_LEN];
};

/* What a file system counts of itself, since it was made: sent when it moves. */
struct event_fs_health {
	struct event h;
	__u64 errors;	   /* ext4: errors_count; btrfs: of all devices, what follows together */
	__u64 write_errs;  /* btrfs */
	__u64 read_errs;   /* btrfs */
	__u64 corruptions; /* btrfs: checksum or generation did not match */
	__u64 ino;	   /* ext4: of the last error; 0 = none is known */
	__u32 dev;	   /* as in struct event_mount */
	__u32 flags;	   /* enum fs_flag */
	__u32 err;	   /* ext4: errno of the last error, in its own numbers; 0 = unknown */
	__u32 pad;
	char where[32]; /* ext4: the function that found the last one */
};

/* A file system says that it found an error, at once. */
struct event_fs_error {
	struct event h;
	__u32 dev;	/* fs_dev of its mount */
	__u32 line;	/* of its source */
	__u32 pid;	/* in whose context; 0 = a kernel thread's */
	__u32 shutdown; /* XFS: flags of the shutdown (SHUTDOWN_*), with 0x80000000; 0 = an error */
	char fstype[16];
	char id[32];
	char where[32]; /* function */
	char comm[EVENT_COMM_LEN];
};

/* ---- what a disk says of itself ---- */

/* How the one run of smartctl for a suspected disk ended. */
enum smart_outcome {
	SMART_READ = 1,	   /* at least one value is known */
	SMART_NOTHING = 2, /* the disk gives no such data */
	SMART_ASLEEP = 3,  /* it sleeps, and was not woken for this */
	SMART_MISSING = 4, /* there is no smartctl that may be run */
	SMART_FAILED = 5,  /* smartctl could not be started, or ended by a signal */
	SMART_TIMEOUT = 6, /* it gave no answer in time and was stopped */
	SMART_FLOOD = 7,   /* it wrote more than any answer has, and was stopped */
	SMART_BROKEN = 8,  /* what it wrote is no JSON */
	SMART_LATE = 9,	   /* the run was over before it was */
};

enum smart_value {
	SMART_PASSED = 1, /* the disk's own verdict on its health */
	SMART_REALLOCATED = 2,
	SMART_PENDING = 4,
	SMART_UNCORRECTABLE = 8,
	SMART_MEDIA_ERRORS = 16,
	SMART_LINK_ERRORS = 32,
	SMART_WEAR = 64,
	SMART_TEMPERATURE = 128,
	SMART_HOURS = 256,
};

/* What a suspected disk says of itself (answers ASK_SMART, once). A value is 0 where `known` lacks its bit. */
struct event_smart {
	struct event h;
	__u32 dev;
	__u32 outcome;	     /* enum smart_outcome */
	__u32 known;	     /* enum smart_value */
	__u32 passed;	     /* 0 = it says that it fails */
	__u64 reallocated;   /* sectors replaced; SCSI: grown defects */
	__u64 pending;	     /* sectors that wait for it */
	__u64 uncorrectable; /* sectors that its own scan could not read */
	__u64 media_errors;  /* reads and writes that it could not correct, ever */
	__u64 link_errors;   /* CRC errors between host and disk, ever */
	__u64 hours;	     /* powered on */
	__u32 wear_percent;  /* of its life; may exceed 100 */
	__s32 temperature;   /* degrees Celsius */
	__u32 exit_status;   /* smartctl's */
	__u32 pad;
};

/* ---- what is stacked on what ---- */

enum disk_link_flag {
	DISK_LINK_GONE = 1, /* it is no more */
	DISK_LINK_FILE =
		2, /* a loop device, and the device of the file system that its file is in */
};

/* A block device, and one that it is made of: dm and md devices, bcache, loop devices. */
struct event_disk_link {
	struct event h;
	__u32 upper;
	__u32 lower; /* a whole disk or a partition */
	__u32 flags; /* enum disk_link_flag */
	__u32 pad;
};

/* The state of an md array: sent when it changed, and while it rebuilds. */
struct event_raid {
	struct event h;
	__u64 sync_done; /* sectors, of the recovery, resync or check under way */
	__u64 sync_total;
	__u32 dev;
	__u32 disks;	/* that it is made for */
	__u32 degraded; /* so many of these are missing or out of date */
	__u32 pad;
	char level[16];	      /* "raid1" */
	char state[24];	      /* "clean", "active", "broken" ... */
	char sync_action[16]; /* "idle", "recover", "resync", "check" ... */
};

enum raid_member_flag {
	RAID_MEMBER_GONE = 1,	    /* no longer part of it: its slot is empty */
	RAID_MEMBER_IN_SYNC = 2,    /* has all data */
	RAID_MEMBER_FAULTY = 4,	    /* md took it out, or was told to */
	RAID_MEMBER_SPARE = 8,	    /* is no part of the data, or not yet */
	RAID_MEMBER_REPLACING = 16, /* stands in for another one soon */
};

struct event_raid_member {
	struct event h;
	__u64 corrected; /* read errors that were made good from the other members, ever */
	__u32 dev;	 /* the array */
	__u32 member;	 /* a whole disk or a partition */
	__s32 slot;	 /* -1: none */
	__u32 flags;	 /* enum raid_member_flag */
	char name[32];	 /* of the member, as md calls it: it may be gone from everywhere else */
};

/* ---- network ---- */

enum peer_dir { PEER_OUT = 1, PEER_IN = 2 };

/* Whom we talk to. Out: we connected, port is the remote one. In: we accepted, port is the local
 * one. */
struct peer_key {
	__u8 addr[16]; /* IPv6, or v4-mapped (::ffff:a.b.c.d) */
	__u32 netns;
	__u16 port; /* host byte order */
	__u8 dir;   /* enum peer_dir */
	__u8 pad;
};

enum nic_flag {
	NIC_UP = 1, /* by the administrator */
	NIC_RUNNING = 2,
	NIC_LOOPBACK = 4,
	NIC_VIRTUAL = 8,
	NIC_CARRIER = 16,   /* there is a link */
	NIC_ADDRESSED = 32, /* it has an address of its own that is not link-local */
	NIC_WIRELESS = 64,
	NIC_GONE = 128, /* it was removed, or moved to another namespace: forget it */
};

struct event_nic {
	struct event h;
	__u32 ifindex;
	__u32 netns;
	__u32 flags;
	__u32 speed_mbps; /* 0 = unknown */
	char name[16];
	__u64 rx_packets;
	__u64 tx_packets;
	__u64 rx_errors;
	__u64 tx_errors;
	__u64 rx_dropped;
	__u64 tx_dropped;
	char kind[16];	      /* of a virtual one: "veth", "bond", "vlan" */
	__u32 master;	      /* ifindex of the bond or bridge that it is a member of; 0 = none */
	__u32 parent;	      /* ifindex of what it is stacked on (VLAN, macvlan); 0 = none */
	__u32 hw_type;	      /* ARPHRD_*; 1 = Ethernet. 0 = unknown: then nothing below is known */
	__u32 carrier_losses; /* since it was made */
	__u64 rx_crc_errors;  /* frames whose checksum was wrong */
	__u64 rx_frame_errors;	 /* frames of a wrong length or alignment */
	__u64 rx_missed_errors;	 /* frames that found no room in the adapter or its ring */
	__u64 tx_carrier_errors; /* frames that were lost with the carrier */
};

/*
 * One name server that programs of this host ask over UDP, in one network namespace: sent when it changed.
 * Counted are queries that ask for recursion (RD): what a resolver asks the servers of a zone is not of it.
 */
struct event_dns_server {
	struct event h;
	__u8 addr[16]; /* v4-mapped where it is IPv4 */
	__u32 netns;
	__u32 pid;     /* who asked last, 0 = unknown */
	__u64 queries; /* each sending: asked again is another one */
	__u64 answers; /* that a program took, of any outcome; those that come too late are never taken */
	__u64 failed;	      /* of these: SERVFAIL */
	__u64 refused;	      /* of these: REFUSED */
	__u64 nxdomain;	      /* of these: there is no such name, which is no failure */
	__u64 other;	      /* of these: FORMERR, NOTIMP, and what could not be read */
	__u64 last_answer_ns; /* CLOCK_MONOTONIC */
	__u64 start_ns;	      /* of who asked last: start_boottime */
	char comm[EVENT_COMM_LEN];
};

/* The root queueing discipline of an interface (tc -s qdisc): sent when it changed. */
struct event_nic_queue {
	struct event h;
	__u32 ifindex;
	__u32 netns;
	__u64 packets; /* that left it, since it was put there */
	__u64 bytes;
	__u64 drops;	  /* packets that it, or one below it, did not take or threw away */
	__u64 requeues;	  /* that the driver gave back */
	__u64 overlimits; /* times that it had to wait: a shaper counts each */
	__u32 backlog;	  /* gauge: bytes in it */
	__u32 queued;	  /* gauge: packets in it */
	char kind[16];	  /* "fq_codel", "tbf", "mq" */
};

enum retrans_cause {
	/* No cause: of all resends of data, those on connections that never got data acknowledged. The
	 * handshake ended here, but the peer may not have taken the connection (accept queue full). */
	RETRANS_UNSERVED = 0,
	RETRANS_RTO = 1,  /* retransmission timer */
	RETRANS_FAST = 2, /* fast recovery (duplicate ACKs, SACK, RACK) */
	RETRANS_LOSS = 3, /* slow-start retransmits that follow a timeout */
	RETRANS_TLP = 4,  /* tail-loss probe, inferred */
	RETRANS_SYN = 5,
	RETRANS_SYNACK = 6,
	RETRANS_OTHER = 7, /* open state: path MTU, and the like */
	RETRANS_CAUSES = 8,
};

struct event_tcp_retrans {
	struct event h;
	struct peer_key peer;
	__u32 ifindex;
	__s32 err; /* what sending it returned, where the kernel says (6.17+); 0 = sent or unknown
		    */
	__u16 local_port;
	__u16 remote_port;
	__u8 cause;   /* enum retrans_cause */
	__u8 state;   /* TCP_* */
	__u8 backoff; /* timeouts in a row without progress (icsk_retransmits) */
	__u8 pad;
	__u32 segs_out;
	__u32 total_retrans;
	__u32 srtt_us;
	__u32 min_rtt_us; /* ~0 = no sample yet */
	__u32 rto_us;
	__u32 snd_wnd;
	__u32 snd_cwnd;
	__u32 dsack_dups;
	__u32 pid; /* owner's tgid, 0 = unknown */
	__u32 pad2;
	char comm[EVENT_COMM_LEN];
	__u64 start_ns;
};

enum conn_outcome {
	CONN_ESTABLISHED = 1,
	CONN_REFUSED = 2,
	CONN_TIMED_OUT = 3,
	CONN_UNREACHABLE = 4,
	CONN_RESET = 5,	    /* an established connection was reset by the peer */
	CONN_ABANDONED = 6, /* the local side gave up before the handshake ended */
	CONN_FAILED = 7,    /* another error: err says which */
	CONN_BROKEN = 8,    /* an established connection timed out or became unreachable */
};

/* An attempt that did not become a connection, or a connection that broke. Successes are counted
 * only. */
struct event_tcp_conn {
	struct event h;
	struct peer_key peer;
	__u32 ifindex;
	__u32 err; /* sk_err, a positive errno */
	__u16 local_port;
	__u16 remote_port;
	__u8 outcome; /* enum conn_outcome */
	__u8 syn_retrans;
	__u8 pad[2];
	__u32 segs_out;
	__u32 total_retrans;
	__u32 pid; /* owner's tgid, 0 = unknown */
	__u32 pad2;
	char comm[EVENT_COMM_LEN];
	__u64 start_ns;
};

enum tcp_peer_flag {
	TCP_PEER_BASE = 1, /* first sight of its namespace: counters include what was before us */
	TCP_PEER_GONE = 2, /* dropped from the kernel's table after being idle: forget it */
};

/* All that is counted for one peer: sockets that closed (in BPF at their close) plus those that
 * live (summed by iter/tcp), so a rate has an exact denominator without a hook per segment. */
struct event_tcp_peer {
	struct event h;
	struct peer_key peer;
	__u32 ifindex; /* gauge: the latest seen */
	__u32 flags;   /* enum tcp_peer_flag */
	__u64 segs_out;
	__u64 segs_retrans; /* the sockets' own total_retrans */
	__u64 dsacks;	    /* segments that the peer said it got twice */
	__u64 bytes_acked;
	__u64 bytes_received;
	__u64 retrans
		[RETRANS_CAUSES]; /* by cause, from the tracepoint; RETRANS_UNSERVED: of these */
	__u64 send_errors;
	__u64 attempts; /* connect() calls that sent a SYN */
	__u64 established;
	__u64 accepted;
	__u64 refused;
	__u64 timed_out;
	__u64 unreachable;
	__u64 abandoned;
	__u64 failed;
	__u64 resets; /* established, then reset by the peer */
	__u64 broken; /* established, then timed out or unreachable */
	__u64 closed;
	__u32 live;	     /* gauge: sockets now, in any state but LISTEN */
	__u32 live_syn;	     /* gauge: of these in SYN_SENT and past the first SYN retransmit */
	__u32 live_stuck;    /* gauge: of these with two or more timeouts in a row, no progress */
	__u32 max_backoff;   /* gauge: the most timeouts in a row on one of them */
	__u32 live_zero_win; /* gauge: of these whose peer's window is closed */
	__u32 live_reord;    /* gauge: of these that have seen reordering */
	__u32 srtt_us;	     /* gauge: mean over live sockets with a sample; 0 = none */
	__u32 min_rtt_us;    /* gauge: least over live sockets; 0 = none */
	__u32 pid;	     /* owner last seen in its own context, 0 = unknown */
	__u32 close_wait;    /* gauge: live sockets in CLOSE_WAIT */
	char comm[EVENT_COMM_LEN];
	__u64 start_ns; /* owner's start_boottime */
	/* Of resets: before the peer had sent a byte; after five seconds without data either way. */
	__u64 resets_early;
	__u64 resets_idle;
	__u64 aborts;	     /* connections that this end reset: data was unread, or SO_LINGER 0 */
	__u64 aborts_early;  /* of these: before the peer had sent a byte */
	__u64 aborts_linger; /* of these: SO_LINGER 0, which a program has to ask for */
	__u32 zero_wait_ms;  /* gauge: the longest that data waits for a closed window to open */
	__u32 fresh;	     /* gauge: live sockets that sent data in the last two seconds */
	__u32 fresh_srtt_us; /* gauge: the least smoothed round trip of these; 0 = none */
	__u32 fresh_queued;  /* gauge: of these with data that the congestion window holds back */
};

/* ---- processes ---- */

/* Who a process is; answers ASK_PROC, also sent with the first breakdown. */
struct event_proc {
	struct event h;
	__u64 start_ns; /* start_boottime */
	__u64 cgroup_id;
	__u32 pid; /* tgid */
	__u32 ppid;
	__u32 uid;
	__u32 netns;
	char comm[EVENT_COMM_LEN];
	char exe[128];
	char cgroup[128];
	char container[16]; /* first 12 digits of the id in the cgroup path, or empty */
};

/* The census: sent when fds or limit differ from what was last sent, and once at the baseline. */
struct event_proc_fds {
	struct event h;
	__u64 start_ns;
	__u64 cgroup_id;
	__u64 limit; /* RLIMIT_NOFILE, soft */
	__u32 pid;
	__u32 fds; /* gauge */
	__u32 uid;
	__u32 netns;
	char comm[EVENT_COMM_LEN];
};

struct event_proc_gone {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
};

enum fd_kind {
	FD_FILE = 1,
	FD_DIR = 2,
	FD_PIPE = 3, /* pipes and FIFOs */
	FD_SOCKET = 4,
	FD_CHAR = 5,
	FD_BLOCK = 6,
	FD_EVENTFD = 7,
	FD_EPOLL = 8,
	FD_TIMERFD = 9,
	FD_SIGNALFD = 10,
	FD_INOTIFY = 11,
	FD_ANON = 12, /* another anonymous inode: name says which */
	FD_OTHER = 13,
};

enum fd_proto {
	FD_PROTO_NONE = 0,
	FD_TCP = 1,
	FD_UDP = 2,
	FD_UNIX = 3,
	FD_NETLINK = 4,
	FD_PROTO_OTHER = 5
};

/* A group of one process's descriptors that are alike: one line of the breakdown (answers ASK_FDS).
 */
#define FD_IDLE_MS 10000
struct event_fd_group {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 scan; /* all groups of one scan carry its number */
	__u32 count;
	__u8 kind;  /* enum fd_kind */
	__u8 proto; /* enum fd_proto */
	__u8 state; /* TCP_*, for FD_TCP */
	__u8 pad;
	struct peer_key peer; /* FD_TCP and connected FD_UDP: all zero otherwise */
	char name[128];	      /* a sample: path, or the anonymous inode's name */
	__u32 idle;	      /* of FD_TCP: nothing sent or received for FD_IDLE_MS */
	__u32 idle_max_ms;    /* the longest of all; 0 = not known */
};

/* The end of one breakdown: the groups before it with this scan number are all there are. */
struct event_fd_scan {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 scan;
	__u32 fds;    /* descriptors seen */
	__u32 groups; /* groups found */
	__u32 sent;   /* groups sent (the largest); the rest is groups - sent */
	__u32 pad;
};

/* /proc/sys/fs/file-nr: sent at the baseline and when it changed by a 64th of the limit. */
struct event_file_table {
	struct event h;
	__u64 open; /* struct files in use, host-wide; gauge */
	__u64 limit;
};

/*
 * A call site of an armed process: descriptors that were opened with the same user stack. The sites with the
 * most living ones are sent at each look, then EVENT_FD_ARMED.
 */
struct event_fd_site {
	struct event h;
	__u64 start_ns;
	__u64 opened;	/* since it was armed */
	__u64 ripe;	/* of these, over three seconds ago */
	__u64 first_ns; /* first and last opening */
	__u64 last_ns;
	__u64 oldest_ns; /* when the oldest that lives was opened; 0 = none lives */
	__u32 pid;
	__u32 site;  /* number of the stack, while the process is armed; ~0: it could not be read */
	__u32 alive; /* gauge, of `opened` */
	__u32 ripe_alive; /* gauge, of `ripe` */
	__u8 kind;	  /* enum fd_kind of one that lives; 0 = none */
	__u8 pad[7];
};

enum armed_via {
	ARMED_INSTALL = 1,  /* where each descriptor is installed: nothing is opened past it */
	ARMED_SYSCALLS = 2, /* at the system calls that open and close */
};

/* The end of one look at an armed process. What the hooks noted is held against its table. */
struct event_fd_armed {
	struct event h;
	__u64 start_ns;
	__u64 since_ns; /* armed */
	__u64 opened;
	__u64 closed;
	__u64 stale;   /* closed past the hooks: exec, close_range, dup2 */
	__u64 dropped; /* opened, and not kept: a table was full */
	__u64 runs;    /* of the hooks, for whichever process: what it cost */
	__u32 pid;
	__u32 tracked; /* gauges: of what it holds, those that were seen to be opened, */
	__u32 before;  /* those that it held before it was armed, */
	__u32 unknown; /* and the rest: opened past the hooks */
	__u32 via;     /* enum armed_via */
	__u32 pad;
};

enum stack_flag {
	STACK_LINES = 1,       /* at least one frame has file and line */
	STACK_NO_SYMBOL = 2,   /* a frame is named by file and offset */
	STACK_NO_FILE = 4,     /* a frame is in no file: made at run time */
	STACK_INTERPRETER = 8, /* an interpreter's own frames */
	STACK_CUT = 16,	       /* there were more frames than room */
	STACK_FAILED = 32,     /* nothing could be found out */
};

/* The stack of a call site in words (answers ASK_FD_STACK), innermost first:
 * "db_connect+0x41 (pool.c:118) < handle_order+0x9c (api.c:77)". */
struct event_fd_stack {
	struct event h;
	__u64 start_ns;
	__u32 pid;
	__u32 site;
	__u32 flags;  /* enum stack_flag */
	__u32 frames; /* of the whole stack */
	char text[168];
	char build_id[48]; /* hex; of the file of the first frame */
};

/* ---- the host as a whole ---- */

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
	char unit[64];	/* last part of the path of the victim's cgroup */
	char limit[64]; /* the same of the cgroup that was full */
};

/* Processes of one name in one cgroup that ended badly; sent when that grew. Counted since the probe was
 * attached. What was asked to end (TERM, INT, HUP, PIPE, KILL, and exit codes that say so) counts as well. */
struct event_proc_exits {
	struct event h;
	__u64 failed;	 /* ended by a signal of its own making, or with an exit code of its own */
	__u64 crashed;	 /* of these by a signal: SEGV, ABRT, BUS, ILL, FPE, SYS, TRAP ... */
	__u64 oom;	 /* of these killed for lack of memory */
	__u64 apart;	 /* of these whose parent lives in another cgroup, as a service's does */
	__u64 well;	 /* ended well, since somebody looks at this name */
	__u64 lived_ms;	 /* that the failed ones lived, together */
	__u64 last_ns;	 /* CLOCK_MONOTONIC: when the latest one failed */
	__u64 start_ns;	 /* its start_boottime */
	__u32 pid;	 /* of the latest one */
	__s32 exit_code; /* as wait(2) tells it: status << 8 | core dumped 0x80 | signal */
	char comm[EVENT_COMM_LEN];
	char parent[EVENT_COMM_LEN];
	char unit[64]; /* last part of the cgroup's path */
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

/* What memory controllers (ras:mc_event), processors (mce:mce_record) and PCIe ports (ras:aer_event) report. */
struct event_hardware_report {
	struct event h;
	__u64 address; /* physical; 0 = unknown */
	__u64 status;  /* the bank's MCi_STATUS, or the AER status register */
	__u32 count;   /* errors in this report */
	__u32 cpu;     /* machine check only */
	__u16 bank;    /* machine check: bank; memory: controller */
	__u8 source;   /* enum report_source */
	__u8 severity; /* enum report_severity */
	__u32 pad;
	char where[64]; /* memory: the DIMM's label; PCIe: the device's address */
	char what[64];	/* memory: the driver's message */
};

/* ---- this host's own side of the network, and its clock ---- */

/*
 * What the kernel counts in one network namespace (/proc/net/netstat, snmp, snmp6, sockstat): sent when it
 * changed. Counters are since the namespace was made.
 */
struct event_net_stack {
	struct event h;
	__u64 accepted;		/* Tcp PassiveOpens: connections that were opened from outside */
	__u64 listen_overflows; /* TcpExt ListenOverflows: turned away, the accept queue was full */
	__u64 listen_drops; /* TcpExt ListenDrops: the same and all else that a listener drops */
	__u64 syn_drops;    /* TcpExt TCPReqQFullDrop: SYNs dropped, the SYN queue was full */
	__u64 syn_cookies;  /* TcpExt TCPReqQFullDoCookies: answered with a cookie instead */
	__u64 udp_in;	    /* datagrams delivered, IPv4 and IPv6 */
	__u64 udp_drops;    /* Udp RcvbufErrors: the socket's buffer was full */
	__u32 netns;
	__u32 time_wait; /* gauge: TCP sockets in TIME_WAIT */
	__u32 tcp_inuse; /* gauge: TCP sockets that are in use */
	__u16 port_low;	 /* the range of local ports that connect() takes from; 0 = unknown */
	__u16 port_high;
};

enum socket_flag {
	SOCKET_SOUGHT = 1, /* its owner was looked for: pid 0 = nobody was found */
};

/* A listener or a UDP socket that dropped something, or whose queue is full: sent while its namespace's
 * counters grow (sock_diag(7)). */
struct event_socket_queue {
	struct event h;
	__u64 inode;	/* of the socket: its identity */
	__u64 drops;	/* since it was made (sk_drops) */
	__u64 start_ns; /* owner: start_boottime, to 10 ms */
	__u8 addr[16];	/* local address; all zero = any */
	__u32 netns;
	__u32 queued; /* gauge: connections that wait for accept(); UDP: bytes of memory */
	__u32 limit;  /* of queued: the backlog; UDP: the buffer's size */
	__u32 uid;
	__u32 pid;   /* owner's tgid; 0 = unknown */
	__u32 flags; /* enum socket_flag */
	__u16 port;
	__u8 proto; /* enum fd_proto: FD_TCP (a listener), FD_UDP */
	__u8 pad[5];
	char comm[EVENT_COMM_LEN];
};

enum conntrack_flag {
	CONNTRACK_COUNTED = 1, /* drops and early_drops are known */
};

/* The connection-tracking table of our own namespace: /proc/sys/net/netfilter, /proc/net/stat/nf_conntrack. Sent when
 * it moved by a 64th of the limit, or dropped something. */
struct event_conntrack {
	struct event h;
	__u64 entries;	   /* gauge */
	__u64 limit;	   /* nf_conntrack_max; 0 = none */
	__u64 drops;	   /* packets dropped, as there was no room for their connection */
	__u64 early_drops; /* connections that were thrown out to make room */
	__u32 flags;	   /* enum conntrack_flag */
	__u32 pad;
};

/* What the kernel thinks of its clock (adjtimex(2)): sent each minute, and when `status` changed. */
struct event_clock_state {
	struct event h;
	__u64 boottime_ns;
	__u64 max_error_us; /* grows by 500 us a second while nobody corrects the clock */
	__u64 est_error_us;
	__u32 status; /* STA_*: STA_UNSYNC is 0x40 */
	__u32 state;  /* what adjtimex() returned: TIME_OK .. TIME_ERROR */
};

/* Somebody set the wall clock (timerfd, TFD_TIMER_CANCEL_ON_SET). A clock that NTP makes run faster or slower is not
 * set, nor is one that slept: both times are held against the time since boot. */
struct event_clock_step {
	struct event h;
	__u64 boottime_ns;
	__u64 realtime_ns; /* what it shows */
	__u64 expected_ns; /* what it would show, had nobody set it */
	__u32 status;	   /* STA_*, as in struct event_clock_state */
	__u32 leap;	   /* 1: a leap second */
};

#define EVENT_SIZE_IS(type, size) _Static_assert(sizeof(struct type) == (size), #type)
EVENT_SIZE_IS(event, 16);
EVENT_SIZE_IS(peer_key, 24);
EVENT_SIZE_IS(event_clock, 32);
EVENT_SIZE_IS(event_host, 312);
EVENT_SIZE_IS(event_config, 208);
EVENT_SIZE_IS(event_tick, 24);
EVENT_SIZE_IS(event_pulse, 16);
EVENT_SIZE_IS(event_end, 24);
EVENT_SIZE_IS(event_probe, 200);
EVENT_SIZE_IS(event_ring, 64);
EVENT_SIZE_IS(event_table, 72);
EVENT_SIZE_IS(event_self, 48);
EVENT_SIZE_IS(event_hook, 64);
EVENT_SIZE_IS(event_disk, 440);
EVENT_SIZE_IS(event_disk_gone, 24);
EVENT_SIZE_IS(event_mount, 304);
EVENT_SIZE_IS(event_block_io, 96);
EVENT_SIZE_IS(event_block_stat, 568);
EVENT_SIZE_IS(event_block_status, 48);
EVENT_SIZE_IS(event_block_queue, 120);
EVENT_SIZE_IS(event_block_split, 568);
EVENT_SIZE_IS(event_disk_norm, 56);
EVENT_SIZE_IS(event_io_limit, 200);
EVENT_SIZE_IS(event_task_blocked, 48);
EVENT_SIZE_IS(event_fs_space, 64);
EVENT_SIZE_IS(event_fs_wb, 128);
EVENT_SIZE_IS(event_fs_wb_file, 64);
EVENT_SIZE_IS(event_fs_health, 104);
EVENT_SIZE_IS(event_fs_error, 128);
EVENT_SIZE_IS(event_nic, 160);
EVENT_SIZE_IS(event_smart, 96);
EVENT_SIZE_IS(event_disk_link, 32);
EVENT_SIZE_IS(event_raid, 104);
EVENT_SIZE_IS(event_raid_member, 72);
EVENT_SIZE_IS(event_tcp_retrans, 120);
EVENT_SIZE_IS(event_tcp_conn, 96);
EVENT_SIZE_IS(event_tcp_peer, 368);
EVENT_SIZE_IS(event_proc, 336);
EVENT_SIZE_IS(event_proc_fds, 72);
EVENT_SIZE_IS(event_proc_gone, 32);
EVENT_SIZE_IS(event_fd_group, 200);
EVENT_SIZE_IS(event_fd_scan, 48);
EVENT_SIZE_IS(event_file_table, 32);
EVENT_SIZE_IS(event_fd_site, 88);
EVENT_SIZE_IS(event_fd_armed, 96);
EVENT_SIZE_IS(event_fd_stack, 256);
EVENT_SIZE_IS(event_host_load, 104);
EVENT_SIZE_IS(event_host_cpu, 72);
EVENT_SIZE_IS(event_oom_kill, 232);
EVENT_SIZE_IS(event_proc_exits, 184);
EVENT_SIZE_IS(event_task_waiting, 104);
EVENT_SIZE_IS(event_task_hang, 56);
EVENT_SIZE_IS(event_hardware_report, 176);
EVENT_SIZE_IS(event_net_stack, 88);
EVENT_SIZE_IS(event_socket_queue, 104);
EVENT_SIZE_IS(event_conntrack, 56);
EVENT_SIZE_IS(event_clock_state, 48);
EVENT_SIZE_IS(event_clock_step, 48);
EVENT_SIZE_IS(event_nic_queue, 88);
EVENT_SIZE_IS(event_dns_server, 120);

#endif
