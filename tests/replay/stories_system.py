# SPDX-License-Identifier: BSD-2-Clause
"""Stories of the host as a whole: memory, processors, services that die, tasks that hang, hardware reports."""
from backdrop import begin, second

MB = 10**6
GB = 10**9
SYSTEM_PROBES = ["system.oom", "system.exit", "system.hang", "system.waiting", "system.memory",
                 "system.machine_check", "system.pcie", "host.load", "host.pressure"]


class Load:
    """What a look at the whole host says, second by second."""

    def __init__(self, host, psi=True):
        self.host = host
        self.psi = psi
        self.total = {"cpu_some_us": 0, "mem_some_us": 0, "mem_full_us": 0}
        self.cpu = {"user_ms": 10**6, "system_ms": 10**5, "idle_ms": 10**8}
        self.kills = 0

    def look(self, running=1, free=10 * GB, cpu=0.02, some=0.0, full=0.0, swap=0, load1=40, kills=0, **cpus):
        self.kills += kills
        for key, share in (("cpu_some_us", cpu), ("mem_some_us", some), ("mem_full_us", full)):
            self.total[key] += round(share * 10**6)
        shown = dict(self.total, flags=1) if self.psi else {}
        self.host.put("host_load", mem_total=16 * GB, mem_available=free, swap_total=4 * GB if swap else 0,
                      swap_free=swap, cpus=4, running=running, tasks=300, load1_centi=load1,
                      oom_kills=self.kills, **shown)
        for key, ms in {"user_ms": 400, "idle_ms": 3600, **cpus}.items():
            self.cpu[key] = self.cpu.get(key, 0) + ms
        self.host.put("host_cpu", **self.cpu)


def begin_host(host, psi=True):
    for probe in SYSTEM_PROBES:
        if probe == "host.pressure" and not psi:
            host.put("probe", name=probe, state="unavailable", reason="no /proc/pressure: boot with psi=1")
        else:
            host.put("probe", name=probe, via="test", state="active")
    host.load = Load(host, psi)
    host.load.look()
    begin(host)


def seconds(host, n, **how):
    for _ in range(n):
        second(host)
        host.load.look(**how)
        host.tick()


# ---- memory

def kill(host, pid, comm="orders", unit="orders.service", **fields):
    host.put("oom_kill", pid=pid, start_ns=900 * 10**9, uid=1000, comm=comm, unit=unit, cgroup_id=4711,
             rss_bytes=480 * MB, by_pid=pid, by_comm=comm, **fields)
    host.pulse()


def story_oom_cgroup(host):
    host.say(what="a service grows to its memory.max and is killed, again after a restart; the host has memory",
             expect="memory-exhausted orders", fault="oom_kill", least="memory-exhausted 0.95")
    begin_host(host)
    seconds(host, 4)
    kill(host, 2210, limit="orders.service", limit_bytes=512 * MB, used_bytes=512 * MB)
    seconds(host, 4, kills=0)
    kill(host, 2290, limit="orders.service", limit_bytes=512 * MB, used_bytes=512 * MB)
    seconds(host, 4)
    host.end()


def story_oom_host(host):
    host.say(what="the host runs out of memory and swap, and the kernel kills the largest",
             expect=["memory-exhausted java", "memory-pressure replay"], fault=["oom_kill", "host_load"],
             least="memory-exhausted 0.95")
    begin_host(host)
    seconds(host, 3)
    seconds(host, 12, free=200 * MB, some=0.7, full=0.4, swap=1 * MB)
    kill(host, 3001, comm="java", unit="app.service", score_adj=0)
    seconds(host, 3, kills=1)
    host.end()


def story_oom_unnamed(host):
    host.say(what="a kernel that tells only the number of who was killed; much of the memory was free",
             expect="memory-exhausted unknown", fault="oom_kill", most="memory-exhausted 0.79")
    begin_host(host)
    seconds(host, 3)
    host.put("oom_kill", pid=4001, by_pid=4001, by_comm="x")
    host.pulse()
    seconds(host, 3)
    host.end()


