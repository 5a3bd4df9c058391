/* SPDX-License-Identifier: BSD-2-Clause */
/* event_desc.c - looking things up in the field table; see event_fields.h. */
#include "source/event_fields.h"

#include <string.h>

const struct event_desc *event_desc(__u32 type)
{
	const struct event_desc *desc;

	for (unsigned int i = 0; (desc = event_desc_at(i)); i++)
		if (desc->type == type)
			break;
	return desc;
}

const struct event_desc *event_desc_named(const char *name, size_t length)
{
	const struct event_desc *desc;

	for (unsigned int i = 0; (desc = event_desc_at(i)); i++)
		if (strlen(desc->name) == length && memcmp(desc->name, name, length) == 0)
			break;
	return desc;
}

__u64 event_field_u64(const struct event *event, const struct event_field *field)
{
	const char *p = (const char *)event + field->offset;
	__u16 u16;
	__u32 u32;
	__u64 u64;

	switch (field->length) {
	case 1:
		return *(const __u8 *)p;
	case 2:
		memcpy(&u16, p, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, p, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, p, sizeof(u64));
		return u64;
	}
}

const char *event_fault(const struct event *event)
{
	const struct event_desc *desc = event_desc(event->type);

	if (!desc)
		return "unknown type";
	if (event->size != desc->size)
		return "wrong size";
	for (unsigned int i = 0; i < desc->n_fields; i++) {
		const struct event_field *field = &desc->fields[i];

		if (field->kind == FIELD_STR &&
		    !memchr((const char *)event + field->offset, '\0', field->length))
			return "a string without end";
		if (field->values && event_field_u64(event, field) >= field->values->n)
			return "a number out of its range";
	}
	return NULL;
}
