#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Root, this kernel: real servers under a load that rises and falls are no finding, and a client that leaks connections to
them is named with its peer.

usage: tests/bpf/test_servers.py build/culprit

nginx, PostgreSQL and pgbouncer in front of it, those of the system or those that "make deps-test" has unpacked under build/servers, on loopback, with
their files in a directory of this test's. No service is installed or started; what is started here is ended here.
"""
import ctypes.util
import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

from harness import check, run_each, stop, until
from leaks import findings, leaks, traced
from programs import ENV, UNPACKED, program

SECONDS = 26
OURS = ("nginx", "postgres", "pgbench", "pgbouncer", "python3")
HTTP, SQL, POOL = 7031, 7032, 7033
NGINX_CONF = f"""
daemon off; worker_processes 2; user root; pid nginx.pid; error_log error.log;
events {{ worker_connections 512; }}
http {{
    access_log access.log; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
    server {{ listen 127.0.0.1:{HTTP}; root html; }}
}}
"""
POOL_CONF = f"""
[databases]
postgres = host=127.0.0.1 port={SQL} user=nobody
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {POOL}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
server_idle_timeout = 5
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
"""
LEAK_HTTP = f"""
import http.client, time
kept = []
for _ in range({2 * SECONDS}):
    c = http.client.HTTPConnection("127.0.0.1", {HTTP})
    c.request("GET", "/")
    c.getresponse().read()
    kept.append(c)
    time.sleep(0.5)
"""
LEAK_SQL = """
import ctypes, time
pq = ctypes.CDLL("libpq.so.5")
pq.PQconnectdb.restype = ctypes.c_void_p
pq.PQstatus.argtypes = [ctypes.c_void_p]
kept = []
for _ in range(%d):
    kept.append(pq.PQconnectdb(b"host=127.0.0.1 port=%d dbname=postgres user=nobody"))
    assert pq.PQstatus(kept[-1]) == 0
    time.sleep(0.5)
"""


class Nginx:
    def __init__(self, home):
        self.home = pathlib.Path(home) / "nginx"
        (self.home / "html").mkdir(parents=True)
        (self.home / "html" / "index.html").write_text("x" * 20000)
        (self.home / "conf").write_text(NGINX_CONF)

    def __enter__(self):
        self.job = subprocess.Popen([program("nginx"), "-p", self.home, "-c", "conf", "-e", "error.log"], env=ENV)
        if not until(self.answers):
            raise RuntimeError("nginx does not answer")
        return self

    @staticmethod
    def answers():
        connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def __exit__(self, *_):
        stop(self.job)


class Postgres:
    """As nobody: it refuses to be root."""

    def __init__(self, home):
        self.data = pathlib.Path(home) / "postgres"
        self.data.mkdir()
        os.chmod(home, 0o755)
        shutil.chown(self.data, "nobody")

    def run(self, name, *words, **more):
        return subprocess.Popen(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", program(name), *map(str, words)],
                                env=ENV, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)

    def client(self, name, *words, port=SQL):
        return self.run(name, "-h", "127.0.0.1", "-p", port, "-U", "nobody", *words)

    def __enter__(self):
        if self.run("initdb", "-D", self.data, "-A", "trust", "-N").wait(timeout=120):
            raise RuntimeError("initdb failed")
        self.job = self.run("postgres", "-D", self.data, "-p", SQL, "-c", "listen_addresses=127.0.0.1", "-c",
                            f"unix_socket_directories={self.data}", "-c", "max_connections=120", "-c", "fsync=off")
        if not until(lambda: self.client("pgbench", "-i", "-q", "-s", 1, "postgres").wait(timeout=60) == 0):
            raise RuntimeError("PostgreSQL does not answer")
        return self

    def __exit__(self, *_):
        stop(self.job)


class Pool:
    """pgbouncer: many clients on few connections to PostgreSQL. As nobody, too."""

    def __init__(self, home, postgres):
        self.conf, self.postgres = pathlib.Path(home) / "pgbouncer.ini", postgres
        self.conf.write_text(POOL_CONF)

    def __enter__(self):
        self.job = self.postgres.run("pgbouncer", "-q", self.conf)
        if not until(lambda: self.postgres.client("pgbench", "-t", 1, "-n", "-S", "postgres", port=POOL).wait(timeout=60) == 0):
            raise RuntimeError("pgbouncer does not answer")
        return self

    def __exit__(self, *_):
        stop(self.job)


class Visitors:
    """Clients of nginx, whose number rises from 2 to 40 and falls again, twice; each makes a few requests a connection."""

    def __enter__(self):
        self.end, self.failed, self.served = time.monotonic() + SECONDS + 4, 0, 0
        self.threads = [threading.Thread(target=self.visit, args=(i,)) for i in range(40)]
        for thread in self.threads:
            thread.start()
        return self

    def wanted(self):
        phase = (self.end - time.monotonic()) % 15 / 15
        return 2 + 38 * (2 * phase if phase < 0.5 else 2 - 2 * phase)

    def visit(self, i):
        while time.monotonic() < self.end:
            if i >= self.wanted():
                time.sleep(0.1)
                continue
            connection = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=10)
            try:
                for _ in range(5):
                    connection.request("GET", "/")
                    self.served += len(connection.getresponse().read()) > 0
                    time.sleep(0.05)
            except OSError:
                self.failed += 1
            connection.close()

    def __exit__(self, *_):
        for thread in self.threads:
            thread.join()


def ours(lines):
    """What is said of leaks, but for other programs of this host: what those do is not the servers' doing."""
    return [l for l in leaks(lines) if l["subject"].get("comm", OURS[0]) in OURS]


