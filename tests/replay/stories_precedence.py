# SPDX-License-Identifier: BSD-2-Clause
"""Stories of what comes after another fault, or beside it: which finding stands for which, and until when."""
from backdrop import begin, good_peer, second
from stories_dns import S1, S2, Servers, fault
from stories_tls import EXPIRED, FAULT, S, VERIFY_FAILED, Tls
from stories_network import A, B, C, D, VECTOR, backoff, lossy, run, silent
from stories_peers import A3, closed_window

COUNTERS_OF_A = "tcp_peer peer.addr=" + A


def looks(host, n, *peers, segs=600):
    """Ordinary looks of a daemon, one in five seconds, to be filled by the caller before each tick."""
    for i in range(n):
        host.wait(4)
        second(host, peers=())
        for addr in peers:
            good_peer(host, addr, segs)
        yield i
        host.tick()


# ---- a peer that does not read, and then is dead

def story_not_reading_then_dead(host):
    host.say(what="a peer stops reading, then its host dies: connections time out, new ones are not answered, for ten minutes",
             expect=[f"peer-not-reading {A}:9092", f"peer-unreachable {A}:9092"], fault=COUNTERS_OF_A,
             least="peer-unreachable 0.85")
    host.is_daemon(5)
    begin(host)
    for i in looks(host, 130, B, C):
        if i < 5:
            good_peer(host, A)
        elif i < 9:
            closed_window(host, A, 5 * (i - 4))
        elif i < 30:
            host.peer(A, 9092, live=4, live_zero_win=4, zero_wait_ms=0, live_stuck=4, max_backoff=backoff(5 * (i - 8)),
                      **VECTOR)
        else:
            ended = {"broken": 4, "closed": 4} if i == 30 else {}
            host.peer(A, 9092, attempts=1, segs_out=3, syn=2, timed_out=1 if i > 31 else 0, live=2, live_syn=2,
                      live_zero_win=0, live_stuck=2, max_backoff=3, **ended)
    host.end()


def story_not_reading_then_dead_trace(host):
    host.say(what="the same in a trace of a minute: not sure yet, and nobody is told that its host is well",
             expect=[f"peer-not-reading {A}:9092", f"peer-unreachable {A}:9092"], fault=COUNTERS_OF_A,
             most="peer-unreachable 0.79")
    begin(host)
    for i in run(host, 60, B, C):
        if i < 5:
            good_peer(host, A)
        elif i < 13:
            closed_window(host, A, i - 4)
        else:
            silent(host, A, i - 12, live_zero_win=4, zero_wait_ms=0)
    host.end()


def story_not_reading_then_late(host):
    host.say(what="a peer does not read for a while, then slowly, its window closed at each look: it is no dead host",
             expect=f"peer-not-reading {A}:9092", fault=COUNTERS_OF_A)
    host.is_daemon(5)
    begin(host)
    for i in looks(host, 100, B, C):
        if 4 < i < 9:
            closed_window(host, A, 5 * (i - 4))
        else:
            good_peer(host, A, 200, live_zero_win=1, zero_wait_ms=400)
    host.end()


# ---- the interface, and a dead peer by it

