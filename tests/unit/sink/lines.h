/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines.h - lines as text and as JSON, for the tests of the JSON.
 *
 * Every line that a test makes is kept; test_schema(), to be run last, holds them all against the
 * schema.
 */
#ifndef TESTS_SINK_LINES_H
#define TESTS_SINK_LINES_H

#include "fixture.h"

#include <json-c/json.h>
#include <unistd.h>

#define LINE_MAX_BYTES 7168
#define PLAIN	       (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static char lines_path[256];
static unsigned int next_seq = 1;

/* The line as text; also kept for the schema. */
static inline char *text_of(struct line *line)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file;

	line->seq = next_seq++;
	assert_int_equal(json_line(line, &text, &len), 0);
	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	assert_true(len <= LINE_MAX_BYTES);
	assert_int_equal(text[len - 1], '\n');
	for (size_t i = 0; i + 1 < len; i++)
		assert_true((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
	file = fopen(lines_path, "a");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return text;
}

static inline struct json_object *json_of(struct line *line)
{
	char *text = text_of(line);
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	json_tokener_free(tokener);
	free(text);
	return o;
}

static inline struct json_object *field(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("no field %s", key);
	return value;
}

static inline void is_text(struct json_object *o, const char *key, const char *want)
{
	assert_string_equal(json_object_get_string(field(o, key)), want);
}

static inline void has_not(struct json_object *o, const char *key)
{
	assert_false(json_object_object_get_ex(o, key, NULL));
}

static const struct rule media_rule = {
	.kind = "disk-media-error", .class = CLASS_HARDWARE, .fault_at = AT_DEVICE};
static inline struct finding *media_finding(struct life *life)
{
	struct finding *f = add_finding(life, &media_rule, SEVERITY_CRITICAL, BASIS_REPORTED, 0.98);
	struct subject *a = &f->claim.affects[0];

	f->claim.subject.type = SUBJECT_DISK;
	f->claim.subject.dev = 8 << 20 | 0;
	strcpy(f->claim.subject.name, "sda");
	strcpy(f->claim.subject.serial, "ZC1A9XYZ");
	f->claim.window_ns = 20 * NS_PER_S;
	add_row(f, ROLE_FOR, "disk.errors", 3, "{error}",
		"3 of 18 reads failed: medium error (sense 3/11/00)");
	add_text(f, ROLE_CHAIN, "sda > ext4 > /data");
	a[0].type = SUBJECT_FILESYSTEM;
	strcpy(a[0].name, "/data");
	strcpy(a[0].source, "/dev/mapper/vg-data");
	a[1].type = SUBJECT_PROCESS;
	a[1].pid = 812;
	strcpy(a[1].comm, "postgres");
	f->claim.n_affects = 2;
	f->claim.affects_total = 2;
	add_step(f, false, "Read the disk's own error log", "smartctl -x /dev/sda");
	return f;
}

static inline void keep_lines(const char *name)
{
	const char *dir = getenv("TMPDIR");

	snprintf(lines_path, sizeof(lines_path), "%s/%s.%d", dir ? dir : "/tmp", name,
		 (int)getpid());
	remove(lines_path);
}

static inline void test_schema(void **state)
{
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "tests/cli/validate.py docs/culprit-1.schema.json < %s",
		 lines_path);
	assert_int_equal(system(command), 0);
	remove(lines_path);
}

#endif
