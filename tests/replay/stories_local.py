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


def story_listen_overflow_seldom_looked_at(host):
    host.say(what="a daemon that looks twice a minute: half of all connections are turned away for minutes; three looks tell",
             expect="listen-overflow nginx[2300]", fault=["net_stack", "socket_queue"], least="listen-overflow 0.97")
    host.is_daemon(30)
    begin_local(host)
    for i in range(20):
        host.wait(29)
        second(host)
        bad = i > 2
        host.stack.tell(accepted=1200, udp_in=15000, listen_overflows=1200 if bad else 0)
        if bad:
            web(host, more=1200)(i)
        host.tick()
    host.end()


def story_listen_overflow_large(host):
    host.say(what="a backlog of 65535 overflows: what is advised is no smaller one", expect="listen-overflow nginx[2300]",
             fault=["net_stack", "socket_queue"])
    begin_local(host)
    seconds(host, 3)
    seconds(host, 10, web(host, queued=65536, known={**WEB, "limit": 65535}), listen_overflows=25)
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
             expect="none", across="listen-overflow.min_span_s=1 listen-overflow.min_late_share=0.05 listen-overflow")
    begin_local(host)
    seconds(host, 3)
    for more in (372, 244, 60, 0, 0, 0, 0, 0):
        seconds(host, 1, lambda _, more=more: host.stack.socket(WEB, more, 129, NGINX),
                listen_overflows=more, accepted=128)
    host.end()


def story_listen_echoes(host):
    host.say(what="a burst on a small backlog; who was turned away tries again after one second, and after seven",
             expect="none", across="listen-overflow.min_late_share=0.1 listen-overflow")
    begin_local(host)
    seconds(host, 3)
    for more in (43, 31, 0, 0, 0, 0, 0, 15, 3, 0, 0):
        seconds(host, 1, lambda _, more=more: host.stack.socket(WEB, more, 5, NGINX), listen_overflows=more, accepted=8)
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


def story_udp_large_buffer(host):
    host.say(what="a buffer of 64 MiB overflows: what is advised is no smaller one", expect="udp-receive-drops rsyslogd[2400]",
             fault=["net_stack", "socket_queue"])
    begin_local(host)
    seconds(host, 3)
    seconds(host, 10, logs(host, 60, queued=67108864, known={**LOGS, "limit": 67108864}), udp_drops=60)
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


def story_udp_workers(host):
    host.say(what="eight workers have a socket each on the same port (SO_REUSEPORT): none drops a fifth, together all",
             expect="udp-receive-drops dnsd[2600]", fault=["net_stack", "socket_queue"], least="udp-receive-drops 0.97")
    begin_local(host)
    for i in range(14):
        second(host)
        host.stack.tell(udp_in=500, udp_drops=81)
        for k in range(8):
            host.stack.socket({**LOGS, "inode": 90000 + k, "port": 53}, 10 + (k == 0), 212992,
                              {"pid": 2600 + k, "start_ns": 100 * 10**9, "comm": "dnsd"} if i > 1 else None)
        host.tick()
    host.end()


def story_udp_looked_at_in_turn(host):
    host.say(what="a namespace that is looked at in turn: what it dropped in the minutes before is no rate", expect="none",
             across="udp-receive-drops.min_rate=0.1 udp-receive-drops")
    begin_local(host)
    inner = Stack(host, 4026532999)
    inner.tell()
    seconds(host, 3)
    inner.tell(udp_in=60, udp_drops=60)
    inner.socket(LOGS, 0, 212992)
    own = {"pid": 3100, "start_ns": 500 * 10**9, "comm": "avahi-daemon"}
    for i in range(10):
        second(host)
        inner.tell(udp_in=1, udp_drops=1)
        inner.socket(LOGS, 1, 212992, own if i > 1 else None)
        host.tick()
    host.end()


def story_udp_late_looks(host):
    host.say(what="a busy host looks late: most of the drops were before the socket was first looked at; it is named",
             expect="udp-receive-drops rsyslogd[2400]", fault=["net_stack", "socket_queue"])
    begin_local(host)
    seconds(host, 1, logs(host, 319), udp_drops=42)
    host.wait(4)
    seconds(host, 1, lambda _: host.stack.socket(LOGS, 23, 212992, SYSLOG), udp_drops=300)
    seconds(host, 5, lambda _: host.stack.socket(LOGS, 55, 212992, SYSLOG), udp_drops=55)
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


# ---- receiver-backlog

