# SPDX-License-Identifier: BSD-2-Clause
"""Stories of name servers: silent, failing, or only asked for what is not there."""
from make_events import NETNS, NS
from backdrop import begin
from stories_network import B, C, run

S1, S2, STUB = "10.1.0.53", "10.1.0.54", "127.0.0.53"
PROBES = ("dns.query", "dns.query6", "dns.answer")


class Servers:
    """The name servers that the host asks; ask() is a second's worth of one of them."""

    def __init__(self, host, probes=PROBES):
        self.host, self.sums = host, {}
        for probe in probes:
            host.put("probe", name=probe, via="fentry/" + probe, state="active")

    def ask(self, addr, queries, answers=None, names=5, **outcomes):
        sums = self.sums.setdefault(addr, {"queries": 0, "answers": 0})
        answers = queries if answers is None else answers
        for key, more in {"queries": queries, "answers": answers, **outcomes}.items():
            sums[key] = sums.get(key, 0) + more
        if outcomes.get("failed") or outcomes.get("refused"):
            sums["failing_names"] = (1 << names) - 1
        if answers:
            sums["last_answer_ns"] = self.host.now - NS // 10
        self.host.put("dns_server", addr=addr, netns=NETNS, pid=731, comm="vector", start_ns=100 * NS, **sums)


    def connect(self, addr, answered=0, empty=0, refused=0, unreached=0, mute=0):
        """A second's worth of connections that ended; of those that were refused or not made the peer's counters say
        so too."""
        sums = self.sums.setdefault(("tcp", addr), {})
        for key, more in {"answered": answered, "empty": empty, "refused": refused, "unreached": unreached,
                          "mute": mute}.items():
            sums[key] = sums.get(key, 0) + more
        if answered:
            sums["last_answer_ns"] = self.host.now - NS // 10
        made = answered + mute
        self.host.peer(addr, 53, attempts=made + refused + unreached, refused=refused, timed_out=unreached,
                       established=made, segs_out=6 * made + refused + 3 * unreached, syn=2 * unreached,
                       bytes_acked=40 * made, bytes_received=80 * answered, closed=made, pid=731, comm="vector",
                       start_ns=100 * NS)
        self.host.put("dns_tcp", addr=addr, netns=NETNS, pid=731, comm="vector", start_ns=100 * NS, **sums)


def fault(addr):
    return "dns_server addr=" + addr


def fault_tcp(addr):
    return ["dns_tcp addr=" + addr, "tcp_peer peer.addr=" + addr]


def story_dns_silent(host):
    host.say(what="one name server of two stops answering, the other goes on", expect=f"dns-failure {S1}:53",
             fault=fault(S1), across="dns-failure.min_failures=80", least="dns-failure 0.85")
    begin(host)
    servers = Servers(host)
    for i in run(host, 26, B, C):
        servers.ask(S1, 4, 4 if i < 6 else 0)
        servers.ask(S2, 2)
    host.end()


def story_dns_silent_alone(host):
    host.say(what="the only name server stops answering, nor did any peer meanwhile: not sure whose fault",
             expect=f"dns-failure {S1}:53", fault=fault(S1), most="dns-failure 0.7")
    begin(host)
    servers = Servers(host)
    for i in run(host, 36):
        servers.ask(S1, 2, 2 if i < 2 else 0)
    host.end()


def story_dns_unseen(host):
    host.say(what="no answer was ever seen, of anyone: the hook may see none; not judged", expect="none")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 36, B, C):
        servers.ask(S1, 2, 0)
    host.end()


def story_dns_without_ipv6(host):
    host.say(what="IPv6 is a module that is not loaded, and its hook not attached: IPv4 is judged",
             expect=f"dns-failure {S1}:53", fault=fault(S1))
    begin(host)
    servers = Servers(host, (PROBES[0], PROBES[2]))
    host.put("probe", name="dns.query6", state="unavailable", reason="fentry: No such file or directory")
    for i in run(host, 26, B, C):
        servers.ask(S1, 4, 4 if i < 6 else 0)
        servers.ask(S2, 2)
    host.end()


def story_dns_musl(host):
    host.say(what="programs with musl ask both servers at once and take the first answer, of the faster one mostly",
             expect="none")
    begin(host)
    servers = Servers(host)
    for i in run(host, 40, B, C):
        servers.ask(S1, 4, 4 if i % 8 else 3)
        servers.ask(S2, 4, 0 if i % 8 else 1)
    host.end()


