/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raid_degraded.c - raid-degraded: an md array runs with fewer members than it is made for.
 *
 * Basis: reported: md itself counts. Confidence, that this is the array and it is a fault and no wish:
 *	0.99	a member is marked faulty, or it was whole when first looked at
 *	0.95	it was degraded before: a slot is empty, and no member says why
 *	0.85	the same, and no disk of this host is known to fail: it may have been made so ("missing")
 *
 * Severity: critical when it serves no data any more (more members gone than its level bears, or md says broken), or
 * when what is left of it has failed writes (md never takes the last one out; 5.10 calls such a RAID1 clean, 6.12 broken),
 * warning while it can lose data with the next disk or waits for a new member, info while it rebuilds:
 * then there is nothing to do but wait; the same while it is reshaped, and what is missing is what it grows by. A check,
 * or a resync of a whole array, is no fault.
 */
#include <stdio.h>
#include <string.h>

#include "rules/disk_errors.h"
#include "rules/disk_stack.h"
#include "rules/families.h"
#include "rules/stats.h"
#include "rules/text.h"

static const struct threshold min_missing = {
	"raid-degraded.min_missing", 1, "{member}",
	"md counts its members itself: with one less than it is made for it has lost what it is for"};

struct state {
	const struct stack_raid *raid;
	const struct disk *disk;
	const struct event_raid_member *faulty; /* NULL: none is marked so */
	const struct event_raid_member *fresh;	/* is being rebuilt, or waits for it */
	unsigned int n_faulty, n_fresh;
	const struct event_raid_member
		*last; /* as raid_last_fails(); NULL too where it is no matter any more */
	unsigned int in_sync;
	unsigned int lost; /* as raid_lost_members() */
	bool failed;	   /* no data any more */
	bool rebuilding;   /* or reshaped: members are being filled, and none is gone */
	bool reshaping;
};

static bool find_state(const struct model *model, const struct stack_raid *raid, struct state *s)
{
	const struct disks *disks = model_disks(model);
	const struct event_raid *now = &raid->now;
	const struct event_raid_member *m;

	memset(s, 0, sizeof(*s));
	s->raid = raid;
	s->disk = disks_find(disks, now->dev);
	if (!s->disk || s->disk->gone || !raid_is_redundant(now))
		return false;
	for (unsigned int i = 0; (m = stack_member(&disks->stack, now->dev, i)); i++) {
		if (m->flags & RAID_MEMBER_FAULTY) {
			s->faulty = s->faulty ? s->faulty : m;
			s->n_faulty++;
		} else if (m->flags & RAID_MEMBER_IN_SYNC) {
			s->in_sync++;
		} else if (m->flags & RAID_MEMBER_SPARE) {
			s->fresh = m;
			s->n_fresh++;
		}
	}
	s->reshaping = strcmp(now->sync_action, "reshape") == 0 && !s->n_faulty &&
		       s->n_fresh >= now->degraded;
	s->rebuilding = s->reshaping || strcmp(now->sync_action, "recover") == 0;
	s->lost = raid_lost_members(disks, now);
	s->failed = raid_has_failed(disks, now);
	s->last = s->failed || s->rebuilding ? NULL : raid_last_fails(disks, now);
	return now->degraded >= model_threshold(model, &min_missing) || s->failed;
}

static bool a_disk_fails(const struct model *model)
{
	const struct disk *disk = NULL;

	while ((disk = disks_next(model_disks(model), disk)))
		if (disk->gone || disk->n_faults)
			return true;
	return false;
}

static double sureness(const struct model *model, const struct state *s)
{
	if (s->failed || s->n_faulty || !s->raid->degraded_first)
		return 0.99;
	return a_disk_fails(model) ? 0.95 : 0.85;
}

static enum severity severity_of(const struct state *s)
{
	if (s->failed || s->last)
		return SEVERITY_CRITICAL;
	return s->rebuilding ? SEVERITY_INFO : SEVERITY_WARNING;
}

