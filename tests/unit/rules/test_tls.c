/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tls.c - whose TLS handshakes are asked about, for how long, and what is made of how they ended. */
#include "rules/world.h"

#include "model/tls.h"
#include "rules/tls_words.h"

#define KIND	      "tls-handshake-failure"
#define VERIFY_FAILED 134
#define EXPIRED	      10

struct client {
	struct event_tcp_peer tcp;
	struct event_tls_outcome failed, done;
};

static struct event_tls_outcome outcome_of(const struct event_tcp_peer *tcp, __u8 how, __s32 reason,
					   __u32 detail)
{
	struct event_tls_outcome e = {.peer = tcp->peer,
				      .reason = reason,
				      .detail = detail,
				      .library = TLS_OPENSSL,
				      .outcome = how,
				      .pid = 731,
				      .start_ns = 9 * SEC,
				      .comm = "vector"};

	return e;
}

static struct client client(__u8 dir)
{
	struct client c = {.tcp = peer_out(7, 443)};

	c.tcp.peer.dir = dir;
	c.tcp.pid = 731;
	c.tcp.start_ns = 9 * SEC;
	strcpy(c.tcp.comm, "vector");
	c.failed = outcome_of(&c.tcp, TLS_FAILED, VERIFY_FAILED, EXPIRED);
	c.done = outcome_of(&c.tcp, TLS_DONE, 0, 0);
	return c;
}

static void put_outcome(struct world *w, struct event_tls_outcome *e, unsigned int more)
{
	e->h = (struct event){.ts_ns = w->now, .type = EVENT_TLS_OUTCOME, .size = sizeof(*e)};
	e->count += more;
	e->last_ns = w->now;
	put(w, e);
}

static void put_armed(struct world *w, enum tls_armed_state state, __u32 pid)
{
	struct event_tls_armed e = EVENT(w, event_tls_armed, EVENT_TLS_ARMED);

	e.pid = pid;
	e.start_ns = 9 * SEC;
	e.since_ns = w->now;
	e.state = state;
	strcpy(e.comm, "vector");
	put(w, &e);
}

/* A second in which connections end; of these so many brief. */
static void closes(struct world *w, struct client *c, unsigned int brief, unsigned int closed)
{
	wait_s(w, 1);
	c->tcp.closed += closed;
	c->tcp.established += closed;
	c->tcp.brief += brief;
	put_peer(w, &c->tcp);
	tick(w);
}

static unsigned int asked(struct world *w)
{
	unsigned int n = 0;

	judge(w, KIND);
	for (unsigned int i = 0; i < w->n_asks; i++)
		n += w->ask[i].what == ASK_TLS;
	return n;
}

static void begin(struct world *w)
{
	world_init(w);
	tick(w);
}

static void test_who_is_asked_about(void **state)
{
	struct client c = client(PEER_OUT);
	struct world w;

	(void)state;
	begin(&w);
	closes(&w, &c, 1, 1);
	closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 0);
	closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 1);
	assert_string_equal(w.ask[0].comm, "vector");
	assert_int_equal(w.ask[0].pid, 731);
	assert_true(w.ask[0].until_ns > w.now && w.ask[0].until_ns <= w.now + 10 * SEC);
	/* Most of its connections carry more than a handshake. */
	closes(&w, &c, 0, 9);
	assert_int_equal(asked(&w), 0);
	world_done(&w);
}

static void test_for_how_long(void **state)
{
	struct client c = client(PEER_OUT);
	struct world w;

	(void)state;
	begin(&w);
	closes(&w, &c, 3, 3);
	put_armed(&w, TLS_ARMED, 731);
	for (unsigned int i = 0; i < 89; i++)
		closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 1);
	closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 0); /* nothing failed: that is enough */
	put_armed(&w, TLS_OVER, 731);
	closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 0);
	for (unsigned int i = 0; i < 600; i++)
		closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 1); /* after a rest */
	/* While handshakes fail it goes on. */
	put_armed(&w, TLS_ARMED, 731);
	for (unsigned int i = 0; i < 200; i++) {
		put_outcome(&w, &c.failed, 1);
		closes(&w, &c, 1, 1);
	}
	assert_int_equal(asked(&w), 1);
	world_done(&w);
}

