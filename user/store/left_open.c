/* SPDX-License-Identifier: BSD-2-Clause */
/* left_open.c - open findings as records of the store; see left_open.h. */
#include "store/left_open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "finding/subject.h"

#define KIND	 "open"
#define VERSION	 2
#define LEFT_MAX 128
#define MILLION	 1e6

struct left_finding {
	char boot_id[sizeof(((struct event_host *)NULL)->boot_id)];
	struct finding finding;
};

/* ---- what of a finding is kept, in this order ---- */

enum how { NUMBER, TEXT, BYTES };

#define FIELD(how, member, most)                                                                   \
	{                                                                                          \
		how, offsetof(struct finding, member), sizeof(((struct finding *)NULL)->member),   \
			most                                                                       \
	}
#define NUM(member, most) FIELD(NUMBER, member, most)
#define STR(member)	  FIELD(TEXT, member, 0)

static const struct field {
	enum how how;
	size_t offset, size;
	__u64 most;
} fields[] = {
	NUM(id, ~0ULL),
	NUM(fingerprint, ~0ULL),
	NUM(episode, ~0U),
	NUM(count, ~0ULL),
	NUM(first_seen_ns, ~0ULL),
	NUM(last_seen_ns, ~0ULL),
	NUM(claim.severity, SEVERITY_CRITICAL),
	NUM(claim.basis, BASIS_INFERRED),
	NUM(claim.fault_at, AT_THIS_HOST),
	NUM(claim.window_ns, ~0ULL),
	STR(claim.message),
	NUM(claim.subject.type, SUBJECT_HOST),
	STR(claim.subject.name),
	NUM(claim.subject.dev, ~0U),
	STR(claim.subject.model),
	STR(claim.subject.serial),
	STR(claim.subject.wwn),
	STR(claim.subject.fstype),
	STR(claim.subject.source),
	NUM(claim.subject.ifindex, ~0U),
	NUM(claim.subject.netns, ~0U),
	FIELD(BYTES, claim.subject.addr, 0),
	NUM(claim.subject.port, 0xffff),
	NUM(claim.subject.dir, 0xff),
	NUM(claim.subject.prefix_len, 128),
	NUM(claim.subject.pid, ~0U),
	NUM(claim.subject.start_ns, ~0ULL),
	STR(claim.subject.comm),
	STR(claim.subject.exe),
	STR(claim.subject.cgroup),
	STR(claim.subject.container),
	STR(opened),
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* The machine's own byte order and sizes: 1, 2, 4, 8. */
static __u64 number_at(const void *at, size_t size)
{
	__u8 b;
	__u16 h;
	__u32 w;
	__u64 d;

	switch (size) {
	case sizeof(b):
		return *(const __u8 *)at;
	case sizeof(h):
		memcpy(&h, at, sizeof(h));
		return h;
	case sizeof(w):
		memcpy(&w, at, sizeof(w));
		return w;
	default:
		memcpy(&d, at, sizeof(d));
		return d;
	}
}

static void set_number(void *at, size_t size, __u64 value)
{
	__u8 b = (__u8)value;
	__u16 h = (__u16)value;
	__u32 w = (__u32)value;

	memcpy(at,
	       size == sizeof(b)   ? (void *)&b
	       : size == sizeof(h) ? (void *)&h
	       : size == sizeof(w) ? (void *)&w
				   : (void *)&value,
	       size);
}

/* ---- writing ---- */

/* One word and a blank. Empty text is "-", and a text that is "-" is escaped. */
static void add_word(char *line, size_t size, const char *text)
{
	size_t at = strlen(line);
	char word[3 * 512];

	if (!text[0])
		snprintf(word, sizeof(word), "-");
	else if (strcmp(text, "-") == 0)
		snprintf(word, sizeof(word), "%%2d");
	else
		store_word(text, word, sizeof(word));
	snprintf(line + at, size - at, "%s ", word);
}

static void add_field(char *line, size_t size, const struct field *f, const void *at)
{
	char text[64] = "";

	if (f->how == TEXT) {
		add_word(line, size, at);
		return;
	}
	if (f->how == NUMBER)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)number_at(at, f->size));
	for (size_t i = 0; f->how == BYTES && i < f->size; i++)
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", ((const __u8 *)at)[i]);
	add_word(line, size, text);
}