/* ---- words ---- */

static void say(struct claim *claim, const struct state *s)
{
	const struct event_raid *now = &s->raid->now;
	const char *name = s->disk->info.name;
	char who[48] = "a member is missing";

	if (s->faulty)
		snprintf(who, sizeof(who), "%.24s has failed", s->faulty->name);
	if (s->failed)
		claim_message(
			claim,
			"RAID: %.15s (%.10s) has failed: %u of %u members are gone; data is refused.",
			name, now->level, s->lost ? s->lost : now->disks, now->disks);
	else if (s->last)
		claim_message(claim, "RAID: %.15s (%.10s): %s, and %.20s fails writes too.", name,
			      now->level, who, s->last->name);
	else if (s->reshaping)
		claim_message(claim, "RAID: %.15s is being reshaped to %.10s of %u; no data lost.",
			      name, now->level, now->disks);
	else if (s->rebuilding)
		claim_message(claim, "RAID: %.15s (%.10s) is rebuilding onto %.24s; no data lost.",
			      name, now->level, s->fresh ? s->fresh->name : "a new member");
	else
		claim_message(claim, "RAID: %.15s (%.10s) runs degraded: %s; %s.", name, now->level,
			      who,
			      raid_spare_members(now) ? "one more may fail"
						      : "the next failure loses data");
}

/* "raid1 of 2: sda1 in sync, sdb1 failed" */
static void say_members(struct claim *claim, const struct model *model, const struct state *s)
{
	const struct disks *disks = model_disks(model);
	const struct event_raid *now = &s->raid->now;
	const struct event_raid_member *m;
	char text[96];
	size_t at = (size_t)snprintf(text, sizeof(text), "%.10s of %u", now->level, now->disks);

	for (unsigned int i = 0; (m = stack_member(&disks->stack, now->dev, i)) && at < 56; i++) {
		const char *how = m->flags & RAID_MEMBER_FAULTY	   ? "failed"
				  : m == s->last		   ? "fails writes"
				  : raid_member_is_gone(disks, m)  ? "gone"
				  : m->flags & RAID_MEMBER_IN_SYNC ? "in sync"
				  : s->rebuilding		   ? "rebuilding"
								   : "spare";

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%.15s %s", i ? ", " : ": ",
				       m->name, how);
	}
	claim_text(claim, ROLE_DISK, "%s", text);
}

static void evidence(struct claim *claim, const struct model *model, const struct state *s)
{
	const struct event_raid *now = &s->raid->now;
	char chain[96];

	say_members(claim, model, s);
	if (disk_chain_text(model, s->disk, chain, 69))
		claim_text(claim, ROLE_CHAIN, "%s", chain);
	claim_evidence(claim, ROLE_FOR, true, "raid.degraded", now->degraded, "{member}",
		       "md counts %u of %u members missing, state %.20s", now->degraded, now->disks,
		       now->state);
	if (s->failed && s->lost > now->degraded)
		claim_evidence(claim, ROLE_FOR, true, "raid.members.gone", s->lost - now->degraded,
			       "{member}", "of %u more the disk is gone; md does not know yet",
			       s->lost - now->degraded);
	if (s->n_faulty)
		claim_evidence(claim, ROLE_FOR, true, "raid.members.failed", s->n_faulty,
			       "{member}", "md took %.24s out%s", s->faulty->name,
			       s->n_faulty > 1 ? ", and more" : "");
	if (s->last)
		claim_text(claim, ROLE_FOR,
			   "md saw writes to %.24s fail, and no other member has its data",
			   s->last->name);
	if (s->rebuilding && now->sync_total)
		claim_evidence(claim, ROLE_AGAINST, true, "raid.rebuilt",
			       100.0 * (double)now->sync_done / (double)now->sync_total, "%",
			       "a %s is under way: %s done", s->reshaping ? "reshape" : "rebuild",
			       text_percent((double)now->sync_done / (double)now->sync_total).s);
	else if (!s->failed)
		claim_text(claim, ROLE_AGAINST, "no rebuild is under way (sync_action %.15s)",
			   now->sync_action[0] ? now->sync_action : "unknown");
	if (s->raid->degraded_first && !s->n_faulty)
		claim_text(claim, ROLE_UNKNOWN,
			   "since when, and why: it was so before, and may be meant so");
}

