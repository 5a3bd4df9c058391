# SPDX-License-Identifier: BSD-2-Clause
"""Stories of TLS: handshakes that fail, and short connections that only look so."""
from backdrop import begin, good_peer
from make_events import NETNS, NS
from stories_network import B, C, run

S = "10.1.7.2"
WHO = {"pid": 731, "comm": "vector", "start_ns": 100 * NS}
FAULT = ["tls_outcome outcome=failed", "tls_outcome outcome=late"]
VERIFY_FAILED, EXPIRED, UNKNOWN_ISSUER = 134, 10, 20
NO_PROTOCOL, NOT_TLS, EOF = 258, 267, 294


class Tls:
    """The handshakes of one program with one peer; go() is a second's worth of them."""

    def __init__(self, host, addr=S, port=443, dir="out", library="openssl", netns=NETNS):
        self.host, self.library, self.counts = host, library, {}
        self.peer = {"addr": addr, "port": port, "dir": dir, "netns": netns}

    def armed(self, state="armed", **more):
        self.host.put("tls_armed", since_ns=self.host.now, state=state, **{"libraries": 2, **WHO, **more})

    def tcp(self, n, brief=None, **more):
        """Connections that are made, carry a few hundred bytes and are closed."""
        brief = n if brief is None else brief
        how = {"attempts": n, "established": n} if self.peer["dir"] == "out" else {"accepted": n}
        good_peer(self.host, self.peer["addr"], 6 * n, self.peer["port"], dir=self.peer["dir"],
                  **{"live": 0, "srtt_us": 0, "min_rtt_us": 0, "closed": n, "brief": brief, "bytes_acked": 500 * n,
                     "bytes_received": 2500 * n, **how, **more})

    def ends(self, n=1, outcome="failed", reason=0, detail=0):
        key = outcome, reason, detail
        self.counts[key] = self.counts.get(key, 0) + n
        self.host.put("tls_outcome", count=self.counts[key], last_ns=self.host.now - NS // 10, reason=reason, detail=detail,
                      library=self.library, outcome=outcome, **WHO,
                      **{"peer__" + key: value for key, value in self.peer.items()})

    def go(self, n=1, outcome="failed", reason=0, detail=0):
        self.tcp(n)
        self.ends(n, outcome, reason, detail)


def clock_kept(host):
    host.put("probe", name="host.clock", via="adjtimex", state="active")
    host.put("clock_state", boottime_ns=host.now, max_error_us=2000, est_error_us=100, status=1)


def story_tls_expired(host):
    host.say(what="the peer's certificate has expired: each handshake fails here", expect=f"tls-handshake-failure {S}:443",
             fault=FAULT, across="tls-handshake-failure.min_failures=40", least="tls-handshake-failure 0.9")
    begin(host)
    clock_kept(host)
    tls = Tls(host)
    for i in run(host, 20, B, C):
        if i < 4:
            tls.tcp(1)
            continue
        if i == 4:
            tls.armed()
        tls.go(1, reason=VERIFY_FAILED, detail=EXPIRED)
    host.end()


def story_tls_expired_after_working(host):
    host.say(what="a certificate expires in the middle of it, and nobody knows whether the clock is right: critical, less sure",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT, most="tls-handshake-failure 0.85")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for i in run(host, 24, B, C):
        if i < 6:
            tls.go(1, "done")
        else:
            tls.go(2, reason=VERIFY_FAILED, detail=EXPIRED)
    host.end()


def story_tls_unknown_ca(host):
    host.say(what="who signed the peer's certificate is not known here: this host's store, or the peer's chain",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT, least="tls-handshake-failure 0.9")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for _ in run(host, 16, B, C):
        tls.go(1, reason=VERIFY_FAILED, detail=UNKNOWN_ISSUER)
    host.end()


def story_tls_version(host):
    host.say(what="the peer speaks no version that this host does, and says so by an alert (70)",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT, least="tls-handshake-failure 0.9")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for _ in run(host, 16, B, C):
        tls.go(1, reason=1070)
    host.end()


def story_tls_client_refused_late(host):
    host.say(what="TLS 1.3: the handshake ends here, then the peer refuses this host's certificate (alert 48)",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT, least="tls-handshake-failure 0.85")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for _ in run(host, 16, B, C):
        tls.go(1, "done")
        tls.ends(1, "late", reason=1048)
    host.end()


def story_tls_our_certificate(host):
    host.say(what="a client of ours finds that our certificate has expired (alert 45), minute after minute",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT, least="tls-handshake-failure 0.8")
    begin(host)
    tls = Tls(host, dir="in")
    tls.armed()
    for _ in run(host, 30, B, C):
        tls.go(1, reason=1045)
    host.end()


