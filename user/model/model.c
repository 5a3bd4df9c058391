/* SPDX-License-Identifier: BSD-2-Clause */
/* model.c - which event changes what; see model.h. Questions are answered in model_read.c. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "model/copy.h"
#include "model/model_impl.h"

#define SECOND_NS	 1000000000ULL
#define WINDOW_DEFAULT_S 60.0
/* Some rules want three looks that saw it. */
#define WINDOW_LEAST_TICKS 4
/* Disk errors are rare and each one counts: a trace keeps what it saw in its first ten minutes. */
#define DISK_WINDOW_DEFAULT_S 600.0
#define TICK_DEFAULT_NS	      SECOND_NS
#define BUCKET_LEAST_NS	      (2 * SECOND_NS)

#define NAMES_INIT(list, type, field, limit)                                                       \
	names_init(list, sizeof(struct type), offsetof(struct type, field),                        \
		   sizeof(((struct type *)0)->field), limit)

static void set_lengths(struct model *model);

struct model *model_new(void)
{
	static const char *const own_name[] = {"model.disks", "model.peers", "model.processes"};
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	NAMES_INIT(&model->settings, event_config, key, 128);
	NAMES_INIT(&model->probes, event_probe, name, 64);
	NAMES_INIT(&model->rings, event_ring, name, 16);
	NAMES_INIT(&model->tables, event_table, name, 64);
	NAMES_INIT(&model->losses, event_table, name, 64);
	NAMES_INIT(&model->hooks, event_hook, name, 64);
	for (unsigned int i = 0; i < OWN_TABLES; i++) {
		model->own[i].h.type = EVENT_TABLE;
		model->own[i].h.size = sizeof(model->own[i]);
		copy_text(model->own[i].name, sizeof(model->own[i].name), own_name[i],
			  sizeof(model->own[i].name));
	}
	disks_init(&model->disks);
	filesystems_init(&model->filesystems);
	thin_pools_init(&model->thin_pools);
	nics_init(&model->nics);
	nic_queues_init(&model->nic_queues);
	dns_servers_init(&model->dns);
	peers_init(&model->peers);
	tls_init(&model->tls);
	processes_init(&model->processes);
	machine_init(&model->machine);
	local_init(&model->local);
	model->frame.tick_ns = TICK_DEFAULT_NS;
	set_lengths(model);
	return model;
}

void model_free(struct model *model)
{
	if (!model)
		return;
	names_done(&model->settings);
	names_done(&model->probes);
	names_done(&model->rings);
	names_done(&model->tables);
	names_done(&model->losses);
	names_done(&model->hooks);
	disks_done(&model->disks);
	filesystems_done(&model->filesystems);
	thin_pools_done(&model->thin_pools);
	nics_done(&model->nics);
	nic_queues_done(&model->nic_queues);
	dns_servers_done(&model->dns);
	peers_done(&model->peers);
	tls_done(&model->tls);
	processes_done(&model->processes);
	machine_done(&model->machine);
	local_done(&model->local);
	free(model);
}

/* ---- events ---- */

/* A length setting in seconds; what is no number in a sensible range leaves the default. */
static __u64 length_ns(const struct model *model, const char *key, double default_s)
{
	const char *text = model_setting(model, key);
	double value = default_s;
	char *end;

	if (text) {
		value = strtod(text, &end);
		if (end == text || *end || !(value >= 0.1 && value <= 86400.0))
			value = default_s;
	}
	return (__u64)(value * (double)SECOND_NS);
}

static void set_lengths(struct model *model)
{
	__u64 two_ticks = 2 * model->frame.tick_ns;
	double bucket_s = (double)(two_ticks > BUCKET_LEAST_NS ? two_ticks : BUCKET_LEAST_NS) / 1e9;

	model->frame.window_ns = length_ns(model, "window_s", WINDOW_DEFAULT_S);
	if (model->frame.window_ns < WINDOW_LEAST_TICKS * model->frame.tick_ns)
		model->frame.window_ns = WINDOW_LEAST_TICKS * model->frame.tick_ns;
	model->frame.disk_window_ns = length_ns(model, "disk.window_s", DISK_WINDOW_DEFAULT_S);
	/* A bucket must not change under the floors that are kept. */
	if (!model->frame.start_ns)
		model->frame.bucket_ns = length_ns(model, "leak.bucket_s", bucket_s);
}

/* Less than this is the time between reading two clocks, or no sleep to speak of. */
#define RESUME_LEAST_NS 1000000000ULL

