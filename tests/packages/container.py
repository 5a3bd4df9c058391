# SPDX-License-Identifier: BSD-2-Clause
"""The container's recipe and manifest, without a container runtime and a cluster: the steps of the Containerfile in cached
roots, the manifest by the types of Kubernetes' client, and what comes out started with what the manifest gives."""
import contextlib
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import time

import yaml

from chroot import Root
from service import ours

# Which cached root stands for an image: the build's is the same with packages that its first steps would fetch.
IMAGES = {"debian:trixie": "trixie-build", "debian:trixie-slim": "trixie"}


def instructions(path):
    """(word, rest) of each, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", path.read_text(encoding="ascii"))
    for line in text.splitlines():
        if line and not line.startswith("#"):
            word, rest = line.split(None, 1)
            yield word, rest


class Image:
    """What the recipe makes: the last stage's root, and its command."""

    def __init__(self, check, top, work):
        self.check, self.top, self.work = check, top, work
        self.stages = {}
        self.root = None
        self.command = {}

    def build(self, stack):
        """True when each step went well. The roots are there until `stack` is closed."""
        steps = {"FROM": self._from, "COPY": self._copy, "RUN": self._run, "ENTRYPOINT": self._command, "CMD": self._command}
        for word, rest in instructions(self.top / "dist/container/Containerfile"):
            if word not in steps:
                return self.check("container: each step is one that this test knows", False, word)
            if not steps[word](stack, word, rest):
                return False
        return True

    def _from(self, stack, _, rest):
        image, *named = rest.split()
        if not self.check(f"container: a root stands for {image}", image in IMAGES, image):
            return False
        self.root = stack.enter_context(Root(IMAGES[image], self.work / f"container-{len(self.stages)}"))
        self.stages[named[1] if named else image] = self.root
        return True

    def _copy(self, _, __, rest):
        words = shlex.split(rest)
        source, target = words[-2], self.root.path / words[-1].lstrip("/")
        if words[0].startswith("--from="):
            shutil.copy(self.stages[words[0].split("=")[1]].path / source.lstrip("/"), target)
        else:
            shutil.copytree(self.top / source, target, symlinks=True, ignore=lambda directory, names: {
                n for n in names if n in (".git", "__pycache__") or (n == "build" and pathlib.Path(directory) == self.top)})
        return True

    def _run(self, _, __, rest):
        done = self.root.run("sh", "-c", rest, limit=1800)
        return self.check(f"container: RUN {rest[:60]}", done.returncode == 0, done.stdout)

    def _command(self, _, word, rest):
        self.command[word] = json.loads(rest)
        return True

    def argv(self):
        return self.command["ENTRYPOINT"] + self.command["CMD"]


# ---- the manifest ----

def lost(wanted, found, path=""):
    """Paths that are in `wanted` and not, or otherwise, in `found`."""
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            if not isinstance(found, dict) or key not in found:
                yield f"{path}.{key}"
            else:
                yield from lost(value, found[key], f"{path}.{key}")
    elif isinstance(wanted, list):
        for i, value in enumerate(wanted):
            yield from lost(value, found[i] if isinstance(found, list) and i < len(found) else None, f"{path}[{i}]")
    elif wanted != found:
        yield path


def by_its_types(check, root, daemonset):
    """What Kubernetes' client reads into its types and writes again has each field: a field that is unknown is dropped."""
    if not check("container: Kubernetes' client is there", root.apt("install", "kubectl").returncode == 0):
        return
    (root.path / "tmp/daemonset.yaml").write_text(yaml.safe_dump(daemonset), encoding="utf-8")
    run = root.run("kubectl", "set", "env", "--local", "-f", "/tmp/daemonset.yaml", "-o", "yaml", "TRIED=1", stderr=None)
    check("container: it reads the manifest", run.returncode == 0, run.stdout)
    wrong = list(lost(daemonset, yaml.safe_load(run.stdout) or {}))
    check("container: ... and knows each field", not wrong, wrong)


