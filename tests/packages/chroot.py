# SPDX-License-Identifier: BSD-2-Clause
"""A cached root file system (tests/packages/roots) under an overlay that takes all changes, with what a program finds at
/proc, /sys and /dev. The mounts are those of the calling process's mount namespace: in_own_namespace() makes it one."""
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys

CACHE = pathlib.Path(os.environ.get("CULPRIT_CACHE", "/var/cache/culprit")) / "roots"
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb",
       "DEBIAN_FRONTEND": "noninteractive"}
# Of the running system, of apt and of dpkg: these are no package's.
NOT_COMPARED = ("proc", "sys", "dev", "run", "tmp", "var/cache/apt", "var/cache/ldconfig", "var/lib/apt", "var/log/apt",
                "var/log/dpkg.log", "var/log/alternatives.log", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend",
                "var/lib/dpkg/triggers", "var/lib/dpkg/status", "var/lib/dpkg/status-old", "var/lib/dpkg/available",
                "var/lib/dpkg/available-old", "var/cache/debconf",
                "var/lib/logrotate")


def in_own_namespace():
    """Starts this program again in a mount namespace: what it mounts ends with it, however it ends."""
    if os.environ.get("CULPRIT_OWN_MOUNTS") != "1":
        os.environ["CULPRIT_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


class Root:
    """`cached`: which one, as the cache names it; `work`: an empty directory for what is changed."""

    def __init__(self, cached, work):
        self.work = pathlib.Path(work)
        self.path = self.work / "root"
        self.cached = CACHE / cached

    def __enter__(self):
        if self.work.exists():
            shutil.rmtree(self.work)
        for name in ("upper", "inner", "root"):
            (self.work / name).mkdir(parents=True)
        self._mount("-t", "overlay", "overlay", "-o",
                    f"lowerdir={self.cached},upperdir={self.work}/upper,workdir={self.work}/inner", self.path)
        self._mount("-t", "proc", "proc", self.path / "proc")
        for name in ("sys", "dev"):
            self._mount("--rbind", f"/{name}", self.path / name)
        self._mount("-t", "tmpfs", "tmpfs", self.path / "run")
        shutil.copyfile("/etc/resolv.conf", self.path / "etc/resolv.conf")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--recursive", "--lazy", self.path], check=False)
        shutil.rmtree(self.work, ignore_errors=True)

    @staticmethod
    def _mount(*args):
        subprocess.run(["mount", *map(str, args)], check=True)

    def command(self, *args):
        return ["chroot", str(self.path), *map(str, args)]

    def run(self, *args, limit=600, **more):
        """The finished process; output as text, stderr with stdout."""
        more.setdefault("stderr", subprocess.STDOUT)
        return subprocess.run(self.command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=ENV,
                              timeout=limit, check=False, **more)

    def apt(self, *args, **more):
        return self.run("apt-get", "-q", "-y", *args, **more)

    def files(self):
        """What is there: path -> (mode, owner, content or target)."""
        found = {}
        for directory, names, files in os.walk(self.path):
            inside = os.path.relpath(directory, self.path)
            names[:] = [n for n in names if os.path.normpath(f"{inside}/{n}") not in NOT_COMPARED]
            for name in names + files:
                path = os.path.normpath(f"{inside}/{name}")
                if path not in NOT_COMPARED:
                    found[path] = self._one(self.path / path)
        return found

    @staticmethod
    def _one(path):
        info = path.lstat()
        what = b""
        if stat.S_ISLNK(info.st_mode):
            what = os.readlink(path)
        elif stat.S_ISREG(info.st_mode):
            what = hashlib.sha256(path.read_bytes()).hexdigest()
        return info.st_mode, info.st_uid, info.st_gid, what
