/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_claim.c - what the rules on the host as a whole share; see machine_claim.h. */
#include "rules/machine_claim.h"

#include <stdio.h>

#include "model/copy.h"

struct subject subject_service(const char *comm, const char *cgroup)
{
	struct subject s = {.type = SUBJECT_PROCESS};

	copy_text(s.comm, sizeof(s.comm), comm, EVENT_COMM_LEN);
	copy_text(s.cgroup, sizeof(s.cgroup), cgroup, 64);
	return s;
}

struct subject subject_this_host(const struct model *model)
{
	struct subject s = {.type = SUBJECT_HOST};
	const struct event_host *host = model_host(model);

	copy_text(s.name, sizeof(s.name), host->hostname, sizeof(host->hostname));
	return s;
}

bool machine_exposed(const struct model *model, char *buf, size_t size)
{
	if (machine_look(model_machine(model), 2))
		return true;
	snprintf(buf, size, "the host's load was looked at less than three times");
	return false;
}

bool machine_exposed_for(const struct model *model, double span_s, char *buf, size_t size)
{
	struct load_span span;

	machine_span(model_machine(model), (__u64)(span_s * 1e9), &span);
	if (span.seconds >= MACHINE_SPAN_SHARE * span_s)
		return true;
	snprintf(buf, size, "the host's load was looked at for %.0f s; this takes %.0f",
		 span.seconds > 0.0 ? span.seconds : 0.0, span_s);
	return false;
}
