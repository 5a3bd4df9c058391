/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - numbers and names in sentences for people. Each returns a small value; use its .s within
 * the same expression.
 */
#ifndef CULPRIT_TEXT_H
#define CULPRIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <culprit/event.h>

struct text {
	char s[64];
};

/* "88,120" */
struct text text_count(__u64 n);
/* "1 read", "1,204 reads": with an s unless n is 1. */
struct text text_plural(__u64 n, const char *noun);
/* A share as "8.3 %"; "< 0.1 %" when it is small but not zero. */
struct text text_percent(double share);
/* "40 s", "3 min", "2 h", "5 days": one unit, rounded down. */
struct text text_duration(double seconds);
/* "0.9 ms", "12 us", "2.1 s" */
struct text text_latency(double ns);
/* "4.0 TB" */
struct text text_size(__u64 bytes);
/* An address; with its port when that is not 0 ("10.1.2.2:9092", "[2001:db8::1]:443"). */
struct text text_addr(const __u8 addr[16], unsigned int port);
/* An address as ss takes it after "dst": "10.1.2.2", "2001:db8::1/128". */
struct text text_ss_addr(const __u8 addr[16]);
/* "vector[731]" */
struct text text_process(const char *comm, __u32 pid);
/* Printable ASCII of a path or name, at most `most` (up to 60) characters: a longer one keeps its
 * end, after "..". */
struct text text_name(const char *name, unsigned int most);

/* Of letters, digits and "._-:" only and not empty: may stand in a command. */
bool text_is_plain_word(const char *name);

#endif
