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

UNBUILT(nic_tx_timeout, "nic-tx-timeout", AT_DEVICE,
	"The adapter did not send what it was given within its timeout.",
	"A reset by its driver that was asked for.",
	"Read the kernel log; update the adapter's firmware or replace it.");
