#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the hand-made captures of this directory: NAME.events.

usage: tests/replay/make_events.py [NAME...]

Each capture is a small host with one story on it, told by a function of stories.py. The same script
gives the same bytes: nothing is random, nothing reads a clock. At the top of each capture comments say
what it is and what run.py holds it to:

  # what: a sentence
  # expect: KIND SUBJECT         a finding that is opened; "none" when nothing is
  # fault: TYPE NAME=VALUE...    the events that are the fault: without these lines no such finding
  # across: KEY=VALUE... [KIND]  with these thresholds: no finding; or, with KIND, this one
  # least: KIND NUMBER           its confidence is at least (and with "most": at most) so much
  # caused: KIND by KIND         the finding of the first kind is caused by that of the second (and KIND), or "by none"
  # leads: TEXT                  the first line of the report begins with that, less SUSPECT and OVER NOW
"""
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
NS = 1_000_000_000
START = 1000 * NS
NETNS = 4026531840
HOST_NETNS_2 = 4026532201

PROBES = ["tcp.retransmit", "tcp.state", "tcp.synack", "tcp.sample", "block.complete", "block.issue",
          "files.census", "files.scan"]
CAUSES = {"rto": 1, "fast": 2, "loss": 3, "tlp": 4, "syn": 5, "synack": 6, "other": 7}


class Host:
    """A host whose events are written in the order in which its methods are called."""

    def __init__(self, name, mode="trace"):
        self.name = name
        self.head = []
        self.lines = []
        self.now = START
        self.ticks = 0
        self.tick_s = 1
        self.io = {}
        self.peers = {}
        self.procs = {}
        self.fds_limit = 1024
        self.put("clock", boottime_ns=START, realtime_ns=1795370400 * NS)
        self.put("host", hostname="replay", machine_id="0123456789abcdef0123456789abcdef",
                 boot_id="6f1c8a52-0000-4000-8000-000000000001", kernel="6.1.0-56-amd64",
                 run="0192f3a1-0000-7000-8000-000000000001", version="0.1.0", netns=NETNS, cpus=4,
                 mode=mode)
        for probe in PROBES:
            self.put("probe", name=probe, via="tp_btf/" + probe, state="active")
        self.put("nic", name="lo", ifindex=1, netns=NETNS, flags=1 | 2 | 4)
        self.put("nic", name="eth0", ifindex=2, netns=NETNS, flags=1 | 2, speed_mbps=10000)

    def put(self, event, **fields):
        text = " ".join(f"{key.replace('__', '.')}={self.escape(value)}"
                        for key, value in fields.items() if value not in (0, "", None))
        self.lines.append(f"{self.now} {event} {text}".rstrip())

    @staticmethod
    def escape(value):
        return "".join(c if 0x20 < ord(c) < 0x7f and c != "\\" else f"\\x{ord(c):02x}"
                       for c in str(value))

    def say(self, **head):
        """Adds to the comments at the top: what, expect, fault, across, least, most, caused, leads."""
        for key, value in head.items():
            for text in value if isinstance(value, list) else [value]:
                self.head.append(f"# {key}: {text}")

    def is_daemon(self, tick_s=5):
        """From the first line on: as a daemon sees it, which looks once in so many seconds."""
        self.lines = [line.replace(" mode=trace", " mode=daemon") for line in self.lines]
        self.tick_s = tick_s

    # ---- time

    def wait(self, seconds):
        self.now += round(seconds * NS)

    def account(self):
        self.put("self", cpu_ns=20_000_000 + 400_000 * self.ticks, wall_ns=(self.ticks + 1) * NS,
                 rss_bytes=5_200_000, map_bytes=5_100_000)

    def tick(self):
        if self.ticks == 0:
            self.put("ring", name="tcp")
            self.put("ring", name="block")
            self.account()
        self.put("tick", seq=self.ticks, interval_ms=1000 * self.tick_s)
        self.ticks += 1

    def pulse(self):
        self.put("pulse")

    def end(self):
        self.account()
        self.put("end", reason="duration")

    # ---- disks

    def disk(self, name, dev, **fields):
        self.put("disk", dev=dev, name=name, **fields)

    def requests(self, dev, op, more, slot=14):
        """So many requests more, with latencies in one slot of the histogram (14: 128 us)."""
        n = self.io[dev, op] = self.io.get((dev, op), 0) + more
        self.put("block_stat", dev=dev, op=op, requests=n, bytes=4096 * n, hist=f"{slot}:{n}")

    def fails(self, dev, op, status, sector, lat_ns=3_000_000, **fields):
        self.put("block_io", dev=dev, op=op, status=status, reason="error", sector=sector, bytes=4096,
                 lat_ns=lat_ns, **fields)

    # ---- peers

    def peer(self, addr, port=9092, **fields):
        """Adds to a peer's counters and sets its gauges; the causes of resends as rto=, fast=..."""
        direction = fields.pop("dir", "out")
        netns = fields.pop("netns", NETNS)
        state = self.peers.setdefault((addr, port, direction, netns), {"retrans": [0] * 8})
        gauges = ("live", "live_syn", "live_stuck", "max_backoff", "live_zero_win", "live_reord",
                  "srtt_us", "min_rtt_us", "zero_wait_ms",
                  "fresh", "fresh_srtt_us", "fresh_queued", "large_stuck", "large_resends", "large_sacked", "small_lost",
                  "large_passing", "large_size", "small_size", "unsent", "unsent_tries", "pid", "comm", "start_ns", "flags",
                  "ifindex", "close_wait")
        for key, value in fields.items():
            if key in CAUSES:
                state["retrans"][CAUSES[key]] += value
                state["segs_retrans"] = state.get("segs_retrans", 0) + value
            elif key in gauges:
                state[key] = value
            else:
                state[key] = state.get(key, 0) + value
        out = {"ifindex": 2, **state}
        retrans = out.pop("retrans")
        text = ",".join(map(str, retrans)) if any(retrans) else ""
        self.put("tcp_peer", peer__addr=addr, peer__netns=netns, peer__port=port, peer__dir=direction,
                 retrans=text, **out)
        state.pop("flags", None)

    # ---- processes

    def fds(self, pid, comm, count, limit=None, born=100, netns=NETNS):
        """The census of a process, born so many seconds after boot."""
        if self.procs.get(pid) == count:
            return
        self.procs[pid] = count
        self.put("proc_fds", pid=pid, start_ns=born * NS, fds=count,
                 limit=limit or self.fds_limit, comm=comm, netns=netns)

    def who(self, pid, comm, exe, cgroup, born=100):
        self.put("proc", pid=pid, start_ns=born * NS, ppid=1, comm=comm, exe=exe, cgroup=cgroup,
                 netns=NETNS)

    def scan(self, pid, number, groups, born=100):
        """A breakdown: groups are dicts with count, kind, and what else is known."""
        for group in groups:
            self.put("fd_group", pid=pid, start_ns=born * NS, scan=number, **group)
        self.put("fd_scan", pid=pid, start_ns=born * NS, scan=number,
                 fds=sum(g["count"] for g in groups), groups=len(groups), sent=len(groups))

    def write(self):
        path = os.path.join(HERE, self.name + ".events")
        with open(path, "w", encoding="ascii") as f:
            f.write("culprit-capture 1 abi 1 culprit 0.1.0 unsealed\n")
            f.write("\n".join(self.head + self.lines) + "\n")


def main():
    import stories
    known = stories.all_stories()
    wanted = sys.argv[1:] or sorted(known)
    for name in wanted:
        if name not in known:
            sys.exit(f"no story named {name}")
        host = Host(name)
        known[name](host)
        host.write()
    print(f"{len(wanted)} captures written")


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    sys.modules["make_events"] = sys.modules["__main__"]
    main()