def is_clear(lines):
    """Another program of this host may leak, or gain descriptors up to the end: then it says so, and is not clear."""
    verdict = lines[-1]["classes"]["connection-leak"]
    if ours(lines) or any(name in verdict["text"] for name in OURS):
        return False
    return verdict["state"] == "clear" or "still gains" in verdict["text"] or bool(leaks(lines))


def healthy(postgres):
    claimed = []
    # Twice at most: where the machine is too busy for its visitors, connections may rise up to the end.
    for _ in range(2):
        with Visitors() as visitors:
            lines, jobs = traced(SECONDS, lambda: [postgres.client("pgbench", "-c", 6, "-T", SECONDS + 1, "-n", "postgres"),
                                          postgres.client("pgbench", "-c", 3, "-C", "-T", SECONDS + 1, "-n", "-S", "postgres"),
                                          # More clients than the pool has connections; they leave, and come, and wait.
                                          postgres.client("pgbench", "-c", 20, "-T", SECONDS + 1, "-n", "-S", "postgres", port=POOL),
                                          postgres.client("pgbench", "-c", 4, "-C", "-R", 40, "-T", SECONDS + 1, "-n", "-S", "postgres",
                                                          port=POOL),
                                          postgres.client("pgbench", "-c", 12, "-T", SECONDS // 3, "-n", "-S", "postgres", port=POOL)])
        claimed += ours(lines)
        if is_clear(lines):
            break
    check("under load: it was served", visitors.served > 1000 and not visitors.failed, (visitors.served, visitors.failed))
    check("under load: pgbench went on", all(job.returncode in (0, -15) for job in jobs), [j.returncode for j in jobs])
    check("under load: no leak, no exhaustion", not claimed, claimed)
    others = [l for l in findings(lines) if l["class"] == "network" and l["subject"].get("port") in (HTTP, SQL, POOL)]
    check("under load: no fault of the network", not others, others)
    check("under load: leaks are clear", is_clear(lines), lines[-1])


def leaking():
    with Visitors():
        lines, (web, sql, pooled) = traced(SECONDS, lambda: [subprocess.Popen(["python3", "-c", text], env=ENV)
                                                        for text in (LEAK_HTTP, LEAK_SQL % (2 * SECONDS, SQL), LEAK_SQL % (2 * SECONDS, POOL))])
    for name, job, port in (("nginx", web, HTTP), ("PostgreSQL", sql, SQL), ("pgbouncer", pooled, POOL)):
        found = [l for l in leaks(lines) if l["subject"].get("pid") == job.pid]
        if not check(f"a client leaks connections to {name}: named", found and found[-1]["kind"] == "socket-leak", leaks(lines)):
            continue
        check(f"to {name}: the peer", f"127.0.0.1:{port}" in found[-1]["message"], found[-1]["message"])
    rest = [l for l in ours(lines) if l["subject"].get("pid") not in (web.pid, sql.pid, pooled.pid)]
    check("the servers are not taken for the leak", not rest, rest)


def servers(home):
    missing = [name for name in ("nginx", "postgres", "initdb", "pgbench", "pgbouncer") if not program(name)]
    if not check("nginx, PostgreSQL and pgbouncer are here (make deps-test)", not missing, missing):
        return
    check("libpq is here", ctypes.util.find_library("pq") or list(UNPACKED.glob("usr/lib/*/libpq.so.5")))
    with Nginx(home), Postgres(home) as postgres, Pool(home, postgres):
        healthy(postgres)
        leaking()


if __name__ == "__main__":
    sys.exit(run_each("servers", servers))
