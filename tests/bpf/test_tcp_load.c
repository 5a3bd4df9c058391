/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tcp_load.c - much at once: 20,000 connections, as many connects and closes and as many retransmits as this
 * machine yields, more peers than there is room for. No count is lost, memory stays bounded, the tables say what they
 * dropped. How fast it went is printed, and nothing is asserted of it.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <culprit/map_tcp.h>

#include "model/model.h"
#include "model/peer.h"

#define MB	    (1UL << 20)
#define CONNECTIONS 20000U
#define HOLDERS	    8U /* a process may not have so many descriptors */
#define ADDRESSES   4U
#define PORT	    7000U
#define STORM_PORT  7100U
#define RATE_NS	    2500000000ULL
#define STORM_NS    3000000000ULL
#define MANY_PEERS  (PEERS_MAX + 1000U)
#define FEW_PEERS   5000U
#define LIVE_PEERS  200U

/* ---- sockets, by number ---- */

static int plain_socket(bool waits)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (waits ? 0 : SOCK_NONBLOCK), 0);

	assert_true(fd >= 0);
	return fd;
}

/* To the i-th address of 127/8. */
static int connect_to(unsigned int i, unsigned int port, bool waits)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = plain_socket(waits);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) && errno != EINPROGRESS) {
		close(fd);
		return -errno;
	}
	return fd;
}

static int listen_all(unsigned int port)
{
	int listener = tcp_listen("0.0.0.0", &port, 4096);

	assert_true(listener >= 0);
	return listener;
}

static unsigned long long cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
}

static size_t resident(void)
{
	size_t pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*u %zu", &pages), 1);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- what the probes counted ---- */

/* Events go into a model as they come, so that nothing heaps up but what the model keeps. */
struct watch {
	struct probes *probes;
	struct model *model;
	struct event_ring ring; /* the latest of tcp */
	struct event_table peers;
	/* Runs that the kernel left out, and told of: of tcp.retransmit, and of tcp.state. */
	__u64 nested;
	__u64 nested_state;
};

static int take(void *ctx, const struct event *event)
{
	struct watch *watch = ctx;

	if (event->type == EVENT_RING && !strcmp(((const struct event_ring *)event)->name, "tcp"))
		watch->ring = *(const struct event_ring *)event;
	if (event->type == EVENT_TABLE &&
	    !strcmp(((const struct event_table *)event)->name, "tcp.peers"))
		watch->peers = *(const struct event_table *)event;
	if (event->type == EVENT_TABLE &&
	    !strcmp(((const struct event_table *)event)->name, "tcp.retransmit.nested"))
		watch->nested = ((const struct event_table *)event)->dropped;
	if (event->type == EVENT_TABLE &&
	    !strcmp(((const struct event_table *)event)->name, "tcp.state.nested"))
		watch->nested_state = ((const struct event_table *)event)->dropped;
	return model_apply(watch->model, event);
}

/* ahead_ns: as if so much time had gone by. */
static void look(struct watch *watch, unsigned long long ahead_ns)
{
	unsigned long long now_ns = clock_now_ns() + ahead_ns;
	struct event_tick tick = {.h = {.ts_ns = now_ns, .type = EVENT_TICK, .size = sizeof(tick)}};

	assert_true(probes_drain(watch->probes, take, watch) >= 0);
	assert_int_equal(probes_snapshot(watch->probes, now_ns, false, take, watch), 0);
	assert_int_equal(probes_account(watch->probes, now_ns, take, watch), 0);
	assert_int_equal(take(watch, &tick.h), 0);
}

/* As a daemon is: samples of what happens, so many a peer and second. */
static struct watch *watch_open(void)
{
	struct probes_options options = {.slow_io_ns = 3600ULL * 1000000000ULL};
	struct watch *watch = calloc(1, sizeof(*watch));
	struct err err = {0};

	assert_non_null(watch);
	watch->model = model_new();
	assert_non_null(watch->model);
	if (probes_new(&options, &watch->probes, &err) || probes_attach(watch->probes, &err))
		fail_msg("probes: %s", err.text);
	look(watch, 0);
	return watch;
}

static void watch_close(struct watch *watch)
{
	probes_free(watch->probes);
	model_free(watch->model);
	free(watch);
}

struct sums {
	__u64 counter[PEER_COUNTERS];
	__u64 live;
	unsigned int peers;
};

/* Over all peers of our namespace, of so many services and one direction. */
static struct sums sum_of(const struct watch *watch, enum peer_dir dir, unsigned int port,
			  unsigned int ports)
{
	const struct peer *peer = NULL;
	struct sums sums = {0};

	while ((peer = peers_next(model_peers(watch->model), peer))) {
		if (peer->key.netns != world_netns() || peer->key.dir != dir ||
		    peer->key.port < port || peer->key.port >= port + ports)
			continue;
		sums.peers++;
		sums.live += peer->live;
		for (unsigned int i = 0; i < PEER_COUNTERS; i++)
			sums.counter[i] += peer_total(peer, i);
	}
	return sums;
}

static struct sums sum(const struct watch *watch, enum peer_dir dir, unsigned int port)
{
	return sum_of(watch, dir, port, 1);
}

/* Nothing was lost: each event came through, or the ring says how many did not. */
#define MISSED_STATE	   1000
#define MISSED_RETRANSMITS 50
/* The kernel does not enter a program twice on one processor; of the runs that it leaves out so on a busy host it counts
 * most: one in `others` may be one that it did not. */
static void expect_all(__u64 counted, __u64 all, __u64 left_out, unsigned int others)
{
	__u64 least = all - all / others;

	assert_in_range(counted, least > left_out ? least - left_out : 0, all);
}

static void expect_whole(const struct watch *watch)
{
	assert_int_equal(watch->ring.produced, watch->ring.delivered + watch->ring.lost);
}

/* ---- the tests ---- */

/* A child that holds both ends of its share of connections until `until` is closed; it says when it has them. */
static void hold(unsigned int port, int ready, int until)
{
	int listener = listen_all(port);
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 0; i < CONNECTIONS / HOLDERS; i++)
		if (connect_to(i % ADDRESSES, port, true) < 0 ||
		    accept4(listener, NULL, NULL, SOCK_CLOEXEC) < 0)
			_exit(1);
	if (write(ready, &byte, 1) != 1)
		_exit(1);
	_exit(read(until, &byte, 1) == 0 ? 0 : 1);
}