def story_oom_node(host):
    host.say(what="a program bound to one NUMA node has used that up, and half of the host's memory is free",
             expect="memory-exhausted postgres", fault="oom_kill", most="memory-exhausted 0.79",
             leads="MEMORY: postgres was killed, yet 51.2 % was free")
    begin_host(host)
    seconds(host, 4, free=8 * 1024 * MB)
    kill(host, 2210, comm="postgres", unit="postgresql.service")
    seconds(host, 4, free=8 * 1024 * MB)
    host.end()


def story_memory_pressure(host):
    host.say(what="a host whose working set does not fit: it reclaims all the time",
             expect="memory-pressure replay", fault="host_load",
             across="memory-pressure.some_share=0.9", least="memory-pressure 0.9")
    begin_host(host)
    seconds(host, 3)
    seconds(host, 13, free=300 * MB, some=0.6, full=0.3, swap=800 * MB)
    host.end()


def story_memory_pressure_cgroup(host):
    host.say(what="one cgroup is at its memory.high; the host has half of its memory free: info only",
             expect="memory-pressure replay", fault="host_load", most="memory-pressure 0.85")
    begin_host(host)
    seconds(host, 14, free=8 * GB, some=0.3, full=0.02)
    host.end()


def story_memory_burst(host):
    host.say(what="a program starts and reclaims for four seconds: no finding", expect="none",
             across="memory-pressure.span_s=3 memory-pressure")
    begin_host(host)
    seconds(host, 4)
    seconds(host, 4, free=900 * MB, some=0.3, full=0.1)
    seconds(host, 10, free=2 * GB)
    host.end()


def story_page_cache(host):
    host.say(what="all memory is page cache: what is available counts, and there is no pressure", expect="none")
    begin_host(host)
    seconds(host, 14, free=9 * GB, some=0.01)
    host.end()


# ---- processors

def story_cpu_saturated(host):
    host.say(what="a compile with sixteen jobs on four processors",
             expect="cpu-saturated replay", fault="host_load", across="cpu-saturated.queue_per_cpu=5",
             least="cpu-saturated 0.85")
    begin_host(host)
    seconds(host, 3)
    seconds(host, 14, running=16, cpu=0.98, load1=1400, user_ms=3600, system_ms=380, idle_ms=0)
    host.end()


def story_cpu_no_psi(host):
    host.say(what="the same on a kernel without pressure information: inferred from the queue",
             expect="cpu-saturated replay", fault="host_load", most="cpu-saturated 0.7")
    begin_host(host, psi=False)
    seconds(host, 3)
    seconds(host, 14, running=16, load1=1400, user_ms=3600, system_ms=380, idle_ms=0)
    host.end()


def story_cpu_batch(host):
    host.say(what="a batch job of low priority, four tasks a processor: told as info, others pass it",
             expect="cpu-saturated replay", fault="host_load", most="cpu-saturated 0.6")
    begin_host(host)
    seconds(host, 16, running=17, cpu=0.97, load1=1600, user_ms=100, nice_ms=3700, idle_ms=0)
    host.end()


def story_cpu_steal(host):
    host.say(what="the hypervisor takes a third of the time, and tasks queue: less sure that the load is to blame",
             expect="cpu-saturated replay", fault="host_load", most="cpu-saturated 0.75")
    begin_host(host)
    seconds(host, 16, running=14, cpu=0.97, load1=1300, user_ms=2600, steal_ms=1300, idle_ms=0)
    host.end()


def story_cpu_all_busy(host):
    host.say(what="as many busy tasks as processors, and some more now and then: no finding", expect="none")
    begin_host(host)
    for i in range(8):
        seconds(host, 2, running=5 + i % 3, cpu=0.5, load1=500, user_ms=3900, idle_ms=0)
    host.end()


def story_cpu_burst(host):
    host.say(what="sixty tasks for five seconds: a burst", expect="none",
             across="cpu-saturated.span_s=3 cpu-saturated")
    begin_host(host)
    seconds(host, 4)
    seconds(host, 5, running=60, cpu=1.0, load1=900, user_ms=3900, idle_ms=0)
    seconds(host, 9)
    host.end()


# ---- services that die

