/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk_stuck.c - disk-stuck-io: requests are in flight and the device answers none, for seconds.
 *
 * Two ways to be stuck: nothing completes at all for `stuck_s`, or one request stays in flight for `lost_s`
 * while others complete. Both were seen at two looks at least.
 *
 * Basis: measured, against the disk's own past (it completed requests before in this run), else inferred.
 * Confidence:
 *	c = 0.95 - 0.15 * t / a		t: the threshold that was crossed; a: the oldest's age
 *	(inferred: 0.70 - 0.15 * t / a)
 * times, for what speaks against:
 *	0.92	the requests themselves could not be looked at: that nothing completes is by /proc/diskstats
 *	0.80	a virtual disk (loop, dm, md): what is under it is meant
 *	0.85	no other disk completed anything meanwhile: the host may have stood still, or their way is shared
 *
 * Not stuck: discards, formats and other commands that may take long, and what waits behind one (`behind_s`; where the
 * requests can be seen); a rotating disk that was at rest and spins up (`spin_up_s`); bios that blk-throttle holds back, which are
 * not in flight; a virtual disk over one that is stuck itself.
 *
 * Severity: critical when a file system is mounted on it or tasks wait in state D (service is refused now),
 * else warning.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rules/disk_full.h"
#include "rules/disk_load.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

#define S_NS 1000000000ULL
/* A disk that did nothing for so long may have been put to rest. */
#define REST_NS (60 * S_NS)

static const struct threshold stuck_s = {
	"disk-stuck-io.stuck_s", 3, "s",
	"no device in order, however busy, completes nothing at all for three seconds"};
static const struct threshold lost_s = {
	"disk-stuck-io.lost_s", 10, "s",
	"others complete, so the device lives: a single request may wait long behind them, but not ten "
	"seconds"};
static const struct threshold spin_up_s = {
	"disk-stuck-io.spin_up_s", 20, "s",
	"a rotating disk at rest takes up to twenty seconds to spin up for its first request"};
static const struct threshold behind_s = {
	"disk-stuck-io.behind_s", 30, "s",
	"behind a discard of a whole disk, a format or a sanitizing others wait; the kernel gives a command that long"};

struct stuck {
	const struct disk *disk;
	__u64 age_ns;
	double limit_s;
	bool all;     /* nothing completes; else one request is lost */
	bool control; /* it completed requests before, in this run */
	bool behind;  /* a discard or the like is in flight too: others may wait for it */
};

static bool may_spin_up(const struct disk *disk)
{
	return disk->info.flags & DISK_ROTATIONAL && disk->queue->idle_before_ns >= REST_NS;
}

static bool find_stuck(const struct model *model, const struct disk *disk, struct stuck *s)
{
	const struct disk_queue *q = disk->queue;
	bool walked;

	memset(s, 0, sizeof(*s));
	if (!disk_load_known(disk) || !disk_load_fresh(model, disk) || !q->now.in_flight)
		return false;
	walked = q->now.flags & BLOCK_QUEUE_WALKED;
	/* Commands that may take long, and no other. */
	if (walked && !q->now.age_ns && q->now.others == q->now.in_flight)
		return false;
	s->behind = walked && q->now.lengthy;
	s->disk = disk;
	s->age_ns = disk_queue_age_ns(q, model_now(model));
	s->all = q->still_ns != 0;
	s->control = q->done_ns != 0;
	s->limit_s = model_threshold(model, s->all ? &stuck_s : &lost_s);
	if (s->all && may_spin_up(disk))
		s->limit_s = fmax(s->limit_s, model_threshold(model, &spin_up_s));
	if (s->behind)
		s->limit_s = fmax(s->limit_s, model_threshold(model, &behind_s));
	if (!s->all && (!walked || q->same < 2))
		return false;
	return (double)s->age_ns >= s->limit_s * (double)S_NS;
}

/* A disk with hardware of its own that is stuck: what is stacked on it waits with it. */
static bool any_under(const struct model *model)
{
	const struct disk *disk = NULL;
	struct stuck s;

	while ((disk = disks_next(model_disks(model), disk)))
		if (!(disk->info.flags & DISK_VIRTUAL) && find_stuck(model, disk, &s))
			return true;
	return false;
}

/* Disks that completed something since this one stopped. */
static unsigned int others_moving(const struct model *model, const struct stuck *s)
{
	const struct disk *disk = NULL;
	unsigned int n = 0;

	while ((disk = disks_next(model_disks(model), disk)))
		n += disk != s->disk && disk_load_known(disk) &&
		     disk->queue->done_ns + s->age_ns > model_now(model);
	return n;
}

static double against(struct claim *claim, const struct model *model, const struct stuck *s)
{
	const struct disk_queue *q = s->disk->queue;
	unsigned int moving = others_moving(model, s);
	double factor = 1.0;

	if (!(q->now.flags & BLOCK_QUEUE_WALKED)) {
		factor *= 0.92;
		claim_text(claim, ROLE_AGAINST,
			   "its requests could not be seen: by /proc/diskstats only");
		claim->evidence[claim->n_evidence - 1].supports = false;
	}
	if (s->disk->info.flags & DISK_VIRTUAL) {
		factor *= 0.80;
		claim_text(claim, ROLE_AGAINST, "%.20s is virtual: what is under it is meant",
			   s->disk->info.name);
		claim->evidence[claim->n_evidence - 1].supports = false;
	}
	if (moving)
		claim_evidence(claim, ROLE_CONTROL, true, "disk.others.moving", moving, "{disk}",
			       "%s completed requests meanwhile",
			       text_plural(moving, "other disk").s);
	else if (s->all)
		factor *= 0.85;
	if (!moving && s->all)
		claim_evidence(claim, ROLE_AGAINST, false, "disk.others.moving", 0, "{disk}",
			       "no other disk completed anything meanwhile");
	return factor;
}

