/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_parsers.c - any text in the place of /proc, /sys and udev: the first byte says which. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/disk_text.h"
#include "source/diskstats.h"
#include "source/dm_text.h"
#include "source/io_max.h"
#include "source/mountinfo.h"
#include "source/net_text.h"
#include "source/netdev.h"
#include "proc_text.h"
#include "source/raid_text.h"
#include "source/rtlink.h"
#include "source/rtqdisc.h"
#include "small_file.h"
#include "source/sockdiag.h"
#include "source/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_string(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

/* These take a length, and must not look behind it. */
static void parse_bytes(char which, const char *bytes, size_t n)
{
	struct mountinfo mount;
	struct event_nic nic = {0};
	struct event_nic_queue qdisc = {0};
	struct event_block_queue queue = {0};
	struct event_socket_queue socket;
	struct event_socket_unread connection;
	char serial[64];

	if (which == 'q')
		diskstats_parse(bytes, n, &queue);
	if (which == 'm' && mountinfo_parse(bytes, n, &mount)) {
		check_string(mount.mount, sizeof(mount.mount));
		check_string(mount.source, sizeof(mount.source));
		check_string(mount.fstype, sizeof(mount.fstype));
	}
	if (which == 'n' && netdev_parse(bytes, n, &nic))
		check_string(nic.name, sizeof(nic.name));
	if (which == 'r' && rtlink_parse(bytes, n, &nic) != RTLINK_NONE) {
		check_string(nic.name, sizeof(nic.name));
		check_string(nic.kind, sizeof(nic.kind));
	}
	if (which == 'q' && rtqdisc_parse(bytes, n, &qdisc))
		check_string(qdisc.kind, sizeof(qdisc.kind));
	if (which == 'u')
		sockdiag_parse(bytes, n, FD_UDP, &socket);
	if (which == 'c')
		sockdiag_parse_connection(bytes, n, &connection);
	if (which == 's') {
		disk_serial_vpd80(bytes, n, serial, sizeof(serial));
		check_string(serial, sizeof(serial));
	}
}

/* These take a string. */
static void parse_text(char which, char *text)
{
	struct event_io_limit limit = {0};
	struct dm_thin_status thin;
	struct proc_stat stat;
	__u16 low, high;
	__u64 a, b;
	char to[64], id[16];
	__u64 done, total;
	bool unified;
	__u32 dev;

	switch (which) {
	case 'p':
		if (proc_stat_parse(text, &stat))
			check_string(stat.comm, sizeof(stat.comm));
		proc_status_uid(text);
		break;
	case 'c':
		proc_cgroup_path(text, to, sizeof(to), &unified);
		check_string(to, sizeof(to));
		proc_container(text, id);
		check_string(id, sizeof(id));
		break;
	case 'd':
		disk_dev_parse(text, &dev);
		disk_transport(text, text, to, sizeof(to));
		check_string(to, sizeof(to));
		disk_model(text, text, to, sizeof(to));
		udev_property(text, "ID_SERIAL", to, sizeof(to));
		check_string(to, sizeof(to));
		break;
	case 't':
		dm_thin_status_parse(text, &thin);
		dm_thin_block_bytes(text);
		break;
	case 'a':
		raid_member_flags(text);
		raid_member_slot(text);
		raid_sync_completed(text, &done, &total);
		break;
	case 'k':
		net_counter(text, "Udp", "RcvbufErrors", &a);
		net_counter6(text, "Udp6InDatagrams", &a);
		net_gauge(text, "TCP", "tw", &a);
		net_port_range(text, &low, &high);
		net_conntrack_drops(text, &a, &b);
		break;
	case 'l':
		for (const char *at = text; io_max_next(&at, &limit);)
			;
		io_pressure_total(text);
		break;
	default:
		for (const char *p = text; *p; p++)
			if (utf8_printable((const unsigned char *)p) > strlen(p))
				abort();
		text_copy(to, sizeof(to), text);
		check_string(to, sizeof(to));
		text_trim(text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy; /* of its very size: one byte too far is seen */

	if (size == 0)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	parse_bytes((char)data[0], copy, size - 1);
	copy[size - 1] = '\0';
	parse_text((char)data[0], copy);
	free(copy);
	return 0;
}
