/* SPDX-License-Identifier: BSD-2-Clause */
/* test_life.c - findings' life and the class states, over a rule table and a model of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "finding/life.h"
#include "finding/verdict.h"
#include "rules/watched.h"

#define S 1000000000ULL

/* ---- a model that says what the test wants ---- */

struct model {
	__u64 now, start;
	struct event_host host;
	bool weak, strong, effect, passing, lasting; /* which rules claim */
	enum severity severity;
	double confidence;
	__u64 count;
	bool excluded;
	bool explained;
	enum severity effect_severity; /* of "effect", where not as the others */
	double effect_confidence;
	bool doubted; /* what is no core kind could not judge what happened */
	bool settles; /* it was suspended a moment ago */
	bool healthy, present, exposed, same;
	__u32 probe_state;
	__u64 dropped, lost_ns;
	const char *table; /* the one that dropped; NULL: any */
	const char *class_setting;
	__u32 crowd_from, crowd_to; /* disks on which the effect is claimed besides */
} m;

const struct event_host *model_host(const struct model *model)
{
	return &model->host;
}

__u64 model_now(const struct model *model)
{
	return model->now;
}

__u64 model_resumed_ns(const struct model *model)
{
	return model->now - S;
}

bool model_settles(const struct model *model)
{
	return model->settles;
}

__u64 model_start(const struct model *model)
{
	return model->start;
}

const struct frame *model_frame(const struct model *model)
{
	static const struct frame frame = {.window_ns = 60 * S};

	(void)model;
	return &frame;
}

const char *model_setting(const struct model *model, const char *key)
{
	return strcmp(key, "class") == 0 ? model->class_setting : NULL;
}

const struct event_probe *model_probe(const struct model *model, const char *name)
{
	static struct event_probe probe;

	snprintf(probe.name, sizeof(probe.name), "%s", name);
	snprintf(probe.reason, sizeof(probe.reason), "forced off");
	probe.state = model->probe_state;
	return model->probe_state ? &probe : NULL;
}

const struct event_table *model_table(const struct model *model, const char *name)
{
	static struct event_table table;

	snprintf(table.name, sizeof(table.name), "%s", name);
	table.dropped = !model->table || strcmp(model->table, name) == 0 ? model->dropped : 0;
	return &table;
}

__u64 model_table_lost_ns(const struct model *model, const char *name)
{
	(void)name;
	return model->lost_ns;
}

const struct event_ring *model_ring_at(const struct model *model, unsigned int i)
{
	static const struct event_ring ring = {.produced = 5, .delivered = 3, .lost = 2};

	(void)model;
	return i < 2 ? &ring : NULL;
}

static const struct event_self self_first = {.cpu_ns = 1 * S, .wall_ns = 1 * S};
static const struct event_self self_now = {.cpu_ns = 2 * S, .wall_ns = 101 * S, .rss_bytes = 7};

const struct event_self *model_self(const struct model *model)
{
	(void)model;
	return &self_now;
}

const struct event_self *model_self_first(const struct model *model)
{
	(void)model;
	return &self_first;
}

bool subject_watched(const struct model *model, const struct subject *subject)
{
	(void)subject;
	return !model->excluded;
}

bool ask_watched(const struct model *model, const struct ask *ask)
{
	(void)model;
	(void)ask;
	return true;
}

/* ---- a rule table of three kinds, and one that is no core kind of a class that has no other ---- */

static void claim_on(__u32 dev, const char *kind, const struct model *model,
		     const struct judgement *judgement)
{
	struct subject subject = {.type = SUBJECT_DISK, .dev = dev, .name = "sda"};
	struct claim claim;

	claim_init(&claim, rule_find(kind), &subject);
	claim.basis = BASIS_MEASURED;
	claim.confidence = model->confidence;
	claim.severity = model->severity;
	claim.count = model->count;
	claim.first_ns = claim.last_ns = model->now;
	claim_message(&claim, "DISK: %s", kind);
	judgement->claim(judgement->ctx, &claim);
}

static void claim_if(bool yes, const char *kind, const struct model *model,
		     const struct judgement *judgement)
{
	if (yes)
		claim_on(8, kind, model, judgement);
}

static void judge_weak(const struct model *model, const struct judgement *judgement)
{
	claim_if(model->weak, "weak", model, judgement);
}

