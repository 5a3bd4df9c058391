/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_probe.c - how the TLS handshakes of armed programs end; see tls_probe.h and bpf/tls.bpf.c. */
#include "probe/tls_probe.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <culprit/counters.h>

#include "probe/kernel_read.h"
#include "probe/noise.h"
#include "probe/probes_impl.h"
#include "probe/tls_elf.h"

struct tls_seen {
	struct tls_outcome_key key;
	unsigned int pad;
	unsigned long long before; /* counted while it was armed earlier */
	unsigned long long count;  /* as last read */
};

/* What is hooked, in whichever file has it. */
static const struct hook_in {
	const char *function;
	const char *program;
	bool at_return;
	enum tls_library library; /* that a file with this function is; 0: it tells nothing */
} hooks[] = {
	{"SSL_do_handshake", "tls_openssl_enter", false, TLS_OPENSSL},
	{"SSL_do_handshake", "tls_openssl_leave", true, 0},
	{"ERR_vset_error", "tls_openssl_error", false, 0},
	{"ERR_put_error", "tls_openssl_error_old", false, 0},
	{"X509_STORE_CTX_get_error", "tls_openssl_verified", true, 0},
	{"gnutls_handshake", "tls_gnutls_enter", false, TLS_GNUTLS},
	{"gnutls_handshake", "tls_gnutls_leave", true, 0},
	{"gnutls_certificate_verify_peers", "tls_gnutls_verify", false, 0},
	{"gnutls_certificate_verify_peers", "tls_gnutls_verified", true, 0},
	{"gnutls_alert_get", "tls_gnutls_alert", true, 0},
};
#define HOOKS_IN (sizeof(hooks) / sizeof(hooks[0]))

void tls_probe_init(struct tls_probe *tls)
{
	memset(tls, 0, sizeof(*tls));
	id_table_init(&tls->seen, sizeof(struct tls_outcome_key), sizeof(struct tls_seen),
		      2 * TLS_OUTCOMES_MAX);
}

/* ---- loading ---- */

static void detach_files(struct tls_probe *tls)
{
	while (tls->n_files) {
		struct tls_file *file = &tls->file[--tls->n_files];

		while (file->n)
			bpf_link__destroy(file->link[--file->n]);
	}
}

static void unload(struct probes *probes)
{
	struct tls_probe *tls = &probes->tls;

	detach_files(tls);
	object_unload(&probes->objects[OBJECT_TLS], probes->runs);
	for (unsigned int i = 0; i < tls->seen.used; i++) {
		struct tls_seen *seen = id_table_at(&tls->seen, i);

		seen->before += seen->count;
		seen->count = 0;
	}
	tls->n = 0;
	tls->used = 0;
}

static int load(struct probes *probes)
{
	struct probe_run *uprobe = probes_run(probes, HOOK_TLS_HANDSHAKE);
	struct probe_run *socket[] = {probes_run(probes, HOOK_TLS_CONNECT),
				      probes_run(probes, HOOK_TLS_RECEIVE)};
	struct object *object = &probes->objects[OBJECT_TLS];
	int ret;

	if (uprobe->way < 0 || socket[0]->way < 0 || socket[1]->way < 0)
		return -ENOTSUP;
	ret = object_load(object, OBJECT_TLS, probes->runs, &probes->options);
	if (ret)
		return ret;
	probes->tls.armed_fd = object_map_fd(object, "tls_armed");
	probes->tls.outcomes_fd = object_map_fd(object, "tls_outcomes");
	for (int i = 0; i < 2 && ret == 0; i++) {
		socket[i]->link = bpf_program__attach(socket[i]->program);
		if (!socket[i]->link)
			ret = -errno;
	}
	if (ret)
		unload(probes);
	/* Reading types took memory that is not needed again. */
	malloc_trim(0);
	return ret;
}

void tls_probe_done(struct probes *probes)
{
	if (probes->tls.n)
		unload(probes);
	id_table_done(&probes->tls.seen);
}

/* ---- arming ---- */

static struct tls_name *find(struct tls_probe *tls, const char comm[EVENT_COMM_LEN])
{
	for (unsigned int i = 0; i < tls->n; i++)
		if (strncmp(tls->armed[i].comm, comm, EVENT_COMM_LEN) == 0)
			return &tls->armed[i];
	return NULL;
}

int probes_arm_tls(struct probes *probes, const char comm[EVENT_COMM_LEN])
{
	struct tls_probe *tls = &probes->tls;
	struct tls_name name = {0};
	__u32 one = 1;
	int ret = 0;

	if (find(tls, comm))
		return 0;
	if (tls->n == TLS_ARMED_MAX)
		return -ENOSPC;
	if (!tls->n)
		ret = load(probes);
	if (ret)
		return ret;
	memcpy(name.comm, comm, strnlen(comm, sizeof(name.comm) - 1));
	if (bpf_map_update_elem(tls->armed_fd, &name, &one, BPF_ANY)) {
		ret = -errno;
		if (!tls->n)
			unload(probes);
		return ret;
	}
	tls->armed[tls->n++] = name;
	return 0;
}

