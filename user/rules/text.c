/* SPDX-License-Identifier: BSD-2-Clause */
/* text.c - numbers and names in sentences for people; see text.h. */
#include "rules/text.h"

#include <stdio.h>
#include <string.h>

#include "finding/finding.h"

struct text text_count(__u64 n)
{
	char digits[24];
	struct text text;
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n),
	       at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text.s[at++] = ',';
		text.s[at++] = digits[i];
	}
	text.s[at] = '\0';
	return text;
}

struct text text_plural(__u64 n, const char *noun)
{
	size_t length = strlen(noun);
	const char *ending = length && noun[length - 1] == 'h' ? "es" : "s"; /* flushes */
	struct text text;

	snprintf(text.s, sizeof(text.s), "%.26s %.30s%s", text_count(n).s, noun,
		 n == 1 ? "" : ending);
	return text;
}

struct text text_percent(double share)
{
	struct text text;

	if (share > 0.0 && share < 0.0005)
		snprintf(text.s, sizeof(text.s), "< 0.1 %%");
	else
		snprintf(text.s, sizeof(text.s), "%.1f %%", 100.0 * share);
	return text;
}

struct text text_duration(double seconds)
{
	static const struct {
		double from;
		double unit;
		const char *name;
	} units[] = {
		{2 * 86400.0, 86400.0, "days"}, {2 * 3600.0, 3600.0, "h"}, {120.0, 60.0, "min"}};
	struct text text;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (seconds < units[i].from)
			continue;
		if (seconds / units[i].unit > 9999.0)
			snprintf(text.s, sizeof(text.s), "years");
		else
			snprintf(text.s, sizeof(text.s), "%u %s",
				 (unsigned int)(seconds / units[i].unit), units[i].name);
		return text;
	}
	snprintf(text.s, sizeof(text.s), "%u s", seconds > 0.0 ? (unsigned int)seconds : 0);
	return text;
}

struct text text_latency(double ns)
{
	struct text text;

	if (ns >= 1e9)
		snprintf(text.s, sizeof(text.s), "%.1f s", ns / 1e9);
	else if (ns >= 1e8)
		snprintf(text.s, sizeof(text.s), "%.0f ms", ns / 1e6);
	else if (ns >= 1e5)
		snprintf(text.s, sizeof(text.s), "%.1f ms", ns / 1e6);
	else
		snprintf(text.s, sizeof(text.s), "%.0f us", ns / 1e3);
	return text;
}

struct text text_size(__u64 bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	unsigned int unit = 0;
	struct text text;

	while (value >= 1000.0 && unit < 6) {
		value /= 1000.0;
		unit++;
	}
	snprintf(text.s, sizeof(text.s), unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return text;
}

struct text text_addr(const __u8 addr[16], unsigned int port)
{
	struct text text;
	char buf[46];

	addr_text(addr, buf, sizeof(buf));
	if (!port)
		snprintf(text.s, sizeof(text.s), "%s", buf);
	else
		snprintf(text.s, sizeof(text.s), strchr(buf, ':') ? "[%s]:%u" : "%s:%u", buf, port);
	return text;
}

/* The last part of an IPv6 address would be taken for a port; brackets are a shell's. */
struct text text_ss_addr(const __u8 addr[16])
{
	struct text text;
	char buf[46];

	addr_text(addr, buf, sizeof(buf));
	snprintf(text.s, sizeof(text.s), "%s%s", buf, strchr(buf, ':') ? "/128" : "");
	return text;
}

static void keep_ascii(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

struct text text_process(const char *comm, __u32 pid)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%.15s[%u]", comm, pid);
	keep_ascii(text.s);
	return text;
}

struct text text_name(const char *name, unsigned int most)
{
	size_t len = strlen(name);
	struct text text;

	if (len > most)
		snprintf(text.s, sizeof(text.s), "..%s", name + len - (most - 2));
	else
		snprintf(text.s, sizeof(text.s), "%s", name);
	keep_ascii(text.s);
	return text;
}

bool text_is_plain_word(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-:";

	return name[0] && name[0] != '-' && name[strspn(name, letters)] == '\0';
}