static void judge_strong(const struct model *model, const struct judgement *judgement)
{
	claim_if(model->strong, "strong", model, judgement);
}

static void judge_effect(const struct model *model, const struct judgement *judgement)
{
	struct model own = *model;

	if (own.effect_severity) {
		own.severity = own.effect_severity;
		own.confidence = own.effect_confidence;
	}
	claim_if(model->effect, "effect", &own, judgement);
	for (__u32 dev = model->crowd_from; dev < model->crowd_to; dev++)
		claim_on(dev, "effect", model, judgement);
}

static void judge_passing(const struct model *model, const struct judgement *judgement)
{
	claim_if(model->passing, "passing", model, judgement);
}

static void judge_lasting(const struct model *model, const struct judgement *judgement)
{
	claim_if(model->lasting, "lasting", model, judgement);
}

static void judge_never(const struct model *model, const struct judgement *judgement)
{
	(void)model;
	(void)judgement;
}

static bool recovered(const struct model *model, const struct subject *subject, __u64 since_ns)
{
	(void)subject;
	(void)since_ns;
	return model->healthy;
}

static bool exposed(const struct model *model, char *buf, size_t size)
{
	if (!model->exposed)
		snprintf(buf, size, "2 I/Os; 10 are needed");
	return model->exposed;
}

static const struct rule weak = {.kind = "weak",
				 .class = CLASS_HARDWARE,
				 .core = true,
				 .needs = {"block.complete"},
				 .tables = {"disks", "block.stats"},
				 .exposed = exposed,
				 .judge = judge_weak,
				 .recovered = recovered,
				 .open_evals = 2,
				 .close_evals = 2};
static bool doubted(const struct model *model)
{
	return model->doubted;
}

static bool exposed_unless_doubted(const struct model *model, char *buf, size_t size)
{
	if (model->doubted)
		snprintf(buf, size, "asked, and no answer");
	return !model->doubted;
}

static const struct rule strong = {.kind = "strong",
				   .class = CLASS_HARDWARE,
				   .exposed = exposed_unless_doubted,
				   .doubted = doubted,
				   .judge = judge_strong,
				   .recovered = recovered,
				   .open_evals = 1,
				   .close_evals = 1};
static const struct rule effect = {.kind = "effect",
				   .class = CLASS_NETWORK,
				   .judge = judge_effect,
				   .open_evals = 1,
				   .close_evals = 1};
static const struct rule passing = {.kind = "passing",
				    .class = CLASS_NETWORK,
				    .judge = judge_passing,
				    .recovered = recovered,
				    .open_evals = 1,
				    .close_evals = 2};
static const struct rule lasting = {.kind = "lasting",
				    .class = CLASS_HARDWARE,
				    .judge = judge_lasting,
				    .recovered = recovered,
				    .keeps_severity = true,
				    .keeps_critical = true,
				    .open_evals = 1,
				    .close_evals = 1};
static const struct rule later = {.kind = "later", .class = CLASS_SYSTEM, .judge = judge_never};
const struct rule *const rule_table[] = {&weak, &strong, &passing, &effect, &later, &lasting};
const unsigned int rule_count = 6;
const struct precedence precedence_table[] = {{"strong", "weak", true},
					      {"passing", "effect", true}};
const unsigned int precedence_count = 2;
static bool explains(const struct model *model, const struct subject *winner,
		     const struct subject *loser)
{
	(void)winner;
	(void)loser;
	return model->explained;
}

const struct explanation explanation_table[] = {{"passing", "effect", explains, false}};
const unsigned int explanation_count = 1;
const struct precedence precedence_after[] = {{"weak", "passing", true}};
const unsigned int precedence_after_count = 1;
const struct precedence precedence_within[] = {{"none", "none", false}};
const unsigned int precedence_within_count = 0;
const struct precedence precedence_below[] = {{"none", "none", false}};
const unsigned int precedence_below_count = 0;
const struct correlation correlation_table[] = {{"effect", "strong", JOIN_HOST, 10 * S}};
const unsigned int correlation_count = 1;

const struct rule *rule_find(const char *kind)
{
	for (unsigned int i = 0; i < rule_count; i++)
		if (strcmp(rule_table[i]->kind, kind) == 0)
			return rule_table[i];
	return NULL;
}

bool subject_present(const struct model *model, const struct subject *subject)
{
	(void)subject;
	return model->present;
}