def selects(check, daemonset):
    template = daemonset["spec"]["template"]
    check("container: the DaemonSet selects its pods",
          daemonset["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items())
    (container,) = template["spec"]["containers"]
    mounts = {m["name"] for m in container["volumeMounts"]}
    volumes = {v["name"] for v in template["spec"]["volumes"]}
    check("container: each mount has its volume", mounts == volumes, mounts ^ volumes)


def told(check, top, container):
    """The documentation names each right, and none that is not given."""
    added = set(container["securityContext"]["capabilities"]["add"])
    page = (top / "docs/deploy-container.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"[A-Z]+(?:_[A-Z]+)*", " ".join(re.findall(r"^\| ([A-Z_, ]+) \|", page, re.M))))
    check("container: docs/deploy-container.md says what each capability is for", rows == added, rows ^ added)
    guide = (top / "docs/operations.md").read_text(encoding="utf-8")
    missing = [c for c in added if f"CAP_{c}" not in guide]
    check("container: docs/operations.md knows each", not missing, missing)


# ---- running ----

def mount(*args):
    subprocess.run(["mount", *map(str, args)], check=True)


def volumes(root, pod, documents):
    """The pod's mounts, over the image's root, which is read-only from then on where the manifest says so."""
    (container,) = pod["containers"]
    by_name = {v["name"]: v for v in pod["volumes"]}
    (settings,) = [d for d in documents if d["kind"] == "ConfigMap"]
    plan = []
    for m in container["volumeMounts"]:
        volume, at = by_name[m["name"]], root.path / m["mountPath"].lstrip("/")
        source = root.work / "volumes" / m["name"]
        source.mkdir(parents=True)
        if "configMap" in volume:
            for name, text in settings["data"].items():
                (source / name).write_text(text, encoding="utf-8")
        elif "hostPath" in volume and volume["hostPath"]["type"] != "DirectoryOrCreate":
            source = pathlib.Path(volume["hostPath"]["path"])
        # The node's own /var/lib/culprit is left alone: an empty directory stands for it.
        if source.is_file():
            at.touch()
        else:
            at.mkdir(parents=True, exist_ok=True)
        # As the runtime does for HostToContainer: with what is mounted below.
        how = "--rbind" if "mountPropagation" in m else "--bind"
        plan.append((how, source, at, m.get("readOnly", False)))
    if container["securityContext"]["readOnlyRootFilesystem"]:
        mount("-o", "remount,ro", root.path)
    for how, source, at, read_only in plan:
        mount(how, source, at)
        if read_only:
            mount("-o", "remount,ro,bind", at)


def as_given(root, container, *argv):
    """The command, as root with the capabilities of the manifest and no others."""
    added = {c.lower() for c in container["securityContext"]["capabilities"]["add"]}
    caps = "-all," + ",".join("+" + c for c in sorted(added & ours()))
    return root.command("setpriv", "--bounding-set", caps, *argv)


def probe(root, container, name):
    return subprocess.run(as_given(root, container, *container[name]["exec"]["command"]), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30, check=False)


def start(check, image, pod, documents):
    (container,) = pod["containers"]
    root = image.root
    volumes(root, pod, documents)
    out, err = root.work / "stdout", root.work / "stderr"
    with open(out, "wb") as o, open(err, "wb") as e:
        process = subprocess.Popen(as_given(root, container, *image.argv()), stdin=subprocess.DEVNULL, stdout=o, stderr=e)
    try:
        limit = container["startupProbe"]["failureThreshold"] * container["startupProbe"]["periodSeconds"]
        end = time.monotonic() + limit
        while process.poll() is None and (asked := probe(root, container, "startupProbe")).returncode and \
                time.monotonic() < end:
            time.sleep(1)
        if not check("container: its startup probe is answered", process.poll() is None and asked.returncode == 0,
                     err.read_text(encoding="utf-8")):
            return
        time.sleep(6)
        check("container: its liveness probe is answered", probe(root, container, "livenessProbe").returncode == 0)
        process.terminate()
        check("container: it ends well, in time", process.wait(timeout=pod["terminationGracePeriodSeconds"]) == 0,
              err.read_text(encoding="utf-8"))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    lines = [json.loads(line) for line in out.read_bytes().splitlines()]
    probes = {p["name"]: p["state"] for line in lines if line["type"] == "status" for p in line["probes"]}
    check("container: its lines come to stdout", lines and lines[-1]["type"] == "verdict", lines)
    check("container: disks, connections (of all namespaces) and descriptors are looked at",
          all(probes.get(p) == "active" for p in ("block.complete", "tcp.state", "tcp.sample", "files.census")), probes)
    check("container: the lines are the node's", lines and
          lines[0]["host"].get("id") == pathlib.Path("/etc/machine-id").read_text(encoding="ascii").strip(), lines[:1])


def run(check, top, work):
    documents = list(yaml.safe_load_all((top / "dist/container/daemonset.yaml").read_text(encoding="utf-8")))
    (daemonset,) = [d for d in documents if d["kind"] == "DaemonSet"]
    pod = daemonset["spec"]["template"]["spec"]
    selects(check, daemonset)
    told(check, top, pod["containers"][0])
    with contextlib.ExitStack() as stack:
        image = Image(check, top, work)
        if not image.build(stack):
            return
        by_its_types(check, image.stages["build"], daemonset)
        start(check, image, pod, documents)