struct holders {
	pid_t pid[HOLDERS];
	int until; /* closed: they end */
};

static void hold_all(struct holders *holders)
{
	int ready[2], until[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(until, O_CLOEXEC), 0);
	for (unsigned int i = 0; i < HOLDERS; i++) {
		holders->pid[i] = fork();
		assert_true(holders->pid[i] >= 0);
		if (holders->pid[i] == 0) {
			close(until[1]);
			hold(PORT + i, ready[1], until[0]);
		}
	}
	close(ready[1]);
	close(until[0]);
	for (unsigned int i = 0; i < HOLDERS; i++)
		assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	holders->until = until[1];
}

static void release_all(const struct holders *holders)
{
	int status;

	close(holders->until);
	for (unsigned int i = 0; i < HOLDERS; i++) {
		assert_int_equal(waitpid(holders->pid[i], &status, 0), holders->pid[i]);
		assert_int_equal(status, 0);
	}
}

static void test_many_connections(void **state)
{
	struct watch *watch = watch_open();
	size_t before = resident();
	struct holders holders;
	unsigned long long began;
	struct sums out, in;

	(void)state;
	hold_all(&holders);
	began = cpu_now_ns();
	look(watch, 0);
	print_message("%u connections: a look takes %.1f ms of CPU time\n", CONNECTIONS,
		      (double)(cpu_now_ns() - began) / 1e6);
	out = sum_of(watch, PEER_OUT, PORT, HOLDERS);
	in = sum_of(watch, PEER_IN, PORT, HOLDERS);
	assert_int_equal(out.peers, ADDRESSES * HOLDERS);
	assert_int_equal(out.live, CONNECTIONS);
	assert_int_equal(in.live, CONNECTIONS);
	release_all(&holders);
	sleep_ms(100);
	look(watch, 0);
	out = sum_of(watch, PEER_OUT, PORT, HOLDERS);
	in = sum_of(watch, PEER_IN, PORT, HOLDERS);
	expect_all(out.counter[PEER_ATTEMPTS], CONNECTIONS, watch->nested_state, MISSED_STATE);
	expect_all(out.counter[PEER_ESTABLISHED], CONNECTIONS, watch->nested_state, MISSED_STATE);
	expect_all(in.counter[PEER_ACCEPTED], CONNECTIONS, watch->nested_state, MISSED_STATE);
	expect_all(out.counter[PEER_CLOSED], CONNECTIONS, watch->nested_state, MISSED_STATE);
	expect_all(in.counter[PEER_CLOSED], CONNECTIONS, watch->nested_state, MISSED_STATE);
	assert_int_equal(out.live + in.live, 0);
	expect_whole(watch);
	/* Not a byte a socket stays here. */
	assert_true(resident() - before < 4 * MB || resident() < before);
	watch_close(watch);
}