static void note_resume(struct model *model, const struct event_clock *clock)
{
	__u64 suspended_ns =
		clock->boottime_ns > clock->h.ts_ns ? clock->boottime_ns - clock->h.ts_ns : 0;
	struct resumed *list = model->resumed;
	unsigned int n = model->n_resumed;

	if (n && suspended_ns < list[n - 1].suspended_ns + RESUME_LEAST_NS)
		return;
	if (n == RESUMES_KEPT)
		memmove(list + 1, list + 2, (--n - 1) * sizeof(list[0]));
	list[n] = (struct resumed){.mono_ns = clock->h.ts_ns, .suspended_ns = suspended_ns};
	model->n_resumed = n + 1;
}

static int apply_clock(struct model *model, const struct event *event)
{
	note_resume(model, (const struct event_clock *)event);
	model->clock = *(const struct event_clock *)event;
	return 0;
}

static int apply_host(struct model *model, const struct event *event)
{
	const struct event_host *e = (const struct event_host *)event;
	struct event_host *host = &model->host;

	*host = *e;
	copy_text(host->hostname, sizeof(host->hostname), e->hostname, sizeof(e->hostname));
	copy_text(host->machine_id, sizeof(host->machine_id), e->machine_id, sizeof(e->machine_id));
	copy_text(host->boot_id, sizeof(host->boot_id), e->boot_id, sizeof(e->boot_id));
	copy_text(host->kernel, sizeof(host->kernel), e->kernel, sizeof(e->kernel));
	copy_text(host->run, sizeof(host->run), e->run, sizeof(e->run));
	copy_text(host->version, sizeof(host->version), e->version, sizeof(e->version));
	model->frame.mode = host->mode;
	return 0;
}

static int apply_config(struct model *model, const struct event *event)
{
	struct event_config config = *(const struct event_config *)event;
	int err;

	config.key[sizeof(config.key) - 1] = '\0';
	config.value[sizeof(config.value) - 1] = '\0';
	/* Settings stand in the order in which each was last told: so a capture that was begun later has it too. */
	names_remove(&model->settings, config.key);
	err = config.value[0] ? names_put(&model->settings, &config) : 0;
	set_lengths(model);
	return err;
}

static void note_look(struct frame *frame, __u64 ts_ns)
{
	__u64 bucket = frame_bucket(frame, ts_ns);

	if (bucket > frame->looked) {
		__u64 passed = bucket - frame->looked;

		frame->looks = passed < 64 ? frame->looks << passed : 0;
		frame->looked = bucket;
	}
	frame->looks |= 1;
}

static int apply_tick(struct model *model, const struct event *event)
{
	const struct event_tick *tick = (const struct event_tick *)event;

	if (tick->interval_ms)
		model->frame.tick_ns = tick->interval_ms * 1000000ULL;
	set_lengths(model);
	if (!model->frame.start_ns)
		model->frame.start_ns = event->ts_ns;
	note_look(&model->frame, event->ts_ns);
	model->frame.ticked_ns = event->ts_ns;
	model->ticks++;
	return 0;
}

static int apply_nothing(struct model *model, const struct event *event)
{
	(void)model;
	(void)event;
	return 0;
}

static int apply_probe(struct model *model, const struct event *event)
{
	struct event_probe probe = *(const struct event_probe *)event;

	probe.via[sizeof(probe.via) - 1] = '\0';
	probe.reason[sizeof(probe.reason) - 1] = '\0';
	return names_put(&model->probes, &probe);
}

static int apply_ring(struct model *model, const struct event *event)
{
	return names_put(&model->rings, event);
}

static int apply_table(struct model *model, const struct event *event)
{
	const struct event_table *next = (const struct event_table *)event;
	const struct event_table *last = names_find(&model->tables, next->name);
	int err = 0;

	if (next->dropped > (last ? last->dropped : 0))
		err = names_put(&model->losses, event);
	return err < 0 ? err : names_put(&model->tables, event);
}

static int apply_hook(struct model *model, const struct event *event)
{
	return names_put(&model->hooks, event);
}

static int apply_self(struct model *model, const struct event *event)
{
	model->self = *(const struct event_self *)event;
	if (!model->self_first.h.type)
		model->self_first = model->self;
	return 0;
}

static int apply_block(struct model *model, const struct event *event)
{
	return disks_apply(&model->disks, &model->frame, event);
}

static int apply_fs(struct model *model, const struct event *event)
{
	return filesystems_apply(&model->filesystems, &model->disks, event);
}

static int apply_thin_pool(struct model *model, const struct event *event)
{
	return thin_pools_apply(&model->thin_pools, (const struct event_thin_pool *)event);
}

static int apply_mount(struct model *model, const struct event *event)
{
	int err = apply_block(model, event);

	return err ? err : apply_fs(model, event);
}

