/* SPDX-License-Identifier: BSD-2-Clause */
/* utf8.h - which bytes of a name may go to a terminal as they are. */
#ifndef CULPRIT_SOURCE_UTF8_H
#define CULPRIT_SOURCE_UTF8_H

/* The length (1 to 4) of the well-formed UTF-8 sequence (Unicode, table 3-7) that a NUL-terminated
 * string begins with; 0 when it is not well-formed, or is a control character (C0, DEL, C1), a line
 * or paragraph separator, or a mark that turns the direction of text. */
unsigned int utf8_printable(const unsigned char *text);

#endif