class Service:
    """Its bad ends, counted as the kernel side does."""

    def __init__(self, host, comm, unit, code, apart=1, parent="systemd"):
        self.host, self.code, self.apart = host, code, apart
        self.fixed = {"comm": comm, "unit": unit, "parent": parent}
        self.count = {}
        self.pid = 5000

    def dies(self, times=1, lived_ms=400, well=0):
        crashed = times if self.code & 0x7f not in (0, 9) else 0
        for key, more in (("failed", times), ("crashed", crashed), ("apart", times * self.apart),
                          ("oom", times if self.code & 0x7f == 9 else 0), ("well", well),
                          ("lived_ms", times * lived_ms)):
            self.count[key] = self.count.get(key, 0) + more
        self.pid += times
        self.host.put("proc_exits", **self.fixed, **self.count, exit_code=self.code, pid=self.pid,
                      last_ns=self.host.now - 10**8, start_ns=self.host.now - 5 * 10**8)


def dying(host, service, n, **how):
    for _ in range(n):
        second(host)
        service.dies(**how)
        host.load.look()
        host.tick()


def story_crash_loop_code(host):
    host.say(what="a service that ends with exit code 3 a moment after each start",
             expect="process-crash-loop orders", fault="proc_exits", across="process-crash-loop.count=40",
             least="process-crash-loop 0.9")
    begin_host(host)
    seconds(host, 2)
    dying(host, Service(host, "orders", "orders.service", 3 << 8), 8, times=2)
    seconds(host, 3)
    host.end()


def story_crash_loop_signal(host):
    host.say(what="a worker that its master replaces whenever it crashes",
             expect="process-crash-loop worker", fault="proc_exits",
             across="process-crash-loop.other_count=40", least="process-crash-loop 0.8")
    begin_host(host)
    dying(host, Service(host, "worker", "web.service", 139, apart=0, parent="master"), 9)
    host.end()


def story_crash_loop_oom(host):
    host.say(what="a service that outgrows its cgroup after each start: the crash loop is caused by that",
             expect=["process-crash-loop orders", "memory-exhausted orders"], fault=["proc_exits", "oom_kill"],
             caused="process-crash-loop by memory-exhausted", leads="MEMORY: orders was killed")
    begin_host(host)
    service = Service(host, "orders", "orders.service", 9)
    for i in range(8):
        kill(host, 5001 + i, limit="orders.service", limit_bytes=512 * MB, used_bytes=512 * MB)
        dying(host, service, 1)
    host.end()


def story_crash_poll(host):
    host.say(what="a script that polls with a command which fails until the time has come: no service",
             expect="none")
    begin_host(host)
    dying(host, Service(host, "pg_isready", "deploy.service", 2 << 8, apart=0, parent="bash"), 16, lived_ms=6)
    host.end()


def story_crash_build(host):
    host.say(what="a build in which false and grep fail by the hundred, as they are meant to", expect="none")
    begin_host(host)
    false = Service(host, "false", "session-4.scope", 1 << 8, apart=0, parent="sh")
    grep = Service(host, "grep", "session-4.scope", 1 << 8, apart=0, parent="sh")
    for _ in range(6):
        false.dies(80, 2)
        grep.dies(60, 3, well=50)
        seconds(host, 2)
    host.end()


def story_crash_fuzzer(host):
    host.say(what="a fuzzer whose target crashes fifty times a second", expect="none",
             across="process-crash-loop.rate=100 process-crash-loop")
    begin_host(host)
    dying(host, Service(host, "target", "session-4.scope", 134, apart=0, parent="afl-fuzz"), 10, times=50)
    host.end()


def story_crash_thrice(host):
    host.say(what="a service that fails three times at a deployment and then runs", expect="none",
             across="process-crash-loop.count=3 process-crash-loop")
    begin_host(host)
    dying(host, Service(host, "orders", "orders.service", 1 << 8), 3)
    seconds(host, 10)
    host.end()


POD = "pod0f7e2a4c_91d3_4b52_8c6e_2b7d1a90c3f1.slice"


def restarts(host, waits):
    """A container of a pod ends with exit code 1 a second after each start; the kubelet waits longer and longer."""
    begin_host(host)
    service = Service(host, "orders", POD, 1 << 8, parent="containerd-shim")
    for wait in waits:
        dying(host, service, 1, lived_ms=1000)
        seconds(host, wait)
    host.end()