def unread(host, known, wait, size=6000000, limit=6291456, over=0, owner=NGINX):
    """A connection that nobody has read from for so many seconds; its owner is looked for after two."""
    host.put("socket_unread", **{"inode": 5001, "addr": "10.1.0.5", "port": 8080, "peer": "10.0.3.7", "peer_port": 40112,
                                 "netns": NETNS, **known},
             unread=0 if over else size, memory=0 if over else limit, limit=limit, wait_ms=0 if over else round(1000 * wait),
             flags=(1 if wait >= 2 else 0) | (2 if over else 0), **(owner if wait >= 2 else {}))


def story_receiver_backlog(host):
    host.say(what="a local program is stuck: two of its connections are full of what it does not read",
             expect="receiver-backlog nginx[2300]", fault="socket_unread", least="receiver-backlog 0.85",
             across="receiver-backlog.stuck_s=20")
    begin_local(host)
    seconds(host, 3)
    seconds(host, 12, lambda i: (unread(host, {}, i), unread(host, {"inode": 5002, "peer_port": 40113}, max(0, i - 0.4))))
    host.end()


def story_receiver_backlog_recovers(host):
    host.say(what="it hangs for ten seconds, and reads again", expect="receiver-backlog nginx[2300]", fault="socket_unread")
    begin_local(host)
    seconds(host, 3)
    seconds(host, 10, lambda i: unread(host, {}, i))
    seconds(host, 1, lambda _: unread(host, {}, 10, over=1))
    seconds(host, 10)
    host.end()


def story_receiver_pause(host):
    host.say(what="a pause of three seconds for garbage collection fills the buffer", expect="none",
             across="receiver-backlog.stuck_s=2 receiver-backlog")
    begin_local(host)
    seconds(host, 3)
    seconds(host, 4, lambda i: unread(host, {}, i * 0.9))
    seconds(host, 1, lambda _: unread(host, {}, 3, over=1))
    seconds(host, 6)
    host.end()


def story_receiver_slow(host):
    host.say(what="a slow consumer: its buffer is always full, and it takes some each second", expect="none")
    begin_local(host)
    seconds(host, 14, lambda i: unread(host, {}, 0.3 + 0.2 * (i % 5)))
    host.end()


def story_receiver_few_bytes(host):
    host.say(what="a socket with the least of buffers, and a few bytes that nobody reads: it holds nobody up", expect="none",
             across="receiver-backlog.min_unread=100 receiver-backlog")
    begin_local(host)
    seconds(host, 14, lambda i: unread(host, {}, i, size=900, limit=2304))
    host.end()


def story_receiver_both_ends(host):
    host.say(what="both ends on this host: the sender sees a closed window, and the one that does not read is named",
             expect=["peer-not-reading 10.1.0.5:8080", "receiver-backlog nginx[2300]"],
             fault=["socket_unread", "tcp_peer peer.addr=10.1.0.5"])
    begin_local(host)
    seconds(host, 3)

    def look(i):
        host.peer("10.1.0.5", 8080, segs_out=2, live=2, live_zero_win=2, zero_wait_ms=1000 * i, ifindex=1, pid=731,
                  comm="vector", start_ns=100 * 10**9)
        if i > 5:  # its namespace's turn comes late
            unread(host, {}, i)

    seconds(host, 14, look)
    host.end()


# ---- conntrack-full

def tracked(host, n, entries, more=0, early=0, limit=65536, counted=1):
    """So many seconds in which the table holds these; each second so many more were dropped."""
    state = host.__dict__.setdefault("tracked", {"drops": 3, "early_drops": 9})
    for i in range(n):
        second(host)
        state["drops"] += more
        state["early_drops"] += early
        host.put("conntrack", entries=entries(i) if callable(entries) else entries, limit=limit, flags=counted,
                 **(state if counted else {}))
        host.stack.tell(accepted=40, udp_in=500)
        host.tick()


def story_conntrack_full(host):
    host.say(what="the connection-tracking table is full: packets of new connections are dropped",
             expect="conntrack-full replay", fault="conntrack", least="conntrack-full 0.98",
             across="conntrack-full.min_drops=5000 conntrack-full")
    begin_local(host)
    tracked(host, 3, 40000)
    tracked(host, 10, 65536, more=60, early=4)
    host.end()


def story_conntrack_nearly(host):
    host.say(what="the table is at 97 % for ten seconds, and nothing was dropped yet",
             expect="conntrack-full replay", fault="conntrack", most="conntrack-full 0.85",
             across=["conntrack-full.min_share=0.99", "conntrack-full.high_s=30"])
    begin_local(host)
    tracked(host, 3, 50000)
    tracked(host, 12, lambda i: 63600 + i % 2)
    host.end()


