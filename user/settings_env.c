/* SPDX-License-Identifier: BSD-2-Clause */
/* settings_env.c - settings from the environment: CULPRIT_SECTION_KEY; see settings.h. */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "options.h"
#include "settings_impl.h"

#define PREFIX	       "CULPRIT_"
#define NAME_MAX_BYTES 96

/* "TICK_S" for "tick_s", "PATH_LOSS_MIN_SEGMENTS" for "path-loss.min_segments". */
static bool is_spelt(const char *text, const char *key)
{
	for (; *text && *key; text++, key++) {
		char wanted =
			isalnum((unsigned char)*key) ? (char)toupper((unsigned char)*key) : '_';

		if (*text != wanted)
			return false;
	}
	return !*text && !*key;
}

/* The section that a variable's name goes on with; *ret_key: what follows. */
static const char *section_of(const char *text, const char **ret_key)
{
	const char *section;

	for (unsigned int i = 0; (section = settings_section(i)); i++) {
		size_t len = strlen(section);
		char head[32];

		snprintf(head, sizeof(head), "%.*s", (int)len, text);
		if (strlen(text) > len && text[len] == '_' && is_spelt(head, section)) {
			*ret_key = text + len + 1;
			return section;
		}
	}
	return NULL;
}

static const char *section_at(const void *table, unsigned int i)
{
	(void)table;
	return settings_section(i);
}

/* What Kubernetes sets for a service whose name begins with ours (culprit, culprit-daemon), as Docker's links did: the page
 * "Service" of its documentation, "Environment variables". No key of ours looks like it. */
static bool is_of_a_service(const char *text, const char *value)
{
	static const char *const patterns[] = {
		"*_SERVICE_HOST",      "*_SERVICE_PORT",      "*_SERVICE_PORT_*",
		"*_PORT_[0-9]*_TCP",   "*_PORT_[0-9]*_TCP_*", "*_PORT_[0-9]*_UDP",
		"*_PORT_[0-9]*_UDP_*", "*_PORT_[0-9]*_SCTP",  "*_PORT_[0-9]*_SCTP_*",
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (fnmatch(patterns[i], text, 0) == 0)
			return true;
	/* scan_ports, misspelt, is ours. */
	return fnmatch("*_PORT", text, 0) == 0 && strstr(value, "://");
}

/* Nearly one of ours is meant as one; what is none may be somebody else's. */
static int no_section(const char *text, struct err *err)
{
	char word[NAME_MAX_BYTES], hint[80];
	unsigned int sections = 0;
	const char *near;
	size_t n = 0;

	for (; text[n] && text[n] != '_'; n++)
		word[n] = (char)tolower((unsigned char)text[n]);
	word[n] = '\0';
	while (settings_section(sections))
		sections++;
	near = suggest(word, NULL, sections, section_at);
	if (!near || !text[strlen(word)])
		return 0;
	return err_set(err, -EINVAL, PREFIX "%s: no section '%s'%s", text, word,
		       suggest_text(hint, sizeof(hint), "", near));
}

static int take(struct settings *s, const char *section, const char *name, const char *value,
		struct err *err)
{
	char key[NAME_MAX_BYTES];
	const char *threshold;
	size_t n = 0;

	if (strcmp(section, "thresholds") == 0)
		for (unsigned int i = 0; (threshold = settings_threshold(i)); i++)
			if (is_spelt(name, threshold))
				return settings_take(s, section, threshold, value, err);
	for (; n < sizeof(key) - 1 && name[n]; n++)
		key[n] = (char)tolower((unsigned char)name[n]);
	key[n] = '\0';
	return settings_take(s, section, key, value, err);
}

int settings_environment(struct settings *settings, char *const *environment, struct err *err)
{
	struct settings copy = *settings;

	/* Who runs a program that has more rights than he has sets no more than the command line lets him. */
	if (getauxval(AT_SECURE))
		return 0;
	for (; *environment; environment++) {
		const char *name = *environment, *key, *section, *equals = strchr(name, '=');
		char text[NAME_MAX_BYTES];
		int ret;

		if (!equals || strncmp(name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)(equals - name - strlen(PREFIX)),
			 name + strlen(PREFIX));
		section = section_of(text, &key);
		/* A label may have any name. */
		if ((!section || strcmp(section, "labels") != 0) &&
		    is_of_a_service(text, equals + 1))
			continue;
		if (!section) {
			if (no_section(text, err) < 0)
				return err->code;
			continue;
		}
		ret = take(&copy, section, key, equals + 1, err);
		if (ret < 0)
			return err_prefix(err, PREFIX "%s", text);
		copy.in_environment++;
	}
	*settings = copy;
	return 0;
}