def story_crash_loop_pod(host):
    host.say(what="a pod's container that ends soon after each start: the kubelet backs off, to 80 s by now",
             expect="process-crash-loop orders", fault="proc_exits", across="process-crash-loop.count=40",
             least="process-crash-loop 0.85")
    restarts(host, (10, 20, 40, 80, 9))


def story_crash_pod_thrice(host):
    host.say(what="a pod that waits for its database by failing three times, and then runs", expect="none",
             across="process-crash-loop.count=3 process-crash-loop")
    restarts(host, (10, 20, 40))


def story_crash_service_slow(host):
    host.say(what="a service, no pod, that failed four times within two minutes: each for another reason, as restarts at once are not",
             expect="none")
    begin_host(host)
    service = Service(host, "orders", "orders.service", 1 << 8)
    for wait in (30, 30, 30, 9):
        dying(host, service, 1, lived_ms=20000)
        seconds(host, wait)
    host.end()


# ---- tasks that hang

def waiting(host, n, age, tasks, wchan="percpu_rwsem_wait"):
    """Every four seconds a look finds these waiting; `age` at the first."""
    since = host.now - age * 10**9
    for i in range(n):
        second(host)
        if i % 4 == 0:
            for j, comm in enumerate(tasks):
                host.put("task_waiting", pid=6000 + j, tid=6000 + j, start_ns=900 * 10**9, since_ns=since,
                         total=len(tasks), comm=comm, wchan=wchan)
        host.load.look()
        host.tick()


def story_task_hung(host):
    host.say(what="a backup waits for a frozen file system, and two more with it",
             expect="task-hung tar[6000]", fault="task_waiting", across="task-hung.hung_s=120",
             least="task-hung 0.8")
    begin_host(host)
    waiting(host, 40, 8, ["tar", "postgres", "logger"])
    host.end()


def story_task_hung_watchdog(host):
    host.say(what="the kernel's watchdog reports a task", expect="task-hung tar[6000]",
             fault=["task_hang", "task_waiting"], least="task-hung 0.95")
    begin_host(host)
    waiting(host, 4, 20, ["tar"])
    host.put("task_hang", pid=6000, tid=6000, start_ns=900 * 10**9, comm="tar")
    host.pulse()
    waiting(host, 5, 24, ["tar"])
    host.end()


def story_task_slow(host):
    host.say(what="a task waits for twenty seconds for a slow tape, and goes on: no finding", expect="none",
             across="task-hung.hung_s=10 task-hung")
    begin_host(host)
    waiting(host, 12, 8, ["tar"], "io_schedule")
    seconds(host, 12)
    host.end()


# ---- what the hardware reports

def report(host, n, **fields):
    for _ in range(n):
        host.put("hardware_report", **{"count": 1, **fields})
        host.pulse()
        seconds(host, 1)


DIMM = {"source": "memory", "where": "CPU_SrcID#0_MC#0_Chan#1_DIMM#0", "what": "memory read error",
        "address": 0x12345000}


def story_memory_error(host):
    host.say(what="a module whose errors are no longer corrected", fault="hardware_report",
             expect="memory-error CPU_SrcID#0_MC#0_Chan#1_DIMM#0", least="memory-error 0.95")
    begin_host(host)
    report(host, 3, severity="corrected", **DIMM)
    report(host, 1, severity="uncorrected", **DIMM)
    seconds(host, 3)
    host.end()


def story_memory_uncorrected_then_silence(host):
    host.say(what="one error that was not corrected, and then nothing for longer than a window: no better for that",
             fault="hardware_report", expect="memory-error CPU_SrcID#0_MC#0_Chan#1_DIMM#0", leads="MEMORY: 1 uncorrected error")
    begin_host(host)
    report(host, 1, severity="uncorrected", **DIMM)
    seconds(host, 800)
    host.end()


def story_memory_corrected(host):
    host.say(what="two corrected errors of a module: told, as info; the class stays clear",
             fault="hardware_report", expect="memory-error CPU_SrcID#0_MC#0_Chan#1_DIMM#0")
    begin_host(host)
    report(host, 2, severity="corrected", **DIMM)
    seconds(host, 3)
    host.end()


