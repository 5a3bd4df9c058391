#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""In a guest whose process 1 is systemd: the daemon by its unit, from its installation to its end.

usage: guest/service.py /usr/bin/culprit KIT OUT PERCENT

KIT/root is what make install wrote; it is put into this guest's own root, which is a layer in memory. PERCENT of the time that
things take on an idle machine they take here.
"""
import calendar
import json
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import time

KIT, OUT = map(pathlib.Path, sys.argv[2:4])
sys.dont_write_bytecode = True
sys.path.insert(0, str(KIT))
from harness import CULPRIT, Loop, check, summary, until  # noqa: E402

CONF = pathlib.Path("/etc/culprit/culprit.conf")
WATCHDOG_S = 20 * int(sys.argv[4]) // 100
# A limit is for what hangs, not for what is slow.
SLOW_S = 60


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def show(name):
    return run("systemctl", "show", "culprit", "--value", "-p", name).stdout.strip()


def journal(*fields):
    """The lines of the journal that the daemon sent itself: (entry, line)."""
    entries = run("journalctl", "-o", "json", "--all", "-t", "culprit", "CULPRIT_SCHEMA=culprit/1", *fields).stdout
    return [(entry, json.loads(entry["CULPRIT_JSON"])) for entry in map(json.loads, entries.splitlines())]


def about(name, *states):
    """What the journal has on that disk."""
    return [(entry, line) for entry, line in journal("CULPRIT_TYPE=finding")
            if line["subject"].get("name") == name and (not states or line["state"] in states)]


def programs():
    """The BPF programs and maps in the kernel that are not systemd's own."""
    return {(kind, item["id"], item.get("name", "")) for kind in ("prog", "map")
            for item in json.loads(run("/usr/sbin/bpftool", "-j", kind, "show").stdout or "[]")
            if not item.get("name", "").startswith("sd_")}


def installs():
    """As docs/operations.md says, with the lines in the journal and a watchdog that a test can wait for."""
    run("cp", "-a", "--no-preserve=ownership", f"{KIT}/root/.", "/")
    check("the settings that are installed are good",
          run(CULPRIT, "daemon", "-c", str(CONF), "--check-config").returncode == 0)
    CONF.write_text(CONF.read_text().replace("#journald = yes", "journald = yes"))
    drop_in = pathlib.Path("/run/systemd/system/culprit.service.d/test.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(f"[Service]\nWatchdogSec={WATCHDOG_S}\nRestartSec=1\n")
    made = run("systemd-sysusers", "culprit.conf")
    check("its user is made", made.returncode == 0 and pwd.getpwnam("culprit"), made)
    os.chown(CONF, 0, pwd.getpwnam("culprit").pw_gid)
    run("systemctl", "daemon-reload")
    verified = run("systemd-analyze", "verify", "--recursive-errors=no", "culprit.service")
    check("systemd finds nothing wrong with the unit", not verified.stderr, verified)


def starts():
    began = time.monotonic()
    started = run("systemctl", "start", "culprit")
    print(f"     started in {time.monotonic() - began:.1f} s")
    if not check("systemctl start: it says that it is ready", started.returncode == 0,
                 (started, run("journalctl", "-u", "culprit", "-n", "30").stdout)):
        return False
    status = dict(line.split(":\t", 1) for line in
                  pathlib.Path(f"/proc/{show('MainPID')}/status").read_text().splitlines() if ":\t" in line)
    check("it runs as its user, may gain nothing, and its system calls are filtered",
          (int(status["Uid"].split()[0]), status["NoNewPrivs"], status["Seccomp"]) ==
          (pwd.getpwnam("culprit").pw_uid, "1", "2"), status)
    kept = {2, 17, 19, 21, 38, 39}  # dac_read_search, sys_rawio, sys_ptrace, sys_admin, perfmon, bpf
    check("it keeps the rights that the operator's guide names, and no more",
          int(status["CapEff"], 16) == int(status["CapBnd"], 16) == sum(1 << c for c in kept), status)
    check("its first verdict is in the journal, as its unit's",
          until(lambda: journal("CULPRIT_TYPE=verdict", "_SYSTEMD_UNIT=culprit.service"), SLOW_S))
    check("systemctl status has the answer of its report",
          until(lambda: show("StatusText") and show("StatusText") in run(CULPRIT, "status").stdout, SLOW_S),
          (show("StatusText"), run(CULPRIT, "status")))
    probes = {probe["name"]: probe["state"] for _, line in journal("CULPRIT_TYPE=status") for probe in line["probes"]}
    check("disks, connections and descriptors are watched", all(
        probes.get(name) == "active" for name in ("block.complete", "tcp.state", "tcp.retransmit", "files.census")), probes)
    return True


def finds(loop):
    name = os.path.basename(loop.dev)
    loop.fail(4)
    if not check("a disk fails: a finding is in the journal", until(lambda: about(name, "open"), SLOW_S)):
        return
    entry, line = about(name, "open")[0]
    check("... as an entry of its unit, with its fields and the priority of its severity",
          (entry["_SYSTEMD_UNIT"], entry["CULPRIT_KIND"], entry["MESSAGE"]) ==
          ("culprit.service", line["kind"], line["message"]) and
          entry["PRIORITY"] == {"info": "6", "warning": "4", "critical": "2"}[line["severity"]] and
          line["class"] == "hardware", entry)
    check("... and in systemctl status", until(lambda: name in show("StatusText"), SLOW_S), show("StatusText"))


def reloads():
    good = CONF.read_text()
    CONF.write_text(good + "\n[labels]\nsite = guest\n")
    check("systemctl reload: done", run("systemctl", "reload", "culprit").returncode == 0)
    CONF.write_text(good + "\n[labels\n")
    run("systemctl", "reload", "culprit")
    check("a bad file: said with its line", until(lambda: "settings not changed: " in run(CULPRIT, "status").stdout, SLOW_S),
          run(CULPRIT, "status"))
    CONF.write_text(good)
    run("systemctl", "reload", "culprit")
    check("a good one again: forgotten", until(lambda: "not changed" not in run(CULPRIT, "status").stdout, SLOW_S),
          run(CULPRIT, "status"))


def set_clock(seconds):
    time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)


