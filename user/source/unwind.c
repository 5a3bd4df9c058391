/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwind.c - a sampled stack in words; see unwind.h.
 *
 * Unwound by the call frame information of the programs themselves (.eh_frame, which stripped ones keep too),
 * from the registers and the piece of stack that the kernel side took: no frame pointers are needed.
 */
#include "source/unwind.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include <culprit/event.h>

#define FRAMES_MAX   32
#define FRAMES_TOLD  4
#define FUNCTION_MAX 40
#define FILE_MAX     24

struct frame_found {
	Dwarf_Addr pc;
	bool activation; /* the instruction itself, not the one after a call */
};

struct unwinding {
	const struct stack_sample *sample;
	__u32 pid;
	struct frame_found frame[FRAMES_MAX];
	unsigned int n;
};

/* ---- the process's files ---- */

/* A file that was deleted or replaced, by the mapping that begins at `base`. */
static int open_mapping(__u32 pid, Dwarf_Addr base)
{
	char path[64], begin[24];
	struct dirent *entry;
	int fd = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/map_files", pid);
	snprintf(begin, sizeof(begin), "%llx-", (unsigned long long)base);
	dir = opendir(path);
	while (dir && fd < 0 && (entry = readdir(dir)))
		if (strncmp(entry->d_name, begin, strlen(begin)) == 0)
			fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (dir)
		closedir(dir);
	return fd;
}

/* A file as the process sees it, in its own root. */
static int find_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
		    char **file_name, Elf **elf)
{
	const struct unwinding *u = *userdata;
	char path[4200];
	int fd;

	if (!u || !name || name[0] != '/')
		return dwfl_linux_proc_find_elf(module, userdata, name, base, file_name, elf);
	snprintf(path, sizeof(path), "/proc/%u/root%s", u->pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fd = open_mapping(u->pid, base);
	if (fd >= 0)
		*file_name = strdup(path);
	return fd;
}

static int no_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			const char *file_name, const char *link, GElf_Word crc, char **ret_name)
{
	(void)module, (void)userdata, (void)name, (void)base;
	(void)file_name, (void)link, (void)crc, (void)ret_name;
	return -1;
}

/* ---- unwinding ---- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	if (*thread_arg)
		return 0;
	*thread_arg = arg;
	return dwfl_pid(dwfl);
}

static bool memory_read(Dwfl *dwfl, Dwarf_Addr addr, Dwarf_Word *result, void *arg)
{
	const struct stack_sample *s = ((const struct unwinding *)arg)->sample;

	(void)dwfl;
	if (addr < s->sp || addr - s->sp + sizeof(__u64) > s->len)
		return false;
	memcpy(result, s->stack + (addr - s->sp), sizeof(__u64));
	return true;
}

/* As bpf/arch.bpf.h has put them down. On x86-64 the program counter is one by its DWARF number, on arm64 it is not. */
#if defined(__aarch64__)
#define REGISTERS  32
#define COUNTER_AT 32
#else
#define REGISTERS  17
#define COUNTER_AT 16
#endif

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct stack_sample *s = ((const struct unwinding *)arg)->sample;
	Dwarf_Word regs[REGISTERS];

	for (unsigned int i = 0; i < REGISTERS; i++)
		regs[i] = s->regs[i];
	dwfl_thread_state_register_pc(thread, s->regs[COUNTER_AT]);
	return dwfl_thread_state_registers(thread, 0, REGISTERS, regs);
}

