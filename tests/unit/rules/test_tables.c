/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tables.c - THE rule table and its two companions hold together. */
#include "rules/world.h"

/* The kinds of the contract. */
static const char *const kinds[] = {
	"disk-media-error",	"disk-io-error",     "disk-transport-error",
	"disk-timeout",		"disk-stuck-io",     "disk-slow",
	"disk-integrity-error", "disk-lost",	     "raid-degraded",
	"filesystem-error",	"writeback-lost",    "nic-link-down",
	"nic-link-flap",	"nic-tx-timeout",    "nic-errors",
	"memory-error",		"machine-check",     "path-loss",
	"uplink-loss",		"peer-unreachable",  "network-partition",
	"connect-refused",	"connection-resets", "path-latency",
	"link-saturated",	"peer-not-reading",  "tls-handshake-failure",
	"dns-failure",		"fd-leak",	     "socket-leak",
	"close-wait-leak",	"fd-exhaustion",     "disk-saturated",
	"io-throttled",		"disk-full",	     "memory-exhausted",
	"memory-pressure",	"cpu-saturated",     "task-hung",
	"listen-overflow",	"receiver-backlog",  "udp-receive-drops",
	"port-exhaustion",	"conntrack-full",    "process-crash-loop",
	"clock-unsynchronized", "clock-step",	     "local-send-error",
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void test_each_kind_has_one_row(void **state)
{
	(void)state;
	assert_int_equal(rule_count, N_KINDS);
	for (size_t i = 0; i < N_KINDS; i++)
		if (!rule_find(kinds[i]))
			fail_msg("no row for %s", kinds[i]);
	assert_null(rule_find("no-such-kind"));
	for (unsigned int i = 0; i < rule_count; i++) {
		assert_ptr_equal(rule_find(rule_table[i]->kind), rule_table[i]);
		assert_true(i == 0 || rule_table[i]->class >= rule_table[i - 1]->class);
	}
}

static void test_each_row_explains_itself(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < rule_count; i++) {
		const struct rule *r = rule_table[i];

		assert_true(strlen(r->meaning) > 20 && strlen(r->against) > 10);
		assert_true(strlen(r->todo) > 10);
		assert_non_null(r->judge);
		assert_non_null(r->exposed);
		assert_non_null(r->recovered);
		/* A probe, or a bounded look at /proc and /sys. */
		assert_true(r->needs[0] || r->tables[0]);
		assert_true(r->open_evals >= 1 && r->close_evals >= 1);
		assert_non_null(r->thresholds);
		for (unsigned int t = 0; r->thresholds[t]; t++) {
			assert_non_null(strchr(r->thresholds[t]->key, '.'));
			assert_true(strlen(r->thresholds[t]->key) < 64);
			assert_true(strlen(r->thresholds[t]->reason) > 20);
			assert_true(strlen(r->thresholds[t]->unit) > 0);
		}
	}
}

static void test_core_kinds(void **state)
{
	static const char *const core[] = {
		"disk-media-error", "disk-io-error", "path-loss",	"peer-unreachable",
		"fd-leak",	    "socket-leak",   "close-wait-leak", "memory-exhausted",
		"memory-pressure",  "cpu-saturated"};
	unsigned int n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++)
		assert_true(rule_find(core[i])->core);
	for (unsigned int i = 0; i < rule_count; i++)
		n += rule_table[i]->core;
	assert_int_equal(n, sizeof(core) / sizeof(core[0]));
}

static bool beats(const char *winner, const char *loser)
{
	for (unsigned int i = 0; i < precedence_count; i++)
		if (strcmp(precedence_table[i].winner, winner) == 0 &&
		    strcmp(precedence_table[i].loser, loser) == 0)
			return true;
	return false;
}

static void test_precedence_and_correlation_name_kinds(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < precedence_count; i++) {
		const struct precedence *p = &precedence_table[i];

		assert_non_null(rule_find(p->winner));
		assert_non_null(rule_find(p->loser));
		assert_false(beats(p->loser, p->winner));
		/* Of another class only what takes the blame from it: this host's own doing. */
		assert_true(rule_find(p->winner)->class == rule_find(p->loser)->class ||
			    rule_find(p->winner)->class == CLASS_SYSTEM);
	}
	for (unsigned int i = 0; i < precedence_within_count; i++) {
		assert_non_null(rule_find(precedence_within[i].winner));
		assert_non_null(rule_find(precedence_within[i].loser));
	}
	for (unsigned int i = 0; i < explanation_count; i++)
		assert_true(beats(explanation_table[i].winner, explanation_table[i].loser));
	for (unsigned int i = 0; i < precedence_after_count; i++) {
		assert_non_null(rule_find(precedence_after[i].winner));
		assert_non_null(rule_find(precedence_after[i].loser));
	}
	for (unsigned int i = 0; i < precedence_below_count; i++) {
		assert_non_null(rule_find(precedence_below[i].winner));
		assert_non_null(rule_find(precedence_below[i].loser));
	}
	for (unsigned int i = 0; i < correlation_count; i++) {
		assert_non_null(rule_find(correlation_table[i].effect));
		assert_non_null(rule_find(correlation_table[i].cause));
		assert_true(correlation_table[i].max_delay_ns > 0);
	}
	assert_true(beats("disk-media-error", "disk-io-error"));
	assert_true(beats("uplink-loss", "path-loss"));
	assert_true(beats("peer-unreachable", "path-loss"));
	assert_true(beats("close-wait-leak", "fd-leak"));
}

static void test_nothing_is_claimed_of_nothing(void **state)
{
	struct world w;
	char why[80];

	(void)state;
	world_init(&w);
	for (int s = 0; s < 3; s++) {
		for (unsigned int i = 0; i < rule_count; i++) {
			if (!rule_table[i]->judge)
				continue;
			assert_int_equal(judge(&w, rule_table[i]->kind), 0);
			assert_int_equal(w.n_asks, 0);
			why[0] = '\0';
			assert_false(rule_table[i]->exposed(w.model, why, sizeof(why)));
			assert_true(strlen(why) > 0 && strlen(why) < 60);
		}
		wait_s(&w, 1);
		tick(&w);
	}
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_has_one_row),
		cmocka_unit_test(test_each_row_explains_itself),
		cmocka_unit_test(test_core_kinds),
		cmocka_unit_test(test_precedence_and_correlation_name_kinds),
		cmocka_unit_test(test_nothing_is_claimed_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
