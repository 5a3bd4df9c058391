/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * noise.h - libbpf's messages, held back.
 *
 * Trying a way that a kernel refuses is normal; what libbpf prints then is for the case that nothing
 * else works. libbpf has one callback for the whole program and no context for it, so this is the one
 * file here that keeps state of its own.
 */
#ifndef CULPRIT_NOISE_H
#define CULPRIT_NOISE_H

#include <stdbool.h>
#include <stddef.h>

/* Takes over libbpf's messages; verbose: to stderr as they come, debug messages too. */
void noise_hold(bool verbose);
/* Forgets what is held. */
void noise_clear(void);
/* Writes what is held to stderr, unless it was shown already. */
void noise_show(void);
/* The most telling line of what is held, without "libbpf: " and line end; "" when there is none. */
void noise_line(char *ret_line, size_t size);

#endif
