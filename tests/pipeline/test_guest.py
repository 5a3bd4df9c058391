#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root: a disk that is in use is pulled from a guest of a real kernel under emulation. Within a minute a local receiver is
paged, by the real Prometheus and Alertmanager of this host with the times of dist/prometheus, and the line stands in the file of
this host's rsyslog, to which the guest's own forwards.

usage: tests/pipeline/test_guest.py build/culprit [KERNEL]

The guest has an adapter on qemu's user network: Prometheus reaches its daemon through a port of loopback, its rsyslog
reaches this host's loopback; nothing else is asked for.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

from peers import CULPRIT, LIBRARIES, MODULES, ROOT, Rsyslog, check, free_port, needed, run_each, until
from stack import Stack, Web

sys.path.insert(0, str(ROOT / "tests" / "vm"))
from vmlib.guest import Guest  # noqa: E402

KERNEL = sys.argv[2] if len(sys.argv) > 2 else "6.1"
CACHE = pathlib.Path(os.environ.get("CULPRIT_CACHE", "/var/cache/culprit"))
SETTINGS = """[general]
store = none
[daemon]
socket = /run/culprit/control
metrics = 10.0.2.15:9899
[sinks]
file = /run/culprit.jsonl
"""


def kit(home):
    """What the guest starts with, as tests/vm/run.py has it, and a main of this test's."""
    for part in ("init", "jobs.sh", "disk.sh"):
        (home / "kit" / "guest").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests" / "vm" / "guest" / part, home / "kit" / "guest" / part)
    shutil.copy(ROOT / "tests" / "pipeline" / "guest_main", home / "kit" / "guest" / "main")
    shutil.copy(CULPRIT, home / "kit" / "culprit")
    return home / "kit"


class Running:
    """The guest, in a thread, from its boot to $OUT/end."""

    def __init__(self, home, rsyslogd, shipper, metrics):
        self.out = home / "out"
        self.out.mkdir()
        (self.out / "culprit.conf").write_text(SETTINGS)
        (self.out / "send.conf").write_text(shipper)
        directory = kit(home)
        env = {"CULPRIT": directory / "culprit", "VM_KERNEL": KERNEL, "RSYSLOGD": rsyslogd, "MODULES": MODULES,
               "LIBRARIES": ":".join(LIBRARIES)}
        self.guest = Guest(CACHE / KERNEL, directory, self.out, env,
                           f"user,id=host,hostfwd=tcp:127.0.0.1:{metrics}-10.0.2.15:9899")
        self.wrong = "it runs"
        self.thread = threading.Thread(target=self.run)

    def run(self):
        self.wrong = self.guest.run([("pages", 300)])

    def __enter__(self):
        self.thread.start()
        return self

    def tell(self, what):
        (self.out / what).touch()

    def said(self):
        return [self.guest.console_tail()] + [path.read_text(errors="replace")[-1500:] for path in
                                              (self.out / "log", self.out / "daemon.out", self.out / "shipper.out") if path.exists()]

    def __exit__(self, *_):
        self.tell("inject")
        self.tell("end")
        self.thread.join(60)
        self.guest.kill()
        self.thread.join()


def pulled(home, web, running, metrics):
    lines = home / "fleet.jsonl"
    known = until(lambda: lines.exists() and '"status"' in lines.read_text(), 150)
    check("the guest's first lines stand in this host's file", known, running.said())
    time.sleep(12)  # a scrape and a look
    running.tell("inject")
    began = time.monotonic()
    took = {}

    def seen():
        if "forwarded" not in took and '"kind":"disk-lost"' in lines.read_text(errors="replace"):
            took["forwarded"] = time.monotonic() - began
        if "paged" not in took and web.told("/page", "firing", instance=f"127.0.0.1:{metrics}", **{"class": "hardware"}):
            took["paged"] = time.monotonic() - began
        return len(took) == 2

    until(seen, 90)
    print(f"     {took}", flush=True)
    check("a fault in a guest stands in the second rsyslog's file within 60 s", took.get("forwarded", 99) < 60, running.said())
    check("... and pages the receiver within 60 s", took.get("paged", 99) < 60, (took, web.posts, running.said()))
    summaries = [alert["annotations"]["summary"] for _, body in web.posts for alert in body["alerts"]]
    opened = [line["message"] for line in map(json.loads, lines.read_text().splitlines())
              if line["type"] == "finding" and line["class"] == "hardware" and line["state"] == "open"]
    check("... with the line that it opened with", set(opened) & set(summaries), (opened, summaries))


def guest(home):
    home = pathlib.Path(home)
    home.chmod(0o755)
    paths = needed("rsyslogd", "prometheus", "prometheus-alertmanager", "qemu-system-x86_64")
    if not paths or not check(f"kernel {KERNEL} is there", subprocess.run(
            [ROOT / "tests" / "vm" / "kernels", KERNEL], check=False, stdout=subprocess.DEVNULL).returncode == 0):
        return
    metrics = free_port()
    relay = Rsyslog(home, paths[0], "file")
    shipper = (home / "send.conf").read_text()
    for old, new in ((str(home / "spool"), "/run/spool"), (str(home / "culprit.jsonl"), "/run/culprit.jsonl"),
                     ("127.0.0.1", "10.0.2.2")):
        shipper = shipper.replace(old, new)
    with Web() as web, relay.peer("take"), Stack(home, web, [(f"127.0.0.1:{metrics}", {"site": "vm"})], changes={}) as stack:
        with Running(home, paths[0], shipper, metrics) as running:
            check("Prometheus reaches the guest's daemon", stack.scrapes(1, 200), (running.said(), stack.said()))
            pulled(home, web, running, metrics)
        check("the guest ran to its end", running.wrong is None, (running.wrong, running.said()))


if __name__ == "__main__":
    sys.exit(run_each("guest", guest))
