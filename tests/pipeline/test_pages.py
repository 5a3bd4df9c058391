#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: the real Prometheus scrapes a real daemon and what replays of many captures would serve; the real
Alertmanager pages a local receiver, once for a class of a host or a cause of the fleet, and says when it is over.

usage: tests/pipeline/test_pages.py build/culprit

The daemon's fault is a loop device with a mounted file system, whose file is cut short; its line is forwarded by the real
rsyslog meanwhile.
"""
import contextlib
import pathlib
import subprocess
import sys
import time

from peers import Daemon, Loop, Rsyslog, check, free_port, metrics_of, needed, run_each, until
from stack import Stack, Web

WAIT_S = 60
# The hosts, their sites and the captures that their daemons have seen. Nothing of site "ams" can be scraped.
HOSTS = {
    "disk": ("fra", "disk-lost-failing"), "leak": ("fra", "leak-sockets"), "uplink": ("fra", "loss-whole-interface"),
    "peer-1": ("fra", "dead-peer"), "peer-2": ("fra", "dead-before-connect"), "peer-3": ("lon", "closed-window"),
    "batch-1": ("fra", "media-error"), "batch-2": ("lon", "two-bad-sectors"), "slow-leak": ("lon", "leak-4-minutes-each"),
    "cut-1": ("lon", "partition"), "cut-2": ("lon", "partition-two"), "cut-3": ("fra", "clients-cut-off"),
    "idle-1": ("fra", "idle-host"), "idle-2": ("lon", "idle-host"),
}
AMS = [(f"10.1.1.{n}:9", {"site": "ams", "instance": f"ams-{n}", "host_address": f"10.1.1.{n}", "host_subnet": "10.1.1.0/24"})
       for n in (9, 10)]
FLEET = {("CulpritFleetPeer", "10.1.1.2"), ("CulpritFleetUplink", "uplink"), ("CulpritFleetDiskBatch", "ST4000NM0035"),
         ("CulpritFleetSiteSilent", "fra to ams"), ("CulpritFleetSiteSilent", "lon to ams")}


def named(labels):
    """What a fleet's alert is about."""
    return labels["alertname"], labels.get("peer") or labels.get("instance") or labels.get("model") or \
        f"{labels['site']} to {labels['peer_site']}"


def of_hosts(web):
    got = until(lambda: web.told("/page", "firing", instance="disk", **{"class": "hardware"}), WAIT_S)
    check("a critical finding pages, with its first line", got and len(got[0]["alerts"]) == 1 and
          got[0]["alerts"][0]["annotations"]["summary"].startswith("DISK: sda is gone"), web.posts)
    check("another host's class is another page", until(
        lambda: web.told("/page", "firing", instance="leak", **{"class": "connection-leak"}), WAIT_S), web.posts)
    check("a warning is a ticket, and no page", until(lambda: web.told("/ticket", "firing", instance="slow-leak"), WAIT_S) and
          not web.told("/page", "firing", instance="slow-leak"), web.posts)
    check("a healthy host pages nobody", not any(web.told(path, "firing", instance=host) for path in ("/page", "/ticket")
                                                 for host in ("idle-1", "idle-2")), web.posts)


def of_fleet(web, stack):
    def firing():
        return {named(labels) for labels, _ in stack.query('ALERTS{alertstate="firing",scope="fleet"}')}
    check("joined over hosts: the peer, the uplink, the disk's model, the silent site, and nothing else",
          until(lambda: firing() == FLEET, WAIT_S), (firing(), stack.said()))
    check("each of the fleet's causes that is critical pages", until(
        lambda: all(web.told("/page", "firing", alertname=alert) for alert, _ in FLEET if alert != "CulpritFleetDiskBatch"),
        WAIT_S), web.posts)
    check("... the one that is a warning is a ticket, and no page", until(
        lambda: web.told("/ticket", "firing", alertname="CulpritFleetDiskBatch"), WAIT_S) and
          not web.told("/page", "firing", alertname="CulpritFleetDiskBatch"), web.posts)
    down = until(lambda: web.told("/ticket", "firing", alertname="CulpritDown"), WAIT_S)
    check("the silent site's hosts are one ticket", len(down) == 1 and len(down[0]["alerts"]) == len(AMS), down)
    time.sleep(10)  # longer than a host's group waits
    check("... and the hosts that report the peer, and those that report the silent site, page nobody themselves", not any(
        web.told("/page", "firing", instance=host) for host in HOSTS if host.startswith(("peer-", "cut-"))),
          [b["commonLabels"] for p, b in web.posts if p == "/page"])


