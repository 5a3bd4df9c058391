# SPDX-License-Identifier: BSD-2-Clause
"""Stories of clients with lines of their own, of peers that are sent little, and of faults that end."""
from backdrop import begin, good_peer, second
from make_events import HOST_NETNS_2, NETNS
from stories_latency import trip
from stories_local import LOGS, SYSLOG, begin_local, logs, seconds, web
from stories_network import A, B, C, COUNTERS_OF_A, D, E, lossy, silent
from stories_nic import begin_nic
from stories_peers import closed_window, ends

NGINX = {"pid": 950, "comm": "nginx", "start_ns": 100 * 10**9}
BAD_LINE = "203.0.113.9"
QUIET = "10.1.9.7"


def client(host, addr, segs=100, **more):
    """A second's worth of one that fetches from us."""
    good_peer(host, addr, segs, 443, dir="in", **{**NGINX, **more})


def lines(n):
    """So many clients, each of a network of its own."""
    return [f"198.51.{k}.7" for k in range(n)]


# ---- clients


def story_client_bad_line(host):
    host.say(what="a public server: 60 clients are well, one on a bad line loses 5 %: a remark, no fault",
             expect=f"path-loss {BAD_LINE}:443", fault=f"tcp_peer peer.addr={BAD_LINE}")
    begin(host)
    for _ in range(20):
        second(host, peers=())
        for addr in lines(60):
            client(host, addr, 60)
        client(host, BAD_LINE, 120, fast=5, rto=1)
        host.tick()
    host.end()


def story_agent_bad_path(host):
    host.say(what="a collector: 20 agents of its own network are well, the path to one loses 5 %: that is a fault",
             expect="path-loss 10.1.3.9:443", fault="tcp_peer peer.addr=10.1.3.9")
    begin(host)
    for _ in range(20):
        second(host, peers=())
        for k in range(20):
            client(host, f"10.1.2.{k + 1}", 60)
        client(host, "10.1.3.9", 120, fast=5, rto=1)
        host.tick()
    host.end()


def story_client_bad_line_alone(host):
    host.say(what="the only client loses 5 %, nobody else is busy: its line or our uplink, a suspicion",
             expect=f"path-loss {BAD_LINE}:443", fault=f"tcp_peer peer.addr={BAD_LINE}", most="path-loss 0.7")
    begin(host)
    for _ in range(20):
        second(host, peers=())
        client(host, BAD_LINE, 120, fast=5, rto=1)
        host.tick()
    host.end()


def story_clients_of_a_bad_network(host):
    host.say(what="three clients of one network lose 5 %, twenty others are well: a remark, no fault",
             expect="path-loss 203.0.113.0/24", fault="tcp_peer peer.port=443 pid=951")
    begin(host)
    for _ in range(20):
        second(host, peers=())
        for addr in lines(20):
            client(host, addr, 60)
        for k in range(3):
            client(host, f"203.0.113.{k + 9}", 120, fast=5, rto=1, pid=951)
        host.tick()
    host.end()


def mobile_clients(host, n, lossy_of_them, databases):
    for i in range(20):
        second(host, peers=())
        for k, addr in enumerate(lines(n)):
            client(host, addr, **({"fast": 1 + (i + k) % 2} if k < lossy_of_them else {}))
        for addr in databases:
            good_peer(host, addr, 900, 5432)
        good_peer(host, "172.17.0.1", 500, 8080, netns=HOST_NETNS_2, ifindex=7)
        host.tick()


def story_clients_mobile(host):
    host.say(what="a server of mobile clients: 55 of 60 lose 1.5 % on their last mile, both databases nothing",
             expect="none")
    begin(host)
    mobile_clients(host, 60, 55, [A, B])
    host.end()


def story_clients_mobile_one_database(host):
    host.say(what="the same with a single database, and 20 of 24 clients", expect="none")
    begin(host)
    mobile_clients(host, 24, 20, [A])
    host.end()


def story_clients_and_a_lossy_database(host):
    host.say(what="mobile clients lose as ever, and one database of three does too: that path is told of",
             expect=f"path-loss {A}:9092", fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A], least="path-loss 0.85")
    begin(host)
    for i in range(20):
        second(host, peers=())
        for k, addr in enumerate(lines(24)):
            client(host, addr, **({"fast": 1 + (i + k) % 2} if k < 20 else {}))
        for addr in (B, C):
            good_peer(host, addr, 900, 5432)
        lossy(host, A)
        host.tick()
    host.end()


