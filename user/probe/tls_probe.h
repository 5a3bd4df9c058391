/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_probe.h - how the TLS handshakes of armed programs end.
 *
 * Armed are names of programs, TLS_ARMED_MAX at most. The hooks are in the libraries' files, so that whoever maps
 * one of these passes them (a trap or two a handshake), and only the armed are counted. With the last one armed all
 * of it goes.
 */
#ifndef CULPRIT_TLS_PROBE_H
#define CULPRIT_TLS_PROBE_H

#include <sys/types.h>

#include <bpf/libbpf.h>

#include <culprit/map_tls.h>

#include "probe/id_table.h"
#include "source/source.h"

#define TLS_FILES_MAX  12
#define TLS_FILE_LINKS 10

struct probes;

struct tls_file {
	dev_t dev;
	ino_t inode;
	unsigned int libraries; /* bits */
	struct bpf_link *link[TLS_FILE_LINKS];
	unsigned int n;
};

struct tls_probe {
	struct tls_name armed[TLS_ARMED_MAX];
	unsigned int n;
	struct tls_file file[TLS_FILES_MAX];
	unsigned int n_files;
	int armed_fd, outcomes_fd; /* maps; while n > 0 */
	unsigned int used;	   /* entries at the last snapshot */
	struct id_table seen;	   /* struct tls_seen: counts go on when it is armed anew */
};

void tls_probe_init(struct tls_probe *tls);
/* Detaches all. */
void tls_probe_done(struct probes *probes);
/* EVENT_TLS_OUTCOME for what changed. */
int tls_probe_snapshot(struct tls_probe *tls, unsigned long long now_ns, event_fn fn, void *ctx);

#endif