def story_conntrack_uncounted(host):
    host.say(what="full on a kernel that tells no drops: less sure", expect="conntrack-full replay", fault="conntrack",
             most="conntrack-full 0.85")
    begin_local(host)
    tracked(host, 14, 65536, counted=0)
    host.end()


def story_conntrack_half(host):
    host.say(what="a table at half of its size, with old drops from before", expect="none")
    begin_local(host)
    tracked(host, 14, lambda i: 32000 + 100 * i)
    host.end()


def story_conntrack_peak(host):
    host.say(what="a burst of short connections fills it to 96 % for four seconds", expect="none",
             across="conntrack-full.high_s=2 conntrack-full")
    begin_local(host)
    tracked(host, 4, 30000)
    tracked(host, 4, 63200)
    tracked(host, 8, 20000)
    host.end()


def story_conntrack_high(host):
    host.say(what="the table is at 91 % all the time; a packet a second lost a race, or was for want of a place: a suspicion",
             expect="conntrack-full replay", fault="conntrack", most="conntrack-full 0.6",
             across="conntrack-full.min_drops=100")
    begin_local(host)
    tracked(host, 3, 238600, limit=262144)
    tracked(host, 40, lambda i: 238600 + i % 3, more=1, limit=262144)
    host.end()


def story_conntrack_high_races(host):
    host.say(what="the table is at 96 % for long, and drops some: nearly full, and no word of new connections",
             expect="conntrack-full replay", fault="conntrack", least="conntrack-full 0.85", most="conntrack-full 0.85",
             across="conntrack-full.min_share=0.97 conntrack-full")
    begin_local(host)
    tracked(host, 3, 40000)
    tracked(host, 20, 63000, more=1)
    host.end()


def story_conntrack_clashes(host):
    host.say(what="a table at two in a hundred: what is dropped lost a race for the same connection, or was refused by "
                  "the TCP tracker", expect="none")
    begin_local(host)
    tracked(host, 3, 5000, limit=262144)
    tracked(host, 12, 5000, more=5, limit=262144)
    host.end()


def story_conntrack_race(host):
    host.say(what="four packets are dropped in one second, as the table reached its limit, and it empties", expect="none")
    begin_local(host)
    tracked(host, 4, 60000)
    tracked(host, 1, 65536, more=4)
    tracked(host, 8, 30000)
    host.end()


# ---- port-exhaustion

def dialling(host, n, opened, failed, time_wait, port=5432, local_port=0, err=0):
    """A client that opens and closes connections to 10.0.3.7; `failed` of them a second find no port."""
    for _ in range(n):
        second(host)
        for _ in range(min(failed, 3)):
            host.put("tcp_conn", peer__addr="10.0.3.7", peer__netns=NETNS, peer__port=port, peer__dir="out",
                     ifindex=2, local_port=local_port, remote_port=port, outcome="failed", err=err, pid=2600,
                     comm="orders", start_ns=100 * 10**9)
        host.peer("10.0.3.7", port, attempts=opened + failed, established=opened, closed=opened, failed=failed,
                  segs_out=6 * opened, bytes_acked=200 * opened, live=3, pid=2600, comm="orders",
                  start_ns=100 * 10**9)
        host.stack.tell(time_wait=time_wait, tcp_inuse=40)
        host.tick()


def begin_dial(host):
    begin_local(host)
    host.fds(2600, "orders", 30)


def story_ports_none_left(host):
    host.say(what="a client opens a connection for each request: TIME_WAIT holds all local ports towards the database",
             expect="port-exhaustion 10.0.3.7:5432", fault="tcp_conn", least="port-exhaustion 0.97",
             across=["port-exhaustion.min_failures=5000", "port-exhaustion.min_share=0.9"])
    begin_dial(host)
    dialling(host, 3, 400, 0, 27000)
    dialling(host, 10, 300, 120, 28190)
    host.end()


def story_ports_wide(host):
    host.say(what="none is left, of a range that is as wide as it gets: no narrower one is advised",
             expect="port-exhaustion 10.0.3.7:5432", fault="tcp_conn", least="port-exhaustion 0.97")
    begin_dial(host)
    host.stack.tell(port_low=1024, port_high=65535)
    dialling(host, 3, 400, 0, 60000)
    dialling(host, 10, 300, 120, 64400)
    host.end()


def story_ports_low_range(host):
    host.say(what="none is left, of a range that begins low and ends early: only its end is moved",
             expect="port-exhaustion 10.0.3.7:5432", fault="tcp_conn", least="port-exhaustion 0.97")
    begin_dial(host)
    host.stack.tell(port_low=10000, port_high=30000)
    dialling(host, 3, 400, 0, 19000)
    dialling(host, 10, 300, 120, 19900)
    host.end()


