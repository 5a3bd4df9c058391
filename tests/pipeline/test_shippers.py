#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The examples of dist/rsyslog and dist/syslog-ng, by the real programs: lines go from one instance to another, their file
is rotated, the receiver is killed and comes back, the sender restarts meanwhile.

usage: tests/pipeline/test_shippers.py build/culprit [SECONDS without a receiver]

Held to: by (run, seq) nothing is lost; what came twice is the same line twice. RELP's receiver dies while lines are on their way.
Plain TCP acknowledges nothing: syslog-ng's dies when there are none, then once more while they are on their way; of that at most what
was written around that moment may be missing, and (run, seq) tells which.
"""
import json
import pathlib
import re
import subprocess
import sys
import threading
import time

from peers import CULPRIT, ENV, ROOT, Daemon, Peer, Rsyslog, check, example, free_port, needed, run_each, until

AWAY_S = float(sys.argv[2]) if len(sys.argv) > 2 else 60
LINES_PER_S = 50
WAIT_S = 30


def template():
    """A line of a capture, with what JSON may hold, and nearly as long as a line may be."""
    run = subprocess.run([CULPRIT, "replay", "--json", ROOT / "tests/replay/media-error-healed.events"], check=True,
                         capture_output=True, text=True, timeout=60)
    line = json.loads(run.stdout.splitlines()[0])
    line["message"] = 'a "b" \\ \u00e9 %msg% $MESSAGE <13> ' + "x" * 60
    return line


class Writer:
    """What the daemon does: appends whole lines to a file, one in ten as long as a line may be."""

    def __init__(self, path):
        self.path, self.template, self.seq = path, template(), 0
        self.may_write, self.over = threading.Event(), False
        self.lock = threading.Lock()
        self.out = open(path, "a", encoding="utf-8")
        self.thread = threading.Thread(target=self.write)

    def line(self, seq):
        line = dict(self.template, seq=seq)
        if seq % 10 == 0:
            line["evidence"] = [{"text": "y" * 90}] * 55
        return json.dumps(line, separators=(",", ":"), ensure_ascii=False)

    def write(self):
        while not self.over:
            if self.may_write.wait(0.1):
                with self.lock:
                    self.seq += 1
                    self.out.write(self.line(self.seq) + "\n")
                    self.out.flush()
                time.sleep(1 / LINES_PER_S)

    def rotate(self):
        """As logrotate does with the daemon: renamed, a few lines more, reopened by SIGHUP."""
        self.path.rename(f"{self.path}.1")
        time.sleep(0.3)
        with self.lock:
            self.out.close()
            self.out = open(self.path, "a", encoding="utf-8")

    def __enter__(self):
        self.thread.start()
        self.may_write.set()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()
        self.out.close()


def number(line):
    try:
        return json.loads(line)["seq"]
    except (ValueError, KeyError):
        return 0


class Received:
    """What has arrived, read as far as it goes."""

    def __init__(self, path):
        self.path, self.at, self.lines, self.seen = path, 0, [], set()

    def look(self):
        """How many different ones of the daemon's are there."""
        if self.path.exists():
            with open(self.path, "rb") as file:
                file.seek(self.at)
                text = file.read()
            text = text[:text.rfind(b"\n") + 1]
            self.at += len(text)
            self.lines += text.decode("utf-8", "replace").splitlines()
            self.seen |= {number(line) for line in text.decode("utf-8", "replace").splitlines()} - {0}
        return len(self.seen)

    def reaches(self, most):
        return until(lambda: self.look() >= most, WAIT_S)


