#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel, this host's own OpenSSL and GnuTLS: TLS handshakes that fail on loopback are found, with the library's reason and
who refused; handshakes that work, connections without one, and clients that give up are not.

usage: tests/bpf/test_tls.py build/culprit

All at once, in one trace; each ends by itself. OpenSSL 1.1 is not in Debian 12: a library with its names stands in, for the calls as
they come in, and says nothing of how 1.1 itself behaves.
"""
import json
import pathlib
import subprocess
import sys
import time

from harness import CULPRIT, Daemon, check, run_each, stop, until

SECONDS = 32
TOOL = str(pathlib.Path(__file__).resolve().parent.parent / "vm" / "guest" / "tls.py")
HOST = "127.0.0.1"
EXPIRED, UNKNOWN, VERSION, WORKS, LEFT, PLAIN, GNUTLS, OLD, ONCE = range(8451, 8460)

STAND_IN = """
#include <stddef.h>
void ERR_put_error(int lib, int func, int reason, const char *file, int line);
__attribute__((noinline)) void ERR_put_error(int lib, int func, int reason, const char *file, int line)
{
	__asm__ volatile("" : : "r"(lib), "r"(func), "r"(reason), "r"(file), "r"(line));
}
int SSL_do_handshake(void *ssl);
__attribute__((noinline)) int SSL_do_handshake(void *ssl)
{
	(void)ssl;
	ERR_put_error(20, 148, 1040, "record/rec_layer_s3.c", 1544);
	return -1;
}
"""
OLD_CLIENT = """
import ctypes, socket, sys, time
open("/proc/self/comm", "w").write("old-openssl")
library = ctypes.CDLL(sys.argv[1])
end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as s:
        s.sendall(b"x" * 200)
        library.SSL_do_handshake(None)
    time.sleep(0.3)
"""
SINK = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
while True:
    s, _ = listener.accept()
    s.settimeout(5)
    try:
        s.sendall(s.recv(4096))
    except OSError:
        pass
    s.close()
"""


def tool(*words):
    return subprocess.Popen([TOOL, *map(str, words)], stdout=subprocess.PIPE, text=True)


def serve(port, certificate, *more):
    job = tool("serve", HOST, port, certificate, *more)
    job.stdout.readline()
    return job


def counts(job):
    words = job.communicate(timeout=60)[0].split()
    return dict(zip(words[::2], words[1::2]))


