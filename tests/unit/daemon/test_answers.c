/* SPDX-License-Identifier: BSD-2-Clause */
/* test_answers.c - what culprit status gets is all that there is. */
#include "rules/world.h"

#include "answers.h"
#include "finding/life.h"
#include "finding/verdict.h"

#define MANY 128 /* as many as a life has room for */

static int ignore(void *ctx, const struct finding *finding)
{
	(void)ctx;
	(void)finding;
	return 0;
}

static void leave_open(struct life *life, unsigned int i)
{
	struct finding f = {.id = i, .episode = 1, .count = 1, .first_seen_ns = 1};

	f.claim.rule = rule_find("socket-leak");
	f.claim.severity = SEVERITY_WARNING;
	f.claim.confidence = 0.9;
	f.claim.window_ns = 60 * SEC;
	f.claim.subject.type = SUBJECT_PROCESS;
	f.claim.subject.pid = i;
	snprintf(f.claim.message, sizeof(f.claim.message), "LEAK: one of many");
	assert_int_equal(life_restore(life, &f), 0);
}

static void test_each_open_finding(void **state)
{
	struct life *life = life_new();
	static struct verdict verdict;
	FILE *file = tmpfile();
	unsigned int n = 0;
	struct err err = {0};
	char line[8192];
	struct world w;

	(void)state;
	assert_non_null(file);
	world_init(&w);
	tick(&w);
	for (unsigned int i = 1; i <= MANY; i++)
		leave_open(life, i);
	assert_int_equal(life_evaluate(life, w.model, false, NULL, ignore, NULL), 0);
	verdict_make(w.model, life, &verdict);
	{
		struct keeper_view view = {.model = w.model, .life = life, .verdict = &verdict};

		assert_int_equal(answers_give(&view, NULL, "status json", fileno(file), &err), 0);
	}
	rewind(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, "\"type\":\"finding\"") != NULL;
	assert_int_equal(n, MANY);
	fclose(file);
	life_free(life);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_open_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