def story_tls_gnutls_alert(host):
    host.say(what="GnuTLS: the peer refuses by an alert, and the program asks which one it was (40)",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT, least="tls-handshake-failure 0.9")
    begin(host)
    tls = Tls(host, library="gnutls")
    tls.armed(libraries=4)
    for _ in run(host, 16, B, C):
        tls.go(1, reason=-12)
        tls.ends(1, "detail", reason=1040)
    host.end()


def story_tls_eof(host):
    host.say(what="the peer closes each connection in the middle of the handshake, without a word: not sure who does",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT, most="tls-handshake-failure 0.79")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for _ in run(host, 16, B, C):
        tls.go(1, reason=EOF)
    host.end()


def story_tls_recovers(host):
    host.say(what="a certificate is renewed: handshakes are completed again, and the finding ends",
             expect=f"tls-handshake-failure {S}:443", fault=FAULT)
    begin(host)
    clock_kept(host)
    tls = Tls(host)
    tls.armed()
    for i in run(host, 30, B, C):
        if i < 12:
            tls.go(1, reason=VERIFY_FAILED, detail=EXPIRED)
        else:
            tls.go(1, "done")
    host.end()


# ---- what only looks so ----

def story_tls_works(host):
    host.say(what="many short connections with TLS, all of them well", expect="none")
    begin(host)
    tls = Tls(host)
    for i in run(host, 20, B, C):
        if i == 4:
            tls.armed()
        if i < 4:
            tls.tcp(5)
        else:
            tls.go(5, "done")
    host.end()


def story_tls_twice(host):
    host.say(what="two handshakes fail in a minute: a deployment, or somebody who tries", expect="none",
             across="tls-handshake-failure.min_failures=2 tls-handshake-failure")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for i in run(host, 20, B, C):
        if i in (5, 6):
            tls.go(1, reason=VERIFY_FAILED, detail=UNKNOWN_ISSUER)
        elif i < 5:
            tls.tcp(1)
    host.end()


def story_tls_one_caller_of_many(host):
    host.say(what="one caller of many does not trust the peer; the others' handshakes are completed", expect="none")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for i in run(host, 20, B, C):
        tls.go(6, "done")
        if i % 3 == 0:
            tls.go(1, reason=VERIFY_FAILED, detail=UNKNOWN_ISSUER)
    host.end()


def story_tls_plain_http(host):
    host.say(what="short connections of plain HTTP: armed for a while, and there is no handshake", expect="none")
    begin(host)
    tls = Tls(host)
    for i in run(host, 20, B, C):
        if i == 4:
            tls.armed()
        tls.tcp(8)
    host.end()


def story_tls_health_check(host):
    host.say(what="a balancer's check connects and closes, without a byte: not even suspect", expect="none")
    begin(host)
    tls = Tls(host, dir="in")
    for _ in run(host, 20, B, C):
        tls.tcp(3, brief=0)
    host.end()


def story_tls_gives_up(host):
    host.say(what="a client with a short patience gives up in the middle of handshakes: none of them failed", expect="none")
    begin(host)
    tls = Tls(host)
    tls.armed()
    for i in run(host, 20, B, C):
        tls.tcp(2)
        if i % 4 == 0:
            tls.ends(1, "done")
    host.end()


def story_tls_scanned(host):
    host.say(what="somebody tries versions and ciphers on a server of ours, for ten seconds", expect="none",
             across="tls-handshake-failure.persist_s=5 tls-handshake-failure")
    begin(host)
    tls = Tls(host, dir="in")
    tls.armed()
    for i in run(host, 30, B, C):
        if 5 <= i < 15:
            tls.go(4, reason=193)
            tls.go(2, reason=NO_PROTOCOL)
    host.end()


def story_tls_http_at_our_port(host):
    host.say(what="a client speaks something else at our TLS port, all the time: not our fault, nor TLS's", expect="none")
    begin(host)
    tls = Tls(host, dir="in")
    tls.armed()
    for _ in run(host, 40, B, C):
        tls.go(2, reason=NOT_TLS)
    host.end()


def story_tls_no_library(host):
    host.say(what="a program with a library of its own (Go): nothing is known, and it is said so", expect="none")
    begin(host)
    tls = Tls(host)
    for i in run(host, 20, B, C):
        tls.tcp(2)
        if i == 4:
            tls.armed("no_library", libraries=0)
    host.end()


def story_tls_refused_probe(host):
    host.say(what="the kernel refuses probes in libraries: nothing is known, and it is said so", expect="none")
    begin(host)
    tls = Tls(host)
    for i in run(host, 20, B, C):
        tls.tcp(2)
        if i == 4:
            tls.armed("refused", libraries=0, err=13)
    host.end()
