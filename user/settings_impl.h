/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings_impl.h - the setters behind THE table of keys (settings.c), and what they share.
 */
#ifndef CULPRIT_SETTINGS_IMPL_H
#define CULPRIT_SETTINGS_IMPL_H

#include "settings.h"

/* Takes the value of one key. 0, or -EINVAL with err set and nothing changed. */
typedef int settings_setter(struct settings *s, const char *key, const char *value,
			    struct err *err);

/* settings_judge.c */
settings_setter set_threshold;
settings_setter set_window;
settings_setter set_tick;
settings_setter set_duration;
settings_setter set_class;
settings_setter set_disable;
settings_setter set_watch;
settings_setter set_arm;
settings_setter set_smartctl;
settings_setter set_label;

/* settings_daemon.c */
settings_setter set_socket;
settings_setter set_store;
settings_setter set_captures;
settings_setter set_group;
settings_setter set_budget;
settings_setter set_flight_minutes;
settings_setter set_flight_mb;
settings_setter set_captures_max;
settings_setter set_captures_mb;
settings_setter set_capture_from;
settings_setter set_metrics;
settings_setter set_metrics_file;
settings_setter set_confine;

/* The n-th threshold of all rules; NULL behind the last. settings_judge.c */
const char *settings_threshold(unsigned int n);

/* A number of 0 or more; with `key` before the message, within these. */
int settings_number(const char *text, double *ret_value, struct err *err);
int settings_number_between(const char *key, const char *value, double min, double max,
			    double *ret_number, struct err *err);

#endif