def lossy_client(host, addr, segs=100, ratio=0.08, **more):
    lost = round(segs * ratio)
    client(host, addr, segs, fast=lost - lost // 8, rto=lost // 8, max_backoff=1, **more)


CLIENTS_LOSE = ["tcp_peer peer.dir=in peer.port=443", "tcp_retrans ifindex=2"]


def story_uplink_of_clients_only(host):
    host.say(what="a server that only clients connect to: its own uplink loses 8 % to all twelve",
             expect="uplink-loss eth0", fault=CLIENTS_LOSE, least="uplink-loss 0.85",
             across="uplink-loss.client_weight=5 uplink-loss")
    begin(host)
    for i in range(20):
        second(host, peers=())
        for k, addr in enumerate(lines(12)):
            lossy_client(host, addr, 80 + 20 * ((i + k) % 3))
        good_peer(host, "172.17.0.1", 500, 8080, netns=HOST_NETNS_2, ifindex=7)
        host.tick()
    host.end()


def story_uplink_of_few_clients(host):
    host.say(what="the same with four clients: uplink or four bad lines, a suspicion", expect="uplink-loss eth0",
             fault=CLIENTS_LOSE, least="uplink-loss 0.5", most="uplink-loss 0.7")
    begin(host)
    for i in range(20):
        second(host, peers=())
        for k, addr in enumerate(lines(4)):
            lossy_client(host, addr, 80 + 20 * ((i + k) % 3))
        good_peer(host, "172.17.0.1", 500, 8080, netns=HOST_NETNS_2, ifindex=7)
        host.tick()
    host.end()


def story_uplink_with_clients(host):
    host.say(what="the uplink loses 8 % to three backends and to twelve clients", expect="uplink-loss eth0",
             fault=[*CLIENTS_LOSE, "tcp_peer peer.dir=out ifindex=2"], least="uplink-loss 0.85")
    begin(host)
    for _ in range(20):
        second(host, peers=())
        for addr in lines(12):
            lossy_client(host, addr)
        for addr in (A, B, C):
            lossy(host, addr, 300)
        good_peer(host, "172.17.0.1", 500, 8080, netns=HOST_NETNS_2, ifindex=7)
        host.tick()
    host.end()


def story_clients_unlike(host):
    host.say(what="only mobile clients: ten of twelve lose 1 to 20 %, each its own share: at most a suspicion",
             expect="uplink-loss eth0", fault=CLIENTS_LOSE, most="uplink-loss 0.79")
    begin(host)
    for _ in range(20):
        second(host, peers=())
        for k, addr in enumerate(lines(12)):
            lossy_client(host, addr, 200, (0.01, 0.015, 0.02, 0.03, 0.05, 0.2)[k % 6] if k < 10 else 0)
        good_peer(host, "172.17.0.1", 500, 8080, netns=HOST_NETNS_2, ifindex=7)
        host.tick()
    host.end()


def story_client_beyond_a_veth(host):
    host.say(what="loss between a container and the service here that it calls: both ends are on this host, a fault",
             expect="path-loss 172.17.0.2:9092", least="path-loss 0.5",
             fault=["tcp_peer peer.addr=172.17.0.2", "tcp_peer peer.addr=172.17.0.1"])
    begin(host)
    host.put("nic", name="docker0", ifindex=5, netns=NETNS, flags=3, kind="bridge")
    for _ in range(20):
        second(host, peers=())
        good_peer(host, B)
        host.peer("172.17.0.2", 9092, dir="in", ifindex=5, segs_out=400, fast=30, rto=2, bytes_acked=500_000,
                  bytes_received=20_000, live=2, srtt_us=900, **NGINX)
        host.peer("172.17.0.3", 9092, dir="in", ifindex=5, segs_out=400, bytes_acked=500_000, bytes_received=77_000,
                  live=2, srtt_us=900, **NGINX)
        host.peer("172.17.0.1", 9092, netns=HOST_NETNS_2, ifindex=8, segs_out=300, fast=2, bytes_acked=20_000,
                  bytes_received=500_000, live=2, srtt_us=900, pid=960, comm="worker", start_ns=100 * 10**9)
        host.tick()
    host.end()


# ---- peers that are sent little


def story_loss_beside_a_quiet_peer(host):
    host.say(what="the only busy peer loses 8 %, and one that is sent little a tenth all the time: a suspicion",
             expect=f"path-loss {A}:9092", fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A], most="path-loss 0.7")
    begin(host)
    for i in range(120):
        second(host, peers=())
        if i < 40:
            good_peer(host, A, 500)
        else:
            lossy(host, A)
        good_peer(host, QUIET, 1, 2003, fast=1 if i % 10 == 5 else 0)
        host.tick()
    host.end()


