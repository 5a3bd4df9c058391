# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of this directory share: Debian's programs on loopback, with their files in a directory of the test,
ended by pid, and the examples of dist/ with the test's own addresses."""
import pathlib
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bpf"))
from harness import CULPRIT, Daemon, Loop, check, run_each, stop, until  # noqa: E402
from programs import ENV, UNPACKED, program  # noqa: E402


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


def metrics_of(capture):
    """What a daemon would serve at the end of a capture of tests/replay."""
    with tempfile.NamedTemporaryFile(prefix="culprit-metrics-") as file:
        subprocess.run([CULPRIT, "replay", "--metrics-file", file.name, ROOT / f"tests/replay/{capture}.events"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        return pathlib.Path(file.name).read_text()


__all__ = ["CULPRIT", "ENV", "ROOT", "UNPACKED", "Daemon", "Loop", "Peer", "check", "example", "free_port",
           "metrics_of", "needed", "program", "run_each", "stop", "until"]
