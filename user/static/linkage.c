/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linkage.c - the static program; see linkage.h.
 *
 * It loads nothing at run time: what a host has was built for the host's C library, not for the one in here. The C
 * library itself would load modules for names (nsswitch.conf), libdw would load libdebuginfod.
 */
#include "linkage.h"

#include <dlfcn.h>
#include <nss.h>
#include <stddef.h>

const struct linkage linkage = {
	.metrics = "file",
	.without = "metrics over HTTP (libmicrohttpd); debug information by debuginfod;\n"
		   "  groups and hosts by other services than files and DNS (nsswitch.conf)",
};

void linkage_init(void)
{
	/* Both are part of the C library since 2.34. */
	__nss_configure_lookup("group", "files");
	__nss_configure_lookup("hosts", "files dns");
	__nss_configure_lookup("services", "files");
}

/* In place of the C library's. */
void *dlopen(const char *file, int mode)
{
	(void)file, (void)mode;
	return NULL;
}

void *dlsym(void *handle, const char *name)
{
	(void)handle, (void)name;
	return NULL;
}
