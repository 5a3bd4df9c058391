/* SPDX-License-Identifier: BSD-2-Clause */
/* unit.h - what the name of a process's unit tells, as events have it: see event_oom_kill in event_system.h. */
#ifndef CULPRIT_RULES_UNIT_H
#define CULPRIT_RULES_UNIT_H

#include <stdbool.h>

#include "rules/text.h"

/* "pod<uid>", "pod<uid>.slice": of Kubernetes. */
bool unit_is_pod(const char *unit);
/* The uid of such a unit as the API writes it (systemd's names have _ for its -); else empty. */
struct text unit_pod_uid(const char *unit);
/* A service or scope of systemd whose name may stand in a command: journalctl -u takes it. */
bool unit_is_systemds(const char *unit);

#endif