def story_dns_both_silent(host):
    host.say(what="both are asked at once, and neither answers any more",
             expect=[f"dns-failure {S1}:53", f"dns-failure {S2}:53"], fault=[fault(S1), fault(S2)])
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        servers.ask(S1, 4, 3 if i < 6 else 0)
        servers.ask(S2, 4, 1 if i < 6 else 0)
    host.end()


def story_dns_one_after_the_other(host):
    host.say(what="a resolver asks the second server when the first was silent for five seconds: as often, but not together",
             expect=f"dns-failure {S1}:53", fault=fault(S1))
    begin(host)
    servers = Servers(host)
    for i in run(host, 60, B, C):
        if i == 0:
            servers.ask(S1, 2)
        if i % 7 == 1:
            servers.ask(S1, 2, 0)
        if i % 7 == 6:
            servers.ask(S2, 2)
    host.end()


def story_dns_one_name(host):
    host.say(what="a quiet host looks up one broken name, and again: SERVFAIL to each question", expect="none",
             across="dns-failure.min_names=1 dns-failure")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        if i % 5 == 3:
            servers.ask(S1, 4, 4, names=1, failed=4)
    host.end()


def story_dns_errors_recover(host):
    host.say(what="a name server answers SERVFAIL for half a minute, and then well: told, and resolved",
             expect=f"dns-failure {S1}:53", fault=fault(S1))
    begin(host)
    servers = Servers(host)
    for i in run(host, 120, B, C):
        servers.ask(S1, 4, 4, failed=4 if 6 <= i < 36 else 0)
        servers.ask(S2, 2)
    host.end()


def story_dns_servfail(host):
    host.say(what="a name server answers SERVFAIL to all", expect=f"dns-failure {S1}:53", fault=fault(S1),
             across="dns-failure.min_failures=200", least="dns-failure 0.9")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.ask(S1, 4, 4, failed=4 if i >= 6 else 0)
    host.end()


def story_dns_refused(host):
    host.say(what="a name server refuses to recurse for us", expect=f"dns-failure {S1}:53", fault=fault(S1),
             least="dns-failure 0.9")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 14, B, C):
        servers.ask(S1, 2, 2, refused=2)
    host.end()


def story_dns_passed_on(host):
    host.say(what="the stub on this host answers SERVFAIL because the server beyond is silent: that one is told",
             expect=f"dns-failure {S1}:53", fault=[fault(S1), fault(STUB)])
    begin(host)
    servers = Servers(host)
    for i in run(host, 34, B, C):
        well = i < 6
        servers.ask(S1, 4, 4 if well else 0)
        # The stub gives up after twenty seconds.
        servers.ask(STUB, 4, 4 if well or i > 24 else 0, failed=4 if i > 24 else 0)
    host.end()


def story_dns_recovers(host):
    host.say(what="a name server is silent for a while: told, and resolved", expect=f"dns-failure {S1}:53",
             fault=fault(S1))
    begin(host)
    servers = Servers(host)
    for i in run(host, 90, B, C):
        servers.ask(S1, 4, 0 if 6 <= i < 30 else 4)
        servers.ask(S2, 2)
    host.end()


def story_dns_nxdomain(host):
    host.say(what="programs ask for names that do not exist", expect="none")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 14, B, C):
        servers.ask(S1, 10, 10, nxdomain=10)
    host.end()


def story_dns_retried(host):
    host.say(what="one query in ten is lost, asked again and answered", expect="none")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        servers.ask(S1, 10, 9)
    host.end()


def story_dns_slow(host):
    host.say(what="a slow name server: each answer takes four seconds", expect="none",
             across="dns-failure.wait_s=0 dns-failure.min_failures=5 dns-failure.min_share=0.1 dns-failure")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30, B, C):
        servers.ask(S1, 4, 4 if i >= 4 else 0)
    host.end()


def story_dns_one_zone(host):
    host.say(what="a zone is broken: a third of the answers is SERVFAIL", expect="none",
             across="dns-failure.min_share=0.3 dns-failure")
    begin(host)
    servers = Servers(host)
    for _ in run(host, 14, B, C):
        servers.ask(S1, 6, 6, failed=2)
    host.end()


