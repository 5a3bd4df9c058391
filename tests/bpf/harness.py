# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of this directory that are in Python share: the program, checks, and a daemon of their own."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

CULPRIT = os.path.abspath(sys.argv[1])
RESULTS = []


def check(name, ok, detail=""):
    """Prints one result; true when it is good."""
    RESULTS.append(bool(ok))
    print(f"{'ok  ' if ok else 'FAIL'} {name}{'' if ok else ': ' + str(detail)[:2000]}", flush=True)
    return ok


def summary():
    """The last line, and the exit status."""
    print(f"{sum(RESULTS)} passed, {len(RESULTS) - sum(RESULTS)} failed")
    return 0 if all(RESULTS) else 1


def run_each(name, *tests):
    """Each test with a directory of its own; the exit status."""
    for test in tests:
        with tempfile.TemporaryDirectory(prefix=f"culprit-{name}-") as home:
            test(home)
    return summary()


def until(what, seconds=20):
    """What it returns as soon as that is true, or the last of it."""
    end = time.monotonic() + seconds
    while not (result := what()) and time.monotonic() < end:
        time.sleep(0.1)
    return result


def stop(process, seconds=20):
    """Ends it with SIGTERM; its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    return process.wait(timeout=seconds)


class Daemon:
    """A daemon with a tick of half a second and its files in `home`; lines of its settings file by section."""

    def __init__(self, home, daemon=(), sinks=(), general=("store = none",), more=(), *, options=(), env=None, before=(),
                 stdout=subprocess.DEVNULL):
        self.home = pathlib.Path(home)
        self.conf, self.socket = self.home / "conf", self.home / "run" / "control"
        self.options, self.before, self.stdout = list(options), list(before), stdout
        self.env = dict(os.environ, **(env or {}))
        # Who asks needs the socket only, and can ask whatever has become of the settings.
        self.asking = self.home / "asking"
        self.asking.write_text(f"[daemon]\nsocket = {self.socket}\n")
        self.process = None
        self.configure(daemon, sinks, general, more)

    def configure(self, daemon=(), sinks=(), general=("store = none",), more=()):
        """Writes the settings file; `more`: whole sections. Any budget, when none is named: such ticks cost what none would."""
        budgets = [f"{key} = 0" for key in ("budget_cpu", "budget_mb") if not any(line.startswith(key) for line in daemon)]
        self.conf.write_text("\n".join(["[general]", "tick_s = 0.5", *general, "[daemon]", f"socket = {self.socket}", *budgets,
                                        *daemon, *(["[sinks]", *sinks] if sinks else []), *more]) + "\n")

    def start(self):
        self.process = subprocess.Popen([*self.before, CULPRIT, "daemon", "-c", self.conf, *self.options],
                                        env=self.env, stdout=self.stdout, stderr=subprocess.PIPE, text=True)
        return self

    def ask(self, *words, **options):
        return subprocess.run([CULPRIT, words[0] if words else "status", "-c", self.asking, *words[1:]],
                              capture_output=True, text=True, timeout=30, check=False, **options)

    def answers(self):
        """False: it has ended, or says nothing."""
        return until(lambda: self.process.poll() is not None or self.ask().returncode == 0) and \
            self.process.poll() is None

    def __enter__(self):
        self.start()
        if not self.answers():
            raise RuntimeError(f"the daemon does not answer: {stop(self.process)}, {self.process.stderr.read()}")
        return self

    def __exit__(self, *_):
        stop(self.process)


class Loop:
    """A loop device over a file of 8 MiB in `folder`. An older kernel reads zeroes where the file ends, but not with `direct`, which
    the file system must be able to do."""

    def __init__(self, folder=None, direct=False):
        self.folder, self.options = folder, ["--direct-io=on"] if direct else []

    def __enter__(self):
        fd, self.path = tempfile.mkstemp(prefix="culprit-test-", dir=self.folder)
        os.ftruncate(fd, 8 << 20)
        os.close(fd)
        self.dev = subprocess.run(["losetup", "-f", "--show", *self.options, self.path], check=True, capture_output=True,
                                  text=True).stdout.strip()
        return self

    def fail(self, times):
        os.truncate(self.path, 4096)
        for i in range(1, times + 1):
            subprocess.run(["dd", f"if={self.dev}", "of=/dev/null", "bs=4k", "count=1", f"skip={256 * i}",
                            "iflag=direct"], stderr=subprocess.DEVNULL, check=False)

    def detach(self):
        if self.dev:
            subprocess.run(["losetup", "-d", self.dev], check=False)
            self.dev = None

    def __exit__(self, *_):
        self.detach()
        os.unlink(self.path)