static int apply_nic(struct model *model, const struct event *event)
{
	return nics_apply(&model->nics, &model->frame, (const struct event_nic *)event);
}

static int apply_nic_timeout(struct model *model, const struct event *event)
{
	return nics_timeout(&model->nics, (const struct event_nic_timeout *)event);
}

static int apply_nic_queue(struct model *model, const struct event *event)
{
	return nic_queues_apply(&model->nic_queues, (const struct event_nic_queue *)event);
}

static int apply_dns(struct model *model, const struct event *event)
{
	return dns_servers_apply(&model->dns, &model->frame, event);
}

static int apply_tcp(struct model *model, const struct event *event)
{
	return peers_apply(&model->peers, &model->frame, event);
}

static int apply_tls(struct model *model, const struct event *event)
{
	return tls_apply(&model->tls, &model->frame, event);
}

static int apply_process(struct model *model, const struct event *event)
{
	return processes_apply(&model->processes, &model->frame, event);
}

static int apply_machine(struct model *model, const struct event *event)
{
	return machine_apply(&model->machine, &model->frame, event);
}

static int apply_local(struct model *model, const struct event *event)
{
	return local_apply(&model->local, event);
}

/* What each event changes. */
static const struct handler {
	__u32 type;
	__u32 size; /* an event that is shorter is not taken */
	int (*apply)(struct model *model, const struct event *event);
} handlers[] = {
	{EVENT_CLOCK, sizeof(struct event_clock), apply_clock},
	{EVENT_HOST, sizeof(struct event_host), apply_host},
	{EVENT_CONFIG, sizeof(struct event_config), apply_config},
	{EVENT_TICK, sizeof(struct event_tick), apply_tick},
	{EVENT_PULSE, sizeof(struct event_pulse), apply_nothing},
	{EVENT_END, sizeof(struct event_end), apply_nothing},
	{EVENT_PROBE, sizeof(struct event_probe), apply_probe},
	{EVENT_RING, sizeof(struct event_ring), apply_ring},
	{EVENT_TABLE, sizeof(struct event_table), apply_table},
	{EVENT_SELF, sizeof(struct event_self), apply_self},
	{EVENT_HOOK, sizeof(struct event_hook), apply_hook},
	{EVENT_DISK, sizeof(struct event_disk), apply_block},
	{EVENT_DISK_GONE, sizeof(struct event_disk_gone), apply_block},
	{EVENT_MOUNT, sizeof(struct event_mount), apply_mount},
	{EVENT_BLOCK_IO, sizeof(struct event_block_io), apply_block},
	{EVENT_BLOCK_STAT, sizeof(struct event_block_stat), apply_block},
	{EVENT_BLOCK_STATUS, sizeof(struct event_block_status), apply_block},
	{EVENT_BLOCK_QUEUE, sizeof(struct event_block_queue), apply_block},
	{EVENT_BLOCK_SPLIT, sizeof(struct event_block_split), apply_block},
	{EVENT_DISK_NORM, sizeof(struct event_disk_norm), apply_block},
	{EVENT_IO_LIMIT, sizeof(struct event_io_limit), apply_block},
	{EVENT_TASK_BLOCKED, sizeof(struct event_task_blocked), apply_block},
	{EVENT_FS_SPACE, sizeof(struct event_fs_space), apply_fs},
	{EVENT_FS_WB, sizeof(struct event_fs_wb), apply_fs},
	{EVENT_FS_WB_FILE, sizeof(struct event_fs_wb_file), apply_fs},
	{EVENT_FS_HEALTH, sizeof(struct event_fs_health), apply_fs},
	{EVENT_FS_ERROR, sizeof(struct event_fs_error), apply_fs},
	{EVENT_THIN_POOL, sizeof(struct event_thin_pool), apply_thin_pool},
	{EVENT_SMART, sizeof(struct event_smart), apply_block},
	{EVENT_DISK_LINK, sizeof(struct event_disk_link), apply_block},
	{EVENT_RAID, sizeof(struct event_raid), apply_block},
	{EVENT_RAID_MEMBER, sizeof(struct event_raid_member), apply_block},
	{EVENT_NIC, sizeof(struct event_nic), apply_nic},
	{EVENT_NIC_TIMEOUT, sizeof(struct event_nic_timeout), apply_nic_timeout},
	{EVENT_NIC_QUEUE, sizeof(struct event_nic_queue), apply_nic_queue},
	{EVENT_DNS_SERVER, sizeof(struct event_dns_server), apply_dns},
	{EVENT_DNS_TCP, sizeof(struct event_dns_tcp), apply_dns},
	{EVENT_TCP_RETRANS, sizeof(struct event_tcp_retrans), apply_tcp},
	{EVENT_TCP_CONN, sizeof(struct event_tcp_conn), apply_tcp},
	{EVENT_TCP_PEER, sizeof(struct event_tcp_peer), apply_tcp},
	{EVENT_TLS_ARMED, sizeof(struct event_tls_armed), apply_tls},
	{EVENT_TLS_OUTCOME, sizeof(struct event_tls_outcome), apply_tls},
	{EVENT_PROC, sizeof(struct event_proc), apply_process},
	{EVENT_PROC_FDS, sizeof(struct event_proc_fds), apply_process},
	{EVENT_PROC_GONE, sizeof(struct event_proc_gone), apply_process},
	{EVENT_FD_GROUP, sizeof(struct event_fd_group), apply_process},
	{EVENT_FD_SCAN, sizeof(struct event_fd_scan), apply_process},
	{EVENT_FILE_TABLE, sizeof(struct event_file_table), apply_process},
	{EVENT_FD_SITE, sizeof(struct event_fd_site), apply_process},
	{EVENT_FD_ARMED, sizeof(struct event_fd_armed), apply_process},
	{EVENT_FD_STACK, sizeof(struct event_fd_stack), apply_process},
	{EVENT_FD_REFUSED, sizeof(struct event_fd_refused), apply_process},
	{EVENT_HOST_LOAD, sizeof(struct event_host_load), apply_machine},
	{EVENT_HOST_CPU, sizeof(struct event_host_cpu), apply_machine},
	{EVENT_OOM_KILL, sizeof(struct event_oom_kill), apply_machine},
	{EVENT_PROC_EXITS, sizeof(struct event_proc_exits), apply_machine},
	{EVENT_TASK_WAITING, sizeof(struct event_task_waiting), apply_machine},
	{EVENT_TASK_HANG, sizeof(struct event_task_hang), apply_machine},
	{EVENT_HARDWARE_REPORT, sizeof(struct event_hardware_report), apply_machine},
	{EVENT_NET_STACK, sizeof(struct event_net_stack), apply_local},
	{EVENT_SOCKET_QUEUE, sizeof(struct event_socket_queue), apply_local},
	{EVENT_SOCKET_UNREAD, sizeof(struct event_socket_unread), apply_local},
	{EVENT_CONNTRACK, sizeof(struct event_conntrack), apply_local},
	{EVENT_CLOCK_STATE, sizeof(struct event_clock_state), apply_local},
	{EVENT_CLOCK_STEP, sizeof(struct event_clock_step), apply_local},
};

