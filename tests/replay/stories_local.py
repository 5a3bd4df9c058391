# SPDX-License-Identifier: BSD-2-Clause
"""Stories of this host's own side of the network: queues that overflow, tables that are full, the clock."""
from backdrop import begin, second
from make_events import NETNS

WEB = {"inode": 4711, "proto": "tcp", "port": 8080, "netns": NETNS, "limit": 128}
LOGS = {"inode": 4712, "proto": "udp", "port": 514, "netns": NETNS, "limit": 212992}
NGINX = {"pid": 2300, "start_ns": 100 * 10**9, "comm": "nginx"}
SYSLOG = {"pid": 2400, "start_ns": 100 * 10**9, "comm": "rsyslogd"}


class Stack:
    """The counters of one network namespace, and those of the sockets that drop."""

    def __init__(self, host, netns=NETNS):
        self.host = host
        self.netns = netns
        self.count = {"accepted": 5000, "listen_overflows": 40, "listen_drops": 40, "udp_in": 90000, "udp_drops": 7}
        self.gauge = {"time_wait": 12, "tcp_inuse": 30, "port_low": 32768, "port_high": 60999}
        self.drops = {}

    def tell(self, **more):
        for key, value in more.items():
            if key in self.gauge:
                self.gauge[key] = value
            else:
                self.count[key] = self.count.get(key, 0) + value
        if "listen_overflows" in more:
            self.count["listen_drops"] += more["listen_overflows"]
        self.host.put("net_stack", netns=self.netns, **self.count, **self.gauge)

    def socket(self, known, more, queued, owner=None):
        """One that dropped so many more; its owner, once he was looked for ({} = nobody was found)."""
        key = known["inode"]
        self.drops[key] = self.drops.get(key, 20) + more
        self.host.put("socket_queue", **{**known, "netns": self.netns}, drops=self.drops[key], queued=queued,
                      flags=0 if owner is None else 1, **(owner or {}))


def begin_local(host):
    host.put("probe", name="host.stack", via="/proc/net/netstat, snmp; sock_diag", state="active")
    host.stack = Stack(host)
    host.stack.tell()
    host.fds(2300, "nginx", 60)
    host.fds(2400, "rsyslogd", 20)
    begin(host)


def seconds(host, n, look=None, **more):
    """So many seconds; `look` tells of the sockets at each, given its number."""
    for i in range(n):
        second(host)
        host.stack.tell(**{"accepted": 40, "udp_in": 500, **more})
        if look:
            look(i)
        host.tick()


def web(host, more=25, queued=129, known=WEB, owner=NGINX):
    """What is seen of the listener: the first look is its past, then who holds it is looked for."""
    return lambda i: host.stack.socket(known, more, queued, owner if i > 1 else None)


def logs(host, more, queued=212992, known=LOGS, owner=SYSLOG):
    return lambda i: host.stack.socket(known, more, queued, owner if i > 1 else None)


# ---- listen-overflow

def story_listen_overflow(host):
    host.say(what="a web server accepts too slowly: a third of the connections are turned away",
             expect="listen-overflow nginx[2300]", fault=["net_stack", "socket_queue"],
             across=["listen-overflow.min_turned_away=5000", "listen-overflow.min_span_s=40",
                     "listen-overflow.min_share=0.9"],
             least="listen-overflow 0.97")
    begin_local(host)
    seconds(host, 3)
    seconds(host, 10, web(host), listen_overflows=25)
    host.end()


def story_listen_overflow_unnamed(host):
    host.say(what="the same where sock_diag tells nothing: the host's, and less sure",
             expect="listen-overflow replay", fault="net_stack", most="listen-overflow 0.75")
    begin_local(host)
    seconds(host, 3)
    seconds(host, 10, listen_overflows=25)
    host.end()


def story_listen_overflow_recovers(host):
    host.say(what="it overflows, and then accepts all for two minutes: the finding is resolved",
             expect="listen-overflow nginx[2300]", fault=["net_stack", "socket_queue"])
    begin_local(host)
    seconds(host, 8, web(host), listen_overflows=25)
    seconds(host, 75)
    host.end()


