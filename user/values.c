/* SPDX-License-Identifier: BSD-2-Clause */
/* values.c - durations and class lists as people write them; see options.h. */
#include <errno.h>
#include <string.h>

#include "finding/finding.h"
#include "options.h"

#define NS_PER_S	1000000000ULL
#define DURATION_MAX_S	(7ULL * 24 * 3600)
#define DURATION_MIN_NS (NS_PER_S / 10)

/* Digits, and at most 9 after the point: no sign, no exponent, no hex, no "inf", as strtod() has.
 */
static const char *parse_decimal(const char *p, unsigned long long *ret_ns)
{
	unsigned long long whole = 0, frac = 0, scale = NS_PER_S;
	const char *start = p;

	for (; *p >= '0' && *p <= '9'; p++)
		if (whole <= DURATION_MAX_S)
			whole = whole * 10 + (unsigned int)(*p - '0');
	if (p == start)
		return NULL;
	if (*p == '.') {
		start = ++p;
		for (; *p >= '0' && *p <= '9'; p++) {
			scale /= 10;
			frac += scale * (unsigned int)(*p - '0');
		}
		if (p == start)
			return NULL;
	}
	if (whole > DURATION_MAX_S)
		whole = DURATION_MAX_S + 1;
	*ret_ns = whole * NS_PER_S + frac;
	return p;
}

int parse_duration(const char *text, unsigned long long *ret_ns, struct err *err)
{
	static const struct {
		char letter;
		unsigned int seconds;
	} units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}};
	unsigned long long ns = 0;
	const char *end = parse_decimal(text, &ns);

	for (size_t i = 0; end && i < sizeof(units) / sizeof(units[0]); i++) {
		if (*end != units[i].letter || (*end && end[1]))
			continue;
		if (ns < DURATION_MIN_NS / units[i].seconds)
			return err_set(err, -EINVAL,
				       "duration '%s' is too short: at least 0.1 seconds", text);
		if (ns > DURATION_MAX_S * NS_PER_S / units[i].seconds)
			return err_set(err, -EINVAL,
				       "duration '%s' is too long: at most 7 days (168h)", text);
		*ret_ns = ns * units[i].seconds;
		return 0;
	}
	return err_set(
		err, -EINVAL,
		"'%s' is no duration: seconds above 0 (30, 1.5), or with a unit (30s, 5m, 1h)",
		text);
}

static const char *class_at(const void *table, unsigned int i)
{
	(void)table;
	return fault_class_name((enum fault_class)i);
}

static int find_class(const char *name, size_t len, struct err *err)
{
	char text[64], hint[64];

	for (unsigned int i = 0; i < CLASSES; i++) {
		const char *candidate = class_at(NULL, i);

		if (strlen(candidate) == len && strncmp(candidate, name, len) == 0)
			return (int)i;
	}
	snprintf(text, sizeof(text), "%.*s", (int)(len < sizeof(text) ? len : sizeof(text) - 1),
		 name);
	suggest_text(hint, sizeof(hint), "", suggest(text, NULL, CLASSES, class_at));
	return err_set(err, -EINVAL,
		       "unknown class '%s'%s: hardware, network, connection-leak, system", text,
		       hint);
}

int parse_class_list(const char *text, char *ret_list, unsigned int size, struct err *err)
{
	unsigned int mask = 0, at = 0;

	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");
		int class = find_class(p, len, err);

		if (class < 0)
			return class;
		mask |= 1U << class;
		p += len;
		if (!*p)
			break;
	}
	ret_list[0] = '\0';
	if (mask == (1U << CLASSES) - 1)
		return 0;
	for (unsigned int i = 0; i < CLASSES; i++)
		if (mask & 1U << i)
			at += (unsigned int)snprintf(ret_list + at, size - at, "%s%s",
						     at ? "," : "", class_at(NULL, i));
	return 0;
}