def story_loss_beside_new_clients(host):
    host.say(what="the only busy peer loses 8 %, and each second a new mobile client loses a few: a suspicion",
             expect=f"path-loss {A}:9092", fault=[COUNTERS_OF_A, "tcp_retrans peer.addr=" + A], most="path-loss 0.7")
    begin(host)
    for i in range(90):
        second(host, peers=())
        lossy(host, A)
        client(host, f"198.51.{i}.7", 60, fast=4)
        host.tick()
    host.end()


def story_quiet_peer_alone_loses(host):
    host.say(what="a peer that is sent a segment a second loses a tenth, the busy one is fine: nothing to tell",
             expect="none")
    begin(host)
    for i in range(100):
        second(host, peers=())
        good_peer(host, A, 500)
        good_peer(host, QUIET, 1, 2003, fast=1 if i % 10 == 5 else 0)
        host.tick()
    host.end()


def story_loss_at_low_rate(host):
    host.say(what="a peer that is sent three segments a second loses more than half: few, but a suspicion",
             expect=f"path-loss {A}:9092", fault=COUNTERS_OF_A, least="path-loss 0.5", most="path-loss 0.7",
             across="path-loss.heavy_ratio=70")
    begin(host)
    for i in range(30):
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        good_peer(host, A, 3, rto=1, fast=(i % 3 == 0), tlp=i % 2, max_backoff=2)
        host.tick()
    host.end()


def story_low_rate_some_loss(host):
    host.say(what="the same peer loses one in eight: too few to tell", expect="none")
    begin(host)
    for i in range(60):
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        good_peer(host, A, 1, fast=(i % 8 == 0))
        host.tick()
    host.end()


def story_low_rate_spurious(host):
    host.say(what="the delay to a peer that is sent little jumps: resends for nothing, each answered by a DSACK",
             expect="none")
    begin(host)
    for i in range(30):
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        good_peer(host, A, 2, fast=i % 2, rto=(i % 3 == 0), dsacks=(i % 2) + (i % 3 == 0), live_reord=1)
        host.tick()
    host.end()


def story_low_rate_pauses(host):
    host.say(what="the machine of a peer that is sent little stands still again and again: timeouts, no loss",
             expect="none")
    begin(host)
    for i in range(60):
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        if i % 6 < 2:
            host.peer(A, 9092, segs_out=2, rto=2, live=2, max_backoff=2, live_stuck=1)
        else:
            good_peer(host, A, 2, max_backoff=0, live_stuck=0, dsacks=1 if i % 6 == 2 else 0)
        host.tick()
    host.end()


def story_low_rate_dies(host):
    host.say(what="a peer that is sent little is switched off: unreachable, no path that loses",
             expect=f"peer-unreachable {A}:9092", fault=COUNTERS_OF_A)
    begin(host)
    for i in range(30):
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        if i < 10:
            good_peer(host, A, 3)
        else:
            silent(host, A, i - 9)
        host.tick()
    host.end()


def story_low_rate_loss_ends(host):
    host.say(what="loss to a peer that is sent little ends: resolved, though it is sent no more than before",
             expect=f"path-loss {A}:9092", fault=COUNTERS_OF_A)
    host.is_daemon(5)
    begin(host)
    for i in range(60):
        host.wait(4)
        second(host, peers=())
        for addr in (B, C):
            good_peer(host, addr)
        good_peer(host, A, 3, **({"rto": 1, "fast": 1} if i < 12 else {}))
        host.tick()
    host.end()


# ---- faults that end


def ticks(host, n, *peers):
    """Ticks of a daemon with these peers well, to be filled by the caller."""
    host.is_daemon(5)
    begin(host)
    for i in range(n):
        host.wait(4)
        second(host, peers=())
        for addr in peers:
            good_peer(host, addr)
        yield i
        host.tick()
    host.end()