bool subjects_meet(const struct model *model, const struct subject *a, const struct subject *b,
		   enum join join)
{
	(void)a;
	(void)b;
	(void)join;
	return model->same;
}

void class_exposure(const struct model *model, enum fault_class class, struct exposure *ret)
{
	(void)model;
	memset(ret, 0, sizeof(*ret));
	snprintf(ret->text, sizeof(ret->text), "numbers of %s", fault_class_name(class));
}

/* ---- what was told ---- */

static struct finding told[16];
static unsigned int n_told;

static int hear(void *ctx, const struct finding *finding)
{
	(void)ctx;
	if (n_told < 16)
		told[n_told++] = *finding;
	return 0;
}

static void evaluate(struct life *life, bool last)
{
	n_told = 0;
	m.now += S;
	assert_int_equal(life_evaluate(life, &m, last, NULL, hear, NULL), 0);
}

static int setup(void **state)
{
	memset(&m, 0, sizeof(m));
	m.now = 100 * S;
	m.start = S;
	m.host.mode = RUN_TRACE;
	m.severity = SEVERITY_WARNING;
	m.confidence = 0.9;
	m.count = 3;
	m.present = m.exposed = m.same = true;
	m.probe_state = PROBE_ACTIVE;
	*state = life_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	life_free(*state);
	return 0;
}

/* ---- tests ---- */

static void test_opens_after_its_hysteresis(void **state)
{
	m.weak = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].state, FINDING_OPEN);
	assert_int_equal(told[0].episode, 1);
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
}

/* The network is not blamed for what did not outlive a suspend; a disk is blamed as ever. */
static void test_after_a_suspend(void **state)
{
	struct verdict v;

	m.effect = m.weak = m.settles = m.exposed = true;
	for (int i = 0; i < 5; i++) {
		evaluate(*state, false);
		for (unsigned int k = 0; k < n_told; k++)
			assert_int_equal(told[k].claim.rule->class, CLASS_HARDWARE);
	}
	verdict_make(&m, *state, &v);
	assert_int_equal(v.class[CLASS_NETWORK].n_findings, 0);
	m.settles = false;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].state, FINDING_OPEN);
	assert_int_equal(told[0].claim.rule->class, CLASS_NETWORK);
}

static void test_an_interrupted_claim_starts_anew(void **state)
{
	m.weak = true;
	evaluate(*state, false);
	m.weak = false;
	evaluate(*state, false);
	m.weak = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
}

static void test_below_half_nothing_opens_and_the_basis_caps(void **state)
{
	m.strong = true;
	m.confidence = 0.49;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	m.confidence = 1.0;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_true(told[0].claim.confidence <= 0.95);
}

static void test_updates_at_intervals_and_when_it_gets_worse(void **state)
{
	m.strong = true;
	evaluate(*state, false);
	m.count++;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	m.now += 10 * S;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].state, FINDING_UPDATE);
	assert_int_equal(told[0].count, 4);
	m.severity = SEVERITY_CRITICAL;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	m.count++;
	evaluate(*state, true);
	assert_int_equal(n_told, 1);
}

/* Who keeps something of a grave finding must not keep it again when it comes back to what it was. */
static void test_how_bad_it_was_told_to_be(void **state)
{
	struct finding left;
	struct life *next;

	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(told[0].worst_told, 0);
	m.severity = SEVERITY_CRITICAL;
	evaluate(*state, false);
	assert_int_equal(told[0].worst_told, SEVERITY_WARNING);
	m.severity = SEVERITY_WARNING;
	m.now += 10 * S;
	evaluate(*state, false);
	m.severity = SEVERITY_CRITICAL;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].worst_told, SEVERITY_CRITICAL);
	left = told[0];
	/* Nor does a restart tell it for the first time. */
	next = life_new();
	assert_int_equal(life_restore(next, &left), 0);
	evaluate(next, false);
	assert_int_equal(told[0].state, FINDING_UPDATE);
	assert_int_equal(told[0].worst_told, SEVERITY_CRITICAL);
	life_free(next);
	/* The next episode begins anew. */
	m.strong = false;
	m.healthy = true;
	evaluate(*state, false);
	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(told[0].state, FINDING_OPEN);
	assert_int_equal(told[0].worst_told, 0);
}

