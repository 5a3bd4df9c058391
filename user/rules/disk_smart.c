/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_smart.c - what a suspected disk says of itself; see disk_smart.h. */
#include "rules/disk_smart.h"

#include <stdio.h>
#include <string.h>

#include "rules/disk_home.h"
#include "rules/text.h"

/* What the disk is asked for waits behind what it does not answer. */
#define STUCK_NS (2 * 1000000000ULL)

void disk_smart_ask(const struct model *model, const struct disk *disk,
		    const struct judgement *judgement)
{
	const struct event_disk *info = &disk->info;
	struct ask ask = {.what = ASK_SMART, .dev = info->dev};

	if (!judgement->ask || disk->smart || disk->gone ||
	    info->flags & (DISK_VIRTUAL | DISK_PARTITION))
		return;
	/* Adapters of USB disks hang, some of them, on commands that they do not know; what a storage or a hypervisor
	 * presents has nothing to tell. */
	if (strcmp(info->transport, "usb") == 0 || disk_home(info) != HOME_HOST)
		return;
	if (disk->queue && disk_queue_age_ns(disk->queue, model_now(model)) >= STUCK_NS)
		return;
	ask.until_ns = model_now(model);
	judgement->ask(judgement->ctx, &ask);
}

static const char *why_not(const struct event_smart *smart)
{
	switch (smart->outcome) {
	case SMART_NOTHING:
		return "the disk tells none by smartctl";
	case SMART_ASLEEP:
		return "the disk sleeps, and was not woken for it";
	case SMART_MISSING:
		return "smartctl (smartmontools) is not installed";
	case SMART_TIMEOUT:
		return "smartctl gave no answer in time and was stopped";
	case SMART_FLOOD:
		return "smartctl wrote without end and was stopped";
	case SMART_BROKEN:
		return "smartctl's answer could not be read";
	case SMART_LATE:
		return "the run was over before smartctl was";
	}
	return "smartctl failed";
}

/* A value that is evidence by itself. */
static const struct smart_row {
	enum smart_value bit;
	size_t offset;
	const char *name, *unit, *text;
} rows[] = {
	{SMART_REALLOCATED, offsetof(struct event_smart, reallocated), "disk.smart.reallocated",
	 "{sector}", "reallocated"},
	{SMART_PENDING, offsetof(struct event_smart, pending), "disk.smart.pending", "{sector}",
	 "pending"},
	{SMART_UNCORRECTABLE, offsetof(struct event_smart, uncorrectable),
	 "disk.smart.uncorrectable", "{sector}", "uncorrectable"},
	{SMART_MEDIA_ERRORS, offsetof(struct event_smart, media_errors), "disk.smart.media_errors",
	 "{error}", "media errors"},
	{SMART_LINK_ERRORS, offsetof(struct event_smart, link_errors), "disk.smart.link_errors",
	 "{error}", "link CRC errors"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static __u64 value_of(const struct event_smart *smart, const struct smart_row *row)
{
	__u64 value;

	memcpy(&value, (const char *)smart + row->offset, sizeof(value));
	return value;
}

/* Adds to a list that is parted by commas. */
static void append(char *list, size_t size, const char *text)
{
	size_t at = strlen(list);

	snprintf(list + at, size - at, "%s%s", at ? ", " : "", text);
}

/* What is not bad by itself: "31 C, 2 % worn, 3 years on" */
static void append_state(char *list, size_t size, const struct event_smart *smart)
{
	char text[40];

	if (smart->known & SMART_WEAR) {
		snprintf(text, sizeof(text), "%u %% worn", smart->wear_percent);
		append(list, size, text);
	}
	if (smart->known & SMART_TEMPERATURE) {
		snprintf(text, sizeof(text), "%d C", smart->temperature);
		append(list, size, text);
	}
	if (smart->known & SMART_HOURS) {
		snprintf(text, sizeof(text), "%.20s h on", text_count(smart->hours).s);
		append(list, size, text);
	}
}

/* The numbers, for other programs: the line above them says them to people. */
static void numbers(struct claim *claim, const struct event_smart *smart)
{
	for (size_t i = 0; i < ROWS; i++)
		if (value_of(smart, &rows[i]))
			claim_evidence(claim, ROLE_FOR, true, rows[i].name,
				       (double)value_of(smart, &rows[i]), rows[i].unit, "%s", "");
	if (smart->known & SMART_WEAR)
		claim_evidence(claim, ROLE_FOR, true, "disk.smart.wear", smart->wear_percent, "%",
			       "%s", "");
	if (smart->known & SMART_TEMPERATURE)
		claim_evidence(claim, ROLE_FOR, true, "disk.smart.temperature", smart->temperature,
			       "Cel", "%s", "");
}

static void tell(struct claim *claim, const struct event_smart *smart)
{
	char bad[80] = "", good[80] = "", state[64] = "", text[60];
	bool fails = smart->known & SMART_PASSED && !smart->passed;
	const char *lead = "";

	for (size_t i = 0; i < ROWS; i++) {
		__u64 value = value_of(smart, &rows[i]);

		if (!(smart->known & rows[i].bit))
			continue;
		snprintf(text, sizeof(text), "%.26s %s", text_count(value).s, rows[i].text);
		append(value ? bad : good, value ? sizeof(bad) : sizeof(good), text);
	}
	append_state(state, sizeof(state), smart);
	if (fails)
		claim_evidence(claim, ROLE_FOR, true, "disk.smart.failing", 1, "1",
			       "SMART: the disk itself says that it is failing");
	if (bad[0])
		claim_text(claim, ROLE_FOR, "SMART: %.80s", bad);
	/* Says little: disks fail without a word. Without a counter not even that is known. */
	if (!bad[0] && !fails)
		lead = good[0] ? "no bad sector (says little)" : "no counters of bad sectors";
	if (lead[0] || state[0])
		claim_text(claim, ROLE_FOR, "SMART: %s%s%.60s", lead,
			   lead[0] && state[0] ? ", " : "", state);
	numbers(claim, smart);
}

void disk_smart_claim(struct claim *claim, const struct disk *disk)
{
	const struct event_smart *smart = disk->smart;

	if (!smart)
		return;
	if (smart->outcome == SMART_READ)
		tell(claim, smart);
	else
		claim_text(claim, ROLE_UNKNOWN, "SMART: %s", why_not(smart));
}