static void advice(struct claim *claim, const struct model *model, const struct state *s)
{
	const char *name = s->disk->info.name;

	if (text_is_plain_word(name))
		claim_advice(claim, false, "See its members and their states",
			     "mdadm --detail /dev/%.30s", name);
	if (s->failed || s->last) {
		raid_lost_advice(claim, s->failed);
		return;
	}
	if (!text_is_plain_word(name))
		return;
	if (s->faulty && raid_member_is_gone(model_disks(model), s->faulty))
		claim_advice(claim, true, "then add a new member",
			     "mdadm /dev/%.24s --remove detached", name);
	else if (s->faulty && text_is_plain_word(s->faulty->name))
		claim_advice(claim, true, "then add a new member",
			     "mdadm /dev/%.24s --remove /dev/%.24s", name, s->faulty->name);
	else if (!s->rebuilding)
		claim_advice(claim, true, "Add a disk that is large enough: mdadm --add", "%s", "");
	snprintf(claim->call, sizeof(claim->call), "%s",
		 s->rebuilding ? "nobody: wait until that is done"
			       : "whoever replaces disks in this host");
}

static void claim_raid(const struct model *model, const struct state *s,
		       const struct judgement *judgement)
{
	struct subject subject = subject_raid(s->disk);
	__u64 since_ns = s->raid->degraded_ns ? s->raid->degraded_ns : s->raid->now.h.ts_ns;
	struct claim claim;

	claim_init(&claim, &raid_degraded_rule, &subject);
	claim.basis = BASIS_REPORTED;
	claim.confidence = confidence_round(sureness(model, s));
	claim.severity = severity_of(s);
	claim.count = s->lost;
	claim.first_ns = since_ns;
	claim.last_ns = model_now(model);
	claim.window_ns = model_now(model) - since_ns;
	say(&claim, s);
	evidence(&claim, model, s);
	disk_stack_affects(&claim, model, s->disk);
	advice(&claim, model, s);
	judgement->claim(judgement->ctx, &claim);
}

static void judge(const struct model *model, const struct judgement *judgement)
{
	const struct stack_raid *raid;
	struct state s;

	for (unsigned int i = 0; (raid = stack_raid_at(&model_disks(model)->stack, i)); i++)
		if (find_state(model, raid, &s))
			claim_raid(model, &s, judgement);
}

/* The list of disks names the arrays: without any there is nothing to be degraded. */
static bool exposed(const struct model *model, char *buf, size_t size)
{
	if (disks_next(model_disks(model), NULL))
		return true;
	snprintf(buf, size, "no disk was seen");
	return false;
}

/* md told again that all members are there. */
static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	const struct stack_raid *raid = stack_raid(&model_disks(model)->stack, subject->dev);

	return raid && !raid->degraded && raid->whole_ns >= since_ns;
}

static const struct threshold *const thresholds[] = {&min_missing, NULL};

const struct rule raid_degraded_rule = {
	.kind = "raid-degraded",
	.class = CLASS_HARDWARE,
	.fault_at = AT_DEVICE,
	.meaning = "An md array runs with fewer members than it is made for.",
	.against = "A rebuild that is under way (then it is info); an array that was made so. A "
		   "check or resync of a whole array is no fault.",
	.todo = "Replace the failed member: mdadm --detail names it. Do not reboot before.",
	.needs = {PROBE_BLOCK},
	.tables = {"source.raids", "source.disks", "model.disks"},
	.thresholds = thresholds,
	.exposed = exposed,
	.judge = judge,
	.recovered = recovered,
	.open_evals = 1,
	.close_evals = 1,
};