static int on_frame(Dwfl_Frame *frame, void *arg)
{
	struct unwinding *u = arg;
	struct frame_found *f = &u->frame[u->n];

	if (!dwfl_frame_pc(frame, &f->pc, &f->activation))
		return DWARF_CB_ABORT;
	return ++u->n == FRAMES_MAX ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static int own_module(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr start,
		      void *arg)
{
	(void)module, (void)name, (void)start;
	*userdata = arg;
	return DWARF_CB_OK;
}

static bool walk(Dwfl *dwfl, struct unwinding *u)
{
	static const Dwfl_Thread_Callbacks callbacks = {
		.next_thread = next_thread,
		.memory_read = memory_read,
		.set_initial_registers = set_registers,
	};

	if (dwfl_linux_proc_report(dwfl, (pid_t)u->pid) || dwfl_report_end(dwfl, NULL, NULL))
		return false;
	dwfl_getmodules(dwfl, own_module, u, 0);
	if (!dwfl_attach_state(dwfl, NULL, (pid_t)u->pid, &callbacks, u))
		return false;
	dwfl_getthread_frames(dwfl, (pid_t)u->pid, on_frame, u);
	return u->n > 0;
}

/* ---- words ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The C library: which of its functions was called is no call site. */
static bool is_libc(const char *file)
{
	static const char *const names[] = {"libc.so", "libc-2.",    "libpthread", "ld-linux",
					    "ld-musl", "linux-vdso", "libstdc++"};

	if (file[0] == '[')
		return strncmp(file, "[vdso", 5) == 0;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(file, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* In a static program the C library's functions are its own. */
static bool is_call(const char *function)
{
	static const char *const names[] = {
		"open",	   "openat",	   "socket",	  "accept",	    "accept4",
		"pipe",	   "pipe2",	   "dup",	  "dup2",	    "dup3",
		"eventfd", "epoll_create", "recvmsg",	  "epoll_create1",  "socketpair",
		"fcntl",   "open64",	   "openat64",	  "timerfd_create", "signalfd",
		"syscall", "memfd_create", "inotify_init"};

	while (*function == '_')
		function++;
	if (strncmp(function, "GI___", 5) == 0)
		function += 5;
	if (strncmp(function, "libc_", 5) == 0)
		function += 5;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(function, names[i]) == 0)
			return true;
	return false;
}

static void keep_build_id(Dwfl_Module *module, struct unwound *ret)
{
	const unsigned char *bits = NULL;
	GElf_Addr addr;
	int n = dwfl_module_build_id(module, &bits, &addr);

	for (int i = 0; i < n && i < 20 && bits; i++)
		snprintf(ret->build_id + 2 * i, 3, "%02x", bits[i]);
}

/* "pool.c:118", where the debug information says so. */
static void line_text(Dwfl_Module *module, Dwarf_Addr at, char *buf, size_t size)
{
	Dwfl_Line *line = dwfl_module_getsrc(module, at);
	const char *file;
	int number = 0;

	buf[0] = '\0';
	file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	if (file && number > 0)
		snprintf(buf, size, " (%.*s:%d)", FILE_MAX, base_name(file), number);
}

struct words {
	Dwfl *dwfl;
	bool lines;
	struct unwound *ret;
	unsigned int told;
	bool done; /* what comes below is the same for all programs */
};

static void add(struct words *w, const char *text)
{
	size_t at = strlen(w->ret->text);
	size_t room = sizeof(w->ret->text) - at;

	if (strlen(text) + 4 > room) {
		w->done = true;
		w->ret->flags |= STACK_CUT;
		return;
	}
	snprintf(w->ret->text + at, room, "%s%s", at ? " < " : "", text);
	w->told++;
}

static void tell(struct words *w, const struct frame_found *f)
{
	Dwarf_Addr at = f->activation ? f->pc : f->pc - 1, start = 0;
	Dwfl_Module *module = dwfl_addrmodule(w->dwfl, at);
	const char *file = "", *function = NULL;
	char text[128], line[48] = "";
	GElf_Off offset = 0;
	GElf_Sym sym;

	if (module)
		file = base_name(
			dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL));
	if (is_libc(file) && file[0]) {
		/* Above it: the call. Below: what started the program, or a callback's caller. */
		w->done = w->told > 0;
		return;
	}
	if (!module || strncmp(file, "[", 1) == 0) {
		w->ret->flags |= STACK_NO_FILE;
		snprintf(text, sizeof(text), "[no file]+0x%llx", (unsigned long long)f->pc);
		add(w, text);
		return;
	}
	function = dwfl_module_addrinfo(module, at, &offset, &sym, NULL, NULL, NULL);
	/* The next symbol below may be far away: nothing is invented. */
	if (function && sym.st_size && offset >= sym.st_size)
		function = NULL;
	if (w->told == 0 && function && is_call(function))
		return;
	if (w->told == 0)
		keep_build_id(module, w->ret);
	if (strncmp(file, "python", 6) == 0 || strncmp(file, "libpython", 9) == 0)
		w->ret->flags |= STACK_INTERPRETER;
	if (function && (strcmp(function, "_start") == 0 || strncmp(function, "__libc_", 7) == 0)) {
		w->done = true;
		return;
	}
	if (w->lines)
		line_text(module, at, line, sizeof(line));
	if (line[0])
		w->ret->flags |= STACK_LINES;
	if (function) {
		snprintf(text, sizeof(text), "%.*s+0x%llx%s", FUNCTION_MAX, function,
			 (unsigned long long)offset + !f->activation, line);
		w->done = strcmp(function, "main") == 0;
	} else {
		w->ret->flags |= STACK_NO_SYMBOL;
		snprintf(text, sizeof(text), "%.*s+0x%llx%s", FUNCTION_MAX, file,
			 (unsigned long long)(f->pc - start), line);
	}
	add(w, text);
}

/* Field 28 of /proc/PID/stat, after a name that may hold anything. */
static bool is_same_program(__u32 pid, const struct stack_sample *sample)
{
	unsigned long long at = 0;
	char path[32], text[1024];
	const char *field;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	field = strrchr(text, ')');
	for (int i = 2; field && i < 28; i++)
		field = strchr(field + 1, ' ');
	if (field)
		at = strtoull(field, NULL, 10);
	return at == sample->start_stack;
}

bool unwind(__u32 pid, const struct stack_sample *sample, bool lines, struct unwound *ret)
{
	char *path = NULL;
	const Dwfl_Callbacks callbacks = {
		.find_elf = find_elf,
		.find_debuginfo = lines ? dwfl_standard_find_debuginfo : no_debuginfo,
		.debuginfo_path = &path,
	};
	struct unwinding u = {.sample = sample, .pid = pid};
	struct words w = {.lines = lines, .ret = ret};
	char own[96];

	memset(ret, 0, sizeof(*ret));
	/* It has called exec() since: other code lies at these addresses now. */
	if (!is_same_program(pid, sample))
		return false;
	/* Beside the host's own, the debug information of the process's root. */
	snprintf(own, sizeof(own), "+:.debug:/usr/lib/debug:/proc/%u/root/usr/lib/debug", pid);
	path = own;
	w.dwfl = dwfl_begin(&callbacks);
	if (!w.dwfl)
		return false;
	if (walk(w.dwfl, &u))
		for (unsigned int i = 0; i < u.n && w.told < FRAMES_TOLD && !w.done; i++)
			tell(&w, &u.frame[i]);
	ret->frames = u.n;
	dwfl_end(w.dwfl);
	return w.told > 0 && is_same_program(pid, sample);
}
