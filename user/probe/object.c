/* SPDX-License-Identifier: BSD-2-Clause */
/* object.c - one BPF object with its probes; see object.h. */
#include "probe/object.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
/* The skeletons hold the sections `.data.control`. */
#include <culprit/map_block.h>
#include <culprit/map_files.h>
#include <culprit/map_system.h>
#include <culprit/map_tcp.h>

#include "block.skel.h"
#include "dns.skel.h"
#include "files.skel.h"
#include "fs.skel.h"
#include "leak.skel.h"
#include "probe/noise.h"
#include "probe/tls_elf.h"
#include "refused.skel.h"
#include "system.skel.h"
#include "tcp.skel.h"
#include "tls.skel.h"

/* Maps of a throw-away object need no room. */
#define TRIAL_ENTRIES 16
#define TRIAL_RING    4096

/* The kernel's word for what it cannot do on this architecture (include/linux/errno.h); no errno of user space. */
#define ENOTSUPP 524

static const struct {
	const char *name;
	const void *(*elf)(size_t *size);
} objects[PROBE_OBJECTS] = {
	[OBJECT_TCP] = {"tcp", tcp_bpf__elf_bytes},
	[OBJECT_BLOCK] = {"block", block_bpf__elf_bytes},
	[OBJECT_FILES] = {"files", files_bpf__elf_bytes},
	[OBJECT_LEAK] = {"leak", leak_bpf__elf_bytes},
	[OBJECT_FS] = {"fs", fs_bpf__elf_bytes},
	[OBJECT_SYSTEM] = {"system", system_bpf__elf_bytes},
	[OBJECT_DNS] = {"dns", dns_bpf__elf_bytes},
	[OBJECT_REFUSED] = {"refused", refused_bpf__elf_bytes},
	[OBJECT_TLS] = {"tls", tls_bpf__elf_bytes},
};

const char *object_name(enum probe_object which)
{
	return objects[which].name;
}

static const struct way *way_of(const struct probe_run *run)
{
	return run->way < 0 ? NULL : &run->row->ways[run->way];
}

/* The next way from `from` on that may be tried, or -1. */
static int next_way(const struct probe_run *run, int from)
{
	const struct way *way;
	int i;

	for (i = from; i < PROBE_WAYS; i++) {
		way = &run->row->ways[i];
		if (!way->type)
			break;
		if (!(run->absent & (1U << i)) && (!run->only || strcmp(run->only, way->type) == 0))
			return i;
	}
	return -1;
}

/* The way failed: says so (the first failure counts, it is the best way's) and takes the next. */
static void way_failed(struct probe_run *run, int code)
{
	const struct way *way = way_of(run);
	char line[80];

	noise_line(line, sizeof(line));
	if (!run->reason[0])
		snprintf(run->reason, sizeof(run->reason), "%s: %s", way->type,
			 code == -ENOTSUPP ? "this kernel has it not on this architecture"
			 : line[0]	   ? line
					   : strerror(-code));
	run->way = next_way(run, run->way + 1);
	/* What no class rests on may well not be there (a machine without machine checks, a module that is not
	 * loaded): culprit probes says so, in one line. */
	if (run->way < 0 && run->row->needed_by[0])
		noise_show();
	noise_clear();
}

static int prepare_maps(struct bpf_object *bpf, const struct object_options *options, bool trial)
{
	struct bpf_map *map;
	int ret;

	map = bpf_object__find_map_by_name(bpf, ".rodata.config");
	ret = bpf_map__set_initial_value(map, &options->config, sizeof(options->config));
	if (ret)
		return ret;
	map = bpf_object__find_map_by_name(bpf, "block_stats");
	if (map)
		bpf_map__set_max_entries(map, options->block_stats_max);
	map = bpf_object__find_map_by_name(bpf, "listen_zero");
	if (map && options->listen_zero_fd >= 0 && !trial)
		return bpf_map__reuse_fd(map, options->listen_zero_fd);
	if (!trial)
		return 0;
	bpf_object__for_each_map(map, bpf)
	{
		if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
			bpf_map__set_max_entries(map, TRIAL_RING);
		else if (bpf_map__type(map) != BPF_MAP_TYPE_PERCPU_ARRAY &&
			 bpf_map__max_entries(map) > TRIAL_ENTRIES)
			bpf_map__set_max_entries(map, TRIAL_ENTRIES);
	}
	return 0;
}

