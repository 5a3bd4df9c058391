/* SPDX-License-Identifier: BSD-2-Clause */
/* subjects.h - subjects out of the model's objects. */
#ifndef CULPRIT_SUBJECTS_H
#define CULPRIT_SUBJECTS_H

#include "finding/finding.h"
#include "model/disk.h"
#include "model/model.h"
#include "model/nic.h"
#include "model/peer.h"
#include "model/process.h"

struct subject subject_disk(const struct disk *disk);
/* An md array, as the disk that it is. */
struct subject subject_raid(const struct disk *array);
struct subject subject_mount(const struct disk_mount *mount);
/* A peer by address; port and dir 0 where none is meant. ifindex: how it is reached, for joins. */
struct subject subject_peer(const struct model *model, const __u8 addr[16], __u32 netns, __u16 port,
			    __u8 dir, __u32 ifindex);
/* nic may be NULL: then only its number is known. */
struct subject subject_nic(const struct model *model, const struct nic *nic, __u32 netns,
			   __u32 ifindex);
struct subject subject_process(const struct process *process);

/* The namespace as subjects give it: 0 for our own. */
__u32 subject_netns(const struct model *model, __u32 netns);
/* And back: the inode that the model's keys carry. */
__u32 model_netns(const struct model *model, __u32 subject_netns);

/* The setting "pid": 0 = all processes. */
__u32 asked_pid(const struct model *model);
/* Until when an ask lasts that is made anew at each evaluation: two ticks and some, or a tick that is late would end it. */
__u64 asked_until(const struct model *model);

/* What is stacked so high on an adapter: a bridge on a VLAN of a bond. */
#define NIC_STOREYS 3

/* Of an interface: was anything sent by it, or is it waited for, in the last minutes? All peers may have moved to another
 * one, or nobody wants them any more. Of anything else: true. */
bool nic_is_used(const struct model *model, const struct subject *subject);

/* "eth0", or "if7" where the name is not known. */
const char *nic_label(const struct model *model, __u32 netns, __u32 ifindex, char *buf,
		      size_t size);

#endif
