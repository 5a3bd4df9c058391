/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * smart_json.c - what `smartctl --json` wrote, as an event; see smart_json.h.
 *
 * Names are those of smartctl 7.0 to 7.5. Sources: ATA attributes by number (5, 187, 197, 198, 199 mean the same with
 * all makers that have them; wear does not, so it goes by name), NVMe's health log, SCSI's error counters.
 */
#include "source/smart_json.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX      16
#define ATTRIBUTES_MAX 64 /* ATA has room for 30 */
#define MESSAGES_MAX   16

/* Out of all reason is what is above. */
#define COUNT_MAX (1LL << 48)
#define HOURS_MAX 1000000LL
#define WEAR_MAX  255LL /* NVMe: one byte, and more than 100 is allowed */
#define COLDEST	  (-60LL)
#define HOTTEST	  200LL

static struct json_object *get(struct json_object *from, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(from, json_type_object))
		json_object_object_get_ex(from, key, &value);
	return value;
}

/* Whole numbers only, within bounds. */
static bool whole(struct json_object *value, long long least, long long most, long long *ret)
{
	long long n;

	if (!json_object_is_type(value, json_type_int))
		return false;
	n = json_object_get_int64(value);
	if (n < least || n > most)
		return false;
	*ret = n;
	return true;
}

static void set(struct event_smart *smart, enum smart_value which, __u64 *to, __u64 value)
{
	smart->known |= which;
	*to = value;
}

/* Adds a count to what is known of its kind. */
static void count(struct event_smart *smart, enum smart_value which, __u64 *to,
		  struct json_object *value)
{
	long long n;

	if (whole(value, 0, COUNT_MAX, &n))
		set(smart, which, to, *to + (__u64)n);
}

static void wear(struct event_smart *smart, long long percent)
{
	smart->known |= SMART_WEAR;
	smart->wear_percent = (__u32)percent;
}

static void general(struct event_smart *smart, struct json_object *root)
{
	struct json_object *passed = get(get(root, "smart_status"), "passed");
	long long n;

	if (json_object_is_type(passed, json_type_boolean)) {
		smart->known |= SMART_PASSED;
		smart->passed = json_object_get_boolean(passed) != 0;
	}
	/* 0: sensors that are not there read so. */
	if (whole(get(get(root, "temperature"), "current"), COLDEST, HOTTEST, &n) && n) {
		smart->known |= SMART_TEMPERATURE;
		smart->temperature = (__s32)n;
	}
	if (whole(get(get(root, "power_on_time"), "hours"), 0, HOURS_MAX, &n))
		set(smart, SMART_HOURS, &smart->hours, (__u64)n);
	if (whole(get(get(root, "endurance_used"), "current_percent"), 0, WEAR_MAX, &n) ||
	    whole(get(root, "scsi_percentage_used_endurance_indicator"), 0, WEAR_MAX, &n))
		wear(smart, n);
}

static void nvme(struct event_smart *smart, struct json_object *root)
{
	struct json_object *log = get(root, "nvme_smart_health_information_log");
	long long n;

	count(smart, SMART_MEDIA_ERRORS, &smart->media_errors, get(log, "media_errors"));
	if (whole(get(log, "percentage_used"), 0, WEAR_MAX, &n))
		wear(smart, n);
}

static void scsi(struct event_smart *smart, struct json_object *root)
{
	struct json_object *log = get(root, "scsi_error_counter_log");

	count(smart, SMART_REALLOCATED, &smart->reallocated, get(root, "scsi_grown_defect_list"));
	count(smart, SMART_MEDIA_ERRORS, &smart->media_errors,
	      get(get(log, "read"), "total_uncorrected_errors"));
	count(smart, SMART_MEDIA_ERRORS, &smart->media_errors,
	      get(get(log, "write"), "total_uncorrected_errors"));
}

/* The raw value holds up to 48 bits, of which makers use what they like: smartctl's text knows how. */
static bool raw_number(struct json_object *attribute, long long *ret)
{
	struct json_object *raw = get(attribute, "raw"), *text = get(raw, "string");
	const char *digits =
		json_object_is_type(text, json_type_string) ? json_object_get_string(text) : "";
	char *end;

	if (digits[0] < '0' || digits[0] > '9')
		return whole(get(raw, "value"), 0, COUNT_MAX, ret);
	*ret = strtoll(digits, &end, 10);
	return (*end == '\0' || *end == ' ') && *ret >= 0 && *ret <= COUNT_MAX;
}

/* Normalised, 100 when new. */
static bool is_life_left(const char *name)
{
	static const char *const names[] = {"SSD_Life_Left", "Media_Wearout_Indicator",
					    "Wear_Leveling_Count", "Percent_Lifetime_Remain"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void attribute(struct event_smart *smart, struct json_object *a)
{
	struct json_object *name = get(a, "name");
	long long id, n;

	if (!whole(get(a, "id"), 1, 255, &id))
		return;
	if (json_object_is_type(name, json_type_string) &&
	    is_life_left(json_object_get_string(name)) && !(smart->known & SMART_WEAR) &&
	    whole(get(a, "value"), 0, 100, &n))
		wear(smart, 100 - n);
	if (!raw_number(a, &n))
		return;
	if (id == 5)
		set(smart, SMART_REALLOCATED, &smart->reallocated, (__u64)n);
	else if (id == 187)
		set(smart, SMART_MEDIA_ERRORS, &smart->media_errors, (__u64)n);
	else if (id == 197)
		set(smart, SMART_PENDING, &smart->pending, (__u64)n);
	else if (id == 198)
		set(smart, SMART_UNCORRECTABLE, &smart->uncorrectable, (__u64)n);
	else if (id == 199)
		set(smart, SMART_LINK_ERRORS, &smart->link_errors, (__u64)n);
}

static void ata(struct event_smart *smart, struct json_object *root)
{
	struct json_object *table = get(get(root, "ata_smart_attributes"), "table");
	size_t n =
		json_object_is_type(table, json_type_array) ? json_object_array_length(table) : 0;

	for (size_t i = 0; i < n && i < ATTRIBUTES_MAX; i++)
		attribute(smart, json_object_array_get_idx(table, i));
}

/* "Device is in STANDBY mode, exit(2)" */
static bool is_asleep(struct json_object *root)
{
	struct json_object *list = get(get(root, "smartctl"), "messages");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n && i < MESSAGES_MAX; i++) {
		struct json_object *text = get(json_object_array_get_idx(list, i), "string");

		if (json_object_is_type(text, json_type_string) &&
		    strstr(json_object_get_string(text), "Device is in "))
			return true;
	}
	return false;
}

void smart_json_parse(const char *text, size_t length, struct event_smart *smart)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *root = tokener && length <= 1U << 20
					   ? json_tokener_parse_ex(tokener, text, (int)length)
					   : NULL;

	smart->outcome = SMART_BROKEN;
	if (json_object_is_type(root, json_type_object)) {
		general(smart, root);
		nvme(smart, root);
		scsi(smart, root);
		ata(smart, root);
		smart->outcome = smart->known	   ? SMART_READ
				 : is_asleep(root) ? SMART_ASLEEP
						   : SMART_NOTHING;
	}
	json_object_put(root);
	if (tokener)
		json_tokener_free(tokener);
}
