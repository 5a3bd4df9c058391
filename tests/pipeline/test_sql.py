#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""dist/sql in the real PostgreSQL: the table, COPY of the lines of tests/replay, and the five queries.

usage: tests/pipeline/test_sql.py build/culprit

The server is this test's own: on a socket in its directory, as nobody where the test is root.
"""
import collections
import csv
import datetime
import io
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys

from peers import ENV, ROOT, Peer, check, needed, run_each, until


def lines():
    """Those of every story: each a run and a host of its own."""
    for n, path in enumerate(sorted((ROOT / "tests" / "replay").glob("*.expected"))):
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            line["run"] = f"run-{n}"
            line["host"]["name"] = f"host-{n % 40}"
            yield line


class Server:
    def __init__(self, home, initdb, postgres, psql):
        self.home, self.initdb, self.postgres, self.psql = home, initdb, postgres, psql
        self.user = pwd.getpwnam("nobody")

    def drop(self):
        """postgres does not run as root."""
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}

    def __enter__(self):
        if os.getuid() == 0:
            shutil.chown(self.home, self.user.pw_uid, self.user.pw_gid)
        subprocess.run([self.initdb, "-D", self.home / "data", "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync",
                        "--locale=C.UTF-8"], env=ENV, check=True, capture_output=True, timeout=60,
                       cwd=self.home, **self.drop())
        self.peer = Peer(self.home / "log", self.postgres, "-D", self.home / "data", "-k", self.home, "-h", "",
                         "-F", cwd=self.home, **self.drop())
        os.close(os.open(self.home / "log", os.O_CREAT | os.O_WRONLY, 0o644))
        self.peer.__enter__()
        if not until(lambda: self.run("-c", "SELECT 1").returncode == 0, 20):
            raise RuntimeError(self.peer.said())
        return self

    def __exit__(self, *_):
        self.peer.__exit__()

    def run(self, *words, text=None):
        return subprocess.run([self.psql, "-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-h", self.home, "-U", "test",
                               "-d", "postgres", *words], input=text, capture_output=True, text=True, timeout=30,
                              check=False, env=dict(ENV, TZ="UTC"))

    def rows(self, query, *words):
        run = self.run(*words, text=query)
        if run.returncode:
            check("a query runs", False, run)
        return list(csv.DictReader(io.StringIO(run.stdout)))


def load(server, path):
    return server.run("-v", f"file={path}", "-f", str(ROOT / "dist/sql/load.sql"))


def queries():
    text = (ROOT / "dist/sql/queries.sql").read_text()
    return ["-- " + part for part in text.split("\n-- ")[1:]]


def when(time):
    return datetime.datetime.fromisoformat(time[:26] + "+00:00").timestamp()


def findings(all_lines):
    return [line for line in all_lines if line["type"] == "finding"]


def asked(server, all_lines):
    """Each answer against the same worked out here."""
    said = findings(all_lines)
    now, around, subjects, again, missing = (q for q in queries())
    last = {}
    for line in sorted(said, key=lambda line: (line["time"], line["seq"])):
        last[line["host"]["name"], line["id"]] = line
    rows = server.rows(now)
    check("1: what is open now", collections.Counter((r["host"], r["kind"]) for r in rows) ==
          collections.Counter((k[0], l["kind"]) for k, l in last.items() if l["state"] in ("open", "update")), rows[:5])
    order = [{"critical": 0, "warning": 1, "info": 2}[r["severity"]] for r in rows]
    check("... the worst first", order == sorted(order) and len(set(order)) == 3)
    at = sorted(line["time"] for line in said)[len(said) // 2]
    near = [line for line in said if abs(when(line["time"]) - when(at)) <= 600]
    rows = server.rows(around, "-v", f"at={at}")
    check("2: what happened around a time", collections.Counter((r["host"], r["message"]) for r in rows) ==
          collections.Counter((l["host"]["name"], l["message"]) for l in near) and 0 < len(near) < len(said), rows[:3])
    hosts = collections.defaultdict(set)
    for line in said:
        name = line["subject"].get("addr") or line["subject"].get("model")
        if line["state"] == "open" and line["severity"] != "info" and name:
            hosts[name].add(line["host"]["name"])
    rows = server.rows(subjects)
    check("3: the peers and models that most hosts report", {r["subject"]: int(r["hosts"]) for r in rows} ==
          {k: len(v) for k, v in hosts.items()}, rows[:5])
    counts = collections.Counter((l["host"]["name"], l["kind"], l["fingerprint"]) for l in said if l["state"] == "open")
    rows = server.rows(again)
    check("4: what comes back", {(r["host"], r["kind"], r["fingerprint"]): int(r["times"]) for r in rows} ==
          {k: n for k, n in counts.items() if n > 1} and rows, rows[:5])
    check("5: nothing is missing", server.rows(missing) == [])
    server.run("-c", "DELETE FROM culprit_line WHERE run = 'run-3' AND seq = 2")
    rows = server.rows(missing)
    check("... one that is taken away is", [(r["run"], r["seq_from"], r["seq_to"]) for r in rows] == [("run-3", "2", "2")],
          rows)
    server.run("-c", "UPDATE culprit_line SET type = 'gap', line = '{\"what\":\"lines\",\"seq_from\":2,\"seq_to\":2}' "
               "WHERE run = 'run-3' AND seq = 3")
    check("... and not where a gap line says so", server.rows(missing) == [])


def sql(home):
    home, paths = pathlib.Path(home), needed("initdb", "postgres", "psql")
    if not paths:
        return
    server = Server(home, *paths)
    all_lines = list(lines())
    (home / "lines").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in all_lines))
    (home / "broken").write_text('{"run":"x","seq":1}\nno JSON\n')
    with server:
        made = server.run("-f", str(ROOT / "dist/sql/culprit.sql"))
        check("the table is made", made.returncode == 0, made)
        loaded = load(server, home / "lines")
        count = "SELECT count(*) AS n, count(DISTINCT (run, seq)) AS of FROM culprit_line;"
        want = [{"n": str(len(all_lines)), "of": str(len(all_lines))}]
        check(f"{len(all_lines)} lines are loaded", loaded.returncode == 0 and server.rows(count) == want,
              (loaded, server.rows(count)))
        check("a second time adds nothing", load(server, home / "lines").returncode == 0 and server.rows(count) == want)
        check("a damaged file is refused as a whole", load(server, home / "broken").returncode != 0 and
              server.rows(count) == want)
        same = server.rows("SELECT line FROM culprit_line WHERE run = 'run-7' ORDER BY seq;")
        check("a line is as it was", [json.loads(r["line"]) for r in same] ==
              [line for line in all_lines if line["run"] == "run-7"])
        asked(server, all_lines)


if __name__ == "__main__":
    sys.exit(run_each("sql", sql))