/* A child that works until its time is over; its count lies in memory that both see. */
static pid_t work(unsigned long long ns, unsigned long long *count,
		  void (*step)(unsigned long long *count))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		unsigned long long end = clock_now_ns() + ns;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (clock_now_ns() < end)
			for (int i = 0; i < 16; i++)
				step(count);
		_exit(0);
	}
	return pid;
}

static void wait_for(pid_t pid, struct watch *watch)
{
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		look(watch, 0);
		sleep_ms(200);
	}
	assert_int_equal(status, 0);
}

static int rate_listener;

static void connect_and_close(unsigned long long *count)
{
	int fd = connect_to((unsigned int)(*count % ADDRESSES), PORT, true), accepted;

	if (fd < 0)
		_exit(1);
	accepted = accept4(rate_listener, NULL, NULL, SOCK_CLOEXEC);
	if (accepted < 0)
		_exit(1);
	close(fd);
	close(accepted);
	++*count;
}

static unsigned long long *shared_count(void)
{
	unsigned long long *count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(count != MAP_FAILED);
	return count;
}

static void test_connect_and_close_rate(void **state)
{
	unsigned long long *count = shared_count(), began;
	struct watch *watch = watch_open();
	size_t before = resident();
	struct sums out, in;

	(void)state;
	rate_listener = listen_all(PORT);
	began = clock_now_ns();
	wait_for(work(RATE_NS, count, connect_and_close), watch);
	print_message("%llu connections a second were made and closed, %llu in all\n",
		      *count * 1000000000ULL / (clock_now_ns() - began), *count);
	close(rate_listener);
	sleep_ms(100);
	look(watch, 0);
	out = sum(watch, PEER_OUT, PORT);
	in = sum(watch, PEER_IN, PORT);
	assert_true(*count > 0);
	expect_all(out.counter[PEER_ATTEMPTS], *count, watch->nested_state, MISSED_STATE);
	expect_all(out.counter[PEER_ESTABLISHED], *count, watch->nested_state, MISSED_STATE);
	expect_all(out.counter[PEER_CLOSED], *count, watch->nested_state, MISSED_STATE);
	expect_all(in.counter[PEER_ACCEPTED], *count, watch->nested_state, MISSED_STATE);
	expect_all(in.counter[PEER_CLOSED], *count, watch->nested_state, MISSED_STATE);
	expect_whole(watch);
	assert_true(resident() - before < 4 * MB || resident() < before);
	watch_close(watch);
	munmap(count, sizeof(*count));
}

/* ---- a storm of retransmits ---- */

#define STORM_SENDERS 512U

static int storm_fd[2 * STORM_SENDERS];