static void test_resolves_on_health_only(void **state)
{
	m.strong = true;
	evaluate(*state, false);
	m.strong = false;
	for (int i = 0; i < 5; i++)
		evaluate(*state, false);
	assert_int_equal(n_told, 0);
	m.healthy = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].state, FINDING_RESOLVED);
	assert_int_equal(told[0].resolution, RESOLVED_RECOVERED);
	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(told[0].state, FINDING_OPEN);
	assert_int_equal(told[0].episode, 2);
	m.strong = m.present = m.healthy = false;
	evaluate(*state, false);
	assert_int_equal(told[0].resolution, RESOLVED_GONE);
}

static void test_expires_after_a_day(void **state)
{
	m.strong = true;
	evaluate(*state, false);
	m.strong = false;
	m.now += 25 * 3600 * S;
	evaluate(*state, false);
	assert_int_equal(told[0].resolution, RESOLVED_EXPIRED);
}

static void test_a_class_that_is_switched_off(void **state)
{
	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(told[0].state, FINDING_OPEN);
	m.class_setting = "network";
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].state, FINDING_RESOLVED);
	assert_int_equal(told[0].resolution, RESOLVED_UNTRACKED);
	m.class_setting = NULL;
	evaluate(*state, false);
	assert_int_equal(told[0].state, FINDING_OPEN);
	assert_int_equal(told[0].episode, 2);
}

static void test_a_subject_that_is_excluded(void **state)
{
	m.excluded = m.strong = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	m.excluded = false;
	evaluate(*state, false);
	assert_int_equal(told[0].state, FINDING_OPEN);
	m.excluded = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].resolution, RESOLVED_UNTRACKED);
}

/* What a former run left open goes on with its id and episode: no second opening. */
static void test_a_restart_goes_on(void **state)
{
	struct finding left;
	struct life *next;

	m.strong = true;
	evaluate(*state, false);
	m.strong = false;
	m.healthy = true;
	evaluate(*state, false);
	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(told[0].episode, 2);
	left = told[0];
	next = life_new();
	assert_int_equal(life_restore(next, &left), 0);
	assert_int_equal(life_restore(next, &left), -EEXIST);
	m.now += 5 * S;
	m.start = m.now;
	/* Not seen again, and all looks well: but not for long enough. */
	m.strong = false;
	for (int i = 0; i < 10; i++) {
		evaluate(next, false);
		assert_int_equal(n_told, 0);
		assert_non_null(life_open_at(next, 0));
	}
	m.strong = true;
	evaluate(next, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].state, FINDING_UPDATE);
	assert_int_equal(told[0].id, left.id);
	assert_int_equal(told[0].episode, 2);
	assert_int_equal(told[0].first_seen_ns, left.first_seen_ns);
	/* Seen in this run: it ends as any other. */
	m.strong = false;
	evaluate(next, false);
	assert_int_equal(told[0].resolution, RESOLVED_RECOVERED);
	life_free(next);
}

static void test_a_restart_finds_it_gone(void **state)
{
	struct finding left;
	struct life *next;

	m.strong = true;
	evaluate(*state, false);
	left = told[0];
	next = life_new();
	assert_int_equal(life_restore(next, &left), 0);
	m.start = m.now;
	m.strong = m.present = false;
	for (int i = 0; i < 59; i++) {
		evaluate(next, false);
		assert_int_equal(n_told, 0);
	}
	evaluate(next, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].resolution, RESOLVED_GONE);
	assert_int_equal(told[0].episode, 1);
	left.episode = 0;
	assert_int_equal(life_restore(next, &left), -EINVAL);
	life_free(next);
}