def story_ports_held_open(host):
    host.say(what="few ports are in use, and still none is free: reserved ones, so less sure",
             expect="port-exhaustion 10.0.3.7:5432", fault="tcp_conn", most="port-exhaustion 0.7")
    begin_dial(host)
    dialling(host, 8, 3, 20, 200)
    host.end()


def story_ports_after_bound(host):
    host.say(what="attempts fail from a port that was bound, for a minute; two minutes of peace later none is left",
             expect="port-exhaustion 10.0.3.7:5432", fault="tcp_conn", least="port-exhaustion 0.97")
    begin_dial(host)
    dialling(host, 60, 3, 3, 200, local_port=4000)
    dialling(host, 120, 100, 0, 20000)
    dialling(host, 40, 300, 120, 28190)
    host.end()


def story_ports_right_after_bound(host):
    host.say(what="the same, and none is left right after that: told after some seconds", expect="port-exhaustion 10.0.3.7:5432",
             fault="tcp_conn", least="port-exhaustion 0.97")
    begin_dial(host)
    dialling(host, 60, 3, 3, 200, local_port=4000)
    dialling(host, 30, 300, 120, 28190)
    host.end()


def story_ports_to_spare(host):
    host.say(what="TIME_WAIT by the thousands, with ports to spare: nothing fails", expect="none")
    begin_dial(host)
    dialling(host, 14, 400, 0, 24000)
    host.end()


def story_ports_race(host):
    host.say(what="two attempts lose the race for the last port, and are tried again", expect="none",
             across="port-exhaustion.min_failures=2 port-exhaustion.min_share=0.0001 port-exhaustion")
    begin_dial(host)
    dialling(host, 4, 400, 0, 27900)
    dialling(host, 1, 400, 2, 28200)
    dialling(host, 6, 400, 0, 28000)
    host.end()


def story_ports_bound(host):
    host.say(what="attempts fail before a SYN was sent, from a port that the program had bound itself", expect="none")
    begin_dial(host)
    dialling(host, 10, 3, 20, 200, local_port=4000)
    host.end()


# ---- the clock

UNSYNC = 0x40
PLL = 0x2001
YEAR = 1795370400 * 10**9


def begin_clock(host):
    host.put("probe", name="host.clock", via="adjtimex, timerfd", state="active")
    begin_local(host)


def clock(host, n, status=PLL, error=5000, grows=0, boot=864000):
    """So many seconds; each tells of the clock."""
    for i in range(n):
        second(host)
        host.put("clock_state", boottime_ns=(boot + i) * 10**9, status=status, state=5 if status & UNSYNC else 0,
                 max_error_us=error + grows * i, est_error_us=300)
        host.tick()


def step(host, by, boot=864000, leap=0):
    """The clock is set by so many seconds; culprit's own event of the clocks comes with it."""
    host.set_by = host.__dict__.get("set_by", 0) + by
    second(host)
    real = YEAR + host.now - 1000 * 10**9 + round(host.set_by * 10**9)
    # Booted that long ago from the first line on: else it would have slept meanwhile.
    first = boot * 10**9 - (host.now - 1000 * 10**9)
    host.lines[0] = host.lines[0].replace(f" boottime_ns={1000 * 10**9} ", f" boottime_ns={first} ")
    host.put("clock", boottime_ns=boot * 10**9, realtime_ns=real)
    host.put("clock_step", boottime_ns=boot * 10**9, realtime_ns=real, expected_ns=real - round(by * 10**9),
             status=PLL, leap=leap)
    host.tick()


def story_clock_lost_sync(host):
    host.say(what="the clock was in sync, and then is not any more", expect="clock-unsynchronized replay",
             fault=["clock_state"], least="clock-unsynchronized 0.95")
    begin_clock(host)
    clock(host, 4)
    host.wait(3500)
    clock(host, 3, status=UNSYNC, error=16000000, boot=867504)
    host.wait(100)
    clock(host, 6, status=UNSYNC, error=16000000, boot=867607)
    host.end()


def story_clock_until_corrected(host):
    host.say(what="the clock was set by hand: the kernel says not in sync until the time daemon next corrects it",
             expect="none", across="clock-unsynchronized.lost_s=2 clock-unsynchronized")
    begin_clock(host)
    clock(host, 4)
    clock(host, 8, status=UNSYNC, error=16000000)
    host.end()


def story_clock_on_the_way(host):
    host.say(what="a laptop away from the network for 70 minutes: told as info", expect="clock-unsynchronized replay",
             fault="clock_state", across="clock-unsynchronized.max_error_s=3")
    begin_clock(host)
    clock(host, 8, error=2100000, grows=500)
    host.end()


