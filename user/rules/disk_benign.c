/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_benign.c - failed requests that are no fault; see disk_benign.h.
 *
 * udev, LVM and multipath read all block devices at each scan: drives that are empty, and the paths to a storage's LUN
 * that lead to the controller which does not serve it (standby, unavailable). Such a path is needed, and its failures are
 * a fault, where no other one leads to the LUN or the multipath device fails requests itself; without a multipath device,
 * where something lies on it, it was written, or it worked within the window.
 */
#include "rules/disk_benign.h"

#include "rules/disk_answer.h"
#include "rules/disk_stack.h"
#include "rules/disk_status.h"

/* Floppy and optical drives (Documentation/admin-guide/devices.txt): whoever looks for what there is, as blkid does,
 * reads empty drives, and past the end of what was written. */
static bool is_drive(const struct disk *disk)
{
	unsigned int major = disk->info.dev >> 20;

	return major == 2 || major == 11;
}

static const struct disk_fault *fault_of(const struct disk *disk, unsigned int op,
					 unsigned int status)
{
	for (unsigned int i = 0; i < disk->n_faults; i++)
		if (disk->fault[i].op == op && disk->fault[i].status == status)
			return &disk->fault[i];
	return NULL;
}

bool disk_path_is_away(const struct disk *disk)
{
	const struct disk_error *e = disk_error_at(disk, 0);
	const struct disk_fault *fault = e ? fault_of(disk, e->op, e->status) : NULL;

	return fault && disk_answer_is_path_state(e) && !disk_requests_after(disk, fault);
}

/* All that are kept say so, of the window, and there are some. */
static bool are_path_states(const struct model *model, const struct disk *disk, unsigned int op,
			    unsigned int status)
{
	const struct frame *frame = model_frame(model);
	__u64 from = window_from_ns(frame->now_ns, frame->disk_window_ns);
	const struct disk_error *e;
	unsigned int n = 0;

	for (unsigned int i = 0; (e = disk_error_at(disk, i)); i++) {
		if (e->ts_ns < from || e->op != op || e->status != status)
			continue;
		if (!disk_answer_is_path_state(e))
			return false;
		n++;
	}
	return n > 0;
}

static bool works(const struct model *model, const struct disk *disk, enum block_op op)
{
	const struct frame *frame = model_frame(model);
	__u64 failed = 0;

	for (unsigned int i = 0; i < disk->n_faults; i++)
		if (disk->fault[i].op == op)
			failed += disk_fault_window(&disk->fault[i], frame, FAULT_HARMFUL) +
				  disk_fault_window(&disk->fault[i], frame, FAULT_HARMLESS);
	return disk_requests_window(disk, frame, op) > failed;
}

static bool is_needed(const struct model *model, const struct disk *disk, enum block_op op)
{
	const struct disks *disks = model_disks(model);
	int others = disk_other_paths(model, disk);
	struct stack_walk up;

	if (others >= 0)
		return others == 0;
	if (op != BLOCK_READ || disks_mount_on(disks, disk->info.dev, 0))
		return true;
	stack_up(disks, disk->info.dev, &up);
	for (unsigned int i = 1; i < up.n; i++) {
		const struct disk *upper = disks_find(disks, up.dev[i]);

		if (upper && !(upper->info.flags & DISK_PARTITION))
			return true;
	}
	return works(model, disk, BLOCK_READ) || works(model, disk, BLOCK_WRITE);
}

bool disk_failures_are_benign(const struct model *model, const struct disk *disk, enum block_op op,
			      enum block_status status)
{
	if (is_drive(disk))
		return true;
	return disk_failure_of(op, status) == FAILURE_IO &&
	       are_path_states(model, disk, op, status) && !is_needed(model, disk, op);
}
