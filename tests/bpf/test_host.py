#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: the whole program against faults that this test makes, and against none.

usage: tests/bpf/test_host.py build/culprit

A quiet trace, a loop device whose backing file was truncated, a process that leaks sockets on
loopback, each probe forced off in turn, and missing rights. What is started here is ended here,
by pid.
"""
import calendar
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from harness import CULPRIT, check, summary

LOAD = os.path.join(os.path.dirname(CULPRIT), "tests", "load")
# Which class cannot do without which probe: the contract's core kinds.
NEEDED_BY = {"block.complete": "hardware", "tcp.retransmit": "network", "tcp.state": "network",
             "tcp.sample": "network", "files.census": "connection-leak",
             "files.scan": "connection-leak", "system.oom": "system", "host.load": "system",
             "host.pressure": "system"}


def start_trace(seconds, *options):
    return subprocess.Popen([CULPRIT, "trace", "-d", str(seconds), "--json", *options],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines_of(process, limit=60):
    out, err = process.communicate(timeout=limit)
    return [json.loads(line) for line in out.splitlines()], err, process.returncode


def trace(seconds, *options):
    return lines_of(start_trace(seconds, *options), seconds + 30)


def wait_first_line(process):
    """Until the first status line: the probes are attached. It is handed back to be parsed too."""
    return json.loads(process.stdout.readline())


def findings(lines, kind=None):
    return [l for l in lines if l["type"] == "finding" and l["severity"] != "info"
            and (kind is None or l["kind"] == kind)]


def states(lines):
    return {name: c["state"] for name, c in lines[-1]["classes"].items()}


def quiet():
    lines, err, code = trace(5)
    check("quiet: exit status 0", code == 0, err)
    check("quiet: the verdict is last", lines[-1]["type"] == "verdict")
    check("quiet: no finding", not findings(lines), findings(lines))
    for name in ("hardware", "network", "connection-leak", "system"):
        check(f"quiet: {name} is clear or idle", states(lines)[name] in ("clear", "idle"), lines[-1])
    seqs = [l["seq"] for l in lines]
    check("quiet: seq counts from 1", seqs == list(range(1, len(seqs) + 1)), seqs)
    events = lines[-1]["events"]
    check("quiet: produced = delivered + lost",
          events["produced"] == events["delivered"] + events["lost"], events)


class Loop:
    """A loop device over a file of 8 MiB, truncated on demand."""

    def __enter__(self):
        fd, self.path = tempfile.mkstemp(prefix="culprit-test-")
        os.ftruncate(fd, 8 << 20)
        os.close(fd)
        self.dev = subprocess.run(["losetup", "-f", "--show", self.path], check=True,
                                  capture_output=True, text=True).stdout.strip()
        return self

    def read(self, offset):
        """One direct read of 4 KiB; whether it succeeded."""
        return subprocess.run(["dd", f"if={self.dev}", "of=/dev/null", "bs=4k", "count=1",
                               f"skip={offset // 4096}", "iflag=direct"],
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def __exit__(self, *_):
        subprocess.run(["losetup", "-d", self.dev], check=False)
        os.unlink(self.path)


def truncated_loop():
    with Loop() as loop:
        name = os.path.basename(loop.dev)
        process = start_trace(6)
        first = wait_first_line(process)
        healthy = loop.read(0)
        os.truncate(loop.path, 4096)
        failed = [loop.read(i << 20) for i in range(1, 5)]
        lines, err, code = lines_of(process)
        lines.insert(0, first)
        check("loop: reads fail when the file is truncated, and only then", healthy and not any(failed))
        found = [f for f in findings(lines, "disk-io-error") if f["subject"]["name"] == name]
        if check("loop: disk-io-error, by its name", found, (lines[-1], err, code)):
            last = found[-1]
            check("loop: counts the failed reads", last["count"] == 4, last["count"])
            check("loop: hardware is in fault", states(lines)["hardware"] == "fault", lines[-1])
        # Other programs of this host may have faults of their own; no other disk has one.
        others = [f for f in findings(lines) if f["class"] == "hardware" and f not in found]
        check("loop: no other disk", not others, others)


def socket_leak():
    server = subprocess.Popen([LOAD, "serve", "-p", "7011", "-t", "40"], stdout=subprocess.DEVNULL)
    leaker = None
    try:
        process = start_trace(22)
        first = wait_first_line(process)
        start = time.time()
        leaker = subprocess.Popen([LOAD, "leak-socket", "-a", "127.0.0.1", "-p", "7011", "-o", "5",
                                   "-t", "30"], stdout=subprocess.DEVNULL)
        lines, err, code = lines_of(process)
        lines.insert(0, first)
        # The server's accepted ends stay open because the client's do: it may be named too.
        found = [f for f in findings(lines) if f["subject"].get("pid") == leaker.pid]
        if check("leak: socket-leak names the process", found and found[-1]["kind"] == "socket-leak",
                 (lines[-1], findings(lines), err, code)):
            text = json.dumps(found[-1])
            check("leak: names the peer", "127.0.0.1:7011" in text, text)
            opened = time.strptime(found[0]["time"][:19], "%Y-%m-%dT%H:%M:%S")
            took = calendar.timegm(opened) - start
            check("leak: within 20 s", took <= 20, took)
            check("leak: connection-leak is in fault", states(lines)["connection-leak"] == "fault",
                  lines[-1])
        others = [f for f in findings(lines) if f["class"] != "connection-leak"]
        check("leak: neither disk nor network", not others, others)
    finally:
        for p in (leaker, server):
            if p:
                p.send_signal(signal.SIGTERM)
                p.wait()


def trace_without(probe):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        conf.write(f"[probes]\ndisable = {probe}\n")
        conf.flush()
        return trace(1, "-c", conf.name)


def probes_as_text():
    text = subprocess.run([CULPRIT, "probes"], check=True, capture_output=True, text=True).stdout
    status = json.loads(subprocess.run([CULPRIT, "probes", "--json"], check=True, capture_output=True, text=True).stdout)
    rows = [line.split()[:2] for line in text.splitlines() if not line.startswith(" ")]
    check("probes: the text has what the status line has", rows == [[p["name"], p["state"]] for p in status["probes"]],
          (rows, status["probes"]))
    check("probes: what is read without a program is there, too", ["host.load", "active"] in rows, rows)


def forced_off():
    probes = json.loads(subprocess.run([CULPRIT, "probes", "--json"], check=True, capture_output=True,
                                       text=True).stdout.splitlines()[-1])["probes"]
    names = {p["name"] for p in probes}
    check("forced off: the probes that classes need exist", set(NEEDED_BY) <= names, names)
    with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
        traces = list(zip(sorted(names), pool.map(trace_without, sorted(names))))
    for name, (lines, err, code) in traces:
        probe = [p for l in lines if l["type"] == "status" for p in l["probes"] if p["name"] == name]
        check(f"forced off {name}: the status line says unavailable",
              probe and probe[-1]["state"] == "unavailable", (probe, err, code))
        needed = NEEDED_BY.get(name)
        if needed:
            verdict = lines[-1]["classes"][needed]
            check(f"forced off {name}: {needed} is blind", verdict["state"] == "blind", verdict)
            check(f"forced off {name}: {needed} names it", name in verdict["text"], verdict)
        for other, verdict in lines[-1]["classes"].items():
            if other != needed:
                check(f"forced off {name}: {other} is not", verdict["state"] in ("idle", "clear"), verdict)


def missing_rights():
    for caps, named in (("-all", "CAP_BPF"), ("-all,+bpf", "CAP_PERFMON")):
        run = subprocess.run(["setpriv", "--bounding-set", caps, "--inh-caps", caps, "--no-new-privs",
                              CULPRIT, "trace", "-d", "1"], capture_output=True, text=True, check=False,
                             timeout=20)
        check(f"rights {caps}: exit 1", run.returncode == 1, run)
        check(f"rights {caps}: one line names {named}",
              named in run.stderr and len(run.stderr.splitlines()) == 1, run.stderr)


def root_of_a_user_namespace():
    """As in a rootless container: all capabilities, and none that counts."""
    if subprocess.run(["unshare", "--map-root-user", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        print("user namespaces cannot be made here (a chroot, or forbidden): not tried")
        return
    run = subprocess.run(["unshare", "--map-root-user", CULPRIT, "trace", "-d", "1"], capture_output=True, text=True,
                         check=False, timeout=20)
    check("user namespace: exit 1", run.returncode == 1 and not run.stdout, run)
    check("user namespace: one line says so",
          "user namespace" in run.stderr and len(run.stderr.splitlines()) == 1, run.stderr)


def main():
    quiet()
    truncated_loop()
    socket_leak()
    probes_as_text()
    forced_off()
    missing_rights()
    root_of_a_user_namespace()
    return summary()


if __name__ == "__main__":
    sys.exit(main())