def story_clock_stale(host):
    host.say(what="the time daemon died hours ago: the error bound grows, and the kernel still says in sync",
             expect="clock-unsynchronized replay", fault="clock_state",
             across="clock-unsynchronized.max_error_s=10")
    begin_clock(host)
    clock(host, 8, error=9000000, grows=500)
    host.end()


def story_clock_never(host):
    host.say(what="a day after boot nobody has ever kept the clock: told as info",
             expect="clock-unsynchronized replay", fault="clock_state", most="clock-unsynchronized 0.6",
             across="clock-unsynchronized.never_s=1000000")
    begin_clock(host)
    clock(host, 8, status=UNSYNC, error=16000000)
    host.end()


def story_clock_starting(host):
    host.say(what="a virtual machine without a time daemon, minutes after its start", expect="none")
    begin_clock(host)
    clock(host, 12, status=UNSYNC, error=16000000, boot=90)
    host.end()


def story_clock_no_rtcsync(host):
    host.say(what="chrony without rtcsync: the kernel says that it is not in sync, with an error bound of 3 ms",
             expect="none")
    begin_clock(host)
    clock(host, 8, status=UNSYNC, error=3000)
    host.end()


def story_clock_between_polls(host):
    host.say(what="half an hour after the latest answer of the time server: the bound grew to a second", expect="none",
             across="clock-unsynchronized.max_error_s=0.5 clock-unsynchronized")
    begin_clock(host)
    clock(host, 12, error=1000000, grows=500)
    host.end()


def story_clock_set_back(host):
    host.say(what="somebody sets the clock back by an hour, while disk and network go on as ever: one finding",
             expect="clock-step replay", fault=["clock_step"], least="clock-step 0.98",
             across="clock-step.min_step_s=4000")
    begin_clock(host)
    clock(host, 5)
    step(host, -3600)
    clock(host, 8)
    host.end()


def story_clock_set_twice(host):
    host.say(what="two time daemons fight: ahead by two seconds, and back again", expect="clock-step replay",
             fault="clock_step")
    begin_clock(host)
    clock(host, 3)
    step(host, 2)
    clock(host, 3)
    step(host, -2)
    clock(host, 4)
    host.end()


def story_clock_first_set(host):
    host.say(what="a board without a battery gets its time when the network comes up: told as info",
             expect="clock-step replay", fault="clock_step")
    begin_clock(host)
    clock(host, 3, status=UNSYNC, error=16000000, boot=40)
    step(host, 30000000, boot=44)
    clock(host, 6, boot=45)
    host.end()


def story_clock_small_then_first(host):
    host.say(what="the same after a step by 0.1 s, which is too small to be told of: told as info",
             expect="clock-step replay", fault="clock_step", across="clock-step.min_step_s=0.05 clock-step")
    begin_clock(host)
    clock(host, 2, status=UNSYNC, error=16000000, boot=40)
    step(host, 0.1, boot=42)
    clock(host, 1, status=UNSYNC, error=16000000, boot=43)
    step(host, 30000000, boot=44)
    clock(host, 6, boot=45)
    host.end()


def story_clock_set_twice_at_boot(host):
    host.say(what="set ahead twice within a minute after boot, by an hour each: the second is no first setting",
             expect="clock-step replay", fault="clock_step")
    begin_clock(host)
    clock(host, 2, status=UNSYNC, error=16000000, boot=40)
    step(host, 3600, boot=42)
    clock(host, 1, boot=43)
    step(host, 3600, boot=44)
    clock(host, 6, boot=45)
    host.end()


def story_clock_leap_second(host):
    host.say(what="a leap second: told as info", expect="clock-step replay", fault="clock_step")
    begin_clock(host)
    clock(host, 3)
    step(host, -1, leap=1)
    clock(host, 6)
    host.end()


def story_clock_small_step(host):
    host.say(what="a time daemon starts and steps by 120 ms", expect="none", across="clock-step.min_step_s=0.1 clock-step")
    begin_clock(host)
    clock(host, 3)
    step(host, 0.12)
    clock(host, 8)
    host.end()


def story_clock_slewed(host):
    host.say(what="NTP slews the clock by a second within ten: it is never set", expect="none")
    begin_clock(host)
    for i in range(10):
        second(host)
        host.put("clock", boottime_ns=(1001 + i) * 10**9, realtime_ns=YEAR + (i + 1) * 1100000000)
        host.put("clock_state", boottime_ns=(1001 + i) * 10**9, status=PLL, max_error_us=9000)
        host.tick()
    host.end()
