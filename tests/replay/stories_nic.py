# SPDX-License-Identifier: BSD-2-Clause
"""Stories of adapters and their links."""
from make_events import NETNS
from backdrop import begin, second

UP, RUNNING, VIRTUAL, CARRIER, ADDRESSED, WIRELESS, GONE = 1, 2, 8, 16, 32, 64, 128
GOOD = UP | RUNNING | CARRIER


class Nic:
    """An interface: told of as it is after each change."""

    def __init__(self, host, name, ifindex, **fields):
        self.host = host
        self.now = {"name": name, "ifindex": ifindex, "netns": NETNS, "hw_type": 1, "speed_mbps": 10000,
                    "flags": GOOD | ADDRESSED, "rx_packets": 5000, "tx_packets": 5000, "carrier_losses": 1,
                    **fields}
        self.tell()

    def tell(self):
        self.host.put("nic", **self.now)

    def traffic(self, packets=600, **more):
        for key, value in {"rx_packets": packets, "tx_packets": packets, **more}.items():
            self.now[key] = self.now.get(key, 0) + value
        self.tell()

    def flag(self, on=0, off=0, losses=0):
        self.now["flags"] = (self.now["flags"] | on) & ~off
        self.now["carrier_losses"] += losses
        self.tell()
        self.host.pulse()

    def lose(self):
        self.flag(off=RUNNING | CARRIER, losses=1)

    def regain(self):
        self.flag(on=RUNNING | CARRIER)

    def set_down(self):
        self.flag(off=UP | RUNNING | CARRIER, losses=1)


def begin_nic(host):
    host.put("probe", name="host.links", via="rtnetlink/RTNLGRP_LINK", state="active")
    host.eth0 = Nic(host, "eth0", 2)
    begin(host)


def seconds(host, n, *nics):
    for _ in range(n):
        second(host)
        for nic in nics:
            nic.traffic()
        host.tick()


def story_nic_link_down(host):
    host.say(what="the cable of eth0 is pulled and stays out", expect="nic-link-down eth0",
             fault="nic ifindex=2", across="nic-link-down.least_s=30", least="nic-link-down 0.9")
    begin_nic(host)
    seconds(host, 4, host.eth0)
    host.wait(0.4)
    host.eth0.lose()
    seconds(host, 9)
    host.end()


def story_nic_link_once(host):
    host.say(what="the link of eth0 is lost for two seconds and comes back: said, with less confidence",
             expect="nic-link-flap eth0", fault="nic ifindex=2",
             across="nic-link-flap.min_losses=2", most="nic-link-flap 0.79")
    begin_nic(host)
    seconds(host, 4, host.eth0)
    host.wait(0.4)
    host.eth0.lose()
    seconds(host, 2)
    host.eth0.regain()
    seconds(host, 6, host.eth0)
    host.end()


def story_nic_link_flap(host):
    host.say(what="the link of eth0 comes and goes four times", expect="nic-link-flap eth0",
             fault="nic ifindex=2", least="nic-link-flap 0.85")
    begin_nic(host)
    seconds(host, 3, host.eth0)
    for _ in range(4):
        host.wait(0.4)
        host.eth0.lose()
        seconds(host, 1)
        host.eth0.regain()
        seconds(host, 2, host.eth0)
    host.end()


def story_nic_link_once_for_long(host):
    host.say(what="the link of eth0 is away for 50 s, once, and comes back", fault="nic ifindex=2",
             expect=["nic-link-down eth0", "nic-link-flap eth0"])
    begin_nic(host)
    seconds(host, 4, host.eth0)
    host.wait(0.4)
    host.eth0.lose()
    seconds(host, 50)
    host.eth0.regain()
    seconds(host, 12, host.eth0)
    host.end()


def story_nic_link_settings(host):
    host.say(what="a script at boot sets rings, channels and MTU: the driver restarts its link three times; a warning",
             expect="nic-link-flap eth0", fault="nic ifindex=2")
    host.is_daemon(5)
    begin_nic(host)
    for _ in range(3):
        host.wait(1)
        host.eth0.lose()
        host.wait(2)
        host.eth0.regain()
        seconds(host, 1, host.eth0)
    sparse(host, 6, host.eth0)
    host.end()


def story_nic_link_flap_goes_on(host):
    host.say(what="the link is lost every twelve seconds, and goes on so: no settings do that",
             expect="nic-link-flap eth0", fault="nic ifindex=2", least="nic-link-flap 0.9")
    host.is_daemon(5)
    begin_nic(host)
    for _ in range(5):
        host.eth0.lose()
        host.wait(1)
        host.eth0.regain()
        sparse(host, 2, host.eth0)
    host.end()


def story_nic_link_flap_fast(host):
    host.say(what="the link is lost every two seconds: after eight times within 30 s it is no setting either",
             expect="nic-link-flap eth0", fault="nic ifindex=2", least="nic-link-flap 0.9")
    begin_nic(host)
    for _ in range(20):
        host.eth0.lose()
        host.wait(0.5)
        host.eth0.regain()
        host.wait(0.5)
        seconds(host, 1, host.eth0)
    host.end()