def story_dns_no_probe(host):
    host.say(what="no answer is seen because its hook does not attach: not judged", expect="none")
    begin(host)
    servers = Servers(host, PROBES[:2])
    host.put("probe", name="dns.answer", state="unavailable", reason="fentry: Operation not permitted")
    for _ in run(host, 20, B, C):
        servers.ask(S1, 4, 0)
    host.end()


def story_dns_tcp_refused(host):
    host.say(what="names are asked for over TCP, and the server's host refuses: one finding, of a name server",
             expect=f"dns-failure {S1}:53", fault=fault_tcp(S1), least="dns-failure 0.9",
             across="dns-failure.min_tcp=200 connect-refused")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.connect(S1, answered=2 if i < 6 else 0, refused=2 if i >= 6 else 0)
    host.end()


def story_dns_tcp_silent(host):
    host.say(what="a name server takes connections, reads what is asked, and answers nothing",
             expect=f"dns-failure {S1}:53", fault=fault_tcp(S1), least="dns-failure 0.85",
             across="dns-failure.min_tcp=200")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.connect(S1, answered=2 if i < 6 else 0, mute=1 if i >= 6 and i % 2 else 0)
    host.end()


def story_dns_tcp_unreached(host):
    host.say(what="the only way to names is TCP, and nobody answers a SYN; nor is there anyone else. First it is a peer like "
                  "others, then a name server",
             expect=[f"peer-unreachable {S1}:53", f"dns-failure {S1}:53"], fault=fault_tcp(S1), most="dns-failure 0.7")
    begin(host)
    servers = Servers(host)
    for i in run(host, 30):
        servers.connect(S1, unreached=1 if i % 3 == 2 else 0)
    host.end()


def story_dns_tcp_servfail(host):
    host.say(what="over TCP all answers are as long as their questions: errors, most likely",
             expect=f"dns-failure {S1}:53", fault="dns_tcp addr=" + S1, most="dns-failure 0.65",
             across="dns-failure.min_failures=200")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.connect(S1, answered=1, empty=1 if i >= 2 else 0)
    host.end()


def story_dns_tcp_closed_udp_well(host):
    host.say(what="a name server answers over UDP and refuses TCP: a remark, as only long answers are lost",
             expect=f"dns-failure {S1}:53", fault=fault_tcp(S1))
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.ask(S1, 6)
        servers.connect(S1, refused=1 if i % 3 == 0 else 0)
    host.end()


def story_dns_tcp_down(host):
    host.say(what="a name server's program ends: nothing comes over UDP, TCP is refused; one finding, no remark",
             expect=f"dns-failure {S1}:53", fault=[fault(S1)] + fault_tcp(S1), least="dns-failure 0.85")
    begin(host)
    servers = Servers(host)
    for i in run(host, 26, B, C):
        servers.ask(S1, 4, 4 if i < 6 else 0)
        servers.ask(S2, 2)
        servers.connect(S1, answered=1 if i < 6 else 0, refused=1 if i >= 6 and i % 2 else 0)
    host.end()


def story_dns_tcp_truncated(host):
    host.say(what="answers that are too long for UDP are fetched by TCP, and some lookups give no record there", expect="none")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.ask(S1, 4)
        servers.connect(S1, answered=2, empty=1)
    host.end()


def story_dns_tcp_transfer(host):
    host.say(what="a secondary name server asks for its zones, and takes them", expect="none")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.connect(S1, answered=1 if i % 4 == 0 else 0)
    host.end()


def story_dns_tcp_restarts(host):
    host.say(what="a name server starts anew: two connections are refused, and then it answers", expect="none",
             across="dns-failure.min_tcp=1 dns-failure")
    begin(host)
    servers = Servers(host)
    for i in run(host, 20, B, C):
        servers.connect(S1, answered=0 if 6 <= i < 10 else 1, refused=1 if i in (7, 8) else 0)
    host.end()


def story_dns_tcp_recovers(host):
    host.say(what="a name server refuses TCP for half a minute, and then answers: told, and resolved",
             expect=f"dns-failure {S1}:53", fault=fault_tcp(S1))
    begin(host)
    servers = Servers(host)
    for i in run(host, 120, B, C):
        well = i < 6 or i >= 36
        servers.connect(S1, answered=2 if well else 0, refused=0 if well else 2)
    host.end()
