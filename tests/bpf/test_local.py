#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: queues of this host that overflow, and local ports that run out, in network namespaces made here.

usage: tests/bpf/test_local.py build/culprit

Two namespaces with a pair of veth between them: a server that accepts slowly, a UDP socket that is read slowly, a client
that uses up its ports; then all of it at a rate that they bear. What is started here is ended here, by pid.
"""
import json
import os
import subprocess
import sys

from harness import CULPRIT, check, summary

SIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm", "guest", "local_side.py")
SECONDS = 14
CLIENT, SERVER = f"culprit-c{os.getpid()}", f"culprit-s{os.getpid()}"


def run(*words):
    subprocess.run(words, check=True)


def made():
    for name in (CLIENT, SERVER):
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
    run("ip", "link", "add", "v0", "netns", CLIENT, "type", "veth", "peer", "name", "v0", "netns", SERVER)
    for name, address in ((CLIENT, "10.77.0.1/24"), (SERVER, "10.77.0.2/24")):
        run("ip", "-n", name, "addr", "add", address, "dev", "v0")
        run("ip", "-n", name, "link", "set", "v0", "up")


def removed():
    for name in (CLIENT, SERVER):
        subprocess.run(["ip", "netns", "del", name], check=False)


def side(netns, *words, wait=False):
    process = subprocess.Popen(["ip", "netns", "exec", netns, "python3", SIDE, *map(str, words)],
                               stdout=subprocess.PIPE, text=True)
    if wait:
        process.stdout.readline()
    return process


def traced(servers, clients):
    """The lines of a trace: the clients start once it is attached. And what each of all printed."""
    jobs = [side(SERVER, *words, wait=True) for words in servers]
    trace = subprocess.Popen([CULPRIT, "trace", "-d", str(SECONDS), "--json"], stdout=subprocess.PIPE, text=True)
    try:
        first = trace.stdout.readline()
        jobs += [side(CLIENT, *words) for words in clients]
        rest, _ = trace.communicate(timeout=SECONDS + 60)
    finally:
        for job in jobs:
            job.terminate()
        said = [job.communicate(timeout=20)[0] for job in jobs]
    return [json.loads(line) for line in [first, *rest.splitlines()]], said, jobs


def kinds(lines):
    return {l["kind"] for l in lines if l["type"] == "finding" and l["class"] == "system" and l["severity"] != "info"}


def overloaded():
    lines, said, jobs = traced([("slow-accept", 8080, 4, SECONDS + 30, 0.5), ("deaf", 9000, SECONDS + 30, 0.1),
                                ("slow-accept", 8081, 64, SECONDS + 30, 0)],
                               [("knock", "10.77.0.2", 8080, 20, SECONDS), ("shout", "10.77.0.2", 9000, 100, SECONDS),
                                ("dial", "10.77.0.2", 8081, 20, SECONDS)])
    found = {l["kind"]: l for l in lines if l["type"] == "finding"}
    for kind in ("listen-overflow", "udp-receive-drops", "port-exhaustion"):
        check(f"overloaded: {kind}", kind in found, sorted(found))
    # ip netns exec becomes the program: its number is the job's.
    for kind, job in (("listen-overflow", jobs[0]), ("udp-receive-drops", jobs[1])):
        subject = found.get(kind, {}).get("subject", {})
        check(f"overloaded: {kind} names the process", subject.get("pid") == job.pid, subject)
    # The 31 ports may run out towards the slow listener as well: that would be another finding, as true.
    to_8081 = [l for l in lines if l.get("kind") == "port-exhaustion" and l["type"] == "finding" and
               (l["subject"].get("addr"), l["subject"].get("port")) == ("10.77.0.2", 8081)]
    check("overloaded: port-exhaustion names the peer", to_8081, found.get("port-exhaustion"))
    refused = int(said[-1].split()[-1])
    counted = max((l["count"] for l in to_8081), default=0)
    check("overloaded: the refusals are counted", 0 < counted <= refused and counted >= refused // 2,
          (counted, refused))


def at_ease():
    lines, said, _ = traced([("slow-accept", 8080, 64, SECONDS + 30, 0), ("deaf", 9000, SECONDS + 30, 0, 65536)],
                            [("knock", "10.77.0.2", 8080, 20, SECONDS), ("shout", "10.77.0.2", 9000, 100, SECONDS)])
    check("at ease: no finding", not kinds(lines) & {"listen-overflow", "udp-receive-drops", "port-exhaustion",
                                                     "conntrack-full", "clock-step"}, kinds(lines))
    check("at ease: it was used", int(said[0].split()[-1]) > 50 and int(said[1].split()[-1]) > 200, said)


def main():
    try:
        made()
        run("ip", "netns", "exec", CLIENT, "sh", "-c", "echo 61000 61030 >/proc/sys/net/ipv4/ip_local_port_range")
        overloaded()
        run("ip", "netns", "exec", CLIENT, "sh", "-c", "echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range")
        at_ease()
    finally:
        removed()
    return summary()


if __name__ == "__main__":
    sys.exit(main())
