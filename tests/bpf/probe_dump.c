/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_dump - attaches all probes, says how, and prints what comes, for debugging.
 *
 * usage: probe_dump [-s SECONDS] [-d PROBE,...] [-w PROBE=WAY,...] [-p PID] [-a MAJOR:MINOR] [-i] [-v]
 *   -d  these are forced off      -w  only this way      -p  scan this process once a second
 *   -a  arm the issue hook        -i  no limit of ring events      -v  libbpf's messages
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe/probes.h"

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000000000ULL + (unsigned long long)now.tv_nsec;
}

static const char *peer_text(const struct peer_key *peer)
{
	static char text[96];
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	char addr[INET6_ADDRSTRLEN];

	if (memcmp(peer->addr, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, peer->addr + 12, addr, sizeof(addr));
	else
		inet_ntop(AF_INET6, peer->addr, addr, sizeof(addr));
	snprintf(text, sizeof(text), "%s %s port %u netns %u", peer->dir == PEER_OUT ? "out" : "in",
		 addr, peer->port, peer->netns);
	return text;
}

static void print_self(const struct event *event)
{
	const struct event_probe *probe = (const void *)event;
	const struct event_ring *ring = (const void *)event;
	const struct event_table *table = (const void *)event;
	const struct event_hook *hook = (const void *)event;

	switch (event->type) {
	case EVENT_PROBE:
		printf("probe   %-16s state %u via '%s' reason '%s'\n", probe->name, probe->state,
		       probe->via, probe->reason);
		break;
	case EVENT_RING:
		printf("ring    %-16s produced %llu delivered %llu lost %llu suppressed %llu\n",
		       ring->name, ring->produced, ring->delivered, ring->lost, ring->suppressed);
		break;
	case EVENT_TABLE:
		printf("table   %-16s limit %llu used %llu dropped %llu\n", table->name,
		       table->limit, table->used, table->dropped);
		break;
	case EVENT_HOOK:
		printf("hook    %-16s runs %llu ns %llu\n", hook->name, hook->runs, hook->run_ns);
		break;
	}
}

static void print_block(const struct event *event)
{
	const struct event_block_io *io = (const void *)event;
	const struct event_block_stat *stat = (const void *)event;
	const struct event_block_status *status = (const void *)event;
	unsigned int i;

	switch (event->type) {
	case EVENT_BLOCK_IO:
		printf("io      %u:%u op %u status %u reason %u sector %llu bytes %llu lat_us %llu ra %u "
		       "nowait %u pid %u %.16s\n",
		       io->dev >> 20, io->dev & 0xfffff, io->op, io->status, io->reason, io->sector,
		       io->bytes, io->lat_ns / 1000, io->readahead, io->nowait, io->pid, io->comm);
		break;
	case EVENT_BLOCK_STAT:
		printf("stat    %u:%u op %u requests %llu bytes %llu errors %llu unknown %llu hist",
		       stat->dev >> 20, stat->dev & 0xfffff, stat->op, stat->requests, stat->bytes,
		       stat->errors, stat->unknown_start);
		for (i = 0; i < EVENT_HIST_SLOTS; i++)
			if (stat->hist[i])
				printf(" %u:%llu", i, stat->hist[i]);
		printf("\n");
		break;
	case EVENT_BLOCK_STATUS:
		printf("status  %u:%u op %u status %u count %llu harmless %llu\n",
		       status->dev >> 20, status->dev & 0xfffff, status->op, status->status,
		       status->count, status->harmless);
		break;
	}
}

static void print_peer(const struct event_tcp_peer *p)
{
	printf("peer    %s if %u flags %u segs %llu retrans %llu dsacks %llu acked %llu received %llu\n"
	       "        rto %llu fast %llu loss %llu tlp %llu syn %llu synack %llu other %llu send_err %llu\n"
	       "        attempts %llu established %llu accepted %llu refused %llu timed_out %llu "
	       "unreachable %llu abandoned %llu failed %llu resets %llu broken %llu closed %llu\n"
	       "        live %u syn %u stuck %u backoff %u zero_win %u reord %u close_wait %u srtt_us %u "
	       "min_rtt_us %u owner %u %.16s\n",
	       peer_text(&p->peer), p->ifindex, p->flags, p->segs_out, p->segs_retrans, p->dsacks,
	       p->bytes_acked, p->bytes_received, p->retrans[RETRANS_RTO], p->retrans[RETRANS_FAST],
	       p->retrans[RETRANS_LOSS], p->retrans[RETRANS_TLP], p->retrans[RETRANS_SYN],
	       p->retrans[RETRANS_SYNACK], p->retrans[RETRANS_OTHER], p->send_errors, p->attempts,
	       p->established, p->accepted, p->refused, p->timed_out, p->unreachable, p->abandoned,
	       p->failed, p->resets, p->broken, p->closed, p->live, p->live_syn, p->live_stuck,
	       p->max_backoff, p->live_zero_win, p->live_reord, p->close_wait, p->srtt_us,
	       p->min_rtt_us, p->pid, p->comm);
}

static void print_tcp(const struct event *event)
{
	const struct event_tcp_retrans *r = (const void *)event;
	const struct event_tcp_conn *c = (const void *)event;

	if (event->type == EVENT_TCP_RETRANS)
		printf("retrans %s if %u local %u remote %u cause %u state %u backoff %u err %d segs %u "
		       "total %u srtt %u rtt %u rto %u wnd %u cwnd %u pid %u %.16s\n",
		       peer_text(&r->peer), r->ifindex, r->local_port, r->remote_port, r->cause,
		       r->state, r->backoff, r->err, r->segs_out, r->total_retrans, r->srtt_us,
		       r->min_rtt_us, r->rto_us, r->snd_wnd, r->snd_cwnd, r->pid, r->comm);
	else if (event->type == EVENT_TCP_CONN)
		printf("conn    %s if %u local %u remote %u outcome %u err %u syn_retrans %u segs %u pid %u "
		       "%.16s\n",
		       peer_text(&c->peer), c->ifindex, c->local_port, c->remote_port, c->outcome,
		       c->err, c->syn_retrans, c->segs_out, c->pid, c->comm);
	else
		print_peer((const void *)event);
}

static void print_files(const struct event *event)
{
	const struct event_proc_fds *fds = (const void *)event;
	const struct event_proc_gone *gone = (const void *)event;
	const struct event_fd_group *group = (const void *)event;
	const struct event_fd_scan *scan = (const void *)event;

	switch (event->type) {
	case EVENT_PROC_FDS:
		printf("fds     %u %.16s fds %u limit %llu uid %u netns %u cgroup %llu\n", fds->pid,
		       fds->comm, fds->fds, fds->limit, fds->uid, fds->netns, fds->cgroup_id);
		break;
	case EVENT_PROC_GONE:
		printf("gone    %u\n", gone->pid);
		break;
	case EVENT_FD_GROUP:
		printf("group   %u scan %u count %u kind %u proto %u state %u peer %s name '%s'\n",
		       group->pid, group->scan, group->count, group->kind, group->proto,
		       group->state, peer_text(&group->peer), group->name);
		break;
	case EVENT_FD_SCAN:
		printf("scan    %u scan %u fds %u groups %u sent %u\n", scan->pid, scan->scan,
		       scan->fds, scan->groups, scan->sent);
		break;
	}
}

static int print(void *ctx, const struct event *event)
{
	(void)ctx;
	if (event->type < EVENT_DISK)
		print_self(event);
	else if (event->type < EVENT_NIC)
		print_block(event);
	else if (event->type < EVENT_PROC)
		print_tcp(event);
	else
		print_files(event);
	return 0;
}

static void watch(struct probes *probes, unsigned int seconds, unsigned int pid)
{
	unsigned long long before;
	unsigned int tick, i;

	for (tick = 0; tick <= seconds; tick++) {
		before = now_ns();
		probes_snapshot(probes, before, tick == 0, print, NULL);
		printf("tick    %u took %llu us\n", tick, (now_ns() - before) / 1000);
		if (pid && probes_scan_fds(probes, pid, 0, tick, now_ns(), print, NULL))
			printf("scan of %u failed\n", pid);
		for (i = 0; i < 20 && tick < seconds; i++) {
			usleep(50000);
			probes_drain(probes, print, NULL);
		}
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct probes_options options = {.slow_io_ns = 1000000000ULL,
					 .own_pid = (unsigned int)getpid()};
	unsigned int seconds = 3, pid = 0, major, minor, dev = 0;
	struct probes *probes;
	struct err err = {0};
	int opt, ret;

	while ((opt = getopt(argc, argv, "s:d:w:p:a:iv")) != -1) {
		switch (opt) {
		case 's':
			seconds = (unsigned int)atoi(optarg);
			break;
		case 'd':
			options.disable = optarg;
			break;
		case 'w':
			options.force_way = optarg;
			break;
		case 'p':
			pid = (unsigned int)atoi(optarg);
			break;
		case 'a':
			if (sscanf(optarg, "%u:%u", &major, &minor) == 2)
				dev = major << 20 | minor;
			break;
		case 'i':
			options.event_interval_ns = 1;
			break;
		case 'v':
			options.verbose = true;
			break;
		default:
			return 2;
		}
	}
	if (probes_new(&options, &probes, &err)) {
		fprintf(stderr, "probe_dump: %s\n", err.text);
		return 1;
	}
	ret = probes_attach(probes, &err);
	if (ret)
		fprintf(stderr, "probe_dump: %s\n", err.text);
	probes_report(probes, now_ns(), print, NULL);
	if (ret == 0) {
		if (dev)
			printf("arm     %d\n", probes_arm_issue(probes, dev));
		watch(probes, seconds, pid);
		probes_account(probes, now_ns(), print, NULL);
		printf("maps    %llu bytes\n", probes_map_bytes(probes));
	}
	probes_free(probes);
	return ret ? 1 : 0;
}