def story_nic_link_flap_again(host):
    host.say(what="five losses in the first minute, and two more twenty minutes later: these are of the last ten minutes",
             expect="nic-link-flap eth0", fault="nic ifindex=2")
    host.is_daemon(5)
    begin_nic(host)
    for n, looks in ((5, 240), (2, 1)):
        for _ in range(n):
            host.eth0.lose()
            host.wait(1)
            host.eth0.regain()
            seconds(host, 3, host.eth0)
        sparse(host, looks, host.eth0)
    host.end()


def story_nic_link_blinks(host):
    host.say(what="the link of eth0 blinks so briefly that only the kernel's count tells",
             expect="nic-link-flap eth0", fault="nic ifindex=2", least="nic-link-flap 0.85", across="nic-link-flap.min_losses=4")
    begin_nic(host)
    seconds(host, 3, host.eth0)
    for _ in range(3):
        host.eth0.now["carrier_losses"] += 1
        seconds(host, 2, host.eth0)
    host.end()


def story_nic_bond_member(host):
    host.say(what="bond0 loses one of its two members: the member is named, the bond is up",
             expect="nic-link-down eth1", fault="nic ifindex=3 flags=1")
    host.put("probe", name="host.links", via="rtnetlink/RTNLGRP_LINK", state="active")
    host.put("nic", name="bond0", ifindex=5, netns=NETNS, hw_type=1, flags=GOOD | ADDRESSED | VIRTUAL,
             kind="bond", speed_mbps=20000)
    host.eth0 = Nic(host, "eth0", 2, master=5, flags=GOOD)
    host.eth1 = Nic(host, "eth1", 3, master=5, flags=GOOD)
    begin(host)
    seconds(host, 4, host.eth0, host.eth1)
    host.wait(0.4)
    host.eth1.lose()
    seconds(host, 9, host.eth0)
    host.end()


def story_nic_set_down(host):
    host.say(what="the administrator sets eth0 down, and up again: no finding", expect="none")
    begin_nic(host)
    seconds(host, 4, host.eth0)
    host.wait(0.4)
    host.eth0.set_down()
    seconds(host, 7)
    host.eth0.flag(on=UP)
    seconds(host, 2)
    host.eth0.regain()
    seconds(host, 4, host.eth0)
    host.end()


def story_nic_set_down_slowly(host):
    host.say(what="a driver loses the carrier on its way down, by hand: no finding", expect="none")
    begin_nic(host)
    seconds(host, 4, host.eth0)
    host.wait(0.4)
    host.eth0.lose()
    host.wait(0.3)
    host.eth0.flag(off=UP)
    seconds(host, 7)
    host.end()


def story_nic_unused_port(host):
    host.say(what="a second port that never had a link, and a wireless one that loses its: no finding",
             expect="none")
    begin_nic(host)
    Nic(host, "eth1", 3, flags=UP)
    wlan = Nic(host, "wlan0", 4, flags=GOOD | ADDRESSED | WIRELESS)
    seconds(host, 4, host.eth0)
    wlan.lose()
    seconds(host, 8, host.eth0)
    host.end()


def story_nic_containers(host):
    host.say(what="containers come and go: their veths and the bridge lose links all the time",
             expect="none")
    begin_nic(host)
    bridge = Nic(host, "docker0", 9, kind="bridge", flags=GOOD | ADDRESSED | VIRTUAL)
    seconds(host, 2, host.eth0)
    for i in range(10):
        veth = Nic(host, f"veth{i:x}", 20 + i, kind="veth", master=9, flags=GOOD | VIRTUAL)
        routed = Nic(host, f"cali{i:x}", 40 + i, kind="veth", flags=GOOD | VIRTUAL)
        seconds(host, 1, host.eth0, veth, routed)
        veth.lose()
        routed.lose()
        bridge.lose()
        host.wait(0.3)
        veth.flag(on=GONE)
        routed.flag(on=GONE)
        bridge.regain()
    seconds(host, 2, host.eth0)
    host.end()


def story_nic_crc(host):
    host.say(what="one frame in five hundred arrives broken", expect="nic-errors eth0", fault="nic ifindex=2",
             across="nic-errors.min_errors=200", least="nic-errors 0.8")
    begin_nic(host)
    for _ in range(14):
        second(host)
        host.eth0.traffic(5000, rx_crc_errors=10, rx_errors=10)
        host.tick()
    host.end()


def sparse(host, n, *nics):
    """So many looks of a daemon, one in 5 s."""
    for _ in range(n):
        host.wait(4)
        seconds(host, 1, *nics)


def crc_after_loss(host, looks):
    host.is_daemon(5)
    begin_nic(host)
    seconds(host, 4, host.eth0)
    host.eth0.lose()
    host.wait(1)
    host.eth0.regain()
    sparse(host, looks, host.eth0)
    for _ in range(14):
        host.wait(4)
        second(host)
        host.eth0.traffic(5000, rx_crc_errors=10, rx_errors=10)
        host.tick()
    host.end()


