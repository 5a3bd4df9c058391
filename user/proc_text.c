/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_text.c - what the texts of /proc/PID say of a process; see proc_text.h. */
#include "proc_text.h"

#include <stdlib.h>
#include <string.h>

#include "small_file.h"

/* Counted after the name: state is 0, ppid 1, flags 6 ... starttime 19 (proc(5): fields 3, 4, 9, 22). */
#define STAT_PPID  1
#define STAT_FLAGS 6
#define STAT_START 19

bool proc_stat_parse(const char *text, struct proc_stat *ret_stat)
{
	/* The name may hold blanks, brackets, newlines: it ends at the last ")". */
	const char *open = strchr(text, '('), *close = strrchr(text, ')'), *p;
	struct proc_stat stat = {.ppid = 0};
	size_t n;

	if (!open || !close || close < open)
		return false;
	n = (size_t)(close - open - 1);
	if (n > sizeof(stat.comm) - 1)
		n = sizeof(stat.comm) - 1;
	memcpy(stat.comm, open + 1, n);
	p = close + 1;
	for (unsigned int i = 0; i <= STAT_START; i++) {
		if (*p++ != ' ')
			return false;
		if (i == 0)
			stat.state = *p;
		if (i == STAT_PPID)
			stat.ppid = (__u32)strtoul(p, NULL, 10);
		if (i == STAT_FLAGS)
			stat.flags = (__u32)strtoul(p, NULL, 10);
		if (i == STAT_START) {
			if (*p < '0' || *p > '9')
				return false;
			stat.start_ticks = strtoull(p, NULL, 10);
		}
		p += strcspn(p, " ");
	}
	*ret_stat = stat;
	return true;
}

__u32 proc_status_uid(const char *text)
{
	/* At a line's start: the name above it is escaped, so it cannot make up a line. */
	const char *line = strstr(text, "\nUid:");

	return line ? (__u32)strtoul(line + 5, NULL, 10) : ~0U;
}

/* One line: "0::/system.slice/x", "4:memory:/x", "1:name=systemd:/x". */
struct cgroup_line {
	bool unified;
	bool systemd;
	const char *path; /* not NUL-terminated */
	size_t length;
};

static bool parse_line(const char *line, size_t length, struct cgroup_line *ret_line)
{
	const char *list = memchr(line, ':', length), *path;

	if (!list)
		return false;
	list++;
	path = memchr(list, ':', length - (size_t)(list - line));
	if (!path)
		return false;
	ret_line->unified = path == list;
	ret_line->systemd = path - list == 12 && memcmp(list, "name=systemd", 12) == 0;
	ret_line->path = path + 1;
	ret_line->length = length - (size_t)(path + 1 - line);
	return true;
}

/* The root tells nothing, a path of the unified hierarchy or of systemd's the most. */
static int worth(const struct cgroup_line *line)
{
	if (line->length <= 1)
		return line->unified ? 1 : 0;
	return line->unified ? 4 : line->systemd ? 3 : 2;
}

void proc_cgroup_path(const char *text, char *to, size_t size, bool *ret_unified)
{
	struct cgroup_line best = {.path = "", .length = 0}, line;
	int best_worth = -1;

	while (*text) {
		size_t n = strcspn(text, "\n");

		if (parse_line(text, n, &line) && worth(&line) > best_worth) {
			best = line;
			best_worth = worth(&line);
		}
		text += n + (text[n] == '\n');
	}
	if (best.length > size - 1)
		best.length = size - 1;
	memcpy(to, best.path, best.length);
	to[best.length] = '\0';
	*ret_unified = best.unified;
}

void proc_container(const char *cgroup_text, char to[16])
{
	size_t run = 0;

	to[0] = '\0';
	for (const char *p = cgroup_text;; p++) {
		if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f')) {
			run++;
			continue;
		}
		if (run == 64) {
			memcpy(to, p - run, 12);
			to[12] = '\0';
			return;
		}
		if (*p == '\0')
			return;
		run = 0;
	}
}

bool proc_start_matches(__u64 start_ticks, __u64 start_ns, long ticks_per_s)
{
	__u64 tick_ns = 1000000000ULL / (__u64)(ticks_per_s > 0 ? ticks_per_s : 100);
	__u64 ticks = start_ns / tick_ns;

	return ticks <= start_ticks + 1 && start_ticks <= ticks + 1;
}
