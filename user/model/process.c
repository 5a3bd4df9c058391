/* SPDX-License-Identifier: BSD-2-Clause */
/* process.c - the processes and their census; see process.h. Breakdowns are in scans.c. */
#include "model/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/copy.h"
#include "model/scans.h"
#include "model/sites.h"

struct process_key {
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
};

static void release(void *ctx, void *value)
{
	struct processes *processes = ctx;
	struct process *p = value;

	if (p->scans)
		processes->scanned--;
	if (p->sites)
		processes->sited--;
	free(p->scans);
	free(p->sites);
	free(p->who);
	free(p->refused);
	free(p->floors);
}

/* When there is no room a process whose count has never changed goes: nothing is known of it but that, and it is
 * told of anew when it changes. */
static bool spare(const void *value)
{
	const struct process *p = value;

	return p->floors || p->scans || p->refused;
}

void processes_init(struct processes *processes)
{
	memset(processes, 0, sizeof(*processes));
	table_init(&processes->table, sizeof(struct process_key), sizeof(struct process),
		   PROCESSES_MAX);
	processes->table.release = release;
	processes->table.ctx = processes;
	processes->table.spare = spare;
}

void processes_done(struct processes *processes)
{
	table_done(&processes->table);
}

const struct process *processes_find(const struct processes *processes, __u32 pid, __u64 start_ns)
{
	struct process_key key = {.start_ns = start_ns, .pid = pid};
	const struct process *p = NULL;

	if (start_ns)
		return table_find(&processes->table, &key);
	while ((p = table_next(&processes->table, p)))
		if (p->pid == pid)
			return p;
	return NULL;
}

const struct process *processes_next(const struct processes *processes,
				     const struct process *process)
{
	return table_next(&processes->table, process);
}

static struct process *process_get(struct processes *processes, __u32 pid, __u64 start_ns)
{
	struct process_key key = {.start_ns = start_ns, .pid = pid};
	struct process *p = table_find(&processes->table, &key);

	if (p) {
		table_touch(&processes->table, p);
		return p;
	}
	if (processes->table.used == processes->table.limit)
		processes->dropped++;
	p = table_add(&processes->table, &key);
	if (!p)
		return NULL;
	p->pid = pid;
	p->start_ns = start_ns;
	return p;
}

/* ---- census ---- */

static void lower(__u32 *floor, __u32 fds)
{
	if (fds < *floor)
		*floor = fds;
}

/* Gives each bucket up to this one its floor: the count that held when it began. */
static void advance(struct process *p, __u64 bucket)
{
	if (bucket > p->bucket + FLOORS * WIDE)
		p->bucket = bucket - FLOORS * WIDE;
	while (p->bucket < bucket) {
		__u64 wide = p->bucket / WIDE;

		p->floors->one[++p->bucket % FLOORS] = p->fds;
		if (p->bucket / WIDE != wide)
			p->floors->wide[p->bucket / WIDE % FLOORS] = p->fds;
	}
}

/* From the first bucket on it held what it holds. */
static bool begin_floors(struct process *p)
{
	p->floors = calloc(1, sizeof(*p->floors));
	if (!p->floors)
		return false;
	p->floors->one[p->bucket_first % FLOORS] = p->fds;
	p->floors->wide[p->bucket_first / WIDE % FLOORS] = p->fds;
	return true;
}

static int apply_fds(struct processes *processes, const struct frame *frame,
		     const struct event_proc_fds *e)
{
	struct process *p = process_get(processes, e->pid, e->start_ns);
	__u64 bucket = frame_bucket(frame, e->h.ts_ns);

	if (!p)
		return -ENOMEM;
	p->cgroup_id = e->cgroup_id;
	p->limit = e->limit;
	p->hard = e->hard;
	p->uid = e->uid;
	p->netns = e->netns;
	copy_text(p->comm, sizeof(p->comm), e->comm, sizeof(e->comm));
	if (!p->counted) {
		p->counted = true;
		p->fds = p->fds_first = e->fds;
		p->first_ns = e->h.ts_ns;
		p->bucket = p->bucket_first = bucket;
		return 0;
	}
	if (e->fds == p->fds && !p->floors)
		return 0;
	if (!p->floors && !begin_floors(p))
		return -ENOMEM;
	advance(p, bucket);
	if (e->fds > p->fds)
		p->grown_ns = e->h.ts_ns;
	p->fds = e->fds;
	lower(&p->floors->one[p->bucket % FLOORS], p->fds);
	lower(&p->floors->wide[p->bucket / WIDE % FLOORS], p->fds);
	return 0;
}

