/* SPDX-License-Identifier: BSD-2-Clause */
/* live_settings.c - settings as events; see live_settings.h. */
#include "source/live_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copy(const struct setting *list, unsigned int n, struct setting **ret_list)
{
	struct setting *mine = calloc(n ? n : 1, sizeof(*mine));

	if (!mine)
		return -ENOMEM;
	if (n)
		memcpy(mine, list, n * sizeof(*mine));
	*ret_list = mine;
	return 0;
}

static const char *find(const struct setting *list, unsigned int n, const char *key)
{
	for (unsigned int i = 0; i < n; i++)
		if (strcmp(list[i].key, key) == 0)
			return list[i].value;
	return NULL;
}

int live_settings_init(struct live_settings *s, const struct setting *list, unsigned int n)
{
	*s = (struct live_settings){.n = n};
	return copy(list, n, &s->list);
}

void live_settings_done(struct live_settings *s)
{
	free(s->list);
	free(s->next);
}

const char *live_settings_get(const struct live_settings *s, const char *key)
{
	return s->list ? find(s->list, s->n, key) : NULL;
}

int live_settings_replace(struct live_settings *s, const struct setting *list, unsigned int n)
{
	struct setting *next;
	int code = copy(list, n, &next);

	if (code < 0)
		return code;
	free(s->next);
	s->next = next;
	s->n_next = n;
	s->due = true;
	return 0;
}

static void take_next(struct live_settings *s)
{
	free(s->list);
	s->list = s->next;
	s->n = s->n_next;
	s->next = NULL;
	s->due = false;
}

static int tell(const char *key, const char *value, struct emit *emit)
{
	struct event_config event = {0};

	snprintf(event.key, sizeof(event.key), "%s", key);
	snprintf(event.value, sizeof(event.value), "%s", value);
	return EMIT(emit, EVENT_CONFIG, &event);
}

int live_settings_tell(struct live_settings *s, struct emit *emit)
{
	int code = 0;

	if (s->due)
		take_next(s);
	for (unsigned int i = 0; i < s->n && code == 0; i++)
		code = tell(s->list[i].key, s->list[i].value, emit);
	return code;
}

int live_settings_tell_changes(struct live_settings *s, struct emit *emit)
{
	const char *value;
	int code = 0;

	if (!s->due)
		return 0;
	for (unsigned int i = 0; i < s->n && code == 0; i++)
		if (!find(s->next, s->n_next, s->list[i].key))
			code = tell(s->list[i].key, "", emit);
	for (unsigned int i = 0; i < s->n_next && code == 0; i++) {
		value = find(s->list, s->n, s->next[i].key);
		if (!value || strcmp(value, s->next[i].value) != 0)
			code = tell(s->next[i].key, s->next[i].value, emit);
	}
	take_next(s);
	return code;
}