static void counts(struct claim *claim, const struct stuck *s)
{
	const struct event_block_queue *now = &s->disk->queue->now;
	__u64 before = disk_queue_done(now) - disk_queue_done(&s->disk->queue->first);

	if (now->flags & BLOCK_QUEUE_WALKED)
		claim_evidence(claim, ROLE_FOR, true, "disk.in_flight", now->in_flight, "{request}",
			       "%s in flight: %u reads, %u writes, %u others",
			       text_plural(now->in_flight, "request").s,
			       now->in_flight - now->writes - now->others, now->writes,
			       now->others);
	else
		claim_evidence(claim, ROLE_FOR, true, "disk.in_flight", now->in_flight, "{request}",
			       "%s in flight", text_plural(now->in_flight, "request").s);
	claim_evidence(claim, ROLE_FOR, true, "disk.oldest_wait", (double)s->age_ns / 1e9, "s",
		       s->all ? "nothing completed for %.1f s"
			      : "the oldest waits for %.1f s while others complete",
		       (double)s->age_ns / 1e9);
	if (s->control)
		claim_evidence(claim, ROLE_CONTROL, true, "disk.requests.before", (double)before,
			       "{request}", "it completed %s before",
			       text_plural(before, "request").s);
	if (now->held)
		claim_evidence(claim, ROLE_UNKNOWN, true, "disk.held", now->held, "{bio}",
			       "%u more are held back by a cgroup limit", now->held);
}

/* Who waits in state D: on this disk as far as anyone can tell. How many. */
static unsigned int victims(struct claim *claim, const struct model *model)
{
	const struct disk_waits *waits = &model_disks(model)->waits;
	const struct event_task_blocked *task;
	unsigned int i, told = 0;

	for (i = 0; (task = disk_waits_task(waits, model_now(model), LOOK_FRESH_NS, i)); i++) {
		struct subject who = {
			.type = SUBJECT_PROCESS, .pid = task->pid, .start_ns = task->start_ns};
		const struct process *p = NULL;

		/* Kernel threads work for others: they are nobody's victim. */
		if (strncmp(task->comm, "kworker/", 8) == 0)
			continue;
		while ((p = processes_next(model_processes(model), p)))
			if (p->pid == task->pid)
				who = subject_process(p);
		if (!who.comm[0])
			memcpy(who.comm, task->comm, sizeof(who.comm));
		if (!told++)
			claim_text(claim, ROLE_VICTIM, "%s waits in state D, of %u that do",
				   text_process(task->comm, task->pid).s, task->total);
		claim_affects(claim, &who);
	}
	return told;
}

static void claim_stuck(const struct model *model, const struct stuck *s,
			const struct judgement *judgement)
{
	struct subject subject = subject_disk(s->disk);
	double ceiling = s->control ? 0.95 : 0.70;
	unsigned int mounts, waiting;
	struct claim claim;

	claim_init(&claim, &disk_stuck_io_rule, &subject);
	claim.basis = s->control ? BASIS_MEASURED : BASIS_INFERRED;
	claim.count = s->disk->queue->now.in_flight;
	claim.window_ns = s->age_ns;
	claim.first_ns = model_now(model) - s->age_ns;
	claim.last_ns = model_now(model);
	mounts = disk_load_context(&claim, model, s->disk);
	waiting = victims(&claim, model);
	claim.severity = mounts || waiting ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	counts(&claim, s);
	claim.confidence =
		confidence_round((ceiling - 0.15 * s->limit_s * 1e9 / (double)s->age_ns) *
				 against(&claim, model, s));
	claim_message(&claim,
		      s->all ? "DISK: %.20s does not answer; %s in flight for %.0f s."
			     : "DISK: %.20s lost a request; %s in flight, one for %.0f s.",
		      subject.name, text_plural(s->disk->queue->now.in_flight, "request").s,
		      (double)s->age_ns / 1e9);
	if (text_is_plain_word(subject.name))
		claim_advice(&claim, false, "See what the kernel says of it", "dmesg | grep -w %s",
			     subject.name);
	claim_advice(&claim, false, "See who waits, and for what", "ps -eo pid,stat,wchan,comm");
	snprintf(claim.call, sizeof(claim.call),
		 "whoever runs the disk, its adapter or its storage");
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct disk *disk = NULL;
	bool under = any_under(model);
	struct stuck s;

	while ((disk = disks_next(model_disks(model), disk))) {
		if (disk->info.flags & DISK_VIRTUAL && under)
			continue;
		if (find_stuck(model, disk, &s) && !thin_full_holds(model, disk))
			claim_stuck(model, &s, judgement);
	}
}

/* It completed requests since, and none is old. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct disk *disk = disks_find(model_disks(model), subject->dev);
	const struct disk_queue *q = disk ? disk->queue : NULL;

	return q && q->done_ns > since_ns && !q->still_ns &&
	       (!q->now.in_flight || disk_queue_age_ns(q, model_now(model)) < S_NS);
}

static const struct threshold *const thresholds[] = {&stuck_s, &lost_s, &spin_up_s, &behind_s,
						     NULL};

const struct rule disk_stuck_io_rule = {
	.kind = "disk-stuck-io",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "Requests are in flight for seconds, and the device answers none of them.",
	.against =
		"Requests that cannot be seen themselves; a virtual disk; no other disk that moves "
		"meanwhile. Discards, spin-up and what a cgroup limit holds back do not count.",
	.todo = "See which tasks wait (state D); read the kernel log for resets of the device or its path.",
	.needs = {PROBE_BLOCK},
	.tables = {"source.queues", "model.disks"},
	.thresholds = thresholds,
	.exposed = disk_load_exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 2,
};
