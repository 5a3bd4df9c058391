#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: the daemon, who asks it, and what its flight recorder keeps.

usage: tests/bpf/test_daemon.py build/culprit

A loop device whose backing file is cut short gives it something to find. What is started here is ended here, by
pid; all files are in a directory of its own.
"""
import grp
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

import harness
from harness import CULPRIT, Loop, check, run_each, until


class Daemon(harness.Daemon):
    """One that keeps captures, and writes its lines to a file."""

    def __init__(self, home, *extra):
        self.captures, self.lines_file = pathlib.Path(home) / "captures", pathlib.Path(home) / "lines"
        super().__init__(home, [f"captures = {self.captures}", "capture_from = warning", "captures_max = 3", *extra],
                         options=["--output", self.lines_file])

    def lines(self):
        return [json.loads(line) for line in self.lines_file.read_text().splitlines()]

    def kept(self):
        return sorted(self.captures.glob("culprit-*.capture"))


def replayed(capture):
    """The lines of a replay, without any right."""
    run = subprocess.run([CULPRIT, "replay", "--json", str(capture)], capture_output=True, text=True, timeout=30,
                         check=False)
    return [json.loads(line) for line in run.stdout.splitlines()], run


def key(finding):
    return finding["kind"], finding["subject"].get("name"), finding["id"]


def finds_keeps_and_tells(home):
    with Daemon(home) as daemon, Loop() as loop:
        name = os.path.basename(loop.dev)
        time.sleep(1)
        loop.fail(4)

        def found():
            return [l for l in daemon.lines() if l["type"] == "finding" and l["subject"].get("name") == name]

        if not check("a finding is written while it runs", until(found), daemon.lines_file.read_text()):
            return
        report = daemon.ask("status")
        check("status: the report's first line is the answer", name in report.stdout.partition("\n")[0], report)
        told = [json.loads(line) for line in daemon.ask("status", "--json").stdout.splitlines()]
        check("status --json: the open finding, the status, then the verdict",
              key(found()[-1]) in [key(l) for l in told[:-2]] and [l["type"] for l in told[-2:]] == ["status", "verdict"], told)
        captures_of_itself(daemon, found()[-1])
        dumps(daemon, found()[-1])
        signals(daemon)
        refusals(daemon, home)
        stop = time.monotonic()
    check("SIGTERM ends it within two seconds", time.monotonic() - stop < 2 and daemon.process.returncode == 0,
          (time.monotonic() - stop, daemon.process.returncode))
    check("the socket goes with it", not daemon.socket.exists())
    check("who asks then is told", "no daemon answers" in daemon.ask("status").stderr, daemon.ask("status"))


def captures_of_itself(daemon, finding):
    if not check("the finding leaves a capture that is named after it",
                 until(lambda: [c for c in daemon.kept() if finding["id"] in c.name]), daemon.kept()):
        return
    capture = daemon.kept()[0]
    check("a capture is its owner's only", stat.S_IMODE(capture.stat().st_mode) == 0o600)
    lines, run = replayed(capture)
    check("its replay has the same finding", key(finding) in [key(l) for l in lines if l["type"] == "finding"], run)
    check("its replay is the daemon's run", lines[0]["run"] == finding["run"], lines[0])


def dumps(daemon, finding):
    path = daemon.home / "dump"
    run = daemon.ask("dump", str(path))
    check("dump: a capture", run.returncode == 0 and stat.S_IMODE(path.stat().st_mode) == 0o600, run)
    lines, run = replayed(path)
    check("dump: whole", run.returncode == 0 and lines[-1]["type"] == "verdict", run)
    check("dump: its replay has the finding", key(finding) in [key(l) for l in lines if l["type"] == "finding"], run)
    # What its rights and its filter of system calls leave it must be enough for these.
    events = subprocess.run([CULPRIT, "replay", "--events", str(path)], capture_output=True, text=True, timeout=30,
                            check=False).stdout.split()
    check("dump: the clock and the network stack were looked at", {"clock_state", "net_stack"} <= set(events))
    time.sleep(3)
    run = daemon.ask("dump", "--last", "2s", str(path))
    short, run = replayed(path)
    check("dump --last: whole, and of that time", run.returncode == 0 and 1 <= short[-1]["window_s"] <= 3.5,
          short[-1:])
    check("dump --last: what failed before is no finding of it",
          not [l for l in short if l["type"] == "finding" and l["id"] == finding["id"] and l["state"] == "open"], short)


def signals(daemon):
    before = set(daemon.kept())
    for i in range(4):
        daemon.process.send_signal(signal.SIGUSR1)
        until(lambda: set(daemon.kept()) - before, 5)
        before = set(daemon.kept())
        time.sleep(1.1)
    check("SIGUSR1 makes a capture", any("asked" in c.name for c in daemon.kept()), daemon.kept())
    check("old captures go", len(daemon.kept()) == 3, daemon.kept())


def refusals(daemon, home):
    second = subprocess.run([CULPRIT, "daemon", "-c", daemon.conf], capture_output=True, text=True, timeout=20,
                            check=False)
    check("a second daemon is refused", second.returncode == 1 and "another culprit daemon" in second.stderr, second)
    check("... and the first still answers", daemon.ask("status").returncode == 0)
    check("the socket is root's only", stat.S_IMODE(daemon.socket.stat().st_mode) == 0o600)
    os.chmod(daemon.socket, 0o666)  # as if somebody had opened it: credentials are looked at too
    os.chmod(home, 0o755)

    def become_nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    with tempfile.TemporaryDirectory() as copy:
        os.chmod(copy, 0o755)
        reached = subprocess.run(
            [sys.executable, "-c", "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
             "s.sendall(b'status\\n')\nprint(s.recv(200).decode())", str(daemon.socket)],
            capture_output=True, text=True, preexec_fn=become_nobody, cwd=copy, timeout=20, check=False)
    check("another user is refused by its credentials", "error only root" in reached.stdout, reached)
    mute = [socket.socket(socket.AF_UNIX) for _ in range(6)]
    for s in mute:
        s.connect(str(daemon.socket))
    before = len(daemon.lines())
    daemon.process.send_signal(signal.SIGHUP)
    time.sleep(1.5)
    for s in mute:
        s.close()
    check("peers that say nothing hold nothing up", until(lambda: daemon.ask("status").returncode == 0), before)
    for request in (b"\n", b"dump", b"dump -1\n", b"x" * 5000, b"status\x00json\n", b"\xff\xfe\n"):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(12)
            s.connect(str(daemon.socket))
            try:
                s.sendall(request)
                s.shutdown(socket.SHUT_WR)
                while s.recv(4096):
                    pass
            except OSError:
                pass
    check("requests that are none do no harm", daemon.ask("status").returncode == 0)


def a_killed_daemon_leaves_no_trouble(home):
    with Daemon(home) as daemon:
        daemon.process.kill()
        daemon.process.wait()
        check("killed: its socket is left", daemon.socket.exists())
        with Daemon(home) as again:
            check("killed: the next one takes it over", again.ask("status").returncode == 0)


def a_deleted_socket(home):
    with Daemon(home) as daemon:
        daemon.socket.unlink()
        check("a socket that was deleted cannot be asked at", daemon.ask().returncode == 1)
        daemon.process.send_signal(signal.SIGHUP)
        check("... SIGHUP makes it anew, with the rights that are left", until(lambda: daemon.ask().returncode == 0), daemon.ask())
        check("... for root only", stat.S_IMODE(daemon.socket.stat().st_mode) == 0o600)
    check("... and it goes with the daemon", not daemon.socket.exists())


def group_may_ask(home):
    group = grp.getgrgid(os.getgid() if os.getgid() else 1).gr_name
    with Daemon(home, f"group = {group}") as daemon:
        st = daemon.socket.stat()
        check("group: the socket is the group's too",
              st.st_gid == grp.getgrnam(group).gr_gid and stat.S_IMODE(st.st_mode) == 0o660, oct(st.st_mode))


def bad_settings(home):
    loose = pathlib.Path(home) / "loose"
    loose.mkdir()
    os.chmod(loose, 0o777)
    for line, word in ((f"captures = {loose}", "writable for nobody"), ("group = no-such-group", "no group"),
                       ("captures = here", "absolute"), ("flight_minutes = -1", "no number"),
                       ("socket = /" + "x" * 120, "longer"), ("capture_from = bad", "info, warning or critical")):
        conf = pathlib.Path(home) / "bad.conf"
        conf.write_text(f"[daemon]\nsocket = {home}/other\n{line}\n" if not line.startswith("socket")
                        else f"[daemon]\n{line}\n")
        run = subprocess.run([CULPRIT, "daemon", "-c", conf], capture_output=True, text=True, timeout=20, check=False)
        check(f"bad setting refused: {line[:30]}", run.returncode == 1 and word in run.stderr, run)


def main():
    return run_each("daemon", finds_keeps_and_tells, a_killed_daemon_leaves_no_trouble, a_deleted_socket, group_may_ask, bad_settings)


if __name__ == "__main__":
    sys.exit(main())