static const struct handler *handler_of(const struct event *event)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].type == event->type)
			return event->size >= handlers[i].size ? &handlers[i] : NULL;
	return NULL;
}

/* The model's own tables are told of like the kernel's, after each tick. */
static void account(struct model *model)
{
	const struct {
		const struct table *table;
		__u64 dropped;
	} row[OWN_TABLES] = {
		[OWN_DISKS] = {&model->disks.table, model->disks.table.evicted +
							    model->disks.dropped +
							    model->disks.stack.dropped},
		[OWN_PEERS] = {&model->peers.table, model->peers.dropped},
		[OWN_PROCESSES] = {&model->processes.table, model->processes.dropped},
	};

	for (unsigned int i = 0; i < OWN_TABLES; i++) {
		model->own[i].h.ts_ns = model->frame.now_ns;
		model->own[i].limit = row[i].table->limit;
		model->own[i].used = row[i].table->used;
		if (row[i].dropped > model->own[i].dropped)
			model->own_lost_ns[i] = model->frame.now_ns;
		model->own[i].dropped = row[i].dropped;
	}
}

void model_note_findings(struct model *model, unsigned int limit, unsigned int used, __u64 dropped)
{
	model->findings = (struct event_table){
		.h = {.ts_ns = model->frame.now_ns,
		      .type = EVENT_TABLE,
		      .size = sizeof(model->findings)},
		.name = "findings",
		.limit = limit,
		.used = used,
		.dropped = dropped,
	};
}

int model_apply(struct model *model, const struct event *event)
{
	const struct handler *handler = handler_of(event);
	int err;

	if (!handler) {
		model->unknown++;
		return 0;
	}
	if (event->ts_ns > model->frame.now_ns)
		model->frame.now_ns = event->ts_ns;
	else if (model->frame.now_ns - event->ts_ns > model->frame.tick_ns)
		model->late++;
	err = handler->apply(model, event);
	if (event->type == EVENT_TICK || event->type == EVENT_END)
		account(model);
	return err;
}
