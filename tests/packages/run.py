#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The Debian packages, each built, checked and used in a root file system of its release: as root.

usage: tests/packages/run.py [SUITE...]      (bookworm, trixie; default: both)

Built from this tree, with lintian's errors and warnings as failures; installed, upgraded with changed settings, removed
and purged, with all files of the system compared before and after; the daemon started as its unit says, on this kernel.
With trixie also the container's recipe and manifest (container.py).
The roots are in the cache (tests/packages/roots); nothing of them is changed. Needs root and, to fill the cache, the
mirror. A line for each check; the last line is "N passed, N failed".
"""
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import container
from chroot import Root, in_own_namespace
from service import Service

TOP = pathlib.Path(__file__).resolve().parents[2]
WORK = TOP / "build" / "packages"
SUITES = ["bookworm", "trixie"]
CONF = "etc/culprit/culprit.conf"
USER_FILES = {f"etc/{name}{old}" for name in ("passwd", "group", "shadow", "gshadow") for old in ("", "-")}
results = []


def check(what, good, detail=""):
    """Prints one result; true when it is good."""
    results.append(bool(good))
    print(f"{'ok  ' if good else 'FAIL'} {what}{'' if good else ': ' + str(detail)[-3000:]}", flush=True)
    return good


def done(what, process):
    return check(what, process.returncode == 0, process.stdout)


def until(what, seconds=20):
    end = time.monotonic() + seconds
    while not (result := what()) and time.monotonic() < end:
        time.sleep(0.1)
    return result


# ---- building ----

def build(suite):
    """The package's path, built in the release's own root; None: it was not."""
    with Root(f"{suite}-build", WORK / f"{suite}-build") as root:
        source = root.path / "source"
        shutil.copytree(TOP, source, symlinks=True, ignore=lambda directory, names: {
            n for n in names if n in (".git", "__pycache__") or (n == "build" and pathlib.Path(directory) == TOP)})
        root.apt("update")  # the cached lists may be old; without a network they must do
        if not done(f"{suite}: what the build needs is there", root.apt("build-dep", "/source")):
            return None
        if not done(f"{suite}: make deb", root.run("make", "-C", "/source", "deb", limit=1800)):
            return None
        checked = root.run("sh", "-c", "lintian --allow-root --fail-on error,warning --tag-display-limit 0 "
                           "/source/build/deb/*.changes", limit=1800)
        done(f"{suite}: lintian has no error and no warning", checked)
        kept = WORK / suite
        kept.mkdir(parents=True, exist_ok=True)
        (package,) = [p for p in (source / "build/deb").glob("culprit_*.deb")]
        return pathlib.Path(shutil.copy(package, kept))


def successor(root, package, number, change_settings):
    """A later version of it, as a file in the root; with settings that are shipped otherwise, or not."""
    tree = root.path / "tmp/tree"
    name = f"tmp/culprit-{number}.deb"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^(Version: \S+)$", rf"\1+test{number}", control.read_text(), flags=re.M))
    if change_settings:
        with open(tree / CONF, "a", encoding="ascii") as file:
            file.write(f"# as shipped by {number}\n")
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, root.path / name], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return f"/{name}"


# ---- what is installed ----

def field(root, name):
    return root.run("dpkg-query", "-W", "-f", f"${{{name}}}", "culprit").stdout


def check_installed(root, suite):
    check(f"{suite}: it is installed", field(root, "db:Status-Status") == "installed", field(root, "db:Status-Status"))
    done(f"{suite}: its files are as packaged", root.run("dpkg", "--verify", "culprit"))
    check(f"{suite}: its libraries are found", "not found" not in root.run("ldd", "/usr/bin/culprit").stdout,
          root.run("ldd", "/usr/bin/culprit").stdout)
    version = (TOP / "VERSION").read_text(encoding="ascii").strip()
    check(f"{suite}: its version", root.run("culprit", "--version").stdout.startswith(f"culprit {version}\n") and
          field(root, "Version").startswith(version + "+deb"), field(root, "Version"))
    user = root.run("getent", "passwd", "culprit").stdout
    check(f"{suite}: its user cannot log in", user.strip().endswith("/nologin"), user)
    check(f"{suite}: its unit is enabled",
          (root.path / "etc/systemd/system/multi-user.target.wants/culprit.service").is_symlink())
    done(f"{suite}: systemd knows all that its unit says", root.run(
        "systemd-analyze", "verify", "--man=no", unit_of(root).relative_to(root.path)))
    done(f"{suite}: the settings are good", root.run("culprit", "daemon", "--check-config", "-c", f"/{CONF}"))


def unit_of(root):
    files = root.run("dpkg", "-L", "culprit").stdout.split()
    (path,) = [p for p in files if p.endswith("/culprit.service")]
    return root.path / path.lstrip("/")


def check_lines(service, what):
    lines = service.lines()
    types = [line["type"] for line in lines]
    check(f"{what}: its lines are whole", types and types[-1] == "verdict" and "status" in types and
          [line["seq"] for line in lines] == list(range(1, len(lines) + 1)), types)
    probes = {p["name"]: p["state"] for line in lines if line["type"] == "status" for p in line["probes"]}
    check(f"{what}: disks, connections and descriptors are looked at",
          all(probes.get(p) == "active" for p in ("block.complete", "tcp.state", "files.census")), probes)


def check_daemon(root, suite):
    """As installed: a few seconds on this kernel, then SIGTERM."""
    with Service(root, unit_of(root)) as service:
        if not check(f"{suite}: the daemon starts as its unit says", service.ready(), service.said()):
            return
        time.sleep(6)
        asked = root.run("culprit", "status")
        check(f"{suite}: culprit status has its report", asked.returncode == 0 and "connection-leak" in asked.stdout,
              asked.stdout)
        check(f"{suite}: it ends well on SIGTERM", service.end() == 0, service.said())
        check_lines(service, suite)
    check(f"{suite}: its store is there", (root.path / "var/lib/culprit/store").is_file())


def check_rotation(root, suite):
    """With a file as sink, logrotate as installed, and the reload that systemd would have asked for."""
    port = free_port()
    log = root.path / "var/log/culprit/culprit.jsonl"
    with open(root.path / CONF, "a", encoding="ascii") as file:
        file.write(f"[sinks]\nfile = /var/log/culprit/culprit.jsonl\n[daemon]\nmetrics = {port}\n")
    with Service(root, unit_of(root)) as service:
        if not check(f"{suite}: the daemon starts with a file and metrics", service.ready(), service.said()):
            return
        check(f"{suite}: lines go to the file", until(lambda: log.exists() and log.stat().st_size))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            check(f"{suite}: the recommended library serves metrics", b"culprit_build_info" in answer.read())
        done(f"{suite}: logrotate takes the file", root.run("logrotate", "-f", "/etc/logrotate.d/culprit"))
        check(f"{suite}: ... it was moved", (log.parent / "culprit.jsonl.1").exists() and not log.exists())
        service.process.send_signal(1)
        check(f"{suite}: ... and is opened anew", until(log.exists))
        check(f"{suite}: it ends well with them", service.end() == 0, service.said())
        check(f"{suite}: ... its last lines are in the new file", log.stat().st_size > 0)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- upgrade and purge ----

def check_upgrades(root, suite, package):
    conf = root.path / CONF
    changed = conf.read_text(encoding="ascii")
    first = field(root, "Version")
    done(f"{suite}: an upgrade asks nothing when the shipped settings are the same",
         root.apt("install", successor(root, package, 1, False)))
    check(f"{suite}: ... and keeps the changed ones", conf.read_text(encoding="ascii") == changed)
    done(f"{suite}: an upgrade with other shipped settings",
         root.apt("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold", "install",
                  successor(root, package, 2, True)))
    check(f"{suite}: ... keeps the changed ones", conf.read_text(encoding="ascii") == changed)
    beside = conf.with_name(conf.name + ".dpkg-dist")
    check(f"{suite}: ... and lays the new ones beside them", beside.exists() and
          "as shipped by 2" in beside.read_text(encoding="ascii"))
    check(f"{suite}: it is the new version", field(root, "Version") == first + "+test2", field(root, "Version"))
    check(f"{suite}: the store and the lines are kept", (root.path / "var/lib/culprit/store").is_file() and
          (root.path / "var/log/culprit/culprit.jsonl").is_file())


def check_end(root, suite, before):
    done(f"{suite}: remove", root.apt("remove", "culprit"))
    check(f"{suite}: ... keeps settings, store and lines", (root.path / CONF).is_file() and
          (root.path / "var/lib/culprit/store").is_file() and not (root.path / "usr/bin/culprit").exists())
    done(f"{suite}: purge", root.apt("purge", "culprit"))
    after = root.files()
    check(f"{suite}: ... leaves no file", not after.keys() - before.keys() - USER_FILES, sorted(after.keys() - before.keys()))
    check(f"{suite}: ... takes no other's", not before.keys() - after.keys(), sorted(before.keys() - after.keys()))
    other = {p for p in before.keys() & after.keys() if before[p] != after[p]} - USER_FILES
    check(f"{suite}: ... changes none", not other, sorted(other))
    lines = [set((root.cached / "etc/passwd").read_text().splitlines()),
             set((root.path / "etc/passwd").read_text().splitlines())]
    check(f"{suite}: ... but its user stays", "culprit" in {l.split(":")[0] for l in lines[1] - lines[0]}, lines)


def use(suite, package):
    with Root(suite, WORK / f"{suite}-use") as root:
        depends = subprocess.run(["dpkg-deb", "-f", package, "Depends"], capture_output=True, text=True, check=True).stdout
        wanted = [depends.strip(), "libmicrohttpd12t64 | libmicrohttpd12", "logrotate"]
        root.apt("update")
        if not done(f"{suite}: what it depends on is in the release", root.apt("satisfy", *wanted)):
            return
        before = root.files()
        shutil.copy(package, root.path / "tmp/culprit.deb")
        if not done(f"{suite}: install", root.apt("install", "/tmp/culprit.deb")):
            return
        check_installed(root, suite)
        check_daemon(root, suite)
        check_rotation(root, suite)
        check_upgrades(root, suite, package)
        check_end(root, suite, before)


def main():
    suites = sys.argv[1:] or SUITES
    if not set(suites) <= set(SUITES):
        sys.exit(f"usage: tests/packages/run.py [SUITE...]; of {' '.join(SUITES)}")
    in_own_namespace()
    subprocess.run([TOP / "tests/packages/roots", *suites], check=True)
    for suite in suites:
        if package := build(suite):
            use(suite, package)
    if "trixie" in suites:
        container.run(check, TOP, WORK)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
