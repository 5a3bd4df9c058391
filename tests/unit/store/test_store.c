/* SPDX-License-Identifier: BSD-2-Clause */
/* test_store.c - a store is whole or is not taken; what was learned of disks comes back */
#include "rules/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "finding/subject.h"
#include "store/left_open.h"
#include "store/memory.h"
#include "store/norms.h"

struct seen {
	unsigned int n;
	char last[64];
};

static bool take(void *ctx, const char *rest)
{
	struct seen *seen = ctx;

	seen->n++;
	snprintf(seen->last, sizeof(seen->last), "%s", rest);
	return strcmp(rest, "malformed") != 0;
}

static char folder[] = "/tmp/culprit-store-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/store", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char other[80];

	(void)state;
	unlink(path);
	snprintf(other, sizeof(other), "%s.damaged", path);
	unlink(other);
	return rmdir(folder);
}

static void write_three(void)
{
	struct store_text text = {0};
	struct err err = {0};

	assert_int_equal(store_add(&text, "thing", 1, "one"), 0);
	assert_int_equal(store_add(&text, "thing", 2, "of a later version"), 0);
	assert_int_equal(store_add(&text, "thing", 1, "two words"), 0);
	assert_int_equal(store_write(&text, path, &err), 0);
	store_text_done(&text);
}

static int read_things(struct seen *seen, bool set_aside)
{
	const struct store_kind kind = {"thing", 1, take, seen};
	struct err err = {0};

	memset(seen, 0, sizeof(*seen));
	return store_read(path, &kind, 1, set_aside, &err);
}

static void test_what_was_written_is_read(void **state)
{
	struct seen seen;
	struct stat st;

	(void)state;
	unlink(path);
	assert_int_equal(read_things(&seen, true), -ENOENT);
	write_three();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(read_things(&seen, true), 1);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.last, "two words");
	/* It is replaced as a whole, and a leftover of a killed run is no obstacle. */
	write_three();
	assert_int_equal(read_things(&seen, true), 1);
}

