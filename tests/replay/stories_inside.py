# SPDX-License-Identifier: BSD-2-Clause
"""Stories of ways that end within this host: bridges of containers and VMs, loopback; and of bridges that do not."""
from backdrop import begin, good_peer
from make_events import NETNS
from stories_attempts import tries
from stories_network import B, lossy, run, silent
from stories_nic import ADDRESSED, GOOD, VIRTUAL

PODS = [f"172.17.0.{n}" for n in (2, 3, 4, 5)]
DOCKER = 5


def bridge(host, name="docker0", *ports):
    """A bridge with such ports: (name, fields)."""
    host.put("nic", name=name, ifindex=DOCKER, netns=NETNS, flags=GOOD | VIRTUAL | ADDRESSED, kind="bridge", hw_type=1)
    for i, (port, fields) in enumerate(ports):
        host.put("nic", name=port, ifindex=20 + i, netns=NETNS, master=DOCKER, hw_type=1, **{"flags": GOOD, **fields})


VETH = ("veth1a2b", {"flags": GOOD | VIRTUAL, "kind": "veth"})
TAP = ("vnet0", {"flags": GOOD | VIRTUAL, "kind": "tun"})
ADAPTER = ("eth1", {"speed_mbps": 10000})
VXLAN = ("vxlan7", {"flags": GOOD | VIRTUAL, "kind": "vxlan"})


def all_lossy(host):
    for _ in run(host, 20, B):
        for addr in PODS:
            lossy(host, addr, 300, ifindex=DOCKER)
    host.end()


def uplink_fault(name):
    return {"expect": f"uplink-loss {name}", "least": "uplink-loss 0.9",
            "fault": [f"tcp_peer peer.addr={a}" for a in PODS] + [f"tcp_retrans peer.addr={a}" for a in PODS]}


def story_inside_uplink(host):
    host.say(what="all containers by docker0 lose 8 %: no cable, port or router is on that way",
             leads="NETWORK: docker0 loses packets to 4 of 4 peers, all within this host.", **uplink_fault("docker0"))
    begin(host)
    bridge(host, "docker0", VETH, TAP)
    all_lossy(host)


def story_inside_bridge_of_an_adapter(host):
    host.say(what="the same by a VM host's bridge, of which an adapter is a port: the uplink",
             leads="NETWORK: br0 loses packets to 4 of 4 peers: the uplink, not one path.", **uplink_fault("br0"))
    begin(host)
    bridge(host, "br0", TAP, ADAPTER)
    all_lossy(host)


def story_inside_bridge_of_a_tunnel(host):
    host.say(what="the same by a bridge that goes on to other hosts by VXLAN: not within this host",
             leads="NETWORK: br7 loses packets to 4 of 4 peers: the uplink, not one path.", **uplink_fault("br7"))
    begin(host)
    bridge(host, "br7", VETH, VXLAN)
    all_lossy(host)


def story_inside_own_cable(host):
    host.say(what="the same where this host is a container: its one cable, with its address, leads out",
             leads="NETWORK: eth7 loses packets to 4 of 4 peers: the uplink, not one path.", **uplink_fault("eth7"))
    begin(host)
    host.put("nic", name="eth7", ifindex=DOCKER, netns=NETNS, flags=GOOD | VIRTUAL | ADDRESSED, kind="veth", hw_type=1)
    all_lossy(host)


def story_inside_path(host):
    host.say(what="one container of three loses 8 %, by a cable without a bridge's help to any router",
             expect=f"path-loss {PODS[0]}:9092", least="path-loss 0.9",
             fault=[f"tcp_peer peer.addr={PODS[0]}", f"tcp_retrans peer.addr={PODS[0]}"])
    begin(host)
    bridge(host)
    for _ in run(host, 20):
        for addr in PODS[1:3]:
            good_peer(host, addr, 300, ifindex=DOCKER)
        lossy(host, PODS[0], 300, ifindex=DOCKER)
    host.end()


def slow(host, addr, is_slow):
    us = 200_000 if is_slow else 300
    good_peer(host, addr, 300, ifindex=DOCKER, srtt_us=us, min_rtt_us=200, fresh=2, fresh_srtt_us=us)


def story_inside_latency(host):
    host.say(what="a container's round trip goes from 0.3 ms to 200 ms, those of others stay: within this host",
             expect=f"path-latency {PODS[0]}:9092", fault=f"tcp_peer peer.addr={PODS[0]}")
    begin(host)
    bridge(host)
    for i in run(host, 24):
        for addr in PODS[1:3]:
            slow(host, addr, False)
        slow(host, PODS[0], i > 8)
    host.end()


def story_inside_latency_of_all(host):
    host.say(what="those of all containers do: no first router is on that way",
             expect="path-latency docker0", fault=[f"tcp_peer peer.addr={a}" for a in PODS],
             leads="NETWORK: 4 of 4 peers by docker0 answer late: all within this host.")
    begin(host)
    bridge(host)
    for i in run(host, 24):
        for addr in PODS:
            slow(host, addr, i > 8)
    host.end()


def story_inside_dead(host):
    host.say(what="a container answers no more, others by docker0 do: no hop is on the way to it",
             expect=f"peer-unreachable {PODS[0]}:9092", fault=f"tcp_peer peer.addr={PODS[0]}", least="peer-unreachable 0.85")
    begin(host)
    bridge(host)
    for i in run(host, 20, B):
        good_peer(host, PODS[1], 300, ifindex=DOCKER)
        if i < 5:
            good_peer(host, PODS[0], 300, ifindex=DOCKER)
        else:
            silent(host, PODS[0], i - 4, ifindex=DOCKER)
    host.end()


def story_inside_loopback_dead(host):
    host.say(what="attempts at a port of this host itself get no answer, another of its ports is well",
             expect="peer-unreachable 127.0.0.1:8080",
             fault=f"tcp_peer peer.addr=127.0.0.1 peer.netns={NETNS} peer.port=8080")
    begin(host)
    for i in run(host, 30, B):
        good_peer(host, "127.0.0.1", 300, 6379, ifindex=1)
        tries(host, "127.0.0.1", 8080, 2, syn=4 if i > 3 else 0, live=10, live_syn=10, live_stuck=8 if i > 4 else 0,
              max_backoff=min(5, i), ifindex=1)
    host.end()


def story_inside_attempts(host):
    host.say(what="half of the attempts at a container get no answer: no hop is on the way to it",
             expect=f"peer-unreachable {PODS[0]}:443", fault=f"tcp_peer peer.addr={PODS[0]}")
    begin(host)
    bridge(host)
    for i in run(host, 30, B):
        waiting = 5 * min(i, 7)
        tries(host, PODS[0], 443, 10, 5, syn=15 if i > 2 else 0, timed_out=5 if i > 7 else 0, live=waiting + 5,
              live_syn=waiting, live_stuck=25 if i > 5 else 0, max_backoff=min(i, 3), ifindex=DOCKER)
    host.end()