/* What a run of a former boot left open is told as over, once, and is nothing of this run. */
static void test_a_boot_ends_what_was_open(void **state)
{
	struct finding left;
	struct life *next;

	m.strong = true;
	evaluate(*state, false);
	left = told[0];
	left.id ^= 1; /* as another boot's */
	next = life_new();
	assert_int_equal(life_end_former(next, &left), 0);
	assert_int_equal(life_end_former(next, &left), -EEXIST);
	m.start = m.now;
	evaluate(next, false);
	/* The same fault is still there: it is found anew, with the same fingerprint. */
	assert_int_equal(n_told, 2);
	for (int i = 0; i < 2; i++) {
		bool is_former = told[i].id == left.id;

		assert_int_equal(told[i].fingerprint, left.fingerprint);
		assert_int_equal(told[i].state, is_former ? FINDING_RESOLVED : FINDING_OPEN);
		if (!is_former)
			continue;
		assert_int_equal(told[i].resolution, RESOLVED_UNTRACKED);
		assert_int_equal(told[i].episode, left.episode);
		assert_int_equal(told[i].first_seen_ns, 0);
		assert_int_equal(told[i].last_seen_ns, 0);
	}
	assert_null(life_past_at(next, 0));
	assert_non_null(life_open_at(next, 0));
	assert_int_not_equal(life_open_at(next, 0)->id, left.id);
	assert_null(life_open_at(next, 1));
	assert_int_equal(life_changes(next), 2);
	evaluate(next, false);
	assert_int_equal(n_told, 0);
	life_free(next);
}

static void test_the_stronger_supersedes(void **state)
{
	__u64 weak_id;

	m.weak = true;
	evaluate(*state, false);
	evaluate(*state, false);
	weak_id = told[0].id;
	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct finding *f = &told[i];

		assert_int_equal(f->state, f->id == weak_id ? FINDING_SUPERSEDED : FINDING_OPEN);
		if (f->id == weak_id)
			assert_true(f->by && f->by == told[1 - i].id);
	}
	assert_string_equal(life_open_at(*state, 0)->claim.rule->kind, "strong");
	assert_null(life_open_at(*state, 1));
	for (int i = 0; i < 4; i++)
		evaluate(*state, false);
	assert_int_equal(n_told, 0);
}

static void test_a_held_loser_never_opens(void **state)
{
	m.weak = m.strong = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_string_equal(told[0].claim.rule->kind, "strong");
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
}

static void test_other_subjects_do_not_supersede(void **state)
{
	m.weak = m.strong = true;
	m.same = false;
	evaluate(*state, false);
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_string_equal(told[0].claim.rule->kind, "weak");
}

/* A bad disk is one finding, as long as it was not seen to be well. */
static void test_a_device_stands_unclaimed(void **state)
{
	m.strong = true;
	evaluate(*state, false);
	m.strong = false;
	m.weak = true;
	for (int i = 0; i < 9; i++) {
		evaluate(*state, false);
		assert_int_equal(n_told, 0);
	}
}

/* What the network did stands for what comes within its hysteresis, and not for all of the day. */
static void test_the_network_stands_while_claimed(void **state)
{
	m.passing = m.effect = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_string_equal(told[0].claim.rule->kind, "passing");
	m.passing = false;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_string_equal(told[0].claim.rule->kind, "effect");
	m.passing = true;
	evaluate(*state, false);
	assert_int_equal(told[0].state, FINDING_SUPERSEDED);
}

/* Of the same severity the one that says more stands. */
static void test_a_suspicion_hides_no_graver_fault(void **state)
{
	m.passing = m.effect = m.explained = true;
	m.confidence = 0.7;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	m.effect_severity = SEVERITY_CRITICAL;
	m.effect_confidence = 0.9;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	m.explained = false;
	evaluate(*state, false);
	assert_int_equal(n_told, 1);
	assert_string_equal(told[0].claim.rule->kind, "effect");
	m.confidence = 0.8;
	evaluate(*state, false);
	assert_int_equal(life_open_at(*state, 0)->claim.severity, SEVERITY_WARNING);
	assert_null(life_open_at(*state, 1));
}

/* What a former run found holds until it was looked at for a window. */
static void test_restored_stands(void **state)
{
	struct finding kept;
	struct life *next = life_new();

	m.passing = true;
	evaluate(*state, false);
	kept = told[0];
	assert_int_equal(life_restore(next, &kept), 0);
	m.passing = false;
	m.effect = true;
	m.start = m.now;
	for (int i = 0; i < 59; i++) {
		evaluate(next, false);
		assert_int_equal(n_told, 0);
	}
	evaluate(next, false);
	assert_int_equal(n_told, 1);
	assert_string_equal(told[0].claim.rule->kind, "effect");
	life_free(next);
}

/* Opens one with that severity in a run, and begins another, which has watched for longer than a window. */
static struct life *restarted(struct life *life, bool *ret_claimed, enum severity severity)
{
	struct life *next = life_new();

