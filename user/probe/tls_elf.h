/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tls_elf.h - where functions begin in an ELF file: as much as a uprobe takes, and no more.
 *
 * The files are others', and may be damaged or made to do harm: everything is bounded, read by pread() into memory of
 * ours, and nothing of them is mapped or run. Of other programs' libraries only their table of dynamic symbols is
 * looked at.
 */
#ifndef CULPRIT_TLS_ELF_H
#define CULPRIT_TLS_ELF_H

struct elf_function {
	const char *name;
	unsigned long long offset; /* in the file; 0: there is no such function */
};

/* Fills in the offsets. 0, -ENOEXEC (it is no ELF file for this processor, or damaged), -ENOMEM, or what reading it
 * failed with. */
int elf_find_functions(int fd, struct elf_function *functions, unsigned int n);

/* Where the program begins; 0 when that cannot be told. */
unsigned long long elf_entry_offset(const char *path);

#endif
