/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h - the one file that outlives a run: what was learned, and what is open.
 *
 * Text, a record a line: a kind, its version, and the rest as its owner writes it. The last line has the number
 * of records and a checksum over all before it, so that a file is whole or is not taken. It is replaced as a
 * whole (written beside, synced, renamed), never changed in place. A record of a kind or version that a program
 * does not know is passed over: an older program can read a newer file.
 *
 *	culprit-store 1
 *	norm 1 serial:ST4000NM0035:ZC1A9XYZ read 0 ...
 *	end 1 4f2a9c01
 */
#ifndef CULPRIT_STORE_H
#define CULPRIT_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "err.h"

#define STORE_LINE_MAX 4096
#define STORE_SIZE_MAX (4U << 20)

/* Takes one record, without its kind and version. False: it is malformed (passed over). */
struct store_kind {
	const char *kind;
	unsigned int version;
	bool (*take)(void *ctx, const char *rest);
	void *ctx;
};

/*
 * Reads a store. Records of kinds[0..n) are handed out once the whole file was found to be good. Returns how many
 * records were passed over, or a negative errno: -ENOENT when there is none; -EPERM when others than root and we may
 * write to it; -EINVAL or -ELOOP when it is no regular file, which stays where it is; -EBADMSG when it is damaged: then with
 * `set_aside` it was renamed to PATH.damaged. What was wrong is in err.
 */
int store_read(const char *path, const struct store_kind *kinds, unsigned int n, bool set_aside,
	       struct err *err);

/* A new store in memory. Records that find no room are left out. */
struct store_text {
	char *text;
	size_t length, room;
	unsigned int records;
};

/* Adds a record; 0, -ENOMEM, -EMSGSIZE when the line or the file is too long. `rest` has no line break. */
int store_add(struct store_text *store, const char *kind, unsigned int version, const char *rest);
/* Closes the text and replaces the file by it: a temporary file beside (PATH.newPID, 0600, O_EXCL, O_NOFOLLOW),
 * fsync, rename, fsync of the folder. May block as long as the disk does. -EINVAL, -ELOOP: what has that name is no
 * regular file. */
int store_write(struct store_text *store, const char *path, struct err *err);
/* Removes what writers that were killed have left beside it. One that still writes fails then. */
void store_sweep(const char *path);
void store_text_done(struct store_text *store);

/* A name as one word: what is not printable ASCII, blanks and % are written as %XX. Returns buf. */
const char *store_word(const char *name, char *buf, size_t size);

/* Reads a word of store_word() and the blank after it, if there is one, and leaves *text behind them. False: there
 * is none, it is malformed, or it and its NUL are more than `size` bytes. */
bool store_unword(const char **text, char *to, size_t size);

/* Reads a number of a record, in base 10 or 16, and leaves *text behind it. False: there is none, or it is above
 * `most`. */
bool store_number(const char **text, int base, __u64 most, __u64 *ret_value);

#endif
