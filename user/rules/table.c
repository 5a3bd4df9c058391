/* SPDX-License-Identifier: BSD-2-Clause */
/* table.c - THE rule table: one row a kind, class by class, the most telling first; see rule.h. */
#include <string.h>

#include "rules/families.h"

const struct rule *const rule_table[] = {
	/* clang-format off */
	&disk_media_error_rule,
	&disk_io_error_rule,
	&disk_transport_error_rule,
	&disk_timeout_rule,
	&disk_integrity_error_rule,
	&disk_lost_rule,
	&disk_stuck_io_rule,
	&disk_slow_rule,
	&filesystem_error_rule,
	&writeback_lost_rule,
	&memory_error_rule,
	&machine_check_rule,
	&nic_link_down_rule,
	&nic_link_flap_rule,
	&nic_tx_timeout_rule,
	&nic_errors_rule,
	&raid_degraded_rule,

	&path_loss_rule,
	&uplink_loss_rule,
	&peer_unreachable_rule,
	&network_partition_rule,
	&connect_refused_rule,
	&connection_resets_rule,
	&peer_not_reading_rule,
	&path_latency_rule,
	&link_saturated_rule,
	&dns_failure_rule,
	&tls_handshake_failure_rule,

	&close_wait_leak_rule,
	&socket_leak_rule,
	&fd_leak_rule,

	&memory_exhausted_rule,
	&cpu_saturated_rule,
	&memory_pressure_rule,
	&task_hung_rule,
	&process_crash_loop_rule,
	&io_throttled_rule,
	&disk_saturated_rule,
	&fd_exhaustion_rule,
	&disk_full_rule,
	&listen_overflow_rule,
	&receiver_backlog_rule,
	&udp_receive_drops_rule,
	&local_send_error_rule,
	&port_exhaustion_rule,
	&conntrack_full_rule,
	&clock_unsynchronized_rule,
	&clock_step_rule,
	/* clang-format on */
};
const unsigned int rule_count = sizeof(rule_table) / sizeof(rule_table[0]);

const struct rule *rule_find(const char *kind)
{
	for (unsigned int i = 0; i < rule_count; i++)
		if (strcmp(rule_table[i]->kind, kind) == 0)
			return rule_table[i];
	return NULL;
}