	*ret_claimed = true;
	m.severity = severity;
	evaluate(life, false);
	assert_int_equal(n_told, 1);
	assert_int_equal(life_restore(next, &told[0]), 0);
	m.start = m.now;
	m.now += 120 * S;
	return next;
}

static void test_severity_over_a_restart(void **state)
{
	struct life *next = restarted(*state, &m.lasting, SEVERITY_CRITICAL);

	m.severity = SEVERITY_WARNING;
	evaluate(next, false);
	assert_int_equal(told[0].claim.severity, SEVERITY_CRITICAL);
	/* Explained, it is no fault any more. */
	m.severity = SEVERITY_INFO;
	m.now += 120 * S;
	evaluate(next, false);
	assert_int_equal(told[0].claim.severity, SEVERITY_INFO);
	life_free(next);
	/* Within one run what is seen counts. */
	m.severity = SEVERITY_WARNING;
	m.now += 120 * S;
	evaluate(*state, false);
	assert_int_equal(told[0].claim.severity, SEVERITY_WARNING);
	/* And of a kind that shows all of itself again, over a restart too. */
	m.lasting = false;
	m.healthy = true;
	evaluate(*state, false);
	next = restarted(*state, &m.strong, SEVERITY_CRITICAL);
	m.severity = SEVERITY_WARNING;
	evaluate(next, false);
	assert_int_equal(told[0].claim.severity, SEVERITY_WARNING);
	life_free(next);
}

static void test_critical_outlives_a_restart(void **state)
{
	struct life *next = restarted(*state, &m.lasting, SEVERITY_CRITICAL);

	m.lasting = false;
	m.healthy = true;
	for (int i = 0; i < 10; i++) {
		evaluate(next, false);
		assert_int_equal(n_told, 0);
	}
	assert_non_null(life_open_at(next, 0));
	/* As all do, it ends by silence. */
	m.now += 25 * 3600 * S;
	evaluate(next, false);
	assert_int_equal(told[0].resolution, RESOLVED_EXPIRED);
	life_free(next);
	evaluate(*state, false);
	assert_int_equal(told[0].state, FINDING_RESOLVED);
	m.healthy = false;
	next = restarted(*state, &m.lasting, SEVERITY_WARNING);
	m.lasting = false;
	m.healthy = true;
	evaluate(next, false);
	assert_int_equal(told[0].resolution, RESOLVED_RECOVERED);
	life_free(next);
}

static void test_contradicted_later(void **state)
{
	m.passing = true;
	evaluate(*state, false);
	m.passing = false;
	m.weak = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	evaluate(*state, false);
	assert_int_equal(n_told, 2);
	assert_int_equal(told[0].state + told[1].state, FINDING_OPEN + FINDING_SUPERSEDED);
	assert_string_equal(life_open_at(*state, 0)->claim.rule->kind, "weak");
	assert_null(life_open_at(*state, 1));
}

static void test_causes_come_first_and_are_named(void **state)
{
	m.effect = true;
	evaluate(*state, false);
	assert_int_equal(told[0].n_caused_by, 0);
	m.strong = true;
	m.count++;
	m.now += 10 * S;
	evaluate(*state, false);
	assert_int_equal(n_told, 2);
	assert_string_equal(told[0].claim.rule->kind, "effect"); /* too late to be its cause */
	life_free(*state);
	*state = life_new();
	evaluate(*state, false);
	assert_int_equal(n_told, 2);
	assert_string_equal(told[0].claim.rule->kind, "strong");
	assert_int_equal(told[1].n_caused_by, 1);
	assert_true(told[1].caused_by[0] == told[0].id);
	assert_string_equal(life_open_at(*state, 0)->claim.rule->kind, "strong");
}

static void states_are(struct life *life, enum class_state hardware, int exit_code)
{
	struct verdict v;

	verdict_make(&m, life, &v);
	assert_string_equal(class_state_name(v.class[CLASS_HARDWARE].state),
			    class_state_name(hardware));
	assert_string_equal(class_state_name(v.class[CLASS_SYSTEM].state), "blind");
	assert_int_equal(verdict_exit_code(&v), exit_code);
	assert_true(v.message[0]);
}

