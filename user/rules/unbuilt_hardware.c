/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unbuilt_hardware.c - the hardware kinds of the contract that have no judge yet: what they mean,
 * what will speak against them, what to do. A kind leaves this file with its judge.
 */
#include "rules/families.h"

#define UNBUILT(id, name, at, says, speaks_against, then)                                          \
	const struct rule id##_rule = {                                                            \
		.kind = (name),                                                                    \
		.class = CLASS_HARDWARE,                                                           \
		.fault_at = (at),                                                                  \
		.meaning = (says),                                                                 \
		.against = (speaks_against),                                                       \
		.todo = (then),                                                                    \
		.unjudged = "not-implemented",                                                     \
	}

UNBUILT(filesystem_error, "filesystem-error", AT_DEVICE,
	"ext4, XFS or btrfs reports corruption, or shut down.",
	"A disk error under it, which is then the cause.",
	"Check the disk first, then run fsck on the unmounted file system.");

UNBUILT(writeback_lost, "writeback-lost", AT_DEVICE,
	"Dirty pages could not be written: data is lost, and who was told.",
	"An fsync() caller that was told and wrote again.", "Find out which files; restore them.");

UNBUILT(nic_link_down, "nic-link-down", AT_DEVICE, "The link of an adapter is down.",
	"An interface that was set down by hand.", "Check cable and switch port.");

UNBUILT(nic_link_flap, "nic-link-flap", AT_DEVICE,
	"The link of an adapter goes down and up again and again.",
	"Virtual interfaces that come and go with containers.",
	"Check cable, transceiver and switch port.");

UNBUILT(nic_tx_timeout, "nic-tx-timeout", AT_DEVICE,
	"The adapter did not send what it was given within its timeout.",
	"A reset by its driver that was asked for.",
	"Read the kernel log; update the adapter's firmware or replace it.");

UNBUILT(nic_errors, "nic-errors", AT_DEVICE,
	"The adapter counts broken frames (CRC, frame, missed).",
	"A handful at the time of a link change.",
	"Check cable and transceiver: ethtool -S shows which counter rises.");

UNBUILT(memory_error, "memory-error", AT_DEVICE,
	"The memory controller reports errors, corrected or not.", "A rare corrected error.",
	"Replace the module that edac-util names.");

UNBUILT(machine_check, "machine-check", AT_DEVICE, "The processor reports a hardware error.",
	"A corrected one that does not come back.",
	"Read the record with ras-mc-ctl; replace the part.");
