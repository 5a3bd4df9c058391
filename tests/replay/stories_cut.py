# SPDX-License-Identifier: BSD-2-Clause
"""Stories of an interface by which nobody answers any more."""
from backdrop import begin, good_peer, second
from make_events import HOST_NETNS_2, NETNS
from stories_dns import S1, Servers, fault
from stories_network import A, B, C, D, VECTOR, silent
from stories_nic import ADDRESSED, GOOD, VIRTUAL, begin_nic

A3 = "10.1.1.3"
ALL = [f"tcp_peer peer.addr={addr}" for addr in (A, A3, B, C)]


def fates(host, seconds, **until):
    """Each address with the second in which it falls silent, and perhaps that in which it answers again."""
    for i in range(seconds):
        second(host, peers=())
        for addr, (dies, returns) in until.items():
            addr = {"a": A, "a3": A3, "b": B, "c": C}[addr]
            if dies <= i < returns:
                silent(host, addr, i - dies + 1)
            else:
                good_peer(host, addr, 300, max_backoff=0)
        yield i
        host.tick()
    host.end()


def story_cut_other_nic_fine(host):
    host.say(what="all three by eth0 are silent, the one by eth1 answers: it is not this host",
             expect="network-partition eth0", fault=ALL, least="network-partition 0.8",
             across="network-partition.min_peers=4 peer-unreachable",
             leads="NETWORK: nobody answers by eth0: 3 peers silent")
    begin(host)
    host.put("nic", name="eth1", ifindex=3, netns=NETNS, flags=3, speed_mbps=10000)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99), c=(6, 99)):
        good_peer(host, "10.1.0.6", 300, ifindex=3)


def story_cut_beside_idle(host):
    host.say(what="both busy peers fall silent, and forty connections to others have nothing to send: may be these two only",
             expect="network-partition eth0", fault=ALL, most="network-partition 0.55")
    begin(host)
    host.peer("10.1.7.7", 22, dir="in", segs_out=900, bytes_acked=70000, live=40, flags=1)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99)):
        pass


def story_cut_two_of_three(host):
    host.say(what="two of three by eth0 die at once, the third answers: two dead peers, not the uplink",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {B}:9092"], fault=ALL)
    begin(host)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99), c=(99, 99)):
        pass


