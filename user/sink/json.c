/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - one line as JSON: the envelope, gaps, and the cutting of lists until the line fits.
 *
 * With json_*.c the only place that knows the JSON (schema culprit/1, docs/culprit-1.schema.json).
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_build.h"

#define LABEL_PREFIX "label."
/* More than this of labels would crowd out the evidence. */
#define LABELS_BYTES_MAX 1024U

static const char *line_type_name(enum line_type type)
{
	static const char *const names[] = {
		[LINE_FINDING] = "finding",
		[LINE_VERDICT] = "verdict",
		[LINE_STATUS] = "status",
		[LINE_GAP] = "gap",
	};

	return names[type];
}

/* ---- envelope ---- */

/* A key in a capture may hold any bytes; the settings file allows only these. */
static void label_name(const char *key, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && key[i]; i++)
		buf[i] = isalnum((unsigned char)key[i]) || strchr("._-", key[i]) ? key[i] : '_';
	buf[i] = '\0';
}

static void add_labels(struct build *b, struct json_object *host, const struct model *model)
{
	struct json_object *labels = build_object(b, NULL, NULL);
	unsigned int total = 0, n = 0;
	const char *key, *value;
	char name[64];
	size_t len;

	for (unsigned int i = 0; model_setting_at(model, i, &key, &value) && !b->oom; i++) {
		if (strncmp(key, LABEL_PREFIX, strlen(LABEL_PREFIX)) != 0 || !value[0])
			continue;
		label_name(key + strlen(LABEL_PREFIX), name, sizeof(name));
		total++;
		build_text(b, labels, name, value);
		json_object_to_json_string_length(labels, JSON_C_TO_STRING_PLAIN, &len);
		if (len <= LABELS_BYTES_MAX)
			n++;
		else
			json_object_object_del(labels, name);
	}
	if (n && !b->oom) {
		build_put(b, host, "labels", labels);
		build_spare(b, host, "labels");
	} else {
		json_object_put(labels);
	}
	if (n < total && !b->oom)
		build_u64(b, host, "labels_total", total);
}

static void add_host(struct build *b, const struct model *model)
{
	const struct event_host *h = model_host(model);
	struct json_object *host;

	if (!h->hostname[0] && !h->machine_id[0] && !h->boot_id[0] && !h->kernel[0])
		return;
	host = build_object(b, b->root, "host");
	build_text_n(b, host, "name", h->hostname, sizeof(h->hostname));
	build_text_n(b, host, "id", h->machine_id, sizeof(h->machine_id));
	build_text_n(b, host, "boot_id", h->boot_id, sizeof(h->boot_id));
	build_text_n(b, host, "kernel", h->kernel, sizeof(h->kernel));
	add_labels(b, host, model);
}

static void add_envelope(struct build *b, const struct line *line)
{
	const struct event_host *h = model_host(line->model);

	build_text(b, b->root, "schema", "culprit/1");
	build_text(b, b->root, "type", line_type_name(line->type));
	build_time(b, b->root, "time", line->time_ns);
	build_u64(b, b->root, "seq", line->seq);
	build_text_n(b, b->root, "run", h->run, sizeof(h->run));
	build_text(b, b->root, "severity", severity_name(line->severity));
	build_u64(b, b->root, "severity_number", line->severity);
	build_text_n(b, b->root, "message", line->message, sizeof(line->message));
	add_host(b, line->model);
}

static void json_gap(struct build *b, struct json_object *o, const struct gap *gap)
{
	build_text(b, o, "what", gap->what);
	if (strcmp(gap->what, "lines") == 0) {
		build_u64(b, o, "seq_from", gap->seq_from);
		build_u64(b, o, "seq_to", gap->seq_to);
		return;
	}
	if (gap->from_ns)
		build_time(b, o, "from", gap->from_ns);
	if (gap->to_ns)
		build_time(b, o, "to", gap->to_ns);
	build_u64(b, o, "lost", gap->lost);
	build_text_n(b, o, "probe", gap->probe, sizeof(gap->probe));
	build_text(b, o, "reason", gap->reason);
}

/* ---- fitting ---- */

#define TEXT_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static const char *serialize(struct build *b, size_t *ret_len)
{
	const char *text = json_object_to_json_string_length(b->root, TEXT_FLAGS, ret_len);

	if (!text)
		b->oom = true;
	return text;
}

static size_t text_length(struct json_object *o)
{
	size_t len = 0;

	json_object_to_json_string_length(o, TEXT_FLAGS, &len);
	return len;
}