def outage(home, name, receiver, sender, acknowledged):
    received = Received(home / "fleet.jsonl")
    with Writer(home / "culprit.jsonl") as writer, receiver() as take, sender() as send:
        check(f"{name}: lines arrive", received.reaches(50), (writer.seq, send.said(), take.said()))
        writer.rotate()
        received.reaches(writer.seq + 50)
        if not acknowledged:
            writer.may_write.clear()
            received.reaches(writer.seq)
        take.kill()
        before, known = received.look(), writer.seq
        writer.may_write.set()
        time.sleep(AWAY_S)
        check(f"{name}: none arrive while the receiver is away, and they go on", received.look() == before and
              writer.seq > known + 50, (before, received.look(), known, writer.seq))
        take.start()
        nothing_lost(f"{name}: nothing is lost over {AWAY_S:g} s without a receiver", received, writer, send, take)
        send.end()
        take.end()
        writer.may_write.set()
        for _ in range(2):
            send.start()
            time.sleep(3)
            send.end()
        send.start()
        take.start()
        nothing_lost(f"{name}: ... and over restarts of the sender meanwhile", received, writer, send, take)
        if not acknowledged:
            killed_on_the_way(name, received, writer, take)
    damaged = [line for line in received.lines if line != writer.line(number(line))]
    check(f"{name}: each is the daemon's line, byte for byte, however often it came", not damaged, damaged[:1])
    print(f"     {name}: {len(received.lines) - len(received.seen)} of {writer.seq} lines came twice", flush=True)


def missing_of(received, writer):
    return sorted(set(range(1, writer.seq + 1)) - received.seen)


def killed_on_the_way(name, received, writer, take):
    writer.may_write.set()
    received.reaches(writer.seq + 50)
    take.kill()
    at = writer.seq
    time.sleep(3)
    take.start()
    time.sleep(1)
    writer.may_write.clear()
    time.sleep(0.2)
    until(lambda: received.look() and number(received.lines[-1]) == writer.seq, WAIT_S)
    missing = missing_of(received, writer)
    check(f"{name}: killed while lines are on their way, no more is lost than those of a second around it",
          number(received.lines[-1]) == writer.seq and all(abs(seq - at) <= LINES_PER_S for seq in missing),
          (at, writer.seq, missing[:20], len(missing)))
    print(f"     {name}: {len(missing)} lines lost by that, of {LINES_PER_S} a second", flush=True)


def nothing_lost(name, received, writer, *peers):
    """The writer pauses after it."""
    received.reaches(writer.seq)
    writer.may_write.clear()
    time.sleep(0.2)
    received.reaches(writer.seq)
    missing = missing_of(received, writer)
    check(name, not missing, (missing[:20], len(missing), [peer.said() for peer in peers]))


def rsyslog(home):
    paths = needed("rsyslogd")
    if paths:
        both = Rsyslog(home, paths[0], "file")
        outage(both.home, "rsyslog", lambda: both.peer("take"), lambda: both.peer("send"), acknowledged=True)


def spilled(home):
    """More than the queue has in memory, all at once, while there is no receiver: it is on disk, and comes from there."""
    paths, most = needed("rsyslogd"), 4000
    if not paths:
        return
    both, written = Rsyslog(home, paths[0], "file"), template()
    settings, sender = both.home / "send.conf", both.home / "culprit.jsonl"
    settings.write_text(settings.read_text().replace('queue.size="10000"', 'queue.size="500"'))
    sender.write_text("".join(json.dumps(dict(written, seq=seq), separators=(",", ":"), ensure_ascii=False) + "\n"
                              for seq in range(1, most + 1)))
    received = Received(both.home / "fleet.jsonl")
    with both.peer("send") as send:
        check("rsyslog: what is too much for memory waits on disk", until(
            lambda: sum(p.stat().st_size for p in (both.home / "spool").glob("culprit_forward.0*")) > 1 << 20, WAIT_S), send.said())
        time.sleep(5)
        with both.peer("take") as take:
            until(lambda: received.look() == most, 90)
            check("... and none of it is lost", received.look() == most, (received.look(), send.said(), take.said()))


