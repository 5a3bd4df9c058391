/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.c - the store, as a run uses it; see memory.h. */
#include "store/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "children.h"
#include "log.h"
#include "rules/rule.h"
#include "store/left_open.h"

#define SECOND_NS 1000000000ULL
/* Event time between two writings; the first comes sooner, so that a daemon that is killed leaves something. */
#define FIRST_NS (600 * SECOND_NS)
#define EACH_NS	 (3600 * SECOND_NS)
/* ... but what is open must be there after a kill: so soon after one opened or ended. */
#define CHANGE_NS (3 * SECOND_NS)
/* ... and one that could not be written is written so soon after: disks get free again. */
#define AGAIN_NS (60 * SECOND_NS)
#define STEP_MS	 10

struct memory {
	struct memory_options options;
	struct norms *norms;
	struct left_open left; /* by a former run, until they are handed on */
	bool handed_on;
	__u64 learned_ns; /* when what was learned was last taken */
	__u64 written_ns;
	__u64 changes; /* of findings, as written */
	pid_t child;   /* that writes; 0 = none */
	bool failed;   /* the latest one did, which it said */
	int lock_fd;   /* -1: none */
};

/* The folder of the store; false where it is the root, or the path has none. */
static bool folder_of(const struct memory *m, char folder[MEMORY_PATH_MAX])
{
	char *slash;

	snprintf(folder, MEMORY_PATH_MAX, "%s", m->options.path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return false;
	*slash = '\0';
	return true;
}

/* The last folder of the default path is made when it is missing. */
static void make_folder(const struct memory *m)
{
	char folder[MEMORY_PATH_MAX];

	if (m->options.is_default && folder_of(m, folder))
		mkdir(folder, 0700);
}

/* Whoever may write there may write the store, and so may another who could not lock it either. */
static bool may_write_beside(const struct memory *m)
{
	char folder[MEMORY_PATH_MAX];

	return folder_of(m, folder) && faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) == 0;
}

/* Of whom the folder is: what root makes there another user's daemon must be able to open afterwards. */
static void give_away(const struct memory *m, int fd)
{
	char folder[MEMORY_PATH_MAX];
	struct stat st;

	if (geteuid() == 0 && folder_of(m, folder) && stat(folder, &st) == 0 && st.st_uid)
		(void)!fchown(fd, st.st_uid, st.st_gid);
}

/* Only one that is new is given away: whose an old one is may be somebody's will. */
static int open_lock(const struct memory *m, const char *path)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags | O_EXCL, 0600);

	if (fd < 0)
		return errno == EEXIST ? open(path, flags, 0600) : -1;
	give_away(m, fd);
	return fd;
}

