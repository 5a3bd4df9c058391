# SPDX-License-Identifier: BSD-2-Clause
"""Starts a service of a root as its unit says, as far as that goes without a service manager: its user, its ambient
capabilities, its directories, and a socket that it tells its state."""
import configparser
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time

from chroot import ENV


def ours():
    """The capabilities that may be handed on: in a container root has not all of them."""
    text = subprocess.run(["setpriv", "--dump"], capture_output=True, text=True, check=True).stdout
    return set(re.search(r"^Capability bounding set: (.*)$", text, re.M)[1].split(","))


class Service:
    """`root`: a chroot.Root. Lines of the daemon's stdout and what it says on stderr are kept in files beside the root."""

    def __init__(self, root, unit_path):
        self.root = root
        unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
        unit.optionxform = str
        unit.read_string(unit_path.read_text(encoding="utf-8"))
        self.unit = unit["Service"]
        self.stdout = root.work / "stdout"
        self.stderr = root.work / "stderr"
        self.process = self.socket = None

    def _directories(self):
        for key, where, mode in (("Runtime", "run", "0755"), ("State", "var/lib", "0755"), ("Logs", "var/log", "0755")):
            if name := self.unit.get(f"{key}Directory"):
                self.root.run("install", "-d", "-o", self.unit["User"], "-g", self.unit["Group"],
                              "-m", self.unit.get(f"{key}DirectoryMode", mode), f"/{where}/{name}")

    def __enter__(self):
        self._directories()
        wanted = {name.lower().removeprefix("cap_") for name in self.unit["AmbientCapabilities"].split()}
        caps = "-all," + ",".join("+" + name for name in sorted(wanted & ours()))
        command = ["setpriv", "--reuid", self.unit["User"], "--regid", self.unit["Group"], "--clear-groups",
                   "--inh-caps", caps, "--ambient-caps", caps, "--bounding-set", caps, "--no-new-privs",
                   *shlex.split(self.unit["ExecStart"])]
        path = self.root.path / "run/notify"
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o777)
        with open(self.stdout, "wb") as out, open(self.stderr, "wb") as err:
            self.process = subprocess.Popen(self.root.command(*command), stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env=dict(ENV, NOTIFY_SOCKET="/run/notify"))
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.socket.close()

    def ready(self, limit=60):
        """Has it said READY=1 in time?"""
        end = time.monotonic() + limit
        while (left := end - time.monotonic()) > 0 and self.process.poll() is None:
            self.socket.settimeout(min(left, 1))
            try:
                if b"READY=1" in self.socket.recv(4096):
                    return True
            except socket.timeout:
                pass
        return False

    def end(self, limit=20):
        """The exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=limit)

    def lines(self):
        return [json.loads(line) for line in self.stdout.read_bytes().splitlines()]

    def said(self):
        return self.stderr.read_text(encoding="utf-8", errors="replace")