# A journal of the test's own; the daemon and rsyslog beside it.
JOURNAL = """
set -e
mount --make-rprivate /
mount -t tmpfs none /run
mkdir -p /run/systemd/journal
conf=$1 log=$2 lines=$3 fleet=$4
shift 4
count() { wc -l 2>/dev/null <"$1" || echo 0; }
/lib/systemd/systemd-journald & journald=$!
for i in $(seq 100); do ss -xl | grep -q /run/systemd/journal/socket && break; sleep 0.1; done
"$@" 2>>"$log" & rsyslog=$!
logger -u /run/systemd/journal/dev-log another program says so
"$CULPRIT" daemon -c "$conf" & daemon=$!
for i in $(seq 300); do [ "$(count "$lines")" -ge 2 ] && break; sleep 0.1; done
kill -TERM $daemon
wait $daemon || true
for i in $(seq 300); do [ "$(count "$fleet")" -ge "$(count "$lines")" ] && break; sleep 0.1; done
sleep 1
kill -TERM $rsyslog
wait $rsyslog || true
kill -TERM $journald
"""


def journal(home):
    paths = needed("rsyslogd", "/lib/systemd/systemd-journald")
    if not paths:
        return
    both = Rsyslog(home, paths[0], "journal")
    others = both.home / "others.log"
    with open(both.home / "send.conf", "a", encoding="ascii") as file:  # as Debian's rules come after rsyslog.d
        file.write(f'*.* action(type="omfile" file="{others}")\n')
    conf = Daemon(home, sinks=["journald = yes", f"file = {home}/lines"]).conf
    with both.peer("take") as take:
        run = subprocess.run(["unshare", "-m", "bash", "-c", JOURNAL, "journal", conf, f"{home}/send.log",
                              f"{home}/lines", f"{home}/fleet.jsonl", *map(str, both.command("send"))], env=dict(ENV, CULPRIT=CULPRIT), capture_output=True, text=True,
                             timeout=120, check=False)
        sent = (both.home / "lines").read_text().splitlines()
        received = Received(both.home / "fleet.jsonl")
        received.reaches(len(sent))
        check("rsyslog from the journal: each of the daemon's lines, byte for byte, once", sent == received.lines and
              len(sent) >= 2, (run, sent[:1], received.lines[:1], (both.home / "send.log").read_text()[-2000:], take.said()))
        logged = others.read_text(errors="replace") if others.exists() else ""
        check("... and nothing of the journal is logged once more by the rules that follow", not re.search(
            "another program|culprit", logged), logged[:2000])


def syslog_ng(home):
    home, paths = pathlib.Path(home), needed("syslog-ng")
    if not paths:
        return
    port = free_port()
    configuration = {
        "send": example("syslog-ng/culprit-forward.conf", changes={
            "/var/log/culprit/culprit.jsonl": home / "culprit.jsonl", "logs.example.net": "127.0.0.1", "10514": port,
            'dir("/var/lib/syslog-ng")': f'dir("{home}")'}),
        "take": example("syslog-ng/culprit-receive.conf", changes={
            'ip("0.0.0.0") port(10514)': f'ip("127.0.0.1") port({port})',
            "/var/log/culprit-fleet.jsonl": home / "fleet.jsonl"})}
    modules = sorted(pathlib.Path(paths[0]).parents[1].glob("lib/syslog-ng/[0-9]*")) + \
        sorted(pathlib.Path(paths[0]).parents[1].glob("lib/*/syslog-ng/[0-9]*"))

    def instance(name):
        (home / f"{name}.conf").write_text(f"@version: {modules[-1].name}\noptions {{ time-reopen(1); stats-freq(0); }};\n"
                                           + configuration[name])
        return lambda: Peer(home / f"{name}.log", paths[0], "--foreground", "--no-caps", "--stderr",
                            f"--cfgfile={home}/{name}.conf", f"--persist-file={home}/{name}.persist",
                            f"--pidfile={home}/{name}.pid", f"--control={home}/{name}.ctl", f"--module-path={modules[-1]}")

    outage(home, "syslog-ng", instance("take"), instance("send"), acknowledged=False)


if __name__ == "__main__":
    sys.exit(run_each("shippers", rsyslog, spilled, journal, syslog_ng))
