#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: a daemon with every sink at once, one of them blocked; a real rsyslog and a real journald.

usage: tests/bpf/test_sinks.py build/culprit

All files are in a directory of its own; what is started here is ended here, by pid. The journal daemon runs in a
mount namespace of its own, over a /run of its own.
"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from harness import CULPRIT, Daemon, check, run_each, stop, until


def numbers(lines):
    return [line["seq"] for line in lines]


def of_file(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def every_sink_at_once(home):
    """stdout is a full pipe from the start; the others do not notice."""
    home = pathlib.Path(home)
    datagrams, stream = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)
    datagrams.bind(str(home / "datagrams"))
    stream.bind("\0culprit-test-stream-%d" % os.getpid())
    stream.listen(1)
    for s in (datagrams, stream):
        s.settimeout(10)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * 4095 + b"\n")
    sinks = [f"file = {home}/lines", "stdout = yes", f"unix_datagram = {home}/datagrams",
             f"unix_stream = @culprit-test-stream-{os.getpid()}", f"syslog = {home}/nobody"]
    with Daemon(home, sinks=sinks, stdout=writer) as daemon:
        os.close(writer)
        peer = stream.accept()[0].makefile()

        def lines_with_verdict():
            lines = of_file(home / "lines")
            return any(line["type"] == "verdict" for line in lines) and lines

        lines = until(lines_with_verdict) or []
        check("a blocked and a missing sink do not stop the file", lines, of_file(home / "lines"))
        got = [json.loads(datagrams.recv(65536)) for _ in lines]
        check("... nor the datagrams", numbers(got) == numbers(lines), got)
        check("... nor the stream", [json.loads(peer.readline())["seq"] for _ in lines] == numbers(lines))
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        code = daemon.process.wait(timeout=20)
        took = time.monotonic() - began
    said = daemon.process.stderr.read()
    last = of_file(home / "lines")[-1]["seq"]
    check("SIGTERM ends it in a second, though two sinks are blocked", took < 1.5, took)
    check("what the blocked ones lost is said, and its status", code == 1 and f"1 to {last} are lost" in said, said)
    check("the missing one was said at the start", "nobody: No such file" in said, said)
    check("the file has all", numbers(of_file(home / "lines")) == list(range(1, last + 1)))
    os.close(reader)


def a_reader_that_goes(home):
    """The last sink ends the daemon; one of several does not."""
    home = pathlib.Path(home)
    for sinks, name in ((["stdout = yes"], "alone"), (["stdout = yes", f"file = {home}/lines"], "with a file")):
        reader, writer = os.pipe()
        with Daemon(home, sinks=sinks, stdout=writer) as daemon:
            os.close(writer)
            os.close(reader)
            daemon.process.send_signal(signal.SIGHUP)
            if name == "alone":
                # Nothing is written while nothing changes: the last verdict meets the broken pipe.
                check("stdout's reader goes: the daemon says so", stop(daemon.process) == 1)
                said = daemon.process.stderr.read()
                check("... in a line", "reader went away" in said, said)
            else:
                time.sleep(1)
                check("stdout's reader goes: the file goes on", daemon.process.poll() is None)


RSYSLOG = """
global(workDirectory="{home}" processInternalMessages="off")
module(load="imuxsock" SysSock.Use="off")
module(load="imudp")
input(type="imuxsock" Socket="{home}/log" useSpecialParser="off" CreatePath="off")
input(type="imudp" address="127.0.0.1" port="{port}")
template(name="fields" type="string" string="%app-name%|%msgid%|%syslogseverity-text%|%hostname%|%inputname%|%msg%\\n")
action(type="omfile" file="{home}/out" template="fields" flushOnTXEnd="on")
"""


def rsyslog(home):
    home = pathlib.Path(home)
    program = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin")
    if not check("rsyslogd is installed (make deps-test)", program):
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (home / "rsyslog.conf").write_text(RSYSLOG.format(home=home, port=port))
    server = subprocess.Popen([program, "-n", "-f", home / "rsyslog.conf", "-i", home / "pid"], text=True,
                              stderr=subprocess.DEVNULL)
    try:
        check("rsyslogd listens", until((home / "log").exists))
        for target, source in ((f"{home}/log", "imuxsock"), (f"udp:127.0.0.1:{port}", "imudp")):
            with Daemon(home, sinks=[f"syslog = {target}"]):
                pass

            def verdicts():
                return [line for line in (home / "out").read_text().splitlines()
                        if line.startswith("culprit|verdict|") and f"|{source}|" in line] \
                    if (home / "out").exists() else []

            if not check(f"{source}: a verdict arrives", until(verdicts), "nothing came"):
                continue
            app, kind, severity, host, _, text = verdicts()[-1].split("|", 5)
            line = json.loads(text)
            check(f"{source}: its fields are right and its text is the line, whole",
                  (app, kind, host) == ("culprit", "verdict", line["host"]["name"]) and line["type"] == "verdict" and
                  severity == {"info": "info", "warning": "warning", "critical": "crit"}[line["severity"]],
                  verdicts()[-1])
    finally:
        stop(server)


JOURNAL = """
set -e
mount --make-rprivate /
mount -t tmpfs none /run
mkdir -p /run/systemd/journal
wait_for() { for i in $(seq 150); do "$@" && return; sleep 0.1; done; echo "in vain: $*" >&2; }
listens() { ss -xl | grep -q /run/systemd/journal/socket; }
has_verdict() { journalctl --directory /run/log/journal -t culprit CULPRIT_TYPE=verdict -o cat | grep -q .; }
/lib/systemd/systemd-journald & journald=$!
wait_for listens
"$@" & daemon=$!
wait_for has_verdict
kill -KILL $journald; wait $journald || true
/lib/systemd/systemd-journald & journald=$!
wait_for listens
kill -TERM $daemon
wait $daemon || true
sleep 1
journalctl --directory /run/log/journal -o json --all -t culprit
kill -TERM $journald
"""


def journald(home):
    if not check("systemd-journald is installed", os.path.exists("/lib/systemd/systemd-journald")):
        return
    conf = Daemon(home, sinks=["journald = yes"]).conf
    run = subprocess.run(["unshare", "-m", "bash", "-c", JOURNAL, "journal", CULPRIT, "daemon", "-c", conf],
                         capture_output=True, text=True, timeout=60, check=False)
    entries = [json.loads(line) for line in run.stdout.splitlines()]
    if not check("the journal has entries", entries, run):
        return
    check("MESSAGE is the line for people",
          all(e["MESSAGE"] == json.loads(e["CULPRIT_JSON"])["message"] for e in entries), entries)
    check("PRIORITY is by severity", all(
        e["PRIORITY"] == {"info": "6", "warning": "4", "critical": "2"}[e["CULPRIT_SEVERITY"]] for e in entries))
    seen = [int(e["CULPRIT_SEQ"]) for e in entries]
    check("every line is there, also after the journal was killed", seen == list(range(1, len(seen) + 1)) and
          entries[-1]["CULPRIT_TYPE"] == "verdict" and len(seen) >= 4, seen)
    check("its fields are the line's", {e["CULPRIT_TYPE"] for e in entries} >= {"status", "verdict"}, entries)


def main():
    return run_each("sinks", every_sink_at_once, a_reader_that_goes, rsyslog, journald)


if __name__ == "__main__":
    sys.exit(main())
