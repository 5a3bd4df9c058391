# SPDX-License-Identifier: BSD-2-Clause
"""Stories of what never answered while it was watched: dead before, taken out of use long ago, or never there."""
from backdrop import begin, good_peer, second
from stories_attempts import CLIENT, tries
from stories_network import A, B, C, run

METADATA = "169.254.169.254"
LOGS, LOGS2 = "10.1.200.9", "10.1.200.10"


def asked_each_ten(host, addr, port=80):
    """Two attempts each ten seconds, given up after two."""
    for i in run(host, 60, B, C):
        if i % 10 == 3:
            tries(host, addr, port, 2, live=2, live_syn=2)
        elif i % 10 == 4:
            tries(host, addr, port, 0, syn=2, live=2, live_syn=2, max_backoff=1)
        elif i % 10 == 5:
            tries(host, addr, port, 0, abandoned=2, live=0, live_syn=0, max_backoff=0)
    host.end()


def story_never_metadata(host):
    host.say(what="a cloud's agent on a host of one's own asks the metadata service each 10 s: a remark",
             expect=f"peer-unreachable {METADATA}:80", fault="tcp_peer peer.addr=" + METADATA, leads="NOTHING FOUND")
    begin(host)
    asked_each_ten(host, METADATA)


def story_never_metadata_that_answered(host):
    host.say(what="the same address answered before, on a cloud: then its silence is a fault as any other",
             expect=f"peer-unreachable {METADATA}:80", fault="tcp_peer peer.addr=" + METADATA,
             leads=f"NETWORK: {METADATA}:80 stopped answering")
    begin(host)
    good_peer(host, METADATA, 4, 80, **CLIENT)
    host.tick()
    asked_each_ten(host, METADATA)


def retries(host, addr, phase, port=514):
    """What rsyslog does in each two minutes, in looks of five seconds: one attempt, until the kernel gives it up."""
    if phase == 3:
        tries(host, addr, port, 1, live=1, live_syn=1)
    elif 3 < phase < 20:
        tries(host, addr, port, 0, syn=int(phase in (4, 5, 6, 8, 12, 18)), live=1, live_syn=1,
              live_stuck=int(phase > 5), max_backoff=min(6, phase - 3))
    elif phase == 20:
        tries(host, addr, port, 0, timed_out=1, live=0, live_syn=0, live_stuck=0, max_backoff=0)


def logs_to(host, *addrs):
    host.is_daemon(5)
    begin(host)
    for i in range(120):
        host.wait(4)
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        for addr in addrs:
            retries(host, addr, i % 24)
        host.tick()
    host.end()


def story_never_log_host(host):
    host.say(what="a log host was taken out of use years ago, and is tried for ever: nobody is to be woken for it",
             expect=f"peer-unreachable {LOGS}:514", fault="tcp_peer peer.addr=" + LOGS,
             leads=f"NETWORK: {LOGS}:514 does not answer")
    logs_to(host, LOGS)


def story_never_log_hosts(host):
    host.say(what="two of one subnet were: silent together for all that is known, but not since anything happened",
             expect="network-partition 10.1.200.0/24", fault=["tcp_peer peer.addr=" + a for a in (LOGS, LOGS2)],
             least="network-partition 0.8")
    logs_to(host, LOGS, LOGS2)


def story_never_one_port(host):
    host.say(what="a port that a firewall drops is tried beside one that works: this one port does not answer",
             expect=f"peer-unreachable {A}:8443", fault=f"tcp_peer peer.addr={A} peer.netns=4026531840 peer.port=8443",
             leads=f"NETWORK: {A}:8443 does not answer")
    begin(host)
    for i in run(host, 24, A, B, C):
        tries(host, A, 8443, int(i == 4), syn=int(i in (5, 7, 11)), live=int(i >= 4), live_syn=int(i >= 4),
              live_stuck=int(i > 6), max_backoff=(i >= 5) + (i >= 7) + (i >= 11))
    host.end()


def story_never_by_loopback(host):
    host.say(what="an IPv6 address that has no neighbour any more, for which the route points at loopback: not this host",
             expect="peer-unreachable [2001:db8::9]:5432", fault="tcp_peer peer.addr=2001:db8::9")
    begin(host)
    for i in run(host, 24, B, C):
        tries(host, "2001:db8::9", 5432, int(i == 4), syn=int(i in (5, 7, 11)), live=int(i >= 4), live_syn=int(i >= 4),
              live_stuck=int(i > 6), max_backoff=(i >= 5) + (i >= 7) + (i >= 11), ifindex=1)
    host.end()
