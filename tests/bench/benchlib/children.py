# SPDX-License-Identifier: BSD-2-Clause
"""The processes that the bench starts: each ends with its `with`, or with the bench."""

import contextlib
import ctypes
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

from .rows import NotMeasured

PR_SET_PDEATHSIG = 1
ATTACH_LIMIT_S = 20  # loading takes 0.5 s on an idle machine
STEADY_S = 0.3       # attached when the number of links has not changed for so long
DETACH_S = 0.3       # the kernel detaches a moment after the process is gone
LINKS = ("bpf_link", "bpf-raw-tracepoint", "[perf_event]")

_prctl = ctypes.CDLL(None).prctl


def _die_with_parent():
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def program(name):
    """The path of an installed program; libbpf-tools' have a suffix on some releases."""
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    for candidate in (name, name + "-libbpf"):
        found = shutil.which(candidate, path=path)
        if found:
            return found
    raise NotMeasured(f"{name} is not installed: sudo make deps-bench")


class Child:
    """A started process, its messages kept aside."""

    def __init__(self, argv, **popen):
        self.name = os.path.basename(argv[0])
        self.messages = tempfile.TemporaryFile()
        self.started = time.monotonic()
        popen = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **popen}
        try:
            self.process = subprocess.Popen(argv, stderr=self.messages, start_new_session=True,
                                            preexec_fn=_die_with_parent, **popen)
        except OSError as error:
            raise NotMeasured(f"{argv[0]}: {error.strerror}") from error
        self.pid = self.process.pid
        self.stdout, self.stdin = self.process.stdout, self.process.stdin
        self.pending = b""

    def stop(self):
        try:
            self.process.terminate()
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also when the bench itself was interrupted here
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        for stream in (self.stdin, self.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def last_message(self):
        self.messages.seek(0)
        lines = self.messages.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def fail(self, what):
        raise NotMeasured(f"{self.name} {what}: {self.last_message()}")

    def line(self, timeout):
        """The next line of its stdout and when it came; None at the end or after the timeout."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.stdout], [], [], left)[0]:
                return None
            data = os.read(self.stdout.fileno(), 1 << 16)
            self.arrived = time.monotonic()
            if not data:
                return None
            self.pending += data
        line, _, self.pending = self.pending.partition(b"\n")
        return line.decode("utf-8", "replace"), self.arrived

    def expect(self, text, timeout):
        """Reads up to a line that is exactly text."""
        while True:
            line = self.line(timeout)
            if line is None:
                self.fail(f"did not say {text}")
            if line[0] == text:
                return


@contextlib.contextmanager
def started(argv, **popen):
    """A process for the time of the `with`."""
    child = Child(argv, **popen)
    try:
        yield child
    finally:
        child.stop()


def links(pid):
    """How many BPF links and perf events a process holds."""
    count = 0
    with contextlib.suppress(OSError):
        for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                count += os.readlink(fd).endswith(LINKS)
    return count


def tracers():
    """Who else has BPF programs attached now: it costs every variant the same, but it costs."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and links(entry.name):
            with contextlib.suppress(OSError):
                found.append(f"{(entry / 'comm').read_text().strip()}[{entry.name}]")
    return found


def wait_attached(child):
    """Waits until a tracing tool has attached all that it will."""
    seen, since = 0, time.monotonic()
    while time.monotonic() < child.started + ATTACH_LIMIT_S:
        if child.process.poll() is not None:
            child.fail(f"ended with status {child.process.returncode}")
        now = links(child.pid)
        if now != seen:
            seen, since = now, time.monotonic()
        if seen and time.monotonic() - since > STEADY_S:
            return
        time.sleep(0.02)
    child.fail("attached nothing")


@contextlib.contextmanager
def attached(argv, **popen):
    """A tracing tool, attached. Its output goes to /dev/null; afterwards it is truly detached."""
    try:
        with started(argv, **popen) as child:
            wait_attached(child)
            yield child
    finally:
        time.sleep(DETACH_S)


def rival(name, *args):
    """What starts a rival. It sees a tracefs of its own where the host has none mounted."""
    def start():
        command = [program(name), *args]
        if os.path.isdir("/sys/kernel/tracing/events"):
            return attached(command)
        # A private mount: it goes with the process. exec keeps the pid.
        script = 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"'
        return attached([program("unshare"), "-m", "sh", "-c", script, name, *command])
    return start


def ours(culprit, *args):
    """What starts our own trace, long enough for any measurement."""
    def start():
        if not os.access(culprit, os.X_OK):
            raise NotMeasured(f"{culprit} is not built: make")
        return attached([culprit, "trace", "-d", "600", "--json", *args])
    return start


def output(argv, timeout):
    """What a program prints; it must end well and in time."""
    with started(argv, stdout=subprocess.PIPE) as child:
        try:
            out = child.process.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            child.fail(f"took longer than {timeout} s")
        if child.process.returncode != 0:
            child.fail(f"ended with status {child.process.returncode}")
    return out.decode("utf-8", "replace")


def figures(text):
    """"name value name value" as a dictionary of numbers."""
    words = text.split()
    return {name: float(value) for name, value in zip(words[::2], words[1::2])}