static void test_no_library(void **state)
{
	struct client c = client(PEER_OUT);
	struct world w;

	(void)state;
	begin(&w);
	closes(&w, &c, 3, 3);
	put_armed(&w, TLS_NO_LIBRARY, 731);
	for (unsigned int i = 0; i < 30; i++)
		closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 0);
	/* Another process of that name may have one. */
	c.tcp.pid = 732;
	closes(&w, &c, 1, 1);
	assert_int_equal(asked(&w), 1);
	world_done(&w);
}

static void test_four_at_once(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	wait_s(&w, 1);
	for (unsigned int i = 0; i < 6; i++) {
		struct client c = client(PEER_OUT);

		c.tcp.peer.addr[15] = (__u8)(10 + i);
		c.tcp.pid += i;
		c.tcp.comm[0] = (char)('a' + i);
		c.tcp.brief = c.tcp.closed = 0;
		put_peer(&w, &c.tcp);
		c.tcp.brief = c.tcp.closed = 4;
		wait_s(&w, 0.1);
		put_peer(&w, &c.tcp);
	}
	tick(&w);
	assert_int_equal(asked(&w), 4);
	world_done(&w);
}

/* So many fail, one a second. */
static void fail_times(struct world *w, struct client *c, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		put_outcome(w, &c->failed, 1);
		closes(w, c, 1, 1);
	}
}

static void test_claim(void **state)
{
	struct client c = client(PEER_OUT);
	const struct claim *claim;
	struct world w;

	(void)state;
	begin(&w);
	fail_times(&w, &c, 2);
	assert_int_equal(judge(&w, KIND), 0);
	fail_times(&w, &c, 1);
	assert_int_equal(judge(&w, KIND), 1);
	claim = &w.claim[0];
	assert_string_equal(claim->message,
			    "NETWORK: no TLS with 10.0.0.7:443: its certificate has expired.");
	assert_string_equal(claim->advice[0].command,
			    "openssl s_client -connect 10.0.0.7:443 -showcerts </dev/null");
	assert_string_equal(claim->call, "the owner of 10.0.0.7:443");
	assert_int_equal(claim->fault_at, AT_PEER);
	assert_int_equal(claim->severity, SEVERITY_WARNING);
	/* (0.97 - 0.3 / 3) * 0.9: nobody knows whether the clock is right. */
	assert_float_equal(claim->confidence, 0.78, 1e-9);
	fail_times(&w, &c, 27);
	judge(&w, KIND);
	assert_float_equal(w.claim[0].confidence, 0.86, 1e-9);
	world_done(&w);
}

static void test_recovery(void **state)
{
	struct client c = client(PEER_OUT);
	struct subject subject;
	struct world w;
	__u64 since;

	(void)state;
	begin(&w);
	fail_times(&w, &c, 6);
	assert_int_equal(judge(&w, KIND), 1);
	subject = w.claim[0].subject;
	since = w.now;
	wait_s(&w, 5);
	tick(&w);
	assert_false(recovered(&w, KIND, &subject, since)); /* silence is none */
	put_outcome(&w, &c.done, 1);
	closes(&w, &c, 1, 1);
	assert_int_equal(judge(&w, KIND), 0);
	assert_true(recovered(&w, KIND, &subject, since));
	world_done(&w);
}

