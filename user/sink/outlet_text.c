/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outlet_text.c - a line as the journal and as syslog want it; see outlet.h.
 *
 * The journal gets its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL) from us: sd_journal_sendv() says that it
 * has sent what it dropped because no journal listens, and nothing may be lost in silence.
 */
#include <ctype.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "finding/finding.h"
#include "sink/outlet.h"

#define TEXT_MAX 24576 /* a line of 7,168 bytes, its fields, and some room */
#define FACILITY 3     /* daemon */

static struct json_object *parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o = tokener ? json_tokener_parse_ex(tokener, text, (int)len) : NULL;

	json_tokener_free(tokener);
	if (json_object_is_type(o, json_type_object))
		return o;
	json_object_put(o);
	return NULL;
}

static const char *text_of(struct json_object *o, const char *key, const char *none)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_string(value) : none;
}

/* syslog(3)'s word for a severity: critical, warning, informational. */
static unsigned int priority_of(struct json_object *o)
{
	const char *severity = text_of(o, "severity", "");

	return strcmp(severity, severity_name(SEVERITY_CRITICAL)) == 0	? 2
	       : strcmp(severity, severity_name(SEVERITY_WARNING)) == 0 ? 4
									: 6;
}

static void add(char *buf, size_t size, size_t *at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void add(char *buf, size_t size, size_t *at, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(*at < size ? buf + *at : NULL, *at < size ? size - *at : 0, format, args);
	va_end(args);
	if (n > 0)
		*at += (size_t)n;
}

/* ---- syslog ---- */

/* A field of the header: what is no printable ASCII ends it, and it must be something. */
static const char *header_field(const char *text, char *buf, size_t size)
{
	size_t n = 0;

	for (; n + 1 < size && *text > ' ' && *text < 0x7f; text++)
		buf[n++] = *text;
	buf[n] = '\0';
	return n ? buf : "-";
}

size_t outlet_syslog_text(const char *text, size_t len, unsigned int pid, char *buf, size_t size)
{
	struct json_object *o = parse(text, len), *host;
	char time[40], name[256], type[33];
	size_t at = 0;

	if (!o)
		return 0;
	/* RFC 5424 takes six digits of a second, the line has nine. */
	snprintf(time, sizeof(time), "%.26s", text_of(o, "time", "-"));
	if (strlen(time) == 26)
		memcpy(time + 26, "Z", 2);
	if (!json_object_object_get_ex(o, "host", &host))
		host = NULL;
	add(buf, size, &at, "<%u>1 %s %s culprit %u %s - %.*s", FACILITY * 8 + priority_of(o), time,
	    header_field(host ? text_of(host, "name", "") : "", name, sizeof(name)), pid,
	    header_field(text_of(o, "type", ""), type, sizeof(type)), (int)(len - 1), text);
	json_object_put(o);
	return at < size ? at : 0;
}

int outlet_syslog_write(struct outlet *outlet, const char *text, size_t len)
{
	char message[TEXT_MAX];
	size_t n = outlet_syslog_text(text, len, (unsigned int)getppid(), message, sizeof(message));

	return n ? outlet_send(outlet, message, n) : 0;
}

/* ---- the journal ---- */

/* A JSON string of ours may hold an escaped newline; the journal's simple form may not. */
static void add_field(char *buf, size_t size, size_t *at, const char *prefix, const char *key,
		      const char *value)
{
	add(buf, size, at, "%s", prefix);
	for (; *key; key++)
		add(buf, size, at, "%c",
		    isalnum((unsigned char)*key) ? toupper((unsigned char)*key) : '_');
	add(buf, size, at, "=");
	for (; *value; value++)
		add(buf, size, at, "%c", *value == '\n' ? ' ' : *value);
	add(buf, size, at, "\n");
}

size_t outlet_journal_text(const char *text, size_t len, char *buf, size_t size)
{
	struct json_object *o = parse(text, len);
	size_t at = 0;

	if (!o)
		return 0;
	add_field(buf, size, &at, "", "MESSAGE", text_of(o, "message", "-"));
	add(buf, size, &at, "PRIORITY=%u\nSYSLOG_IDENTIFIER=culprit\n", priority_of(o));
	json_object_object_foreach(o, key, value)
	{
		if (!json_object_is_type(value, json_type_object) &&
		    !json_object_is_type(value, json_type_array) && strcmp(key, "message") != 0)
			add_field(buf, size, &at, "CULPRIT_", key, json_object_get_string(value));
	}
	add(buf, size, &at, "CULPRIT_JSON=%.*s\n", (int)(len - 1), text);
	json_object_put(o);
	return at < size ? at : 0;
}

int outlet_journal_write(struct outlet *outlet, const char *text, size_t len)
{
	char message[TEXT_MAX];
	size_t n = outlet_journal_text(text, len, message, sizeof(message));

	return n ? outlet_send(outlet, message, n) : 0;
}