/* Opens the object and loads it with the chosen ways of its runs, or with that of `alone` only. */
static int load(enum probe_object which, struct probe_run *runs, const struct probe_run *alone,
		const struct object_options *options, struct bpf_object **ret_bpf)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = objects[which].name);
	struct bpf_program *program;
	struct bpf_object *bpf;
	const void *elf;
	size_t size;
	int i, ret;

	elf = objects[which].elf(&size);
	bpf = bpf_object__open_mem(elf, size, &open_options);
	if (!bpf)
		return -errno;
	ret = prepare_maps(bpf, options, alone != NULL);
	for (i = 0; i < PROBE_ROWS && ret == 0; i++) {
		if (runs[i].row->object != which || runs[i].way < 0 || (alone && alone != &runs[i]))
			continue;
		if (runs[i].refused && strcmp(runs[i].refused, way_of(&runs[i])->type) == 0)
			ret = -EPERM;
		if (ret)
			break;
		program = bpf_object__find_program_by_name(bpf, way_of(&runs[i])->program);
		ret = program ? bpf_program__set_autoload(program, true) : -ENOENT;
	}
	if (ret == 0)
		ret = bpf_object__load(bpf);
	if (ret) {
		bpf_object__close(bpf);
		return ret;
	}
	*ret_bpf = bpf;
	return 0;
}

/* A program that is run and never attached: with nothing to look at it does nothing. */
static int try_run(const struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	return bpf_prog_test_run_opts(bpf_program__fd(program), &options) ? -errno : 0;
}

/* Are probes of user space allowed? Tried where it hurts nobody: where this program itself began. */
static struct bpf_link *try_uprobe(const struct bpf_program *program)
{
	unsigned long long entry = elf_entry_offset("/proc/self/exe");

	if (!entry) {
		errno = ENOEXEC;
		return NULL;
	}
	return bpf_program__attach_uprobe(program, true, getpid(), "/proc/self/exe", entry);
}

/* Attaches one; an on-demand one is detached again at once: it is known to work. */
static int attach(struct bpf_object *bpf, struct probe_run *run)
{
	struct bpf_link *link;

	run->program = bpf_object__find_program_by_name(bpf, way_of(run)->program);
	if (strcmp(way_of(run)->type, "run") == 0)
		return try_run(run->program);
	link = strcmp(way_of(run)->type, "uprobe") == 0 ? try_uprobe(run->program)
							: bpf_program__attach(run->program);
	if (!link)
		return -errno;
	if (run->row->on_demand)
		bpf_link__destroy(link);
	else
		run->link = link;
	return 0;
}

static void detach_all(enum probe_object which, struct probe_run *runs)
{
	int i;

	for (i = 0; i < PROBE_ROWS; i++) {
		if (runs[i].row->object != which)
			continue;
		bpf_link__destroy(runs[i].link);
		runs[i].link = NULL;
		runs[i].program = NULL;
	}
}

/* The kernel does not let us attach to functions: what it said of one holds for all, and each more would be a
 * failed load. */
static void refuse_functions(enum probe_object which, struct probe_run *runs, int code)
{
	for (int i = 0; i < PROBE_ROWS; i++) {
		struct probe_run *run = &runs[i];

		if (run->row->object != which)
			continue;
		for (unsigned int w = 0; w < PROBE_WAYS && run->row->ways[w].type; w++)
			if (way_is_function(&run->row->ways[w]))
				run->absent |= 1U << w;
		if (run->way >= 0 && run->absent & (1U << run->way))
			way_failed(run, code);
	}
}

/* Tries the chosen way of each run alone, and moves those that fail on; false when none failed. */
static bool try_alone(enum probe_object which, struct probe_run *runs,
		      const struct object_options *options)
{
	struct bpf_object *bpf = NULL;
	bool failed = false, is_function;
	int i, ret;

	for (i = 0; i < PROBE_ROWS; i++) {
		if (runs[i].row->object != which || runs[i].way < 0)
			continue;
		noise_clear();
		ret = load(which, runs, &runs[i], options, &bpf);
		if (ret == 0) {
			bpf_object__close(bpf);
			continue;
		}
		is_function = way_is_function(way_of(&runs[i]));
		way_failed(&runs[i], ret);
		if (ret == -EPERM && is_function)
			refuse_functions(which, runs, ret);
		failed = true;
	}
	return failed;
}

/* 1: all chosen ways are attached; 0: some were changed, try again; negative: it cannot be loaded. */
static int attempt(struct object *object, struct probe_run *runs,
		   const struct object_options *options)
{
	bool again = false;
	int i, ret;

	noise_clear();
	ret = load(object->which, runs, NULL, options, &object->bpf);
	if (ret)
		return try_alone(object->which, runs, options) ? 0 : ret;
	for (i = 0; i < PROBE_ROWS; i++) {
		if (runs[i].row->object != object->which || runs[i].way < 0)
			continue;
		noise_clear();
		ret = attach(object->bpf, &runs[i]);
		if (ret == 0)
			continue;
		way_failed(&runs[i], ret);
		again = again || runs[i].way >= 0;
	}
	if (!again)
		return 1;
	detach_all(object->which, runs);
	bpf_object__close(object->bpf);
	object->bpf = NULL;
	return 0;
}

