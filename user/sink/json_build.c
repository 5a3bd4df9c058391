/* SPDX-License-Identifier: BSD-2-Clause */
/* json_build.c - json-c, bent to the contract; see json_build.h. */
#include "json_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

/* Puts `value` (taken over; NULL: it could not be made) into `o`. */
void build_put(struct build *b, struct json_object *o, const char *key, struct json_object *value)
{
	if (value && o && json_object_object_add(o, key, value) == 0)
		return;
	json_object_put(value);
	b->oom = true;
}

struct json_object *build_object(struct build *b, struct json_object *parent, const char *key)
{
	struct json_object *o = b->oom ? NULL : json_object_new_object();

	if (!o)
		b->oom = true;
	else if (parent)
		build_put(b, parent, key, o);
	return b->oom ? NULL : o;
}

struct json_object *build_list(struct build *b, struct json_object *parent, const char *key,
			       unsigned int total)
{
	struct json_object *array = b->oom ? NULL : json_object_new_array();

	build_put(b, parent, key, array);
	if (b->oom)
		return NULL;
	if (b->n_lists < BUILD_LISTS_MAX) {
		b->lists[b->n_lists].parent = parent;
		b->lists[b->n_lists].array = array;
		b->lists[b->n_lists].name = key;
		b->lists[b->n_lists].total = total;
		b->n_lists++;
	}
	return array;
}

void build_append(struct build *b, struct json_object *array, struct json_object *item)
{
	if (item && array && json_object_array_add(array, item) == 0)
		return;
	json_object_put(item);
	b->oom = true;
}

/* json-c writes bytes above 0x7f as they are, and its own numbers by the locale: texts are made
 * here and handed to it as finished pieces. */
static struct json_object *piece(struct build *b, char *text)
{
	struct json_object *o = text ? json_object_new_string("") : NULL;

	if (!o) {
		free(text);
		b->oom = true;
		return NULL;
	}
	json_object_set_serializer(o, json_object_userdata_to_json_string, text,
				   json_object_free_userdata);
	return o;
}

struct json_object *build_string(struct build *b, const char *text, size_t size)
{
	return piece(b, text_json(text, size));
}

void build_text_n(struct build *b, struct json_object *o, const char *key, const char *text,
		  size_t size)
{
	if (text && size && text[0])
		build_put(b, o, key, build_string(b, text, size));
}

void build_text(struct build *b, struct json_object *o, const char *key, const char *text)
{
	build_text_n(b, o, key, text, text ? strlen(text) : 0);
}

void build_u64(struct build *b, struct json_object *o, const char *key, unsigned long long value)
{
	build_put(b, o, key, json_object_new_uint64(value));
}

void build_spare(struct build *b, struct json_object *o, const char *key)
{
	if (b->n_spares == BUILD_SPARES_MAX)
		return;
	b->spares[b->n_spares].parent = o;
	b->spares[b->n_spares].name = key;
	b->n_spares++;
}

void build_bool(struct build *b, struct json_object *o, const char *key, bool value)
{
	build_put(b, o, key, json_object_new_boolean(value));
}

/* "1204.500" to "1204.5" */
static void trim_zeros(char *text)
{
	size_t len = strlen(text);

	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '\0';
}

void build_number(struct build *b, struct json_object *o, const char *key, double value)
{
	char text[64];

	if (!isfinite(value))
		return;
	if (fabs(value) < 9007199254740992.0 && value == trunc(value)) {
		snprintf(text, sizeof(text), "%.0f", value == 0 ? 0.0 : value);
	} else if (fabs(value) >= 1000 && fabs(value) < 9007199254740992.0) {
		snprintf(text, sizeof(text), "%.3f", value);
		trim_zeros(text);
	} else {
		snprintf(text, sizeof(text), "%.6g", value);
	}
	build_put(b, o, key, piece(b, strdup(text)));
}

struct json_object *build_id_string(struct build *b, unsigned long long id)
{
	char text[24];

	snprintf(text, sizeof(text), "\"%016llx\"", id);
	return piece(b, strdup(text));
}

void build_id(struct build *b, struct json_object *o, const char *key, unsigned long long id)
{
	build_put(b, o, key, build_id_string(b, id));
}

void build_time(struct build *b, struct json_object *o, const char *key, unsigned long long mono_ns)
{
	unsigned long long wall_ns;
	char text[64], day[32];
	struct tm tm;
	time_t s;

	wall_ns = model_wall_ns(b->line->model, mono_ns);
	s = (time_t)(wall_ns / 1000000000ULL);
	if (!gmtime_r(&s, &tm) || !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	snprintf(text, sizeof(text), "\"%s.%09lluZ\"", day, wall_ns % 1000000000ULL);
	build_put(b, o, key, piece(b, strdup(text)));
}
