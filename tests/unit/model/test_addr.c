/* SPDX-License-Identifier: BSD-2-Clause */
/* test_addr.c - what an address says by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <string.h>

#include <cmocka.h>

#include "model/addr.h"

static bool is_private(const char *text)
{
	unsigned char addr[16] = {[10] = 0xff, [11] = 0xff};

	if (strchr(text, ':'))
		assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	else
		assert_int_equal(inet_pton(AF_INET, text, addr + 12), 1);
	return addr_is_private(addr);
}

static void test_private(void **state)
{
	static const char *const yes[] = {"10.0.0.1",	    "10.255.255.255", "172.16.0.1",
					  "172.31.255.254", "192.168.1.1",    "169.254.1.1",
					  "100.64.0.1",	    "100.127.255.1",  "fd00::1",
					  "fc12::9",	    "fe80::1",	      "febf::1"};
	static const char *const no[] = {
		"9.255.255.255", "11.0.0.1",	"172.15.0.1", "172.32.0.1",  "192.167.1.1",
		"192.169.0.1",	 "169.253.1.1", "100.63.0.1", "100.128.0.1", "8.8.8.8",
		"2001:db8::1",	 "fec0::1",	"::1"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(is_private(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(is_private(no[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
