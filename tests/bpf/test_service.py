#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: the daemon as a service: what it tells its manager and Prometheus, and with which rights.

usage: tests/bpf/test_service.py build/culprit

The manager is a socket of this test's. All files are in a directory of its own; what is started here is ended here.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import harness
from harness import check, run_each, until


def daemon_of(home, *extra, **options):
    """One that writes its lines to a file; `extra`: of [daemon]."""
    return harness.Daemon(home, extra, [f"file = {home}/lines"], **options)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def scrape(port, path="/metrics"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def promtool(text, name):
    program = shutil.which("promtool")
    if not check("promtool is installed (make deps-test)", program):
        return
    run = subprocess.run([program, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    check(f"promtool finds nothing wrong with {name}", run.returncode == 0 and not run.stdout and not run.stderr, run)


def metrics(home):
    port, path = free_port(), pathlib.Path(home) / "culprit.prom"
    with daemon_of(home, f"metrics = {port}", f"metrics_file = {path}") as daemon:
        if not check("the daemon answers", daemon.answers(), daemon.process.poll()):
            return
        text = scrape(port)
        promtool(text, "what is served")
        samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        check("no series twice", len(samples) == len([l for l in text.splitlines() if not l.startswith("#")]))
        check("each class is in one state", all(
            sum(float(v) for k, v in samples.items() if k.startswith(f'culprit_class_state{{class="{c}"')) == 1
            for c in ("hardware", "network", "connection-leak", "system")), samples)
        check("probes, rings and its own cost are there",
              {'culprit_probe_state{probe="block.complete",state="active"}', 'culprit_events_lost_total{ring="block"}',
               "culprit_cpu_seconds_total", "culprit_resident_memory_bytes", "culprit_kernel_map_bytes"}
              <= set(samples), sorted(samples))
        check("its lines are counted", float(samples['culprit_lines_written_total{sink="file"}']) >= 2 and
              float(samples['culprit_lines_lost_total{sink="file"}']) == 0, samples)
        before = float(samples["culprit_cpu_seconds_total"]), float(samples["culprit_evaluated_timestamp_seconds"])
        check("it is up to date", abs(before[1] - time.time()) < 5, before)
        end, n = time.monotonic() + 2, 0
        while time.monotonic() < end:
            scrape(port)
            n += 1
        check("many scrapes do it no harm", daemon.ask().returncode == 0 and n > 20, n)
        check("the file is written", until(path.exists, 25))
        promtool(path.read_text(), "the file")
        check("nothing is left beside it", not list(path.parent.glob("culprit.prom.*")))
        try:
            scrape(port, "/secrets")
            check("another path is not found", False)
        except urllib.error.HTTPError as error:
            check("another path is not found", error.code == 404, error)


class Manager:
    """Reads what a service tells; remembers when."""

    def __init__(self, home):
        self.path = f"{home}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.said = []

    def listen(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                self.said.append(self.socket.recv(4096).decode())
            except socket.timeout:
                break
        return self.said

    def count(self, word):
        return sum(text == word for text in self.said)


def notifies(home):
    manager = Manager(home)
    env = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "10000000"}
    with daemon_of(home, env=env) as daemon:
        until(lambda: manager.listen(0.5).count("READY=1"))
        check("READY comes first, and after it attached", manager.said and manager.said[0] == "READY=1" and
              daemon.ask().returncode == 0, manager.said)
        manager.said.clear()
        manager.listen(4)
        fed = manager.count("WATCHDOG=1")
        check("the watchdog is fed at each look", 5 <= fed <= 10, manager.said)
        daemon.process.send_signal(signal.SIGSTOP)
        manager.listen(0.3)
        manager.said.clear()
        manager.listen(2)
        check("a daemon that stands still does not feed it", manager.said == [], manager.said)
        daemon.process.send_signal(signal.SIGCONT)
        manager.listen(2)
        check("... and goes on", manager.count("WATCHDOG=1") >= 2, manager.said)
        manager.said.clear()
        daemon.process.send_signal(signal.SIGTERM)
        daemon.process.wait(timeout=20)
        manager.listen(0.5)
        check("STOPPING is said", manager.said and "STOPPING=1" in manager.said, manager.said)
    with daemon_of(home, env=dict(env, WATCHDOG_PID="1")) as daemon:
        daemon.answers()
        manager.said.clear()
        manager.listen(2)
        check("a watchdog of another process is not fed", manager.count("WATCHDOG=1") == 0, manager.said)
    with daemon_of(home, env={"NOTIFY_SOCKET": f"{home}/nobody"}) as daemon:
        check("a manager that is not there does no harm", daemon.answers())


CAP = {"DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "SYS_RAWIO": 17, "SYS_PTRACE": 19, "SYS_ADMIN": 21, "PERFMON": 38,
       "BPF": 39}


NUMBERS = {"chown": 0, "setpcap": 8, "sys_resource": 24} | {name.lower(): number for name, number in CAP.items()}


def mask(*names):
    return sum(1 << CAP[name] for name in names)


def rights(pid):
    fields = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return {key: int(fields[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} | \
        {"NoNewPrivs": int(fields["NoNewPrivs"]), "Seccomp": int(fields["Seccomp"]), "Name": fields["Name"].strip()}


def children_of(pid):
    """The rights of each, by pid; one that ends meanwhile is none."""
    found = {}
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            found[int(child)] = rights(child)
        except (FileNotFoundError, ProcessLookupError, KeyError):
            continue
    return found


def probes_of(home):
    """The last that was said of each probe."""
    lines = [json.loads(line) for line in (pathlib.Path(home) / "lines").read_text().splitlines()]
    return {p["name"]: (p["state"], p.get("reason")) for line in lines if line["type"] == "status"
            for p in line["probes"]}


def confined(home):
    all_of_it = mask("BPF", "PERFMON", "SYS_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH", "SYS_RAWIO")
    with daemon_of(home) as daemon:
        if not check("the daemon answers", daemon.answers(), daemon.process.poll()):
            return
        is_now = rights(daemon.process.pid)
        check("it has the rights that its probes need, and no more",
              is_now["CapPrm"] == is_now["CapEff"] == is_now["CapBnd"] == all_of_it and
              is_now["CapInh"] == is_now["CapAmb"] == 0, is_now)
        check("no new privileges, and a filter of system calls", (is_now["NoNewPrivs"], is_now["Seccomp"]) == (1, 2))
        of_children = list(children_of(daemon.process.pid).values())
        writers = [r for r in of_children if r["Name"] == "culprit-writer"]
        check("the writer may write, and nothing else",
              len(writers) == 1 and writers[0]["CapEff"] == writers[0]["CapBnd"] == mask("DAC_OVERRIDE") and
              (writers[0]["NoNewPrivs"], writers[0]["Seccomp"]) == (1, 2), of_children)
        check("each of its children is confined", all(
            r["Seccomp"] == 2 and not r["CapEff"] & ~(all_of_it | mask("DAC_OVERRIDE")) for r in of_children), of_children)
        said = (pathlib.Path(home) / "lines").read_text()

        def writer():
            return [pid for pid, r in children_of(daemon.process.pid).items() if r["Name"] == "culprit-writer"]

        os.kill(first := writer()[0], signal.SIGKILL)
        again = until(lambda: [p for p in writer() if p != first])
        time.sleep(0.2)
        check("a writer that was killed is started anew, and confined", again and rights(again[0])["Seccomp"] == 2)
        os.kill(again[0], signal.SIGKILL)
    check("one that is killed at the end too: the last lines are written",
          len((pathlib.Path(home) / "lines").read_text()) > len(said), daemon.process.stderr.read())
    before = probes_of(home)
    with daemon_of(home, "confine = no") as daemon:
        daemon.answers()
        check("confine = no: as it was started", rights(daemon.process.pid)["Seccomp"] == 0)
    # Whoever adds a probe that needs one more right or call is told here.
    check("all works confined that works unconfined", before and before == probes_of(home), (before, probes_of(home)))


def two_capabilities_are_enough(home):
    os.chmod(home, 0o777)
    with daemon_of(home, before=["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps",
                              "-all,+bpf,+perfmon", "--ambient-caps", "-all,+bpf,+perfmon", "--bounding-set",
                              "-all,+bpf,+perfmon"]) as daemon:
        if not check("CAP_BPF and CAP_PERFMON: it answers", daemon.answers(), daemon.process.stderr.read()
                     if daemon.process.poll() is not None else ""):
            return
        is_now = rights(daemon.process.pid)
        check("... with these two", is_now["CapEff"] == mask("BPF", "PERFMON") and is_now["Seccomp"] == 2, is_now)
    lines = [json.loads(line) for line in (pathlib.Path(home) / "lines").read_text().splitlines()]
    active = {p["name"] for line in lines if line["type"] == "status" for p in line["probes"] if p["state"] == "active"}
    check("... and useful: disks, connections, descriptors", {"block.complete", "tcp.state", "tcp.retransmit",
                                                              "files.census"} <= active, active)
    check("... no class is blind", all(c["state"] != "blind" for c in lines[-1]["classes"].values()), lines[-1])


def by_its_unit(home):
    """An ordinary user with the capabilities of the shipped unit: all probes work as they do for root."""
    unit = (pathlib.Path(__file__).parents[2] / "dist" / "culprit.service").read_text()
    words = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and line[0] not in "#[")
    check("the unit's user is not root, and its bounding set is what it is given",
          words["User"] == "culprit" and words["AmbientCapabilities"] == words["CapabilityBoundingSet"], words)
    with daemon_of(home) as daemon:
        pass
    before = probes_of(home)
    home = tempfile.mkdtemp(dir=home)
    os.chmod(pathlib.Path(home).parent, 0o755)
    os.chmod(home, 0o777)
    # What this host's root has not itself it cannot give.
    mine = rights(os.getpid())["CapPrm"]
    caps = [c.removeprefix("CAP_").lower() for c in words["AmbientCapabilities"].split()]
    given = "-all," + ",".join("+" + c for c in caps if mine >> NUMBERS[c] & 1)
    with daemon_of(home, before=["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", given,
                                 "--ambient-caps", given, "--bounding-set", given]) as daemon:
        is_now = rights(daemon.process.pid)
        check("as its unit has it: no more than it keeps as root", is_now["CapEff"] == is_now["CapBnd"] == is_now["CapAmb"] ==
              mask("BPF", "PERFMON", "SYS_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH", "SYS_RAWIO"), is_now)
        check("... its writer has none at all", [r["CapEff"] for r in children_of(daemon.process.pid).values()
                                               if r["Name"] == "culprit-writer"] == [0])
    check("... and all probes work as they do for root", before and before == probes_of(home), (before, probes_of(home)))


def keeps_to_its_budget(home):
    """A budget that nobody could keep: one step down after the other, which is said; none: all is done again."""
    path = pathlib.Path(home) / "lines"

    def degraded():
        return {name: reason for name, (state, reason) in probes_of(home).items() if state == "degraded"}

    with daemon_of(home, "budget_cpu = 0.0001", "budget_mb = 100000") as daemon:
        before = degraded() if path.exists() else {}
        first = until(lambda: {k: v for k, v in degraded().items() if k not in before})
        check("over its budget: nothing is armed, which the status line says", first and "tcp.sample" not in first and
              "not armed" in first.get("block.issue", "") and "budget 0.0001 %" in first["block.issue"], first)
        check("... then single connections are only counted", until(lambda: all(
            "only counted" in degraded().get(name, "") for name in ("tcp.state", "tcp.retransmit", "tcp.synack"))), degraded())
        check("... then sockets are sampled more seldom", until(lambda: "fourth look" in degraded().get("tcp.sample", "")),
              degraded())
        daemon.configure([], [f"file = {path}"])
        daemon.process.send_signal(signal.SIGHUP)
        check("without a budget all is done again", until(lambda: degraded() == before), (before, degraded()))


def main():
    return run_each("service", keeps_to_its_budget, metrics, notifies, confined, two_capabilities_are_enough, by_its_unit)


if __name__ == "__main__":
    sys.exit(main())