int left_open_add(const struct life *life, const char *boot_id, struct store_text *store)
{
	const struct finding *f;
	char line[STORE_LINE_MAX - 64];
	int code = 0;

	for (unsigned int i = 0; code == 0 && (f = life_open_at(life, i)); i++) {
		snprintf(line, sizeof(line), "%.64s %.64s %ld ", boot_id, f->claim.rule->kind,
			 (long)(f->claim.confidence * MILLION + 0.5));
		for (size_t n = 0; n < FIELDS; n++)
			add_field(line, sizeof(line), &fields[n],
				  (const char *)f + fields[n].offset);
		code = store_add(store, KIND, VERSION, line);
	}
	return code == -EMSGSIZE ? 0 : code;
}

/* ---- reading ---- */

static bool take_bytes(const char *text, __u8 *to, size_t size)
{
	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
		const char *p = digits;
		__u64 value;

		if (!store_number(&p, 16, 0xff, &value) || *p)
			return false;
		to[i] = (__u8)value;
	}
	return true;
}

static bool take_number(const char *text, __u64 most, __u64 *ret_value)
{
	return store_number(&text, 10, most, ret_value) && !*text;
}

static bool take_field(const char **rest, const struct field *f, void *at)
{
	char word[512];
	bool empty = strncmp(*rest, "- ", 2) == 0;
	__u64 value;

	if (!store_unword(rest, word, sizeof(word)))
		return false;
	if (f->how == BYTES)
		return take_bytes(word, at, f->size);
	if (f->how == NUMBER) {
		if (!take_number(word, f->most, &value))
			return false;
		set_number(at, f->size, value);
		return true;
	}
	if (empty)
		return true;
	if (strlen(word) >= f->size)
		return false;
	memcpy(at, word, strlen(word) + 1);
	return true;
}

static bool is_sound(const struct left_finding *left)
{
	const struct finding *f = &left->finding;
	enum severity s = f->claim.severity;

	return f->claim.rule && f->episode &&
	       (s == SEVERITY_INFO || s == SEVERITY_WARNING || s == SEVERITY_CRITICAL) &&
	       f->id == subject_id(left->boot_id, f->claim.rule->kind, &f->claim.subject);
}

static bool parse(const char *rest, struct left_finding *ret)
{
	struct claim *claim = &ret->finding.claim;
	char kind[64], word[32];
	__u64 millionths;

	if (!store_unword(&rest, ret->boot_id, sizeof(ret->boot_id)) ||
	    !store_unword(&rest, kind, sizeof(kind)) || !store_unword(&rest, word, sizeof(word)) ||
	    !take_number(word, (__u64)MILLION, &millionths))
		return false;
	for (size_t n = 0; n < FIELDS; n++)
		if (!take_field(&rest, &fields[n], (char *)&ret->finding + fields[n].offset))
			return false;
	claim->rule = rule_find(kind);
	claim->confidence = (double)millionths / MILLION;
	claim->count = ret->finding.count;
	claim->first_ns = ret->finding.first_seen_ns;
	claim->last_ns = ret->finding.last_seen_ns;
	return is_sound(ret);
}

static bool take(void *ctx, const char *rest)
{
	struct left_open *left = ctx;
	struct left_finding *item;

	if (left->n == LEFT_MAX)
		return false;
	item = realloc(left->item, (left->n + 1) * sizeof(*item));
	if (!item)
		return false;
	left->item = item;
	memset(&item[left->n], 0, sizeof(*item));
	if (!parse(rest, &item[left->n]))
		return false;
	left->n++;
	return true;
}

struct store_kind left_open_kind(struct left_open *left)
{
	return (struct store_kind){KIND, VERSION, take, left};
}

unsigned int left_open_restore(struct left_open *left, const char *boot_id, struct life *life)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < left->n; i++) {
		struct finding *f = &left->item[i].finding;

		if (strcmp(left->item[i].boot_id, boot_id) == 0) {
			claim_text(&f->claim, ROLE_UNKNOWN,
				   "found before a restart; not seen again since");
			n += life_restore(life, f) == 0;
			continue;
		}
		claim_text(&f->claim, ROLE_UNKNOWN,
			   "the host was booted anew: what is still wrong is found again");
		life_end_former(life, f);
	}
	left_open_done(left);
	return n;
}

void left_open_done(struct left_open *left)
{
	free(left->item);
	*left = (struct left_open){0};
}