static void send_and_read(unsigned long long *count)
{
	static char buf[16384];

	for (unsigned int i = 0; i < STORM_SENDERS; i++) {
		while (recv(storm_fd[2 * i + 1], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		(void)!send(storm_fd[2 * i], buf, 4096, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	++*count;
}

static __u64 retransmits(const struct sums *sums)
{
	__u64 n = 0;

	for (unsigned int i = PEER_RETRANS_RTO; i <= PEER_RETRANS_OTHER; i++)
		n += sums->counter[i];
	return n;
}

static void test_retransmit_rate(void **state)
{
	unsigned long long *count = shared_count(), before_segs, segs, began, took;
	int listener = listen_all(STORM_PORT);
	struct watch *watch = watch_open();
	size_t before = resident();
	struct sums out, in;

	(void)state;
	run("echo 5000 >/proc/sys/net/ipv4/tcp_rto_min_us 2>/dev/null"); /* 6.11 and later */
	for (unsigned int i = 0; i < STORM_SENDERS; i++) {
		storm_fd[2 * i] = connect_to(i % 64, STORM_PORT, true);
		storm_fd[2 * i + 1] = tcp_accept(listener);
		assert_true(storm_fd[2 * i] >= 0 && storm_fd[2 * i + 1] >= 0);
	}
	before_segs = netstat("RetransSegs");
	assert_true(filter("tcp dport %u tcp flags != syn numgen random mod 100 < 20 drop",
			   STORM_PORT));
	began = clock_now_ns();
	wait_for(work(STORM_NS, count, send_and_read), watch);
	took = clock_now_ns() - began;
	segs = netstat("RetransSegs") - before_segs;
	print_message("%llu segments a second were sent again\n", segs * 1000000000ULL / took);
	/* Nothing goes through any more, and nothing is sent once the sockets are gone. */
	filter_clear();
	for (unsigned int i = 0; i < 2 * STORM_SENDERS; i++)
		tcp_abort(storm_fd[i]);
	close(listener);
	sleep_ms(100);
	segs = netstat("RetransSegs") - before_segs;
	look(watch, 0);
	out = sum(watch, PEER_OUT, STORM_PORT);
	in = sum(watch, PEER_IN, STORM_PORT);
	print_message("%llu told of %llu, %llu lost, %llu held back; %llu runs left out\n",
		      (unsigned long long)watch->ring.delivered, segs,
		      (unsigned long long)watch->ring.lost,
		      (unsigned long long)watch->ring.suppressed,
		      (unsigned long long)watch->nested);
	assert_true(segs > 100);
	/* All are counted by their sockets; by cause, or as what this host itself could not send (6.17 and later tell). */
	assert_int_equal(out.counter[PEER_SEGS_RETRANS] + in.counter[PEER_SEGS_RETRANS], segs);
	expect_all(retransmits(&out) + retransmits(&in) + out.counter[PEER_SEND_ERRORS] +
			   in.counter[PEER_SEND_ERRORS],
		   segs, watch->nested, MISSED_RETRANSMITS);
	expect_whole(watch);
	assert_true(resident() - before < 4 * MB || resident() < before);
	watch_close(watch);
	munmap(count, sizeof(*count));
}

/* ---- more peers than there is room for ---- */

static void connect_once(unsigned int i, int listener)
{
	int fd = connect_to(i, PORT, true);

	assert_true(fd >= 0);
	close(tcp_accept(listener));
	close(fd);
}

static void test_too_many_peers(void **state)
{
	int listener = listen_all(PORT), fds[2 * LIVE_PEERS];
	struct watch *watch = watch_open();
	const struct peers *peers = model_peers(watch->model);
	size_t before = resident();
	const struct event_table *own;
	__u64 dropped;

	(void)state;
	for (unsigned int i = 0; i < FEW_PEERS; i++)
		connect_once(i, listener);
	sleep_ms(50);
	look(watch, 0);
	own = model_table(watch->model, "model.peers");
	assert_non_null(own);
	assert_true(FEW_PEERS > own->limit && own->used == own->limit);
	assert_int_equal(watch->peers.dropped, 0);
	/* Whoever is there now takes the place of one that came and went. */
	for (unsigned int i = 0; i < LIVE_PEERS; i++) {
		fds[2 * i] = connect_to(FEW_PEERS + i, PORT, true);
		fds[2 * i + 1] = tcp_accept(listener);
		assert_true(fds[2 * i] >= 0 && fds[2 * i + 1] >= 0);
	}
	look(watch, 0);
	assert_int_equal(sum(watch, PEER_OUT, PORT).live, LIVE_PEERS);
	assert_true(peers->table.evicted >= LIVE_PEERS);
	assert_int_equal(model_table(watch->model, "model.peers")->dropped, 0);
	/* The kernel's table is full: what does not go into it is counted. */
	for (unsigned int i = FEW_PEERS + LIVE_PEERS; i < MANY_PEERS; i++)
		connect_once(i, listener);
	sleep_ms(50);
	look(watch, 0);
	assert_int_equal(watch->peers.limit, PEERS_MAX);
	assert_int_equal(watch->peers.used, PEERS_MAX);
	assert_true(watch->peers.dropped >= MANY_PEERS - PEERS_MAX);
	assert_int_equal(sum(watch, PEER_OUT, PORT).live, LIVE_PEERS);
	print_message("%u peers: for %llu of what they did there was no room; %.1f MB more\n",
		      MANY_PEERS, (unsigned long long)watch->peers.dropped,
		      ((double)resident() - (double)before) / (double)MB);
	/* Half a minute later it is no more: who is idle makes room, and who is new finds some. */
	look(watch, 31000000000ULL);
	look(watch, 31000000000ULL);
	assert_in_range(watch->peers.used, LIVE_PEERS, PEERS_MAX / 4);
	dropped = watch->peers.dropped;
	for (unsigned int i = 0; i < 2 * LIVE_PEERS; i++)
		close(fds[i]);
	connect_once(MANY_PEERS + 1, listener);
	close(listener);
	sleep_ms(50);
	look(watch, 31000000000ULL);
	assert_int_equal(sum(watch, PEER_OUT, PORT).counter[PEER_CLOSED], LIVE_PEERS);
	assert_int_equal(watch->peers.dropped, dropped);
	expect_whole(watch);
	assert_true(resident() - before < 16 * MB || resident() < before);
	watch_close(watch);
}

static int setup(void **state)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return -1;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) || world_setup(state))
		return -1;
	return run("echo 10000 65535 >/proc/sys/net/ipv4/ip_local_port_range") ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_connections),
		cmocka_unit_test(test_connect_and_close_rate),
		cmocka_unit_test(test_retransmit_rate),
		cmocka_unit_test(test_too_many_peers),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
