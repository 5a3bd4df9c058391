/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * precedence.c - one fault, one finding: which kind stands when two fit the same fault; see rule.h.
 *
 * The kind that says more about the cause wins. A row holds for kinds without a judge too: it takes
 * effect with the judge.
 */
#include "rules/rule.h"

const struct precedence precedence_table[] = {
	{"disk-lost", "disk-transport-error", true},
	{"disk-lost", "disk-timeout", true},
	{"disk-lost", "disk-io-error", true},
	{"disk-transport-error", "disk-timeout", true},
	{"disk-transport-error", "disk-io-error", true},
	{"disk-timeout", "disk-io-error", true},
	{"disk-media-error", "disk-io-error", true},
	{"disk-lost", "disk-stuck-io", true},
	{"disk-transport-error", "disk-stuck-io", true},
	{"disk-timeout", "disk-stuck-io", true},
	{"disk-lost", "disk-slow", true},
	{"disk-stuck-io", "disk-slow", true},
	{"disk-transport-error", "disk-slow", true},
	{"disk-timeout", "disk-slow", true},
	{"disk-media-error", "disk-slow", true},
	{"disk-io-error", "disk-slow", true},
	{"io-throttled", "disk-saturated", true},
	{"nic-link-down", "nic-link-flap", true},
	{"network-partition", "uplink-loss", false},
	{"network-partition", "peer-unreachable", false},
	{"network-partition", "path-loss", false},
	{"uplink-loss", "peer-unreachable", false},
	{"uplink-loss", "path-loss", false},
	{"receiver-backlog", "peer-not-reading", false},
	{"peer-not-reading", "peer-unreachable", true},
	{"peer-not-reading", "path-loss", true},
	{"peer-unreachable", "path-loss", true},
	{"dns-failure", "connect-refused", true},
	{"dns-failure", "connection-resets", true},
	{"dns-failure", "peer-unreachable", true},
	{"path-loss", "path-latency", true},
	{"tls-handshake-failure", "connection-resets", true},
	{"uplink-loss", "path-latency", false},
	{"peer-unreachable", "path-latency", true},
	{"network-partition", "path-latency", false},
	{"peer-not-reading", "path-latency", true},
	{"link-saturated", "path-latency", false},
	{"link-saturated", "uplink-loss", false},
	{"close-wait-leak", "socket-leak", true},
	{"close-wait-leak", "fd-leak", true},
	{"socket-leak", "fd-leak", true},
};
const unsigned int precedence_count = sizeof(precedence_table) / sizeof(precedence_table[0]);

const struct precedence precedence_within[] = {
	{"path-loss", "path-loss", false},
	{"network-partition", "network-partition", false},
};
const unsigned int precedence_within_count =
	sizeof(precedence_within) / sizeof(precedence_within[0]);

const struct precedence precedence_after[] = {
	/* "Its host and the path are well." */
	{"peer-unreachable", "peer-not-reading", true},
};
const unsigned int precedence_after_count = sizeof(precedence_after) / sizeof(precedence_after[0]);

/* What fails on a disk fails on the loop devices and mappings above it too, as whatever these make of it. */
#define EACH_ABOVE(below)                                                                          \
	{below, "disk-media-error", false}, {below, "disk-io-error", false},                       \
		{below, "disk-transport-error", false}, {below, "disk-timeout", false},            \
		{below, "disk-integrity-error", false},                                            \
	{                                                                                          \
		below, "disk-stuck-io", false                                                      \
	}

const struct precedence precedence_below[] = {
	EACH_ABOVE("disk-lost"),
	EACH_ABOVE("disk-media-error"),
	EACH_ABOVE("disk-transport-error"),
	EACH_ABOVE("disk-timeout"),
	EACH_ABOVE("disk-integrity-error"),
	EACH_ABOVE("disk-io-error"),
	{"disk-stuck-io", "disk-stuck-io", false},
	{"disk-slow", "disk-slow", false},
	{"disk-stuck-io", "disk-timeout", false},
};
const unsigned int precedence_below_count = sizeof(precedence_below) / sizeof(precedence_below[0]);
