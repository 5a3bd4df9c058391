# SPDX-License-Identifier: BSD-2-Clause
"""The bench's small C programs: built when one is first asked for, into build/tests/bench."""

import os
import pathlib
import shlex
import shutil
import subprocess

from .rows import NotMeasured

SOURCES = pathlib.Path(__file__).resolve().parent.parent
ROOT = SOURCES.parent.parent
WARN = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes",
        "-Wpointer-arith"]
# Sources, whether it is linked with culprit's own parts, and libraries.
PROGRAMS = {
    "hookstat": (["hookstat.c"], False, ["-lbpf"]),
    "syscalls": (["syscalls.c"], False, []),
    "tcprate": (["tcprate.c", "netns.c"], False, ["-lm"]),
    "storm": (["storm.c", "netns.c"], False, []),
    "fds": (["fds.c"], False, []),
    "procwalk": (["procwalk.c"], False, []),
    "census": (["census.c", "passes.c"], True, []),
    "sockets": (["sockets.c", "passes.c", "netns.c"], True, []),
    "arm": (["arm.c"], True, []),
    "decode": (["decode.c", "synthetic.c"], True, []),
}
PRODUCT_LIBS = ["-lbpf", "-lelf", "-lz", "-lcap", "-ljson-c", "-linih", "-lm"]
CORE_FOLDERS = ("model", "rules", "finding")


def newest(paths):
    """The time of the last change."""
    return max(path.stat().st_mtime for path in paths)


class Helpers:
    """Builds and finds them. build: the folder that holds culprit, obj/ and libcore.a."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.folder = self.build / "tests" / "bench"
        self.failed = {}

    def path(self, name):
        """The program's path, up to date."""
        if name in self.failed:
            raise NotMeasured(self.failed[name])
        self.folder.mkdir(parents=True, exist_ok=True)
        sources, product, libs = PROGRAMS[name]
        archives = self._archives() if product else []
        target = self.folder / name
        inputs = [SOURCES / source for source in sources] + sorted(SOURCES.glob("*.h")) + archives
        if not target.exists() or target.stat().st_mtime <= newest(inputs):
            self._run(name, shlex.split(os.environ.get("CC", "cc")) + [
                "-D_GNU_SOURCE", "-std=gnu11", *WARN, "-O2", "-g", f"-I{SOURCES}",
                f"-I{ROOT / 'headers'}", f"-I{ROOT / 'user'}", "-o", str(target),
                *(str(SOURCES / source) for source in sources), *map(str, archives),
                *(PRODUCT_LIBS if product else libs)])
        return str(target)

    def copy(self, program):
        """The path of a copy that no build replaces; of the original when there is none."""
        target = self.folder / os.path.basename(program)
        if not os.access(program, os.X_OK):
            return os.path.abspath(program)
        self.folder.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(program, target)
        return str(target)

    def _archives(self):
        """culprit without its main(): what it is linked from, so that a helper takes what it needs.
        Only objects whose source is still there."""
        core, user = self.build / "libcore.a", self.folder / "libuser.a"
        objects = [path for path in sorted((self.build / "obj" / "user").rglob("*.o"))
                   if path.parent.name not in CORE_FOLDERS and path.stem != "main"
                   and (ROOT / path.relative_to(self.build / "obj").with_suffix(".c")).exists()]
        if not core.exists() or not objects:
            raise NotMeasured("culprit is not built: make")
        if not user.exists() or user.stat().st_mtime <= newest(objects):
            user.unlink(missing_ok=True)
            self._run("libuser.a", ["ar", "rcs", str(user), *map(str, objects)])
        return [user, core]

    def _run(self, name, command):
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        if result.returncode != 0:
            errors = [line for line in result.stdout.split("\n")
                      if "error" in line or "undefined" in line]
            self.failed[name] = f"{name} does not build: {(errors or [result.stdout.strip()])[0]}"
            raise NotMeasured(self.failed[name])
