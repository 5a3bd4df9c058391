/* SPDX-License-Identifier: BSD-2-Clause */
/* live_qdiscs.c - the queues of the interfaces; see live_qdiscs.h. */
#include "source/live_qdiscs.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/live_host.h"
#include "source/netlink.h"
#include "source/rtqdisc.h"

struct live_qdiscs {
	int fd; /* negative: rtnetlink is refused */
	bool off;
	__u32 netns;
	__u32 seq; /* of the latest dump */
	unsigned int n;
	__u64 dropped;
	struct event_nic_queue known[LIVE_QDISCS_MAX]; /* as told; the header is zero */
	bool here[LIVE_QDISCS_MAX];		       /* seen in this poll */
};

struct reading {
	struct live_qdiscs *qdiscs;
	struct emit *emit;
};

struct live_qdiscs *live_qdiscs_new(bool off)
{
	struct live_qdiscs *qdiscs = calloc(1, sizeof(*qdiscs));

	if (!qdiscs)
		return NULL;
	qdiscs->off = off;
	qdiscs->fd = off ? -ECANCELED : netlink_open(0);
	qdiscs->netns = live_own_netns();
	return qdiscs;
}

void live_qdiscs_free(struct live_qdiscs *qdiscs)
{
	if (!qdiscs)
		return;
	if (qdiscs->fd >= 0)
		close(qdiscs->fd);
	free(qdiscs);
}

int live_qdiscs_report(const struct live_qdiscs *qdiscs, struct emit *emit)
{
	struct event_probe event = {.name = "host.queues", .state = PROBE_ACTIVE};

	if (qdiscs->fd >= 0) {
		snprintf(event.via, sizeof(event.via), "rtnetlink/RTM_GETQDISC");
	} else {
		event.state = PROBE_UNAVAILABLE;
		if (qdiscs->off)
			snprintf(event.reason, sizeof(event.reason), "forced off");
		else
			snprintf(event.reason, sizeof(event.reason), "rtnetlink: %s",
				 strerror(-qdiscs->fd));
	}
	return EMIT(emit, EVENT_PROBE, &event);
}

int live_qdiscs_account(const struct live_qdiscs *qdiscs, struct emit *emit)
{
	return emit_table(emit, "source.queues", LIVE_QDISCS_MAX, qdiscs->n, qdiscs->dropped);
}

static int take(void *ctx, const void *message, size_t length)
{
	struct reading *r = ctx;
	struct live_qdiscs *q = r->qdiscs;
	struct event_nic_queue queue = {0}, event;
	unsigned int i = 0;

	if (!rtqdisc_parse(message, length, &queue))
		return 0;
	queue.netns = q->netns;
	while (i < q->n && q->known[i].ifindex != queue.ifindex)
		i++;
	if (i == LIVE_QDISCS_MAX) {
		q->dropped++;
		return 0;
	}
	if (i == q->n)
		memset(&q->known[q->n++], 0, sizeof(q->known[i]));
	q->here[i] = true;
	if (memcmp(&q->known[i], &queue, sizeof(queue)) == 0)
		return 0;
	q->known[i] = event = queue;
	return EMIT(r->emit, EVENT_NIC_QUEUE, &event);
}

static int ask(const struct live_qdiscs *q, struct reading *reading)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg traffic;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETQDISC,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			   .nlmsg_seq = q->seq},
	};

	return netlink_ask(q->fd, &request, sizeof(request), q->seq, take, reading);
}

int live_qdiscs_poll(struct live_qdiscs *q, struct emit *emit)
{
	struct reading reading = {q, emit};
	unsigned int kept = 0;
	int code;

	if (q->fd < 0)
		return 0;
	memset(q->here, 0, sizeof(q->here));
	if (++q->seq == 0)
		q->seq = 1;
	code = ask(q, &reading);
	if (emit->failed)
		return emit->failed;
	if (code < 0)
		return 0; /* not whole: what it lacks need not be gone */
	for (unsigned int i = 0; i < q->n; i++)
		if (q->here[i])
			q->known[kept++] = q->known[i];
	q->n = kept;
	return 0;
}
