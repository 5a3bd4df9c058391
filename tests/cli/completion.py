#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The completions of bash, fish and zsh against what the program says of itself: neither an option is missing nor is one
there that is none.

usage: tests/cli/completion.py PROGRAM [--all-shells]

bash is asked, the others' files are read; --all-shells: fish and zsh are asked too (make deps-packages). The last line is
"N passed, N failed".
"""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time

DIST = pathlib.Path(__file__).resolve().parents[2] / "dist" / "completions"
results = []


def check(what, good, detail=""):
    results.append(bool(good))
    print(f"{'ok  ' if good else 'FAIL'} {what}{'' if good else f': {detail}'}", flush=True)


def same(what, found, wanted):
    found, wanted = set(found), set(wanted)
    check(what, found == wanted, f"lacks {sorted(wanted - found)}, has besides {sorted(found - wanted)}")


class Program:
    """What it says of itself."""

    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()
        self.commands = re.findall(r"^  ([a-z]+) ", self.says("--help"), re.M)
        # Those of each command, short and long; "help" has none.
        self.options = {command: re.findall(r"(?<!\S)--?[a-z][a-z-]*", "\n".join(
            re.findall(r"^  (-\w, --\S+|    --\S+)", self.says("help", command), re.M)))
            for command in self.commands if command != "help"}
        self.kinds = re.findall(r"^  [* ] ([a-z-]+) ", self.says("explain"), re.M)

    def says(self, *args):
        return subprocess.run([self.path, *args], capture_output=True, text=True, check=True).stdout


# ---- bash ----

def bash(program, *words):
    """What bash would offer for the last of `words`."""
    script = f"""
        source {DIST}/culprit.bash
        culprit() {{ {program.path} "$@"; }}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _culprit
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    run = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], capture_output=True, text=True, check=False)
    if run.returncode or run.stderr:
        return [f"error: {run.stderr}"]
    return run.stdout.split()


def check_bash(program):
    same("bash: commands", bash(program, "culprit", ""), [*program.commands, "--help", "--version"])
    for command, options in program.options.items():
        same(f"bash: options of {command}", bash(program, "culprit", command, "-"), options)
    same("bash: explain offers the kinds", bash(program, "culprit", "explain", ""), program.kinds)
    same("bash: help offers the commands", bash(program, "culprit", "help", ""), program.commands)
    classes = ["hardware", "network", "connection-leak", "system"]
    same("bash: classes", bash(program, "culprit", "trace", "--class", ""), classes)
    same("bash: classes after =", bash(program, "culprit", "trace", "--class", "=", "net"), ["network"])
    same("bash: classes after a comma", bash(program, "culprit", "trace", "--class", "system,net"), ["system,network"])
    same("bash: files", bash(program, "culprit", "replay", str(DIST / "culprit.f")), [str(DIST / "culprit.fish")])
    same("bash: a process", bash(program, "culprit", "trace", "--pid", str(os.getpid())),
         [p for p in os.listdir("/proc") if p.startswith(str(os.getpid()))])


# ---- the files of fish and zsh ----

def check_fish_file(program):
    text = (DIST / "culprit.fish").read_text(encoding="ascii")
    same("fish: commands", re.findall(r"^complete .*__culprit_needs_command -a (\w+)", text, re.M), program.commands)
    found = {command: ["-h", "--help"] for command in program.options}
    for commands, short, name in re.findall(
            r"^complete -c culprit -n '__culprit_command ([a-z ]+)'(?: -s (\w))? -l ([a-z-]+)", text, re.M):
        for command in commands.split():
            found[command] += [f"--{name}"] + ([f"-{short}"] if short else [])
    for command, options in program.options.items():
        same(f"fish: options of {command}", found[command], options)