def once(web):
    """After more than two intervals of a group."""
    hosts = {body["commonLabels"].get("instance"): 0 for body in web.told("/page", "firing")}
    for body in web.told("/page", "firing"):
        hosts[body["commonLabels"].get("instance")] += 1
    check("each class of a host in fault pages once", all(n == 1 for host, n in hosts.items() if host in ("disk", "leak")) and
          {"disk", "leak"} <= set(hosts), hosts)


@contextlib.contextmanager
def mounted(home):
    """A loop device with a file system in use."""
    with Loop() as loop:
        (home / "mount").mkdir()
        subprocess.run(["mkfs.ext4", "-q", loop.dev], check=True)
        subprocess.run(["mount", "-o", "ro", loop.dev, home / "mount"], check=True)
        try:
            yield loop
        finally:
            subprocess.run(["umount", home / "mount"], check=False, stderr=subprocess.DEVNULL)


def of_daemon(home, web, port, relay):
    """A real fault: both ways out of the host, timed."""
    lines = home / "fleet.jsonl"
    with mounted(home) as loop, relay.peer("take") as take, relay.peer("send") as send:
        check("the daemon's first lines are forwarded", until(lambda: lines.exists() and lines.stat().st_size, WAIT_S),
              (take.said(), send.said()))
        name, began = loop.dev.rsplit("/", 1)[1], time.monotonic()
        loop.fail(4)
        check("a real fault stands in the second rsyslog's file within 60 s", until(
            lambda: f'DISK: {name} fails requests' in lines.read_text(), 60), (take.said(), send.said()))
        forwarded = time.monotonic() - began
        got = until(lambda: web.told("/page", "firing", instance=f"127.0.0.1:{port}", **{"class": "hardware"}), 60 - forwarded)
        print(f"     in the file after {forwarded:.1f} s, paged after {time.monotonic() - began:.1f} s", flush=True)
        check("... and pages within 60 s, with its first line", got and any(
            f"DISK: {name} fails requests" in alert["annotations"]["summary"] for alert in got[0]["alerts"]), web.posts[-3:])
        subprocess.run(["umount", home / "mount"], check=False)
        loop.detach()
        check("... and it is over when the disk is gone", until(
            lambda: web.told("/page", "resolved", instance=f"127.0.0.1:{port}"), WAIT_S), web.posts[-3:])


def pages(home):
    home = pathlib.Path(home)
    paths, port = needed("rsyslogd", "prometheus", "prometheus-alertmanager"), free_port()
    if not paths:
        return
    (home / "daemon").mkdir()
    with Web() as web:
        web.pages = {f"/{host}": metrics_of(capture) for host, (_, capture) in HOSTS.items()}
        targets = [(f"127.0.0.1:{web.port}", {"site": site, "instance": host, "__metrics_path__": f"/{host}"})
                   for host, (site, _) in HOSTS.items()]
        stack = Stack(home, web, [*targets, *AMS, (f"127.0.0.1:{port}", {"site": "fra"})])
        with Daemon(home / "daemon", [f"metrics = {port}"], [f"file = {home}/culprit.jsonl"]), stack:
            check("all hosts but the silent site's are scraped", stack.scrapes(len(HOSTS) + 1), stack.said())
            of_hosts(web)
            of_fleet(web, stack)
            of_daemon(home, web, port, Rsyslog(home, paths[0], "file"))
            once(web)
            web.pages["/disk"] = web.pages["/idle-1"]
            check("it resolves when the finding does", until(
                lambda: web.told("/page", "resolved", instance="disk"), WAIT_S), web.posts[-3:])


if __name__ == "__main__":
    sys.exit(run_each("pages", pages))