static __u64 present_bucket(const struct process *process, const struct frame *frame)
{
	__u64 bucket = frame_bucket(frame, frame->now_ns);

	return bucket < process->bucket ? process->bucket : bucket;
}

static unsigned int count_buckets(const struct process *process, const struct frame *frame,
				  unsigned int width)
{
	__u64 n;

	if (!process->counted)
		return 0;
	n = present_bucket(process, frame) / width - process->bucket_first / width + 1;
	return n < FLOORS ? (unsigned int)n : FLOORS;
}

unsigned int process_buckets(const struct process *process, const struct frame *frame)
{
	return count_buckets(process, frame, 1);
}

unsigned int process_wides(const struct process *process, const struct frame *frame)
{
	return count_buckets(process, frame, WIDE);
}

__u32 process_floor(const struct process *process, const struct frame *frame, unsigned int back)
{
	__u64 bucket = present_bucket(process, frame);

	bucket = bucket < back ? 0 : bucket - back;
	if (!process->floors || bucket > process->bucket)
		return process->fds;
	return process->floors->one[bucket % FLOORS];
}

bool process_looked(const struct process *process, const struct frame *frame, unsigned int back)
{
	__u64 bucket = present_bucket(process, frame), before;

	bucket = bucket < back ? 0 : bucket - back;
	if (bucket >= frame->looked)
		return back == 0 || bucket == frame->looked;
	before = frame->looked - bucket;
	return before < 64 && (frame->looks >> before & 1);
}

unsigned int process_looks(const struct process *process, const struct frame *frame)
{
	unsigned int n = process_buckets(process, frame), looks = 0;

	for (unsigned int i = 0; i < n; i++)
		looks += process_looked(process, frame, i);
	return looks;
}

__u32 process_wide_floor(const struct process *process, const struct frame *frame,
			 unsigned int back)
{
	__u64 wide = present_bucket(process, frame) / WIDE;

	wide = wide < back ? 0 : wide - back;
	if (!process->floors || wide > process->bucket / WIDE)
		return process->fds;
	return process->floors->wide[wide % FLOORS];
}

/* ---- who ---- */

static int apply_proc(struct processes *processes, const struct event_proc *e)
{
	struct process *p = process_get(processes, e->pid, e->start_ns);
	struct event_proc *who;

	if (!p)
		return -ENOMEM;
	if (!p->who)
		p->who = calloc(1, sizeof(*p->who));
	who = p->who;
	if (!who)
		return -ENOMEM;
	*who = *e;
	copy_text(who->comm, sizeof(who->comm), e->comm, sizeof(e->comm));
	copy_text(who->exe, sizeof(who->exe), e->exe, sizeof(e->exe));
	copy_text(who->cgroup, sizeof(who->cgroup), e->cgroup, sizeof(e->cgroup));
	copy_text(who->container, sizeof(who->container), e->container, sizeof(e->container));
	if (!p->counted) {
		p->uid = e->uid;
		p->netns = e->netns;
		p->cgroup_id = e->cgroup_id;
		copy_text(p->comm, sizeof(p->comm), e->comm, sizeof(e->comm));
	}
	return 0;
}

static void apply_gone(struct processes *processes, const struct event_proc_gone *e)
{
	struct process_key key = {.start_ns = e->start_ns, .pid = e->pid};

	table_remove(&processes->table, &key);
}

/* ---- breakdowns ---- */

/* Room for one more process with breakdowns: the one looked at longest ago gives its own up. */
static void make_room(struct processes *processes)
{
	struct process *p = NULL, *oldest = NULL;

	if (processes->scanned < SCANNED_MAX)
		return;
	while ((p = table_next(&processes->table, p)))
		if (p->scans && (!oldest || scans_last_ns(p->scans) < scans_last_ns(oldest->scans)))
			oldest = p;
	if (!oldest)
		return;
	free(oldest->scans);
	oldest->scans = NULL;
	processes->scanned--;
}

