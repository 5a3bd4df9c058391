# SPDX-License-Identifier: BSD-2-Clause
"""The real Prometheus and Alertmanager with the files of dist/prometheus, waiting shortened, and a receiver of pages."""
import contextlib
import http.server
import json
import threading
import urllib.parse
import urllib.request

from peers import UNPACKED, Peer, check, example, free_port, needed, until

# Tens of seconds are one, and a class of a host waits longer than what inhibits it, as there.
SHORTER = {
    "prometheus.yml": {"evaluation_interval: 10s": "evaluation_interval: 1s", "scrape_interval: 10s": "scrape_interval: 1s"},
    "culprit.rules.yml": {"for: 5m": "for: 2s", "for: 1m": "for: 2s"},
    "culprit-fleet.rules.yml": {"for: 5m": "for: 2s", "for: 1m": "for: 3s", "for: 10s": "for: 1s"},
    "alertmanager.yml": {"group_wait: 10s": "group_wait: 1s", "group_wait: 30s": "group_wait: 8s", "group_wait: 5m": "group_wait: 8s",
                         "group_interval: 5m": "group_interval: 3s", "group_interval: 1h": "group_interval: 3s"},
}


class Web:
    """Serves what is in `pages`, remembers what is posted."""

    def __init__(self):
        self.pages, self.posts, web = {}, [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = web.pages.get(self.path, "").encode()
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(text)

            def do_POST(self):
                web.posts.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def told(self, where, status, **labels):
        """The notifications on a path whose common labels are these."""
        return [body for path, body in list(self.posts) if path == where and body["status"] == status and
                all(body["commonLabels"].get(name) == value for name, value in labels.items())]


class Stack:
    """`targets`: [(address, labels)]; a label __metrics_path__ is a page of `web`. `changes`: to the files' times."""

    def __init__(self, home, web, targets, changes=SHORTER):
        self.home, self.web = home, web
        self.port, self.manager = free_port(), free_port()
        self.paths = needed("prometheus", "prometheus-alertmanager")
        listed = json.dumps([{"targets": [address], "labels": labels} for address, labels in targets])
        addresses = {
            "prometheus.yml": {'"127.0.0.1:9093"': f'"127.0.0.1:{self.manager}"',
                               'static_configs:\n      - targets: ["10.1.1.2:9899"]\n        labels: {site: fra-2}':
                                   f"static_configs: {listed}"},
            "alertmanager.yml": {"http://127.0.0.1:9097": f"http://127.0.0.1:{web.port}"}}
        for name in SHORTER:
            (home / name).write_text(example(f"prometheus/{name}", changes={**changes.get(name, {}), **addresses.get(name, {})}))

    def __enter__(self):
        prometheus, alertmanager = self.paths[0], self.seen_there(self.paths[1])
        self.peers = [
            Peer(self.home / "alertmanager.log", *alertmanager, f"--config.file={self.home}/alertmanager.yml",
                 f"--storage.path={self.home}/alertmanager", f"--web.listen-address=127.0.0.1:{self.manager}",
                 "--cluster.listen-address=").start(),
            Peer(self.home / "prometheus.log", prometheus, f"--config.file={self.home}/prometheus.yml",
                 f"--storage.tsdb.path={self.home}/tsdb", f"--web.listen-address=127.0.0.1:{self.port}").start()]
        if not until(lambda: self.answers(self.port) and self.answers(self.manager), 30):
            said = self.said()
            for peer in self.peers:
                peer.end()
            raise RuntimeError(said)
        return self

    @staticmethod
    def seen_there(path):
        """Alertmanager's templates are sought in /usr/share, whatever it was unpacked to."""
        if not path.startswith(str(UNPACKED)):
            return [path]
        mount = 'mount -t overlay overlay -o "lowerdir=$0:/usr/share" /usr/share && exec "$@"'
        return ["unshare", "-m", "sh", "-c", mount, str(UNPACKED / "usr" / "share"), path]

    @staticmethod
    def answers(port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def __exit__(self, *_):
        check("Prometheus and Alertmanager ran to the end", all(peer.process.poll() is None for peer in self.peers), self.said())
        for peer in self.peers:
            peer.end()

    def said(self):
        return [peer.said() for peer in self.peers]

    def query(self, expression):
        """[(labels, value)] as of now; empty while it does not answer."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return [(r["metric"], float(r["value"][1])) for r in json.load(answer)["data"]["result"]]
        except OSError:
            return []

    def scrapes(self, hosts, seconds=40):
        return until(lambda: len(self.query("up == 1")) >= hosts, seconds)
