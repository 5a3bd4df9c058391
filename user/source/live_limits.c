/* SPDX-License-Identifier: BSD-2-Clause */
/* live_limits.c - which cgroups have an io.max for a disk; see live_limits.h. */
#include "source/live_limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "source/io_max.h"
#include "small_file.h"

#define WALK_NS	    (20 * 1000000000ULL)
#define CGROUPS_MAX 4096
#define DEPTH_MAX   8

static const char *root(void)
{
	struct stat st;

	/* Where systemd mounts version 2 beside version 1. */
	return stat("/sys/fs/cgroup/unified", &st) == 0 ? "/sys/fs/cgroup/unified"
							: "/sys/fs/cgroup";
}

static void look_at(struct live_limits *l, const char *path)
{
	struct event_io_limit limit;
	char file[600], text[4096];
	const char *at = text;
	struct stat st;

	snprintf(file, sizeof(file), "%s/io.max", path);
	if (small_file_read(AT_FDCWD, file, text, sizeof(text)) <= 0 || !io_max_next(&at, &limit))
		return;
	if (l->n == LIVE_LIMITS_MAX || strlen(path) >= sizeof(l->item[0].path))
		return;
	text_copy(l->item[l->n].path, sizeof(l->item[0].path), path);
	l->item[l->n++].id = stat(path, &st) == 0 ? st.st_ino : 0;
}

static void walk(struct live_limits *l, const char *path, unsigned int depth)
{
	const struct dirent *entry;
	char below[512];
	DIR *dir;

	if (depth == DEPTH_MAX || l->visited++ == CGROUPS_MAX)
		return;
	look_at(l, path);
	dir = opendir(path);
	while (dir && l->visited < CGROUPS_MAX && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
		    (int)sizeof(below))
			walk(l, below, depth + 1);
	}
	if (dir)
		closedir(dir);
}

static void tell(const struct limited_cgroup *cgroup, __u32 dev, struct emit *emit)
{
	struct event_io_limit event = {0};
	size_t skip = strlen(root()), length;
	char file[600], text[4096];
	const char *at = text, *name;

	snprintf(file, sizeof(file), "%s/io.max", cgroup->path);
	small_file_read(AT_FDCWD, file, text, sizeof(text));
	while (io_max_next(&at, &event) && event.dev != dev)
		event.dev = 0;
	if (event.dev != dev)
		return;
	snprintf(file, sizeof(file), "%s/io.pressure", cgroup->path);
	small_file_read(AT_FDCWD, file, text, sizeof(text));
	event.pressure_us = io_pressure_total(text);
	event.cgroup_id = cgroup->id;
	name = cgroup->path + skip;
	length = strlen(name);
	if (length >= sizeof(event.cgroup))
		name += length - (sizeof(event.cgroup) - 1);
	text_copy(event.cgroup, sizeof(event.cgroup), name);
	EMIT(emit, EVENT_IO_LIMIT, &event);
}

int live_limits_poll(struct live_limits *limits, __u32 dev, struct emit *emit)
{
	if (!limits->walked_ns || emit->now_ns - limits->walked_ns >= WALK_NS) {
		limits->n = limits->visited = 0;
		walk(limits, root(), 0);
		limits->walked_ns = emit->now_ns;
	}
	for (unsigned int i = 0; i < limits->n && !emit->failed; i++)
		tell(&limits->item[i], dev, emit);
	return emit->failed;
}