def gnutls_client(home):
    """A process for each connection: when it is looked at it is gone."""
    return subprocess.Popen(["sh", "-c", f"""
        end=$(($(date +%s) + {SECONDS - 4}))
        while [ $(date +%s) -lt $end ]; do
            gnutls-cli --logfile={home}/gnutls.log --x509cafile={home}/certs/other-ca.pem -p {GNUTLS} {HOST} </dev/null
            sleep 0.3
        done"""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stand_in(home):
    source, library = pathlib.Path(home) / "old.c", pathlib.Path(home) / "libssl.so.1.1"
    source.write_text(STAND_IN)
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def of(lines, port):
    """What is said of TLS there. (That an end which refuses a certificate resets the connection, with the rest unread, is true too.)"""
    return [l for l in lines if l["type"] == "finding" and l["subject"].get("port") == port and l["kind"] != "connection-resets"]


def value(finding, name):
    return next((e["value"] for e in finding["evidence"] if e["name"] == name), None)


def found(lines, port, what, **evidence):
    """The one finding about that port, with these numbers in its evidence."""
    opened = [l for l in of(lines, port) if l["state"] == "open"]
    if not check(f"{what}: one finding", [l["kind"] for l in opened] == ["tls-handshake-failure"], opened):
        return None
    last = of(lines, port)[-1]
    for name, wanted in evidence.items():
        name = "tls." + name
        check(f"{what}: {name} is {wanted}", value(last, name) == wanted, last["evidence"])
    check(f"{what}: advice names the peer", f"-connect {HOST}:{port}" in last["advice"][0]["command"], last["advice"])
    return last


def all_at_once(home):
    certs = pathlib.Path(home) / "certs"
    subprocess.run([TOOL, "certs", certs, HOST], check=True)
    library = stand_in(home)
    servers = [serve(EXPIRED, certs / "expired.pem"), serve(UNKNOWN, certs / "good.pem"), serve(VERSION, certs / "good.pem", "1.2"),
               serve(WORKS, certs / "good.pem"), serve(LEFT, certs / "good.pem"), serve(GNUTLS, certs / "good.pem"),
               serve(ONCE, certs / "expired.pem"),
               *(subprocess.Popen(["/usr/bin/python3", "-c", SINK, str(port)]) for port in (PLAIN, OLD))]
    trace = subprocess.Popen([CULPRIT, "trace", "-d", str(SECONDS), "--json", "--class", "network"], stdout=subprocess.PIPE, text=True)
    ca, other, rest = certs / "ca.pem", certs / "other-ca.pem", SECONDS - 4
    clients = {}
    time.sleep(1)
    try:
        clients = {"expired": tool("ask", HOST, EXPIRED, ca, rest, 3), "unknown": tool("ask", HOST, UNKNOWN, other, rest, 3),
                   "version": tool("ask", HOST, VERSION, ca, rest, 3, "1.3"), "works": tool("ask", HOST, WORKS, ca, rest, 5),
                   "left": tool("ask", HOST, LEFT, ca, rest, 3, "1.2", "leave"),
                   "plain": tool("ask", HOST, PLAIN, ca, rest, 5, "1.2", "plain"),
                   "probe": tool("ask", HOST, WORKS, ca, rest, 3, "1.2", "probe"), "once": tool("ask", HOST, ONCE, ca, 1, 1)}
        old = subprocess.Popen(["/usr/bin/python3", "-c", OLD_CLIENT, library, str(OLD), str(rest)])
        gnutls = gnutls_client(home)
        lines = [json.loads(line) for line in trace.communicate(timeout=SECONDS + 120)[0].splitlines()]
        done = {name: counts(job) for name, job in clients.items()}
        old.wait(timeout=60)
        gnutls.wait(timeout=60)
    finally:
        for job in [*servers, *clients.values()]:
            stop(job)
    for name in ("expired", "unknown", "version"):
        check(f"{name}: its handshakes did fail", int(done[name]["failed"]) >= 5 and done[name]["completed"] == "0", done[name])
    check("others' handshakes were completed", int(done["works"]["completed"]) >= 10 and done["works"]["failed"] == "0", done["works"])
    check("one failed alone", done["once"]["failed"] == "1", done["once"])
    found(lines, EXPIRED, "expired", reason=134, certificate=10)
    found(lines, UNKNOWN, "unknown authority", reason=134, certificate=20)
    found(lines, VERSION, "no common version", alert=70)
    found(lines, OLD, "by the names of OpenSSL 1.1", alert=40)
    by_gnutls = found(lines, GNUTLS, "GnuTLS, a process a connection", reason=-43)
    if by_gnutls:
        check("GnuTLS: who signed it is not known (bit 6)", value(by_gnutls, "tls.certificate") & 1 << 6, by_gnutls["evidence"])
    for port, what in ((WORKS, "what works"), (LEFT, "who gives up"), (PLAIN, "no handshake"), (ONCE, "one that failed once")):
        check(f"{what}: nothing is said", not of(lines, port), of(lines, port))
    probe = [p for l in lines if l["type"] == "status" for p in l["probes"] if p["name"] == "tls.handshake"]
    check("its probe is told of", probe and probe[0]["state"] == "active", probe)
    verdict = [l for l in lines if l["type"] == "verdict"][-1]["classes"]["network"]
    check("the kind is judged", "tls-handshake-failure" not in [u["kind"] for u in verdict.get("unjudged", [])], verdict)


def nothing_suspect(_):
    """Nobody has short connections that may be handshakes: nothing is armed, and it is said so."""
    out = subprocess.run([CULPRIT, "trace", "-d", "3", "--json", "--class", "network"], capture_output=True, text=True, check=True).stdout
    verdict = json.loads(out.splitlines()[-1])["classes"]["network"]
    why = [u["reason"] for u in verdict["unjudged"] if u["kind"] == "tls-handshake-failure"]
    check("not armed: unjudged", why == ["not-armed"], verdict)


def in_a_daemon(home):
    """It has given up what it needs no more, and arms all the same; what it attached goes with it, and earlier."""
    certs = pathlib.Path(home) / "certs"
    subprocess.run([TOOL, "certs", certs, HOST], check=True)
    server = serve(EXPIRED, certs / "expired.pem")
    try:
        with Daemon(home, sinks=[f"file = {home}/lines"]) as daemon:
            client = tool("ask", HOST, EXPIRED, certs / "ca.pem", 14, 3)
            said = until(lambda: "its certificate has expired" in daemon.ask().stdout, 25)
            check("a daemon tells of it", said, (daemon.ask().stdout, pathlib.Path(home, "lines").read_text()[-1500:]))
            check("handshakes did fail", int(counts(client)["failed"]) >= 5)
    finally:
        stop(server)


if __name__ == "__main__":
    sys.exit(run_each("tls", nothing_suspect, all_at_once, in_a_daemon))
