/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tls.c - which files may hold a library of TLS, and where in an ELF file a function begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source/fake_root.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>

#include "probe/tls_elf.h"
#include "source/tls_libraries.h"

/* ---- which files ---- */

#define LINE(range, access, dev, inode, path)                                                      \
	range " " access " 00001000 " dev " " inode "   " path "\n"
#define SSL "/usr/lib/x86_64-linux-gnu/libssl.so.3"

struct seen {
	char text[8][16];
	unsigned int n;
};

static int note(void *ctx, int fd)
{
	struct seen *seen = ctx;
	ssize_t n;

	assert_true(seen->n < 8);
	n = read(fd, seen->text[seen->n], sizeof(seen->text[0]) - 1);
	assert_true(n >= 0);
	seen->n++;
	return 0;
}

static void put_maps(const char *maps, const char *mounts)
{
	put("proc/7/maps", maps);
	put("proc/7/mountinfo", mounts);
	put("proc/7/map_files/1000-2000", "ssl");
	put("proc/7/map_files/3000-4000", "crypto");
	put("proc/7/map_files/5000-6000", "other");
	put("proc/7/exe", "program");
}

static void assert_files(const char *a, const char *b, const char *c)
{
	const char *wanted[] = {a, b, c};
	struct seen seen = {.n = 0};
	unsigned int n = 0;

	assert_int_equal(tls_libraries_of(root, 7, note, &seen), 0);
	for (; n < 3 && wanted[n]; n++) {
		assert_true(n < seen.n);
		assert_string_equal(seen.text[n], wanted[n]);
	}
	assert_int_equal(seen.n, n);
}

static void test_mapped(void **state)
{
	(void)state;
	root_make();
	put_maps(LINE("1000-2000", "r-xp", "fe:01", "11", SSL) LINE("2000-3000", "r--p", "fe:01",
								    "11", SSL)
			 LINE("3000-4000", "r-xp", "fe:01", "12", "/app/libs/libcrypto-1a2b.so.1.1")
				 LINE("5000-6000", "r-xp", "fe:01", "13",
				      "/usr/lib/libsslcommon.so"),
		 "20 1 254:1 / / rw - ext4 /dev/vda1 rw\n");
	assert_files("ssl", "crypto", "program");
	/* The same file twice is one. */
	put_maps(LINE("1000-2000", "r-xp", "fe:01", "11", SSL)
			 LINE("3000-4000", "r-xp", "fe:01", "11", SSL),
		 "");
	assert_files("ssl", "program", NULL);
	/* None: the program itself may have it. */
	put_maps(LINE("5000-6000", "r-xp", "fe:01", "13", "/usr/lib/libc.so.6"), "");
	assert_files("program", NULL, NULL);
	/* Not the code of it, and what is no mapping of a file. */
	put_maps(LINE("1000-2000", "r--p", "fe:01", "11",
		      SSL) "1000-2000 r-xp 0 00:00 0 \nnonsense\n",
		 "");
	assert_files("program", NULL, NULL);
	remove_tree("");
}

static void test_servers_are_left_out(void **state)
{
	static const char *const types[] = {"nfs4", "cifs", "fuse", "fuse.sshfs"};
	char mounts[128];

	(void)state;
	root_make();
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(
			mounts, sizeof(mounts),
			"20 1 254:1 / / rw - ext4 /dev/vda1 rw\n31 20 0:44 / /app rw shared:1 - %s srv rw\n",
			types[i]);
		put_maps(LINE("1000-2000", "r-xp", "00:2c", "11", SSL)
				 LINE("3000-4000", "r-xp", "fe:01", "12", "/libcrypto.so.3"),
			 mounts);
		assert_files("crypto", "program", NULL);
	}
	/* A device that no mount has: a container's overlay, as some kernels show it. */
	put_maps(LINE("1000-2000", "r-xp", "00:2d", "11", SSL), mounts);
	assert_files("ssl", "program", NULL);
	remove_tree("");
}