def story_uplink_one_left(host):
    host.say(what="eth0 loses 8 % to three of five for a minute, then to one only: that path, no longer the uplink",
             expect=["uplink-loss eth0", f"path-loss {A}:9092"],
             fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"])
    host.is_daemon(5)
    begin(host)
    for i in range(60):
        host.wait(4)
        second(host, peers=())
        for addr in (A, B, C, D, E):
            if addr == A or (i < 12 and addr in (B, C)):
                lossy(host, addr, 600)
            else:
                good_peer(host, addr)
        host.tick()
    host.end()


def story_uplink_then_quiet(host):
    host.say(what="eth0 loses 3 % to all three in a busy minute, then little is sent, and arrives; later one dies",
             expect=["uplink-loss eth0", f"peer-unreachable {A}:9092"],
             fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"])
    for i in ticks(host, 80):
        for addr in (A, B, C):
            if i < 12:
                lossy(host, addr, 500, ratio=0.03)
            elif addr == A and i >= 60:
                silent(host, A, 5 * (i - 59))
            else:
                good_peer(host, addr, 4, max_backoff=0)


def story_uplink_then_quiet_loss(host):
    host.say(what="the same, but of the little that is sent one in twenty is lost: not over", expect="uplink-loss eth0",
             fault=["tcp_peer ifindex=2 peer.dir=out", "tcp_retrans ifindex=2"])
    for i in ticks(host, 60):
        for addr in (A, B, C):
            if i < 12:
                lossy(host, addr, 500, ratio=0.03)
            else:
                good_peer(host, addr, 4, fast=int(i % 5 == 0))


def story_subnet_one_left(host):
    host.say(what="both peers of a subnet lose for a minute, then only one: that path, no longer the way there",
             expect=["path-loss 10.1.1.0/24", f"path-loss {A}:9092"],
             fault=[COUNTERS_OF_A, "tcp_peer peer.addr=10.1.1.3", "tcp_retrans ifindex=2"])
    host.is_daemon(5)
    begin(host)
    for i in range(60):
        host.wait(4)
        second(host, peers=())
        for addr in (B, C, D):
            good_peer(host, addr)
        lossy(host, A)
        if i < 12:
            lossy(host, "10.1.1.3")
        else:
            good_peer(host, "10.1.1.3")
        host.tick()
    host.end()


def broken_frames(host, per_tick):
    host.is_daemon(5)
    begin_nic(host)
    for i in range(60):
        host.wait(4)
        second(host)
        host.eth0.traffic(5000, rx_crc_errors=per_tick(i))
        host.tick()
    host.end()


def story_nic_errors_end(host):
    host.say(what="broken frames for half a minute, then none: resolved once the window is past them",
             expect="nic-errors eth0", fault="nic ifindex=2")
    broken_frames(host, lambda i: 60 if 3 < i < 9 else 0)


def story_nic_errors_now_and_then(host):
    host.say(what="broken frames for half a minute, then one every half minute: resolved, as any adapter has a few",
             expect="nic-errors eth0", fault="nic ifindex=2")
    broken_frames(host, lambda i: 60 if 3 < i < 9 else int(i % 6 == 0))


def story_nic_errors_go_on(host):
    host.say(what="broken frames for half a minute, then nine a minute: not enough to tell of, too many to be over",
             expect="nic-errors eth0", fault="nic ifindex=2")
    broken_frames(host, lambda i: 60 if 3 < i < 9 else int(i % 4 != 0))


def flaps(host, restarted=False):
    host.is_daemon(5)
    begin_nic(host)
    for i in range(150):
        host.wait(4)
        second(host)
        host.eth0.traffic(5000)
        if i in (5, 6, 7):
            host.eth0.lose()
            host.wait(0.5)
            host.eth0.regain()
        if restarted and i == 40:
            host.eth0.set_down()
            host.eth0.flag(on=1 | 2 | 16)
        host.tick()
    host.end()


def story_nic_flap_ends(host):
    host.say(what="a link flaps three times, then keeps for longer than a flap pauses: resolved",
             expect="nic-link-flap eth0", fault="nic ifindex=2")
    flaps(host)


def story_nic_flap_ends_restarted(host):
    host.say(what="the same, and somebody sets the interface down and up by hand meanwhile: resolved as well",
             expect="nic-link-flap eth0", fault="nic ifindex=2")
    flaps(host, restarted=True)


RESETS = [COUNTERS_OF_A, "tcp_conn peer.addr=" + A]


def story_resets_now_and_then(host):
    host.say(what="half of the connections are reset for 20 s, then one in 30: resolved, as any service has a few",
             expect=f"connection-resets {A}:5432", fault=RESETS)
    for i in ticks(host, 40, B, C):
        ends(host, A, 30, resets=15 if i < 4 else 1)


def story_resets_go_on(host):
    host.say(what="half of the connections are reset, then one in six for good: below what is told, but not over",
             expect=f"connection-resets {A}:5432", fault=RESETS)
    for i in ticks(host, 40, B, C):
        ends(host, A, 30, resets=15 if i < 4 else 5)


def story_udp_now_and_then(host):
    host.say(what="a log server drops a fifth for 12 s, then one datagram in 20 s: resolved",
             expect="udp-receive-drops rsyslogd[2400]", fault=["net_stack", "socket_queue"])
    begin_local(host)
    seconds(host, 3)
    seconds(host, 12, logs(host, 120), udp_drops=120)
    for _ in range(6):
        seconds(host, 19, lambda _: host.stack.socket(LOGS, 0, 0, SYSLOG))
        seconds(host, 1, lambda _: host.stack.socket(LOGS, 1, 212992, SYSLOG), udp_drops=1)
    host.end()


def story_listen_now_and_then_after(host):
    host.say(what="a web server turns a third away for 12 s, then one connection in 15 s: resolved",
             expect="listen-overflow nginx[2300]", fault=["net_stack", "socket_queue"])
    begin_local(host)
    seconds(host, 3)
    seconds(host, 12, web(host), listen_overflows=25)
    for _ in range(8):
        seconds(host, 14)
        seconds(host, 1, web(host, 1), listen_overflows=1)
    host.end()


def dials(host, n, failed):
    host.peer(A, 5432, attempts=n, established=n - failed, closed=n - failed, failed=failed, segs_out=6 * (n - failed),
              bytes_acked=500 * n, pid=912, comm="client", start_ns=200 * 10**9)
    if failed:
        host.put("tcp_conn", peer__addr=A, peer__netns=NETNS, peer__port=5432, peer__dir="out", outcome="failed",
                 ifindex=2, remote_port=5432, pid=912, comm="client", start_ns=200 * 10**9)


def story_ports_now_and_then(host):
    host.say(what="no local port is free for 20 s, then one attempt in 300 loses a race: resolved",
             expect=f"port-exhaustion {A}:5432", fault=RESETS)
    for i in ticks(host, 50, B, C):
        dials(host, 50, 20 if 2 < i < 7 else int(i > 6 and i % 6 == 0))


def story_ports_go_on(host):
    host.say(what="no local port is free for 20 s, then for one attempt in 60: below what is told, but not over",
             expect=f"port-exhaustion {A}:5432", fault=RESETS)
    for i in ticks(host, 50, B, C):
        dials(host, 60, 20 if 2 < i < 7 else int(i > 6))


def story_not_reading_then_slow(host):
    host.say(what="a reader stands still for 10 s; else it is slow: its window closes, and opens each second",
             expect=f"peer-not-reading {A}:9092", fault=COUNTERS_OF_A)
    for i in ticks(host, 40, B, C):
        if i in (5, 6):
            closed_window(host, A, 5 * (i - 4))
        else:
            good_peer(host, A, 200, live_zero_win=1, zero_wait_ms=400)


def story_not_reading_then_hardly(host):
    host.say(what="a reader stands still for 10 s, and three of each five seconds from then on: not over",
             expect=f"peer-not-reading {A}:9092", fault=COUNTERS_OF_A)
    for i in ticks(host, 40, B, C):
        if i in (5, 6):
            closed_window(host, A, 5 * (i - 4))
        elif i < 5:
            good_peer(host, A)
        else:
            good_peer(host, A, 200, live_zero_win=1, zero_wait_ms=3000)


# ---- round trips


def story_latency_one_left(host):
    host.say(what="200 ms more to all three peers for a minute, then to one only: that path, no longer the uplink",
             expect=["path-latency eth0", f"path-latency {A}:9092"], fault="tcp_peer ifindex=2 peer.port=9092")
    for i in ticks(host, 60):
        for addr in (A, B, C):
            trip(host, addr, 203 if 12 <= i and (i < 24 or addr == A) else 1.2)


def story_latency_moved(host):
    host.say(what="a service moves to another site, 2 ms become 80: a fault for half an hour, then a remark",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A)
    for i in ticks(host, 440):
        for addr in (B, C):
            trip(host, addr, 1)
        trip(host, A, 2 if i < 40 else 80 + i % 3, queued=1 if i >= 40 else 0)


def story_latency_unsteady(host):
    host.say(what="a queue on the way is full for 36 min: it swings, and stays a fault",
             expect=f"path-latency {A}:9092", fault=COUNTERS_OF_A, least="path-latency 0.8")
    for i in ticks(host, 440):
        for addr in (B, C):
            trip(host, addr, 1)
        trip(host, A, 2 if i < 10 else (90, 140, 220, 170)[i % 4], queued=1 if i >= 10 else 0)