def story_listen_flood(host):
    host.say(what="a SYN flood: the SYN queue overflows, no handshake ends, the accept queue stays empty",
             expect="none")
    begin_local(host)
    seconds(host, 3)
    seconds(host, 12, web(host, 3000, 0), syn_drops=3000, listen_drops=3000)
    host.end()


def story_listen_burst(host):
    host.say(what="five hundred clients at once: the backlog of 128 overflows, and again at their second try",
             expect="none", across="listen-overflow.min_span_s=1 listen-overflow")
    begin_local(host)
    seconds(host, 3)
    for more in (372, 244, 60, 0, 0, 0, 0, 0):
        seconds(host, 1, lambda _, more=more: host.stack.socket(WEB, more, 129, NGINX),
                listen_overflows=more, accepted=128)
    host.end()


def story_listen_now_and_then(host):
    host.say(what="a busy server, thousands of connections a second, of which one in five hundred is turned away",
             expect="none", across="listen-overflow.min_share=0.001 listen-overflow")
    begin_local(host)
    seconds(host, 12, web(host, 6), listen_overflows=6, accepted=3000)
    host.end()


def story_listen_old_drops(host):
    host.say(what="a listener that dropped thousands before the trace began, and none since", expect="none")
    begin_local(host)
    host.stack.socket(WEB, 90000, 0)
    seconds(host, 12)
    host.end()


# ---- udp-receive-drops

def story_udp_drops(host):
    host.say(what="a log server reads too slowly: a fifth of the datagrams is thrown away",
             expect="udp-receive-drops rsyslogd[2400]", fault=["net_stack", "socket_queue"],
             across=["udp-receive-drops.min_rate=1000", "udp-receive-drops.min_share=0.9",
                     "udp-receive-drops.min_span_s=40"],
             least="udp-receive-drops 0.97")
    begin_local(host)
    seconds(host, 3)
    seconds(host, 10, logs(host, 120), udp_drops=120)
    host.end()


def story_udp_two_sockets(host):
    host.say(what="two sockets share the drops, seven to three: each is named, the lesser with less confidence",
             expect=["udp-receive-drops rsyslogd[2400]", "udp-receive-drops statsd[2500]"],
             fault=["net_stack", "socket_queue"])
    begin_local(host)
    host.fds(2500, "statsd", 15)
    statsd = {"pid": 2500, "start_ns": 100 * 10**9, "comm": "statsd"}
    for i in range(10):
        second(host)
        host.stack.tell(udp_in=500, udp_drops=100)
        logs(host, 70)(i)
        logs(host, 30, known={**LOGS, "inode": 4713, "port": 8125}, owner=statsd)(i)
        host.tick()
    host.end()


def story_udp_burst(host):
    host.say(what="one burst larger than the buffer: nothing is said", expect="none")
    begin_local(host)
    seconds(host, 4)
    seconds(host, 1, logs(host, 4000), udp_drops=4000)
    seconds(host, 8)
    host.end()


def story_udp_unread_broadcast(host):
    host.say(what="a socket that nobody reads; two broadcasts a second fall into it", expect="none",
             across="udp-receive-drops.min_rate=1 udp-receive-drops")
    begin_local(host)
    seconds(host, 14, logs(host, 2), udp_drops=2)
    host.end()


def story_udp_few_of_many(host):
    host.say(what="a metrics server that loses one datagram in five thousand", expect="none",
             across="udp-receive-drops.min_share=0.0001 udp-receive-drops")
    begin_local(host)
    seconds(host, 12, logs(host, 8), udp_drops=8, udp_in=40000)
    host.end()


def story_udp_in_container(host):
    host.say(what="the same in a container's namespace: the command enters it; its process is not in the census",
             expect="udp-receive-drops collector[3100]", fault=["net_stack", "socket_queue"])
    begin_local(host)
    inner = Stack(host, 4026532999)
    inner.tell()
    for i in range(10):
        second(host)
        inner.tell(udp_in=200, udp_drops=90)
        inner.socket(LOGS, 90, 212992, {"pid": 3100, "start_ns": 500 * 10**9, "comm": "collector"} if i > 1 else None)
        host.tick()
    host.end()