static void test_class_states(void **state)
{
	m.class_setting = "hardware,system";
	states_are(*state, STATE_CLEAR, 0);
	m.exposed = false;
	states_are(*state, STATE_IDLE, 0);
	m.dropped = 1;
	states_are(*state, STATE_BLIND, 4);
	m.dropped = 0;
	m.probe_state = PROBE_UNAVAILABLE;
	states_are(*state, STATE_BLIND, 4);
	m.probe_state = 0;
	states_are(*state, STATE_BLIND, 4);
	m.probe_state = PROBE_DEGRADED;
	m.exposed = true;
	states_are(*state, STATE_CLEAR, 0);
	m.strong = true;
	m.confidence = 0.79;
	evaluate(*state, false);
	states_are(*state, STATE_SUSPECT, 4);
	m.confidence = 0.8;
	evaluate(*state, false);
	states_are(*state, STATE_FAULT, 3);
	m.severity = SEVERITY_INFO;
	evaluate(*state, false);
	states_are(*state, STATE_CLEAR, 0);
}

/* A daemon is asked about now: what was lost long ago, and counted event by event, blinds it no more. */
static void test_losses_of_old(void **state)
{
	m.class_setting = "hardware,system";
	m.now = 1000 * S;
	m.dropped = 40;
	m.lost_ns = 699 * S;
	m.table = "block.stats";
	states_are(*state, STATE_BLIND, 4);
	m.host.mode = RUN_DAEMON;
	states_are(*state, STATE_CLEAR, 0);
	m.lost_ns = 700 * S;
	states_are(*state, STATE_BLIND, 4);
	m.lost_ns = 0;
	m.table = "disks";
	states_are(*state, STATE_BLIND, 4);
}

/* Something that is no core kind's to judge happened, and was not judged: nothing is known to be well. */
static void test_doubted_is_not_clear(void **state)
{
	m.class_setting = "hardware,system";
	states_are(*state, STATE_CLEAR, 0);
	m.doubted = true;
	states_are(*state, STATE_IDLE, 0);
}

static void test_a_blind_class_names_the_probe(void **state)
{
	struct verdict v;

	m.probe_state = PROBE_UNAVAILABLE;
	verdict_make(&m, *state, &v);
	assert_non_null(strstr(v.class[CLASS_HARDWARE].text, "block.complete"));
	assert_non_null(strstr(v.message, "CANNOT TELL"));
	assert_string_equal(v.class[CLASS_HARDWARE].unjudged[0].reason, "not-attached");
	assert_int_equal(v.produced, 10);
	assert_int_equal(v.lost, 4);
	assert_true(v.cpu_percent > 0.99 && v.cpu_percent < 1.01);
}

static void test_a_trace_tells_what_is_over(void **state)
{
	struct verdict v;

	m.strong = true;
	evaluate(*state, false);
	m.strong = m.present = false;
	evaluate(*state, true);
	assert_int_equal(told[0].resolution, RESOLVED_GONE);
	verdict_make(&m, *state, &v);
	assert_int_equal(v.class[CLASS_HARDWARE].state, STATE_SUSPECT);
	assert_non_null(strstr(v.class[CLASS_HARDWARE].text, "sda; gone"));
	assert_non_null(strstr(v.message, "GONE NOW"));
	assert_int_equal(v.class[CLASS_LEAK].state, STATE_BLIND);
	m.host.mode = RUN_DAEMON;
	states_are(*state, STATE_CLEAR, 4);
	m.host.mode = RUN_TRACE;
	m.severity = SEVERITY_INFO;
	m.strong = m.present = true;
	evaluate(*state, false);
	m.strong = m.present = false;
	evaluate(*state, false);
	states_are(*state, STATE_CLEAR, 4);
}

static void test_the_sure_before_the_suspected(void **state)
{
	m.strong = true;
	m.severity = SEVERITY_CRITICAL;
	m.confidence = 0.7;
	evaluate(*state, false);
	m.effect = true;
	m.strong = false;
	m.severity = SEVERITY_WARNING;
	m.confidence = 0.9;
	m.now += 60 * S; /* too late to be its effect */
	evaluate(*state, false);
	assert_string_equal(life_open_at(*state, 0)->claim.rule->kind, "effect");
	assert_string_equal(life_open_at(*state, 1)->claim.rule->kind, "strong");
}

