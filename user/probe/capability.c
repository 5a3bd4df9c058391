/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capability.c - CAP_BPF loads programs and maps, CAP_PERFMON lets them read kernel memory and attach
 * to tracepoints (both since Linux 5.8); CAP_SYS_ADMIN still stands for both. Having them is not enough: in a user
 * namespace they do not count, and seccomp or a lockdown may refuse bpf(2) to anybody.
 */
#include "probe/capability.h"

#include <errno.h>
#include <stdbool.h>

#include <linux/bpf.h>
#include <sys/capability.h>
#include <unistd.h>

#include <bpf/bpf.h>

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

/* The smallest program of a type that needs both: "return 0". */
static int try_load(struct err *err)
{
	static const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "trial", "Dual BSD/GPL", program,
			       sizeof(program) / sizeof(program[0]), NULL);

	if (fd >= 0)
		close(fd);
	if (fd == -EPERM || fd == -EACCES)
		return err_set(
			err, fd,
			"the kernel refuses BPF programs though the capabilities are there: a user namespace "
			"(rootless container), seccomp or lockdown; run it as root of the host");
	/* Whatever else is wrong, each probe says. */
	return 0;
}

int capability_check(struct err *err)
{
	cap_t caps = cap_get_proc();
	unsigned int i;
	int ret = 0;

	if (!caps)
		return err_set(err, -errno, "cannot read this process's capabilities");
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]) && ret == 0; i++)
		if (!have(caps, needed[i].cap) && !have(caps, CAP_SYS_ADMIN))
			ret = err_set(
				err, -EPERM,
				"missing capability %s: run it as root, or give it CAP_BPF and CAP_PERFMON",
				needed[i].name);
	cap_free(caps);
	return ret ? ret : try_load(err);
}
