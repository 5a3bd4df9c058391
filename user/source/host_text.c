/* SPDX-License-Identifier: BSD-2-Clause */
/* host_text.c - what /proc says of the host as a whole; see host_text.h. */
#include "source/host_text.h"

#include <string.h>

/* A decimal number at *at, which is moved behind it; what is too large becomes `most`. */
static bool number(const char **at, __u64 most, __u64 *ret)
{
	const char *p = *at;
	__u64 value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		value = value > (most - 9) / 10 ? most : value * 10 + (__u64)(*p - '0');
	*at = p;
	*ret = value > most ? most : value;
	return true;
}

static bool skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* "0.42" as 42 */
static bool hundredths(const char **at, __u32 *ret)
{
	__u64 whole, part;
	const char *from;

	if (!number(at, 40000000, &whole) || !skip(at, '.'))
		return false;
	from = *at;
	if (!number(at, 99, &part) || *at != from + 2)
		return false;
	*ret = (__u32)(whole * 100 + part);
	return true;
}

/* "0.42 0.31 0.25 2/1043 81204" */
bool loadavg_parse(const char *text, struct event_host_load *load)
{
	__u64 running, tasks;
	__u32 average[3];

	for (unsigned int i = 0; i < 3; i++)
		if (!hundredths(&text, &average[i]) || !skip(&text, ' '))
			return false;
	if (!number(&text, ~0U, &running) || !skip(&text, '/') || !number(&text, ~0U, &tasks))
		return false;
	load->load1_centi = average[0];
	load->running = (__u32)running;
	load->tasks = (__u32)tasks;
	return true;
}

/* The bytes behind "NAME:" at a line's start; false when there is no such line. */
static bool kib_of(const char *text, const char *name, __u64 *ret_bytes)
{
	size_t length = strlen(name);
	__u64 kib;

	while (*text) {
		if (strncmp(text, name, length) == 0) {
			text += length;
			text += strspn(text, " ");
			if (!number(&text, ~0ULL >> 10, &kib))
				return false;
			*ret_bytes = kib << 10;
			return true;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

bool meminfo_parse(const char *text, struct event_host_load *load)
{
	struct event_host_load found = {0};

	if (!kib_of(text, "MemTotal:", &found.mem_total) || !found.mem_total ||
	    !kib_of(text, "MemAvailable:", &found.mem_available))
		return false;
	/* A kernel without swap says nothing of it. */
	kib_of(text, "SwapTotal:", &found.swap_total);
	kib_of(text, "SwapFree:", &found.swap_free);
	load->mem_total = found.mem_total;
	load->mem_available = found.mem_available;
	load->swap_total = found.swap_total;
	load->swap_free = found.swap_free;
	return true;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=123" */
static bool pressure_line(const char *text, const char *name, __u64 *ret_us)
{
	size_t length = strlen(name);

	while (*text) {
		size_t line = strcspn(text, "\n");
		const char *total = strstr(text, " total=");

		if (strncmp(text, name, length) == 0 && total && total < text + line) {
			total += 7;
			return number(&total, ~0ULL, ret_us);
		}
		text += line + (text[line] == '\n');
	}
	return false;
}

bool pressure_parse(const char *text, __u64 *ret_some_us, __u64 *ret_full_us)
{
	__u64 some, full = 0;

	if (!pressure_line(text, "some ", &some))
		return false;
	pressure_line(text, "full ", &full);
	*ret_some_us = some;
	*ret_full_us = full;
	return true;
}

bool stat_cpu_parse(const char *text, long ticks_per_s, struct event_host_cpu *cpu)
{
	/* user nice system idle iowait irq softirq steal: the last one since 2.6.11 */
	__u64 field[8];
	__u64 tick_ms = 1000 / (__u64)(ticks_per_s > 0 && ticks_per_s <= 1000 ? ticks_per_s : 100);

	if (strncmp(text, "cpu ", 4) != 0)
		return false;
	text += 4;
	for (unsigned int i = 0; i < 8; i++) {
		text += strspn(text, " ");
		if (!number(&text, ~0ULL / 1000, &field[i]))
			return false;
		field[i] *= tick_ms;
	}
	cpu->user_ms = field[0];
	cpu->nice_ms = field[1];
	cpu->system_ms = field[2];
	cpu->idle_ms = field[3];
	cpu->iowait_ms = field[4];
	cpu->irq_ms = field[5] + field[6];
	cpu->steal_ms = field[7];
	return true;
}
