/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_libraries.h - the files that may hold a library of TLS: those that a process maps, and those of this host. */
#ifndef CULPRIT_SOURCE_TLS_LIBRARIES_H
#define CULPRIT_SOURCE_TLS_LIBRARIES_H

#include <linux/types.h>

/* One file, open to be read; it is closed afterwards. A negative errno ends the search. */
typedef int (*tls_library_fn)(void *ctx, int fd);

/*
 * What process `pid` maps by the name of libssl, libcrypto or libgnutls (a number or more behind it), and its program
 * itself. `root` is put before /proc (tests; ""). 0, what fn returned when negative, or a negative errno: -ENOENT when
 * it is gone.
 * What lies on a file system that a server or a program answers for (NFS, CIFS, FUSE ...) is left out: who opens it may
 * have to wait for long.
 */
int tls_libraries_of(const char *root, __u32 pid, tls_library_fn fn, void *ctx);

/* The same names where distributions put them. */
int tls_libraries_here(const char *root, tls_library_fn fn, void *ctx);

#endif
