/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_asks.c - whose TLS handshakes are looked at, and until when; see tls_asks.h. */
#include "source/tls_asks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proc_text.h"
#include "small_file.h"
#include "source/tls_libraries.h"

static bool same_name(const struct ask *a, const struct ask *b)
{
	return strncmp(a->comm, b->comm, sizeof(a->comm)) == 0;
}

void tls_asks_take(struct tls_asks *asks, const struct ask *ask)
{
	for (unsigned int i = 0; i < asks->n; i++) {
		if (!same_name(&asks->item[i].ask, ask))
			continue;
		if (ask->until_ns > asks->item[i].ask.until_ns)
			asks->item[i].ask.until_ns = ask->until_ns;
		return;
	}
	if (asks->n == TLS_ASKS_MAX || !ask->comm[0]) {
		asks->dropped++;
		return;
	}
	asks->item[asks->n++] = (struct tls_ask){.ask = *ask};
}

void tls_asks_end(struct tls_asks *asks)
{
	for (unsigned int i = 0; i < asks->n; i++)
		asks->item[i].ask.until_ns = 0;
}

static bool is_there(const struct ask *ask)
{
	char path[40], text[1024];
	struct proc_stat stat;

	snprintf(path, sizeof(path), "/proc/%u/stat", ask->pid);
	return ask->pid && small_file_read(AT_FDCWD, path, text, sizeof(text)) > 0 &&
	       proc_stat_parse(text, &stat) && stat.state != 'Z' &&
	       proc_start_matches(stat.start_ticks, ask->start_ns, sysconf(_SC_CLK_TCK));
}

struct found {
	struct probes *probes;
	unsigned int libraries;
	int err; /* the first that was refused */
};

/* What is no ELF file, or none of this processor, holds no library of ours: the search goes on. */
static int on_library(void *ctx, int fd)
{
	struct found *found = ctx;
	int ret = probes_attach_tls(found->probes, fd);

	if (ret > 0)
		found->libraries |= (unsigned int)ret;
	else if (ret < 0 && ret != -ENOEXEC && !found->err)
		found->err = -ret;
	return 0;
}

/* True when it stays. */
static bool arm(struct tls_ask *item, struct probes *probes, struct emit *emit)
{
	const struct ask *ask = &item->ask;
	struct found found = {.probes = probes};
	bool is_alive = is_there(ask);
	int ret = probes_arm_tls(probes, ask->comm);

	item->answered = true;
	item->told = (struct event_tls_armed){.start_ns = ask->start_ns,
					      .since_ns = emit->now_ns,
					      .pid = ask->pid,
					      .state = TLS_ARMED};
	memcpy(item->told.comm, ask->comm, sizeof(item->told.comm));
	if (ret == 0 && is_alive && tls_libraries_of("", ask->pid, on_library, &found) == -ENOENT)
		is_alive = false;
	if (ret == 0 && !is_alive)
		tls_libraries_here("", on_library, &found);
	item->told.libraries = found.libraries;
	if (ret < 0 || (found.err && !found.libraries)) {
		item->told.state = TLS_REFUSED;
		item->told.err = (__u32)(ret < 0 ? -ret : found.err);
	} else if (!found.libraries) {
		item->told.state = is_alive ? TLS_NO_LIBRARY : TLS_GONE;
	}
	if (ret == 0 && item->told.state != TLS_ARMED)
		probes_disarm_tls(probes, ask->comm);
	EMIT(emit, EVENT_TLS_ARMED, &item->told);
	return item->told.state == TLS_ARMED;
}

void tls_asks_answer(struct tls_asks *asks, struct probes *probes, struct emit *emit)
{
	for (unsigned int i = 0; i < asks->n && !emit->failed;) {
		struct tls_ask *item = &asks->item[i];

		if (item->answered || arm(item, probes, emit))
			i++;
		else
			*item = asks->item[--asks->n];
	}
}

void tls_asks_tick(struct tls_asks *asks, struct probes *probes, struct emit *emit)
{
	for (unsigned int i = 0; i < asks->n && !emit->failed;) {
		struct tls_ask *item = &asks->item[i];

		if (!item->answered || item->ask.until_ns > emit->now_ns) {
			i++;
			continue;
		}
		probes_disarm_tls(probes, item->ask.comm);
		item->told.state = TLS_OVER;
		item->told.since_ns = emit->now_ns;
		EMIT(emit, EVENT_TLS_ARMED, &item->told);
		*item = asks->item[--asks->n];
	}
}