def story_uplink_suspect_and_dead(host):
    host.say(what="three of four peers lose packets, the interface is suspected; the fourth dies: that is sure, and told",
             expect=["uplink-loss eth0", f"peer-unreachable {A}:9092"],
             fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"], least="peer-unreachable 0.85")
    begin(host)
    for i in run(host, 30):
        for addr in (B, C, D):
            lossy(host, addr, segs=500, ratio=0.018)
        if i < 10:
            good_peer(host, A, 500)
        else:
            silent(host, A, i - 9)
    host.end()


def story_uplink_over_then_dead(host):
    host.say(what="the interface loses packets to all for a while, who was asked falls quiet; half an hour later a peer dies",
             expect=["uplink-loss eth0", f"peer-unreachable {A}:9092"],
             fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"], least="peer-unreachable 0.85")
    host.is_daemon(5)
    begin(host)
    for i in looks(host, 400):
        for addr in (A, B, C):
            if i < 30:
                lossy(host, addr, segs=300)
            elif addr != A or i < 360:
                good_peer(host, addr, 1)
        if i >= 360:
            silent(host, A, 5 * (i - 359))
    host.end()


def story_uplink_lossy_backs_off(host):
    host.say(what="the interface loses 8 % to all, and to one of them a socket waits for seconds now and then: one fault",
             expect="uplink-loss eth0", fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"])
    begin(host)
    for i in run(host, 40):
        for addr in (B, C, D):
            lossy(host, addr, segs=400)
        if i % 12 < 7:
            lossy(host, A, segs=100, live_stuck=0)
        else:
            silent(host, A, i % 12 - 6)
    host.end()


def story_uplink_heavy_loss(host):
    host.say(what="the interface loses 30 % to all, and a socket gets nothing through for 14 seconds: by chance, no dead peer",
             expect="uplink-loss eth0", fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"])
    begin(host)
    for i in run(host, 40):
        for addr in (B, C, D):
            lossy(host, addr, segs=60, ratio=0.3)
        if i < 10 or i > 24:
            lossy(host, A, segs=40, ratio=0.3, live_stuck=0)
        else:
            now, before = backoff(i - 9), backoff(i - 10)
            host.peer(A, 9092, segs_out=now - before, rto=now - before, live=1, max_backoff=now,
                      live_stuck=1 if now >= 2 else 0, **VECTOR)
    host.end()


def story_partition_over_then_uplink(host):
    host.say(what="two of a subnet die and are taken out of use; a quarter of an hour later the interface loses packets to all",
             expect=["network-partition 10.1.1.0/24", "uplink-loss eth0"],
             fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"])
    host.is_daemon(5)
    begin(host)
    for i in looks(host, 300):
        for addr in (B, C, D):
            if i < 200:
                good_peer(host, addr, 300)
            else:
                lossy(host, addr, segs=500)
        for addr in (A, A3):
            if i < 5:
                good_peer(host, addr, 60)
            elif i < 17:
                silent(host, addr, 5 * (i - 4))
            elif i == 17:
                host.peer(addr, 9092, live=0, live_stuck=0, max_backoff=0, broken=4, closed=4)
            elif i == 80:
                host.peer(addr, 9092, flags=2)
    host.end()


# ---- name servers

def hook_ran(host, i, runs):
    """As the live source tells it: at the first look, and at each tenth."""
    if i % 10 == 0:
        host.put("hook", name="dns_answer", runs=runs)


def story_dns_dead_from_start(host):
    host.say(what="both name servers are dead since before the trace; the hook for answers runs, for other datagrams",
             expect=[f"dns-failure {S1}:53", f"dns-failure {S2}:53"], fault=[fault(S1), fault(S2)], most="dns-failure 0.7")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        hook_ran(host, i, 4 * i)
        servers.ask(S1, 20, 0)
        servers.ask(S2, 20, 0)
    host.end()


def story_dns_dead_or_unseen(host):
    host.say(what="the same, and the hook never ran: it may see none. Nothing is found, and the network is not clear",
             expect="none")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        hook_ran(host, i, 0)
        servers.ask(S1, 20, 0)
        servers.ask(S2, 20, 0)
    host.end()


def story_dns_hook_runs_all_well(host):
    host.say(what="the hook runs, and each query is answered after a second: the trace begins before any was", expect="none")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        hook_ran(host, i, 40 * i)
        servers.ask(S1, 20, 20 if i else 0)
    host.end()


def story_dns_nearly_half_lost(host):
    host.say(what="the only name server leaves 45 % of what it is asked unanswered: suspected", expect=f"dns-failure {S1}:53",
             fault=fault(S1), most="dns-failure 0.7", across="dns-failure.lost_share=0.5")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 30, B, C):
        servers.ask(S1, 40, 22)
    host.end()


def story_dns_restarted(host):
    host.say(what="the only name server is started again: six seconds of silence, and well again", expect="none",
             across="dns-failure.min_lost=15 dns-failure.wait_s=0 dns-failure")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        servers.ask(S1, 4, 0 if 12 <= i < 18 else 4)
    host.end()


def story_dns_first_of_two(host):
    host.say(what="some programs ask two servers at once and take the first answer, others ask the first only: nothing is lost",
             expect="none")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 40, B, C):
        servers.ask(S1, 15, 10)
        servers.ask(S2, 10, 6)
    host.end()


def story_dns_two_names(host):
    host.say(what="two names are asked for, all day, and each answer is SERVFAIL: suspected", expect=f"dns-failure {S1}:53",
             fault=fault(S1), most="dns-failure 0.7", across="dns-failure.min_alone=700")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 30, B, C):
        servers.ask(S1, 20, 20, failed=20, names=2)
    host.end()


def story_dns_two_names_of_many(host):
    host.say(what="two names of a broken zone are asked for again and again; what else is asked is answered", expect="none")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        servers.ask(S1, 20, 20, failed=20 if i % 5 else 19, names=2)
    host.end()


def story_dns_errors_now_and_then(host):
    host.say(what="a name server fails for half a minute, then for one answer in forty, as ever: told, and resolved",
             expect=f"dns-failure {S1}:53", fault=fault(S1))
    host.is_daemon(5)
    begin(host)
    servers = Servers(host)
    for i in looks(host, 150, B, C):
        servers.ask(S1, 40, failed=40 if i < 6 else 1, names=5 if i < 6 else 1)
    host.end()


def story_dns_errors_go_on(host):
    host.say(what="a name server that fails is hardly asked any more, and fails: not resolved", expect=f"dns-failure {S1}:53",
             fault=fault(S1))
    host.is_daemon(5)
    begin(host)
    servers = Servers(host)
    for i in looks(host, 150, B, C):
        if i < 6 or i % 30 == 0:
            servers.ask(S1, 40 if i < 6 else 2, failed=40 if i < 6 else 2, names=5 if i < 6 else 1)
    host.end()


def story_dns_one_name_all_day(host):
    host.say(what="one name is asked for and nothing else, and each answer is SERVFAIL: a remark, as that is its zone mostly",
             expect=f"dns-failure {S1}:53", fault=fault(S1), most="dns-failure 0.7")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 30, B, C):
        servers.ask(S1, 4, 4, failed=4, names=1)
    host.end()


# ---- TLS, once nobody looks any more

def renewed(host, after):
    """A job that connects ten times every three minutes; from its third run on it does as `after` says."""
    host.is_daemon(5)
    begin(host)
    tls = Tls(host)
    for i in looks(host, 300, B, C):
        if i == 3:
            tls.armed()
        if 2 <= i % 36 <= 6:
            if i < 72:
                tls.go(2, reason=VERIFY_FAILED, detail=EXPIRED)
            else:
                after(tls)
    host.end()


def story_tls_renewed_unseen(host):
    host.say(what="a certificate is renewed when nobody looks at handshakes any more; connections carry data again: resolved",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT)
    renewed(host, lambda tls: tls.tcp(2, brief=0))


def story_tls_fails_unseen(host):
    host.say(what="nobody looks any more, and the connections are as brief as ever: not resolved",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT)
    renewed(host, lambda tls: tls.tcp(2))


def story_tls_port_checked(host):
    host.say(what="nobody looks any more, and something connects only to see whether the port is open: not resolved",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT)
    renewed(host, lambda tls: tls.tcp(2, brief=0, segs_out=6))


# ---- entries that found no room

def story_table_burst(host):
    host.say(what="a burst once pushed peers out of the table; a quarter of an hour later nothing was lost for long: clear",
             expect="none")
    host.is_daemon(5)
    begin(host)
    for i in looks(host, 200, B, C):
        if i % 10 == 3:
            host.put("table", name="tcp.peers", used=16384 if i == 3 else 900, limit=16384, dropped=40)
    host.end()


def story_table_overflows(host):
    host.say(what="the table of peers is full and stays so: some of each minute is lost, and nothing can be told",
             expect="none")
    host.is_daemon(5)
    begin(host)
    for i in looks(host, 200, B, C):
        if i % 10 == 3:
            host.put("table", name="tcp.peers", used=16384, limit=16384, dropped=40 + i)
    host.end()


def story_table_burst_trace(host):
    host.say(what="a trace of ten minutes in which a burst pushed peers out of the table: what was in them is not known",
             expect="none")
    begin(host)
    for i in run(host, 600, B, C):
        if i == 3:
            host.put("table", name="tcp.peers", used=16384, limit=16384, dropped=40)
    host.end()