static int apply_scan(struct processes *processes, const struct event *event)
{
	const struct event_fd_group *group = (const struct event_fd_group *)event;
	const struct event_fd_scan *end = (const struct event_fd_scan *)event;
	bool is_end = event->type == EVENT_FD_SCAN;
	struct process *p = process_get(processes, is_end ? end->pid : group->pid,
					is_end ? end->start_ns : group->start_ns);

	if (!p)
		return -ENOMEM;
	if (!p->scans) {
		make_room(processes);
		p->scans = calloc(1, sizeof(*p->scans));
		if (!p->scans)
			return -ENOMEM;
		processes->scanned++;
	}
	if (is_end)
		scans_end(p->scans, end);
	else
		scans_group(p->scans, group);
	return 0;
}

/* Room for one more process with call sites: the one armed longest ago gives its own up. */
static void make_site_room(struct processes *processes)
{
	struct process *p = NULL, *oldest = NULL;

	if (processes->sited < SCANNED_MAX)
		return;
	while ((p = table_next(&processes->table, p)))
		if (p->sites && (!oldest || p->sites->armed.h.ts_ns < oldest->sites->armed.h.ts_ns))
			oldest = p;
	if (!oldest)
		return;
	free(oldest->sites);
	oldest->sites = NULL;
	processes->sited--;
}

static int apply_sites(struct processes *processes, const struct event *event)
{
	const struct event_fd_site *site = (const struct event_fd_site *)event;
	const struct event_fd_armed *armed = (const struct event_fd_armed *)event;
	const struct event_fd_stack *stack = (const struct event_fd_stack *)event;
	__u32 pid = event->type == EVENT_FD_SITE    ? site->pid
		    : event->type == EVENT_FD_ARMED ? armed->pid
						    : stack->pid;
	/* The start follows the header in each of them. */
	struct process *p = process_get(processes, pid, site->start_ns);

	if (!p)
		return -ENOMEM;
	if (!p->sites) {
		make_site_room(processes);
		p->sites = calloc(1, sizeof(*p->sites));
		if (!p->sites)
			return -ENOMEM;
		processes->sited++;
	}
	sites_apply(p->sites, event);
	return 0;
}

/* ---- refused descriptors ---- */

static void take_refused(struct refusals *r, const struct event_fd_refused *e)
{
	__u64 more;

	if (e->since_ns != r->since_ns) {
		r->since_ns = e->since_ns;
		r->seen = 0;
	}
	r->told_ns = e->h.ts_ns;
	more = e->refused > r->seen ? e->refused - r->seen : 0;
	r->seen = e->refused;
	if (!more)
		return;
	if (!r->last_ns || e->last_ns > r->last_ns + REFUSED_PAUSE_NS) {
		r->count = r->looks = 0;
		r->first_ns = e->h.ts_ns;
	}
	r->count += more;
	r->looks++;
	r->last_ns = e->last_ns;
	r->last_pid = e->last_pid;
	copy_text(r->last_comm, sizeof(r->last_comm), e->last_comm, sizeof(e->last_comm));
}

/* A process that is gone by now is not made anew. */
static int apply_refused(struct processes *processes, const struct event_fd_refused *e)
{
	struct process_key key = {.start_ns = e->start_ns, .pid = e->pid};
	struct process *p;

	if (!e->pid) {
		take_refused(&processes->refused, e);
		return 0;
	}
	p = table_find(&processes->table, &key);
	if (!p)
		return 0;
	if (!p->refused)
		p->refused = calloc(1, sizeof(*p->refused));
	if (!p->refused)
		return -ENOMEM;
	take_refused(p->refused, e);
	return 0;
}

int processes_apply(struct processes *processes, const struct frame *frame,
		    const struct event *event)
{
	switch (event->type) {
	case EVENT_PROC:
		return apply_proc(processes, (const struct event_proc *)event);
	case EVENT_PROC_FDS:
		return apply_fds(processes, frame, (const struct event_proc_fds *)event);
	case EVENT_PROC_GONE:
		apply_gone(processes, (const struct event_proc_gone *)event);
		return 0;
	case EVENT_FILE_TABLE:
		processes->file_table = *(const struct event_file_table *)event;
		return 0;
	case EVENT_FD_SITE:
	case EVENT_FD_ARMED:
	case EVENT_FD_STACK:
		return apply_sites(processes, event);
	case EVENT_FD_REFUSED:
		return apply_refused(processes, (const struct event_fd_refused *)event);
	case EVENT_FD_GROUP:
	case EVENT_FD_SCAN:
		return apply_scan(processes, event);
	default:
		return 0;
	}
}
