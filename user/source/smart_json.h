/* SPDX-License-Identifier: BSD-2-Clause */
/* smart_json.h - what `smartctl --json` wrote, as an event. */
#ifndef CULPRIT_SOURCE_SMART_JSON_H
#define CULPRIT_SOURCE_SMART_JSON_H

#include <stddef.h>

#include <culprit/event.h>

/*
 * Sets outcome, known and the values of `smart`: SMART_READ, SMART_NOTHING, SMART_ASLEEP or SMART_BROKEN. Any
 * bytes may be given: what is of another type than smartctl writes, or out of all reason, is unknown.
 */
void smart_json_parse(const char *text, size_t length, struct event_smart *smart);

#endif
