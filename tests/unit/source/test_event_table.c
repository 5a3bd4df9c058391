/* SPDX-License-Identifier: BSD-2-Clause */
/* test_event_table.c - the field table covers every byte of every event, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "source/random_event.h"

static void test_every_byte_is_a_field_or_a_pad(void **state)
{
	(void)state;
	FOR_EACH_DESC(desc)
	{
		unsigned char owned[EVENT_SIZE_MAX] = {0};

		assert_true(desc->size <= EVENT_SIZE_MAX && desc->size % 8 == 0);
		for (unsigned int i = 0; i < desc->n_fields; i++) {
			const struct event_field *f = &desc->fields[i];

			assert_true(f->offset >= sizeof(struct event));
			assert_true(f->length && f->offset + f->length <= desc->size);
			for (unsigned int k = 0; k < f->length; k++)
				assert_int_equal(owned[f->offset + k]++, 0);
		}
		for (unsigned int k = sizeof(struct event); k < desc->size; k++)
			if (!owned[k])
				fail_msg("%s: byte %u has no field", desc->name, k);
	}
}

static void check_field(const struct event_field *f)
{
	static const unsigned int lengths[] = {
		[FIELD_U8] = 1,	  [FIELD_U16] = 2,  [FIELD_U32] = 4, [FIELD_U64] = 8,
		[FIELD_S32] = 4,  [FIELD_DEV] = 4,  [FIELD_STR] = 0, [FIELD_ADDR] = 16,
		[FIELD_U64S] = 0, [FIELD_HIST] = 0,
	};

	assert_true(f->kind <= FIELD_HIST);
	if (lengths[f->kind])
		assert_int_equal(f->length, lengths[f->kind]);
	if (f->kind == FIELD_U64S || f->kind == FIELD_HIST)
		assert_int_equal(f->length % 8, 0);
	if (f->values)
		assert_true(f->kind >= FIELD_U8 && f->kind <= FIELD_U32);
	assert_int_equal(f->name[strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_.")], 0);
	assert_int_equal(f->id == 0, f->kind == FIELD_PAD);
	assert_int_equal(f->name[0] == 0, f->kind == FIELD_PAD);
}

static void test_ids_and_names_are_unique(void **state)
{
	(void)state;
	FOR_EACH_DESC(desc)
	{
		assert_ptr_equal(event_desc(desc->type), desc);
		assert_ptr_equal(event_desc_named(desc->name, strlen(desc->name)), desc);
		assert_true(desc->n_fields <= EVENT_FIELDS_MAX);
		for (unsigned int i = 0; i < desc->n_fields; i++) {
			const struct event_field *a = &desc->fields[i];

			check_field(a);
			for (unsigned int k = 0; k < i && a->id; k++) {
				assert_int_not_equal(a->id, desc->fields[k].id);
				assert_string_not_equal(a->name, desc->fields[k].name);
			}
		}
	}
	assert_null(event_desc(0));
	assert_null(event_desc_named("clocks", 6));
	assert_null(event_desc_named("clo", 3));
	assert_null(event_desc_named("clock\0", 6));
}

/* A type that is added to event.h and not here is a warning of the compiler, hence an error. */
static bool is_type(enum event_type type)
{
	switch (type) {
	case EVENT_CLOCK:
	case EVENT_HOST:
	case EVENT_CONFIG:
	case EVENT_TICK:
	case EVENT_PULSE:
	case EVENT_END:
	case EVENT_PROBE:
	case EVENT_RING:
	case EVENT_TABLE:
	case EVENT_SELF:
	case EVENT_HOOK:
	case EVENT_DISK:
	case EVENT_DISK_GONE:
	case EVENT_MOUNT:
	case EVENT_BLOCK_IO:
	case EVENT_BLOCK_STAT:
	case EVENT_BLOCK_STATUS:
	case EVENT_BLOCK_QUEUE:
	case EVENT_BLOCK_SPLIT:
	case EVENT_DISK_NORM:
	case EVENT_IO_LIMIT:
	case EVENT_TASK_BLOCKED:
	case EVENT_FS_SPACE:
	case EVENT_FS_WB:
	case EVENT_FS_WB_FILE:
	case EVENT_FS_HEALTH:
	case EVENT_FS_ERROR:
	case EVENT_THIN_POOL:
	case EVENT_SMART:
	case EVENT_DISK_LINK:
	case EVENT_RAID:
	case EVENT_RAID_MEMBER:
	case EVENT_NIC:
	case EVENT_NIC_TIMEOUT:
	case EVENT_NIC_QUEUE:
	case EVENT_DNS_SERVER:
	case EVENT_DNS_TCP:
	case EVENT_TCP_RETRANS:
	case EVENT_TCP_CONN:
	case EVENT_TCP_PEER:
	case EVENT_TLS_ARMED:
	case EVENT_TLS_OUTCOME:
	case EVENT_PROC:
	case EVENT_PROC_FDS:
	case EVENT_PROC_GONE:
	case EVENT_FD_GROUP:
	case EVENT_FD_SCAN:
	case EVENT_FILE_TABLE:
	case EVENT_FD_SITE:
	case EVENT_FD_ARMED:
	case EVENT_FD_STACK:
	case EVENT_FD_REFUSED:
	case EVENT_HOST_LOAD:
	case EVENT_HOST_CPU:
	case EVENT_OOM_KILL:
	case EVENT_PROC_EXITS:
	case EVENT_TASK_WAITING:
	case EVENT_TASK_HANG:
	case EVENT_HARDWARE_REPORT:
	case EVENT_NET_STACK:
	case EVENT_SOCKET_QUEUE:
	case EVENT_SOCKET_UNREAD:
	case EVENT_CONNTRACK:
	case EVENT_CLOCK_STATE:
	case EVENT_CLOCK_STEP:
		return true;
	}
	return false;
}

static void test_every_type_has_a_row(void **state)
{
	(void)state;
	for (__u32 type = 0; type < 1000; type++)
		assert_int_equal(event_desc(type) != NULL, is_type((enum event_type)type));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_is_a_field_or_a_pad),
		cmocka_unit_test(test_ids_and_names_are_unique),
		cmocka_unit_test(test_every_type_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