def check_zsh_file(program):
    text = (DIST / "_culprit").read_text(encoding="ascii")
    listed = text.split("commands=(", 1)[1].split("\n\t)", 1)[0]
    same("zsh: commands", re.findall(r"^\t\t['\"](\w+):", listed, re.M), program.commands)
    shared = dict(re.findall(r"local -a (\w+)=(\(.*\))$", text, re.M))
    for command, options in program.options.items():
        body = text.split(f"\n\t{command})\n", 1)[1].split(";;", 1)[0]
        body += "".join(value for name, value in shared.items() if f"${name}" in body)
        # Without descriptions; --last= takes a value.
        body = re.sub(r"\[[^]]*\]|'\([^)]*\)'", " ", body)
        same(f"zsh: options of {command}", re.findall(r"(?<![\w-])--?[a-z][a-z-]*", body), options)


# ---- the shells themselves ----

def fish(program, line):
    run = subprocess.run(["fish", "--no-config", "-c", f"function culprit; {program.path} $argv; end\n"
                          f"source {DIST}/culprit.fish\ncomplete -C '{line}'"], capture_output=True, text=True, check=False)
    return [l.split("\t")[0] for l in run.stdout.splitlines()] if not run.stderr else [f"error: {run.stderr}"]


def check_fish(program):
    same("fish offers commands", fish(program, "culprit "), program.commands)
    for command, options in program.options.items():
        same(f"fish offers options of {command}", fish(program, f"culprit {command} --"),
             [o for o in options if o.startswith("--")])
    same("fish offers the kinds", fish(program, "culprit explain "), program.kinds)
    same("fish offers classes", fish(program, "culprit trace --class system,net"), ["system,network"])


class Zsh:
    """An interactive one in a terminal of its own, with the completion at the head of its search path."""

    def __init__(self, program):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", COLUMNS="200", LINES="200")
            os.execvp("zsh", ["zsh", "-f", "-i"])
        self.type(f"PS1=; fpath=({DIST} $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=1000\n"
                  f"culprit() {{ {program.path} \"$@\" }}; stty cols 200 rows 200\n")
        # Spelled otherwise than it is echoed.
        self.type("echo is re''ady\n")
        self.read(60, until="is ready")
        self.read(0.5)

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self, quiet, until=None):
        """What comes until `quiet` seconds pass without a byte, or `until` has come; 90 s at most."""
        text, end = b"", time.monotonic() + 90
        while time.monotonic() < end and select.select([self.fd], [], [], quiet)[0]:
            text += os.read(self.fd, 65536)
            if until and until.encode() in text:
                break
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r", "", text.decode("utf-8", "replace"))

    def offers(self, line):
        """What is listed for a line, the line itself left out; then it is given up."""
        self.type(line + "\x04")
        text = self.read(30, until="\n") + self.read(2)
        self.type("\x03")
        self.read(0.3)
        return text.split("\n", 1)[-1]

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def check_zsh(program):
    zsh = Zsh(program)
    try:
        same("zsh offers commands", re.findall(r"^(\w+) +-- ", zsh.offers("culprit "), re.M), program.commands)
        for command, options in program.options.items():
            same(f"zsh offers options of {command}",
                 re.findall(r"(?<![\w-])--[a-z][a-z-]*", zsh.offers(f"culprit {command} --")),
                 [o for o in options if o.startswith("--")])
        # The last one may touch what moves the cursor back.
        listed = zsh.offers("culprit explain ")
        missing = [kind for kind in program.kinds if not re.search(rf"(?<![\w-]){kind}", listed)]
        check("zsh offers the kinds", not missing, missing)
    finally:
        zsh.end()


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: tests/cli/completion.py PROGRAM [--all-shells]")
    program = Program(sys.argv[1])
    check("the program has commands, options and kinds", len(program.commands) >= 9 and len(program.kinds) >= 40 and
          {"-d", "--duration", "--json", "-h", "--help"} <= set(program.options["trace"]), vars(program))
    check_bash(program)
    check_fish_file(program)
    check_zsh_file(program)
    if "--all-shells" in sys.argv[2:]:
        check_fish(program)
        check_zsh(program)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
