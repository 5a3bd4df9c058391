// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * fs.bpf.c - what file systems say of themselves: pages that write-back could not write, whom the kernel told,
 * ext4's errors and XFS's shutdowns. All of it is rare: no healthy write or fsync comes here.
 *
 * An error of write-back is kept in the file's address space (lib/errseq.c) and told once to each open file
 * that calls fsync (filemap_check_and_advance). The file is in `fs_untold` from the first error until the first
 * caller hears of it; what is left there was lost silently.
 */
#include "vmlinux.h"

#define PROBE_RING_BYTES (64 * 1024) /* some 300 events */

#include "probe.bpf.h"

#include <culprit/map_fs.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ERRSEQ_ERRNO   0xfff	  /* lib/errseq.c: the errno in the low bits of an errseq_t */
#define BDEVFS_MAGIC   0x62646576 /* include/uapi/linux/magic.h */
#define FS_EVENT_BURST 16
#define SHUTDOWN_SEEN  0x80000000

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FS_WB_MAX);
	__type(key, struct fs_wb_key);
	__type(value, struct fs_wb_value);
} fs_wb SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FS_UNTOLD_MAX);
	__type(key, struct fs_file_key);
	__type(value, __u64);
} fs_untold SEC(".maps");

static const struct fs_wb_value wb_zero;

/* A block device's own inode is on a file system of the kernel's (bdev): the device is what it is about. */
static __always_inline void file_key(struct inode *inode, struct super_block *sb,
				     struct fs_file_key *key)
{
	key->bdev = BPF_CORE_READ(sb, s_magic) == BDEVFS_MAGIC;
	key->dev = key->bdev ? BPF_CORE_READ(inode, i_rdev) : BPF_CORE_READ(sb, s_dev);
	key->ino = key->bdev ? 0 : BPF_CORE_READ(inode, i_ino);
}

static __always_inline struct fs_wb_value *wb_value(struct super_block *sb,
						    const struct fs_file_key *file)
{
	struct fs_wb_key key = {.dev = file->dev, .bdev = file->bdev};
	struct fs_wb_value *value = bpf_map_lookup_elem(&fs_wb, &key);

	if (value)
		return value;
	bpf_map_update_elem(&fs_wb, &key, &wb_zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&fs_wb, &key);
	if (!value) {
		count(COUNTER_NO_ENTRY);
		return NULL;
	}
	value->magic = BPF_CORE_READ(sb, s_magic);
	bpf_probe_read_kernel_str(value->fstype, sizeof(value->fstype),
				  BPF_CORE_READ(sb, s_type, name));
	bpf_probe_read_kernel_str(value->id, sizeof(value->id), &sb->s_id);
	return value;
}

static __always_inline void send_file(struct fs_wb_value *value, const struct fs_file_key *file,
				      __u32 err, bool told)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct event_fs_wb_file *event;
	struct owner owner = {};

	if (!take_token(&value->event_ns, &value->tokens, FS_EVENT_BURST, FS_EVENT_BURST,
			config.dev_event_interval_ns, now_ns))
		return;
	event = event_reserve(EVENT_FS_WB_FILE, event_fs_wb_file, now_ns);
	if (!event)
		return;
	event->ino = file->ino;
	event->dev = file->dev;
	event->bdev = file->bdev;
	event->err = err;
	event->told = told;
	if (told && owner_current(&owner)) {
		event->pid = owner.pid;
		event->start_ns = owner.start_ns;
		__builtin_memcpy(event->comm, owner.comm, sizeof(event->comm));
	}
	event_submit(event);
}

/* filemap_set_wb_err(mapping, eseq): with error 0 too; once for each range of pages. */
static __always_inline void wb_set(struct address_space *mapping, __u32 eseq)
{
	struct inode *inode = BPF_CORE_READ(mapping, host);
	struct super_block *sb;
	struct fs_file_key file = {};
	struct fs_wb_value *value;
	__u64 now_ns;

	if (!(eseq & ERRSEQ_ERRNO) || !inode)
		return;
	sb = BPF_CORE_READ(inode, i_sb);
	if (!sb)
		return;
	file_key(inode, sb, &file);
	value = wb_value(sb, &file);
	if (!value)
		return;
	ADD(&value->ranges, 1);
	value->err = eseq & ERRSEQ_ERRNO;
	/* Its last name is gone: nobody will ever read it. */
	if (!file.bdev && !BPF_CORE_READ(inode, i_nlink)) {
		ADD(&value->deleted, 1);
		return;
	}
	value->ino = file.ino;
	now_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&fs_untold, &file, &now_ns, BPF_NOEXIST))
		return;
	ADD(&value->files, 1);
	send_file(value, &file, value->err, false);
}

