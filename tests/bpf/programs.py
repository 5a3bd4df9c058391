# SPDX-License-Identifier: BSD-2-Clause
"""Debian's programs that tests run: those of the system, or those that `make deps-test` and `make deps-pipeline` have
unpacked under build/servers, which start no service and are in nobody's way."""
import glob
import os
import pathlib
import shutil

from harness import CULPRIT

UNPACKED = (pathlib.Path(CULPRIT).parent / "servers").resolve()
LIBRARIES = sorted({os.path.dirname(p) for p in glob.glob(f"{UNPACKED}/usr/lib/*/*.so*")})
ENV = dict(os.environ, LD_LIBRARY_PATH=":".join(LIBRARIES))


def program(name):
    """Its path; None where there is none."""
    found = [shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")]
    for root in ("", UNPACKED):
        found += [f"{root}/usr/sbin/{name}", f"{root}/usr/bin/{name}", *sorted(glob.glob(f"{root}/usr/lib/postgresql/*/bin/{name}"))]
    # The tools of Debian's wrapper in /usr/bin want its clusters.
    found = [os.path.realpath(f) for f in found if f and os.access(f, os.X_OK)]
    found = [f for f in found if not f.endswith("pg_wrapper")]
    return found[0] if found else None