static void test_clients_of_ours(void **state)
{
	struct client c = client(PEER_IN);
	struct world w;

	(void)state;
	begin(&w);
	c.failed.reason = 1045;
	c.failed.detail = 0;
	fail_times(&w, &c, 20);
	assert_int_equal(judge(&w, KIND), 0); /* a scanner takes no longer */
	fail_times(&w, &c, 1);
	assert_int_equal(judge(&w, KIND), 1);
	assert_int_equal(w.claim[0].fault_at, AT_THIS_HOST);
	world_done(&w);
	/* What is no TLS is never told of a client. */
	begin(&w);
	c = client(PEER_IN);
	c.failed.reason = 156;
	c.failed.detail = 0;
	fail_times(&w, &c, 60);
	assert_int_equal(judge(&w, KIND), 0);
	world_done(&w);
}

static void test_late_refusals(void **state)
{
	struct client c = client(PEER_OUT);
	struct world w;

	(void)state;
	begin(&w);
	c.failed = outcome_of(&c.tcp, TLS_LATE, 1048, 0);
	for (unsigned int i = 0; i < 6; i++) {
		put_outcome(&w, &c.failed, 1);
		put_outcome(&w, &c.done, 1);
		closes(&w, &c, 1, 1);
	}
	assert_int_equal(judge(&w, KIND), 1);
	assert_null(find_evidence(&w.claim[0], "tls.handshakes.completed"));
	assert_int_equal(find_evidence(&w.claim[0], "tls.alert")->value, 48);
	world_done(&w);
}

static void lacks(struct world *w, const char *what)
{
	char why[MESSAGE_LEN];

	assert_false(rule_find(KIND)->exposed(w->model, why, sizeof(why)));
	assert_string_equal(why, what);
}

static void test_exposure(void **state)
{
	struct client c = client(PEER_OUT);
	char why[MESSAGE_LEN];
	struct world w;

	(void)state;
	begin(&w);
	assert_string_equal(rule_find(KIND)->unexposed, "not-armed");
	lacks(&w, "nothing suspect, not armed");
	put_armed(&w, TLS_NO_LIBRARY, 731);
	lacks(&w, "vector[731]: no library of TLS in it that can be probed");
	put_armed(&w, TLS_GONE, 731);
	lacks(&w, "vector[731] ended before it was looked at");
	put_armed(&w, TLS_ARMED, 731);
	lacks(&w, "vector[731]: no handshake was seen");
	put_outcome(&w, &c.done, 1);
	tick(&w);
	assert_true(rule_find(KIND)->exposed(w.model, why, sizeof(why)));
	world_done(&w);
}

static void test_words(void **state)
{
	struct tls_reason r;

	(void)state;
	for (__u8 library = TLS_OPENSSL; library <= TLS_GNUTLS; library++)
		for (__s32 reason = -500; reason < 1300; reason++)
			for (__u32 detail = 0; detail < 80; detail++) {
				r = tls_reason_of(library, reason, detail);
				assert_true(r.words && strlen(r.words) <= 36);
			}
	for (unsigned int bit = 0; bit < 32; bit++)
		assert_true(strlen(tls_reason_of(TLS_GNUTLS, -348, 1U << bit).words) <= 36);
	r = tls_reason_of(TLS_OPENSSL, 1070, 0);
	assert_int_equal(r.refuser, TLS_PEER_REFUSES);
	r = tls_reason_of(TLS_OPENSSL, VERIFY_FAILED, 20);
	assert_int_equal(r.refuser, TLS_WE_REFUSE);
	assert_int_equal(r.remedy, TLS_OWN_STORE);
	r = tls_reason_of(TLS_GNUTLS, -43, 1 << 1 | 1 << 10);
	assert_string_equal(r.words, "its certificate has expired");
	assert_string_equal(tls_reason_name(TLS_OPENSSL, 1048), "unknown_ca");
	assert_null(tls_reason_name(TLS_OPENSSL, 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_asked_about),
		cmocka_unit_test(test_for_how_long),
		cmocka_unit_test(test_no_library),
		cmocka_unit_test(test_four_at_once),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_clients_of_ours),
		cmocka_unit_test(test_late_refusals),
		cmocka_unit_test(test_exposure),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