SEC("?tp_btf/filemap_set_wb_err")
int wb_set_btf(unsigned long long *ctx)
{
	return RUN(HOOK_FS_WB_SET, wb_set((void *)ctx[0], ctx[1]));
}

SEC("?raw_tp/filemap_set_wb_err")
int wb_set_raw(unsigned long long *ctx)
{
	return RUN(HOOK_FS_WB_SET, wb_set((void *)ctx[0], ctx[1]));
}

/* file_check_and_advance_wb_err(file, old): in the fsync caller, and only when there is something to tell. */
static __always_inline void wb_told(struct file *f)
{
	__u32 err = BPF_CORE_READ(f, f_wb_err) & ERRSEQ_ERRNO;
	struct inode *inode = BPF_CORE_READ(f, f_mapping, host);
	struct super_block *sb;
	struct fs_file_key file = {};
	struct fs_wb_value *value;

	if (!err || !inode)
		return;
	sb = BPF_CORE_READ(inode, i_sb);
	if (!sb)
		return;
	file_key(inode, sb, &file);
	value = wb_value(sb, &file);
	if (!value)
		return;
	ADD(&value->told, 1);
	if (!bpf_map_delete_elem(&fs_untold, &file))
		ADD(&value->heard, 1);
	send_file(value, &file, err, true);
}

SEC("?tp_btf/file_check_and_advance_wb_err")
int wb_told_btf(unsigned long long *ctx)
{
	return RUN(HOOK_FS_WB_TOLD, wb_told((void *)ctx[0]));
}

SEC("?raw_tp/file_check_and_advance_wb_err")
int wb_told_raw(unsigned long long *ctx)
{
	return RUN(HOOK_FS_WB_TOLD, wb_told((void *)ctx[0]));
}

/* A file system that errs a thousand times a second says one thing. */
static __u64 error_ns;
static __u32 error_tokens;

static __always_inline void send_error(struct super_block *sb, const char *where, __u32 line,
				       __u32 shutdown)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct event_fs_error *event;
	struct owner owner = {};

	if (!take_token(&error_ns, &error_tokens, FS_EVENT_BURST, FS_EVENT_BURST,
			config.dev_event_interval_ns, now_ns))
		return;
	event = event_reserve(EVENT_FS_ERROR, event_fs_error, now_ns);
	if (!event)
		return;
	event->dev = BPF_CORE_READ(sb, s_dev);
	event->line = line;
	event->shutdown = shutdown;
	bpf_probe_read_kernel_str(event->fstype, sizeof(event->fstype),
				  BPF_CORE_READ(sb, s_type, name));
	bpf_probe_read_kernel_str(event->id, sizeof(event->id), &sb->s_id);
	bpf_probe_read_kernel_str(event->where, sizeof(event->where), where);
	if (owner_current(&owner)) {
		event->pid = owner.pid;
		__builtin_memcpy(event->comm, owner.comm, sizeof(event->comm));
	}
	event_submit(event);
}

/* ext4_error(sb, function, line) */
SEC("?raw_tp/ext4_error")
int ext4_error_raw(unsigned long long *ctx)
{
	return RUN(HOOK_FS_EXT4, send_error((void *)ctx[0], (void *)ctx[1], ctx[2], 0));
}

/*
 * xfs_force_shutdown(mp, ptag, flags, fname, line), since 5.15. struct xfs_mount is the module's type: where
 * it keeps its super block is looked up by user space.
 */
static __always_inline void xfs_shutdown(unsigned long long *ctx)
{
	struct super_block *sb = NULL;

	if (!config.xfs_super ||
	    bpf_probe_read_kernel(&sb, sizeof(sb), (void *)ctx[0] + config.xfs_super - 1) || !sb)
		return;
	send_error(sb, (void *)ctx[3], ctx[4], SHUTDOWN_SEEN | (__u32)ctx[2]);
}

SEC("?raw_tp/xfs_force_shutdown")
int xfs_shutdown_raw(unsigned long long *ctx)
{
	return RUN(HOOK_FS_XFS, xfs_shutdown(ctx));
}
