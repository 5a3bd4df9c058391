/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capability.c - CAP_BPF loads programs and maps, CAP_PERFMON lets them read kernel memory and attach
 * to tracepoints (both since Linux 5.8); CAP_SYS_ADMIN still stands for both.
 */
#include "probe/capability.h"

#include <errno.h>
#include <stdbool.h>

#include <sys/capability.h>

static const struct {
	cap_value_t cap;
	const char *name;
} needed[] = {
	{CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},
};

static bool have(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

int capability_check(struct err *err)
{
	cap_t caps = cap_get_proc();
	unsigned int i;
	int ret = 0;

	if (!caps)
		return err_set(err, errno, "cannot read this process's capabilities");
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]) && ret == 0; i++)
		if (!have(caps, needed[i].cap) && !have(caps, CAP_SYS_ADMIN))
			ret = err_set(
				err, -EPERM,
				"missing capability %s: run it as root, or give it CAP_BPF and CAP_PERFMON",
				needed[i].name);
	cap_free(caps);
	return ret;
}