def story_memory_corrected_often(host):
    host.say(what="corrected errors by the dozen; the processor's bank tells of the same ones and is no second finding",
             fault="hardware_report", expect="memory-error CPU_SrcID#0_MC#0_Chan#1_DIMM#0")
    begin_host(host)
    for _ in range(4):
        report(host, 1, severity="corrected", **{**DIMM, "count": 4})
        report(host, 1, source="machine_check", severity="corrected", bank=7, cpu=1, status=0x8c00004000010091)
    host.end()


def story_machine_check(host):
    host.say(what="a processor's cache: an error that was not corrected", fault="hardware_report",
             expect="machine-check CPU 2 bank 1")
    begin_host(host)
    report(host, 1, source="machine_check", severity="uncorrected", bank=1, cpu=2, status=0xbd80000000100134,
           address=0x7f001000)
    seconds(host, 3)
    host.end()


def story_pcie_corrected(host):
    host.say(what="a link that corrects now and then, as many do: told as info", fault="hardware_report",
             expect="machine-check 0000:00:1c.0")
    begin_host(host)
    report(host, 6, source="pcie", severity="corrected", where="0000:00:1c.0", status=1)
    host.end()


def story_memory_amd(host):
    host.say(what="a memory controller's bank of an AMD processor (bank 17) corrects errors: its number says it, not its error code",
             expect="memory-error CPU 0 bank 17", fault="hardware_report", leads="MEMORY: 12 corrected errors at CPU 0 bank 17")
    begin_host(host)
    report(host, 12, source="machine_check", severity="corrected", bank=17, flags=1, status=0xdc2040000000011b, address=0x3f2a10000)
    seconds(host, 3)
    host.end()


def story_memory_amd_edac(host):
    host.say(what="the same, and EDAC names the module: one finding, the module's",
             expect="memory-error CPU_SrcID#0_MC#0_Chan#1_DIMM#0", fault="hardware_report")
    begin_host(host)
    for _ in range(12):
        report(host, 1, severity="corrected", **DIMM)
        host.put("hardware_report", source="machine_check", severity="corrected", count=1, bank=17, flags=1,
                 status=0xdc2040000000011b, address=0x3f2a10000)
    seconds(host, 3)
    host.end()


def story_memory_after_edac(host):
    host.say(what="hours after EDAC told of one corrected error, a memory bank reports one that was not, and EDAC is silent",
             expect=["memory-error CPU 9 bank 8", "memory-error CPU_SrcID#0_MC#0_Chan#1_DIMM#0"], fault="hardware_report",
             leads="MEMORY: 1 uncorrected error at CPU 9 bank 8")
    begin_host(host)
    host.is_daemon(5)
    report(host, 1, severity="corrected", **DIMM)
    for _ in range(240):
        host.wait(44)
        seconds(host, 1)
    report(host, 1, source="machine_check", severity="uncorrected", cpu=9, bank=8, status=0xbd80000000100090, address=0x7f001000)
    seconds(host, 3)
    host.end()


def story_pcie_nonfatal_once(host):
    host.say(what="a device does not support one request that it is sent: non-fatal, and its driver goes on; a remark",
             expect="machine-check 0000:03:00.0", fault="hardware_report")
    begin_host(host)
    report(host, 1, source="pcie", severity="uncorrected", where="0000:03:00.0", status=0x100000)
    seconds(host, 3)
    host.end()


def story_pcie_nonfatal(host):
    host.say(what="a device's requests are lost again and again (completion timeouts): a warning, not critical",
             expect="machine-check 0000:03:00.0", fault="hardware_report", leads="HARDWARE: 5 uncorrected errors at 0000:03:00.0")
    begin_host(host)
    report(host, 5, source="pcie", severity="uncorrected", where="0000:03:00.0", status=0x4000)
    seconds(host, 3)
    host.end()


def story_pcie_corrected_and_lost(host):
    host.say(what="a link corrects hundreds of errors, and one request was lost: the one is no reason to overlook the many",
             expect="machine-check 0000:03:00.0", fault="hardware_report", leads="HARDWARE: 1 uncorrected error, 150 corrected errors at 0000")
    begin_host(host)
    report(host, 1, source="pcie", severity="uncorrected", where="0000:03:00.0", status=0x4000)
    report(host, 5, source="pcie", severity="corrected", where="0000:03:00.0", status=0x1, count=30)
    seconds(host, 3)
    host.end()
