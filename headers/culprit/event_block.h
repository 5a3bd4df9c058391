/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event_block.h - the ABI of events: disks: their requests, what they say of themselves, what is stacked on them;
 * see event.h. */
#ifndef CULPRIT_EVENT_BLOCK_H
#define CULPRIT_EVENT_BLOCK_H

#include "event_type.h"

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
	__u8 quiet; /* RQF_QUIET: the kernel expects this failure and does not log it; 0 = it does not, or unknown */
	__u32 timeout_ms; /* the driver's timeout for it; 0 = unknown */
	__u32 pad2;
};

/* Slot i of hist counts latencies with us in [2^(i/2), ...): half octaves, see hist_slot(). */
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
	__u64 busy_ms;	  /* time with something in flight */
	__u64 queue_ms;	  /* time that all requests together took: its rate is the mean depth */
	__u64 discard_ms; /* that all discards together took; from 4.18 on */
	__u32 lengthy;	  /* gauge: of `others`, those that may take long: no flushes */
	__u32 pad;
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
	RAID_MEMBER_WRITES_FAIL =
		32, /* md saw a write to it fail, and kept it: there was no other, or it notes bad blocks */
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

enum thin_flag {
	THIN_READ_ONLY = 1,   /* it takes no writes that need room, or none at all */
	THIN_NO_SPACE = 2,    /* out of data space */
	THIN_FAILED = 4,      /* it serves nothing any more */
	THIN_NEEDS_CHECK = 8, /* its metadata is to be repaired before it takes writes again */
	THIN_ERRORS_IF_FULL =
		16, /* set to fail writes at once when it is full; else they wait first (no_space_timeout) */
	THIN_UNANSWERED = 32, /* the look did not come back: what is told is older */
};

/* How full a thin pool of device-mapper is: sent when it moved, at a look each few seconds. */
struct event_thin_pool {
	struct event h;
	__u64 data_used; /* bytes that are mapped */
	__u64 data_bytes;
	__u64 meta_used; /* bytes of its metadata device */
	__u64 meta_bytes;
	__u32 dev;
	__u32 flags; /* enum thin_flag */
};

EVENT_SIZE_IS(event_disk, 440);
EVENT_SIZE_IS(event_disk_gone, 24);
EVENT_SIZE_IS(event_mount, 304);
EVENT_SIZE_IS(event_block_io, 96);
EVENT_SIZE_IS(event_block_stat, 568);
EVENT_SIZE_IS(event_block_status, 48);
EVENT_SIZE_IS(event_block_queue, 136);
EVENT_SIZE_IS(event_block_split, 568);
EVENT_SIZE_IS(event_disk_norm, 56);
EVENT_SIZE_IS(event_io_limit, 200);
EVENT_SIZE_IS(event_task_blocked, 48);
EVENT_SIZE_IS(event_smart, 96);
EVENT_SIZE_IS(event_disk_link, 32);
EVENT_SIZE_IS(event_raid, 104);
EVENT_SIZE_IS(event_raid_member, 72);
EVENT_SIZE_IS(event_thin_pool, 56);

#endif
