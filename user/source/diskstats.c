/* SPDX-License-Identifier: BSD-2-Clause */
/* diskstats.c - one line of /proc/diskstats; see diskstats.h. */
#include "source/diskstats.h"

#include <string.h>

#define SECTOR 512
/* The fields after the name, in their order. */
enum stat_field {
	READS = 0,
	READ_SECTORS = 2,
	READ_MS = 3,
	WRITES = 4,
	WRITE_SECTORS = 6,
	WRITE_MS = 7,
	IN_FLIGHT = 8,
	BUSY_MS = 9,
	QUEUE_MS = 10,
	LEAST = 11, /* what every kernel has */
	DISCARDS = 11,
	DISCARD_MS = 14,
	FLUSHES = 15,
	FIELDS = 17,
};

/* The next number of the line, after blanks; false when there is none. */
static bool number(const char **at, const char *end, __u64 *ret)
{
	const char *p = *at;
	__u64 value = 0;

	while (p < end && *p == ' ')
		p++;
	if (p == end || *p < '0' || *p > '9')
		return false;
	while (p < end && *p >= '0' && *p <= '9')
		value = value * 10 + (__u64)(*p++ - '0');
	*at = p;
	*ret = value;
	return true;
}

bool diskstats_parse(const char *line, size_t length, struct event_block_queue *queue)
{
	const char *at = line, *end = line + length;
	__u64 major, minor, field[FIELDS] = {0};
	unsigned int n = 0;

	if (!number(&at, end, &major) || !number(&at, end, &minor))
		return false;
	if (major > 0xfff || minor > 0xfffff || at == end || *at != ' ')
		return false;
	while (at < end && *at == ' ')
		at++;
	while (at < end && *at != ' ')
		at++;
	while (n < FIELDS && number(&at, end, &field[n]))
		n++;
	if (n < LEAST)
		return false;
	queue->dev = (__u32)(major << 20 | minor);
	queue->in_flight = (__u32)field[IN_FLIGHT];
	queue->reads_done = field[READS];
	queue->writes_done = field[WRITES];
	queue->others_done = field[DISCARDS] + field[FLUSHES];
	queue->read_bytes = field[READ_SECTORS] * SECTOR;
	queue->write_bytes = field[WRITE_SECTORS] * SECTOR;
	queue->read_ms = field[READ_MS];
	queue->write_ms = field[WRITE_MS];
	queue->busy_ms = field[BUSY_MS];
	queue->queue_ms = field[QUEUE_MS];
	queue->discard_ms = field[DISCARD_MS];
	return true;
}