static void touch(const char *name)
{
	char other[96];
	int fd;

	snprintf(other, sizeof(other), "%s%s", folder, name);
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static bool is_there(const char *name)
{
	char other[96];

	snprintf(other, sizeof(other), "%s%s", folder, name);
	return access(other, F_OK) == 0;
}

/* What writers that were killed have left goes, and nothing else. */
static void test_leftovers_are_swept(void **state)
{
	static const char *const left[] = {"/store.new", "/store.new1", "/store.new4194304"},
				 *const others[] = {"/store.newer", "/store.new1x", "/store.lock",
						    "/astore.new1", "/store.damaged"};
	char other[96];

	(void)state;
	write_three();
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		touch(left[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		touch(others[i]);
	store_sweep(path);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		assert_false(is_there(left[i]));
	assert_true(is_there("/store"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_true(is_there(others[i]));
		snprintf(other, sizeof(other), "%s%s", folder, others[i]);
		unlink(other);
	}
	store_sweep("/no/such/folder/store");
}

static size_t slurp(char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, buf, size);

	close(fd);
	assert_true(n > 0);
	return (size_t)n;
}

static void spill(const char *buf, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, buf, size), (ssize_t)size);
	close(fd);
}

static void test_damage_is_found_wherever_it_is(void **state)
{
	char whole[512], bad[512];
	struct seen seen;
	size_t size;

	(void)state;
	write_three();
	size = slurp(whole, sizeof(whole));
	for (size_t cut = 0; cut < size; cut++) {
		spill(whole, cut);
		assert_int_equal(read_things(&seen, false), -EBADMSG);
		assert_int_equal(seen.n, 0);
	}
	for (size_t i = 0; i < size; i++) {
		memcpy(bad, whole, size);
		bad[i] ^= 0x04;
		spill(bad, size);
		assert_int_equal(read_things(&seen, false), -EBADMSG);
		assert_int_equal(seen.n, 0);
	}
	/* Set aside: the next run begins anew, and nothing is lost to who wants to look. */
	assert_int_equal(read_things(&seen, true), -EBADMSG);
	assert_int_equal(read_things(&seen, true), -ENOENT);
	snprintf(bad, sizeof(bad), "%s.damaged", path);
	assert_int_equal(access(bad, F_OK), 0);
}

static void test_what_others_may_write_is_not_believed(void **state)
{
	struct seen seen;
	char other[80];

	(void)state;
	write_three();
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(read_things(&seen, true), -EPERM);
	snprintf(other, sizeof(other), "%s.x", path);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(read_things(&seen, true), -ELOOP);
	unlink(other);
	unlink(path);
}

/* What is no file is not ours to rename, nor to replace. */
static void test_what_is_no_file_stays(void **state)
{
	struct store_text text = {0};
	struct err err = {0};
	struct seen seen;
	struct stat st;
	char target[80];

	(void)state;
	snprintf(target, sizeof(target), "%s.damaged", path);
	unlink(target);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_things(&seen, true), -EINVAL);
	assert_int_equal(store_write(&text, path, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no regular file"));
	assert_true(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode));
	unlink(path);
	write_three();
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(read_things(&seen, true), -ELOOP);
	assert_int_equal(store_write(&text, path, &err), -ELOOP);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_true(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
	unlink(path);
	store_text_done(&text);
}

static void test_keys(void **state)
{
	struct event_disk disk = {
		.name = "sda", .model = "ST 1", .serial = "A B%", .wwn = "0x5000"};
	char key[160];

	(void)state;
	assert_string_equal(norms_key(&disk, key, sizeof(key)), "wwn:0x5000");
	disk.wwn[0] = '\0';
	assert_string_equal(norms_key(&disk, key, sizeof(key)), "serial:ST%201:A%20B%25");
	disk.serial[0] = '\0';
	assert_string_equal(norms_key(&disk, key, sizeof(key)), "name:sda");
	disk = (struct event_disk){.name = "dm-3", .backing = "vg-data", .flags = DISK_VIRTUAL};
	assert_string_equal(norms_key(&disk, key, sizeof(key)), "on:dm:vg-data");
	disk.flags = DISK_PARTITION;
	assert_string_equal(norms_key(&disk, key, sizeof(key)), "");
}

/* Seconds in which a disk does a hundred reads of 4 ms each. */
static void work(struct world *w, __u32 dev, unsigned int seconds)
{
	static __u64 done;

	for (unsigned int i = 0; i < seconds; i++) {
		struct event_block_queue q =
			(struct event_block_queue)EVENT(w, event_block_queue, EVENT_BLOCK_QUEUE);

		done += 100;
		q.dev = dev;
		q.reads_done = done;
		q.read_bytes = done * 4096;
		q.read_ms = q.queue_ms = done * 4;
		put(w, &q);
		tick(w);
		wait_s(w, 1);
	}
}

static bool skip_none(void *ctx, __u32 dev)
{
	return ctx && *(__u32 *)ctx == dev;
}

static void test_what_was_learned_comes_back(void **state)
{
	struct norms *norms = norms_new(), *again = norms_new();
	struct store_text text = {0};
	struct event_disk_norm norm;
	struct store_kind kind;
	struct err err = {0};
	__u32 dev = SDA;
	struct world w;

	(void)state;
	unlink(path);
	world_init(&w);
	put_disk(&w, SDA, "sda", 0);
	work(&w, SDA, 60);
	/* Something is wrong with it: nothing is learned of it. */
	norms_learn(norms, w.model, skip_none, &dev);
	assert_false(norms_of(norms, &disks_find(model_disks(w.model), SDA)->info, 0, &norm));
	norms_learn(norms, w.model, skip_none, NULL);
	assert_int_equal(norms_add(norms, &text), 0);
	assert_int_equal(store_write(&text, path, &err), 0);
	kind = norms_kind(again);
	assert_int_equal(store_read(path, &kind, 1, true, &err), 0);
	assert_true(norms_of(again, &disks_find(model_disks(w.model), SDA)->info, 0, &norm));
	assert_int_equal(norm.dev, SDA);
	assert_int_equal(norm.op, 0);
	assert_in_range(norm.lat_ns, 3900000, 4100000);
	assert_in_range(norm.looks, 50, 60);
	assert_false(norms_of(again, &disks_find(model_disks(w.model), SDA)->info, 1, &norm));
	store_text_done(&text);
	norms_free(norms);
	norms_free(again);
	world_done(&w);
}

/* ---- what is open ---- */

#define BOOT "8c1b0b4e-45e1-4a9c-8a0e-3f9c1d2e4b5a"

static struct finding last_told;

static int keep_last(void *ctx, const struct finding *finding)
{
	(void)ctx;
	last_told = *finding;
	return 0;
}

static int ignore(void *ctx, const struct finding *finding)
{
	(void)ctx;
	(void)finding;
	return 0;
}

/* A finding with something in each field that is kept, the names as a hostile host has them. */
static struct finding odd_finding(const char *kind)
{
	struct finding f = {.episode = 3, .count = 77, .first_seen_ns = 5, .last_seen_ns = ~0ULL};
	struct subject *s = &f.claim.subject;

	f.claim.rule = rule_find(kind);
	f.claim.severity = SEVERITY_CRITICAL;
	f.claim.basis = BASIS_MEASURED;
	f.claim.fault_at = AT_PROCESS;
	f.claim.confidence = 0.9375;
	f.claim.window_ns = 60 * SEC;
	snprintf(f.claim.message, sizeof(f.claim.message), "LEAK: a b%% keeps 12 sockets");
	snprintf(f.opened, sizeof(f.opened), "LEAK: a b%% keeps 9 sockets");
	s->type = SUBJECT_PROCESS;
	s->pid = 4242;
	s->start_ns = 123456789;
	snprintf(s->comm, sizeof(s->comm), "-");
	memset(s->exe, 0xff, sizeof(s->exe) - 1);
	snprintf(s->cgroup, sizeof(s->cgroup), "/x y\n%%41\t");
	memset(s->addr, 0x7f, sizeof(s->addr));
	s->port = 65535;
	s->prefix_len = 128;
	f.fingerprint = 0xfedcba9876543210ULL;
	f.id = subject_id(BOOT, kind, s);
	return f;
}

/* Through the file, and into another life. */
static unsigned int left(const struct finding *f, const char *boot_id, struct life *ret_life)
{
	struct world w;
	struct left_open left = {0};
	struct store_kind kind = left_open_kind(&left);
	struct life *life = life_new();
	struct store_text text = {0};
	struct err err = {0};
	int passed;

	world_init(&w);
	tick(&w);
	assert_int_equal(life_restore(life, f), 0);
	life_evaluate(life, w.model, false, NULL, ignore, NULL); /* what is open is listed */
	assert_int_equal(left_open_add(life, BOOT, &text), 0);
	assert_int_equal(store_write(&text, path, &err), 0);
	passed = store_read(path, &kind, 1, true, &err);
	assert_int_equal(passed, 0);
	store_text_done(&text);
	life_free(life);
	world_done(&w);
	return left_open_restore(&left, boot_id, ret_life);
}

static void test_what_is_open_comes_back(void **state)
{
	struct finding f = odd_finding("socket-leak");
	struct life *life = life_new();
	const struct finding *g;
	struct world w;

	(void)state;
	assert_int_equal(left(&f, BOOT, life), 1);
	world_init(&w);
	tick(&w);
	life_evaluate(life, w.model, false, NULL, ignore, NULL);
	g = life_open_at(life, 0);
	assert_non_null(g);
	assert_true(g->id == f.id && g->fingerprint == f.fingerprint && g->episode == 3);
	assert_true(g->count == 77 && g->first_seen_ns == 5 && g->last_seen_ns == ~0ULL);
	assert_ptr_equal(g->claim.rule, f.claim.rule);
	assert_int_equal(g->claim.severity, SEVERITY_CRITICAL);
	assert_int_equal(g->claim.basis, BASIS_MEASURED);
	assert_int_equal(g->claim.fault_at, AT_PROCESS);
	assert_true(g->claim.confidence == 0.9375);
	assert_string_equal(g->claim.message, f.claim.message);
	assert_string_equal(g->opened, f.opened);
	assert_memory_equal(&g->claim.subject, &f.claim.subject, sizeof(f.claim.subject));
	life_free(life);
	world_done(&w);
}

static void test_of_another_boot(void **state)
{
	struct finding f = odd_finding("fd-leak");
	struct life *life = life_new();
	struct world w;

	(void)state;
	assert_int_equal(left(&f, "another", life), 0);
	world_init(&w);
	tick(&w);
	life_evaluate(life, w.model, false, NULL, keep_last, NULL);
	assert_true(last_told.id == f.id && last_told.fingerprint == f.fingerprint);
	assert_int_equal(last_told.state, FINDING_RESOLVED);
	assert_int_equal(last_told.resolution, RESOLVED_UNTRACKED);
	assert_null(life_open_at(life, 0));
	life_free(life);
	world_done(&w);
}

/* Whoever writes to the store by hand, with a right checksum: a record that is not sound is passed over. */
static void test_open_records_that_are_not_sound(void **state)
{
	struct finding f = odd_finding("fd-leak");
	struct life *life = life_new();
	struct left_open left_over = {0};
	struct store_kind kind = left_open_kind(&left_over);
	char line[4096], *end;
	unsigned int words = 0;

	(void)state;
	left(&f, "another", life);
	{
		FILE *file = fopen(path, "r");

		assert_non_null(file);
		assert_non_null(fgets(line, sizeof(line), file));
		assert_non_null(fgets(line, sizeof(line), file));
		fclose(file);
	}
	line[strcspn(line, "\n")] = '\0';
	assert_true(kind.take(kind.ctx, line + strlen("open 1 ")));
	/* Cut short anywhere, or with any word replaced. */
	for (end = line + strlen(line) - 1; end > line + strlen("open 1 "); end--) {
		if (*end == ' ') {
			*end = '\0';
			words++;
		}
	}
	assert_true(words > 30);
	assert_false(kind.take(kind.ctx, line + strlen("open 1 ")));
	assert_false(kind.take(kind.ctx, ""));
	assert_false(kind.take(kind.ctx, BOOT " no-such-kind 900000 1 1 1 1 1 1 18 0 0 1 m 8 "));
	left_open_done(&left_over);
	life_free(life);
}

/* A second daemon is refused as long as the first one is there; who only reads is not. */
static void test_one_writes(void **state)
{
	struct memory_options options = {.writes = true}, reads;
	char dir[] = "/tmp/test_store.XXXXXX", lock[MEMORY_PATH_MAX + 8];
	struct memory *first, *second = NULL;
	struct err err = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(options.path, sizeof(options.path), "%s/store", dir);
	snprintf(lock, sizeof(lock), "%s.lock", options.path);
	assert_int_equal(memory_new(&options, &first, &err), 0);
	assert_int_equal(memory_new(&options, &second, &err), -EBUSY);
	assert_non_null(strstr(err.text, "another culprit daemon"));
	reads = options;
	reads.writes = false;
	assert_int_equal(memory_new(&reads, &second, &err), 0);
	memory_free(second);
	memory_free(first);
	assert_int_equal(memory_new(&options, &first, &err), 0);
	memory_free(first);
	unlink(lock);
	rmdir(dir);
}

/* A lock that cannot be opened locks nobody out: where the store could be written all the same none begins. */
static void test_lock_of_another(void **state)
{
	struct memory_options options = {.writes = true};
	char dir[] = "/tmp/test_store.XXXXXX", lock[MEMORY_PATH_MAX + 8];
	struct memory *memory = NULL;
	struct err err = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(options.path, sizeof(options.path), "%s/store", dir);
	snprintf(lock, sizeof(lock), "%s.lock", options.path);
	assert_int_equal(symlink("/nowhere/else", lock), 0);
	assert_int_equal(memory_new(&options, &memory, &err), -EBUSY);
	assert_non_null(strstr(err.text, "remove it when no other culprit daemon runs"));
	options.writes = false;
	assert_int_equal(memory_new(&options, &memory, &err), 0);
	memory_free(memory);
	unlink(lock);
	rmdir(dir);
}

static void settle(struct memory *memory, struct world *w, const struct life *life, bool now)
{
	memory_settle(memory, w->model, life, now);
	memory_finish(memory, 5000);
}

/* A disk that was full when a finding opened, and is not any more: the finding is kept all the same. */
static void test_written_again(void **state)
{
	struct memory_options options = {.writes = true};
	struct finding f = odd_finding("socket-leak");
	struct life *life = life_new();
	char dir[] = "/tmp/test_store.XXXXXX", sub[64], lock[MEMORY_PATH_MAX + 8];
	struct memory *memory;
	struct err err = {0};
	struct world w;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(options.path, sizeof(options.path), "%s/store", sub);
	snprintf(lock, sizeof(lock), "%s.lock", options.path);
	assert_int_equal(memory_new(&options, &memory, &err), 0);
	world_init(&w);
	tick(&w);
	assert_int_equal(life_restore(life, &f), 0);
	life_evaluate(life, w.model, false, NULL, ignore, NULL);
	settle(memory, &w, life, true);
	assert_int_equal(mkdir(sub, 0700), 0);
	wait_s(&w, 30);
	tick(&w);
	settle(memory, &w, life, false);
	assert_int_equal(access(options.path, F_OK), -1); /* not at each look */
	wait_s(&w, 31);
	tick(&w);
	settle(memory, &w, life, false);
	settle(memory, &w, life, false);
	assert_int_equal(access(options.path, F_OK), 0);
	memory_free(memory);
	life_free(life);
	world_done(&w);
	unlink(options.path);
	unlink(lock);
	rmdir(sub);
	rmdir(dir);
}

/* What root's daemon leaves locks out nobody whose folder it is. */
static void test_lock_in_the_folder_of_another(void **state)
{
	struct memory_options options = {.writes = true};
	char dir[] = "/tmp/test_store.XXXXXX", lock[MEMORY_PATH_MAX + 8];
	struct memory *memory = NULL;
	struct err err = {0};
	struct stat st;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root makes files for others\n");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chown(dir, 65534, 65533), 0);
	snprintf(options.path, sizeof(options.path), "%s/store", dir);
	snprintf(lock, sizeof(lock), "%s.lock", options.path);
	assert_int_equal(memory_new(&options, &memory, &err), 0);
	assert_int_equal(stat(lock, &st), 0);
	assert_true(st.st_uid == 65534 && st.st_gid == 65533 && (st.st_mode & 0777) == 0600);
	memory_free(memory);
	/* One that is there stays as it is, and is taken. */
	assert_int_equal(chown(lock, 0, 0), 0);
	assert_int_equal(memory_new(&options, &memory, &err), 0);
	assert_true(stat(lock, &st) == 0 && st.st_uid == 0);
	memory_free(memory);
	unlink(lock);
	rmdir(dir);
}

/* In a process of its own, which may start no other for a while. */
static void be_unable_to_fork(const char *store)
{
	struct rlimit limit = {0, RLIM_INFINITY};
	struct memory_options options = {.writes = true};
	struct finding f = odd_finding("socket-leak");
	struct life *life = life_new();
	struct memory *memory;
	struct err err = {0};
	struct world w;
	bool none, there;

	if (geteuid() == 0 && setuid(65534) < 0) /* to root the limit is none */
		_exit(2);
	getrlimit(RLIMIT_NPROC, &limit);
	limit.rlim_cur = 0;
	snprintf(options.path, sizeof(options.path), "%s", store);
	if (memory_new(&options, &memory, &err) < 0)
		_exit(3);
	world_init(&w);
	tick(&w);
	life_restore(life, &f);
	life_evaluate(life, w.model, false, NULL, ignore, NULL);
	setrlimit(RLIMIT_NPROC, &limit);
	settle(memory, &w, life, true);
	none = access(store, F_OK) < 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NPROC, &limit);
	wait_s(&w, 61);
	tick(&w);
	settle(memory, &w, life, false);
	there = access(store, F_OK) == 0;
	_exit(!none ? 4 : !there ? 5 : 0);
}

static void test_written_again_when_it_can_fork(void **state)
{
	char dir[] = "/tmp/test_store.XXXXXX", store[64], lock[80];
	int status = 0;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	if (geteuid() == 0)
		assert_int_equal(chown(dir, 65534, 65534), 0);
	snprintf(store, sizeof(store), "%s/store", dir);
	snprintf(lock, sizeof(lock), "%s.lock", store);
	pid = fork();
	if (pid == 0)
		be_unable_to_fork(store);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	unlink(store);
	unlink(lock);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_written_is_read),
		cmocka_unit_test(test_leftovers_are_swept),
		cmocka_unit_test(test_damage_is_found_wherever_it_is),
		cmocka_unit_test(test_what_others_may_write_is_not_believed),
		cmocka_unit_test(test_what_is_no_file_stays),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_what_was_learned_comes_back),
		cmocka_unit_test(test_what_is_open_comes_back),
		cmocka_unit_test(test_of_another_boot),
		cmocka_unit_test(test_open_records_that_are_not_sound),
		cmocka_unit_test(test_one_writes),
		cmocka_unit_test(test_lock_of_another),
		cmocka_unit_test(test_written_again),
		cmocka_unit_test(test_lock_in_the_folder_of_another),
		cmocka_unit_test(test_written_again_when_it_can_fork),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
