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

#include "event_block.h"
#include "event_frame.h"
#include "event_fs.h"
#include "event_net.h"
#include "event_nic.h"
#include "event_process.h"
#include "event_system.h"
#include "event_tcp.h"

#endif
