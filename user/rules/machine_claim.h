/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_claim.h - what the rules on the host as a whole share: memory.c, cpu.c, hung.c, crash_loop.c. */
#ifndef CULPRIT_MACHINE_CLAIM_H
#define CULPRIT_MACHINE_CLAIM_H

#include "model/machine.h"
#include "rules/rule.h"
#include "rules/subjects.h"

/* A process that is started again and again, whatever its number: by name and cgroup. */
struct subject subject_service(const char *comm, const char *cgroup);
/* Named by its host name. */
struct subject subject_this_host(const struct model *model);
/* Was the host looked at three times? For the rules' exposed(). */
bool machine_exposed(const struct model *model, char *buf, size_t size);
/* The same of a rule that judges the last `span_s` seconds: was it looked at for most of them? */
bool machine_exposed_for(const struct model *model, double span_s, char *buf, size_t size);
/* Most of a span: what the rules need of it. */
#define MACHINE_SPAN_SHARE 0.8

#endif