/* A busy host that is sure to be busy does not hide the leak that is suspected. */
static void test_the_suspected_before_a_sure_remark(void **state)
{
	struct verdict v;

	m.strong = true;
	m.severity = SEVERITY_CRITICAL;
	m.confidence = 0.7;
	evaluate(*state, false);
	m.effect = true;
	m.strong = false;
	m.severity = SEVERITY_INFO;
	m.confidence = 0.9;
	m.now += 60 * S; /* too late to be its effect */
	evaluate(*state, false);
	assert_string_equal(life_open_at(*state, 0)->claim.rule->kind, "strong");
	assert_string_equal(life_open_at(*state, 1)->claim.rule->kind, "effect");
	verdict_make(&m, *state, &v);
	assert_string_equal(v.message, "SUSPECT DISK: strong");
	assert_int_equal(v.severity, SEVERITY_CRITICAL);
}

static void test_only_asked_classes_are_judged(void **state)
{
	struct verdict v;

	m.class_setting = "network,connection-leak";
	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 0);
	verdict_make(&m, *state, &v);
	assert_false(v.class[CLASS_HARDWARE].asked);
	assert_true(v.class[CLASS_LEAK].asked);
}

/* As many open remarks as there is room for, of clients that left: the first fault of another class opens all the
 * same. */
static void test_remarks_keep_no_fault_out(void **state)
{
	struct verdict v;

	m.severity = SEVERITY_INFO;
	m.crowd_from = 1000;
	m.crowd_to = 1200;
	evaluate(*state, false);
	assert_true(life_room(*state).dropped > 0);
	assert_int_equal(life_room(*state).used, life_room(*state).limit);
	m.crowd_to = 0; /* they are open still: nothing has recovered */
	m.severity = SEVERITY_WARNING;
	m.strong = true;
	evaluate(*state, false);
	/* The one that makes room is ended aloud. */
	assert_int_equal(n_told, 2);
	assert_int_equal(told[0].state, FINDING_RESOLVED);
	assert_int_equal(told[0].resolution, RESOLVED_UNTRACKED);
	assert_string_equal(told[0].claim.rule->kind, "effect");
	assert_int_equal(told[1].state, FINDING_OPEN);
	assert_string_equal(told[1].claim.rule->kind, "strong");
	verdict_make(&m, *state, &v);
	assert_int_equal(v.class[CLASS_HARDWARE].state, STATE_FAULT);
}

/* Nobody takes another's room again and again while both are there. */
static void test_room_is_taken_once(void **state)
{
	m.crowd_from = 1000;
	m.crowd_to = 1128;
	evaluate(*state, false);
	m.strong = true;
	evaluate(*state, false);
	assert_int_equal(n_told, 2);
	assert_int_equal(told[0].resolution, RESOLVED_UNTRACKED);
	assert_int_equal(told[1].state, FINDING_OPEN);
	for (int i = 0; i < 5; i++) {
		evaluate(*state, false);
		assert_int_equal(n_told, 0);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_opens_after_its_hysteresis),
		T(test_after_a_suspend),
		T(test_an_interrupted_claim_starts_anew),
		T(test_below_half_nothing_opens_and_the_basis_caps),
		T(test_updates_at_intervals_and_when_it_gets_worse),
		T(test_how_bad_it_was_told_to_be),
		T(test_resolves_on_health_only),
		T(test_expires_after_a_day),
		T(test_a_class_that_is_switched_off),
		T(test_a_subject_that_is_excluded),
		T(test_a_restart_goes_on),
		T(test_a_restart_finds_it_gone),
		T(test_a_boot_ends_what_was_open),
		T(test_the_stronger_supersedes),
		T(test_a_device_stands_unclaimed),
		T(test_the_network_stands_while_claimed),
		T(test_a_suspicion_hides_no_graver_fault),
		T(test_restored_stands),
		T(test_severity_over_a_restart),
		T(test_critical_outlives_a_restart),
		T(test_contradicted_later),
		T(test_a_held_loser_never_opens),
		T(test_other_subjects_do_not_supersede),
		T(test_causes_come_first_and_are_named),
		T(test_class_states),
		T(test_losses_of_old),
		T(test_doubted_is_not_clear),
		T(test_a_blind_class_names_the_probe),
		T(test_a_trace_tells_what_is_over),
		T(test_the_sure_before_the_suspected),
		T(test_the_suspected_before_a_sure_remark),
		T(test_only_asked_classes_are_judged),
		T(test_remarks_keep_no_fault_out),
		T(test_room_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