static bool any_left(enum probe_object which, const struct probe_run *runs)
{
	int i;

	for (i = 0; i < PROBE_ROWS; i++)
		if (runs[i].row->object == which && runs[i].way >= 0)
			return true;
	return false;
}

static int on_event(void *ctx, void *data, size_t size)
{
	const struct event *event = data;
	struct object *object = ctx;

	object->delivered++;
	if (size < sizeof(*event) || event->size != size)
		return 0;
	if (event->type == EVENT_BLOCK_IO) {
		const struct event_block_io *io = data;

		if (io->reason == BLOCK_IO_ERROR && !io->readahead && !io->nowait)
			object->urgent++;
	} else if (event->type == EVENT_FS_ERROR) {
		object->urgent++;
	} else if (event->type == EVENT_TCP_CONN) {
		const struct event_tcp_conn *conn = data;

		if (conn->outcome == CONN_REFUSED || conn->outcome == CONN_TIMED_OUT ||
		    conn->outcome == CONN_UNREACHABLE || conn->outcome == CONN_BROKEN)
			object->urgent++;
	}
	if (event->type == EVENT_OOM_KILL || event->type == EVENT_TASK_HANG ||
	    event->type == EVENT_HARDWARE_REPORT || event->type == EVENT_NIC_TIMEOUT)
		object->urgent++;
	return object->fn(object->ctx, event);
}

int object_attach(struct object *object, enum probe_object which, struct probe_run *runs,
		  const struct object_options *options)
{
	int i, fd, ret = 0;

	memset(object, 0, sizeof(*object));
	object->which = which;
	for (i = 0; i < PROBE_ROWS; i++) {
		if (runs[i].row->object != which || runs[i].off)
			continue;
		runs[i].way = next_way(&runs[i], 0);
		if (runs[i].way < 0)
			snprintf(runs[i].reason, sizeof(runs[i].reason), "it has no way %s",
				 runs[i].only);
	}
	/* Each round without success gives up at least one way, so this ends. */
	while (any_left(which, runs)) {
		ret = attempt(object, runs, options);
		if (ret)
			break;
	}
	/* Each loads alone, but not together: nothing is left to give up but all. */
	for (i = 0; ret < 0 && i < PROBE_ROWS; i++)
		while (runs[i].row->object == which && runs[i].way >= 0)
			way_failed(&runs[i], ret);
	if (!object->bpf)
		return 0;
	fd = object_map_fd(object, "ring");
	if (fd < 0)
		return 0;
	object->ring = ring_buffer__new(fd, on_event, object, NULL);
	return object->ring ? 0 : -errno;
}

int object_load(struct object *object, enum probe_object which, struct probe_run *runs,
		const struct object_options *options)
{
	int i, ret;

	memset(object, 0, sizeof(*object));
	object->which = which;
	noise_clear();
	ret = load(which, runs, NULL, options, &object->bpf);
	for (i = 0; i < PROBE_ROWS && ret == 0; i++)
		if (runs[i].row->object == which && runs[i].way >= 0)
			runs[i].program = bpf_object__find_program_by_name(
				object->bpf, way_of(&runs[i])->program);
	return ret;
}

void object_unload(struct object *object, struct probe_run *runs)
{
	detach_all(object->which, runs);
	object_done(object);
}

int object_drain(struct object *object, event_fn fn, void *ctx)
{
	int ret;

	if (!object->ring)
		return 0;
	object->fn = fn;
	object->ctx = ctx;
	object->urgent = 0;
	ret = ring_buffer__consume(object->ring);
	return ret < 0 ? ret : object->urgent;
}

int object_map_fd(const struct object *object, const char *map)
{
	int fd;

	if (!object->bpf)
		return -ENOENT;
	fd = bpf_object__find_map_fd_by_name(object->bpf, map);
	return fd < 0 ? -ENOENT : fd;
}

/* The kernel's own figure, as it shows it for the map's descriptor. */
static unsigned long long memlock_bytes(int fd)
{
	char path[48], line[128];
	unsigned long long bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "memlock:", 8) == 0)
			bytes = strtoull(line + 8, NULL, 10);
	fclose(file);
	return bytes;
}

/* Each is made as large as it can become (none has BPF_F_NO_PREALLOC): asking for all takes a third of an idle tick. */
unsigned long long object_map_bytes(struct object *object)
{
	unsigned long long bytes = object->map_bytes;
	struct bpf_map *map;

	if (object->bpf && !bytes)
		bpf_object__for_each_map(map, object->bpf) bytes += memlock_bytes(bpf_map__fd(map));
	object->map_bytes = bytes;
	return bytes;
}

void object_done(struct object *object)
{
	ring_buffer__free(object->ring);
	bpf_object__close(object->bpf);
	object->ring = NULL;
	object->bpf = NULL;
	object->map_bytes = 0;
}
