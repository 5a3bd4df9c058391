/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - messages for the person at the terminal or in the journal: one line each, to stderr.
 *
 * Only commands and the engine log; the layers below return a struct err. Bytes that are not
 * printable ASCII are shown as \xNN, so no name can steer a terminal. None waits: one for which stderr has no room
 * is left out, and the next one says how many were.
 */
#ifndef CULPRIT_LOG_H
#define CULPRIT_LOG_H

/* What failed, or was given up: "culprit: ...". */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What goes on, but with less: "culprit: warning: ...". */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What is worth knowing: "culprit: ...". */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
