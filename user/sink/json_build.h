/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_build.h - json-c, bent to the contract: safe strings, fixed number formats, absent instead
 * of empty, and lists that are cut when a line grows too long. For json*.c only.
 *
 * One failed allocation marks the whole build; nobody else needs to check.
 */
#ifndef CULPRIT_JSON_BUILD_H
#define CULPRIT_JSON_BUILD_H

#include <json-c/json.h>

#include "sink/sink.h"

#define LINE_BYTES_MAX	 7168U
#define BUILD_LISTS_MAX	 16
#define BUILD_SPARES_MAX 8

struct build {
	bool oom;
	const struct line *line;
	struct json_object *root;
	/* Lists that may be cut, each with the object that it stands in. */
	struct {
		struct json_object *parent;
		struct json_object *array;
		const char *name;
		unsigned int total;
	} lists[BUILD_LISTS_MAX];
	unsigned int n_lists;
	/* Fields that go, last one first, when the lists are empty and the line is still too long.
	 */
	struct {
		struct json_object *parent;
		const char *name;
	} spares[BUILD_SPARES_MAX];
	unsigned int n_spares;
};

/* Puts `value` into `o` and takes it over; a NULL says that it could not be made. */
void build_put(struct build *b, struct json_object *o, const char *key, struct json_object *value);
/* A new object, put into `parent` under `key` (NULL parent: free-standing). NULL only after oom. */
struct json_object *build_object(struct build *b, struct json_object *parent, const char *key);
/* A list in `parent` that may be cut; total: how many there were, when that is more than will be
 * added. */
struct json_object *build_list(struct build *b, struct json_object *parent, const char *key,
			       unsigned int total);
/* Takes `item` over. */
void build_append(struct build *b, struct json_object *array, struct json_object *item);

/* Marks a field of `o` as one that may be dropped when nothing else helps. */
void build_spare(struct build *b, struct json_object *o, const char *key);

/* Each adds a field; the first two nothing when the text is empty or NULL, a number when it is not
 * finite. */
void build_text(struct build *b, struct json_object *o, const char *key, const char *text);
/* size: of a field that may lack its NUL */
void build_text_n(struct build *b, struct json_object *o, const char *key, const char *text,
		  size_t size);
void build_u64(struct build *b, struct json_object *o, const char *key, unsigned long long value);
void build_bool(struct build *b, struct json_object *o, const char *key, bool value);
/* Integers up to 2^53 as such, else six significant digits and never less than three decimals. */
void build_number(struct build *b, struct json_object *o, const char *key, double value);
/* 16 hex digits. */
void build_id(struct build *b, struct json_object *o, const char *key, unsigned long long id);
/* RFC 3339, UTC, nine digits, from an event time. */
void build_time(struct build *b, struct json_object *o, const char *key,
		unsigned long long mono_ns);

struct json_object *build_string(struct build *b, const char *text, size_t size);
struct json_object *build_id_string(struct build *b, unsigned long long id);

/* The parts of a line, each in its own file. */
void json_finding(struct build *b, struct json_object *o, const struct finding *finding);
void json_verdict(struct build *b, struct json_object *o, const struct verdict *verdict);
/* settings: NULL where there is no file. */
void json_status(struct build *b, struct json_object *o, const struct model *model,
		 const struct reload_state *settings);

#endif