static void test_gone(void **state)
{
	struct seen seen = {.n = 0};

	(void)state;
	root_make();
	assert_int_equal(tls_libraries_of(root, 8, note, &seen), -ENOENT);
	put("usr/lib64/libgnutls.so.30", "gnutls");
	put("usr/lib64/libssl.so.9", "none");
	assert_int_equal(tls_libraries_here(root, note, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.text[0], "gnutls");
	remove_tree("");
}

/* ---- where in a file ---- */

static int open_libc(void)
{
	Dl_info info;
	int fd;

	assert_true(dladdr(dlsym(RTLD_DEFAULT, "getppid"), &info) != 0);
	fd = open(info.dli_fname, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* The bytes in the file are those in memory. */
static void test_functions(void **state)
{
	struct elf_function f[] = {
		{.name = "getppid"}, {.name = "no_such_function"}, {.name = "environ"}};
	unsigned char bytes[8];
	int fd = open_libc();

	(void)state;
	assert_int_equal(elf_find_functions(fd, f, 3), 0);
	assert_true(f[0].offset != 0);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), (off_t)f[0].offset), sizeof(bytes));
	assert_memory_equal(bytes, dlsym(RTLD_DEFAULT, "getppid"), sizeof(bytes));
	assert_int_equal(f[1].offset, 0);
	assert_int_equal(f[2].offset, 0); /* data, not a function */
	close(fd);
	assert_true(elf_entry_offset("/proc/self/exe") != 0);
	assert_int_equal(elf_entry_offset("/etc/passwd"), 0);
	assert_int_equal(elf_entry_offset("/nowhere"), 0);
}

static int find_in(const unsigned char *file, size_t size)
{
	struct elf_function f = {.name = "getppid"};
	char path[] = "/tmp/culprit-elf-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, file, size), (ssize_t)size);
	ret = elf_find_functions(fd, &f, 1);
	close(fd);
	return ret;
}

/* Whatever stands in the headers: nothing is read beyond, nothing is believed. Run with sanitizers. */
static void test_damaged(void **state)
{
	static unsigned char file[4096];
	unsigned char kept[4096];
	unsigned long seed = 7;
	Elf64_Ehdr *head = (Elf64_Ehdr *)file;
	Elf64_Shdr *section;
	int fd = open_libc();

	(void)state;
	assert_int_equal(read(fd, file, sizeof(file)), sizeof(file));
	close(fd);
	assert_int_equal(find_in(file, 10), -ENOEXEC);
	assert_int_equal(find_in((const unsigned char *)"#!/bin/sh\n", 10), -ENOEXEC);
	assert_int_equal(find_in(file, sizeof(file)), -ENOEXEC); /* its sections are cut off */
	/* Sections of ours within the file, of which the first names the second as its strings. */
	head->e_shoff = 1024;
	head->e_shnum = 2;
	section = (Elf64_Shdr *)(file + 1024);
	memset(section, 0, 2 * sizeof(*section));
	section[0] = (Elf64_Shdr){
		.sh_type = SHT_DYNSYM, .sh_offset = 2048, .sh_size = 480, .sh_link = 1};
	section[1] = (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = 3072, .sh_size = 64};
	assert_int_equal(find_in(file, sizeof(file)), 0);
	section[0].sh_link = 2;
	assert_int_equal(find_in(file, sizeof(file)), -ENOEXEC);
	section[0].sh_link = 1;
	section[1].sh_size = ~0ULL;
	assert_int_equal(find_in(file, sizeof(file)), -ENOEXEC);
	section[1].sh_size = 64;
	section[0].sh_offset = ~0ULL - 100;
	assert_int_equal(find_in(file, sizeof(file)), -ENOEXEC);
	section[0].sh_offset = 2048;
	/* A second table of symbols is not read. */
	head->e_shnum = 3;
	section[2] = (Elf64_Shdr){.sh_type = SHT_DYNSYM, .sh_size = 480, .sh_link = 7};
	assert_int_equal(find_in(file, sizeof(file)), 0);
	head->e_shnum = 0xffff;
	assert_int_equal(find_in(file, sizeof(file)), -ENOEXEC);
	head->e_shnum = 2;
	memcpy(kept, file, sizeof(kept));
	for (unsigned int i = 0; i < 3000; i++) {
		memcpy(file, kept, sizeof(kept));
		for (unsigned int n = 0; n < 4; n++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			file[(seed >> 33) % (n % 2 ? 64 : 1152)] = (unsigned char)(seed >> 20);
		}
		find_in(file, sizeof(file));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapped),	cmocka_unit_test(test_servers_are_left_out),
		cmocka_unit_test(test_gone),	cmocka_unit_test(test_functions),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
