/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capture.h - the capture format, as both its writer and its reader know it.
 *
 *	culprit-capture 1 abi 1 culprit 0.1.0
 *	1234567890 clock boottime_ns=...
 *	...
 *	culprit-capture-end lines 4711 crc32 0a1b2c3d
 *
 * gzip'd text. The first line names the version of this format, of the events (EVENT_ABI_VERSION)
 * and of the program. Then one event a line (codec.h). The last line counts all lines before it, and
 * gives the CRC-32 (RFC 1952) of all bytes before it. A capture made by hand says "unsealed" at the
 * end of its first line: it has no last line, and may have empty lines and comments ("#").
 */
#ifndef CULPRIT_SOURCE_CAPTURE_H
#define CULPRIT_SOURCE_CAPTURE_H

#define CAPTURE_FORMAT	 1
#define CAPTURE_MAGIC	 "culprit-capture "
#define CAPTURE_TRAILER	 "culprit-capture-end "
#define CAPTURE_UNSEALED " unsealed"
/* Room for the first and for the last line, with newline and NUL. */
#define CAPTURE_FRAME_MAX 128

/* Writes the last line, with newline; its length. */
int capture_trailer(char *buf, unsigned int size, unsigned long long lines, unsigned int crc);

#endif