/* Two that write one store would each forget what the other learned. */
static int lock(struct memory *m, struct err *err)
{
	char path[MEMORY_PATH_MAX + 8];
	struct stat st;

	make_folder(m);
	snprintf(path, sizeof(path), "%s.lock", m->options.path);
	m->lock_fd = open_lock(m, path);
	/* One that is there and not for us to open (a link, or another user's) says nothing of who runs. Where none can be made
	 * the store cannot be written either, which is said then. */
	if (m->lock_fd < 0 && lstat(path, &st) == 0 && may_write_beside(m))
		return err_set(err, -EBUSY,
			       "cannot lock %s: remove it when no other culprit daemon runs", path);
	if (m->lock_fd < 0 || flock(m->lock_fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	return err_set(err, -EBUSY, "another culprit daemon has %s: stop it, or set another store",
		       path);
}

/* Only who goes on with open findings takes them. */
static int read_all(struct memory *m, struct err *err)
{
	struct store_kind kinds[] = {norms_kind(m->norms), left_open_kind(&m->left)};

	if (m->options.writes)
		store_sweep(m->options.path);
	return store_read(m->options.path, kinds, m->options.writes ? 2 : 1, m->options.writes,
			  err);
}

int memory_new(const struct memory_options *options, struct memory **ret_memory, struct err *err)
{
	struct memory *m = calloc(1, sizeof(*m));
	struct err why = {0};
	int code = 0;

	if (m) {
		m->lock_fd = -1;
		m->norms = norms_new();
	}
	if (!m || !m->norms) {
		memory_free(m);
		return err_set(err, -ENOMEM, "out of memory");
	}
	m->options = *options;
	if (options->writes && options->path[0] && lock(m, err) < 0) {
		memory_free(m);
		return err->code;
	}
	if (options->path[0])
		code = read_all(m, &why);
	/* Who may not read it may not write it either, and is told so then. */
	if (code < 0 && code != -ENOENT &&
	    !(options->is_default && (!options->writes || code == -EACCES)))
		log_warn("%s", why.text);
	*ret_memory = m;
	return 0;
}

const struct norms *memory_norms(const struct memory *memory)
{
	return memory ? memory->norms : NULL;
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	if (memory->lock_fd >= 0)
		close(memory->lock_fd);
	left_open_done(&memory->left);
	norms_free(memory->norms);
	free(memory);
}

void memory_restore(struct memory *memory, const struct model *model, struct life *life)
{
	unsigned int n;

	if (memory->handed_on)
		return;
	memory->handed_on = true;
	n = left_open_restore(&memory->left, model_host(model)->boot_id, life);
	if (n)
		log_info("%u finding%s of the run before %s open still", n, n == 1 ? "" : "s",
			 n == 1 ? "is" : "are");
}

/* ---- writing ---- */

static int write_now(const struct memory *m, const struct model *model, const struct life *life,
		     struct err *err)
{
	struct store_text text = {0};
	int code = norms_add(m->norms, &text);

	if (code == 0)
		code = left_open_add(life, model_host(model)->boot_id, &text);
	if (code < 0)
		return err_set(err, code, "out of memory");
	make_folder(m);
	code = store_write(&text, m->options.path, err);
	store_text_done(&text);
	return code;
}

/* It has nothing of ours open: where it hangs on a dead disk, no hook hangs with it. */
static void start_child(struct memory *m, const struct model *model, const struct life *life)
{
	struct err err = {0};
	pid_t pid = child_fork("culprit-store", -1);

	if (pid < 0) {
		if (!m->failed)
			log_warn("cannot write the store: %s", strerror(-pid));
		m->failed = true; /* what changed meanwhile is not written: it is tried again */
		return;
	}
	if (pid > 0) {
		m->child = pid;
		return;
	}
	if (write_now(m, model, life, &err) == 0)
		_exit(0);
	if (!m->failed)
		log_warn("%s", err.text);
	_exit(1);
}

static bool child_ended(struct memory *m)
{
	int status = 0;
	pid_t pid = m->child ? waitpid(m->child, &status, WNOHANG) : 0;

	/* Whoever gathers children may have been sooner: then it is no child of ours any more. */
	if (pid != 0)
		m->child = 0;
	if (pid > 0)
		m->failed = status != 0;
	return m->child == 0;
}

/* What a disk does while something is wrong with it is not what it should do. */
static bool has_finding(void *ctx, __u32 dev)
{
	const struct life *life = ctx;
	const struct finding *f;

	for (unsigned int i = 0; (f = life_open_at(life, i)); i++)
		if (f->claim.subject.type == SUBJECT_DISK && f->claim.subject.dev == dev &&
		    f->claim.rule->class == CLASS_HARDWARE)
			return true;
	return false;
}

void memory_settle(struct memory *memory, const struct model *model, const struct life *life,
		   bool last)
{
	struct memory *m = memory;
	__u64 now = model_now(model);
	__u64 due_ns = m->learned_ns ? m->learned_ns + EACH_NS : model_start(model) + FIRST_NS;
	bool learn = last || now >= due_ns, ended = child_ended(m);
	bool changed = life_changes(life) != m->changes &&
		       (!m->written_ns || now - m->written_ns >= CHANGE_NS);
	bool again = m->failed && now - m->written_ns >= AGAIN_NS;

	if (!m->options.writes || !m->options.path[0] || (!learn && !changed && !again))
		return;
	/* One that hangs is not joined by another. */
	if (!ended)
		return;
	if (learn) {
		norms_learn(m->norms, model, has_finding, (void *)life);
		m->learned_ns = now;
	}
	start_child(m, model, life);
	m->written_ns = now;
	m->changes = life_changes(life);
}

void memory_finish(struct memory *memory, unsigned int ms)
{
	for (unsigned int at = 0; at < ms && !child_ended(memory); at += STEP_MS)
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}
