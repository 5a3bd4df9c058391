/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_control.c - any bytes from a peer of the control socket: one line is taken for a request, whole; what it is not
 * known as is refused in one plain line, which repeats nothing of it; and what is known is answered to its end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "finding/life.h"
#include "finding/verdict.h"

/* The daemon's side of a connection is its own business. */
#include "../../user/control.c"

#define S_NS	 1000000000ULL
#define SENT_MAX 4096 /* more than any request, and no more than a socket holds */
#define ROOM	 (1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct model *model;
static struct life *life;
static struct verdict verdict;

static void feed(struct flight *flight, struct event *event, __u32 type, __u32 size)
{
	event->type = type;
	event->size = size;
	event->ts_ns = 5000 * S_NS;
	if (flight)
		flight_add(flight, event);
	else if (model_apply(model, event))
		abort();
}

#define FEED(flight, event, type) feed((flight), &(event).h, (type), sizeof(event))

/* A host that has been looked at once. */
static void feed_all(struct flight *flight)
{
	struct event_clock clock = {.boottime_ns = 5000 * S_NS,
				    .realtime_ns = 1795375291ULL * S_NS};
	struct event_host host = {.hostname = "fuzzed", .mode = RUN_DAEMON};
	struct event_tick tick = {.interval_ms = 1000};

	FEED(flight, clock, EVENT_CLOCK);
	FEED(flight, host, EVENT_HOST);
	FEED(flight, tick, EVENT_TICK);
}

static void set_up(void)
{
	model = model_new();
	life = life_new();
	if (!model || !life)
		abort();
	feed_all(NULL);
	verdict_make(model, life, &verdict);
}

static int give(void *ctx, const char *request, int fd, struct err *err)
{
	static const struct reload_state *none;
	struct keeper_view view = {
		.model = model, .life = life, .verdict = &verdict, .settings = none};
	struct flight_options options = {.keep_ns = 600 * S_NS, .bytes = 1 << 20};
	struct flight *flight = flight_new(&options);
	int code;

	(void)ctx;
	if (!flight)
		abort();
	feed_all(flight);
	code = answers_give(&view, flight, request, fd, err);
	flight_free(flight);
	return code;
}

enum kind { NOTHING, REFUSED, KNOWN };

static enum kind kind_of(const char *request)
{
	const char *digits = request + 5;

	if (strcmp(request, "status") == 0 || strcmp(request, "status json") == 0)
		return KNOWN;
	if (strncmp(request, "dump ", 5) == 0 && *digits &&
	    strspn(digits, "0123456789") == strlen(digits))
		return KNOWN;
	return REFUSED;
}

/* What has to come of it. */
static enum kind expect(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	char request[CONTROL_REQUEST_MAX];

	if (!end || (size_t)(end - data) > sizeof(request) - 2)
		return NOTHING;
	memcpy(request, data, (size_t)(end - data));
	request[end - data] = '\0';
	return kind_of(request);
}

static void check(enum kind kind, const char *text, size_t size)
{
	if (kind == NOTHING && size)
		abort();
	if (kind == KNOWN && (size < 4 || memcmp(text, "ok\n", 3) != 0))
		abort();
	if (kind != REFUSED)
		return;
	if (size < 7 || memcmp(text, "error ", 6) != 0 ||
	    memchr(text, '\n', size) != text + size - 1)
		abort();
	for (size_t i = 0; i + 1 < size; i++)
		if (text[i] < ' ' || text[i] > '~')
			abort();
	if (!strstr(text, "does not know that request"))
		abort();
}

static size_t read_all(int fd, char *text, size_t room)
{
	size_t used = 0;
	ssize_t n;

	while (used < room && (n = read(fd, text + used, room - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control c = {.fd = -1, .group = (gid_t)-1, .fn = give};
	static char text[ROOM + 1];
	const int room = ROOM;
	int pair[2];

	if (!model)
		set_up();
	if (size > SENT_MAX)
		size = SENT_MAX;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (send(pair[0], data, size, 0) != (ssize_t)size)
		abort();
	shutdown(pair[0], SHUT_WR);
	answer(&c, pair[1]);
	/* What it did not read would make a reset of the close. */
	shutdown(pair[1], SHUT_WR);
	check(expect(data, size), text, read_all(pair[0], text, ROOM));
	close(pair[0]);
	close(pair[1]);
	return 0;
}
