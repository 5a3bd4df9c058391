/* SPDX-License-Identifier: BSD-2-Clause */
/* settings_daemon.c - what a daemon keeps and gives: [daemon], and the store; see settings_impl.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "metrics.h"
#include "settings_impl.h"

/* An absolute path, or "none". */
static int set_path(char *ret_path, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "none") == 0) {
		ret_path[0] = '\0';
		return 0;
	}
	if (value[0] != '/')
		return err_set(err, -EINVAL, "%s: '%.60s' is neither an absolute path nor 'none'",
			       key, value);
	if (strlen(value) >= KEEPER_PATH_MAX)
		return err_set(err, -EINVAL, "%s: the path is longer than %d bytes", key,
			       KEEPER_PATH_MAX - 1);
	snprintf(ret_path, KEEPER_PATH_MAX, "%s", value);
	return 0;
}

int set_socket(struct settings *s, const char *key, const char *value, struct err *err)
{
	s->keeper.socket_default = false;
	return set_path(s->keeper.socket, key, value, err);
}

int set_store(struct settings *s, const char *key, const char *value, struct err *err)
{
	char path[KEEPER_PATH_MAX];
	int ret = set_path(path, key, value, err);

	if (ret < 0)
		return ret;
	if (strlen(path) >= sizeof(s->memory.path))
		return err_set(err, -EINVAL, "%s: the path is longer than %d bytes", key,
			       MEMORY_PATH_MAX - 1);
	snprintf(s->memory.path, sizeof(s->memory.path), "%.*s", MEMORY_PATH_MAX - 1, path);
	s->memory.is_default = false;
	return 0;
}

int set_captures(struct settings *s, const char *key, const char *value, struct err *err)
{
	return set_path(s->keeper.captures, key, value, err);
}

int set_group(struct settings *s, const char *key, const char *value, struct err *err)
{
	gid_t group;

	if (!value[0] || strlen(value) >= sizeof(s->keeper.group))
		return err_set(err, -EINVAL, "%s: '%.60s' is no group's name", key, value);
	if (control_group(value, &group, err) < 0)
		return err_prefix(err, "%s", key);
	snprintf(s->keeper.group, sizeof(s->keeper.group), "%s", value);
	return 0;
}

/* Settings like the others, so that the source has them, and a reload changes them. What they are when unset is in
 * live_budget.h. */
int set_budget(struct settings *s, const char *key, const char *value, struct err *err)
{
	double number = 0;
	int ret = settings_number_between(key, value, 0, 1e6, &number, err);

	return ret < 0 ? ret : settings_set(s, key, value, err);
}

int set_flight_minutes(struct settings *s, const char *key, const char *value, struct err *err)
{
	double minutes = 0;
	int ret = settings_number_between(key, value, 0, 1440, &minutes, err);

	if (ret == 0)
		s->keeper.flight.keep_ns = (unsigned long long)(minutes * 60e9);
	return ret;
}

int set_flight_mb(struct settings *s, const char *key, const char *value, struct err *err)
{
	double mb = 0;
	int ret = settings_number_between(key, value, 0.1, 1024, &mb, err);

	if (ret == 0)
		s->keeper.flight.bytes = (size_t)(mb * 1e6);
	return ret;
}

int set_captures_max(struct settings *s, const char *key, const char *value, struct err *err)
{
	double n = 0;
	int ret = settings_number_between(key, value, 1, 1000, &n, err);

	if (ret < 0)
		return ret;
	if (n != (double)(unsigned int)n)
		return err_set(err, -EINVAL, "%s: %s is no whole number", key, value);
	s->keeper.captures_max = (unsigned int)n;
	return 0;
}

int set_captures_mb(struct settings *s, const char *key, const char *value, struct err *err)
{
	double mb = 0;
	int ret = settings_number_between(key, value, 0.1, 1e6, &mb, err);

	if (ret == 0)
		s->keeper.capture_bytes = (size_t)(mb * 1e6);
	return ret;
}

int set_capture_from(struct settings *s, const char *key, const char *value, struct err *err)
{
	static const enum severity all[] = {SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(value, severity_name(all[i])) == 0) {
			s->keeper.capture_from = all[i];
			return 0;
		}
	return err_set(err, -EINVAL, "%s: '%.60s' is not info, warning or critical", key, value);
}

int settings_set_metrics(struct settings *settings, const char *address, struct err *err)
{
	if (strcmp(address, "none") == 0)
		address = "";
	else if (metrics_check(address, err) < 0)
		return err_prefix(err, "metrics");
	snprintf(settings->keeper.metrics, sizeof(settings->keeper.metrics), "%s", address);
	return 0;
}

int set_metrics(struct settings *s, const char *key, const char *value, struct err *err)
{
	(void)key;
	return settings_set_metrics(s, value, err);
}

int set_metrics_file(struct settings *s, const char *key, const char *value, struct err *err)
{
	return set_path(s->keeper.metrics_file, key, value, err);
}

int set_confine(struct settings *s, const char *key, const char *value, struct err *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return err_set(err, -EINVAL, "%s: '%.60s' is neither yes nor no", key, value);
	s->confine = value[0] == 'y';
	return 0;
}