def put_cpu(online):
    pathlib.Path("/sys/devices/system/cpu/cpu1/online").write_text("1" if online else "0")


def has_judged(pid, what):
    """It is the process that it was, and looks at the host: its report is of now, by the clock as it is now."""
    def is_of_now():
        lines = [json.loads(line) for line in run(CULPRIT, "status", "--json").stdout.splitlines()]
        told = lines and calendar.timegm(time.strptime(lines[-1]["time"][:19], "%Y-%m-%dT%H:%M:%S"))
        return told and abs(time.time() - told) < 30

    check(f"{what}: it goes on", until(is_of_now, SLOW_S) and
          (show("NRestarts"), show("MainPID"), show("ActiveState")) == ("0", str(pid), "active"),
          (run(CULPRIT, "status", "--json"), run("journalctl", "-u", "culprit", "-n", "20").stdout))


def lives_on(loop):
    """What happens to a host."""
    pid = int(show("MainPID"))
    put_cpu(False)
    has_judged(pid, "a processor goes")
    before = [line["count"] for _, line in about(os.path.basename(loop.dev))][-1]
    put_cpu(True)
    for _ in range(5):
        loop.fail(7)  # as many as its 8 MiB have
    has_judged(pid, "a processor comes")
    check("... what happens on it is counted", until(
        lambda: any(json.loads(line).get("count", 0) >= before + 30 and os.path.basename(loop.dev) in line
                    for line in run(CULPRIT, "status", "--json").stdout.splitlines()), SLOW_S), run(CULPRIT, "status", "--json"))
    for seconds, what in ((7200, "forwards"), (-7200, "back")):
        set_clock(seconds)
        has_judged(pid, f"the clock is set two hours {what}")
    run("modprobe", "scsi_debug", "dev_size_mb=8")
    time.sleep(6)
    gone = run("modprobe", "-r", "scsi_debug")
    check("a driver whose disk it watches can be unloaded", gone.returncode == 0, gone)
    has_judged(pid, "... and")


def storm(seconds):
    """Programs that start and end, on all processors."""
    shells = [subprocess.Popen(["/bin/sh", "-c", "while :; do /bin/true; done"]) for _ in range(os.cpu_count() or 1)]
    time.sleep(seconds)
    for shell in shells:
        shell.kill()
        shell.wait()


def is_watched(name):
    pid = int(show("MainPID"))
    storm(WATCHDOG_S + 5)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(WATCHDOG_S / 4)
    os.kill(pid, signal.SIGCONT)
    time.sleep(2)
    check("neither a storm of programs nor a short stall wakes the watchdog",
          (show("NRestarts"), show("MainPID"), show("ActiveState")) == ("0", str(pid), "active"),
          run("journalctl", "-u", "culprit", "-n", "30").stdout)
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    restarted = until(lambda: show("NRestarts") == "1" and show("ActiveState") == "active", WATCHDOG_S + SLOW_S)
    took = time.monotonic() - began
    print(f"     restarted {took:.1f} s after it stood still")
    said = run("journalctl", "-u", "culprit", "-o", "cat").stdout
    check("one that stands still is ended by the watchdog, and started anew",
          restarted and "Watchdog timeout" in said and show("MainPID") != str(pid) and took > WATCHDOG_S / 2, said[-1500:])
    opened = [line["id"] for _, line in about(name, "open")]

    def told():
        return [json.loads(line) for line in run(CULPRIT, "status", "--json").stdout.splitlines()]

    check("... the new one goes on with what was open",
          until(lambda: opened[0] in [line.get("id") for line in told()], SLOW_S), told())
    time.sleep(6)
    check("... and opens nothing twice", len(about(name, "open")) == len(set(opened)), about(name))


def ends(before):
    began = time.monotonic()
    stopped = run("systemctl", "stop", "culprit")
    took = time.monotonic() - began
    check("systemctl stop: at once, and by itself",
          stopped.returncode == 0 and took < 8 and show("Result") == "success", (took, show("Result")))
    check("its last lines are in the journal", until(lambda: journal()[-1][1]["type"] == "verdict", SLOW_S))
    check("no program and no map of it stays in the kernel", until(lambda: programs() <= before, 10), programs() - before)
    lines = [line for _, line in journal()]
    runs = list(dict.fromkeys(line["run"] for line in lines))
    last = [line["seq"] for line in lines if line["run"] == runs[-1]]
    check("two runs, and no line of the last is missing", len(runs) == 2 and last == list(range(1, len(last) + 1)), last)


def progress(word):
    with open(OUT / "progress", "a", encoding="ascii") as file:
        file.write(f"{word} service\n")


def main():
    progress("start")
    print(f"     systemd is up {float(pathlib.Path('/proc/uptime').read_text().split()[0]):.1f} s after the kernel")
    before = programs()
    installs()
    with Loop("/data", direct=True) as loop:
        if starts():
            name = os.path.basename(loop.dev)
            finds(loop)
            reloads()
            lives_on(loop)
            is_watched(name)
            ends(before)
    status = summary()
    sys.stdout.flush()
    progress("end")
    return status


if __name__ == "__main__":
    sys.exit(main())