def story_nic_crc_long_after_loss(host):
    host.say(what="the link was lost once; frames arrive broken a quarter of an hour later: no doubt of them for that",
             expect=["nic-errors eth0", "nic-link-flap eth0"], fault="nic ifindex=2", least="nic-errors 0.9")
    crc_after_loss(host, 180)


def story_nic_crc_with_loss(host):
    host.say(what="the link was lost once, and frames arrive broken right after that: they may go with it",
             expect=["nic-errors eth0", "nic-link-flap eth0"], fault="nic ifindex=2")
    crc_after_loss(host, 1)


def story_nic_missed(host):
    host.say(what="the adapter has no room for one frame in fifty: the ring is not emptied fast enough",
             expect="nic-errors eth0", fault="nic ifindex=2", across="nic-errors.max_missed_share=0.1", least="nic-errors 0.8")
    begin_nic(host)
    for _ in range(14):
        second(host)
        host.eth0.traffic(5000, rx_missed_errors=100, rx_dropped=100)
        host.tick()
    host.end()


def story_nic_crc_burst(host):
    host.say(what="a burst of broken frames as a plug is touched, and a few old ones: no finding",
             expect="none", across="nic-errors.least_s=0 nic-errors")
    begin_nic(host)
    for i in range(14):
        second(host)
        host.eth0.traffic(5000, rx_crc_errors=40 if i == 5 else 0)
        host.tick()
    host.end()


def story_nic_crc_rare(host):
    host.say(what="nine broken frames in fourteen seconds: below what is told", expect="none",
             across="nic-errors.min_errors=5 nic-errors")
    begin_nic(host)
    for i in range(14):
        second(host)
        host.eth0.traffic(5000, rx_crc_errors=1 if 2 < i < 12 else 0)
        host.tick()
    host.end()


def story_nic_missed_burst(host):
    host.say(what="a burst of traffic overflows the ring once: no finding", expect="none")
    begin_nic(host)
    for i in range(14):
        second(host)
        host.eth0.traffic(50000 if i == 5 else 5000, rx_missed_errors=5000 if i == 5 else 0)
        host.tick()
    host.end()


# ---- transmit timeouts

def begin_timeouts(host):
    host.put("probe", name="nic.timeout", via="tp_btf/net_dev_xmit_timeout", state="active")
    begin_nic(host)


def times_out(host, still_ms=5020, queue=0):
    host.put("nic_timeout", ifindex=2, netns=NETNS, name="eth0", driver="e1000e", queue=queue, still_ms=still_ms)
    host.pulse()


def story_nic_tx_timeout(host):
    host.say(what="eth0 hangs again and again: its link is up, its queues stand still, the driver resets it",
             expect="nic-tx-timeout eth0", fault="nic_timeout", least="nic-tx-timeout 0.85",
             across="nic-tx-timeout.min_timeouts=4")
    begin_timeouts(host)
    seconds(host, 4, host.eth0)
    for i in range(3):
        seconds(host, 5)
        host.wait(0.2)
        times_out(host, queue=i % 2)
    seconds(host, 2)
    host.end()


def story_nic_tx_timeout_once(host):
    host.say(what="a single timeout, after which eth0 goes on: a suspicion", expect="nic-tx-timeout eth0",
             fault="nic_timeout", most="nic-tx-timeout 0.79")
    begin_timeouts(host)
    seconds(host, 4, host.eth0)
    times_out(host)
    seconds(host, 8, host.eth0)
    host.end()


def story_nic_tx_timeout_recovers(host):
    host.say(what="two timeouts, then the adapter sends for minutes", expect="nic-tx-timeout eth0",
             fault="nic_timeout")
    begin_timeouts(host)
    seconds(host, 3, host.eth0)
    times_out(host)
    seconds(host, 5)
    times_out(host)
    seconds(host, 80, host.eth0)
    host.end()


def story_nic_tx_timeout_unplugged(host):
    host.say(what="the cable is pulled under load, and the queue stands still: the link is what is lost",
             expect="nic-link-down eth0", fault="nic ifindex=2")
    begin_timeouts(host)
    seconds(host, 4, host.eth0)
    host.eth0.lose()
    for i in range(9):
        host.put("nic_queue", ifindex=2, netns=NETNS, kind="fq_codel", packets=4000, bytes=4000000, backlog=30000 + i,
                 queued=20)
        seconds(host, 1)
    host.end()


def story_nic_tx_queue_full(host):
    host.say(what="a queue that is full for ten seconds and moves: no timeout", expect="none")
    begin_timeouts(host)
    for i in range(14):
        host.put("nic_queue", ifindex=2, netns=NETNS, kind="fq_codel", packets=4000 + 600 * i, bytes=800000 * (5 + i),
                 backlog=30000 + i, queued=20)
        seconds(host, 1, host.eth0)
    host.end()


def story_nic_tx_reset_by_hand(host):
    host.say(what="somebody resets eth0 by hand: set down and up, its queues were stopped; no timeout, no finding",
             expect="none")
    begin_timeouts(host)
    seconds(host, 4, host.eth0)
    host.eth0.set_down()
    seconds(host, 6)
    host.eth0.flag(on=UP)
    host.wait(0.5)
    host.eth0.regain()
    seconds(host, 5, host.eth0)
    host.end()
