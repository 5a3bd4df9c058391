/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_elf.c - where functions begin in an ELF file (System V ABI, 4 and 5); see tls_elf.h. */
#include "probe/tls_elf.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than any library has: libcrypto has 40 sections and 6,000 symbols. */
#define SECTIONS_MAX 256
#define SEGMENTS_MAX 64
#define TABLE_MAX    (8U << 20)

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define OWN_DATA ELFDATA2LSB
#else
#define OWN_DATA ELFDATA2MSB
#endif

struct elf {
	int fd;
	Elf64_Ehdr head;
	Elf64_Phdr segment[SEGMENTS_MAX];
	Elf64_Shdr section[SECTIONS_MAX];
};

/* 0, or -ENOEXEC where the file ends before. */
static int read_at(int fd, void *to, size_t size, Elf64_Off offset)
{
	size_t got = 0;
	ssize_t n;

	if (offset > INT64_MAX - size)
		return -ENOEXEC;
	while (got < size) {
		n = pread(fd, (char *)to + got, size - got, (off_t)(offset + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOEXEC;
		got += (size_t)n;
	}
	return 0;
}

static int read_head(struct elf *elf)
{
	Elf64_Ehdr *h = &elf->head;
	int ret = read_at(elf->fd, h, sizeof(*h), 0);

	if (ret)
		return ret;
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_ident[EI_DATA] != OWN_DATA || h->e_phentsize != sizeof(Elf64_Phdr) ||
	    h->e_phnum > SEGMENTS_MAX)
		return -ENOEXEC;
	return read_at(elf->fd, elf->segment, h->e_phnum * sizeof(Elf64_Phdr), h->e_phoff);
}

static int read_sections(struct elf *elf)
{
	const Elf64_Ehdr *h = &elf->head;

	if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shnum > SECTIONS_MAX)
		return -ENOEXEC;
	return read_at(elf->fd, elf->section, h->e_shnum * sizeof(Elf64_Shdr), h->e_shoff);
}

/* Of an address in code; 0 when no segment with code holds it. */
static Elf64_Off offset_of(const struct elf *elf, Elf64_Addr address)
{
	for (unsigned int i = 0; i < elf->head.e_phnum; i++) {
		const Elf64_Phdr *p = &elf->segment[i];

		if (p->p_type == PT_LOAD && p->p_flags & PF_X && address >= p->p_vaddr &&
		    address - p->p_vaddr < p->p_filesz)
			return address - p->p_vaddr + p->p_offset;
	}
	return 0;
}

/* A table of the file, with a NUL behind it; to be freed. */
static int read_table(const struct elf *elf, const Elf64_Shdr *section, char **ret_table)
{
	char *table;
	int ret;

	if (!section->sh_size || section->sh_size > TABLE_MAX)
		return -ENOEXEC;
	table = malloc(section->sh_size + 1);
	if (!table)
		return -ENOMEM;
	ret = read_at(elf->fd, table, section->sh_size, section->sh_offset);
	if (ret) {
		free(table);
		return ret;
	}
	table[section->sh_size] = '\0';
	*ret_table = table;
	return 0;
}

static void match(const struct elf *elf, const Elf64_Sym *symbol, const char *name,
		  struct elf_function *functions, unsigned int n)
{
	if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF)
		return;
	for (unsigned int i = 0; i < n; i++)
		if (!functions[i].offset && strcmp(name, functions[i].name) == 0)
			functions[i].offset = offset_of(elf, symbol->st_value);
}

static int search(const struct elf *elf, const Elf64_Shdr *symbols, struct elf_function *functions,
		  unsigned int n)
{
	char *names = NULL, *table = NULL;
	const Elf64_Shdr *strings;
	int ret;

	if (symbols->sh_link >= elf->head.e_shnum)
		return -ENOEXEC;
	strings = &elf->section[symbols->sh_link];
	ret = read_table(elf, strings, &names);
	if (ret == 0)
		ret = read_table(elf, symbols, &table);
	for (size_t at = 0; ret == 0 && at + sizeof(Elf64_Sym) <= symbols->sh_size;
	     at += sizeof(Elf64_Sym)) {
		Elf64_Sym symbol;

		memcpy(&symbol, table + at, sizeof(symbol));
		if (symbol.st_name < strings->sh_size)
			match(elf, &symbol, names + symbol.st_name, functions, n);
	}
	free(names);
	free(table);
	return ret;
}

int elf_find_functions(int fd, struct elf_function *functions, unsigned int n)
{
	struct elf *elf = calloc(1, sizeof(*elf));
	int ret;

	if (!elf)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++)
		functions[i].offset = 0;
	elf->fd = fd;
	ret = read_head(elf);
	if (ret == 0)
		ret = read_sections(elf);
	/* A file has one such table; one that says it has a hundred would keep us busy for seconds. */
	for (unsigned int i = 0; ret == 0 && i < elf->head.e_shnum; i++)
		if (elf->section[i].sh_type == SHT_DYNSYM) {
			ret = search(elf, &elf->section[i], functions, n);
			break;
		}
	free(elf);
	return ret;
}

unsigned long long elf_entry_offset(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elf *elf = fd < 0 ? NULL : calloc(1, sizeof(*elf));
	unsigned long long offset = 0;

	if (elf) {
		elf->fd = fd;
		if (read_head(elf) == 0)
			offset = offset_of(elf, elf->head.e_entry);
	}
	free(elf);
	if (fd >= 0)
		close(fd);
	return offset;
}