void probes_disarm_tls(struct probes *probes, const char comm[EVENT_COMM_LEN])
{
	struct tls_probe *tls = &probes->tls;
	struct tls_name *name = find(tls, comm);

	if (!name)
		return;
	bpf_map_delete_elem(tls->armed_fd, name);
	*name = tls->armed[--tls->n];
	if (!tls->n)
		unload(probes);
}

/* ---- libraries ---- */

static int attach(struct probes *probes, struct tls_file *file, const struct hook_in *hook, int fd,
		  unsigned long long offset)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(probes->objects[OBJECT_TLS].bpf, hook->program);
	struct bpf_link *link;
	char path[32];

	if (!program || file->n == TLS_FILE_LINKS)
		return -ENOENT;
	/* The very file that was looked at, in whatever mount namespace its path is. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	link = bpf_program__attach_uprobe(program, hook->at_return, -1, path, offset);
	if (!link)
		return -errno;
	file->link[file->n++] = link;
	if (hook->library)
		file->libraries |= 1U << hook->library;
	return 0;
}

static int attach_all(struct probes *probes, struct tls_file *file, int fd)
{
	struct elf_function functions[HOOKS_IN];
	int ret;

	for (unsigned int i = 0; i < HOOKS_IN; i++)
		functions[i] = (struct elf_function){.name = hooks[i].function};
	ret = elf_find_functions(fd, functions, HOOKS_IN);
	noise_clear();
	for (unsigned int i = 0; i < HOOKS_IN && ret == 0; i++)
		if (functions[i].offset)
			ret = attach(probes, file, &hooks[i], fd, functions[i].offset);
	return ret;
}

int probes_attach_tls(struct probes *probes, int fd)
{
	struct tls_probe *tls = &probes->tls;
	struct tls_file *file;
	struct stat stat;
	int ret;

	if (!tls->n)
		return -EINVAL;
	if (fstat(fd, &stat))
		return -errno;
	for (unsigned int i = 0; i < tls->n_files; i++)
		if (tls->file[i].dev == stat.st_dev && tls->file[i].inode == stat.st_ino)
			return (int)tls->file[i].libraries;
	if (tls->n_files == TLS_FILES_MAX)
		return -ENOSPC;
	file = &tls->file[tls->n_files];
	*file = (struct tls_file){.dev = stat.st_dev, .inode = stat.st_ino};
	ret = attach_all(probes, file, fd);
	if (ret) {
		while (file->n)
			bpf_link__destroy(file->link[--file->n]);
		return ret;
	}
	if (file->n)
		tls->n_files++;
	return (int)file->libraries;
}

/* ---- what came of it ---- */

struct walk {
	struct tls_probe *tls;
	unsigned long long now_ns;
	event_fn fn;
	void *ctx;
};

static int show(void *ctx, const void *data, const void *values)
{
	struct event_tls_outcome event = {.h = {.type = EVENT_TLS_OUTCOME, .size = sizeof(event)}};
	const struct tls_outcome_value *value = values;
	const struct tls_outcome_key *key = data;
	const struct walk *walk = ctx;
	struct tls_seen *seen;
	bool is_new;

	walk->tls->used++;
	seen = id_table_add(&walk->tls->seen, key, &is_new);
	/* Nobody opened or read a TCP socket before: there is nobody to tell it of. */
	if (!seen || seen->count == value->count || !key->peer.dir)
		return 0;
	seen->count = value->count;
	event.peer = key->peer;
	event.count = seen->before + value->count;
	event.last_ns = value->last_ns;
	event.start_ns = value->start_ns;
	event.pid = value->pid;
	event.reason = key->reason;
	event.detail = key->detail;
	event.library = key->library;
	event.outcome = key->outcome;
	memcpy(event.comm, value->comm, sizeof(event.comm));
	event.h.ts_ns = walk->now_ns;
	return walk->fn(walk->ctx, &event.h);
}

int tls_probe_snapshot(struct tls_probe *tls, unsigned long long now_ns, event_fn fn, void *ctx)
{
	struct walk walk = {.tls = tls, .now_ns = now_ns, .fn = fn, .ctx = ctx};

	if (!tls->n)
		return 0;
	tls->used = 0;
	return map_walk(tls->outcomes_fd, sizeof(struct tls_outcome_key),
			sizeof(struct tls_outcome_value), 1, show, &walk);
}