def story_cut_far_apart(host):
    host.say(what="the only two peers die half a minute apart: one answered when the other was dead, each by itself",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {B}:9092"], fault=ALL)
    begin(host)
    for _ in fates(host, 50, a=(6, 99), b=(36, 99)):
        pass


def story_cut_neighbours_far_apart(host):
    host.say(what="two neighbours die half a minute apart, others answer: two dead peers, no subnet cut off",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {A3}:9092"], fault=ALL)
    begin(host)
    for _ in fates(host, 50, a=(6, 99), a3=(36, 99), b=(99, 99), c=(99, 99)):
        pass


def story_cut_noticed_late(host):
    host.say(what="the uplink dies; one of two peers is sent nothing until 30 s later: silent since then, together all the same",
             expect=[f"peer-unreachable {A}:9092", "network-partition eth0"], fault=ALL, least="network-partition 0.45",
             leads="NETWORK: nobody answers by eth0")
    begin(host)
    for i in range(50):
        second(host, peers=())
        for addr, dies in ((A, 6), (B, 36)):
            if i >= dies:
                silent(host, addr, i - dies + 1)
            elif i < 6:
                good_peer(host, addr, 300, max_backoff=0)
        host.tick()
    host.end()


def story_cut_grows(host):
    host.say(what="a subnet is cut off, ten seconds later all by eth0 is: the wider fault is told, once",
             expect=["network-partition 10.1.1.0/24", "network-partition eth0"], fault=ALL,
             leads="NETWORK: nobody answers by eth0: 4 peers silent")
    begin(host)
    for _ in fates(host, 30, a=(6, 99), a3=(6, 99), b=(16, 99), c=(16, 99)):
        pass


def story_cut_one_stays(host):
    host.say(what="the uplink is dead for 20 s; when it is back one of three peers does not answer: that one's own",
             expect=["network-partition eth0", f"peer-unreachable {A}:9092"], fault=ALL,
             leads=f"NETWORK: {A}:9092 stopped answering")
    begin(host)
    for _ in fates(host, 50, a=(6, 99), b=(6, 26), c=(6, 26)):
        pass


def story_cut_beside_one_long_dead(host):
    host.say(what="one peer is dead since minutes; then the uplink dies: one finding all the same, of the others",
             expect=[f"peer-unreachable {D}:9092", "network-partition eth0"], fault=[*ALL, "tcp_peer peer.addr=" + D],
             leads="NETWORK: nobody answers by eth0: 3 peers silent")
    host.is_daemon(5)
    begin(host)
    for i in range(64):
        host.wait(4)
        second(host, peers=())
        for addr, dies in ((D, 4), (A, 50), (B, 50), (C, 50)):
            if i >= dies:
                silent(host, addr, 5 * (i - dies + 1))
            else:
                good_peer(host, addr, 300, max_backoff=0)
        host.tick()
    host.end()


def blocked(host, addr, i):
    """A second of one that tries to connect for ever, and never is answered."""
    at = i % 8
    if at == 0:
        host.peer(addr, attempts=1, segs_out=1, timed_out=int(i > 0), live=1, live_syn=1, live_stuck=0, max_backoff=0,
                  **VECTOR)
    elif at in (1, 3, 7):
        host.peer(addr, syn=1, segs_out=1, live=1, live_syn=1, live_stuck=int(at > 1), max_backoff=(at + 1) // 2,
                  **VECTOR)


def story_cut_two_blocked(host):
    host.say(what="by eth0 two are tried that a firewall drops, and nobody else; eth1 is busy: eth0 is not cut off",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {B}:9092"], fault=ALL, most="peer-unreachable 0.6")
    begin(host)
    host.put("nic", name="eth1", ifindex=3, netns=NETNS, flags=3, speed_mbps=10000)
    for i in range(30):
        second(host, peers=())
        blocked(host, A, i)
        blocked(host, B, i)
        good_peer(host, "10.1.0.6", 300, ifindex=3)
        host.tick()
    host.end()


def story_cut_containers_end(host):
    host.say(what="two containers are gone without a word: nobody answers by their bridge, which has no adapter; less sure",
             expect="network-partition docker0", fault=["tcp_peer ifindex=5"], most="network-partition 0.7",
             leads="NETWORK: nobody answers by docker0: 2 peers silent, within this host.")
    begin(host)
    host.put("nic", name="docker0", ifindex=5, netns=NETNS, flags=GOOD | VIRTUAL, kind="bridge")
    host.put("nic", name="veth1", ifindex=6, netns=NETNS, flags=GOOD | VIRTUAL, kind="veth", master=5)
    for i in range(16):
        second(host, peers=())
        for addr in ("172.17.0.2", "172.17.0.3"):
            if i < 6:
                good_peer(host, addr, 300, ifindex=5)
            else:
                silent(host, addr, i - 5, ifindex=5)
        for addr in (A, B, C):
            good_peer(host, addr, 300)
        host.tick()
    host.end()


def story_cut_bond(host):
    host.say(what="a VLAN on a bond is silent, another bond answers: these lead outside as adapters do",
             expect="network-partition bond0.7", fault=["tcp_peer ifindex=12"], least="network-partition 0.8")
    begin(host)
    for ifindex, bond, port in ((8, "bond0", "eth2"), (10, "bond1", "eth3")):
        host.put("nic", name=bond, ifindex=ifindex, netns=NETNS, flags=GOOD | VIRTUAL, kind="bond", hw_type=1)
        host.put("nic", name=port, ifindex=ifindex + 1, netns=NETNS, flags=GOOD, master=ifindex, hw_type=1)
    host.put("nic", name="bond0.7", ifindex=12, netns=NETNS, flags=GOOD | VIRTUAL, kind="vlan", parent=8, hw_type=1)
    for i in range(16):
        second(host, peers=())
        for addr in (A, B):
            if i < 6:
                good_peer(host, addr, 300, ifindex=12)
            else:
                silent(host, addr, i - 5, ifindex=12)
        good_peer(host, C, 300, ifindex=10)
        host.tick()
    host.end()


def story_cut_odd_name(host):
    host.say(what="the interface has a name that no shell should see: advice goes without it",
             expect="network-partition a;reboot", fault=ALL)
    begin(host)
    host.put("nic", name="a;reboot", ifindex=2, netns=NETNS, flags=3, speed_mbps=10000)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99)):
        pass


def story_cut_name_server_too(host):
    host.say(what="the uplink dies, and what is asked of the name server stays unanswered: because of that, and no surer",
             expect=["network-partition eth0", f"dns-failure {S1}:53"], fault=[*ALL, fault(S1)],
             caused="dns-failure by network-partition", most="dns-failure 0.7", leads="NETWORK: nobody answers by eth0")
    begin(host)
    servers = Servers(host)
    for i in fates(host, 50, a=(16, 99), b=(16, 99), c=(16, 99)):
        servers.ask(S1, 4, 4 if i < 16 else 0)


def story_cut_containers_too(host):
    host.say(what="the uplink dies for the host and for two containers with networks of their own: because of it",
             expect=["network-partition eth0", "network-partition if7"],
             fault=[*ALL, "tcp_peer ifindex=7"], leads="NETWORK: nobody answers by eth0",
             caused="network-partition by network-partition")
    begin(host)
    for i in fates(host, 16, a=(6, 99), b=(6, 99), c=(6, 99)):
        for n, netns in enumerate((HOST_NETNS_2, HOST_NETNS_2 + 1)):
            inside = {"netns": netns, "ifindex": 7, "pid": 912 + n, "comm": "api", "start_ns": 300 * 10**9}
            for addr in (f"10.3.{n}.2", f"10.3.{n}.3"):
                if i < 6:
                    good_peer(host, addr, 300, **inside)
                else:
                    silent(host, addr, i - 5, **inside)


def moves_away(host, back):
    """The uplink of eth0 dies; what `back` does for each peer then, and nothing is sent by eth0 any more, for a quarter of
    an hour. A connection that is only held (see begin) is by eth0 all the time."""
    host.is_daemon(5)
    begin(host)
    host.put("nic", name="eth1", ifindex=3, netns=NETNS, flags=3, speed_mbps=10000)
    for i in range(190):
        host.wait(4)
        second(host, peers=())
        for addr in (A, B, C):
            if i < 6:
                good_peer(host, addr, 300)
            elif i < 12:
                silent(host, addr, 5 * (i - 5))
            else:
                back(addr, i)
        host.tick()
    host.end()


def story_cut_all_moved(host):
    host.say(what="the uplink of eth0 dies, and all goes by eth1 from then on: the finding does not stay open for a day",
             expect="network-partition eth0", fault=ALL, leads="NOTHING FOUND")
    moves_away(host, lambda addr, i: good_peer(host, addr, 300, max_backoff=0, live_stuck=0, ifindex=3))


def story_cut_all_gave_up(host):
    host.say(what="the uplink dies, and the programs are stopped: nobody asks any more, and the finding is over some day",
             expect="network-partition eth0", fault=ALL, leads="NOTHING FOUND")

    def gave_up(addr, i):
        if i == 12:
            host.peer(addr, 9092, live=0, live_stuck=0, max_backoff=0, broken=4)

    moves_away(host, gave_up)


def story_cut_of_a_bridge(host):
    host.say(what="all peers are reached by a bridge, whose port eth0 loses its cable: because of that",
             expect=["nic-link-down eth0", "network-partition br0"], fault=["nic ifindex=2", "tcp_peer ifindex=5"],
             caused="network-partition by nic-link-down", leads="ADAPTER: eth0 has had no link")
    begin_nic(host)
    host.put("nic", name="br0", ifindex=5, netns=NETNS, flags=GOOD | VIRTUAL | ADDRESSED, kind="bridge", hw_type=1)
    host.eth0.now["master"] = 5
    host.eth0.tell()
    for i in range(20):
        if i == 6:
            host.eth0.lose()
        second(host, peers=())
        for addr in (A, B, C):
            if i < 6:
                good_peer(host, addr, 300, ifindex=5)
            else:
                silent(host, addr, i - 5, ifindex=5)
        host.tick()
    host.end()


def story_cut_name_server_answers(host):
    host.say(what="both peers fall silent, and a name server answers all along: two dead peers rather than the uplink",
             expect=[f"peer-unreachable {A}:9092", f"peer-unreachable {B}:9092"], fault=ALL)
    begin(host)
    servers = Servers(host)
    for _ in fates(host, 16, a=(6, 99), b=(6, 99)):
        servers.ask(S1, 4)


def story_cut_tried_now_and_then(host):
    host.say(what="the uplink is dead for long, and programs try now and then, one by one: still one finding, no peer's",
             expect="network-partition eth0", fault=ALL, leads="NETWORK: nobody answers by eth0")
    host.is_daemon(5)
    begin(host)
    for i in range(150):
        host.wait(4)
        second(host, peers=())
        for n, addr in enumerate((A, B, C)):
            at = (i + n) % 30
            if i < 6:
                good_peer(host, addr, 300)
            elif i < 20:
                silent(host, addr, 5 * (i - 5))
            elif i == 20:
                host.peer(addr, live=0, live_stuck=0, max_backoff=0, broken=4)
            elif at == 0:
                host.peer(addr, attempts=1, segs_out=1, live=1, live_syn=1)
            elif at in (1, 2, 4):
                host.peer(addr, syn=1, segs_out=1)
            elif at == 12:
                host.peer(addr, live=0, live_syn=0, timed_out=1)
        host.tick()
    host.end()


def inside(host, i, dies, step=1):
    """What a container with a network of its own reaches, in second, or look, i."""
    more = {"netns": HOST_NETNS_2, "ifindex": 7, "pid": 912, "comm": "api", "start_ns": 300 * 10**9}
    for addr in ("10.3.1.2", "10.3.2.2"):
        if i < dies:
            good_peer(host, addr, 300, **more)
        else:
            silent(host, addr, step * (i - dies + 1), **more)


def story_cut_container_by_the_link(host):
    host.say(what="eth0 loses its cable, by which only a container talks: the link is told later than what came of it",
             expect=["nic-link-down eth0", "network-partition if7"], fault=["nic ifindex=2", "tcp_peer ifindex=7"],
             caused="network-partition by nic-link-down", leads="ADAPTER: eth0 has had no link")
    begin_nic(host)
    for i in range(24):
        second(host, peers=())
        if i == 6:
            host.eth0.lose()
        inside(host, i, 6)
        host.tick()
    host.end()


def story_cut_container_notices_first(host):
    host.say(what="a daemon: what a container sends is missed a look before what the host sends: the uplink's all the same",
             expect=["network-partition eth0", "network-partition if7"], fault=[*ALL, "tcp_peer ifindex=7"],
             caused="network-partition by network-partition", leads="NETWORK: nobody answers by eth0")
    host.is_daemon(5)
    begin(host)
    for i in range(26):
        host.wait(4)
        second(host, peers=())
        inside(host, i, 6, 5)
        for addr in (A, B):
            if i < 7:
                good_peer(host, addr, 300)
            else:
                silent(host, addr, 5 * (i - 6))
        host.tick()
    host.end()
