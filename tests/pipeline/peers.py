# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of this directory share: Debian's programs on loopback, with their files in a directory of the test,
ended by pid, and the examples of dist/ with the test's own addresses."""
import itertools
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bpf"))
from harness import CULPRIT, Daemon, Loop, check, run_each, stop, until  # noqa: E402
from programs import ENV, LIBRARIES, UNPACKED, program  # noqa: E402

MODULES = ":".join(str(p) for root in ("", UNPACKED) for p in sorted(pathlib.Path(f"{root}/usr/lib").glob("*/rsyslog")))

def needed(*names):
    """Their paths; None, and a failed check, when one is missing."""
    paths = {name: program(name) for name in names}
    good = check(f"{', '.join(names)}: there (make deps-pipeline)", all(paths.values()), paths)
    return list(paths.values()) if good else None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Peer:
    """A program that runs while the block does; what it says is in `log`."""

    def __init__(self, log, *command, **options):
        self.log, self.command, self.options, self.process = pathlib.Path(log), command, options, None

    def start(self):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=ENV,
                                            **self.options)
        return self

    __enter__ = start

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=10)

    def end(self):
        try:
            stop(self.process)
        except subprocess.TimeoutExpired:
            self.kill()

    def said(self):
        return self.log.read_text(errors="replace")[-3000:]

    def __exit__(self, *_):
        self.end()


def example(*paths, changes):
    """Examples of dist/, one after another, with addresses and paths replaced by the test's; each must be there."""
    text = "".join((ROOT / "dist" / path).read_text() for path in paths)
    for old, new in changes.items():
        if old not in text:
            raise KeyError(f"{paths} have no {old}")
        text = text.replace(old, str(new))
    return text


class Rsyslog:
    """Both ends, with the test's paths."""

    def __init__(self, home, program, source):
        self.home, self.program = pathlib.Path(home), program
        self.port, self.count = free_port(), itertools.count()
        (self.home / "spool").mkdir()
        self.configure("take", example("rsyslog/culprit-receive.conf", changes={
            'port="10514"': f'address="127.0.0.1" port="{self.port}"',
            "/var/log/culprit-fleet.jsonl": self.home / "fleet.jsonl"}))
        self.configure("send", example(f"rsyslog/culprit-{source}.conf", "rsyslog/culprit-forward.conf", changes={
            "/var/spool/rsyslog": self.home / "spool", "logs.example.net": "127.0.0.1", '"10514"': f'"{self.port}"',
            'action.resumeInterval="5"': 'action.resumeInterval="1"',
            **({"/var/log/culprit/culprit.jsonl": self.home / "culprit.jsonl"} if source == "file" else {})}))

    def configure(self, name, text):
        path = self.home / f"{name}.conf"
        path.write_text(text)
        checked = subprocess.run([self.program, "-N1", "-M", MODULES, "-f", path], capture_output=True, text=True, timeout=30,
                                 check=False, env=ENV)
        check(f"rsyslog takes the settings of {name}", checked.returncode == 0 and "error" not in checked.stderr, checked)

    def command(self, name):
        return [self.program, "-n", "-M", MODULES, "-f", self.home / f"{name}.conf", "-i",
                self.home / f"{name}.{next(self.count)}.pid"]

    def peer(self, name):
        return Peer(self.home / f"{name}.log", *self.command(name))


def metrics_of(capture):
    """What a daemon would serve at the end of a capture of tests/replay. Its clock is the capture's: it is set to come."""
    with tempfile.NamedTemporaryFile(prefix="culprit-metrics-") as file:
        subprocess.run([CULPRIT, "replay", "--metrics-file", file.name, ROOT / f"tests/replay/{capture}.events"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        text = pathlib.Path(file.name).read_text()
    return re.sub(r"(?m)^(culprit_evaluated_timestamp_seconds) .*", rf"\1 {time.time() + 3600:.0f}", text)


__all__ = ["CULPRIT", "ENV", "LIBRARIES", "MODULES", "ROOT", "UNPACKED", "Daemon", "Loop", "Peer", "Rsyslog", "check",
           "example", "free_port", "metrics_of", "needed", "program", "run_each", "stop", "until"]
