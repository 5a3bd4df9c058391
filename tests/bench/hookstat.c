/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hookstat - what each BPF program of a process costs, beside empty programs of the same type.
 *
 * Attaches empty tp_btf programs to the tracepoints below and holds an empty iter/task. Reads
 * commands on stdin: "on" and "off" switch the kernel's run-time statistics (through a descriptor,
 * so that they end with this process however it ends), "iter" runs the empty iterator, "stat PID"
 * prints one line a program of PID and of our own:
 *
 *   prog PID ID LINK-TYPE TARGET NAME RUNS RUN-NS
 *
 * and a closing ".". Ends at end of file, or after the given seconds.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PROGS   256
#define ITER_PASSES 20

struct prog {
	unsigned int id;
	char link[24];	 /* type of its link; "-" while it has none */
	char target[64]; /* tracepoint, or kind of iterator; "-" when the kernel does not say */
};

struct progs {
	struct prog at[MAX_PROGS];
	unsigned int count;
};

static int die(const char *what)
{
	fprintf(stderr, "hookstat: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A program that only returns 0, loaded for one BTF target; returns its descriptor. */
static int load_empty(const char *name, const char *target, enum bpf_attach_type type)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type);
	int id = libbpf_find_vmlinux_btf_id(target, type);
	int fd;

	if (id < 0) {
		errno = -id;
		die(target);
	}
	opts.attach_btf_id = (unsigned int)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, name, "Dual BSD/GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), &opts);
	return fd < 0 ? die(name) : fd;
}

static void attach_empty(const char *name, const char *target)
{
	if (bpf_raw_tracepoint_open(NULL, load_empty(name, target, BPF_TRACE_RAW_TP)) < 0)
		die(target);
}

static int link_empty_iter(void)
{
	int fd = bpf_link_create(load_empty("empty_iter", "task", BPF_TRACE_ITER), 0,
				 BPF_TRACE_ITER, NULL);

	return fd < 0 ? die("empty_iter") : fd;
}

static void run_iter(int link_fd)
{
	char buf[4096];

	for (int i = 0; i < ITER_PASSES; i++) {
		int fd = bpf_iter_create(link_fd);

		if (fd < 0)
			die("bpf_iter_create");
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
}

static void add_prog(struct progs *progs, const struct prog *found)
{
	struct prog *prog = NULL;

	for (unsigned int i = 0; i < progs->count; i++)
		if (progs->at[i].id == found->id)
			prog = &progs->at[i];
	if (!prog) {
		if (progs->count == MAX_PROGS)
			return;
		prog = &progs->at[progs->count++];
		*prog = (struct prog){.id = found->id, .link = "-", .target = "-"};
	}
	if (*found->link)
		snprintf(prog->link, sizeof(prog->link), "%s", found->link);
	if (*found->target)
		snprintf(prog->target, sizeof(prog->target), "%s", found->target);
}

/* The program that one descriptor of a process is, or is a link to. */
static void read_fdinfo(struct progs *progs, const char *path)
{
	struct prog found = {0};
	char line[256];
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "link_type: %23s", found.link);
		sscanf(line, "prog_id: %u", &found.id);
		sscanf(line, "tp_name: %63s", found.target);
		sscanf(line, "target_name: %63s", found.target);
	}
	fclose(f);
	if (found.id)
		add_prog(progs, &found);
}

static void print_prog(int pid, const struct prog *prog)
{
	struct bpf_prog_info info = {0};
	unsigned int len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog->id);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		printf("prog %d %u %s %s %s %llu %llu\n", pid, prog->id, prog->link, prog->target,
		       info.name, (unsigned long long)info.run_cnt,
		       (unsigned long long)info.run_time_ns);
	close(fd);
}

static void print_stats(int pid)
{
	static struct progs progs;
	char path[64 + 256];
	struct dirent *entry;
	DIR *dir;

	progs.count = 0;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, entry->d_name);
		read_fdinfo(&progs, path);
	}
	closedir(dir);
	for (unsigned int i = 0; i < progs.count; i++)
		print_prog(pid, &progs.at[i]);
}

static int command(const char *line, int iter_fd, int *stats_fd)
{
	int pid;

	if (!strcmp(line, "on\n") && *stats_fd < 0) {
		*stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (*stats_fd < 0)
			die("switch the run-time statistics on");
	} else if (!strcmp(line, "off\n") && *stats_fd >= 0) {
		close(*stats_fd);
		*stats_fd = -1;
	} else if (!strcmp(line, "iter\n")) {
		run_iter(iter_fd);
	} else if (sscanf(line, "stat %d", &pid) == 1) {
		print_stats(getpid());
		print_stats(pid);
	} else {
		fprintf(stderr, "hookstat: what is %s", line);
		return 1;
	}
	puts(".");
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[64];
	int iter_fd, stats_fd = -1;

	if (argc != 2 || atoi(argv[1]) <= 0) {
		fprintf(stderr, "usage: hookstat SECONDS\n");
		return 2;
	}
	alarm((unsigned int)atoi(argv[1]));
	attach_empty("empty_issue", "block_rq_issue");
	attach_empty("empty_complete", "block_rq_complete");
	attach_empty("empty_state", "inet_sock_set_state");
	attach_empty("empty_retrans", "tcp_retransmit_skb");
	iter_fd = link_empty_iter();
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		if (command(line, iter_fd, &stats_fd))
			return 1;
	return 0;
}