/* Says how many there were of each list that does not show all. */
static void add_totals(struct build *b)
{
	char key[48];

	for (unsigned int i = 0; i < b->n_lists && !b->oom; i++) {
		if (json_object_array_length(b->lists[i].array) >= b->lists[i].total)
			continue;
		snprintf(key, sizeof(key), "%s_total", b->lists[i].name);
		build_u64(b, b->lists[i].parent, key, b->lists[i].total);
	}
}

/* The list that holds most bytes; NULL when all are empty. */
static struct json_object *longest_list(const struct build *b, size_t *lengths, size_t **ret_length)
{
	struct json_object *longest = NULL;
	size_t most = 0;

	for (unsigned int i = 0; i < b->n_lists; i++) {
		if (json_object_array_length(b->lists[i].array) == 0 || lengths[i] <= most)
			continue;
		most = lengths[i];
		longest = b->lists[i].array;
		*ret_length = &lengths[i];
	}
	return longest;
}

/*
 * Takes at least `excess` bytes off the lists, always the last item of the one that holds most:
 * lists are ordered with what tells most first, and so none of them starves. False when nothing was
 * left.
 */
static bool cut_lists(struct build *b, size_t excess)
{
	size_t lengths[BUILD_LISTS_MAX], cut = 0, *length = NULL, n;
	struct json_object *array;

	for (unsigned int i = 0; i < b->n_lists; i++)
		lengths[i] = text_length(b->lists[i].array);
	while (cut < excess && (array = longest_list(b, lengths, &length))) {
		n = json_object_array_length(array);
		cut += text_length(json_object_array_get_idx(array, n - 1));
		*length -= text_length(json_object_array_get_idx(array, n - 1));
		if (json_object_array_del_idx(array, n - 1, 1) < 0)
			break;
	}
	return cut > 0;
}

/* A list that was cut to nothing is absent; its total stays. */
static void drop_empty(struct build *b)
{
	for (unsigned int i = 0; i < b->n_lists; i++)
		if (b->lists[i].total && json_object_array_length(b->lists[i].array) == 0)
			json_object_object_del(b->lists[i].parent, b->lists[i].name);
}

static bool drop_spare(struct build *b)
{
	if (!b->n_spares)
		return false;
	b->n_spares--;
	json_object_object_del(b->spares[b->n_spares].parent, b->spares[b->n_spares].name);
	return true;
}

static void count_totals(struct build *b)
{
	for (unsigned int i = 0; i < b->n_lists; i++) {
		unsigned int n = (unsigned int)json_object_array_length(b->lists[i].array);

		if (b->lists[i].total < n)
			b->lists[i].total = n;
	}
}

static const char *fit(struct build *b, size_t *ret_len)
{
	size_t excess;

	count_totals(b);
	do {
		add_totals(b);
		if (b->oom || !serialize(b, ret_len))
			return NULL;
		excess = *ret_len + 1 > LINE_BYTES_MAX ? *ret_len + 1 - LINE_BYTES_MAX : 0;
	} while (excess && (cut_lists(b, excess) || drop_spare(b)));
	drop_empty(b);
	return serialize(b, ret_len);
}

int json_line(const struct line *line, char **ret_text, size_t *ret_len)
{
	struct build b = {.line = line, .root = json_object_new_object()};
	const char *text = NULL;
	char *copy = NULL;
	size_t len = 0;

	if (!b.root)
		return -ENOMEM;
	add_envelope(&b, line);
	switch (line->type) {
	case LINE_FINDING:
		json_finding(&b, b.root, line->finding);
		break;
	case LINE_VERDICT:
		json_verdict(&b, b.root, line->verdict);
		break;
	case LINE_STATUS:
		json_status(&b, b.root, line->model, line->settings);
		break;
	case LINE_GAP:
		json_gap(&b, b.root, line->gap);
		break;
	}
	if (!b.oom)
		text = fit(&b, &len);
	if (text)
		copy = malloc(len + 2);
	if (copy) {
		memcpy(copy, text, len);
		memcpy(copy + len, "\n", 2);
		*ret_text = copy;
		*ret_len = len + 1;
	}
	json_object_put(b.root);
	return copy ? 0 : -ENOMEM;
}

int json_lost_lines(const struct model *model, __u64 time_ns, __u64 from, __u64 to, const char *why,
		    char **ret_text, size_t *ret_len)
{
	struct gap gap = {.what = "lines", .seq_from = from, .seq_to = to};
	struct line line = {
		.type = LINE_GAP,
		.seq = to,
		.time_ns = time_ns,
		.severity = SEVERITY_WARNING,
		.model = model,
		.gap = &gap,
	};

	snprintf(line.message, sizeof(line.message), "lines %llu to %llu were lost here: %s",
		 (unsigned long long)from, (unsigned long long)to, why);
	return json_line(&line, ret_text, ret_len);
}
